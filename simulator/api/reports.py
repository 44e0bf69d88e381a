"""OLAP reports (API reference 4)."""

from __future__ import annotations

import typing as t

from simulator.api.method import JSON, Answer, method
from simulator.olap.fields import directory
from simulator.olap.request import Refusal

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
        raise Refusal(404, f"HTTP 404 Not Found: {report}")
    return served.json({name: each.as_json() for name, each in fields.items()}, len(fields))


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
