"""What becomes of personal data: the setting ``personal_data``."""

from __future__ import annotations

import hashlib
import hmac
import typing as t
from dataclasses import dataclass, field

if t.TYPE_CHECKING:
    from tap_iiko.iiko.values import Page
    from tap_iiko.tables import Column

TEXTS: t.Final = {"text", "reference"}
Mode = t.Literal["drop", "hash", "load"]


@dataclass(frozen=True)
class PersonalData:
    """``drop`` makes private columns null, ``hash`` puts an HMAC in the place of texts, so that they still join."""

    mode: Mode = "drop"
    key: str = field(default="", repr=False)

    def treat(self, columns: Page, private: t.Sequence[Column]) -> None:
        """Change the private columns in place; what is no text has no hash and becomes null."""
        if self.mode == "load":
            return
        for column in private:
            if (values := columns.get(column.name)) is None:
                continue
            hides = self._hash if self.mode == "hash" and column.kind in TEXTS else _nothing
            if column.private == "always":
                columns[column.name] = list(map(hides, values))
            else:
                says_so = columns[column.private]
                columns[column.name] = [
                    hides(value) if private else value for value, private in zip(values, says_so, strict=True)
                ]

    def _hash(self, value: str | None) -> str | None:
        if not value:
            return value  # that there is none is no secret
        return hmac.new(self.key.encode(), value.encode(), hashlib.sha256).hexdigest()


def _nothing(_: t.Any) -> None:
    return None
