"""The reports that people have saved in iikoOffice (API reference 4.1)."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from tap_iiko.iiko import errors, formats

if t.TYPE_CHECKING:
    from tap_iiko.iiko.client import Client

PATH: t.Final = "v2/reports/olap/presets"


@dataclass(frozen=True)
class Preset:
    """One of them, as iiko tells it."""

    id: str
    name: str
    report: str
    groups: tuple[str, ...]
    """Of rows and of columns: an answer is flat."""
    aggregates: tuple[str, ...]
    filters: t.Mapping[str, t.Mapping[str, t.Any]]

    @classmethod
    def of(cls, item: t.Any) -> t.Self:
        """One entry of the answer.

        Raises:
            BadAnswer: it is none.
        """
        try:
            rows, columns, sums = (
                tuple(str(name) for name in item.get(key) or ())
                for key in ("groupByRowFields", "groupByColFields", "aggregateFields")
            )
            filters = {str(name): dict(each) for name, each in (item.get("filters") or {}).items()}
            return cls(
                id=str(item["id"]),
                name=str(item.get("name") or ""),
                report=str(item["reportType"]),
                groups=tuple(dict.fromkeys((*rows, *columns))),
                aggregates=tuple(dict.fromkeys(sums)),
                filters=filters,
            )
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            message = f"{PATH}: no saved report came but {errors.quote(formats.as_json(item))}."
            raise errors.BadAnswer(message) from error


def read_presets(client: Client) -> list[Preset]:
    """All of a server, in its order.

    Raises:
        BadAnswer: something else came.
    """
    answer = client.get_json(PATH)
    if not isinstance(answer, list):
        message = f"{PATH}: no list of saved reports came but {errors.quote(formats.as_json(answer))}."
        raise errors.BadAnswer(message)
    return [Preset.of(item) for item in answer]
