"""What day it is at a restaurant, and which business days are over."""

from __future__ import annotations

import datetime
import typing as t
import zoneinfo
from dataclasses import dataclass

ONE_DAY = datetime.timedelta(days=1)
EASTERNMOST = datetime.timedelta(hours=14)
LONGEST_DAY = datetime.timedelta(hours=12)  # a business day may end in the morning of the next one
DAYS_UNTIL_CLOSED = 2  # where no zone is known

Range = tuple[datetime.date, datetime.date]


@dataclass(frozen=True)
class Calendar:
    """Of one server in one run."""

    timezone: str | None
    now: datetime.datetime

    @property
    def today(self) -> datetime.date:
        """The latest business day that may exist: without a zone, that of the easternmost one."""
        return self.today_at(self.now)

    def today_at(self, now: datetime.datetime) -> datetime.date:
        """Likewise, at another moment."""
        return self._clock(now).date()

    @property
    def present_day(self) -> datetime.date:
        """The day that it is now: without a zone, by UTC, so that it has begun all over Europe and Asia."""
        return self.now.astimezone(zoneinfo.ZoneInfo(self.timezone) if self.timezone else datetime.UTC).date()

    @property
    def wall_clock(self) -> datetime.datetime:
        """What the clock on the wall shows, without an offset; the easternmost one if no zone is known."""
        return self._clock(self.now)

    def _clock(self, now: datetime.datetime) -> datetime.datetime:
        if self.timezone:
            return now.astimezone(zoneinfo.ZoneInfo(self.timezone)).replace(tzinfo=None)
        return now.astimezone(datetime.UTC).replace(tzinfo=None) + EASTERNMOST

    def is_closed(self, day: datetime.date) -> bool:
        """Whether a business day takes no more sales."""
        if self.timezone:
            return (self.now.astimezone(zoneinfo.ZoneInfo(self.timezone)) - LONGEST_DAY).date() > day
        return (self.now.astimezone(datetime.UTC).date() - day).days >= DAYS_UNTIL_CLOSED


def days_between(first: datetime.date, last: datetime.date) -> list[datetime.date]:
    """All days from first to last, both included."""
    return [first + ONE_DAY * offset for offset in range((last - first).days + 1)]


def ranges_of(days: t.Iterable[datetime.date]) -> list[Range]:
    """Unbroken rows of days."""
    ranges: list[Range] = []
    for day in sorted(days):
        if ranges and ranges[-1][1] + ONE_DAY == day:
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return ranges
