"""How the days of a group of tables are chosen and judged: what a watch answers, and the watch by content."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass, field
from types import MappingProxyType

from tap_iiko.days.bookmark import EMPTY_MARK, MARK_BYTES, digest

if t.TYPE_CHECKING:
    from decimal import Decimal

    from tap_iiko.days.bookmark import Bookmark
    from tap_iiko.days.calendar import Calendar
    from tap_iiko.days.choice import Choice
    from tap_iiko.iiko import errors

Record = dict[str, t.Any]
Days = t.Sequence[datetime.date]
Departments = t.Sequence[str | None]


class Rows(t.Protocol):
    """What was read of a table; see ``tap_iiko.rows.reader``."""

    def content(self, day: str) -> str:
        """A hash of the day's rows; empty if there are none."""


@dataclass
class Verdict:
    """What a watch says of a day that was read."""

    mark: str | None = None
    """The fingerprint to remember; ``None`` if there is none."""
    is_new: bool = True
    """Whether it has to be written: false where it is as it was when it was last read."""
    is_proved: bool = True
    doubted: set[str] = field(default_factory=set)
    """Tables whose empty report contradicts the totals."""
    read_again: bool = False
    """Worth reading once more before it is believed."""
    expected: t.Mapping[str, Decimal] = field(default_factory=dict)
    """iiko's totals of the day, by column, where they are known and hold for a closed day."""
    proof: list[Record] | None = None
    """Rows of ``reconciliation``, if the day was held against totals."""


class Watch(t.Protocol):
    """Of one group of tables of one server in one run."""

    failed: bool
    """Whether something went wrong that no table's outcome tells."""

    unreadable: t.Mapping[str, errors.BadAnswer]
    """Tables that this server cannot give, and why; known after ``look``."""

    @property
    def unproved(self) -> t.Collection[datetime.date]:
        """Closed days that do not agree with iiko's totals, also those that earlier runs have found."""

    def look(self) -> t.Mapping[datetime.date, frozenset[str]]:
        """The days to read and the tables that need them; may ask iiko.

        Raises:
            CannotChooseError: nothing can be read.
        """

    def is_empty(self, days: Days) -> bool:
        """Whether there is surely nothing in these days, which are about to be read; may ask iiko."""

    def departments(self, day: datetime.date) -> Departments:
        """By which a day can be cut that is too large for one request."""

    def judge(self, days: Days, results: t.Mapping[str, t.Any]) -> dict[datetime.date, Verdict]:
        """What is to be done with days that were read; may ask iiko."""

    def remember(self, day: datetime.date, names: t.Iterable[str], verdict: Verdict) -> None:
        """The day was read and written, or found unchanged, for tables whose rows can be believed."""

    def late_changes(
        self, day: datetime.date, results: t.Mapping[str, t.Any], noticed_at: datetime.datetime
    ) -> list[Record]:
        """Rows of ``late_changes`` for a day that is about to be written."""

    def ask_otherwise(self, error: errors.Rejected, asked: t.Collection[str]) -> bool:
        """Whether a refused request of these tables is worth asking again, since something was left out of it."""

    def leave_out(self, name: str) -> None:
        """A table is not read any more."""

    def verdict_of(self, days: Days) -> str:
        """A word for days that were written, for the progress in the log."""

    def tell(self) -> None:
        """At the end: what the outcomes of the tables do not say."""

    def save(self) -> None:
        """Write into the state what was learnt."""


class ContentWatch:
    """Reads the look-back again and compares: sees all that an answer tells, comments and drafts too.

    Documents may be dated ahead. Of those days only the ones that have documents, or had, are told of.
    """

    failed = False
    unreadable: t.Mapping[str, errors.BadAnswer] = MappingProxyType({})
    unproved: t.Collection[datetime.date] = ()  # lists have no totals of their own

    def __init__(self, choice: Choice, calendar: Calendar, families: t.Mapping[str, str]) -> None:
        """``families``: by table the one whose answer its rows come from."""
        self.choice = choice
        self.calendar = calendar
        self.bookmarks: t.Mapping[str, Bookmark] = choice.bookmarks
        self.families = families

    def look(self) -> dict[datetime.date, frozenset[str]]:
        """The look-back, and what is missing before it; for all tables of an answer alike."""
        self.choice.check()
        return {day: self._with_families(names) for day, names in self.choice.needed().items()}

    def _with_families(self, names: frozenset[str]) -> frozenset[str]:
        needed = {self.families[name] for name in names}
        return frozenset(name for name, family in self.families.items() if family in needed)

    def is_empty(self, days: Days) -> bool:  # noqa: ARG002
        """Nobody knows before it was read."""
        return False

    def departments(self, day: datetime.date) -> Departments:  # noqa: ARG002
        """A list has no departments to be asked for."""
        return ()

    def ask_otherwise(self, *_: t.Any) -> bool:
        """A list has nothing that could be left out."""
        return False

    def judge(self, days: Days, results: t.Mapping[str, Rows]) -> dict[datetime.date, Verdict]:
        """New is what has another content than when it was last read."""
        verdicts = {}
        for day in days:
            mark = self._mark(day, results)
            is_known = all(
                self.bookmarks[name].is_as_read(day, mark)
                and not (self.is_closed(day) and self.bookmarks[name].needs(day))
                for name in results
            )
            if day <= self.choice.last or mark != EMPTY_MARK or self._had_rows(day, results):
                verdicts[day] = Verdict(mark=mark, is_new=not is_known)
        return verdicts

    def is_closed(self, day: datetime.date) -> bool:
        """Whether the business day is over."""
        return self.calendar.is_closed(day)

    def _had_rows(self, day: datetime.date, results: t.Mapping[str, Rows]) -> bool:
        return any(self.bookmarks[name].had_rows_ahead(day) for name in results)

    @staticmethod
    def _mark(day: datetime.date, results: t.Mapping[str, Rows]) -> str:
        found = ((name, rows.content(day.isoformat())) for name, rows in results.items())
        contents = [f"{name} {content}" for name, content in found if content]
        return digest(contents, MARK_BYTES) if contents else EMPTY_MARK

    def remember(self, day: datetime.date, names: t.Iterable[str], verdict: Verdict) -> None:
        """The day was read and written, or found unchanged."""
        for name in names:
            if self.is_closed(day):
                self.bookmarks[name].record(day, verdict.mark)
            else:
                self.bookmarks[name].record_open(day, verdict.mark or EMPTY_MARK)

    def late_changes(self, *_: t.Any) -> list[Record]:
        """None: it is the ledger's totals that tell what documents changed in closed days."""
        return []

    def leave_out(self, name: str) -> None:
        """Nothing to do: the others have answers of their own."""

    def verdict_of(self, days: Days) -> str:  # noqa: ARG002
        """There is nothing to prove it by."""
        return "compared"

    def tell(self) -> None:
        """Nothing beyond the outcomes of the tables."""

    def save(self) -> None:
        """The bookmarks know it all."""
