"""Invoices as XML: what was bought, what was sold to firms (API reference 3.8.1, 3.8.2)."""

from __future__ import annotations

import typing as t

from simulator.api import documents, xml_lists
from simulator.api.corporation import xml
from simulator.api.method import method
from simulator.world.units import MONEY, NANO, exact, share_of

if t.TYPE_CHECKING:
    from simulator.api.method import Answer, Call, Row, Served
    from simulator.readings import Readings
    from simulator.world.invoices import IncomingInvoice, InvoiceLine, OutgoingInvoice, ShippedLine
    from simulator.world.ledger import Ledger

OFFSET: t.Final = "+03:00"


@method("documents/export/incomingInvoice", since=(5, 4), right=documents.RIGHT)
def incoming(served: Served, call: Call) -> Answer:
    """Purchases with their lines, of some suppliers only if they are named."""
    days = documents.days_of(call, "from", "to")
    wanted = {each.lower() for each in call.params.get("supplierId", [])}
    found = documents.listed(served, call, served.ledger.stock.invoices.incoming, days)
    rows = [_incoming(each, served.ledger, served.readings) for each in found if not wanted or each.supplier in wanted]
    return _documents("incomingInvoiceDtoes", rows, served.readings)


@method("documents/export/outgoingInvoice", since=(5, 4), right=documents.RIGHT)
def outgoing(served: Served, call: Call) -> Answer:
    """Sales to firms with their lines."""
    days = documents.days_of(call, "from", "to", exclusive=served.readings.outgoing_end == "exclusive")
    found = documents.listed(served, call, served.ledger.stock.invoices.outgoing, days)
    return _documents(
        "outgoingInvoiceDtoes", [_outgoing(each, served.ledger, served.readings) for each in found], served.readings
    )


def _documents(root: str, rows: list[Row], readings: Readings) -> Answer:
    if readings.element_order == "reversed":
        rows = [_reversed(row) for row in rows]
    return xml(root, [xml_lists.tree("document", row) or "" for row in rows])


def _reversed(row: Row) -> Row:
    """Its elements in the other order; those of one name keep theirs."""
    found = dict(reversed(row.items()))
    items = found["items"].get("item", [])
    return found | {"items": {"item": [dict(reversed(item.items())) for item in items]} if items else {}}


def _incoming(invoice: IncomingInvoice, ledger: Ledger, readings: Readings) -> Row:
    """A row of elements; null is left out, an empty text is ``<x></x>``, an empty object ``<x/>``."""
    dated = not (readings.undated_documents and invoice.may_be_undated)
    due = invoice.due or ("null" if readings.no_due_date == "null" else None)
    codes = {each.id: each.code for each in ledger.group.conceptions}
    told = invoice.moment if readings.incoming_dates == "moment" else invoice.day
    return {
        "id": invoice.id,
        "transportInvoiceNumber": invoice.transport_number,
        "incomingDocumentNumber": invoice.paper_number,
        "incomingDate": invoice.paper_date if dated else None,
        "useDefaultDocumentTime": False,
        "dueDate": due,
        "supplier": invoice.supplier,
        "defaultStore": invoice.store,
        "invoice": invoice.facture or {},
        "dateIncoming": told if invoice.told_moment and dated else None,
        "documentNumber": invoice.number,
        "comment": invoice.comment,
        "conception": invoice.conception,
        "conceptionCode": invoice.conception and codes[invoice.conception],
        "status": invoice.status,
        "employeePassToAccount": invoice.receiver,
        "linkedOutgoingInvoiceId": invoice.outgoing,
        "distributionAlgorithm": invoice.distribution,
        "items": _items([_bought(line, readings) for line in invoice.lines]),
    }


def _items(rows: list[Row]) -> Row:
    return {"item": rows} if rows else {}


def _bought(line: InvoiceLine, readings: Readings) -> Row:
    product = line.product
    return {
        "isAdditionalExpense": line.expense,
        "actualAmount": _number(line.amount, NANO, 3, readings),
        "store": line.store,
        "code": product.num if product else "",
        "supplierProduct": line.supplier_product,
        "supplierProductArticle": line.supplier_article,
        "producer": line.producer,
        "price": _number(line.price, NANO, 9, readings),
        "priceWithoutVat": _number(_without_vat(line.price, line), NANO, 9, readings),
        **_sums(line, readings),
        "amountUnit": product and product.unit.id,
        "num": line.num,
        "customsDeclarationNumber": line.customs,
        "product": product and product.id,
        "productArticle": product and product.num,
        "containerId": line.container,
        "amount": _number(line.amount, NANO, 3, readings),
    }


def _outgoing(invoice: OutgoingInvoice, ledger: Ledger, readings: Readings) -> Row:
    accounts = {each.id: each.code for each in ledger.accounts}
    stores = {row["id"]: row["code"] for row in xml_lists.store_rows(ledger.group)}
    firms = {row["id"]: row["code"] for row in ledger.staff.suppliers}
    conceptions = {each.id: each.code for each in ledger.group.conceptions}
    is_undated = readings.undated_documents and invoice.may_be_undated
    forms = {"offset": invoice.moment + OFFSET, "naive": invoice.moment, "date": invoice.day}
    return {
        "id": invoice.id,
        "documentNumber": invoice.number,
        "dateIncoming": None if is_undated else forms[readings.outgoing_dates],
        "useDefaultDocumentTime": False,
        "status": invoice.status,
        "accountToId": invoice.account,
        "accountToCode": accounts[invoice.account],
        "revenueAccountId": invoice.revenue,
        "revenueAccountCode": accounts[invoice.revenue],
        "defaultStoreId": invoice.store,
        "defaultStoreCode": stores[invoice.store],
        "counteragentId": invoice.counteragent,
        "counteragentCode": invoice.counteragent and firms[invoice.counteragent],
        "conceptionId": invoice.conception,
        "conceptionCode": invoice.conception and conceptions[invoice.conception],
        "comment": invoice.comment or {},
        "linkedIncomingInvoiceId": invoice.incoming,
        "items": _items([_sold(line, invoice.store, stores[invoice.store], readings) for line in invoice.lines]),
    }


def _sold(line: ShippedLine, store: str, code: str, readings: Readings) -> Row:
    return {
        "productId": line.product.id,
        "productArticle": line.product.num,
        "storeId": store,
        "storeCode": code,
        "containerId": line.container,
        "containerCode": "1" if line.container else None,
        "price": _number(line.price, NANO, 9, readings),
        "priceWithoutVat": _number(_without_vat(line.price, line), NANO, 9, readings),
        "amount": _number(line.amount, NANO, 3, readings),
        **_sums(line, readings),
    }


def _sums(line: InvoiceLine | ShippedLine, readings: Readings) -> Row:
    """``vatPercent`` has no fraction where the others have few digits (2.1)."""
    told = line.sum if readings.invoice_sums == "with_vat" else line.sum - line.vat
    return {
        "sum": _number(told, MONEY, 2, readings),
        "discountSum": _number(line.discount, MONEY, 2, readings),
        "vatPercent": _number(line.vat_percent, 1, 0, readings),
        "vatSum": _number(line.vat, MONEY, 2, readings),
    }


def _without_vat(price: int, line: InvoiceLine | ShippedLine) -> int:
    return share_of(price, 100, 100 + line.vat_percent)


def _number(units: int, scale: int, digits: int, readings: Readings) -> str:
    return f"{exact(units, scale):.{9 if readings.invoice_decimals == 'nine' else digits}f}"
