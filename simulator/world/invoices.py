"""What is bought and what is sold by invoice (API reference 3.8.1, 3.8.2)."""

from __future__ import annotations

import datetime
import random
import typing as t
from dataclasses import dataclass, field

from simulator.world.documents import CostedDocument, Document, StockLine
from simulator.world.staff import SUPPLIERS
from simulator.world.units import MONEY, NANO, share_of

if t.TYPE_CHECKING:
    from simulator.world.corporation import Corporation
    from simulator.world.menu import Menu
    from simulator.world.model import Department, Product
    from simulator.world.units import Ids

GRAM: t.Final = NANO // 1000
IN_BOX: t.Final = 12
"""Pieces in a container, as the product list tells."""
BOUGHT: t.Final = 133
"""Roubles that a line of an incoming invoice comes to, for each receipt of an average day."""
AT_LEAST: t.Final = 20
"""Receipts a day that are bought for, since the smallest business has write-offs, too."""
DISTRIBUTIONS: t.Final = ("DISTRIBUTION_BY_SUM", "DISTRIBUTION_BY_AMOUNT", "DISTRIBUTION_NOT_SPECIFIED")
NEVER_BOUGHT: t.Final = "Мерло, бутылка"
"""It came from nowhere, so a store owes it (``opening.py``)."""


@dataclass(slots=True, eq=False, kw_only=True)
class InvoiceLine:
    """A line of an incoming invoice: quantity and price in billionths, sums in kopecks with VAT."""

    num: int
    product: Product | None
    amount: int
    price: int
    sum: int
    vat_percent: int
    vat: int
    store: str
    discount: int = 0
    container: str | None = None
    expense: bool = False
    """Transport and the like: no goods."""
    supplier_product: str | None = None
    supplier_article: str | None = None
    producer: str | None = None
    customs: str | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class IncomingInvoice(Document):
    """A purchase."""

    department: Department
    supplier: str | None
    store: str
    told_moment: bool
    """Whether it says when it counts; else the supplier's date does."""
    paper_number: str | None
    paper_date: str
    """On the supplier's paper, with or without a time."""
    transport_number: str | None
    facture: str
    """The number of the supplier's tax invoice, mostly empty."""
    due: str | None
    conception: str | None
    receiver: str | None
    """The employee who takes the debt over."""
    outgoing: str | None
    """The outgoing invoice of the other firm."""
    distribution: str
    lines: list[InvoiceLine] = field(default_factory=list)

    def move(self, day: str) -> None:
        """The supplier's date goes along where it is the only one."""
        self.moment = day + self.moment[10:]
        if not self.told_moment:
            self.paper_date = day + self.paper_date[10:]


@dataclass(slots=True, eq=False)
class ShippedLine(StockLine):
    """A line of an outgoing invoice: its price in billionths, sums in kopecks with VAT."""

    price: int = 0
    sum: int = 0
    discount: int = 0
    vat_percent: int = 0
    vat: int = 0


@dataclass(slots=True, eq=False, kw_only=True)
class OutgoingInvoice(CostedDocument):
    """A sale to a firm."""

    department: Department
    counteragent: str | None
    store: str
    account: str
    """Where the cost goes."""
    revenue: str
    conception: str | None
    incoming: str | None
    """The incoming invoice of the other firm."""
    lines: list[ShippedLine] = field(default_factory=list)


class Invoices:
    """Both kinds, of one database."""

    def __init__(self, ids: Ids, seed: int, group: Corporation, menu: Menu, receipts_per_day: int) -> None:
        """None yet."""
        self.ids = ids
        self.rng = random.Random(f"{seed}/invoices")
        self.group = group
        goods = [each for each in menu.products if each.type == "GOODS" and each.name.strip() != NEVER_BOUGHT]
        self.goods = [each for each in goods for _ in range(1 if each.sold else 4)]
        self.receipts = max(receipts_per_day, AT_LEAST)
        self.incoming: list[IncomingInvoice] = []
        self.outgoing: list[OutgoingInvoice] = []

    def live(self, department: Department, day: datetime.date) -> None:
        """About three purchases and two sales a week."""
        if self.rng.random() < 3 / 7:
            self.buy(department, day)
        if self.rng.random() < 1 / 4:
            self.ship(department, day)

    def buy(self, department: Department, day: datetime.date, lines: int = 0) -> IncomingInvoice:
        """A purchase of a day; ``lines`` if it must have so many."""
        rng, number = self.rng, len(self.incoming) + 1
        store = department.stores[number % 2].id
        paper = day - datetime.timedelta(days=rng.randrange(4) if number % 5 else 0)
        due = day + datetime.timedelta(days=14)
        invoice = IncomingInvoice(
            id=self.ids("incoming invoice", number),
            moment=f"{day}T{rng.choice((0, 1, 8, 10, 23)):02}:{rng.randrange(60):02}:00",
            number=f"{number:05}",
            comment=rng.choice(("", "", "пересорт, акт подписан", None)),
            department=department,
            supplier=None if number % 17 == 0 else self.ids("supplier", rng.randrange(len(SUPPLIERS))),
            store=store,
            told_moment=number % 5 != 0,
            paper_number=f"А-{number * 7 % 1000}" if number % 4 else None,
            paper_date=f"{paper}" if number % 3 else f"{paper}T00:00:00",
            transport_number=f"ТТН-{number}" if number % 6 == 0 else None,
            facture=f"СФ-{number}" if number % 3 == 1 else "",
            due=(f"{due}", f"{due}T00:00:00", None)[number % 3],
            conception=department.conception.id if number % 2 else None,
            receiver=department.managers[0].id if number % 11 == 0 else None,
            outgoing=self.ids("outgoing invoice", number) if number % 10 == 6 else None,
            distribution=DISTRIBUTIONS[number % 3],
        )
        count = lines or (1 if number % 7 == 3 else rng.randint(1, 6))
        invoice.lines = [self._line(place + 1, store, rng.choice(self.goods)) for place in range(count)]
        self._spoil(invoice, number)
        invoice.settle(number, 8)
        self.incoming.append(invoice)
        return invoice

    def _line(self, num: int, store: str, product: Product) -> InvoiceLine:
        """What is bought costs within some percent what sales say that it costs."""
        unit = share_of(product.cost, self.rng.randint(92, 108), 100) // (NANO // MONEY) * (NANO // MONEY)
        roubles = self.rng.uniform(0.5, 1.5) * BOUGHT * self.receipts
        step = NANO if product.sold else GRAM
        amount = max(1, int(roubles * NANO * (NANO // step) / unit)) * step
        total = share_of(unit, amount, NANO * (NANO // MONEY))
        boxed = product.sold and num % 2 == 0
        return InvoiceLine(
            num=num,
            product=product,
            amount=amount,
            price=unit * IN_BOX if boxed else unit,
            sum=total,
            vat_percent=product.tax.percent,
            vat=share_of(total, product.tax.percent, 100 + product.tax.percent),
            store=store,
            container=self.ids("container", product.pk) if boxed else None,
            supplier_product=self.ids("supplier product", product.pk) if num % 3 == 0 else None,
            supplier_article=f"П-{product.pk}" if num % 3 == 0 else None,
            producer="АО «Завод № 3»" if product.sold else None,
            customs=f"10702070/010126/{product.pk:07}" if num == 4 else "",
        )

    @staticmethod
    def _spoil(invoice: IncomingInvoice, number: int) -> None:
        """What makes old documents hard to read: no order, numbers that repeat, lines without a product."""
        lines = invoice.lines
        if number % 4 == 1:
            price = 350 * NANO
            lines.append(
                InvoiceLine(
                    num=len(lines) + 1,
                    product=None,
                    amount=NANO,
                    price=price,
                    sum=350 * MONEY,
                    vat_percent=0,
                    vat=0,
                    store=invoice.store,
                    expense=True,
                )
            )
        if len(lines) > 2 and number % 3 == 0:
            lines[2].num = 1
        if len(lines) > 1 and number % 2 == 0:
            lines.reverse()
        if len(lines) > 1 and number % 6 == 2:
            discount = share_of(lines[0].sum, 5, 100)
            lines[0].sum, lines[0].discount = lines[0].sum - discount, discount
            lines[0].vat = share_of(lines[0].sum, lines[0].vat_percent, 100 + lines[0].vat_percent)

    def ship(self, department: Department, day: datetime.date) -> OutgoingInvoice:
        """A sale of a day."""
        rng, number = self.rng, len(self.outgoing) + 1
        store = department.stores[number % 2].id
        invoice = OutgoingInvoice(
            id=self.ids("outgoing invoice", number),
            moment=f"{day}T{rng.choice((1, 11, 23)):02}:{rng.randrange(60):02}:00",
            number=str(number),
            comment=("", "самовывоз")[number % 2],
            department=department,
            counteragent=None if number % 9 == 0 else self.ids("supplier", rng.randrange(3)),
            store=store,
            account=self.ids("account", "Расход продуктов"),
            revenue=self.ids("account", "Торговая выручка"),
            conception=department.conception.id if number % 2 else None,
            incoming=self.ids("incoming invoice", number) if number % 5 == 0 else None,
        )
        picked = [rng.choice(self.goods) for _ in range(rng.randint(1, 4))]
        invoice.lines = [self._shipped(place + 1, product) for place, product in enumerate(picked)]
        invoice.settle(number, 6)
        self.outgoing.append(invoice)
        return invoice

    def _shipped(self, num: int, product: Product) -> ShippedLine:
        price = product.cost * 13 // 10 // (NANO // MONEY) * (NANO // MONEY)
        amount = self.rng.randint(1, 10) * NANO if product.sold else self.rng.randint(100, 5000) * GRAM
        whole = share_of(price, amount, NANO * (NANO // MONEY))
        discount = share_of(whole, 10, 100) if num == 3 else 0
        return ShippedLine(
            num,
            product,
            amount,
            container=self.ids("container", product.pk) if product.sold and num % 2 == 0 else None,
            price=price,
            sum=whole - discount,
            discount=discount,
            vat_percent=product.tax.percent,
            vat=share_of(whole - discount, product.tax.percent, 100 + product.tax.percent),
        )
