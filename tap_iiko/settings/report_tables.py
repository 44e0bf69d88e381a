"""The table of a report of a user's own, described as a schema file describes ours."""

from __future__ import annotations

import ast
import contextlib
import typing as t

from singer_sdk.exceptions import ConfigValidationError

from tap_iiko import tables
from tap_iiko.iiko.olap_fields import SAME_FIELDS, known_fields
from tap_iiko.settings import report_columns
from tap_iiko.settings.given import PREFIX, read
from tap_iiko.settings.reports import read_reports

if t.TYPE_CHECKING:
    from tap_iiko.settings.reports import OwnReport
    from tap_iiko.tables import Table

LAST = 90
"""The order among tables of a day: behind ours, which is what a first load is waited for."""
LEDGER = "TRANSACTIONS"
DEPARTMENT, ACCOUNT = "Department.Id", "Account.Id"
GRAIN = "UUIDv5 of the report's name, the day and the key."


def table_of(report: OwnReport) -> Table:
    """Made without a server, so that the catalog is the same whatever its version."""
    definition = {
        "description": _description(report),
        "x-row": [f"a row of your report {report.name}", f"строка вашего отчёта {report.name}"],
        "x-source": _source(report),
        "x-partition": "day",
        "x-watch": "own" if report.watch == "own" else "totals",
        "x-group": report.table,
        "x-order": LAST,
        "x-reference": "4.2",
        "x-id": list(report.key),
        "required": ["business_date"],
        "properties": _columns(report),
    }
    return tables.described(report.table, definition)


def tables_of(variables: t.Mapping[str, str]) -> list[Table]:
    """Of the reports that the environment names, for what is made without the tap's other settings.

    Raises:
        ConfigValidationError: one sentence for each thing that is wrong.
    """
    known = {"reports": {"type": "array"}, "personal_data": {"type": "string"}}
    texts: dict[str, t.Any] = {name: variables.get(f"{PREFIX}{name.upper()}") for name in known}
    given = read(texts, {"properties": known}, {})
    if given.problems:  # a list of meltano.yml stands in a variable as Python writes it, not as JSON
        with contextlib.suppress(ValueError, SyntaxError, MemoryError, RecursionError):
            given = read({**texts, "reports": ast.literal_eval(texts["reports"])}, {"properties": known}, {})
    found = read_reports(given.config)
    if problems := [*given.problems, *found.problems]:
        message = "Config validation failed"
        raise ConfigValidationError(message, errors=problems, schema={})
    return [table_of(report) for report in found.reports]


def _source(report: OwnReport) -> dict[str, t.Any]:
    """Where a value differs from what every report has, it stands there; else it is absent."""
    given = {
        "department": None if report.report == LEDGER else DEPARTMENT,  # the ledger knows departments by name only
        "cut": ACCOUNT if report.report == LEDGER else None,
        "filter": report.filters,
        "servers": report.servers,
        "lookback_days": report.lookback_days,
        "max_window_days": report.max_window_days,
    }
    source = {"olap": report.report, "day": report.day, "by": report.by}
    return source | {name: value for name, value in given.items() if value not in (None, {}, ())}


def _columns(report: OwnReport) -> dict[str, t.Any]:
    known = known_fields(report.report)
    joins = _joins(SAME_FIELDS.get(report.report, report.report))
    columns: dict[str, t.Any] = {
        "id": {**report_columns.ID, "description": GRAIN},
        "business_date": _day(report),
    }
    for fields, define in ((report.groups, report_columns.group), (report.aggregates, report_columns.aggregate)):
        for field in fields:
            definition = define(field, known.get(field))
            name = report.columns.get(field) or report_columns.column_of(field)
            columns[name] = definition | ({"x-joins": joins[field]} if field in joins else {})
    return columns


def _day(report: OwnReport) -> dict[str, t.Any]:
    definition = {"type": "string", "format": "date"}
    if report.by == "day":
        words = "iiko's accounting day, which may end after midnight."
        return {**definition, "x-iiko": report.day, "x-olap": "group", "description": words}
    return {**definition, "x-iiko": "(day)", "description": f"The first day of the {report.by}."}


def _joins(report: str) -> dict[str, list[str]]:
    """By field what the columns of our own tables join by it."""
    return {
        field: list(column.joins)
        for table in tables.catalogue().values()
        if table.source.get("olap") == report
        for column in table.columns
        if column.joins
        for field in column.fields
    }


def _description(report: OwnReport) -> str:
    filters = f", filtered by {', '.join(report.filters)}" if report.filters else ""
    grouped = ", ".join(report.groups) or "nothing else"
    return (
        f"Your own report {report.name}: {report.report} by {report.by} and {grouped}{filters}. "
        "Only what its columns say Adds up may be added."
    )
