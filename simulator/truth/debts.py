"""What counterparties owe and are owed at a moment, and the money there is: from invoices, payments and orders."""

from __future__ import annotations

import datetime
import typing as t
from collections import defaultdict
from decimal import Decimal

from simulator.truth.clock import BalanceClock
from simulator.truth.staff_time import earnings
from simulator.world.document_postings import PAID_AFTER, paid_part
from simulator.world.office_postings import WAGES_AFTER
from simulator.world.opening import MONEY_AT_HAND, opening_debts
from simulator.world.units import MONEY, NANO, SHARE, exact

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.readings import Readings
    from simulator.world.invoices import IncomingInvoice
    from simulator.world.ledger import Ledger

Row = dict[str, t.Any]
DEBTS: t.Final = "Задолженность перед поставщиками"
CLAIMS: t.Final = "Задолженность покупателей"
CASH: t.Final = "Главная касса"
ADVANCED: t.Final = "Подотчётные средства"
WAGES: t.Final = "Задолженность перед сотрудниками"
PLACES: t.Final = {"CASH": CASH, "CARD": "Терминалы банка"}
"""Where takings are, by payment group; for all others they are owed."""
NOON: t.Final = "T12:00"


class Owed(t.NamedTuple):
    """Money that an account got, or gave if negative."""

    account: str
    counteragent: str | None
    department: str | None
    sum: Decimal


class DebtBooks:
    """The balances of counterparties."""

    def __init__(self, ledger: Ledger, readings: Readings) -> None:
        """Over the living ledger: each call tells the present state."""
        self._ledger = ledger
        self._readings = readings

    def rows(self, moment: str) -> list[Row]:
        """What there is at a moment; ``(day)`` is the day that has ended then."""
        clock = BalanceClock(self._readings, moment)
        found: defaultdict[tuple[str, str | None, str | None], Decimal] = defaultdict(Decimal)
        for account, who, department, total in self._owed(clock):
            found[self._ledger.ids("account", account), who, department] += total
        return [
            {"(day)": clock.day, "account": account, "counteragent": who, "department": department, "sum": total}
            for (account, who, department), total in found.items()
            if total
        ]

    def _owed(self, clock: BalanceClock) -> Iterator[Owed]:
        ledger = self._ledger
        if clock.holds_opening(ledger.first_day):
            for supplier, debt in opening_debts(ledger).items():
                yield Owed(DEBTS, supplier, None, -exact(debt, NANO))
            for each in ledger.group.departments:
                yield Owed(CASH, None, each.id, exact(MONEY_AT_HAND, NANO))
        for invoice in ledger.stock.invoices.incoming:
            if invoice.posted:
                yield from self._bought(invoice, clock)
        for sale in ledger.stock.invoices.outgoing:
            if sale.posted and clock.holds(sale.moment):
                total = sum(line.sum for line in sale.lines)
                yield Owed(CLAIMS, sale.counteragent, sale.department.id, exact(total, MONEY))
        yield from self._taken(clock)
        yield from self._of_office(clock)
        yield from self._of_desks(clock)
        yield from self._earned(clock)

    def _bought(self, invoice: IncomingInvoice, clock: BalanceClock) -> Iterator[Owed]:
        """A debt as soon as the invoice counts, and less of it as soon as it is paid."""
        whole, where = sum(line.sum for line in invoice.lines), invoice.department.id
        if clock.holds(invoice.moment):
            yield Owed(DEBTS, invoice.supplier, where, -exact(whole, MONEY))
            if self._readings.vat_accounting == "apart":
                yield Owed("НДС к возмещению", None, where, exact(sum(line.vat for line in invoice.lines), MONEY))
        day = datetime.date.fromisoformat(invoice.day) + PAID_AFTER
        if day < self._ledger.last_day and clock.holds(f"{day}{NOON}"):
            paid = exact(whole * paid_part(invoice) // 100, MONEY)
            yield Owed(DEBTS, invoice.supplier, where, paid)
            yield Owed(CASH, None, where, -paid)

    def _of_office(self, clock: BalanceClock) -> Iterator[Owed]:
        """What goes back to suppliers is owed no more, services are; and what a bookkeeper enters by hand."""
        office = self._ledger.stock.bookkeeping
        for back in office.returns:
            if clock.holds(back.moment):
                total = sum((exact(line.cost or 0, NANO) for line in back.lines), Decimal(0))
                yield Owed(DEBTS, back.supplier, back.department.id, total)
        for act in office.services:
            if clock.holds(act.moment):
                yield Owed(DEBTS, act.supplier, act.department.id, -exact(act.sum, MONEY))
        for entry in office.manual:
            if clock.holds(entry.moment) and CASH in {entry.debit, entry.credit}:
                sign = 1 if entry.debit == CASH else -1
                yield Owed(CASH, None, entry.department.id, sign * exact(entry.sum, MONEY))

    def _of_desks(self, clock: BalanceClock) -> Iterator[Owed]:
        """What was put into cash desks and taken out of them."""
        for shift in self._ledger.cash.all():
            for move in shift.moves:
                if move.kind == "PAYCOL" or not clock.holds_move(shift.day, move.moment):
                    continue
                total = exact(move.sum, MONEY) * (1 if move.kind == "PAYIN" else -1)
                yield Owed(CASH, None, shift.department.id, total)
                if move.kind == "PAYIN":
                    yield Owed(ADVANCED, None, shift.department.id, -total)

    def _earned(self, clock: BalanceClock) -> Iterator[Owed]:
        """Hours, owed to whoever worked until they are paid."""
        for each, earned in earnings(self._ledger.presence.attendances()):
            where, end = each.department.id, t.cast("datetime.datetime", each.end)
            if clock.holds(end.isoformat()):
                yield Owed(WAGES, each.person.id, where, -earned)
            paid = end.date() + WAGES_AFTER
            if paid < self._ledger.last_day and clock.holds(f"{paid}{NOON}"):
                yield Owed(WAGES, each.person.id, where, earned)
                yield Owed(CASH, None, where, -earned)

    def _taken(self, clock: BalanceClock) -> Iterator[Owed]:
        """The takings of closed days."""
        open_day = self._ledger.last_day.isoformat()
        for order in filter(clock.holds_sale, self._ledger.visible()):
            if order.day == open_day:
                continue
            for payment in order.payments:
                place = PLACES.get(payment.type.group if payment.type else "", CLAIMS)
                part = exact(order.takings, MONEY) * exact(payment.share, SHARE)
                yield Owed(place, None, order.department.id, part)
