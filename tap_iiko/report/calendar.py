"""The calendar of the days, the list of what needs a look, and what changed late: in the words of the page."""

from __future__ import annotations

import datetime
import re
import typing as t
from collections import Counter, defaultdict
from dataclasses import dataclass

from tap_iiko.report import captions, charts
from tap_iiko.report.captions import PAGE
from tap_iiko.report.states import ALARMS, LISTED, State
from tap_iiko.report.words import Words, date, duration, joined, moment, month, number, same

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markupsafe import Markup

    from tap_iiko.report.facts import Broken, Day, LateChange, Place, Run
    from tap_iiko.report.states import Case, Grid
    from tap_iiko.report.words import Money

WATCHED: t.Final = 60  # days that have a column of their own
FEW: t.Final = 15  # restaurants that are all shown
NAMED: t.Final = 3
SHOWN_CHANGES: t.Final = 5
LATENESS: t.Final = ((3, "1–3"), (7, "4–7"), (14, "8–14"), (30, "15–30"), (60, "31–60"), (None, "> 60"))
ALWAYS: t.Final = {State.LATE, State.MISSING, State.OPEN}
ADDRESS: t.Final = re.compile(r"https?://[^\s/'\"]+|(?<=host=)'[^']*'|\b\d+\.\d+\.\d+\.\d+(:\d+)?\b")


@dataclass(frozen=True)
class Cell:
    """A day, or a month with its worst state."""

    state: State
    text: str
    title: str


@dataclass(frozen=True)
class Line:
    """A restaurant."""

    place: Place
    name: Words
    cells: list[Cell | None]


@dataclass(frozen=True)
class Calendar:
    """Months, then days."""

    months: list[Words]
    days: list[tuple[Words, bool]]
    """And whether a week begins."""
    first_monday: int
    """The place of its column, from 1."""
    lines: list[Line]
    quiet: list[Line]
    """Restaurants with nothing to say, where there are many."""
    quiet_are: Words | None
    legend: list[tuple[State, Words, Words]]


@dataclass(frozen=True)
class Told:
    """Something to say, with its sign."""

    state: State
    when: Words
    where: Words
    more: Words
    details: Words


def calendar(grid: Grid, names: Mapping[Place, Words]) -> Calendar | None:
    """Nothing, if there is no day."""
    if not any(grid.values()):
        return None
    days = _shown_days(grid)
    first = days[0]
    months = _months(min(min(states) for states in grid.values() if states), first)
    lines = [
        Line(
            place,
            names[place],
            [*(_month_cell(states, each, first) for each in months), *(_day_cell(states, day) for day in days)],
        )
        for place, states in sorted(grid.items(), key=lambda item: names[item[0]].ru.casefold())
    ]
    quiet = [line for line in lines if _is_quiet(grid[line.place])] if len(lines) > FEW else []
    counts = Counter(state for states in grid.values() for state in states.values())
    mondays = [place for place, day in enumerate(days) if day.weekday() == 0]
    return Calendar(
        [same(each.year) if each.month == 1 else month(each) for each in months],
        [(date(day), day.weekday() == 0) for day in days],
        2 + len(months) + (mondays[0] if mondays else len(days)),
        [line for line in lines if line not in quiet],
        quiet,
        _told_quiet(quiet, grid, are_all=len(quiet) == len(lines)) if quiet else None,
        [(state, captions.STATES[state], number(counts[state])) for state in _in_legend(counts)],
    )


def _shown_days(grid: Grid) -> list[Day]:
    """The newest ones, each with a column of its own."""
    known = {day for states in grid.values() for day in states}
    if not known:
        return []
    first = max(min(known), max(known) - datetime.timedelta(days=WATCHED - 1))
    return [first + datetime.timedelta(days=after) for after in range((max(known) - first).days + 1)]


def _in_legend(counts: Counter[State]) -> list[State]:
    """What is usual first, then what is there, the worst first."""
    is_compared = counts[State.PROVED] or not counts[State.LOADED]
    usual = {State.PROVED, State.DIFFERS} if is_compared else {State.LOADED}
    first = State.PROVED if is_compared else State.LOADED
    order = (first, State.LATE, *LISTED, State.OPEN, State.LOADED)
    return [state for state in dict.fromkeys(order) if counts[state] or state in ALWAYS | usual]


def _told_quiet(quiet: list[Line], grid: Grid, *, are_all: bool) -> Words:
    are_compared = all(State.LOADED not in grid[line.place].values() for line in quiet)
    return captions.quiet_restaurants(len(quiet), are_all=are_all, are_compared=are_compared)


def _is_quiet(states: Mapping[Day, State]) -> bool:
    return set(states.values()) <= {State.PROVED, State.LOADED, State.OPEN}


def _months(oldest: Day, first: Day) -> list[Day]:
    """The first day of each month with days before ``first``."""
    found, day = [], oldest.replace(day=1)
    while oldest < first and day < first:
        found.append(day)
        day = (day + datetime.timedelta(days=31)).replace(day=1)
    return found


def _month_cell(states: Mapping[Day, State], begins: Day, before: Day) -> Cell | None:
    ends = min((begins + datetime.timedelta(days=31)).replace(day=1), before)
    within = Counter(state for day, state in states.items() if begins <= day < ends)
    if not within:
        return None
    worst = min(within, key=lambda state: state.rank)
    title = str(captions.STATES[worst] + f": {within[worst]}")
    if worst in {State.PROVED, State.LOADED}:
        return Cell(worst, "✓" if worst is State.PROVED else "", title)
    return Cell(worst, f"{captions.SIGNS[worst]} {within[worst]}", title)


def _day_cell(states: Mapping[Day, State], day: Day) -> Cell | None:
    state = states.get(day)
    if state is None:
        return None
    is_usual = state in {State.PROVED, State.LOADED}
    title = "" if is_usual else str(date(day) + " · " + captions.STATES[state])
    return Cell(state, captions.SIGNS[state], title)


# Lists


def told_case(case: Case, names: Mapping[Place, Words], year: int) -> Told:
    """A case with its remedy."""
    when = date(case.first, year)
    if case.last != case.first:
        when += Words(" – ", " – ") + date(case.last, year)
    text = captions.REMEDIES[case.state]
    if case.difference is not None:
        metric = captions.METRICS.get(case.difference.metric, same(case.difference.metric))
        text = text.fill(
            difference=captions.DIFFERS_BY.fill(
                metric=metric, difference=number(case.difference.difference, 2), probe=number(case.difference.probe, 2)
            )
        )
    return Told(
        case.state, when, _where(case, names), same(""), text + (f" {public(case.message)}" if case.message else "")
    )


def _where(case: Case, names: Mapping[Place, Words]) -> Words:
    if case.is_everywhere:
        return PAGE["everywhere"]
    shown = sorted((names[place] for place in case.places), key=lambda name: name.ru.casefold())
    where = joined(shown[:NAMED], ", ")
    left = len(shown) - NAMED
    return where + " " + PAGE["more_places"].fill(count=left) if left > 0 else where


def told_rules(broken: Sequence[Broken], grid: Grid, names: Mapping[Place, Words], year: int) -> list[Words]:
    """For each rule one line, of the closed days that have a column of their own: how often, and the worst."""
    days = _shown_days(grid)
    still_open = {
        (place.server_id, day) for place, states in grid.items() for day in states if states[day] is State.OPEN
    }
    by_rule: defaultdict[str, list[Broken]] = defaultdict(list)
    for each in broken:
        if each.day in days and (each.place.server_id, each.day) not in still_open:
            by_rule[each.rule].append(each)
    return [_told_rule(rule, found, len(days), names, year) for rule, found in sorted(by_rule.items())]


def _told_rule(rule: str, found: list[Broken], days: int, names: Mapping[Place, Words], year: int) -> Words:
    worst = max(found, key=lambda each: each.size)
    where = [date(worst.day, year)]
    if worst.place in names:
        where.append(names[worst.place])
    return PAGE["broken_rule"].fill(
        rule=captions.RULES.get(rule, same(rule)),
        sums=captions.sum_count(len(found)),
        days=captions.day_count(days),
        where=joined(where, ", "),
        measure=captions.RULE_MEASURES.get(worst.measure, same(worst.measure)),
        found=number(worst.found, 2),
        expected=number(worst.expected, 2),
        difference=number(worst.size, 2),
    )


def told_change(change: LateChange, names: Mapping[Place, Words], money: Money, year: int) -> Told:
    """A closed day that changed."""
    days = captions.day_count((change.noticed_at.date() - change.day).days)
    details = PAGE["no_revenue_change"]
    if change.old_revenue is not None and change.new_revenue is not None:
        details = (
            captions.MEASURES["revenue"]
            + " "
            + money.whole(change.old_revenue)
            + " → "
            + money.whole(change.new_revenue)
        )
    return Told(
        State.LATE,
        date(change.day, year),
        names.get(change.place, PAGE["nameless"]),
        PAGE["noticed_after"].fill(days=days),
        details,
    )


def lateness(changes: Sequence[LateChange]) -> Markup:
    """How late changes were noticed."""
    counts = [0] * len(LATENESS)
    for change in changes:
        days = (change.noticed_at.date() - change.day).days
        counts[next(place for place, (end, _) in enumerate(LATENESS) if end is None or days <= end)] += 1
    names = [Words(f"{text} дн.", f"{text} days") for _, text in LATENESS]
    return charts.lateness(list(zip(names, counts, strict=True)), str(PAGE["lateness"]))


@dataclass(frozen=True)
class ToldRun:
    """A run of the tap."""

    is_good: bool
    started: Words
    outcome: Words
    message: str
    took: Words
    days: Words
    rows: Words


def told_run(run: Run) -> ToldRun:
    """As it is written."""
    outcome = PAGE["run_failed"].fill(count=run.failed) if run.failed else PAGE["run_good"]
    if run.skipped:
        outcome += same(". ") if not run.failed else same(" ")
        outcome += PAGE["run_skipped"].fill(count=run.skipped)
    return ToldRun(
        not run.failed,
        moment(run.started_at),
        outcome,
        public(run.message) if run.message else "",
        duration((run.finished_at - run.started_at).total_seconds()),
        number(run.days),
        number(run.rows),
    )


def public(message: str) -> str:
    """What the log says, without addresses: secrets are not in it, but the page is passed on."""
    return ADDRESS.sub("iiko", message)


def alarms(cases: Sequence[Case]) -> int:
    """How many of them make the verdict."""
    return sum(case.state in ALARMS for case in cases)
