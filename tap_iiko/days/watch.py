"""How the days of a group of tables are chosen and judged: what a watch answers, and the watch by content."""

from __future__ import annotations

import datetime
import logging
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

logger = logging.getLogger("tap-iiko")

Record = dict[str, t.Any]
Days = t.Sequence[datetime.date]
Departments = t.Sequence[str | None]
Needed = dict[datetime.date, frozenset[str]]

MOST_HELD = 100
"""Days before the look-back that are watched for a row which is not over; each is a request of its own."""


class Rows(t.Protocol):
    """What was read of a table; see ``tap_iiko.rows.reader``."""

    @property
    def open_days(self) -> t.Collection[str]:
        """Days of rows that are not over, of other days than the asked ones too."""

    @property
    def undated_days(self) -> t.Collection[str]:
        """Days that have rows without a date of their own."""

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
    expected: t.Mapping[str, t.Mapping[str, Decimal]] = field(default_factory=dict)
    """By table what it has to come to, by column, where iiko's totals are known and hold for a closed day."""
    proof: list[Record] | None = None
    """Rows of ``reconciliation``, if the day was held against totals."""
    open_in: frozenset[str] = frozenset()
    """Tables a row of which is not over: the day stays watched."""
    undated_in: frozenset[str] = frozenset()
    """Tables a row of which tells no date: the day is asked for alone from now on."""


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

    def further(self, results: t.Mapping[str, t.Any]) -> t.Mapping[datetime.date, frozenset[str]]:
        """Days to read as well, and the tables that need them, since an answer has a row of them that is not over."""

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

    Documents may be dated ahead. Of those days only the ones that have documents, or had, are told of. Rows that are
    not over are in every answer (``x-open``): the days that they began on are read too, and held until they are over,
    since an answer of the look-back has no row that was over before it.
    """

    failed = False
    unreadable: t.Mapping[str, errors.BadAnswer] = MappingProxyType({})
    unproved: t.Collection[datetime.date] = ()  # lists have no totals of their own

    def __init__(self, choice: Choice, calendar: Calendar, families: t.Mapping[str, str]) -> None:
        """``families``: by table the one whose answer its rows come from."""
        self.choice = choice
        self.calendar = calendar
        self.bookmarks: t.Mapping[str, Bookmark] = choice.bookmarks
        self.families = dict(families)
        self._asked: set[datetime.date] = set()
        self._crowded: set[str] = set()

    def look(self) -> Needed:
        """The look-back, what is missing before it, and the days that are held; for all tables of an answer alike."""
        self.choice.check()
        needed = self.choice.needed()
        for name, bookmark in self.bookmarks.items():
            for day in () if self.choice.sample else bookmark.held_before(self.choice.watched_from)[:MOST_HELD]:
                needed[day] = needed.get(day, frozenset()) | {name}
        self._asked.update(needed)
        return {day: self._with_families(names) for day, names in needed.items()}

    def further(self, results: t.Mapping[str, Rows]) -> Needed:
        """Days before the look-back, each once in a run; the newest, if there are too many."""
        needed: Needed = {}
        first = self.choice.watched_from
        for name, rows in () if self.choice.sample else results.items():
            found = {day for day in map(datetime.date.fromisoformat, rows.open_days) if day < first}
            watched = sorted({*self.bookmarks[name].held_before(first), *found}, reverse=True)
            if len(watched) > MOST_HELD:
                self._crowded.add(name)
            for day in found.intersection(watched[:MOST_HELD]) - self._asked:
                needed[day] = self._with_families(needed.get(day, frozenset()) | {name})
        self._asked.update(needed)
        return needed

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
        answered = {self.families[name] for name in results}
        names = [name for name, family in self.families.items() if family in answered]  # those asked by row, too
        for day in days:
            mark = self._mark(day, results)
            is_known = all(
                self.bookmarks[name].is_as_read(day, mark)
                and not (self.is_closed(day) and self.bookmarks[name].needs(day))
                for name in names
            )
            if day <= self.choice.last or mark != EMPTY_MARK or self._had_rows(day, names):
                verdicts[day] = Verdict(
                    mark=mark,
                    is_new=not is_known,
                    open_in=frozenset(name for name, rows in results.items() if day.isoformat() in rows.open_days),
                    undated_in=frozenset(
                        name for name, rows in results.items() if day.isoformat() in rows.undated_days
                    ),
                )
        return verdicts

    def is_closed(self, day: datetime.date) -> bool:
        """Whether the business day is over."""
        return self.calendar.is_closed(day)

    def _had_rows(self, day: datetime.date, names: t.Iterable[str]) -> bool:
        return any(self.bookmarks[name].had_rows_ahead(day) for name in names)

    @staticmethod
    def _mark(day: datetime.date, results: t.Mapping[str, Rows]) -> str:
        found = ((name, rows.content(day.isoformat())) for name, rows in results.items())
        contents = [f"{name} {content}" for name, content in found if content]
        return digest(contents, MARK_BYTES) if contents else EMPTY_MARK

    def remember(self, day: datetime.date, names: t.Iterable[str], verdict: Verdict) -> None:
        """The day was read and written, or found unchanged."""
        for name in names:
            bookmark, mark = self.bookmarks[name], verdict.mark or EMPTY_MARK
            bookmark.note_undated(day, has_any=name in verdict.undated_in)
            if not self.is_closed(day):
                bookmark.record_open(day, mark)
                continue
            if day >= self.choice.first:
                bookmark.record(day, mark)
            if name in verdict.open_in:
                bookmark.hold(day, mark)
            else:
                bookmark.release(day)
            for left in bookmark.held_before(self.choice.watched_from)[MOST_HELD:]:
                bookmark.release(left)

    def late_changes(self, *_: t.Any) -> list[Record]:
        """None: it is the ledger's totals that tell what documents changed in closed days."""
        return []

    def leave_out(self, name: str) -> None:
        """The others have answers of their own."""
        self.families.pop(name, None)

    def verdict_of(self, days: Days) -> str:  # noqa: ARG002
        """There is nothing to prove it by."""
        return "compared"

    def tell(self) -> None:
        """Whether there are too many days to hold."""
        for name in sorted(self._crowded):
            logger.warning(
                "%s: rows of more than %d days before the look-back are not over. The newest %d of these days are "
                "watched; close the others in iikoOffice, or they stay as they are here.",
                name,
                MOST_HELD,
                MOST_HELD,
            )

    def save(self) -> None:
        """The bookmarks know it all."""
