"""A business day of one department: what guests ordered, how they paid. The same seed gives the same day."""

from __future__ import annotations

import itertools
import random
import typing as t

from simulator.world.deliveries import make_delivery
from simulator.world.model import (
    Delivery,
    Department,
    Discount,
    Line,
    Order,
    Payment,
    Person,
    Product,
    Session,
    Size,
)
from simulator.world.refunds import make_refund, void
from simulator.world.units import MONEY, NANO, SHARE, Clock, part_id, share_of

if t.TYPE_CHECKING:
    import datetime

    from simulator.readings import Readings
    from simulator.world.corporation import Corporation
    from simulator.world.menu import Menu
    from simulator.world.model import Fiscal
    from simulator.world.units import Ids

WEEK: t.Final = (0.82, 0.85, 0.92, 0.98, 1.2, 1.25, 0.98)
HOURS: t.Final = {12: 2.4, 13: 2.6, 14: 1.6, 18: 1.6, 19: 2.2, 20: 2.2, 21: 1.6, 24: 0.5, 25: 0.4, 26: 0.3, 27: 0.2}
REMOVALS: t.Final = (
    ("Ошибка официанта", "NOT", "DELETED_WITHOUT_WRITEOFF"),
    ("Отказ гостя", "долго ждали", "DELETED_WITH_WRITEOFF"),
    ("Брак кухни", "пересолено", "DELETED_WITH_WRITEOFF"),
)
COMMENTS: t.Final = ("без лука", "поострее", "соус отдельно", "с собой", "подать с горячим", "без льда")
SPLITS: t.Final = (5000, 5000, 3500, 2500, 4000, 6000, 1000, 9110, 1300, 3330)
CARDS: t.Final = ("МИР", "МИР", "VISA", "MASTERCARD")
BANQUET_GUESTS: t.Final = 12
ODD_TABLES: t.Final = 151
ODD_BANQUETS: t.Final = 211
"""Every which order has a value that is not of its field's type."""
FIRST_SHIFT: t.Final = 738_886  # the ordinal of 2024-01-01


class Trade:
    """Makes the orders of a department's day."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a business is made of
        self, ids: Ids, seed: int, group: Corporation, menu: Menu, readings: Readings, receipts_per_day: int
    ) -> None:
        """Trade of one database; ``seed`` drives the choices, ``ids`` the identities."""
        self.ids = ids
        self.seed = seed
        self.group = group
        self.menu = menu
        self.readings = readings
        average = sum(each.busy for each in group.departments) / len(group.departments)
        self.receipts = {each.pk: receipts_per_day * each.busy / average for each in group.departments}
        self.numbers = itertools.count(1)
        self.session_numbers = itertools.count(1)
        self.sessions: dict[tuple[int, int, str], Session] = {}
        self.prices: dict[tuple[int, int, str], int] = {}
        self.fiscal = {register.pk: 10_000 for each in group.departments for register in each.registers}
        self.deliveries = {each.pk: 0 for each in group.departments}
        self.popular = [product for product in menu.products if product.sold for _ in range(product.weight)]
        kitchenless = {"Кофе", "Чай", "Безалкогольные напитки", "Десерты", "Выпечка", "Завтраки", "Салаты и закуски"}
        self.counter = [p for p in self.popular if p.group and p.group.name in kitchenless]
        self.goods = [product for product in menu.products if product.type == "GOODS" and product.sold]
        self.ordinary = [pay for pay in group.pay_types.values() for _ in range(pay.weight)]

    def orders_of(
        self, department: Department, day: datetime.date, earlier: t.Sequence[Order], count: int | None = None
    ) -> list[Order]:
        """The orders of a whole business day, by the time they were opened.

        Args:
            department: where.
            day: the business day.
            earlier: orders that may be refunded on this day.
            count: how many; otherwise as the weekday brings.
        """
        rng = random.Random(f"{self.seed}/{department.pk}/{day}")
        if count is None:
            mean = self.receipts[department.pk] * WEEK[day.weekday()]
            count = max(1, round(mean * rng.uniform(0.9, 1.1)))
        clock = Clock(day)
        hours = range(department.opens, department.closes)
        weights = [HOURS.get(hour, 1.0) for hour in hours]
        starts = sorted(hour * 3600 + rng.random() * 3600 for hour in rng.choices(hours, weights, k=count))
        orders = [self.order(department, day, clock, start, rng, n) for n, start in enumerate(starts, 1)]
        for order in orders:
            if rng.random() < 0.006 and self.readings.refunds == "live" and refundable(order):
                self.void(order)
        sources = [rng.choice(earlier) for _ in range(count) if earlier and rng.random() < 0.005]
        orders.extend(
            self.refund(source, day, starts[-1] + rng.random() * 1800)
            for source in dict.fromkeys(sources)
            if refundable(source)
        )
        if rng.random() < 1 / 12:
            orders.append(self.sales_document(department, day, clock, rng))
        return orders

    def session(self, department: Department, register: int, day: datetime.date) -> Session:
        """The cash shift of a register on a day."""
        key = (department.pk, register, day.isoformat())
        if key not in self.sessions:
            self.sessions[key] = Session(
                next(self.session_numbers),
                self.ids("session", *key),
                day.toordinal() - FIRST_SHIFT + 1,
                department.registers[register],
            )
        return self.sessions[key]

    def order(  # noqa: PLR0913, PLR0917 - where, when, and whose choice
        self, department: Department, day: datetime.date, clock: Clock, start: float, rng: random.Random, number: int
    ) -> Order:
        """An order like any other; ``number`` makes its identity within the day."""
        session = self.session(department, 0 if rng.random() < 0.7 else 1, day)
        session.orders += 1
        key = self.ids("order", department.pk, day, number)
        chance = rng.random
        banquet = not department.counter and chance() < 0.003
        guests = rng.randint(12, 40) if banquet else 1
        if not department.counter and not banquet:
            guests = rng.choice((1, 1, 2, 2, 2, 2, 3, 3, 4, 4, 5, 6))
        elif department.counter and not self.readings.fast_food_guests:
            guests = rng.choice((1, 1, 2))
        stay = 60 + chance() * 240 if department.counter else 1500 + chance() * 5100
        section = rng.choice(department.sections)
        waiter = rng.choice(department.waiters)
        cashier = rng.choice(department.cashiers)
        delivery: Delivery | None = None
        kind = "С собой" if department.counter and chance() < 0.3 else "Обычный заказ"
        if department.delivers and not banquet and chance() < 0.16:
            self.deliveries[department.pk] += 1
            delivery = make_delivery(part_id(key, 100), self.deliveries[department.pk], department, clock, start, rng)
            delivery.customer = self.reported(delivery.customer)
            kind = "Самовывоз" if delivery.pickup else "Доставка курьером"
            guests = 1
        table = None if department.counter or delivery else rng.randint(1, section.tables)
        order = Order(
            pk=next(self.numbers),
            id=key,
            day=day.isoformat(),
            department=department,
            num=session.orders,
            session=session,
            opened=clock.text(int(start)),
            prebill=None if department.counter or delivery else clock.text(start + stay * 0.9),
            closed=clock.text(start + stay),
            type=self.group.order_types[kind],
            section=section,
            table=table,
            waiter=waiter,
            cashier=cashier,
            guests=guests,
            origin=delivery.source if delivery else None,
            external=f"{delivery.source[:2].upper()}-{100000 + number * 37 % 900000}" if delivery else None,
            banquet="TRUE" if banquet else "FALSE",
            delivery=delivery,
        )
        if self.readings.odd_values and order.table and order.pk % ODD_TABLES == 0:
            order.table = f"{order.table}A"
        if self.readings.odd_values and order.pk % ODD_BANQUETS == 0:
            order.banquet = "UNKNOWN"
        if banquet:
            order.comment = "Банкет, подача по готовности"
        elif chance() < 0.02:
            order.comment = self.reported(rng.choice(("У окна", "День рождения ", "Постоянный гость")))
        self.fill(order, key, clock, start, rng)
        return order

    def fill(self, order: Order, key: str, clock: Clock, start: float, rng: random.Random) -> None:
        """The lines of an order, its discounts and its payments."""
        chance = rng.random
        popular = self.counter if order.department.counter else self.popular
        banquet = order.guests >= BANQUET_GUESTS
        many = order.guests // 2 + 6 if banquet else 1 + (chance() < 0.8) + (chance() < 0.6)
        if order.guests > 2 and not banquet:
            many += rng.randint(1, order.guests - 1)
        for _ in range(many):
            product = popular[int(chance() * len(popular))]
            self.dish(order, product, key, clock, start, rng)
        if order.delivery and not order.delivery.pickup and chance() < 0.6:
            self.dish(order, self.menu.product("Доставка"), key, clock, start, rng)
        fate = chance()
        if fate < 0.006:
            self.cancel(order, rng)
            return
        free = fate < 0.018
        if not free:
            self.reduce(order, rng)
            self.leave_out(order, rng)
        for line in order.lines:
            self.settle(line, free=free)
        self.pay(order, key, rng, free=free)

    def dish(  # noqa: PLR0913, PLR0917 - what, when, and whose choice
        self,
        order: Order,
        product: Product,
        key: str,
        clock: Clock,
        start: float,
        rng: random.Random,
    ) -> None:
        """A line and the modifiers that go with it."""
        chance = rng.random
        sizes = product.scale.sizes if product.scale else None
        size = sizes[int(chance() * len(sizes))] if sizes else None
        if product.weighed:
            amount = rng.randint(80, 950) * (NANO // 1000)
        elif order.guests >= BANQUET_GUESTS:
            amount = rng.randint(2, 10) * NANO
        else:
            luck = chance()
            amount = NANO if luck < 0.86 else 2 * NANO if luck < 0.97 else 3 * NANO if luck < 0.99 else NANO // 2
        waiter = order.waiter
        if chance() < 0.05 and not order.department.counter:
            waiter = rng.choice(order.department.waiters)
        printed = clock.text(start + 20 + chance() * 900) if product.type == "DISH" else None
        line = self.line(order, product, size, amount, key, waiter, printed)
        if chance() < 0.03:
            line.comment = rng.choice(COMMENTS)
        line.course = "1" if product.type == "DISH" else None
        if chance() < 0.012:
            remove(line, rng)
        for choice in product.choices:
            wanted = choice.required or chance() < 0.22
            if not wanted:
                continue
            target = rng.choice(choice.children).target if choice.children else choice.target
            child = self.line(order, t.cast("Product", target), None, max(amount, NANO), key, waiter, printed)
            child.parent = line
            child.course = line.course
            if line.deleted != "NOT_DELETED":
                child.deleted, child.removal = line.deleted, line.removal

    def line(  # noqa: PLR0913, PLR0917 - what a line tells
        self,
        order: Order,
        product: Product,
        size: Size | None,
        amount: int,
        key: str,
        waiter: Person | None,
        printed: str | None,
    ) -> Line:
        """A line at today's price and cost."""
        department = order.department
        price = self.price(department, product, size)
        unit_cost = product.cost * (97 + (product.pk + int(order.day[-2:])) % 7) // 100
        if size:
            unit_cost = unit_cost * size.factor // 100
        line = Line(
            id=part_id(key, len(order.lines) + 1),
            product=product,
            size=size,
            amount=amount,
            sum=share_of(price, amount, NANO),
            waiter=waiter,
            store=department.stores[1 if product.accounting.name == "Бар" else 0],
            printed=printed,
            vat_percent=product.tax.percent,
            unit_cost=unit_cost,
        )
        order.lines.append(line)
        return line

    def price(self, department: Department, product: Product, size: Size | None) -> int:
        """The price in this department, in whole roubles."""
        key = (department.pk, product.pk, size.id if size else "")
        if key not in self.prices:
            percent = department.price_factor * (size.factor if size else 100)
            self.prices[key] = share_of(product.price, percent, 10_000 * MONEY) * MONEY
        return self.prices[key]

    def cancel(self, order: Order, rng: random.Random) -> None:
        """The whole order is deleted: nobody pays."""
        order.deleted = True
        order.fiscal = None
        order.prebill = None
        order.authorised = rng.choice(order.department.managers)
        for line in order.lines:
            if line.deleted == "NOT_DELETED":
                line.deleted = "DELETED_WITHOUT_WRITEOFF"
                line.removal = "Заказ отменён"
            self.settle(line)
        order.payments = [Payment(None, None, SHARE, "NO_PAYMENT")]

    def reduce(self, order: Order, rng: random.Random) -> None:
        """Discounts and the surcharge of an order, on all lines that are not deleted."""
        chance = rng.random
        found = list(self.group.discounts.values())
        discounts: list[Discount] = []
        if chance() < 0.14:
            discounts.append(rng.choice(found[:5]))
            if chance() < 0.1 and discounts[0] is not found[4]:
                discounts.append(found[4])
            if discounts[0].name.startswith("Карта"):
                order.guest_card = f"77{rng.randrange(10**6):06}"
        surcharge = found[5] if order.guests >= 6 and order.table is not None else None
        if not discounts and surcharge is None:
            return
        for line in order.lines:
            if line.deleted != "NOT_DELETED" or line.product.type == "SERVICE":
                continue
            line.discounts = tuple((each, share_of(line.sum, each.percent, 100)) for each in discounts)
            if surcharge:
                rest = line.sum - line.discount
                line.surcharges = ((surcharge, share_of(rest, surcharge.percent, 100)),)

    def leave_out(self, order: Order, rng: random.Random) -> None:
        """What live servers take from the revenue of ordinary lines without naming it anywhere (API reference 4.7)."""
        for line in order.lines:
            if rng.random() < 0.02 and line.deleted == "NOT_DELETED" and not self.readings.exact_net:
                line.left_out = share_of(line.sum - line.discount, 325, 10_000)

    def settle(self, line: Line, *, free: bool = False) -> None:
        """What a line comes to; a deleted one keeps its sum as lost revenue, a free one has none (reference 5.3)."""
        deleted = line.deleted != "NOT_DELETED"
        free = free or (deleted and self.readings.deleted_revenue == "zero")
        line.revenue = 0 if free else line.sum - line.discount + line.increase - line.left_out
        if free or deleted:
            line.vat = 0
        else:
            line.vat = share_of(line.revenue, line.vat_percent, 100 + line.vat_percent)

    def pay(self, order: Order, key: str, rng: random.Random, *, free: bool) -> None:
        """One payment or several, each with its part of the order."""
        types = self.group.pay_types
        chance = rng.random
        if free:
            staff = chance() < 0.5
            kind = types["Питание сотрудников" if staff else "За счёт заведения"]
            user = rng.choice(order.department.managers)
            reason = "Питание персонала" if staff else "Комплимент гостю"
            order.payments = [
                Payment(kind, part_id(key, 101), SHARE, "PAYMENT", writeoff_user=user.name, writeoff_reason=reason)
            ]
            order.authorised = user
            return
        aggregator = order.delivery is not None and order.delivery.source == "Агрегатор"
        chosen = [types["Агрегатор доставки"] if aggregator else self.ordinary[int(chance() * len(self.ordinary))]]
        shares = [SHARE]
        if not aggregator and chance() < 0.12:
            first = rng.choice(SPLITS)
            shares = [first, SHARE - first]
            other = rng.choice(self.ordinary)
            chosen.append(other)
            if chance() < 0.08:
                shares = [first, (SHARE - first) // 2, SHARE - first - (SHARE - first) // 2]
                chosen.append(types["Наличные"])
        for number, (kind, share) in enumerate(zip(chosen, shares, strict=True)):
            payment = Payment(kind, part_id(key, 101 + number), share, "PAYMENT")
            if kind.group == "CARD":
                payment.card = rng.choice(CARDS)
            if kind.name == "Безналичный расчёт":
                payment.credit, payment.company = "Смирнов П. (бухгалтерия)", "ООО «Контора»"
            order.payments.append(payment)
        session = order.session
        if session and chosen[0].cheque == "FISCAL" and chance() > 0.02:
            self.fiscal[session.register.pk] += 1
            order.fiscal = self.fiscal_number([self.fiscal[session.register.pk]])

    def fiscal_number(self, numbers: list[int]) -> Fiscal:
        """The numbers of an order's fiscal receipts in one of the forms that iiko gives them (API reference 4.6)."""
        if self.readings.fiscal == "text" or (len(numbers) == 1 and numbers[0] % 3):
            return ", ".join(map(str, numbers))
        return numbers[0] if len(numbers) == 1 and numbers[0] % 2 else numbers

    def reported(self, text: str) -> str:
        """A text as reports show it: with its stray blanks or without them (API reference 4.6)."""
        return text if self.readings.report_blanks else text.strip()

    def void(self, order: Order) -> None:
        """An order comes back on its own day; the return has a fiscal receipt of its own."""
        void(order)
        if order.fiscal is not None and order.session:
            register = order.session.register.pk
            self.fiscal[register] += 1
            first = order.fiscal[0] if isinstance(order.fiscal, list) else int(order.fiscal)
            order.fiscal = self.fiscal_number([first, self.fiscal[register]])

    def refund(self, source: Order, day: datetime.date, start: float) -> Order:
        """The refund of a whole order as an order of its own, booked on ``day``."""
        session = self.session(source.department, 0, day)
        session.orders += 1
        return make_refund(
            source,
            pk=next(self.numbers),
            ids=self.ids,
            day=day,
            session=session,
            start=start,
            readings=self.readings,
        )

    def sales_document(self, department: Department, day: datetime.date, clock: Clock, rng: random.Random) -> Order:
        """Sales that the back office entered by hand: no order, no payment, no waiter (API reference 4.8)."""
        order = Order(
            pk=next(self.numbers),
            id=None,
            day=day.isoformat(),
            department=department,
            num=None,
            session=None,
            opened=clock.text(23 * 3600),
            prebill=None,
            closed=clock.text(23 * 3600),
            type=None,
            section=None,
            table=None,
            waiter=None,
            cashier=None,
            guests=0,
        )
        key = self.ids("document", department.pk, day)
        for product in rng.sample(self.goods, 2):
            line = self.line(order, product, None, rng.randint(1, 5) * NANO, key, None, None)
            self.settle(line)
        order.payments = [Payment(None, None, SHARE, "NO_PAYMENT")]
        return order


def refundable(order: Order) -> bool:
    """Whether guests can have money back for it."""
    return order.counts and any(line.revenue > 0 for line in order.lines)


def remove(line: Line, rng: random.Random) -> None:
    """A line that was deleted after it had been printed."""
    reason, comment, kind = rng.choice(REMOVALS)
    line.deleted = kind
    line.removal = reason
    line.removal_comment = None if comment == "NOT" else comment


def post_cost(line: Line) -> None:
    """The sales document is posted: the line's cost is known from now on (API reference 4.7)."""
    line.cost = 0 if line.deleted == "DELETED_WITHOUT_WRITEOFF" else share_of(line.unit_cost, line.amount, NANO)
