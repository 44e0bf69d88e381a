"""What the office and the cash desks post besides documents of stores: services, hours, money in and out of a desk."""

from __future__ import annotations

import datetime
import typing as t

from simulator.world.cash_flow import OF_STAFF
from simulator.world.pay import Rates
from simulator.world.posting import Calendar, Posting, papers
from simulator.world.units import MONEY, NANO

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.world.bookkeeping import ManualPosting, ReturnedInvoice, ServiceAct
    from simulator.world.cash import Shift
    from simulator.world.ledger import Ledger

KOPECK: t.Final = NANO // MONEY
WAGES_AFTER: t.Final = datetime.timedelta(days=10)
DEBTS: t.Final = "Задолженность перед поставщиками"
DESK: t.Final = "Главная касса"
WAGES_DUE: t.Final = "Задолженность перед сотрудниками"
OF_MOVES: t.Final = {"PAYIN": (DESK, "Подотчётные средства"), "PAYOUT": ("Хозяйственные расходы", DESK)}
"""Debit and credit; what is collected from a desk is in the main one already."""


def office_postings(ledger: Ledger) -> Iterator[Posting]:
    """Of one database."""
    return _Postings(ledger).all()


class _Postings:
    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.calendar = Calendar(ledger.trade.readings)

    def account(self, name: str) -> str:
        return self.ledger.ids("account", name)

    def all(self) -> Iterator[Posting]:
        office = self.ledger.stock.bookkeeping
        for each in office.returns:
            yield from self.returned(each)
        yield from map(self.service, office.services)
        yield from map(self.manual, office.manual)
        for shift in self.ledger.cash.all():
            yield from self.moves(shift)
        yield from self.wages()

    def returned(self, invoice: ReturnedInvoice) -> Iterator[Posting]:
        """At cost: nothing is gained or lost by it."""
        for line in invoice.lines:
            yield Posting(
                type="RETURNED_INVOICE",
                when=self.calendar.of(invoice.moment),
                debit=self.account(DEBTS),
                credit=invoice.store,
                sum=line.cost or 0,
                product=line.product,
                amount=line.amount,
                counteragent=invoice.supplier,
                department=invoice.department.id,
                **papers(invoice, "RETURNED_INVOICE"),
            )

    def service(self, act: ServiceAct) -> Posting:
        return Posting(
            type="INCOMING_SERVICE",
            when=self.calendar.of(act.moment),
            debit=self.account("Услуги"),
            credit=self.account(DEBTS),
            sum=act.sum * KOPECK,
            counteragent=act.supplier,
            department=act.department.id,
            **papers(act, "INCOMING_SERVICE"),
        )

    def manual(self, entry: ManualPosting) -> Posting:
        return Posting(
            type="CUSTOM",
            when=self.calendar.of(entry.moment),
            debit=self.account(entry.debit),
            credit=self.account(entry.credit),
            sum=entry.sum * KOPECK,
            department=entry.department.id,
            comment=entry.comment,
        )

    def moves(self, shift: Shift) -> Iterator[Posting]:
        """On the business day of the shift, in the order of the clock."""
        for move in shift.moves:
            if move.kind in OF_MOVES:
                debit, credit = OF_MOVES[move.kind]
                yield Posting(
                    type=move.kind,
                    when=self.calendar.of_shift(shift.day, move.moment),
                    debit=self.account(debit),
                    credit=self.account(credit),
                    sum=move.sum * KOPECK,
                    counteragent=move.counteragent,
                    department=shift.department.id,
                    comment=move.comment,
                    conception=shift.conception,
                    flow=move.flow,
                    register=shift.session.register,
                    section=shift.department.sections[0],
                )

    def wages(self) -> Iterator[Posting]:
        """Owed when somebody leaves, paid out of the cash desk later."""
        rates = Rates(self.ledger.staff)
        for each in self.ledger.presence.attendances():
            earned = rates.regular(each)
            if not earned or not each.end:
                continue
            about: dict[str, t.Any] = {"counteragent": each.person.id, "department": each.department.id}
            yield Posting(
                type="TARIFF_HOUR",
                when=self.calendar.of(each.end.isoformat(timespec="seconds")),
                debit=self.account("Заработная плата"),
                credit=self.account(WAGES_DUE),
                sum=earned,
                **about,
            )
            paid = each.end.date() + WAGES_AFTER
            if paid < self.ledger.last_day:
                yield Posting(
                    type="EMPLOYEE_CASH_PAYMENT",
                    when=self.calendar.of(f"{paid}T12:00"),
                    debit=self.account(WAGES_DUE),
                    credit=self.account(DESK),
                    sum=earned,
                    flow=OF_STAFF,
                    **about,
                )
