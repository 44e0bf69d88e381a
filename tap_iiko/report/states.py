"""What is there of each day of each restaurant, what needs a look, and the verdict that follows."""

from __future__ import annotations

import datetime
import enum
import itertools
import typing as t
from collections import defaultdict
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from tap_iiko.report.facts import Day, Difference, Place, Read, Watched

ONE_DAY: t.Final = datetime.timedelta(days=1)
# A restaurant that sells nothing any more is watched so long.
STILL_WATCHED: t.Final = datetime.timedelta(days=7)


class State(enum.StrEnum):
    """Of a restaurant's day, the worst first."""

    MISSING = enum.auto()
    DIFFERS = enum.auto()
    STALE = enum.auto()
    UNCHECKED = enum.auto()
    SILENT = enum.auto()
    LATE = enum.auto()
    OPEN = enum.auto()
    LOADED = enum.auto()
    """Closed, and nobody asked iiko what it should add up to: ``reconcile`` is off."""
    PROVED = enum.auto()

    @property
    def rank(self) -> int:
        """0 is the worst."""
        return RANKS[self]


RANKS: t.Final = {state: rank for rank, state in enumerate(State)}
ALARMS: t.Final = (State.MISSING, State.DIFFERS, State.STALE, State.UNCHECKED)
LISTED: t.Final = (*ALARMS, State.SILENT)

Grid = dict["Place", dict["Day", State]]


class Judge:
    """Over what was read."""

    def __init__(self, watched: Watched) -> None:
        """Nothing is judged yet."""
        self._watched = watched
        self._tables: defaultdict[str, set[str]] = defaultdict(set)
        self._tried: dict[str, Day] = {}
        for (server, day), reads in watched.reads.items():
            self._tables[server] |= {table for table, read in reads.items() if read.is_loaded}
            self._tried[server] = max(day, self._tried.get(server, day))
        self._late = {(change.place, change.day) for change in watched.late}
        self.compared = {place.server_id for place, _ in watched.proofs}
        """Servers that are compared with iiko's totals."""

    def grid(self) -> Grid:
        """Each restaurant from its first day of sales on."""
        return {
            place: {day: self.state(place, day) for day in self._days(place, days)}
            for place, days in self._watched.sold.items()
        }

    def _days(self, place: Place, sold: set[Day]) -> t.Iterator[Day]:
        first, last = min(sold), max(sold)
        last = max(last, min(last + STILL_WATCHED, self._tried.get(place.server_id, last)))
        return (first + ONE_DAY * number for number in range((last - first).days + 1))

    def state(self, place: Place, day: Day) -> State:
        """Of one day."""
        reads = self.reads(place, day)
        loaded = [read for read in reads.values() if read.is_loaded]
        if len(loaded) < len(self._tables[place.server_id]):
            return State.MISSING
        if self._watched.proofs.get((place, day)) is not None:
            return State.DIFFERS
        if any(read.last_failed for read in reads.values()):
            return State.STALE
        if not all(read.is_final for read in loaded):
            return State.OPEN
        if day not in self._watched.sold[place]:
            return State.SILENT
        return self._closed(place, day, loaded)

    def _closed(self, place: Place, day: Day, loaded: list[Read]) -> State:
        is_late = (place, day) in self._late
        if place.server_id not in self.compared:
            return State.LATE if is_late else State.LOADED
        if (place, day) not in self._watched.proofs and not self._is_forgotten(loaded):
            return State.UNCHECKED
        return State.LATE if is_late else State.PROVED

    def _is_forgotten(self, loaded: list[Read]) -> bool:
        """Whether prune may have removed the proof: of old days only what differs is kept."""
        limit = self._watched.forgotten_before
        return limit is not None and all(read.good_at is not None and read.good_at < limit for read in loaded)

    def reads(self, place: Place, day: Day) -> dict[str, Read]:
        """How the day was read."""
        return self._watched.reads.get((place.server_id, day), {})


@dataclass(frozen=True)
class Case:
    """Days in a row that are in one state, of one restaurant or of several alike."""

    state: State
    first: Day
    last: Day
    places: tuple[Place, ...]
    is_everywhere: bool
    """In all restaurants that were watched on these days."""
    difference: Difference | None
    """The largest."""
    message: str | None
    """What the log says of it."""


def cases(grid: Grid, judge: Judge, watched: Watched) -> list[Case]:
    """What needs a look, the worst first, the newest of it first."""
    alike: defaultdict[tuple[State, Day, Day], list[Place]] = defaultdict(list)
    for place, days in grid.items():
        for state, first, last in _runs(days):
            if state in LISTED:
                alike[state, first, last].append(place)
    found = []
    for (state, first, last), places in alike.items():
        span = [first + ONE_DAY * number for number in range((last - first).days + 1)]
        watching = [place for place, days in grid.items() if days.keys() & set(span)]
        differences = [
            difference for place in places for day in span if (difference := watched.proofs.get((place, day)))
        ]
        found.append(
            Case(
                state,
                first,
                last,
                tuple(places),
                is_everywhere=len(places) == len(watching) > 1,
                difference=max(differences, key=lambda each: each.difference, default=None),
                message=_message(judge, places[0], last),
            )
        )
    return sorted(found, key=lambda case: (case.state.rank, -case.last.toordinal(), -case.first.toordinal()))


def _runs(days: dict[Day, State]) -> t.Iterator[tuple[State, Day, Day]]:
    for state, group in itertools.groupby(sorted(days.items()), key=lambda item: item[1]):
        span = [day for day, _ in group]
        yield state, span[0], span[-1]


def _message(judge: Judge, place: Place, day: Day) -> str | None:
    return next((read.message for read in judge.reads(place, day).values() if read.last_failed and read.message), None)


class Outcome(enum.StrEnum):
    """What a reader wants to know first."""

    EMPTY = enum.auto()
    ALARM = enum.auto()
    BROKEN = enum.auto()
    """Everything is there, but the last run did not get to its end."""
    GOOD = enum.auto()


def outcome(grid: Grid, found: t.Sequence[Case], watched: Watched) -> Outcome:
    """The verdict."""
    if any(case.state in ALARMS for case in found):
        return Outcome.ALARM
    if watched.runs and watched.runs[0].failed:
        return Outcome.BROKEN
    return Outcome.GOOD if grid else Outcome.EMPTY
