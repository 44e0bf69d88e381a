"""What can be read: each selected table is asked once, and reports are timed."""

from __future__ import annotations

import time
import typing as t
from contextlib import closing
from functools import partial

from tap_iiko import tables
from tap_iiko.commands.doctor.checks import Finding, bad, doubtful, good, of_error, unchecked
from tap_iiko.commands.doctor.server import Sample
from tap_iiko.days.calendar import ONE_DAY
from tap_iiko.iiko import errors, olap
from tap_iiko.streams.registry import get_source, list_sources, report_form, rows_by_id

if t.TYPE_CHECKING:
    from tap_iiko.commands.doctor.server import Server
    from tap_iiko.iiko.sources import Item
    from tap_iiko.streams.forms import ReportForm
    from tap_iiko.streams.registry import ListSource
    from tap_iiko.tables import Table

QUICK_SECONDS = 5.0  # then a whole window is asked for too: it tells more than a day
LOADED_A_SECOND = 8_900  # rows into PostgreSQL, by bench/README.md: a quicker iiko waits for that
LEAST_HOURS = 0.1
SHOWN = 8

Refused = t.Mapping[str, errors.IikoError | None]
"""Tables that iiko did not give, beside those that it gave; none: there is nothing that one could ask about."""


def columns(server: Server) -> t.Iterator[Finding]:
    """Which columns can this version fill?"""
    reports: dict[str, list[Table]] = {}
    for table in _tables(server):
        if "olap" in table.source:
            reports.setdefault(table.source["olap"], []).append(table)
    is_complete = True
    refused: dict[tuple[str, str], list[str]] = {}
    for kind, group in reports.items():
        try:
            directory = olap.Directory.read(server.client, kind, ())
        except errors.PathMissing as error:
            yield doubtful(error.what, "Nothing to do: all fields are asked for.")
            is_complete, directory = False, None
        except errors.RightMissing as error:
            refusal = _refusal(server, group[0], error)
            refused.setdefault((refusal.words, refusal.remedy), []).extend(table.name for table in group)
            continue
        for finding in (_fitted(server, table, directory) for table in group):
            if finding:
                is_complete = False
                yield finding
    for (words, remedy), names in refused.items():  # one for each right, whatever needs it
        yield bad(f"{_listed(names)}: {words}", remedy)
    if is_complete and not refused:
        yield good(f"iiko has all fields of the {len(server.forms)} selected reports")


def _fitted(server: Server, table: Table, directory: olap.Directory | None) -> Finding | None:
    """Cut a report to what iiko offers; what it lacks is told."""
    stream = server.streams[table.name]
    form = report_form(table, stream.odd_values, server.settings.server_id, stream.selected_columns)
    try:
        lacking = [] if directory is None else form.fit(directory)
    except errors.BadAnswer as error:
        otherwise = "correct it in the setting reports" if "by" in table.source else "leave it out of the selection"
        return bad(f"{table.name}: {error.what}", f"Update iiko, or {otherwise}.")
    if department := table.source.get("department"):
        form.report = form.report.of_only(department, server.settings.departments)
    server.forms[table.name] = form
    names = [table.column_of(field) or field for field in lacking]
    if not names:
        return None
    return doubtful(
        f"{table.name}: this version of iiko cannot fill {_listed(names)}",
        "Nothing to do: they are loaded as null. An update of iiko brings them.",
    )


def rights(server: Server) -> t.Iterator[Finding]:
    """Does iiko give what is selected, to this user?"""
    readable, failures = 0, dict[Finding, list[str]]()
    for names, read in _questions(server):
        try:
            refused = read()
        except (errors.Unavailable, errors.PartFailed) as error:
            refused = dict.fromkeys(names, error)
        readable += len(names) - len(refused)
        for name, refusal in refused.items():
            failures.setdefault(_refusal(server, server.streams[name].table, refusal), []).append(name)
    for finding, names in failures.items():
        yield Finding(finding.status, f"{_listed(names)}: {finding.words}", finding.remedy)
    elsewhere = [table.name for table in _tables(server) if not _is_here(server, table)]
    if all(finding.status == "unchecked" for finding in failures):
        other = f"; another kind of server has {_listed(elsewhere)}" if elsewhere else ""
        yield good(f"all {readable} tables can be read{other}")


def _refusal(server: Server, table: Table, error: errors.IikoError | None) -> Finding:
    if error is None:
        return unchecked(f"not asked: {table.parent} has no row of {server.last_closed_day} to ask about")
    if isinstance(error, errors.RightMissing):
        login = server.settings.account.login
        return bad(f"iiko does not give that to {login} ({error.said})", _missing_right(login, table, error))
    if isinstance(error, errors.PathMissing) or (table.source.get("types") and isinstance(error, errors.Rejected)):
        since = f" (it came with {table.since})" if table.since else ""
        return doubtful(
            f"{error.what.rstrip('.')}{since}",
            "Nothing to do: a run skips this. An update of iiko brings it, or leave it out of the selection.",
        )
    return of_error(error)


def _missing_right(login: str, table: Table, error: errors.RightMissing) -> str:
    otherwise = "or leave this out of the selection"
    if error.is_of_licence:
        return f"Have the module added to the licence, {otherwise}."
    code = error.right(table.right)
    right = f"the right {code}" if code else "the right to see this"
    return f"Give {login} {right} in iikoOffice, {otherwise}."


# The questions, as a run asks them


def _questions(server: Server) -> t.Iterator[tuple[list[str], t.Callable[[], Refused]]]:
    """Each with the tables that its answer fills."""
    here = [table for table in _tables(server) if _is_here(server, table)]
    whole = [table for table in here if table.partition == "whole"]
    for source, group in list_sources(whole, server.settings, lambda: server.kind):
        yield [table.name for table in group], partial(_read_list, server, source, group)
    for table in here:
        if table.partition == "day" and "get" in table.source and not table.is_asked_by_row:
            family = [each for each in here if each.family == table.name]
            by_row = [each for each in family if each.is_asked_by_row]
            yield [each.name for each in family], partial(_read_documents, server, table, by_row)
    for name, form in server.forms.items():
        yield [name], partial(_read_report, server, form)


def _tables(server: Server) -> list[Table]:
    return [stream.table for stream in server.streams.values() if stream.table.source]


def _is_here(server: Server, table: Table) -> bool:
    """Whether this kind of server has it."""
    return not table.edition or table.edition == server.kind


def _read_list(server: Server, source: ListSource, group: t.Sequence[Table]) -> Refused:
    for _ in source.read(server.client):
        pass
    types = {table.name: table.source.get("types", ()) for table in group}
    return {
        name: source.refused[kinds[0]]
        for name, kinds in types.items()
        if kinds and all(kind in source.refused for kind in kinds)
    }


def _read_documents(server: Server, table: Table, by_row: t.Sequence[Table]) -> Refused:
    source, day = get_source(table), server.last_closed_day
    asked = None
    if source.per:  # one of them tells enough
        rows = rows_by_id(tables.load(source.per.table), server.client, server.settings.server_id)
        asked = next(iter(source.per.ids(rows)), None)
    first = None
    with closing(source.fetch(server.client, (day, day), asked=asked).result()) as answer:
        for page in source.pages(answer.body):
            first = first or page[0]
    if first is None:
        return dict.fromkeys(part.name for part in by_row)
    found = {part.name: _refusal_of_row(server, part, first) for part in by_row}
    return {name: error for name, error in found.items() if error}


def _refusal_of_row(server: Server, table: Table, item: Item) -> errors.IikoError | None:
    """One row of the parent tells enough; what fails here says nothing of the parent."""
    source = get_source(table).of_row(item["id"])
    try:
        with closing(source.fetch(server.client).result()) as answer:
            for _ in source.pages(answer.body):
                pass
    except (errors.Unavailable, errors.PartFailed) as error:
        return error
    return None


def _read_report(server: Server, form: ReportForm) -> Refused:
    while True:
        try:
            server.samples[form.table.name] = _timed(server, form, 1)
        except errors.Rejected as error:
            field = olap.unknown_field(error)
            if field not in form.report.fields or field in form.key_fields:
                raise
            form.report = form.report.without(field)  # as a run does: its directory names what its reports do not know
        else:
            return {}


# How fast


def _timed(server: Server, form: ReportForm, days: int) -> Sample:
    """The last closed days."""
    last, started = server.last_closed_day, time.monotonic()
    with closing(form.report.fetch(server.client, last - ONE_DAY * (days - 1), last).result()) as answer:
        pages = form.report.pages(answer.body, form.table.name, olap.Decoders())
        rows = sum(len(next(iter(page.values()))) for page in pages)
        return Sample(days, time.monotonic() - started, rows, answer.bytes)


def speed(server: Server) -> t.Iterator[Finding]:
    """How fast is a report, and how long does the first load take?"""
    if not server.samples:
        yield unchecked("no report could be read")
        return
    window = server.settings.max_window_days
    if window > 1 and server.measured.seconds < QUICK_SECONDS:
        try:
            server.samples |= {name: _timed(server, server.forms[name], window) for name in server.samples}
        except errors.Unanswered as error:
            yield doubtful(
                f"{window} days at once are too much: {error.what}",
                "Nothing to do: a run asks for less. A smaller max_window_days saves it the attempts.",
            )
    total = server.measured
    if not total.rows:
        yield doubtful(
            f"no sales in the {total.days} days up to {server.last_closed_day}: nothing to measure",
            "Look whether iikoOffice shows this user sales of these days.",
        )
        return
    a_day = max(total.seconds, total.rows / LOADED_A_SECOND) / total.days
    hours = a_day * server.days_to_load / 3600
    told = f"about {hours:.1f}" if hours >= LEAST_HOURS else f"less than {LEAST_HOURS}"
    yield good(
        f"{total.rows:,} rows of {len(server.samples)} reports over {total.days} days in {total.seconds:.1f} s; the "
        f"first load of {server.days_to_load} days takes {told} hours"
    )


def _listed(names: t.Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(names[:SHOWN])}{more}"
