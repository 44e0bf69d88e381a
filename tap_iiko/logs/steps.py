"""How far a run is: goes along with the line of the log that tells it, for live lines and for machines."""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass

ATTRIBUTE = "step"


@dataclass(frozen=True)
class Step:
    """How far the tables are whose days are read together."""

    server_id: str
    group: str
    done: int
    """Days, so far."""
    total: int
    """Days, in all."""
    rows: int
    """So far, in all tables of the group."""
    seconds: float
    """That they took."""

    @property
    def left(self) -> float:
        """Seconds, if it goes on like this."""
        return self.seconds / max(1, self.done) * max(0, self.total - self.done)

    @property
    def speed(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds if self.seconds else 0.0

    @property
    def extra(self) -> dict[str, t.Any]:
        """For the logger."""
        return {ATTRIBUTE: asdict(self)}
