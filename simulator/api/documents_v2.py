"""Documents as JSON: write-offs and transfers (API reference 3.8.3)."""

from __future__ import annotations

import typing as t

from simulator.api import documents
from simulator.api.json_lists import amount
from simulator.api.method import method
from simulator.olap.request import Refusal
from simulator.world.documents import STATUSES
from simulator.world.units import NANO

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from simulator.api.method import Answer, Call, Row, Served
    from simulator.readings import Readings
    from simulator.world.documents import CostedDocument
    from simulator.world.stock import Writeoff
    from simulator.world.store_work import InternalTransfer

MOMENTS: t.Final = {"minutes": "", "seconds": ":00", "millis": ":00.000"}
TO_THE_MINUTE: t.Final = len("2026-05-04T10:15")
Found = t.TypeVar("Found", bound="CostedDocument")


@method("v2/documents/writeoff", since=(7, 9, 3), right=documents.RIGHT)
def writeoffs(served: Served, call: Call) -> Answer:
    """Write-offs with their lines."""
    return _answer(served, call, served.ledger.stock.writeoffs, _writeoff)


@method("v2/documents/internalTransfer", since=(7, 9, 3), right=documents.RIGHT)
def transfers(served: Served, call: Call) -> Answer:
    """Transfers with their lines."""
    return _answer(served, call, served.ledger.stock.work.transfers, _transfer)


def _answer(served: Served, call: Call, every: Iterable[Found], ends: Callable[[Found], Row]) -> Answer:
    """Nulls of the document are left out, those of lines are written."""
    days = documents.days_of(call, "dateFrom", "dateTo", exclusive=served.readings.document_end == "exclusive")
    status = call.param("status")
    if status and status not in STATUSES:
        raise Refusal(400, f"java.lang.IllegalArgumentException: No enum constant DocumentStatus.{status}")
    rows = []
    for each in documents.listed(served, call, every, days, status):
        head = {
            "id": each.id,
            "dateIncoming": _moment(each, served.readings),
            "documentNumber": each.number,
            "status": each.status,
            "comment": each.comment,
            **ends(each),
        }
        rows.append({**{name: value for name, value in head.items() if value is not None}, "items": _lines(each)})
    return served.wrapped(rows)


def _moment(document: CostedDocument, readings: Readings) -> str | None:
    if readings.undated_documents and document.may_be_undated:
        return None
    whole = len(document.moment) > TO_THE_MINUTE
    return document.moment if whole else document.moment + MOMENTS[readings.document_moments]


def _writeoff(document: Writeoff) -> Row:
    return {
        "conceptionId": document.conception,
        "storeId": document.store,
        "accountId": document.account,
        "externalOutgoingInvoiceId": document.invoice,
        "externalProductionDocumentId": document.production,
    }


def _transfer(document: InternalTransfer) -> Row:
    return {
        "conceptionId": document.conception,
        "storeFromId": document.source,
        "storeToId": document.target,
    }


def _lines(document: CostedDocument) -> list[Row]:
    return [
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
