"""What moved in stores, and what they have at a moment: from documents and sales, line by line."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

from simulator.truth.clock import BalanceClock, accounting_day, is_late
from simulator.world.opening import opening_goods, opening_moment
from simulator.world.units import MONEY, NANO, exact

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.readings import Readings
    from simulator.world.documents import Document
    from simulator.world.ledger import Ledger
    from simulator.world.model import Line, Order, Product

Row = dict[str, t.Any]
NINTH: t.Final = Decimal("0.000000001")
EXPENSE: t.Final = "Расход продуктов"
DEBTS: t.Final = "Задолженность перед поставщиками"


class About(t.NamedTuple):
    """What the ledger says of a movement; ``contra`` is the id of the other account."""

    type: str
    day: str
    contra: str
    department: str | None = None
    document: str | None = None
    counteragent: str | None = None
    conception: str | None = None
    flow: str | None = None


class Moved(t.NamedTuple):
    """Something that came into a store, or went out of it if negative."""

    store: str
    product: str
    amount: Decimal
    sum: Decimal
    is_debit: bool
    """What comes in by a negative quantity is a debit all the same."""
    about: About


class StockBooks:
    """The movements and balances of stores; no posting is looked at."""

    def __init__(self, ledger: Ledger, readings: Readings) -> None:
        """Over the living ledger: each call tells the present state."""
        self._ledger = ledger
        self._readings = readings
        self._owners = {store.id: each.id for each in ledger.group.departments for store in each.stores}

    def rows(self, moment: str) -> list[Row]:
        """What there is at a moment; ``(day)`` is the day that has ended then."""
        clock = BalanceClock(self._readings, moment)
        found: defaultdict[tuple[str, str], list[Moved]] = defaultdict(list)
        for each in self.moved(clock):
            found[each.store, each.product].append(each)
        rows = [
            {
                "(day)": clock.day,
                "store": store,
                "product": product,
                "amount": sum(each.amount for each in moved),
                "sum": sum(each.sum for each in moved),
            }
            for (store, product), moved in found.items()
        ]
        return [row for row in rows if row["amount"] or row["sum"]]

    def moved(self, clock: BalanceClock) -> Iterator[Moved]:
        """All that counts at a moment."""
        if clock.holds_opening(self._ledger.first_day):
            yield from self._opened()
        yield from self._bought(clock)
        yield from self._written_off(clock)
        yield from self._shipped(clock)
        yield from self._carried(clock)
        yield from self._worked(clock)
        yield from self._sold(clock)

    def _account(self, name: str) -> str:
        return self._ledger.ids("account", name)

    def _about(self, kind: str, document: Document, contra: str, department: str, **more: str | None) -> About:
        day = accounting_day(self._readings, document.moment)
        return About(kind, day, contra, department, document.number, **more)

    def _opened(self) -> Iterator[Moved]:
        day, equity = opening_moment(self._ledger)[:10], self._account("Начальные остатки")
        for held in opening_goods(self._ledger):
            about = About("OPENING_BALANCE", day, equity, self._owners[held.store])
            yield Moved(
                held.store, held.product.id, exact(held.amount, NANO), exact(held.sum, NANO), is_debit=True, about=about
            )

    def _bought(self, clock: BalanceClock) -> Iterator[Moved]:
        apart = self._readings.vat_accounting == "apart"
        for invoice in self._ledger.stock.invoices.incoming:
            if invoice.posted and clock.holds(invoice.moment):
                more = {"counteragent": invoice.supplier, "conception": invoice.conception}
                about = self._about("INVOICE", invoice, self._account(DEBTS), invoice.department.id, **more)
                for line in invoice.lines:
                    if line.product:
                        total = line.sum - (line.vat if apart else 0)
                        amount = exact(line.amount, NANO)
                        yield Moved(
                            line.store, line.product.id, amount, exact(total, MONEY), is_debit=True, about=about
                        )

    def _written_off(self, clock: BalanceClock) -> Iterator[Moved]:
        for writeoff in self._ledger.stock.writeoffs:
            if writeoff.posted and clock.holds(writeoff.moment):
                owner = self._owners[writeoff.store]
                about = self._about("WRITEOFF", writeoff, writeoff.account, owner, conception=writeoff.conception)
                for line in writeoff.lines:
                    amount = exact(line.amount, NANO) * (exact(line.size.factor, MONEY) if line.size else 1)
                    yield from self._used(writeoff.store, line.product, amount, exact(line.cost or 0, NANO), about)

    def _shipped(self, clock: BalanceClock) -> Iterator[Moved]:
        """What went to firms, and back to suppliers."""
        for sale in self._ledger.stock.invoices.outgoing:
            if sale.posted and clock.holds(sale.moment):
                more = {"counteragent": sale.counteragent, "conception": sale.conception}
                about = self._about("OUTGOING_INVOICE", sale, sale.account, sale.department.id, **more)
                yield from (_of(sale.store, line, -1, about) for line in sale.lines)
        for back in self._ledger.stock.bookkeeping.returns:
            if clock.holds(back.moment):
                more = {"counteragent": back.supplier}
                about = self._about("RETURNED_INVOICE", back, self._account(DEBTS), back.department.id, **more)
                yield from (_of(back.store, line, -1, about) for line in back.lines)

    def _carried(self, clock: BalanceClock) -> Iterator[Moved]:
        for transfer in self._ledger.stock.work.transfers:
            if transfer.posted and clock.holds(transfer.moment):
                owner = self._owners[transfer.source]
                for store, other, sign in (
                    (transfer.source, transfer.target, -1),
                    (transfer.target, transfer.source, 1),
                ):
                    about = self._about("TRANSFER", transfer, other, owner, conception=transfer.conception)
                    yield from (_of(store, line, sign, about) for line in transfer.lines)

    def _worked(self, clock: BalanceClock) -> Iterator[Moved]:
        """Inventories, production, corrected cost."""
        work = self._ledger.stock.work
        for act in filter(lambda act: clock.holds(act.moment), work.inventories):
            for line in act.lines:
                name = "Недостача инвентаризации" if line.amount < 0 else "Излишки инвентаризации"
                about = self._about("INVENTORY_CORRECTION", act, self._account(name), act.department.id)
                yield _of(act.store, line, 1, about)._replace(is_debit=line.amount >= 0)
        for act in filter(lambda act: clock.holds(act.moment), work.productions):
            about = self._about("PRODUCTION", act, self._account("Производство"), act.department.id)
            for line in act.lines:
                yield _of(act.store, line, 1, about)
                cost = exact(line.cost or 0, NANO)
                yield from self._used(act.store, line.product, exact(line.amount, NANO), cost, about)
        for each in work.corrections:
            if clock.holds(each.moment):
                day = accounting_day(self._readings, each.moment)
                about = About("STORE_COST_CORRECTION", day, self._account(EXPENSE), each.department.id)
                yield _of(each.store, each.line, 1, about)

    def _sold(self, clock: BalanceClock) -> Iterator[Moved]:
        """What a day, a store and a dish sold is written off together: its cost is split once."""
        sold: defaultdict[tuple[t.Any, ...], list[tuple[Order, Line]]] = defaultdict(list)
        for order in filter(clock.holds_sale, self._ledger.visible()):
            for line in order.lines:
                if line.cost is not None:
                    sold[order.day, is_late(order), line.store.id, line.product.id].append((order, line))
        for (day, _, store, _), pairs in sold.items():
            amounts = [
                exact(line.amount, NANO) * (exact(line.size.factor, MONEY) if line.size else 1)
                for _, line in pairs
                if line.deleted != "DELETED_WITHOUT_WRITEOFF"
            ]
            cost = sum((exact(line.cost or 0, NANO) for _, line in pairs), Decimal(0))
            about = self._of_sales(day, pairs[0][0])
            yield from self._used(store, pairs[0][1].product, sum(amounts, Decimal(0)), cost, about)

    def _of_sales(self, day: str, order: Order) -> About:
        """The sales document of a department's day."""
        where = order.department
        number = f"{where.code}-{day[5:7]}{day[8:]}"
        account = self._account(EXPENSE)
        return About("SESSION_WRITEOFF", day, account, where.id, number, conception=where.conception.id)

    def _used(self, store: str, product: Product, amount: Decimal, cost: Decimal, about: About) -> Iterator[Moved]:
        """What a dish takes out of a store; the last ingredient costs what is left."""
        parts, left = self._ledger.recipes.of(product), cost
        for number, part in enumerate(parts, 1):
            share = (cost * part.percent / 100).quantize(NINTH, ROUND_HALF_UP) if number < len(parts) else left
            left -= share
            yield Moved(store, part.product.id, -amount * exact(part.amount, NANO), -share, is_debit=False, about=about)


def _of(store: str, line: t.Any, sign: int, about: About) -> Moved:
    amount, cost = sign * exact(line.amount, NANO), sign * exact(line.cost or 0, NANO)
    return Moved(store, line.product.id, amount, cost, is_debit=sign > 0, about=about)
