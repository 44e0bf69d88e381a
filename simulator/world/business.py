"""Changes on demand: what makes closed days change in a real restaurant (API reference 5.2).

Every method takes what to change, or finds something suitable by the seeded choice; it raises the ledger's revision and
tells what was touched.
"""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from simulator.world.cash_changes import CASH_KINDS, CashChanges
from simulator.world.ledger_changes import DISHONEST_KINDS, LEDGER_KINDS, LedgerChanges
from simulator.world.refunds import make_refund
from simulator.world.staff_changes import STAFF_KINDS, StaffChanges
from simulator.world.stock_changes import DOCUMENT_KINDS, STOCK_KINDS, StockChanges
from simulator.world.trade import post_cost, refundable, remove
from simulator.world.units import Clock, share_of

if t.TYPE_CHECKING:
    import random

    from simulator.world.ledger import Ledger
    from simulator.world.model import Department, Line, Order, Payment, Product

Day = datetime.date | str | None
Touched = dict[str, t.Any]
Thing = t.TypeVar("Thing")
FORMER: t.Final = 100_000
"""Where the numbers of products begin that have another name now."""
SALES_KINDS: t.Final = [
    "sell",
    "refund",
    "delete_order",
    "delete_line",
    "correct_payment",
    "change_cost",
    "post_cost",
    "lose_order",
    "rename_dish",
    "change_waiter",
    "hold_back",
    "deliver_late",
    "change_guests",
    "add_surcharge",
    "change_vat",
    "next_day",
]
KINDS: t.Final = [*SALES_KINDS, *STOCK_KINDS, *STAFF_KINDS, *CASH_KINDS, *LEDGER_KINDS, "backdate_invoice"]


def _text(day: Day) -> str | None:
    return day.isoformat() if isinstance(day, datetime.date) else day


def _told(*orders: Order, **more: t.Any) -> Touched:
    return {
        "days": sorted({order.day for order in orders}),
        "orders": [order.id for order in orders],
        "departments": sorted({order.department.id for order in orders}),
        **more,
    }


class Business(StockChanges, StaffChanges, CashChanges, LedgerChanges):
    """The hands that change the books."""

    def __init__(self, ledger: Ledger, names_changed: t.Callable[[], None], rng: random.Random) -> None:
        """Of one ledger; ``names_changed`` is called when names of products have."""
        self.ledger = ledger
        self._names_changed = names_changed
        self.rng = rng
        self._sold = 0

    def do(self, kind: str, **options: t.Any) -> Touched:
        """Make a change by its name.

        Raises:
            KeyError: there is no such change.
        """
        if kind not in {*KINDS, *DISHONEST_KINDS}:
            raise KeyError(kind)
        if kind in DOCUMENT_KINDS:
            return self.change_document(*kind.split("_", 1), **options)
        change: t.Callable[..., Touched] = getattr(self, kind)
        return change(**options)

    # Finding something to change

    def _department(self, department: str | None) -> Department:
        """A department by id, code or name."""
        found = self.ledger.group.departments
        if department is None:
            return self.rng.choice(found)
        return _the(found, lambda each: department in {each.id, each.code, each.name}, department)

    def _order(
        self,
        order: str | None,
        day: Day,
        department: str | None,
        fits: t.Callable[[Order], bool] = lambda order: bool(order.lines),
    ) -> Order:
        """The order with that id, or any fitting one of that day and department, of a closed day if none is named."""
        if order is not None:
            return self.ledger.find(order)
        last = self.ledger.last_day.isoformat()
        wanted = _text(day)
        place = self._department(department) if department else None
        fitting = [
            each
            for each in self.ledger.visible()
            if each.counts
            and (each.day == wanted if wanted else each.day < last)
            and (place is None or each.department is place)
            and fits(each)
        ]
        if not fitting:
            message = f"no such order on {wanted or 'a closed day'}"
            raise ValueError(message)
        return self.rng.choice(fitting)

    # Sales

    def sell(self, department: str | None = None, day: Day = None, count: int = 1) -> Touched:
        """More orders; on the open day unless told otherwise."""
        with self.ledger.lock:
            place = self._department(department)
            date = datetime.date.fromisoformat(_text(day) or self.ledger.last_day.isoformat())
            trade, clock = self.ledger.trade, Clock(date)
            orders = []
            for _ in range(count):
                self._sold += 1
                start = self.rng.uniform(place.opens, place.closes) * 3600
                order = trade.order(place, date, clock, start, self.rng, 100_000 + self._sold)
                if date < self.ledger.last_day:
                    for line in order.lines:
                        post_cost(line)
                orders.append(order)
            self.ledger.of(date.isoformat(), place).extend(orders)
            self.ledger.touch(*orders)
            return _told(*orders)

    def refund(
        self, order: str | None = None, on_day: Day = None, day: Day = None, department: str | None = None
    ) -> Touched:
        """An order comes back on ``on_day``, the open day unless told otherwise (API reference 5.3)."""
        with self.ledger.lock:
            refunded = {each.source for each in self.ledger.visible() if each.source}
            source = self._order(order, day, department, lambda each: each not in refunded and refundable(each))
            date = datetime.date.fromisoformat(_text(on_day) or self.ledger.last_day.isoformat())
            trade = self.ledger.trade
            if trade.readings.refunds == "live" and date.isoformat() == source.day:
                trade.void(source)
                self._cost_again(source, source.lines)
                self.ledger.touch(source)
                return _told(source, source=source.id)
            session = trade.session(source.department, 0, date)
            session.orders += 1
            made = make_refund(
                source,
                pk=next(trade.numbers),
                ids=self.ledger.ids,
                day=date,
                session=session,
                start=self.rng.uniform(12, 20) * 3600,
                readings=trade.readings,
            )
            if date < self.ledger.last_day:
                for line in made.lines:
                    post_cost(line)
            self.ledger.of(made.day, made.department).append(made)
            touched = [made, source] if self.ledger.mark(source) else [made]
            self.ledger.touch(*touched)
            return _told(*touched, source=source.id)

    # Deletions

    def delete_order(self, order: str | None = None, day: Day = None, department: str | None = None) -> Touched:
        """A closed order is deleted by the staff."""
        with self.ledger.lock:
            found = self._order(order, day, department)
            for line in found.lines:
                line.discounts = line.surcharges = ()
            self.ledger.trade.cancel(found, self.rng)
            self._cost_again(found, found.lines)
            self.ledger.touch(found)
            return _told(found)

    def delete_line(self, order: str | None = None, day: Day = None, department: str | None = None) -> Touched:
        """A line of a closed order is deleted."""
        with self.ledger.lock:
            found = self._order(
                order, day, department, lambda each: any(line.deleted == "NOT_DELETED" for line in each.lines)
            )
            line = self.rng.choice([each for each in found.lines if each.deleted == "NOT_DELETED"])
            remove(line, self.rng)
            line.discounts = line.surcharges = ()
            self.ledger.trade.settle(line)
            self._cost_again(found, [line])
            self.ledger.touch(found)
            return _told(found, line=line.id)

    def lose_order(self, order: str | None = None, day: Day = None, department: str | None = None) -> Touched:
        """An order vanishes altogether."""
        with self.ledger.lock:
            found = self._order(order, day, department)
            self.ledger.of(found.day, found.department).remove(found)
            self.ledger.lost.add(found)
            self.ledger.touch(found)
            return _told(found)

    def _cost_again(self, order: Order, lines: t.Iterable[Line]) -> None:
        if order.day < self.ledger.last_day.isoformat():
            for line in lines:
                post_cost(line)

    # Corrections

    def correct_payment(self, order: str | None = None, day: Day = None, department: str | None = None) -> Touched:
        """The acceptance of a shift corrects a payment type; all sums stay."""
        with self.ledger.lock:

            def correctable(payment: Payment) -> bool:
                return payment.type is not None and payment.type.group in {"CASH", "CARD"}

            found = self._order(order, day, department, lambda each: any(map(correctable, each.payments)))
            payment = next(each for each in found.payments if correctable(each))
            types = self.ledger.group.pay_types
            was = payment.type
            payment.type = types["Банковская карта" if was is types["Наличные"] else "Наличные"]
            payment.card = "МИР" if payment.type.group == "CARD" else None
            self.ledger.touch(found)
            return _told(found, was=was and was.id, now=payment.type.id)

    def change_guests(
        self, order: str | None = None, day: Day = None, department: str | None = None, guests: int | None = None
    ) -> Touched:
        """The number of guests of a closed order is corrected."""
        with self.ledger.lock:
            found = self._order(order, day, department)
            found.guests = found.guests + 1 if guests is None else guests
            self.ledger.touch(found)
            return _told(found)

    def change_waiter(self, order: str | None = None, day: Day = None, department: str | None = None) -> Touched:
        """Another waiter gets the order and its lines: no sum shows it."""
        with self.ledger.lock:
            found = self._order(order, day, department)
            other = self.rng.choice([each for each in found.department.waiters if each is not found.waiter])
            found.waiter = other
            for line in found.lines:
                line.waiter = other
            self.ledger.touch(found)
            return _told(found, waiter=other.id)

    def add_surcharge(self, order: str | None = None, day: Day = None, department: str | None = None) -> Touched:
        """A surcharge is added to a closed order."""
        with self.ledger.lock:
            surcharge = self.ledger.group.discounts["Обслуживание 10%"]
            found = self._order(
                order,
                day,
                department,
                lambda each: any(_active(line) and not line.surcharges for line in each.lines),
            )
            for line in found.lines:
                if _active(line) and not line.surcharges:
                    line.surcharges = ((surcharge, share_of(line.sum - line.discount, surcharge.percent, 100)),)
                    self.ledger.trade.settle(line)
            self.ledger.touch(found)
            return _told(found)

    def change_vat(
        self, order: str | None = None, day: Day = None, department: str | None = None, percent: int = 10
    ) -> Touched:
        """The VAT rate of a closed order's lines is corrected; the revenue stays."""
        with self.ledger.lock:
            found = self._order(
                order,
                day,
                department,
                lambda each: any(_active(line) and line.vat_percent != percent for line in each.lines),
            )
            for line in found.lines:
                if _active(line):
                    line.vat_percent = percent
                    self.ledger.trade.settle(line)
            self.ledger.touch(found)
            return _told(found)

    # Cost

    def change_cost(self, day: Day = None, factor: float = 1.1, department: str | None = None) -> Touched:
        """A purchase invoice is corrected: what ``day`` (the last closed one) sold cost something else."""
        with self.ledger.lock:
            date = _text(day) or (self.ledger.last_day - datetime.timedelta(days=1)).isoformat()
            orders = self._of_day(date, department)
            millionths = round(factor * 1_000_000)
            for order in orders:
                for line in order.lines:
                    line.unit_cost = share_of(line.unit_cost, millionths, 1_000_000)
                    if line.cost is not None:
                        post_cost(line)
            self.ledger.touch(*orders)
            return {"days": [date], "orders": len(orders)}

    def post_cost(self, day: Day = None, department: str | None = None) -> Touched:
        """The sales documents of a day (the open one) are posted: its cost is known."""
        with self.ledger.lock:
            date = _text(day) or self.ledger.last_day.isoformat()
            orders = self._of_day(date, department)
            for order in orders:
                for line in order.lines:
                    post_cost(line)
            self.ledger.touch(*orders)
            return {"days": [date], "orders": len(orders)}

    def backdate_invoice(self, day: Day = None, factor: float = 1.02) -> Touched:
        """A purchase is entered late: from its day on, write-offs and sales cost something else, without an edit."""
        with self.ledger.lock:
            open_day = self.ledger.last_day.isoformat()
            added = self.change_document("add", "incoming_invoice", day=day)
            (first,) = added["days"]
            days = [each for each in self.ledger.days if first <= each < open_day]
            for each in days:
                self.change_cost(each, factor)
            later = [each for each in self.ledger.stock.writeoffs if each.posted and each.day >= first]
            for document in later:
                self.recalculate_writeoff(document.id, factor)
            return {**added, "days": sorted({*days, *(each.day for each in later)})}

    def _of_day(self, day: str, department: str | None) -> list[Order]:
        places = self.ledger.group.departments if department is None else [self._department(department)]
        return [order for place in places for order in self.ledger.of(day, place)]

    # Names and replication

    def rename_dish(self, product: str | None = None, name: str | None = None) -> Touched:
        """A product gets another name, in the past too: OLAP joins the names of today."""
        with self.ledger.lock:
            products = self.ledger.menu.products
            if product is None:
                found = self.rng.choice([each for each in products if each.sold and each.weight])
            else:
                found = _the(products, lambda each: each.id == product, product)
            was = found.name
            if self.ledger.trade.readings.past_names == "former":
                self._keep_name(found)
            found.name = name or f"{was.strip()} (новый рецепт)"
            self._names_changed()
            self.ledger.touch()
            self.ledger.revisions[found.id] = self.ledger.revision
            return {"days": self.ledger.days, "product": found.id, "was": was, "name": found.name}

    def _keep_name(self, product: Product) -> None:
        """Let closed days keep the name: what they sold is a former product with the same id."""
        menu = self.ledger.menu
        former = dataclasses.replace(product, pk=FORMER + len(menu.former), sold=False)
        menu.former.append(former)
        for (day, _), orders in self.ledger.orders.items():
            if day < self.ledger.last_day.isoformat():
                sold = [(order, line) for order in orders for line in order.lines if line.product is product]
                for order, line in sold:
                    line.product = former
                    self.ledger.changed.add(order)

    def hold_back(self, department: str | None = None, day: Day = None) -> Touched:
        """A department's day has not been replicated yet: nobody sees it until ``deliver_late``."""
        return self._hide(department, day, hidden=True)

    def deliver_late(self, department: str | None = None, day: Day = None) -> Touched:
        """What was held back arrives."""
        return self._hide(department, day, hidden=False)

    def _hide(self, department: str | None, day: Day, *, hidden: bool) -> Touched:
        with self.ledger.lock:
            place = self._department(department)
            date = _text(day) or (self.ledger.last_day - datetime.timedelta(days=1)).isoformat()
            orders = self.ledger.of(date, place)
            for order in orders:
                order.hidden = hidden
            self.ledger.touch(*orders)
            return {"days": [date], "departments": [place.id], "orders": len(orders)}

    def next_day(self) -> Touched:
        """The business lives one more day: the open one closes, its cost is posted, the next one begins."""
        with self.ledger.lock:
            closed = self.ledger.last_day
            self.ledger.next_day()
            self.ledger.touch()
            return {"days": [closed.isoformat(), self.ledger.last_day.isoformat()]}


def _the(things: t.Iterable[Thing], fits: t.Callable[[Thing], bool], name: str) -> Thing:
    found = next(filter(fits, things), None)
    if found is None:
        raise KeyError(name)
    return found


def _active(line: Line) -> bool:
    return line.deleted == "NOT_DELETED" and line.revenue > 0
