"""A line of the server's log."""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Record:
    """A request in the log."""

    method: str
    path: str
    query: str
    status: int
    started: float
    finished: float
    body: dict[str, t.Any] | None
    rows: int | None
    bytes: int
    fault: str | None = None

    def as_dict(self) -> dict[str, t.Any]:
        """For JSON."""
        return asdict(self)
