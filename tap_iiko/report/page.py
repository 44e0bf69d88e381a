"""The whole page: one file, nothing from elsewhere."""

from __future__ import annotations

import base64
import datetime
import hashlib
import typing as t
from dataclasses import dataclass, replace
from importlib.resources import files
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import jinja2
from markupsafe import Markup

from tap_iiko.report import calendar, captions
from tap_iiko.report.captions import PAGE
from tap_iiko.report.facts import Names, Place, Sales, Watched
from tap_iiko.report.figures import WEEK, YEAR, Period
from tap_iiko.report.scopes import WEEKS, Times, Writer
from tap_iiko.report.states import Case, Grid, Judge, Outcome, State, cases, outcome
from tap_iiko.report.words import Money, Words, date, joined, long_date, moment, same

if t.TYPE_CHECKING:
    from tap_iiko.report.read import Database

MOST_CHOICES: t.Final = 12  # restaurants that have figures of their own
MOST_ROWS: t.Final = 15  # of a table without a head that stays
DAY: t.Final = datetime.timedelta(days=1)
# The file may do nothing but be looked at.
POLICY: t.Final = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{}'; base-uri 'none'; "
    "form-action 'none'"
)


# Of the table by restaurant: the caption, and whether its change stands behind.
COLUMNS: t.Final = (
    (captions.MEASURES["revenue"], True),
    (PAGE["of_plan"], False),
    (PAGE["share"], False),
    (captions.MEASURES["check"], True),
    *(
        (captions.MEASURES[name], False)
        for name in ("orders", "guests", "discounts", "refunds", "deletions", "food_cost")
    ),
)


@dataclass(frozen=True)
class Options:
    """What a user may say of the page."""

    lang: str = "ru"
    days: int = 28
    currency: str = ""
    department: str | None = None


class NoSuchDepartmentError(Exception):
    """No restaurant of that id or name has sales."""


@dataclass(frozen=True)
class Everything:
    """What a page is made of."""

    names: Names
    watched: Watched
    grid: Grid
    cases: list[Case]
    compared: set[str]
    sales: Sales
    times: Times | None
    lacks: list[str]
    """Tables of sales that are not loaded."""


def gather(database: Database, options: Options, now: datetime.datetime) -> Everything:
    """Read what the page needs.

    Raises:
        NoSuchDepartmentError: the department that it is for is not there.
    """
    if database.is_empty:
        return Everything(Names(), Watched(), {}, [], set(), Sales(), None, [])
    watched = database.watched(now)
    names = database.names(watched.sold)
    if options.department is not None:
        watched = _only(watched, names, options.department)
    judge = Judge(watched)
    grid = judge.grid()
    times = _times(watched, names, options.days)
    sales = Sales()
    if times is not None:
        first, last = times.period.first, times.period.last
        span = max(2 * options.days, options.days + WEEK, WEEKS * WEEK)
        others = [(last - (span - 1) * DAY, first - DAY)]
        if times.has_year:
            others.append((first - YEAR * DAY, min(last - YEAR * DAY, others[0][0] - DAY)))
        sales = database.sales((first, last), others)
    lacks = [name for name in ("receipts", "receipt_items", "receipt_payments") if not database.has(name)]
    return Everything(names, watched, grid, cases(grid, judge, watched), judge.compared, sales, times, lacks)


def _only(watched: Watched, names: Names, wanted: str) -> Watched:
    chosen = {place for place in watched.sold if wanted in {place.department_id, names.places[place]}}
    if not chosen:
        there = ", ".join(sorted(f"{place.department_id} ({names.places[place]})" for place in watched.sold))
        raise NoSuchDepartmentError(f"No restaurant with the id or name {wanted} has sales here. There are: {there}.")
    return replace(
        watched,
        sold={place: days for place, days in watched.sold.items() if place in chosen},
        late=[change for change in watched.late if change.place in chosen],
        broken=[each for each in watched.broken if each.place in chosen],
    )


def _times(watched: Watched, names: Names, days: int) -> Times | None:
    """The last day is the last loaded one before the day of the newest good load, or the first one of all."""
    newest: tuple[datetime.datetime, str] | None = max(
        (
            (read.good_at, server)
            for (server, _), reads in watched.reads.items()
            for read in reads.values()
            if read.good_at
        ),
        default=None,
    )
    loaded = [day for (_, day), reads in watched.reads.items() if any(read.is_loaded for read in reads.values())]
    if newest is None or not loaded:
        return None
    today = newest[0].replace(tzinfo=datetime.UTC).astimezone(_zone(names.zones.get(newest[1]))).date()
    last = max((day for day in loaded if day < today), default=min(loaded))
    period = Period.up_to(last, days)
    first_sold = min((min(sold) for sold in watched.sold.values()), default=last)
    return Times(last, period, has_year=first_sold <= last - YEAR * DAY)


def _zone(name: str | None) -> datetime.tzinfo:
    """UTC where there is none, or one that this machine does not know."""
    try:
        return ZoneInfo(name) if name else datetime.UTC
    except (ZoneInfoNotFoundError, ValueError):
        return datetime.UTC


def render(everything: Everything, options: Options, now: datetime.datetime) -> str:
    """The file's text."""
    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("tap_iiko.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    script = _part("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return templates.get_template("page.html").render(
        words=PAGE,
        definitions=captions.DEFINITIONS,
        measures=captions.MEASURES,
        signs=captions.SIGNS,
        style=Markup(_part("page.css")),  # noqa: S704 - our own
        script=Markup(script),  # noqa: S704 - our own
        policy=POLICY.format(digest),
        lang=options.lang,
        made=PAGE["made"].fill(moment=moment(now)),
        **_told(everything, options, now),
    )


def _part(name: str) -> str:
    return files("tap_iiko.report").joinpath("templates", name).read_text(encoding="utf-8")


def _told(everything: Everything, options: Options, now: datetime.datetime) -> dict[str, t.Any]:
    """All that the template shows."""
    names = _labels(everything.names)
    money = Money(options.currency)
    watched, grid = everything.watched, everything.grid
    told: dict[str, t.Any] = {
        "group": _title(everything, names, options),
        "outcome": outcome(grid, everything.cases, watched),
        "calendar": calendar.calendar(grid, names),
        "rules": calendar.told_rules(watched.broken, grid, names, now.year),
        "cases": [calendar.told_case(case, names, now.year) for case in everything.cases],
        "changes": [
            calendar.told_change(change, names, money, now.year) for change in watched.late[: calendar.SHOWN_CHANGES]
        ],
        "all_changes": len(watched.late),
        "lateness": calendar.lateness(watched.late) if len(watched.late) >= calendar.SHOWN_CHANGES else None,
        "runs": [calendar.told_run(run) for run in watched.runs],
        "lacks": everything.lacks,
        "times": everything.times,
        "scopes": [],
        "choices": [],
        "rows": [],
        "numbers": {},
    }
    told["verdict"], told["verdict_more"] = _verdict(everything, told["outcome"])
    if everything.times is not None:
        told |= _sales(everything, everything.times, names, money)
    return told


def _title(everything: Everything, names: dict[Place, Words], options: Options) -> Words:
    """Whose page it is."""
    group = same(everything.names.group) if everything.names.group else PAGE["nameless_group"]
    return (
        group
        if options.department is None
        else group + " · " + joined([names[place] for place in everything.grid], ", ")
    )


def _labels(names: Names) -> dict[Place, Words]:
    """What restaurants are called; with the server behind, where two have one name."""
    found = {place: same(name) if name else PAGE["nameless"] for place, name in names.places.items()}
    often = list(found.values())
    return {place: name + f" · {place.server_id}" if often.count(name) > 1 else name for place, name in found.items()}


def _verdict(everything: Everything, found: Outcome) -> tuple[Words, Words]:
    """The sentence, and what stands below it."""
    watched = everything.watched
    if found is Outcome.EMPTY:
        return PAGE["empty"], PAGE["first_load"]
    count = calendar.alarms(everything.cases)
    title = PAGE["alarm"].fill(cases=captions.case_count(count)) if found is Outcome.ALARM else PAGE[found]
    servers = {place.server_id for place in everything.grid}
    uncompared = sorted(servers - everything.compared)
    states = {state for days in everything.grid.values() for state in days.values()}
    more = []
    if states <= {State.OPEN}:
        more.append(PAGE["none_closed"])
    elif set(uncompared) == servers:
        more.append(PAGE["not_compared"])
    else:
        more.append(PAGE["others_proved" if found is Outcome.ALARM else "all_proved"])
        if uncompared:
            more.append(PAGE["partly_compared"].fill(servers=", ".join(uncompared)))
    if found is Outcome.ALARM and watched.runs and watched.runs[0].failed:
        more.append(PAGE["broken"] + ".")
    read_at = [read.good_at for reads in watched.reads.values() for read in reads.values() if read.good_at]
    if read_at:
        more.append(PAGE["read_at"].fill(moment=moment(max(read_at))))
    return title, joined(more, " ")


def _sales(everything: Everything, times: Times, names: dict[Place, Words], money: Money) -> dict[str, t.Any]:
    """The figures of all restaurants together, and of each where they are few."""
    writer = Writer(everything.sales, times, everything.grid, money)
    places = sorted(everything.grid, key=lambda place: names[place].ru.casefold())
    is_preliminary = any(
        everything.grid[place].get(times.last) in {State.OPEN, State.MISSING, State.STALE} for place in places
    )
    told: dict[str, t.Any] = {
        "last_day": long_date(times.last),
        "is_preliminary": is_preliminary,
        "period_name": captions.day_count(times.days),
        "period": PAGE["period"].fill(
            days=captions.day_count(times.days), last=date(times.last), count=str(times.days)
        ),
    }
    if "receipt_items" in everything.lacks:
        return told
    chosen = [(0, PAGE["all_restaurants"], places)]
    if 1 < len(places) <= MOST_CHOICES:
        chosen += [(number, names[place], [place]) for number, place in enumerate(places, 1)]
    rows, total = writer.table({place: names[place] for place in places}) if len(places) > 1 else ([], None)
    number_of = {place: number for number, _, (place, *_) in chosen[1:]}
    return told | {
        "choices": [(number, name) for number, name, _ in chosen] if len(chosen) > 1 else [],
        "scopes": [writer.scope(number, name, of) for number, name, of in chosen],
        "rows": [(number_of.get(place), row) for place, row in rows],
        "total": total,
        "columns": [column for column in COLUMNS if writer.has_plans or column[0] is not PAGE["of_plan"]],
        "is_long": len(rows) > MOST_ROWS,
        "numbers": number_of,
    }
