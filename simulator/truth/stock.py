"""What stores have at a moment: from documents and sales, line by line. No posting is looked at here."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

from simulator.truth.clock import BalanceClock, is_late
from simulator.world.opening import opening_goods
from simulator.world.units import MONEY, NANO, exact

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.readings import Readings
    from simulator.world.ledger import Ledger
    from simulator.world.model import Line, Product

Row = dict[str, t.Any]
NINTH: t.Final = Decimal("0.000000001")


class Moved(t.NamedTuple):
    """Something that came into a store, or went out of it if negative."""

    store: str
    product: str
    amount: Decimal
    sum: Decimal


class StockBooks:
    """The balances of stores."""

    def __init__(self, ledger: Ledger, readings: Readings) -> None:
        """Over the living ledger: each call tells the present state."""
        self._ledger = ledger
        self._readings = readings

    def rows(self, moment: str) -> list[Row]:
        """What there is at a moment; ``(day)`` is the day that has ended then."""
        clock = BalanceClock(self._readings, moment)
        found: defaultdict[tuple[str, str], list[Moved]] = defaultdict(list)
        for each in self._moved(clock):
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

    def _moved(self, clock: BalanceClock) -> Iterator[Moved]:
        if clock.holds_opening(self._ledger.first_day):
            for held in opening_goods(self._ledger):
                yield Moved(held.store, held.product.id, exact(held.amount, NANO), exact(held.sum, NANO))
        yield from self._bought(clock)
        yield from self._written_off(clock)
        yield from self._carried(clock)
        yield from self._worked(clock)
        yield from self._sold(clock)

    def _bought(self, clock: BalanceClock) -> Iterator[Moved]:
        apart = self._readings.vat_accounting == "apart"
        for invoice in self._ledger.stock.invoices.incoming:
            if invoice.posted and clock.holds(invoice.moment):
                for line in invoice.lines:
                    if line.product:
                        total = line.sum - (line.vat if apart else 0)
                        yield Moved(line.store, line.product.id, exact(line.amount, NANO), exact(total, MONEY))

    def _written_off(self, clock: BalanceClock) -> Iterator[Moved]:
        for writeoff in self._ledger.stock.writeoffs:
            if writeoff.posted and clock.holds(writeoff.moment):
                for line in writeoff.lines:
                    amount = exact(line.amount, NANO) * (exact(line.size.factor, MONEY) if line.size else 1)
                    yield from self._used(writeoff.store, line.product, amount, exact(line.cost or 0, NANO))

    def _carried(self, clock: BalanceClock) -> Iterator[Moved]:
        """What went to firms and to other stores."""
        for sale in self._ledger.stock.invoices.outgoing:
            if sale.posted and clock.holds(sale.moment):
                yield from (_of(sale.store, line, -1) for line in sale.lines)
        for transfer in self._ledger.stock.work.transfers:
            if transfer.posted and clock.holds(transfer.moment):
                for line in transfer.lines:
                    yield _of(transfer.source, line, -1)
                    yield _of(transfer.target, line, 1)

    def _worked(self, clock: BalanceClock) -> Iterator[Moved]:
        """Inventories, production, corrected cost."""
        work = self._ledger.stock.work
        for act in [*work.inventories, *work.productions]:
            if clock.holds(act.moment):
                for line in act.lines:
                    yield _of(act.store, line, 1)
                    if line.product.type == "PREPARED":
                        cost = exact(line.cost or 0, NANO)
                        yield from self._used(act.store, line.product, exact(line.amount, NANO), cost)
        for correction in work.corrections:
            if clock.holds(correction.moment):
                yield _of(correction.store, correction.line, 1)

    def _sold(self, clock: BalanceClock) -> Iterator[Moved]:
        """What a day, a store and a dish sold is written off together: its cost is split once."""
        sold: defaultdict[tuple[t.Any, ...], list[Line]] = defaultdict(list)
        for order in filter(clock.holds_sale, self._ledger.visible()):
            for line in order.lines:
                if line.cost is not None:
                    sold[order.day, is_late(order), line.store.id, line.product.id].append(line)
        for (_, _, store, _), lines in sold.items():
            amounts = [
                exact(line.amount, NANO) * (exact(line.size.factor, MONEY) if line.size else 1)
                for line in lines
                if line.deleted != "DELETED_WITHOUT_WRITEOFF"
            ]
            cost = sum((exact(line.cost or 0, NANO) for line in lines), Decimal(0))
            yield from self._used(store, lines[0].product, sum(amounts, Decimal(0)), cost)

    def _used(self, store: str, product: Product, amount: Decimal, cost: Decimal) -> Iterator[Moved]:
        """What a dish takes out of a store; the last ingredient costs what is left."""
        parts, left = self._ledger.recipes.of(product), cost
        for number, part in enumerate(parts, 1):
            share = (cost * part.percent / 100).quantize(NINTH, ROUND_HALF_UP) if number < len(parts) else left
            left -= share
            yield Moved(store, part.product.id, -amount * exact(part.amount, NANO), -share)


def _of(store: str, line: t.Any, sign: int) -> Moved:
    return Moved(store, line.product.id, sign * exact(line.amount, NANO), sign * exact(line.cost or 0, NANO))
