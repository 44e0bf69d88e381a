"""Which closings of a balance are read, and which of them are written."""

from __future__ import annotations

import typing as t

from tap_iiko.days.calendar import ONE_DAY, days_between
from tap_iiko.days.watch import ContentWatch

if t.TYPE_CHECKING:
    import datetime

    from tap_iiko.days.watch import Verdict


class ClosingWatch(ContentWatch):
    """Few closings, each kept as iiko has it now: what is posted into the past changes every closing since.

    They are yesterday's, what there is today so far, the ends of months in the look-back, and what else of it earlier
    runs have read. Those of the days between are a closing and the movements since.
    """

    def look(self) -> dict[datetime.date, frozenset[str]]:
        """The days whose closings are to be read, and the tables that need them."""
        self.choice.check()
        last = min(self.choice.last, self.calendar.present_day)
        if self.choice.sample:
            return {last: frozenset(self.bookmarks)}
        yesterday = self.calendar.present_day - ONE_DAY
        recent = max(self.choice.first, min(yesterday, last))
        watched_from = min(recent, self.choice.watched_from)
        needed = {}
        for day in days_between(watched_from, last):
            is_due = day >= recent or _ends_month(day)
            names = [name for name in self.bookmarks if is_due or self._may_have_changed(name, day)]
            if names:
                needed[day] = self._with_families(frozenset(names))
        return needed

    def _may_have_changed(self, name: str, day: datetime.date) -> bool:
        """Every closing that was read may have: only totals of all postings would tell that none was, up to a day."""
        return self.bookmarks[name].knows(day)

    def remember(self, day: datetime.date, names: t.Iterable[str], verdict: Verdict) -> None:
        """The day was read; without a balance too, since something may be posted into it."""
        super().remember(day, names, verdict)
        if not self.is_closed(day):
            for name in names:
                self.bookmarks[name].record_open(day, verdict.mark or "", keeps_empty=True)


def _ends_month(day: datetime.date) -> bool:
    return (day + ONE_DAY).day == 1
