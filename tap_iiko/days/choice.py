"""Which business days a run reads. Knows bookmarks and iiko's totals; asks for nothing."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass

from tap_iiko.days.bookmark import ONE_DAY, days_between

if t.TYPE_CHECKING:
    from tap_iiko.days.bookmark import Bookmark
    from tap_iiko.proof.totals import Probe

# Of the days before the look-back: a report over years has brought large servers down (API reference 4.4).
BACKFILL_PROBE_DAYS = 62
SAMPLE_DAYS = 14
FEWEST_DAYS_TO_DOUBT = 3

Range = tuple[datetime.date, datetime.date]


@dataclass(frozen=True)
class Choice:
    """The days of one server between ``first`` and ``last``."""

    first: datetime.date
    last: datetime.date
    today: datetime.date
    """By the clock in force; what lies behind it has not begun unless something was sold."""
    lookback_days: int
    reread_days: int
    bookmarks: t.Mapping[str, Bookmark]
    sample: bool = False
    """Only a day or two, for ``--test``."""

    @property
    def watched_from(self) -> datetime.date:
        """From here on iiko's totals say whether a day has changed."""
        return max(self.first, self.last - ONE_DAY * self.lookback_days)

    def to_probe(self) -> list[Range]:
        """The ranges of days whose totals have to be known: the look-back, then those before it that will be read."""
        if self.sample:
            return [(max(self.watched_from, self.last - ONE_DAY * SAMPLE_DAYS), self.last)]
        ranges = [(self.watched_from, self.last)]
        missing = [
            day
            for day in days_between(self.first, self.watched_from - ONE_DAY)
            if any(bookmark.needs(day) for bookmark in self.bookmarks.values())
        ]
        while missing:
            some = [day for day in missing if day < missing[0] + ONE_DAY * BACKFILL_PROBE_DAYS]
            ranges.append((some[0], some[-1]))
            missing = missing[len(some) :]
        return ranges

    def is_believable(self, probe: Probe) -> bool:
        """Whether the days that had sales still have them: one empty answer must not make months vanish."""
        had_sales = [
            day
            for day in days_between(self.watched_from, self.last)
            if any(bookmark.had_sales(day) for bookmark in self.bookmarks.values())
        ]
        now_empty = [day for day in had_sales if (totals := probe.totals(day)) is not None and not totals.sums]
        return len(had_sales) < FEWEST_DAYS_TO_DOUBT or len(now_empty) * 2 <= len(had_sales)

    def needed(self, probe: Probe) -> dict[datetime.date, frozenset[str]]:
        """The days to read and the tables that need them."""
        reread_from = self.last - ONE_DAY * (self.reread_days - 1)
        needed: dict[datetime.date, frozenset[str]] = {}
        for day in days_between(self.first, self.last):
            totals = probe.totals(day)
            if day > self.today and (totals is None or not totals.sums):
                continue  # not begun anywhere
            names = frozenset(
                name
                for name, bookmark in self.bookmarks.items()
                if day >= reread_from
                or bookmark.needs(day)
                or (totals is not None and day >= self.watched_from and not bookmark.is_as_read(day, totals.mark))
            )
            if names:
                needed[day] = names
        if self.sample:
            days = [day for day in needed if (totals := probe.totals(day)) and totals.sums]
            changed = [day for day in days if day < reread_from]
            return {day: needed[day] for day in sorted({*days[-1:], *changed[-1:]})}
        return needed
