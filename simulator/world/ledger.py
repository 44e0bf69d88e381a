"""The books of the whole group: every order by business day and department, and a revision that any change raises."""

from __future__ import annotations

import contextlib
import datetime
import gc
import threading
import typing as t

from simulator.world.accounts import build_accounts
from simulator.world.cash import Cash
from simulator.world.plans import Plans
from simulator.world.presence import Presence
from simulator.world.recipes import Recipes
from simulator.world.staff import Staff
from simulator.world.stock import Stock
from simulator.world.trade import WEEK, Trade, post_cost

if t.TYPE_CHECKING:
    from simulator.readings import Readings
    from simulator.world.corporation import Corporation
    from simulator.world.menu import Menu
    from simulator.world.model import Department, Order
    from simulator.world.units import Ids

REFUND_DAYS = 9
OPEN_PART = 0.55
"""How far the last day has come."""

FIRST_REVISION = 1

Key = tuple[str, int]


@contextlib.contextmanager
def without_gc() -> t.Iterator[None]:
    """Many small objects that stay: looking for garbage among them doubles the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Ledger:
    """The orders of a database. Changes go through ``lock`` and end with ``touch``."""

    def __init__(  # noqa: PLR0913 - the size of the business
        self,
        ids: Ids,
        seed: int,
        group: Corporation,
        menu: Menu,
        readings: Readings,
        *,
        last_day: datetime.date,
        days: int,
        receipts_per_day: int,
    ) -> None:
        """Live through ``days`` business days up to ``last_day``, which is still open."""
        self.ids = ids
        self.group = group
        self.menu = menu
        self.trade = Trade(ids, seed, group, menu, readings, receipts_per_day)
        self.accounts = build_accounts(ids, group)
        self.staff = Staff(ids, group)
        self.recipes = Recipes(menu)
        self.stock = Stock(ids, seed, group, menu, receipts_per_day)
        self.lock = threading.RLock()
        self.revision = FIRST_REVISION
        self.revisions: dict[str, int] = {}
        """Of the entities that changed, by id."""
        self.orders: dict[Key, list[Order]] = {}
        self.pending: dict[int, list[Order]] = {}
        """By department: what guests will still order on the open day."""
        self.presence = Presence(ids, seed, group, self.staff, self.orders)
        self.plans = Plans(group, self.trade.receipts, WEEK)
        self.changed: set[Order] = set()
        """Orders that changed since they were last taken over by the OLAP engine."""
        self.lost: set[Order] = set()
        self.first_day = last_day - datetime.timedelta(days=days - 1)
        self.last_day = self.first_day
        self.cash = Cash(
            ids,
            seed,
            self.staff,
            self.orders,
            self.trade.sessions,
            first_day=self.first_day,
            today=lambda: self.last_day,
        )
        with without_gc():
            self._open(self.first_day)
            for _ in range(days - 1):
                self.next_day()
        self.stock.look_ahead(self.last_day)
        self.presence.look_back(self.last_day)
        self.revision = FIRST_REVISION
        self.changed.clear()

    def next_day(self) -> None:
        """Close the open day, post its cost, open the next one."""
        day = self.last_day.isoformat()
        for department in self.group.departments:
            orders = self.orders[day, department.pk]
            orders += self.pending.pop(department.pk)
            for order in orders:
                if order.source:
                    self.mark(order.source)
                for line in order.lines:
                    if line.cost is None:
                        post_cost(line)
            self.changed.update(orders)
        self._open(self.last_day + datetime.timedelta(days=1))

    def _open(self, day: datetime.date) -> None:
        self.last_day = day
        for each in (self.stock, self.presence, self.plans):
            each.live(day)
        for department in self.group.departments:
            earlier = [
                order
                for back in range(1, REFUND_DAYS + 1)
                for order in self.orders.get(((day - datetime.timedelta(days=back)).isoformat(), department.pk), ())
            ]
            refunded = {order.source for order in earlier if order.source}
            orders = self.trade.orders_of(department, day, [order for order in earlier if order not in refunded])
            so_far = max(1, int(len(orders) * OPEN_PART))
            self.orders[day.isoformat(), department.pk] = orders[:so_far]
            self.pending[department.pk] = orders[so_far:]
            self.changed.update(orders[:so_far])
            for order in orders[:so_far]:
                if order.source:
                    self.mark(order.source)

    def mark(self, source: Order) -> bool:
        """Mark a refunded order, on servers that do (API reference 5.2)."""
        if self.trade.readings.refund_marks_source:
            source.storned = True
            self.changed.add(source)
        return self.trade.readings.refund_marks_source

    def touch(self, *orders: Order) -> None:
        """Note that orders changed, were added or were lost: whoever asks from now on sees it."""
        self.changed.update(orders)
        self.revision += 1

    @property
    def state(self) -> tuple[int, int]:
        """What any change raises, be it one that iiko makes without a word."""
        return self.revision, self.stock.recalculations

    @property
    def days(self) -> list[str]:
        """The business days, oldest first."""
        return sorted({day for day, _ in self.orders})

    def of(self, day: str, department: Department) -> list[Order]:
        """The orders of a department's day, those that are held back included."""
        return self.orders.setdefault((day, department.pk), [])

    def visible(self) -> t.Iterator[Order]:
        """All orders that a report may show."""
        for key in sorted(self.orders):
            for order in self.orders[key]:
                if not order.hidden:
                    yield order

    def heard_of(self, department: Department) -> datetime.date:
        """Up to which day a department's data have arrived: no day before it is held back."""
        ours = ((day, orders) for (day, pk), orders in self.orders.items() if pk == department.pk)
        late = [day for day, orders in ours if any(order.hidden for order in orders)]
        return datetime.date.fromisoformat(min(late)) - datetime.timedelta(days=1) if late else self.last_day

    def find(self, identity: str) -> Order:
        """The order with that id.

        Raises:
            KeyError: there is none.
        """
        for orders in self.orders.values():
            for order in orders:
                if order.id == identity:
                    return order
        raise KeyError(identity)

    def counts(self) -> tuple[int, int]:
        """How many receipts and how many lines; a department's sales of a day without an order are one receipt."""
        orders = list(self.visible())
        receipts = {order.id or (order.day, order.department.id) for order in orders}
        return len(receipts), sum(len(order.lines) for order in orders)
