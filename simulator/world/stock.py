"""Write-offs, and everything else of the back office that moves stock (API reference 3.8)."""

from __future__ import annotations

import datetime
import random
import typing as t
from dataclasses import dataclass, field

from simulator.world.bookkeeping import Bookkeeping
from simulator.world.documents import CostedDocument, StockLine
from simulator.world.invoices import Invoices
from simulator.world.store_work import StoreWork
from simulator.world.units import NANO

if t.TYPE_CHECKING:
    from simulator.world.corporation import Corporation
    from simulator.world.documents import Document
    from simulator.world.menu import Menu
    from simulator.world.model import Department
    from simulator.world.units import Ids

REASONS: t.Final = ("порча", "бой", "  дегустация ", None)
AHEAD: t.Final = (5, 40, 300)
"""Days beyond the open one of which there are documents already."""


@dataclass(slots=True, eq=False, kw_only=True)
class Writeoff(CostedDocument):
    """A write-off."""

    store: str
    account: str
    conception: str | None
    invoice: str | None
    """The outgoing invoice that it comes from, written by another program."""
    production: str | None
    """The same of a production document."""
    lines: list[StockLine] = field(default_factory=list)


class Stock:
    """The documents of one database."""

    def __init__(self, ids: Ids, seed: int, group: Corporation, menu: Menu, receipts_per_day: int) -> None:
        """None yet; a random sequence for each family, so that all others and the sales stay as they are."""
        self.ids = ids
        self.rng = random.Random(f"{seed}/stock")
        self.group = group
        self.goods = [product for product in menu.products if product.type == "GOODS"]
        self.sized = [product for product in menu.products if product.scale]
        self.writeoffs: list[Writeoff] = []
        self.invoices = Invoices(ids, seed, group, menu, receipts_per_day)
        self.work = StoreWork(ids, seed, menu, receipts_per_day)
        self.bookkeeping = Bookkeeping(ids, seed, menu, receipts_per_day)
        self.recalculations = 0
        """How often iiko found another cost without an edit."""
        self._numbers = 0

    @property
    def families(self) -> dict[str, list[t.Any]]:
        """The documents that can be changed on demand."""
        return {
            "writeoff": self.writeoffs,
            "incoming_invoice": self.invoices.incoming,
            "outgoing_invoice": self.invoices.outgoing,
            "internal_transfer": self.work.transfers,
        }

    def live(self, day: datetime.date) -> None:
        """A business day of every department."""
        for department in self.group.departments:
            if self.rng.random() < 0.8:
                self.add(department, day)
            self.invoices.live(department, day)
            self.work.live(department, day)
            self.bookkeeping.live(department, day)

    def look_ahead(self, last_day: datetime.date) -> None:
        """Documents that are dated after the open day."""
        for days in AHEAD:
            document = self.add(self.group.departments[0], last_day + datetime.timedelta(days=days))
            document.unpost("NEW")
        ahead = last_day + datetime.timedelta(days=AHEAD[0])
        for family in ("incoming_invoice", "outgoing_invoice", "internal_transfer"):
            self.add_to(family, self.group.departments[0], ahead).unpost("NEW")

    def add_to(self, family: str, department: Department, day: datetime.date, **more: t.Any) -> Document:
        """A document of that family, on that day."""
        match family:
            case "writeoff":
                return self.add(department, day)
            case "incoming_invoice":
                return self.invoices.buy(department, day, **more)
            case "outgoing_invoice":
                return self.invoices.ship(department, day)
            case "internal_transfer":
                return self.work.transfer(department, day)
            case _:
                return self.work.count(department, day)

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
            StockLine(place + 1, product, rng.randint(1, 4000) * (NANO // 1000))
            for place, product in enumerate(rng.choices(self.goods, k=count))
        ]
        self._pack(document.lines, number)
        if count > 3 and number % 4 == 0:
            document.lines[2].num = 1  # a number repeats, and lines come in no order
            document.lines.reverse()
        document.settle(number, 8)
        self.writeoffs.append(document)
        return document

    def _pack(self, lines: list[StockLine], number: int) -> None:
        """Some lines are counted in boxes, and now and then the first one is a dish in one of its sizes."""
        for line in lines[number % 3 :: 3]:
            line.container = self.ids("container", line.product.pk)
        if number % 6 == 0:
            first, dish = lines[0], self.sized[number // 6 % len(self.sized)]
            sizes = dish.scale.sizes if dish.scale else []
            first.product, first.size, first.container = dish, sizes[number // 6 % len(sizes)], None
