"""The books of the ledger: both sides of what stores and money did, from documents, orders and people.

No posting is looked at. Goods are what ``StockBooks`` says that moved, seen from the store and from the other account.
"""

from __future__ import annotations

import datetime
import typing as t
from decimal import Decimal
from functools import cached_property

from simulator.truth.clock import BalanceClock, accounting_day
from simulator.truth.staff_time import earnings
from simulator.truth.stock import DEBTS, EXPENSE, About, StockBooks
from simulator.world.accounts import PLAIN
from simulator.world.cash_flow import CASH_FLOWS, OF_STAFF, OF_SUPPLIERS
from simulator.world.document_postings import PAID_AFTER, paid_part
from simulator.world.office_postings import WAGES_AFTER
from simulator.world.opening import MONEY_AT_HAND, opening_debts, opening_moment
from simulator.world.units import MONEY, NANO, SHARE, exact

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from simulator.readings import Readings
    from simulator.world.invoices import IncomingInvoice
    from simulator.world.ledger import Ledger

Row = dict[str, t.Any]
ALWAYS: t.Final = "9999-12-31"
NOON: t.Final = "T12:00"
DESK: t.Final = "Главная касса"
TAKINGS: t.Final = {"CASH": ("CASH", DESK), "CARD": ("CARD", "Терминалы банка")}
OWED: t.Final = ("CREDIT", "Задолженность покупателей")
LIABILITIES: t.Final = {"ACCOUNTS_PAYABLE", "EMPLOYEES_LIABILITY"}
EQUITY: t.Final = "Начальные остатки"
WAGES: t.Final = "Задолженность перед сотрудниками"
OF_MOVEMENTS: t.Final = (
    "DateTime.DateTyped",
    "TransactionType",
    "TransactionSide",
    "Account.Id",
    "Account.Name",
    "Contr-Account.Name",
    "Contr-Account.Type",
    "Counteragent.Id",
    "Document",
    "Department.Code",
)
RESULTS: t.Final = {"COST_OF_GOODS_SOLD", "INCOME", "EXPENSES", "OTHER_INCOME", "OTHER_EXPENSES"}


class Entry(t.NamedTuple):
    """One side of a posting: what an account got, if it is a debit, or gave."""

    account: str
    is_debit: bool
    sum: Decimal
    amount: Decimal
    product: str | None
    about: About


class Paid(t.NamedTuple):
    """A sum that goes from one account to another, by their names or ids."""

    debit: str
    credit: str
    sum: Decimal
    about: About


class LedgerBooks:
    """Of one ledger."""

    def __init__(self, ledger: Ledger, readings: Readings) -> None:
        """Over the living ledger: each call tells the present state."""
        self._ledger = ledger
        self._readings = readings
        self._stock = StockBooks(ledger, readings)
        self._stores = {store.id for each in ledger.group.departments for store in each.stores}

    @property
    def tables(self) -> dict[str, t.Callable[[], list[Row]]]:
        """What they can tell."""
        return {"transactions": self.transactions, "stock_movements": self.movements}

    def transactions(self) -> list[Row]:
        """Equal sides of a day are one row; names are those of today."""
        names = _Names(self._ledger)
        return _merged(names.row(each) | _money(each) for each in self.entries())

    def movements(self) -> list[Row]:
        """The same of stores, by product."""
        names = _Names(self._ledger)
        sign = -1 if self._readings.amount_out == "negative" else 1
        rows = []
        for each in self.entries():
            if each.account in self._stores:
                row, money = names.row(each), _money(each)
                goods = {
                    "Amount.In": each.amount * each.is_debit,
                    "Amount.Out": each.amount * sign * (not each.is_debit),
                }
                kept = {name: row[name] for name in OF_MOVEMENTS} | names.product(each.product)
                rows.append(kept | goods | {name: money[name] for name in ("Sum.Incoming", "Sum.Outgoing")})
        return _merged(rows)

    def entries(self) -> Iterator[Entry]:
        """Both sides of everything, but those of accounts that this user may not see."""
        hidden = {each.id for each in self._ledger.accounts if each.name in self._readings.hidden_accounts}
        for each in (*self._goods(), *self._of_money()):
            if each.account not in hidden:
                yield each

    def _goods(self) -> Iterator[Entry]:
        """A store's side of a movement; the other one too unless it is a store, which has its own."""
        for moved in self._stock.moved(BalanceClock(self._readings, ALWAYS)):
            sign = 1 if moved.is_debit else -1
            figures = sign * moved.sum, sign * moved.amount, moved.product
            yield Entry(moved.store, moved.is_debit, *figures, moved.about)
            if moved.about.contra not in self._stores:
                about = moved.about._replace(contra=moved.store)
                yield Entry(moved.about.contra, not moved.is_debit, *figures, about)

    def _of_money(self) -> Iterator[Entry]:
        for debit, credit, total, about in self._paid():
            for account, other, is_debit in ((debit, credit, True), (credit, debit, False)):
                mine, contra = self._account(account), self._account(other)
                yield Entry(mine, is_debit, total, Decimal(0), None, about._replace(contra=contra))

    def _account(self, name: str) -> str:
        """Its id, unless it is one already."""
        return self._ledger.ids("account", name) if name in self._named else name

    @cached_property
    def _named(self) -> set[str]:
        return {name for name, *_ in PLAIN}

    def _paid(self) -> Iterator[Paid]:
        """All that moved no goods."""
        yield from self._opened()
        for invoice in self._ledger.stock.invoices.incoming:
            if invoice.posted:
                yield from self._bought(invoice)
        for sale in self._ledger.stock.invoices.outgoing:
            if sale.posted:
                about = self._about("OUTGOING_INVOICE_REVENUE", sale.moment, sale.department.id)
                about = about._replace(document=sale.number, counteragent=sale.counteragent, conception=sale.conception)
                yield Paid(OWED[1], sale.revenue, exact(sum(line.sum for line in sale.lines), MONEY), about)
        yield from self._taken()
        yield from self._of_office()
        yield from self._of_desks()
        yield from self._earned()

    def _about(self, kind: str, moment: str, department: str | None) -> About:
        return About(kind, accounting_day(self._readings, moment), "", department)

    def _opened(self) -> Iterator[Paid]:
        about = self._about("OPENING_BALANCE", opening_moment(self._ledger), None)
        for supplier, debt in opening_debts(self._ledger).items():
            yield Paid(EQUITY, DEBTS, exact(debt, NANO), about._replace(counteragent=supplier))
        for each in self._ledger.group.departments:
            yield Paid(DESK, EQUITY, exact(MONEY_AT_HAND, NANO), about._replace(department=each.id))

    def _bought(self, invoice: IncomingInvoice) -> Iterator[Paid]:
        """What is no goods, the VAT, and the payment of all of it."""
        about = self._about("INVOICE", invoice.moment, invoice.department.id)
        about = about._replace(counteragent=invoice.supplier)
        papers = about._replace(document=invoice.number, conception=invoice.conception)
        vat = exact(sum(line.vat for line in invoice.lines), MONEY)
        apart = self._readings.vat_accounting == "apart"
        if apart and vat:
            yield Paid("НДС к возмещению", DEBTS, vat, papers._replace(type="NDS_INCOMING"))
        for line in invoice.lines:
            if line.product is None:
                yield Paid(EXPENSE, DEBTS, exact(line.sum - (line.vat if apart else 0), MONEY), papers)
        day = datetime.date.fromisoformat(invoice.day) + PAID_AFTER
        part = paid_part(invoice)
        if part and day < self._ledger.last_day:
            total = exact(sum(line.sum for line in invoice.lines) * part // 100, MONEY)
            yield Paid(DEBTS, DESK, total, about._replace(type="INVOICE_PAYMENT", day=f"{day}", flow=OF_SUPPLIERS))

    def _taken(self) -> Iterator[Paid]:
        """The takings of closed days."""
        open_day = self._ledger.last_day.isoformat()
        for order in self._ledger.visible():
            if order.day < open_day and order.takings:
                where = order.department
                for payment in order.payments:
                    kind, place = TAKINGS.get(payment.type.group if payment.type else "", OWED)
                    about = About(kind, order.day, "", where.id, conception=where.conception.id)
                    part = exact(order.takings, MONEY) * exact(payment.share, SHARE)
                    yield Paid(place, "Торговая выручка", part, about)

    def _of_office(self) -> Iterator[Paid]:
        office = self._ledger.stock.bookkeeping
        for act in office.services:
            about = self._about("INCOMING_SERVICE", act.moment, act.department.id)
            about = about._replace(document=act.number, counteragent=act.supplier)
            yield Paid("Услуги", DEBTS, exact(act.sum, MONEY), about)
        for entry in office.manual:
            about = self._about("CUSTOM", entry.moment, entry.department.id)
            yield Paid(entry.debit, entry.credit, exact(entry.sum, MONEY), about)

    def _of_desks(self) -> Iterator[Paid]:
        for shift in self._ledger.cash.all():
            about = About("", shift.day, "", shift.department.id, conception=shift.conception)
            for move in shift.moves:
                told = about._replace(type=move.kind, counteragent=move.counteragent, flow=move.flow)
                if move.kind == "PAYIN":
                    yield Paid(DESK, "Подотчётные средства", exact(move.sum, MONEY), told)
                if move.kind == "PAYOUT":
                    yield Paid("Хозяйственные расходы", DESK, exact(move.sum, MONEY), told)

    def _earned(self) -> Iterator[Paid]:
        for each, earned in earnings(self._ledger.presence.attendances()):
            end = t.cast("datetime.datetime", each.end)
            about = self._about("TARIFF_HOUR", end.isoformat(), each.department.id)
            about = about._replace(counteragent=each.person.id)
            yield Paid("Заработная плата", WAGES, earned, about)
            paid = end.date() + WAGES_AFTER
            if paid < self._ledger.last_day:
                yield Paid(
                    WAGES, DESK, earned, about._replace(type="EMPLOYEE_CASH_PAYMENT", day=f"{paid}", flow=OF_STAFF)
                )


class _Names:
    """What ids and codes are called today."""

    def __init__(self, ledger: Ledger) -> None:
        self._accounts = {each.id: each for each in ledger.accounts}
        self._departments = {each.id: each for each in ledger.group.departments}
        self._people = {row["id"]: row["name"] for row in (*ledger.staff.employees, *ledger.staff.suppliers)}
        self._products = {each.id: each for each in ledger.menu.products}
        self._conceptions = {each.id: each.code for each in ledger.group.conceptions}
        self._flows = {each.code: each for each in CASH_FLOWS}

    def product(self, identity: str | None) -> Row:
        """What moved."""
        found = self._products[identity] if identity else None
        return {
            "Product.Id": identity,
            "Product.Num": found and found.num,
            "Product.Name": found and found.reported_name,
            "Product.MeasureUnit": found and found.unit.name,
        }

    def row(self, entry: Entry) -> Row:
        """All that tells entries apart, and what goes with it."""
        about = entry.about
        mine, contra = self._accounts[entry.account], self._accounts[about.contra]
        where, flow = self._departments.get(about.department or ""), self._flows.get(about.flow or "")
        return {
            "DateTime.DateTyped": about.day,
            "TransactionType": about.type,
            "TransactionSide": "DEBIT" if entry.is_debit else "CREDIT",
            "Account.Id": mine.id,
            "Account.Name": mine.name,
            "Account.Code": mine.code or None,
            "Account.Type": mine.kind,
            "Account.Group": _group(mine.kind),
            "Contr-Account.Name": contra.name,
            "Contr-Account.Code": contra.code or None,
            "Contr-Account.Type": contra.kind,
            "Counteragent.Id": about.counteragent,
            "Counteragent.Name": self._people[about.counteragent] if about.counteragent else None,
            "Department": where and where.name,
            "Department.Code": where and where.code,
            "Department.JurPerson": where and where.company.name,
            "Document": about.document,
            "CashFlowCategory": flow and flow.name,
            "CashFlowCategory.Type": flow and flow.kind,
            "CashFlowCategory.Hierarchy": flow and flow.name,
            "Conception.Code": self._conceptions[about.conception] if about.conception else None,
        }


def _group(kind: str) -> str:
    if kind in RESULTS:
        return "INCOME_EXPENSES"
    return "LIABILITIES" if kind in LIABILITIES else "EQUITY" if kind == "EQUITY" else "ASSETS"


def _money(entry: Entry) -> Row:
    nothing = Decimal(0)
    return {
        "Sum.Incoming": entry.sum if entry.is_debit else nothing,
        "Sum.Outgoing": nothing if entry.is_debit else entry.sum,
        "Sum.ResignedSum": entry.sum if entry.is_debit else -entry.sum,
    }


def _merged(rows: Iterable[Row]) -> list[Row]:
    """Rows that nothing but their figures tells apart are one."""
    found: dict[t.Any, Row] = {}
    for row in rows:
        key = tuple(value for value in row.values() if not isinstance(value, Decimal))
        known = found.setdefault(key, row)
        if known is not row:
            known |= {name: known[name] + value for name, value in row.items() if isinstance(value, Decimal)}
    return list(found.values())
