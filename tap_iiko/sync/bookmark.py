"""What a run remembers of one stream and server between runs: which days it has, and how they looked.

All of it lives in the Singer state's partition of the server::

    {"context": {"server_id": "main"}, "replication_key": "business_date",
     "replication_key_value": "2026-11-20",            the last closed day of the unbroken row that is read
     "first_business_date": "2026-10-01",              the first of it
     "fingerprints": {"2026-11": "19Zk3J…20Ab9x…"}}    by month: two digits of the day, eight of its fingerprint
"""

from __future__ import annotations

import datetime
import typing as t

ONE_DAY = datetime.timedelta(days=1)
FIRST_KEY = "first_business_date"
MARKS_KEY = "fingerprints"
REPLICATION_KEY = "business_date"
MARK_LENGTH = 8
KEPT_DAYS = 800  # beyond any look-back, so that turning it up finds what changed in days read long ago


def days_between(first: datetime.date, last: datetime.date) -> list[datetime.date]:
    """All days from first to last, both included."""
    return [first + ONE_DAY * offset for offset in range((last - first).days + 1)]


class Bookmark:
    """The closed days that a stream has of a server."""

    def __init__(self, state: dict[str, t.Any]) -> None:
        """Read a state partition, which ``save`` will write."""
        self.state = state
        last = state.get("replication_key_value")
        first = state.get(FIRST_KEY, last)
        self.last = datetime.date.fromisoformat(str(last)[:10]) if last else None
        self.first = datetime.date.fromisoformat(str(first)[:10]) if first else None
        self.marks: dict[datetime.date, str] = {}
        for month, packed in state.get(MARKS_KEY, {}).items():
            for start in range(0, len(packed), 2 + MARK_LENGTH):
                day = datetime.date.fromisoformat(f"{month}-{packed[start : start + 2]}")
                self.marks[day] = packed[start + 2 : start + 2 + MARK_LENGTH]

    def has(self, day: datetime.date) -> bool:
        """Whether the day was read after it had closed."""
        return day in self.marks or (
            self.first is not None and self.last is not None and self.first <= day <= self.last
        )

    def record(self, day: datetime.date, mark: str | None) -> None:
        """The closed day was read; ``mark`` is its fingerprint, if the probe gave one."""
        self.marks[day] = mark or " " * MARK_LENGTH

    def mark(self, day: datetime.date) -> str | None:
        """The fingerprint that the day had when it was read."""
        mark = self.marks.get(day, "").strip()
        return mark or None

    def save(self) -> None:
        """Write the state, in the form above."""
        self._join()
        months: dict[str, str] = {}
        newest = max(self.marks, default=None)
        for day, mark in sorted(self.marks.items()):
            if newest is None or (newest - day).days < KEPT_DAYS or not self._in_row(day):
                month = f"{day:%Y-%m}"
                months[month] = f"{months.get(month, '')}{day:%d}{mark}"
        self.state[MARKS_KEY] = months
        if self.first is not None and self.last is not None:
            self.state["replication_key"] = REPLICATION_KEY
            self.state["replication_key_value"] = self.last.isoformat()
            self.state[FIRST_KEY] = self.first.isoformat()

    def _in_row(self, day: datetime.date) -> bool:
        return self.first is not None and self.last is not None and self.first <= day <= self.last

    def _join(self) -> None:
        """Let the unbroken row grow over the days that were read beside it."""
        if not self.marks and self.last is None:
            return
        if self.first is None or self.last is None:
            self.first = self.last = min(self.marks)
        while self.last + ONE_DAY in self.marks:
            self.last += ONE_DAY
        while self.first - ONE_DAY in self.marks:
            self.first -= ONE_DAY
