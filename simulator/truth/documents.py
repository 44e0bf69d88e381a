"""The rows of documents and their lines, from the documents themselves in exact decimals."""

from __future__ import annotations

import typing as t
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal

from simulator.world.units import MONEY, NANO, exact

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from simulator.readings import Readings
    from simulator.world.documents import Document, StockLine
    from simulator.world.invoices import IncomingInvoice, InvoiceLine, OutgoingInvoice, ShippedLine
    from simulator.world.ledger import Ledger
    from simulator.world.stock import Writeoff
    from simulator.world.store_work import InternalTransfer

Row = dict[str, t.Any]
NINTH: t.Final = Decimal("0.000000001")
Found = t.TypeVar("Found", bound="Document")


class DocumentBooks:
    """What the tables of documents must have; ``(day)`` is the day of a document, ``#`` the place of a line."""

    def __init__(self, ledger: Ledger, readings: Readings) -> None:
        """Over the living ledger: each call tells the present state."""
        self._ledger = ledger
        self._readings = readings
        self.tables: dict[str, Callable[[], list[Row]]] = {
            "writeoffs": lambda: [self._writeoff(each) for each in self._read(ledger.stock.writeoffs)],
            "writeoff_items": lambda: self._items(ledger.stock.writeoffs, _costed),
            "internal_transfers": lambda: [self._transfer(each) for each in self._read(ledger.stock.work.transfers)],
            "internal_transfer_items": lambda: self._items(ledger.stock.work.transfers, _costed),
            "incoming_invoices": self._incoming,
            "incoming_invoice_items": lambda: self._items(ledger.stock.invoices.incoming, self._bought),
            "outgoing_invoices": self._outgoing,
            "outgoing_invoice_items": self._outgoing_items,
        }

    def _read(self, documents: Iterable[Found]) -> list[Found]:
        """All that can be read."""
        told = self._readings.shows_deleted
        return [each for each in documents if told or each.status != "DELETED"]

    def _items(self, documents: Iterable[Found], row: Callable[[t.Any], Row]) -> list[Row]:
        """Lines, with their document's id and day, and which one of equal numbers they are."""
        return [
            {"../id": each.id, "(day)": self._day(each), "#": place, "#num": occurrence, **row(line)}
            for each in self._read(documents)
            for place, (line, occurrence) in enumerate(_counted(each.lines))
        ]

    def _head(self, each: Document) -> Row:
        return {
            "id": each.id,
            "(day)": self._day(each),
            "documentNumber": each.number,
            "status": each.status,
            "comment": each.comment,
        }

    def _writeoff(self, each: Writeoff) -> Row:
        return {
            **self._head(each),
            "dateIncoming": self._told(each, each.moment),
            "conceptionId": each.conception,
            "storeId": each.store,
            "accountId": each.account,
            "externalOutgoingInvoiceId": each.invoice,
            "externalProductionDocumentId": each.production,
        }

    def _transfer(self, each: InternalTransfer) -> Row:
        return {
            **self._head(each),
            "dateIncoming": self._told(each, each.moment),
            "conceptionId": each.conception,
            "storeFromId": each.source,
            "storeToId": each.target,
        }

    def _incoming(self) -> list[Row]:
        return [
            {
                **self._head(each),
                **self._dates(each),
                "incomingDocumentNumber": each.paper_number,
                "transportInvoiceNumber": each.transport_number,
                "useDefaultDocumentTime": False,
                "dueDate": each.due,
                "supplier": each.supplier,
                "defaultStore": each.store,
                "invoice": each.facture,
                "conception": each.conception,
                "conceptionCode": each.conception and self._codes(self._ledger.group.conceptions)[each.conception],
                "employeePassToAccount": each.receiver,
                "linkedOutgoingInvoiceId": each.outgoing,
                "distributionAlgorithm": each.distribution,
            }
            for each in self._read(self._ledger.stock.invoices.incoming)
        ]

    def _day(self, each: Document) -> str:
        """Of one that tells no date, and is still to come, nobody can know more than that: it counts for today."""
        return min(each.day, self._ledger.last_day.isoformat()) if self._is_undated(each) else each.day

    def _is_undated(self, each: Document) -> bool:
        return self._readings.undated_documents and each.may_be_undated

    def _told(self, each: Document, moment: str) -> str | None:
        return None if self._is_undated(each) else moment

    def _dates(self, each: IncomingInvoice) -> Row:
        """Two dates, one, or none; one of them may be without its time."""
        if self._is_undated(each):
            return {"dateIncoming": None, "incomingDate": None}
        told = each.moment if self._readings.incoming_dates == "moment" else each.day
        return {"dateIncoming": told if each.told_moment else None, "incomingDate": each.paper_date}

    def _bought(self, line: InvoiceLine) -> Row:
        product = line.product
        amount = exact(line.amount, NANO)
        return {
            "num": line.num,
            "product": product.id if product else None,
            "productArticle": product.num if product else None,
            "code": product.num if product else "",
            "supplierProduct": line.supplier_product,
            "supplierProductArticle": line.supplier_article,
            "producer": line.producer,
            "amount": amount,
            "actualAmount": amount,
            "amountUnit": product.unit.id if product else None,
            "containerId": line.container,
            "store": line.store,
            "customsDeclarationNumber": line.customs,
            "isAdditionalExpense": line.expense,
            **self._money(line),
        }

    def _outgoing(self) -> list[Row]:
        accounts = self._codes(self._ledger.accounts)
        firms = {row["id"]: row["code"] for row in self._ledger.staff.suppliers}
        conceptions = self._codes(self._ledger.group.conceptions)
        return [
            {
                **self._head(each),
                "dateIncoming": self._told(each, each.day if self._readings.outgoing_dates == "date" else each.moment),
                "useDefaultDocumentTime": False,
                "accountToId": each.account,
                "accountToCode": accounts[each.account],
                "revenueAccountId": each.revenue,
                "revenueAccountCode": accounts[each.revenue],
                "defaultStoreId": each.store,
                "defaultStoreCode": self._store_code(each),
                "counteragentId": each.counteragent,
                "counteragentCode": each.counteragent and firms[each.counteragent],
                "conceptionId": each.conception,
                "conceptionCode": each.conception and conceptions[each.conception],
                "linkedIncomingInvoiceId": each.incoming,
            }
            for each in self._read(self._ledger.stock.invoices.outgoing)
        ]

    def _outgoing_items(self) -> list[Row]:
        """They have no number: their place is all that they are known by."""
        return [
            {
                "../id": each.id,
                "(day)": self._day(each),
                "#": place,
                "productId": line.product.id,
                "productArticle": line.product.num,
                "storeId": each.store,
                "storeCode": self._store_code(each),
                "containerId": line.container,
                "containerCode": "1" if line.container else None,
                "amount": exact(line.amount, NANO),
                **self._money(line),
            }
            for each in self._read(self._ledger.stock.invoices.outgoing)
            for place, line in enumerate(each.lines)
        ]

    def _money(self, line: InvoiceLine | ShippedLine) -> Row:
        price, whole, vat = exact(line.price, NANO), exact(line.sum, MONEY), exact(line.vat, MONEY)
        without = price * 100 / (100 + line.vat_percent)
        return {
            "price": price,
            "priceWithoutVat": without.quantize(NINTH, ROUND_HALF_UP),
            "sum": whole if self._readings.invoice_sums == "with_vat" else whole - vat,
            "discountSum": exact(line.discount, MONEY),
            "vatPercent": Decimal(line.vat_percent),
            "vatSum": vat,
        }

    @staticmethod
    def _store_code(each: OutgoingInvoice) -> str:
        """Only the first store of a department has one."""
        return f"{each.department.code}01" if each.store == each.department.stores[0].id else ""

    @staticmethod
    def _codes(coded: Iterable[t.Any]) -> dict[str, str | None]:
        return {each.id: each.code for each in coded}


def _counted(lines: Iterable[t.Any]) -> Iterator[tuple[t.Any, int]]:
    seen: Counter[int] = Counter()
    for line in lines:
        yield line, seen[line.num]
        seen[line.num] += 1


def _costed(line: StockLine) -> Row:
    return {
        "num": line.num,
        "productId": line.product.id,
        "productSizeId": line.size and line.size.id,
        "amountFactor": exact(line.size.factor, MONEY) if line.size else Decimal(1),
        "amount": exact(line.amount, NANO),
        "measureUnitId": line.product.unit.id,
        "containerId": line.container,
        "cost": None if line.cost is None else exact(line.cost, NANO),
    }
