"""What documents post, and what there was before them."""

from __future__ import annotations

import datetime
import typing as t

from simulator.world.cash_flow import OF_SUPPLIERS
from simulator.world.documents import StockLine
from simulator.world.opening import MONEY_AT_HAND, opening_debts, opening_goods, opening_moment
from simulator.world.posting import Calendar, Posting, papers
from simulator.world.recipes import split, taken
from simulator.world.units import MONEY, NANO

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.world.documents import Document
    from simulator.world.invoices import IncomingInvoice, OutgoingInvoice
    from simulator.world.ledger import Ledger
    from simulator.world.stock import Writeoff
    from simulator.world.store_work import CostCorrection, InternalTransfer, StoreAct

KOPECK: t.Final = NANO // MONEY
PAID_AFTER: t.Final = datetime.timedelta(days=7)


def document_postings(ledger: Ledger) -> Iterator[Posting]:
    """Of everything but sales."""
    return _Postings(ledger).all()


class _Postings:
    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.calendar = Calendar(ledger.trade.readings)
        self.owners = {store.id: each.id for each in ledger.group.departments for store in each.stores}

    def account(self, name: str) -> str:
        return self.ledger.ids("account", name)

    def all(self) -> Iterator[Posting]:
        stock = self.ledger.stock
        yield from self.opening()
        for invoice in filter(_posted, stock.invoices.incoming):
            yield from self.purchase(invoice)
        for sale in filter(_posted, stock.invoices.outgoing):
            yield from self.shipment(sale)
        for writeoff in filter(_posted, stock.writeoffs):
            yield from self.writeoff(writeoff)
        for transfer in filter(_posted, stock.work.transfers):
            yield from self.transfer(transfer)
        for act in stock.work.inventories:
            yield from self.inventory(act)
        for act in stock.work.productions:
            yield from self.production(act)
        yield from map(self.correction, stock.work.corrections)

    def opening(self) -> Iterator[Posting]:
        when, equity = self.calendar.of(opening_moment(self.ledger)), self.account("Начальные остатки")
        for store, product, amount, total in opening_goods(self.ledger):
            yield Posting(
                type="OPENING_BALANCE",
                when=when,
                debit=store,
                credit=equity,
                sum=total,
                product=product,
                amount=amount,
                department=self.owners[store],
            )
        for supplier, debt in opening_debts(self.ledger).items():
            yield Posting(
                type="OPENING_BALANCE",
                when=when,
                debit=equity,
                credit=self.account("Задолженность перед поставщиками"),
                sum=debt,
                counteragent=supplier,
            )
        for department in self.ledger.group.departments:
            yield Posting(
                type="OPENING_BALANCE",
                when=when,
                debit=self.account("Главная касса"),
                credit=equity,
                sum=MONEY_AT_HAND,
                department=department.id,
            )

    def purchase(self, invoice: IncomingInvoice) -> Iterator[Posting]:
        """The debt to the supplier is the whole sum; what is no goods is an expense at once."""
        debts = self.account("Задолженность перед поставщиками")
        about: dict[str, t.Any] = {
            "counteragent": invoice.supplier,
            "department": invoice.department.id,
            "conception": invoice.conception,
            **papers(invoice, "INCOMING_INVOICE"),
        }
        when = self.calendar.of(invoice.moment)
        apart = self.ledger.trade.readings.vat_accounting == "apart"
        for line in invoice.lines:
            vat = line.vat if apart else 0
            yield Posting(
                type="INVOICE",
                when=when,
                debit=line.store if line.product else self.account("Расход продуктов"),
                credit=debts,
                sum=(line.sum - vat) * KOPECK,
                product=line.product,
                amount=line.amount if line.product else 0,
                **about,
            )
            if vat:
                vats = self.account("НДС к возмещению")
                yield Posting(type="NDS_INCOMING", when=when, debit=vats, credit=debts, sum=vat * KOPECK, **about)
        yield from self.payment(invoice, debts)

    def payment(self, invoice: IncomingInvoice, debts: str) -> Iterator[Posting]:
        """A week later, out of the cash desk: most of them whole, some by half, some not yet."""
        day = datetime.date.fromisoformat(invoice.day) + PAID_AFTER
        part = paid_part(invoice)
        if part and day < self.ledger.last_day:
            yield Posting(
                type="INVOICE_PAYMENT",
                when=self.calendar.of(f"{day}T12:00"),
                debit=debts,
                credit=self.account("Главная касса"),
                sum=sum(line.sum for line in invoice.lines) * part // 100 * KOPECK,
                counteragent=invoice.supplier,
                department=invoice.department.id,
                flow=OF_SUPPLIERS,
            )

    def shipment(self, sale: OutgoingInvoice) -> Iterator[Posting]:
        when = self.calendar.of(sale.moment)
        about: dict[str, t.Any] = {
            "counteragent": sale.counteragent,
            "department": sale.department.id,
            "conception": sale.conception,
            **papers(sale, "OUTGOING_INVOICE"),
        }
        for line in sale.lines:
            yield Posting(
                type="OUTGOING_INVOICE",
                when=when,
                debit=sale.account,
                credit=sale.store,
                sum=line.cost or 0,
                product=line.product,
                amount=line.amount,
                **about,
            )
            yield Posting(
                type="OUTGOING_INVOICE_REVENUE",
                when=when,
                debit=self.account("Задолженность покупателей"),
                credit=sale.revenue,
                sum=line.sum * KOPECK,
                **about,
            )

    def writeoff(self, writeoff: Writeoff) -> Iterator[Posting]:
        """A dish is written off by what it is made of."""
        when, about = self.calendar.of(writeoff.moment), papers(writeoff, "WRITEOFF_DOCUMENT")
        for line in writeoff.lines:
            parts = self.ledger.recipes.of(line.product)
            percent = line.size.factor if line.size else 100
            for part, cost in zip(parts, split(line.cost or 0, parts), strict=True):
                yield Posting(
                    type="WRITEOFF",
                    when=when,
                    debit=writeoff.account,
                    credit=writeoff.store,
                    sum=cost,
                    product=part.product,
                    amount=taken(part, line.amount, percent),
                    contra=None if part.product is line.product else line.product,
                    department=self.owners[writeoff.store],
                    conception=writeoff.conception,
                    **about,
                )

    def transfer(self, transfer: InternalTransfer) -> Iterator[Posting]:
        when, about = self.calendar.of(transfer.moment), papers(transfer, "INTERNAL_TRANSFER")
        for line in transfer.lines:
            yield Posting(
                type="TRANSFER",
                when=when,
                debit=transfer.target,
                credit=transfer.source,
                sum=line.cost or 0,
                product=line.product,
                amount=line.amount,
                department=self.owners[transfer.source],
                conception=transfer.conception,
                **about,
            )

    def inventory(self, act: StoreAct) -> Iterator[Posting]:
        """What is missing goes out, what is too much comes in."""
        for line in act.lines:
            name = "Недостача инвентаризации" if line.amount < 0 else "Излишки инвентаризации"
            yield self.act(act, line, "INVENTORY_CORRECTION", self.account(name), out=line.amount < 0)

    def production(self, act: StoreAct) -> Iterator[Posting]:
        """Raw goods go in, at what the product costs, and the product comes out."""
        workshop = self.account("Производство")
        for line in act.lines:
            parts = self.ledger.recipes.of(line.product)
            for part, cost in zip(parts, split(line.cost or 0, parts), strict=True):
                used = StockLine(1, part.product, taken(part, line.amount, 100), cost)
                yield self.act(act, used, "PRODUCTION", workshop, out=True)
            yield self.act(act, line, "PRODUCTION", workshop, out=False)

    def act(self, act: StoreAct, line: StockLine, kind: str, account: str, *, out: bool) -> Posting:
        document = "INCOMING_INVENTORY" if kind == "INVENTORY_CORRECTION" else "PRODUCTION_DOCUMENT"
        return Posting(
            type=kind,
            when=self.calendar.of(act.moment),
            debit=account if out else act.store,
            credit=act.store if out else account,
            sum=abs(line.cost or 0),
            product=line.product,
            amount=abs(line.amount),
            department=act.department.id,
            **papers(act, document),
        )

    def correction(self, correction: CostCorrection) -> Posting:
        """It has a sign, and neither a document nor a quantity."""
        return Posting(
            type="STORE_COST_CORRECTION",
            when=self.calendar.of(correction.moment),
            debit=correction.store,
            credit=self.account("Расход продуктов"),
            sum=correction.line.cost or 0,
            product=correction.line.product,
            department=correction.department.id,
        )


def paid_part(invoice: IncomingInvoice) -> int:
    """Percent of a purchase that is ever paid; nobody is paid for one without a supplier."""
    return 0 if invoice.supplier is None else (100, 50, 100, 0)[int(invoice.number) % 4]


def _posted(document: Document) -> bool:
    return document.posted
