"""OLAP reports (API reference 4)."""

from __future__ import annotations

import typing as t

from simulator.api.method import JSON, Answer, method
from simulator.olap.fields import REPORTS, directory
from simulator.olap.request import Refusal
from simulator.world.presets import preset_rows

if t.TYPE_CHECKING:
    from simulator.api.method import Call, Served

OLAP: t.Final = "v2/reports/olap"
OVERLOAD: t.Final = "java.lang.OutOfMemoryError: GC overhead limit exceeded"


@method("v2/reports/olap/columns")
def columns(served: Served, call: Call) -> Answer:
    """The field directory of a report type."""
    report = call.param("reportType")
    fields = directory(report, served.options.fields)
    if fields is None:
        if served.readings.unknown_report == "refused":
            raise Refusal(400, f"java.lang.IllegalArgumentException: No enum constant OlapReportType.{report}")
        raise Refusal(404, f"HTTP 404 Not Found: {report}")
    return served.json({name: each.as_json() for name, each in fields.items()}, len(fields))


@method(f"{OLAP}/presets", since=(4, 2))
def presets(served: Served, _: Call) -> Answer:
    """The reports that are saved in iikoOffice."""
    rows = preset_rows(served.ledger.ids)
    return served.json(rows, len(rows))


@method(f"{OLAP}/presets/*", since=(4, 2))
def presets_of(served: Served, call: Call) -> Answer:
    """Those of one report type, whose name is in small letters."""
    report = call.path.rstrip("/").rpartition("/")[2]
    if report.upper() not in REPORTS or report != report.lower():
        raise Refusal(404, f"HTTP 404 Not Found: {report}")
    rows = [row for row in preset_rows(served.ledger.ids) if row["reportType"] == report.upper()]
    return served.json(rows, len(rows))


@method(OLAP, verbs=("POST",))
def report(served: Served, call: Call) -> Answer:
    """A report."""
    if not (call.headers.get("Content-Type") or "").startswith("application/json"):
        raise Refusal(415, "HTTP 415 Unsupported Media Type")
    request = served.olap.read(call.body, served.ledger.last_day)
    days = served.faults.limit("max_days", "days")
    if days is not None and request.days > days:
        raise Refusal(500, OVERLOAD)
    body, rows = served.olap.answer(call.body, request)
    most = served.faults.limit("max_rows", "rows")
    if most is not None and rows > most:
        raise Refusal(500, OVERLOAD)
    options = served.options
    seconds = rows / options.rows_per_second if options.rows_per_second else 0.0
    return Answer(200, JSON, body, rows=rows, not_before=call.started + options.first_byte_seconds, seconds=seconds)
