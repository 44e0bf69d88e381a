"""What a report is cut into: business days, weeks, months. A period is named by its first day."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from tap_iiko.days.calendar import ONE_DAY, days_between

if t.TYPE_CHECKING:
    import datetime


@dataclass(frozen=True)
class Period:
    """A kind of period."""

    name: str
    first: t.Callable[[datetime.date], datetime.date]
    """The first day of the period that a day lies in."""

    def last(self, first: datetime.date) -> datetime.date:
        """The last day of the period that begins on ``first``."""
        return self.following(first) - ONE_DAY

    def following(self, first: datetime.date) -> datetime.date:
        """The first day of the next one."""
        day = first + ONE_DAY
        while self.first(day) == first:
            day += ONE_DAY
        return day

    def preceding(self, first: datetime.date) -> datetime.date:
        """The first day of the one before."""
        return self.first(first - ONE_DAY)

    def days(self, first: datetime.date) -> list[datetime.date]:
        """All days of the period that begins on ``first``."""
        return days_between(first, self.last(first))

    def between(self, first: datetime.date, last: datetime.date) -> list[datetime.date]:
        """The periods that have a day from ``first`` to ``last``."""
        return sorted({self.first(day) for day in days_between(first, last)})


DAY: t.Final = Period("day", lambda day: day)
WEEK: t.Final = Period("week", lambda day: day - ONE_DAY * day.weekday())
MONTH: t.Final = Period("month", lambda day: day.replace(day=1))
PERIODS: t.Final = {period.name: period for period in (DAY, WEEK, MONTH)}
