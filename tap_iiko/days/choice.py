"""Which business days a run reads. Knows bookmarks and what a watch has seen; asks for nothing."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from tap_iiko.days.calendar import ONE_DAY
from tap_iiko.days.periods import DAY

if t.TYPE_CHECKING:
    import datetime

    from tap_iiko.days.bookmark import Bookmark
    from tap_iiko.days.periods import Period

SAMPLE_DAYS = 14
FEWEST_DAYS_TO_DOUBT = 3


class Seen(t.Protocol):
    """What is known of days before they are read."""

    def mark(self, day: datetime.date) -> str | None:
        """The day's fingerprint; ``None`` where it is not known."""

    def is_empty(self, day: datetime.date) -> bool:
        """Whether there is surely nothing in it."""


class Nothing:
    """Nothing is known: what is watched has to be read."""

    def mark(self, day: datetime.date) -> str | None:  # noqa: ARG002 - of no day
        """Unknown."""
        return None

    def is_empty(self, day: datetime.date) -> bool:  # noqa: ARG002
        """Nobody knows."""
        return False


NOTHING: t.Final = Nothing()


class CannotChooseError(Exception):
    """Why no table of a group can be read in this run; ``status`` is what ``sync_log`` says of it."""

    def __init__(self, message: str, status: str = "failed") -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Choice:
    """The days of one server between ``first`` and ``last``."""

    first: datetime.date
    last: datetime.date
    today: datetime.date
    """By the clock in force; what lies behind it has not begun unless there is something in it."""
    lookback_days: int
    reread_days: int
    bookmarks: t.Mapping[str, Bookmark]
    sample: bool = False
    """Only a day or two, for ``--test``."""
    period: Period = DAY
    """Of longer ones, *day* means the first one."""

    def check(self) -> None:
        """Nothing, if there are days to choose from.

        Raises:
            CannotChooseError: the settings leave none.
        """
        if self.first > self.last:
            message = f"there is no business day between {self.first} and {self.last}: check start_date and end_date."
            raise CannotChooseError(message)

    @property
    def watched_from(self) -> datetime.date:
        """From here on changes are looked for; nothing else is known of a sample."""
        days = min(self.lookback_days, SAMPLE_DAYS) if self.sample else self.lookback_days
        return self.period.first(max(self.first, self.last - ONE_DAY * days))

    def is_believable(self, seen: Seen) -> bool:
        """Whether the days that had sales still have them: one empty answer must not make months vanish."""
        had_sales = [
            day
            for day in self.period.between(self.watched_from, self.last)
            if any(bookmark.had_sales(day) for bookmark in self.bookmarks.values())
        ]
        now_empty = [day for day in had_sales if seen.is_empty(day)]
        return len(had_sales) < FEWEST_DAYS_TO_DOUBT or len(now_empty) * 2 <= len(had_sales)

    def needed(self, seen: Seen = NOTHING) -> dict[datetime.date, frozenset[str]]:
        """The days to read and the tables that need them."""
        reread_from = self.period.first(self.last - ONE_DAY * (self.reread_days - 1))
        needed: dict[datetime.date, frozenset[str]] = {}
        for day in self.period.between(self.first, self.last):
            mark = seen.mark(day)
            if day > self.today and (mark is None or seen.is_empty(day)):
                continue  # not begun anywhere
            names = frozenset(
                name
                for name, bookmark in self.bookmarks.items()
                if day >= reread_from
                or bookmark.needs(day)
                or (day >= self.watched_from and self._may_have_changed(bookmark, day, mark, seen))
            )
            if names:
                needed[day] = names
        return self._sampled(needed, reread_from, seen) if self.sample else needed

    @staticmethod
    def _may_have_changed(bookmark: Bookmark, day: datetime.date, mark: str | None, seen: Seen) -> bool:
        return seen is NOTHING or (mark is not None and not bookmark.is_as_read(day, mark))

    def _sampled(
        self, needed: dict[datetime.date, frozenset[str]], reread_from: datetime.date, seen: Seen
    ) -> dict[datetime.date, frozenset[str]]:
        """A day or two: the last one, and one of those that have changed."""
        days = [day for day in needed if day >= self.watched_from and not seen.is_empty(day)]
        changed = [day for day in days[:-1] if day < reread_from]
        return {day: needed[day] for day in sorted({*days[-1:], *changed[-1:]})}
