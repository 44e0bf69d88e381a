"""The groups of tables with days of one server: which watch they have, and what they are read from."""

from __future__ import annotations

import logging
import typing as t
from dataclasses import replace

from tap_iiko import tables
from tap_iiko.days.bookmark import KEPT_CONTENTS, KEPT_DAYS, Bookmark
from tap_iiko.days.calendar import ONE_DAY, days_between
from tap_iiko.days.choice import Choice
from tap_iiko.days.closing import ClosingWatch
from tap_iiko.days.periods import DAY, PERIODS
from tap_iiko.days.watch import ContentWatch
from tap_iiko.proof.kinds import KINDS, kind_of
from tap_iiko.proof.late_changes import LateChanges
from tap_iiko.proof.ledger import GROUP as LEDGER
from tap_iiko.proof.watch import TotalsWatch
from tap_iiko.run.by_day import DayGroup, DayRun
from tap_iiko.run.details import KEEPS, Details
from tap_iiko.run.family import BalanceFamily, EachFamily, Family, ListFamily, ReportFamily
from tap_iiko.settings.server import ServerSettings
from tap_iiko.streams.registry import get_source, report_form

if t.TYPE_CHECKING:
    from tap_iiko.days.calendar import Calendar
    from tap_iiko.days.periods import Period
    from tap_iiko.iiko.client import Client
    from tap_iiko.iiko.sources import Get
    from tap_iiko.run.checking import Checks
    from tap_iiko.run.context import ServerContext
    from tap_iiko.singer.stream import IikoStream

logger = logging.getLogger("tap-iiko")

FIRST_WINDOW = 7
"""Days of a list that was never read: nobody knows how large it is, and a month of forty restaurants is 15 MB."""
OF_A_REPORT = ("lookback_days", "max_window_days")
"""Settings of the server that a report of the user's own may have otherwise."""


def day_runs(run: ServerContext, calendar: Calendar, checks: Checks) -> list[DayRun]:
    """The groups whose tables are selected, in the order of the tables; ``checks`` take note of what they read."""
    groups: dict[str, list[IikoStream]] = {}
    for stream in run.streams.values():
        if stream.table.partition == "day":
            groups.setdefault(stream.table.group, []).append(stream)
    runs = []
    for name, streams in groups.items():
        make = GROUPS[streams[0].table.watch]
        group = make(run, name, streams, calendar, checks)
        checks.bookmarks.update(group.bookmarks)
        runs.append(DayRun(group, run.client, run.commit, group.is_closed or calendar.is_closed, checks))
    return runs


def _bookmarks(
    run: ServerContext,
    streams: t.Sequence[IikoStream],
    kept_days: int = 0,
    *,
    sparse: bool = False,
    period: Period = DAY,
) -> dict[str, Bookmark]:
    """Contents are remembered as long as any run may ask: the hourly one has a shorter look-back than the nightly."""
    kept = kept_days or max(run.settings.lookback_days, ServerSettings.lookback_days) + KEPT_CONTENTS
    logged = run.commit.is_logged
    return {
        stream.name: Bookmark(
            run.commit.partition(stream.name), logged=logged, kept_days=kept, sparse=sparse, period=period
        )
        for stream in streams
    }


def _choice(run: ServerContext, bookmarks: t.Mapping[str, Bookmark], calendar: Calendar, reread_days: int) -> Choice:
    """The days of the past; without a configured first day, what was read before stays watched."""
    settings, known = run.settings, [bookmark.first for bookmark in bookmarks.values() if bookmark.first]
    first = settings.first_day(calendar.now)
    return Choice(
        first=first if settings.start_date or not known else min(known),
        last=min(settings.end_date or calendar.today, calendar.today),
        today=calendar.now.date(),
        lookback_days=settings.lookback_days,
        reread_days=reread_days,
        bookmarks=bookmarks,
        sample=run.options.is_sample,
    )


def _report_group(
    run: ServerContext, name: str, streams: t.Sequence[IikoStream], calendar: Calendar, checks: Checks
) -> DayGroup:
    """Reports, watched by iiko's totals."""
    options, source = run.options, streams[0].table.source
    settings = replace(run.settings, **{name: source[name] for name in OF_A_REPORT if name in source})
    period = PERIODS[source.get("by", DAY.name)]
    bookmarks = _bookmarks(run, streams, KEPT_DAYS, period=period)
    forms = {
        stream.name: report_form(stream.table, stream.odd_values, settings.server_id, stream.selected_columns)
        for stream in streams
    }
    kind = kind_of(streams[0].table, forms[streams[0].name].report)
    choice = _choice(run, bookmarks, calendar, settings.reread_days)
    kept = kind.kept if "late_changes" in run.streams else None
    watch = TotalsWatch(
        settings,
        run.asked,
        calendar,
        replace(choice, period=period, lookback_days=settings.lookback_days),
        forms,
        kind=kind,
        late=LateChanges(run.commit.partition("late_changes"), kept) if kept else None,
        proves=options.reconcile != "off",
        version=run.version,
        departments=run.departments,
        ask_departments=lambda: _department_ids(run.client),
    )
    families: dict[str, Family] = {
        table: ReportFamily(run.reader_of(form.table, form, hashed=False, keeps=checks.keeps(table)), form, period)
        for table, form in forms.items()
    }
    longest = min(settings.max_window_days, source.get("most", settings.max_window_days)) if period is DAY else 1
    first = 1 if "most" in source and not any(bookmark.last for bookmark in bookmarks.values()) else longest
    return DayGroup(name, families, bookmarks, watch, longest, first_window=first, is_closed=watch.is_closed)


def _department_ids(client: Client) -> list[str]:
    source = get_source(tables.load("departments"))
    return [str(item["id"]) for page in source.read(client) for item in page]


def _list_group(
    run: ServerContext, name: str, streams: t.Sequence[IikoStream], calendar: Calendar, checks: Checks
) -> DayGroup:
    """Documents, watched by their content."""
    bookmarks = _bookmarks(run, streams)
    choice = _choice(run, bookmarks, calendar, reread_days=0)
    families: dict[str, list[IikoStream]] = {}
    for stream in streams:
        if not stream.table.is_asked_by_row:
            families.setdefault(stream.table.family, []).append(stream)
    details = [_details(run, stream, bookmarks[stream.name]) for stream in streams if stream.table.is_asked_by_row]
    for_details = KEEPS if details else ()
    sources = {family: get_source(tables.load(family)) for family in families}
    days = [source.days for source in sources.values() if source.days]
    longest = min(each.longest for each in days)
    is_known = any(bookmark.last for bookmark in bookmarks.values())
    ahead = 0 if run.settings.end_date or run.options.is_sample else max(each.ahead for each in days)
    return DayGroup(
        name,
        {
            family: _list_family(run, some, sources[family], (*for_details, *checks.keeps(family)))
            for family, some in families.items()
        },
        bookmarks,
        ContentWatch(choice, calendar, {stream.name: stream.table.family for stream in streams}),
        longest_window=longest,
        first_window=longest if is_known else FIRST_WINDOW,
        to_come=days_between(choice.last, choice.last + ONE_DAY * ahead) if ahead else (),
        details={each.name: each for each in details},
    )


def _details(run: ServerContext, stream: IikoStream, bookmark: Bookmark) -> Details:
    """A table that is asked for row by row; its fingerprint is that of its parent, so the columns go in beside it."""
    bookmark.ask_for((*stream.selected_columns, f"personal data: {run.options.personal.mode}"))
    reader = run.reader_of(stream.table, hashed=False)
    return Details(reader, get_source(stream.table), run.client, 1 if run.options.is_sample else None)


def _list_family(
    run: ServerContext, streams: t.Sequence[IikoStream], source: Get, keeps: t.Sequence[str]
) -> ListFamily:
    parent = tables.load(streams[0].table.family)
    readers = [
        run.reader_of(stream.table, hashed=True, keeps=() if stream.table.parent else keeps) for stream in streams
    ]
    if source.per:
        return EachFamily(readers, parent, source, source.per, run.ids_for)
    return ListFamily(readers, parent, source)


def _balance_group(
    run: ServerContext, name: str, streams: t.Sequence[IikoStream], calendar: Calendar, checks: Checks
) -> DayGroup:
    """A balance, of which some closings are read."""
    bookmarks = _bookmarks(run, streams, sparse=True)
    families: dict[str, Family] = {
        stream.name: BalanceFamily(
            [run.reader_of(stream.table, hashed=True, keeps=checks.keeps(stream.name))],
            get_source(stream.table),
            calendar.wall_clock,
        )
        for stream in streams
    }
    choice = _choice(run, bookmarks, calendar, reread_days=0)
    is_totalled = any(stream.table.group == LEDGER for stream in run.streams.values())
    ledger = run.asked.probe(KINDS[LEDGER].control) if is_totalled else None
    watch = ClosingWatch(
        choice,
        calendar,
        {stream.name: stream.name for stream in streams},
        ledger=ledger,
        compared={stream.name: run.settings.reread_days for stream in streams if checks.needs(stream.name)},
    )
    return DayGroup(name, families, bookmarks, watch, longest_window=1, first_window=1)


GROUPS: t.Final = {"totals": _report_group, "own": _report_group, "content": _list_group, "closing": _balance_group}
"""By the watch of the tables."""
