"""What moves stock besides sales: documents of the back office (API reference 3.8)."""

from __future__ import annotations

import datetime
import random
import typing as t
from dataclasses import dataclass, field

from simulator.world.units import NANO

if t.TYPE_CHECKING:
    from simulator.world.corporation import Corporation
    from simulator.world.menu import Menu
    from simulator.world.model import Department, Product, Size
    from simulator.world.units import Ids

STATUSES: t.Final = ("PROCESSED", "NEW", "DELETED")
REASONS: t.Final = ("порча", "бой", "  дегустация ", None)
AHEAD: t.Final = (5, 40, 300)
"""Days beyond the open one of which there are documents already."""


@dataclass(slots=True, eq=False)
class WriteoffLine:
    """A line; amounts and cost in billionths."""

    num: int
    product: Product
    amount: int
    cost: int | None
    size: Size | None = None
    container: str | None = None


@dataclass(slots=True, eq=False)
class Writeoff:
    """A write-off."""

    id: str
    moment: str
    """Wall clock to the minute."""
    number: str
    status: str
    store: str
    account: str
    conception: str | None
    comment: str | None
    invoice: str | None
    """The outgoing invoice that it comes from, written by another program."""
    production: str | None
    """The same of a production document."""
    lines: list[WriteoffLine] = field(default_factory=list)

    @property
    def day(self) -> str:
        """By which it is listed."""
        return self.moment[:10]

    def post(self) -> None:
        """Its cost is known from now on; that of the whole quantity of a line."""
        self.status = "PROCESSED"
        for line in self.lines:
            line.cost = line.amount * line.product.cost // NANO

    def unpost(self, status: str) -> None:
        """It has no postings any more."""
        self.status = status
        for line in self.lines:
            line.cost = None


class Stock:
    """The documents of one database."""

    def __init__(self, ids: Ids, seed: int, group: Corporation, menu: Menu) -> None:
        """None yet; a random sequence of their own, so that sales stay as they are."""
        self.ids = ids
        self.rng = random.Random(f"{seed}/stock")
        self.group = group
        self.goods = [product for product in menu.products if product.type == "GOODS"]
        self.sized = [product for product in menu.products if product.scale]
        self.writeoffs: list[Writeoff] = []
        self._numbers = 0

    def live(self, day: datetime.date) -> None:
        """A business day of every department."""
        for department in self.group.departments:
            if self.rng.random() < 0.8:
                self.add(department, day)

    def look_ahead(self, last_day: datetime.date) -> None:
        """Documents that are dated after the open day."""
        for days in AHEAD:
            document = self.add(self.group.departments[0], last_day + datetime.timedelta(days=days))
            document.unpost("NEW")

    def add(self, department: Department, day: datetime.date) -> Writeoff:
        """A document of a day."""
        rng, self._numbers = self.rng, self._numbers + 1
        number = self._numbers
        hour = rng.choice((0, 1, 9, 14, 23))
        document = Writeoff(
            id=self.ids("writeoff", number),
            moment=f"{day}T{hour:02}:{rng.randrange(60):02}",
            number=f"{number:04}",
            status="NEW",
            store=rng.choice(department.stores).id,
            account=self.ids("account", rng.choice(("Порча", "Недостача инвентаризации"))),
            conception=department.conception.id if number % 3 else None,
            comment=rng.choice(REASONS),
            invoice=self.ids("outgoing invoice", number) if number % 10 == 4 else None,
            production=self.ids("production", number) if number % 10 == 7 else None,
        )
        count = rng.randint(1, 6)
        document.lines = [
            WriteoffLine(place + 1, product, rng.randint(1, 4000) * (NANO // 1000), None)
            for place, product in enumerate(rng.choices(self.goods, k=count))
        ]
        self._pack(document.lines, number)
        if count > 3 and number % 4 == 0:
            document.lines[2].num = 1  # a number repeats, and lines come in no order
            document.lines.reverse()
        if number % 8 != 3:
            document.post()
        if number % 8 == 5:
            document.unpost("DELETED")
        self.writeoffs.append(document)
        return document

    def _pack(self, lines: list[WriteoffLine], number: int) -> None:
        """Some lines are counted in boxes, and now and then the first one is a dish in one of its sizes."""
        for line in lines[number % 3 :: 3]:
            line.container = self.ids("container", line.product.pk)
        if number % 6 == 0:
            first, dish = lines[0], self.sized[number // 6 % len(self.sized)]
            sizes = dish.scale.sizes if dish.scale else []
            first.product, first.size, first.container = dish, sizes[number // 6 % len(sizes)], None
