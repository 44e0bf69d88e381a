"""``tap-iiko --analyze``: the OLAP fields that a server offers, the columns that tables make of them, own reports."""

from __future__ import annotations

import typing as t
from collections import defaultdict

from tap_iiko import tables
from tap_iiko.commands.asking import ask
from tap_iiko.iiko.errors import Unavailable
from tap_iiko.iiko.olap import Directory
from tap_iiko.iiko.olap_fields import known_fields
from tap_iiko.iiko.presets import read_presets
from tap_iiko.settings.report_columns import ADDS
from tap_iiko.settings.report_tables import table_of

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_iiko.commands.asking import Asking
    from tap_iiko.iiko.client import Client
    from tap_iiko.iiko.presets import Preset
    from tap_iiko.settings.reports import OwnReport
    from tap_iiko.settings.server import ServerSettings

REPORT_TYPE = "SALES"


def uses() -> dict[str, list[str]]:
    """Iiko's field -> ``table.column``, over all tables that are such reports."""
    result: defaultdict[str, list[str]] = defaultdict(list)
    reports = [table for table in tables.catalogue().values() if table.source.get("olap") == REPORT_TYPE]
    for table in reports:
        for column in table.columns:
            for field in column.fields:
                result[field].append(f"{table.name}.{column.name}")
    return result


def run(tap: Asking, *_: t.Any) -> int:
    """Print what each server offers.

    Returns:
        The exit code.
    """
    return ask(tap, analyze)


def analyze(tap: Asking, settings: ServerSettings, client: Client) -> Iterator[str]:
    """Lines for people."""
    info = client.server_info()
    directory = Directory.read(client, REPORT_TYPE, ())
    used = uses()
    yield (
        f"# {settings.server_id}: iiko {info.get('version')} ({info.get('edition')}), "
        f"{len(directory)} {REPORT_TYPE} fields, {len(set(used) & set(directory))} of them loaded"
    )
    yield f"{'field':<42} {'type':<10} {'caption':<40} columns"
    for name in sorted(directory, key=str.lower):
        field = directory[name]
        yield f"{name:<42} {field.type:<10} {field.caption[:40]:<40} {', '.join(used.get(name, ['-']))}"
    lacking = sorted(set(used) - set(directory))
    if lacking:
        yield "# not offered by this server, loaded as null:"
        for name in lacking:
            yield f"{name:<42} {'':<10} {'':<40} {', '.join(used[name])}"
    own = [report for report in tap.reports if not report.servers or settings.server_id in report.servers]
    if own:
        yield from _own_reports(own, client, {REPORT_TYPE: directory})


def _own_reports(own: t.Sequence[OwnReport], client: Client, directories: dict[str, Directory]) -> Iterator[str]:
    try:
        presets = read_presets(client)
    except Unavailable as error:
        presets = []
        yield f"# Whether a report is saved in iikoOffice cannot be told. {error}"
    for report in own:
        if report.report not in directories:
            directories[report.report] = Directory.read(client, report.report, ())
        yield from _own_report(report, directories[report.report], presets)


def _own_report(report: OwnReport, directory: Directory, presets: t.Sequence[Preset]) -> Iterator[str]:
    """Field by field what this server and this version know of it."""
    table, known = table_of(report), known_fields(report.report)
    yield f"# report {report.name}: {report.report} by {report.by}, table {table.name}"
    for column in table.columns:
        if column.role is None:
            continue
        (name,) = column.fields
        here = directory.get(name)
        flags = f"{'A' if here.can_aggregate else '-'}{'G' if here.can_group else '-'}" if here else "not offered"
        field = known.get(name)
        adds = "" if column.role == "group" else ADDS.get(field.adds, "") if field else "Unknown to this version."
        line = f"{name:<42} {here.type if here else '':<10} {flags:<11} {column.name:<40} {adds}"
        yield line.rstrip()
    if any(column.role and column.fields[0] not in directory for column in table.columns):
        yield "# This server does not offer all of it: the report fails there, the other tables load."
    same = [repr(preset.name) for preset in presets if _is_same(report, preset)]
    if same:
        yield f"# The same fields are saved in iikoOffice as {', '.join(same)}."


def _is_same(report: OwnReport, preset: Preset) -> bool:
    return (
        preset.report == report.report
        and {*preset.groups} - {report.day} == {*report.groups}
        and {*preset.aggregates} == {*report.aggregates}
    )
