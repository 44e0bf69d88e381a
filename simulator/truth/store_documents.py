"""The rows of ``store_documents``: each posted document in each direction, from the document itself."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from decimal import Decimal

from simulator.truth.clock import accounting_day
from simulator.world.units import MONEY, NANO, exact

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from simulator.readings import Readings
    from simulator.world.documents import Document
    from simulator.world.ledger import Ledger

Row = dict[str, t.Any]


class StoreDocuments:
    """What store operations tell without products."""

    def __init__(self, ledger: Ledger, readings: Readings) -> None:
        """Over the living ledger: each call tells the present state."""
        self._ledger = ledger
        self._readings = readings

    def rows(self) -> list[Row]:
        """All of them; ``(day)`` is the date of the document."""
        return [*self._invoices(), *self._documents(), *self._acts(), *self._corrections(), *self._sales()]

    def _account(self, name: str) -> str:
        return self._ledger.ids("account", name)

    def _row(self, moment: str, store: str, account: str, kind: str, **more: t.Any) -> Row:
        """Of a document unless nothing is known of one."""
        return {
            "(day)": moment[:10],
            "date": moment[:10],
            "operationalDate": accounting_day(self._readings, moment),
            "primaryStore": store,
            "secondaryAccount": account,
            "type": kind,
            "documentNum": None,
            "documentComment": None,
            "documentId": None,
            "documentType": None,
            "#": 0,
            **more,
            "incoming": more.get("incoming", False),
        }

    def _of(self, document: Document, store: str, account: str, kind: str, **more: t.Any) -> Row:
        return self._row(
            document.moment,
            store,
            account,
            kind,
            documentNum=document.number,
            documentComment=document.comment,
            documentId=document.id,
            **more,
        )

    def _invoices(self) -> Iterator[Row]:
        apart = self._readings.vat_accounting == "apart"
        debts = self._account("Задолженность перед поставщиками")
        for each in self._ledger.stock.invoices.incoming:
            goods = [line for line in each.lines if line.product]
            if each.posted and goods:
                total = sum(line.sum - (line.vat if apart else 0) for line in goods)
                yield self._of(
                    each,
                    each.store,
                    debts,
                    "INVOICE",
                    documentType="INCOMING_INVOICE",
                    incoming=True,
                    sum=exact(total, MONEY),
                )
        for sale in self._ledger.stock.invoices.outgoing:
            if sale.posted:
                cost = -_cost(sale.lines)
                kind = "OUTGOING_INVOICE"
                yield self._of(sale, sale.store, sale.account, kind, documentType=kind, sum=cost)

    def _documents(self) -> Iterator[Row]:
        debts, back = self._account("Задолженность перед поставщиками"), "RETURNED_INVOICE"
        for returned in self._ledger.stock.bookkeeping.returns:
            yield self._of(returned, returned.store, debts, back, documentType=back, sum=-_cost(returned.lines))
        for each in self._ledger.stock.writeoffs:
            if each.posted:
                cost = -_cost(each.lines)
                yield self._of(each, each.store, each.account, "WRITEOFF", documentType="WRITEOFF_DOCUMENT", sum=cost)
        for transfer in self._ledger.stock.work.transfers:
            if transfer.posted:
                cost, source, target = _cost(transfer.lines), transfer.source, transfer.target
                kind = {"documentType": "INTERNAL_TRANSFER"}
                yield self._of(transfer, source, target, "TRANSFER", **kind, sum=-cost)
                yield self._of(transfer, target, source, "TRANSFER", **kind, sum=cost, incoming=True)

    def _acts(self) -> Iterator[Row]:
        """An inventory is a shortage and a surplus, production what is used and what is made."""
        work = self._ledger.stock.work
        for act in work.inventories:
            short = [line for line in act.lines if line.amount < 0]
            over = [line for line in act.lines if line.amount >= 0]
            for name, lines in (("Недостача инвентаризации", short), ("Излишки инвентаризации", over)):
                yield self._of(
                    act,
                    act.store,
                    self._account(name),
                    "INVENTORY_CORRECTION",
                    documentType="INCOMING_INVENTORY",
                    incoming=lines is over,
                    sum=_cost(lines),
                )
        for act in work.productions:
            for sign in (-1, 1):
                yield self._of(
                    act,
                    act.store,
                    self._account("Производство"),
                    "PRODUCTION",
                    documentType="PRODUCTION_DOCUMENT",
                    incoming=sign > 0,
                    sum=sign * _cost(act.lines),
                )

    def _corrections(self) -> Iterator[Row]:
        """They have no document, and are what comes in, whatever their sign."""
        for each in self._ledger.stock.work.corrections:
            account = self._account("Расход продуктов")
            cost = exact(each.line.cost or 0, NANO)
            yield self._row(each.moment, each.store, account, "STORE_COST_CORRECTION", incoming=True, sum=cost)

    def _sales(self) -> Iterator[Row]:
        """One document for each department and day, in each store that it took goods from."""
        found: defaultdict[tuple[str, int, str], Decimal] = defaultdict(Decimal)
        codes = {each.pk: each.code for each in self._ledger.group.departments}
        for order in self._ledger.visible():
            for line in order.lines:
                if line.cost is not None and self._ledger.recipes.of(line.product):
                    found[order.day, order.department.pk, line.store.id] -= exact(line.cost, NANO)
        for (day, pk, store), cost in found.items():
            yield self._row(
                f"{day}T23:59",
                store,
                self._account("Расход продуктов"),
                "SESSION_WRITEOFF",
                documentNum=f"{codes[pk]}-{day[5:7]}{day[8:]}",
                documentId=self._ledger.ids("sales document", pk, day),
                documentType="SALES_DOCUMENT",
                sum=cost,
            )


def _cost(lines: Iterable[t.Any]) -> Decimal:
    return sum((exact(line.cost or 0, NANO) for line in lines), Decimal(0))
