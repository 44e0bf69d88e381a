"""Documents (API reference 3.8)."""

from __future__ import annotations

import datetime
import re
import typing as t

from simulator.api.json_lists import amount
from simulator.api.method import method
from simulator.olap.request import Refusal
from simulator.world.stock import STATUSES
from simulator.world.units import NANO

if t.TYPE_CHECKING:
    from simulator.api.method import Answer, Call, Row, Served
    from simulator.readings import Readings
    from simulator.world.stock import Writeoff

DOTTED: t.Final = re.compile(r"\d\d\.\d\d\.\d{4}")
DOCUMENTS: t.Final = "B_DOC"
"""A guess: the code of this right is not known (1.4)."""
MOMENTS: t.Final = {"minutes": "", "seconds": ":00", "millis": ":00.000"}


def days_of(call: Call, first: str, last: str) -> tuple[datetime.date, datetime.date]:
    """The asked days; both are needed, and only in one form (1.5, 2.1)."""
    return _day_of(call, first), _day_of(call, last)


def _day_of(call: Call, name: str) -> datetime.date:
    """The parser is lenient: the 31st of September is the first of October (3.8.3)."""
    given = call.param(name)
    if not given:
        raise Refusal(400, f"Argument for @NotNull parameter '{name}' must not be null")
    if DOTTED.fullmatch(given):
        raise Refusal(409, f"Неверный формат даты: {given}")
    try:
        year, month, day = map(int, given[:10].split("-"))
        return datetime.date(year, month, 1) + datetime.timedelta(days=day - 1)
    except ValueError:
        raise Refusal(400, f"Wrong date format: {given}") from None


@method("v2/documents/writeoff", since=(7, 9, 3), right=DOCUMENTS)
def writeoffs(served: Served, call: Call) -> Answer:
    """Write-offs with their lines, by the date of the document; all statuses unless one is named."""
    first, last = days_of(call, "dateFrom", "dateTo")
    if served.readings.document_end == "exclusive":
        last -= datetime.timedelta(days=1)
    status = call.param("status")
    if status and status not in STATUSES:
        raise Refusal(400, f"java.lang.IllegalArgumentException: No enum constant DocumentStatus.{status}")
    rows = [
        _writeoff(each, served.readings)
        for each in served.ledger.stock.writeoffs
        if first.isoformat() <= each.day <= last.isoformat()
        and (each.status == status if status else each.status != "DELETED" or served.readings.shows_deleted)
    ]
    return served.wrapped(served.since(call, rows))


def _writeoff(document: Writeoff, readings: Readings) -> Row:
    """Nulls of the document are left out, those of lines are written (3.8.3)."""
    row = {
        "id": document.id,
        "dateIncoming": document.moment + MOMENTS[readings.document_moments],
        "documentNumber": document.number,
        "status": document.status,
        "conceptionId": document.conception,
        "comment": document.comment,
        "storeId": document.store,
        "accountId": document.account,
        "externalOutgoingInvoiceId": document.invoice,
        "externalProductionDocumentId": document.production,
    }
    lines = [
        {
            "num": line.num,
            "productId": line.product.id,
            "productSizeId": line.size and line.size.id,
            "amountFactor": amount(line.size.factor, 100) if line.size else 1,
            "amount": amount(line.amount, NANO),
            "measureUnitId": line.product.unit.id,
            "containerId": line.container,
            "cost": None if line.cost is None else amount(line.cost, NANO),
        }
        for line in document.lines
    ]
    return {**{name: value for name, value in row.items() if value is not None}, "items": lines}
