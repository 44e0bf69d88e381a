"""Which closings of a balance are read, and which of them are written."""

from __future__ import annotations

import typing as t

from tap_iiko.days.calendar import ONE_DAY, days_between
from tap_iiko.days.watch import ContentWatch

if t.TYPE_CHECKING:
    import datetime

    from tap_iiko.days.bookmark import Bookmark
    from tap_iiko.days.calendar import Calendar
    from tap_iiko.days.choice import Choice, Seen
    from tap_iiko.days.watch import Verdict


class ClosingWatch(ContentWatch):
    """Few closings, each kept as iiko has it now: what is posted into the past changes every closing since.

    They are yesterday's, what there is today so far, the ends of months in the look-back, and what else of it earlier
    runs have read, if the ledger has changed since. Those of the days between are a closing and the movements since.
    """

    def __init__(
        self,
        choice: Choice,
        calendar: Calendar,
        families: t.Mapping[str, str],
        *,
        ledger: Seen | None,
        compared: t.Mapping[str, int],
    ) -> None:
        """Of some balances.

        Args:
            choice: the days that there are.
            calendar: which of them are over.
            families: the tables.
            ledger: what this run knows of the postings of each day; without it any closing may have changed.
            compared: the tables whose closings are held against the one before, and of how many last days.
        """
        super().__init__(choice, calendar, families)
        self.ledger = ledger
        self.compared = compared
        self._left: dict[str, set[datetime.date]] = {}

    def look(self) -> dict[datetime.date, frozenset[str]]:
        """The days whose closings are to be read, and the tables that need them."""
        self.choice.check()
        last = min(self.choice.last, self.calendar.present_day)
        if self.choice.sample:
            return {last: frozenset(self.bookmarks)}
        yesterday = self.calendar.present_day - ONE_DAY
        recent = max(self.choice.first, min(yesterday, last))
        days = days_between(min(recent, self.choice.watched_from), last)
        for name, bookmark in self.bookmarks.items():
            known = [day for day in days if bookmark.knows(day)]
            stale = [day for day in known if self._may_have_changed(bookmark, days[0], day)]
            due = {*stale, *(day for day in days if day >= recent or (_ends_month(day) and day not in known))}
            if name in self.compared:
                due |= {day for day in known if day > self.choice.last - ONE_DAY * self.compared[name]}
                due |= set([day for day in known if day < min(due)][-1:])  # what the oldest of them is held against
            self._left[name] = due
        return {
            day: self._with_families(frozenset(name for name, due in self._left.items() if day in due))
            for day in days
            if any(day in due for due in self._left.values())
        }

    def _may_have_changed(self, bookmark: Bookmark, first: datetime.date, day: datetime.date) -> bool:
        """Whether anything was posted since into one of the days up to it."""
        if self.ledger is None:
            return True
        marks = ((each, self.ledger.mark(each)) for each in days_between(first, day))
        return any(mark is None or bookmark.ledger.get(each) != mark for each, mark in marks)

    def remember(self, day: datetime.date, names: t.Iterable[str], verdict: Verdict) -> None:
        """The day was read; without a balance too, since something may be posted into it."""
        super().remember(day, names, verdict)
        for name in names:
            if not self.is_closed(day):
                self.bookmarks[name].record_open(day, verdict.mark or "", keeps_empty=True)
            self._left.get(name, set()).discard(day)

    def save(self) -> None:
        """What the ledger was like, once all closings are read that it may have changed."""
        if self.ledger is None:
            return
        days = days_between(self.choice.watched_from, self.choice.last)
        marks = {day: mark for day in days if (mark := self.ledger.mark(day))}
        for name, left in self._left.items():
            if not left:
                self.bookmarks[name].ledger = {**self.bookmarks[name].ledger, **marks}  # a short look-back sees few
                self.bookmarks[name].save()


def _ends_month(day: datetime.date) -> bool:
    return (day + ONE_DAY).day == 1
