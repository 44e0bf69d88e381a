"""Documents (API reference 3.8)."""

from __future__ import annotations

import datetime
import re
import typing as t

from simulator.api.method import method
from simulator.olap.request import Refusal

if t.TYPE_CHECKING:
    from simulator.api.method import Answer, Call, Row, Served

DOTTED: t.Final = re.compile(r"\d\d\.\d\d\.\d{4}")


def days_of(call: Call, first: str, last: str) -> tuple[datetime.date, datetime.date]:
    """The asked days; both are needed, and only in one form (1.5, 2.1)."""
    found = []
    for name in (first, last):
        given = call.param(name)
        if not given:
            raise Refusal(400, f"Argument for @NotNull parameter '{name}' must not be null")
        if DOTTED.fullmatch(given):
            raise Refusal(409, f"Неверный формат даты: {given}")
        try:
            found.append(datetime.date.fromisoformat(given[:10]))
        except ValueError:
            raise Refusal(400, f"Wrong date format: {given}") from None
    return found[0], found[1]


@method("v2/documents/writeoff", since=(7, 9, 3))
def writeoffs(served: Served, call: Call) -> Answer:
    """Write-offs with their lines, by the date of the document; all statuses unless one is named."""
    first, last = days_of(call, "dateFrom", "dateTo")
    if served.readings.document_end == "exclusive":
        last -= datetime.timedelta(days=1)
    rows: list[Row] = [
        document.as_json(served.readings)
        for document in served.ledger.stock.writeoffs
        if first.isoformat() <= document.day <= last.isoformat() and _is_told(served, call, document.status)
    ]
    return served.wrapped(served.since(call, rows))


def _is_told(served: Served, call: Call, status: str) -> bool:
    if wanted := call.param("status"):
        return status == wanted
    return status != "DELETED" or served.readings.deleted_documents == "told"
