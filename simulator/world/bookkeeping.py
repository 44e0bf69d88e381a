"""What no method lists as a document and the ledger alone knows: returns, services, postings by hand (3.8.4)."""

from __future__ import annotations

import random
import typing as t
from dataclasses import dataclass, field

from simulator.world.documents import Document, StockLine
from simulator.world.staff import SUPPLIERS
from simulator.world.units import MONEY, NANO

if t.TYPE_CHECKING:
    import datetime

    from simulator.world.menu import Menu
    from simulator.world.model import Department
    from simulator.world.units import Ids

GRAM: t.Final = NANO // 1000
RETURN_EVERY: t.Final = 11
SERVICE_EVERY: t.Final = 7
MANUAL_EVERY: t.Final = 10
REMARKS: t.Final = ("листовки, Кузнецова", "", None)


@dataclass(slots=True, eq=False, kw_only=True)
class ReturnedInvoice(Document):
    """Goods go back to a supplier, at what they cost."""

    department: Department
    supplier: str
    store: str
    lines: list[StockLine] = field(default_factory=list)


@dataclass(slots=True, eq=False, kw_only=True)
class ServiceAct(Document):
    """A service is bought: no goods."""

    department: Department
    supplier: str
    sum: int
    """Kopecks."""


@dataclass(slots=True, eq=False, kw_only=True)
class ManualPosting:
    """What a bookkeeper enters by hand; accounts are named."""

    moment: str
    department: Department
    debit: str
    credit: str
    sum: int
    """Kopecks."""
    comment: str | None


class Misreport(t.NamedTuple):
    """What TRANSACTIONS tells wrongly, on a server that is not honest: the first posting of a type since a day."""

    kind: str
    since: str
    side: str | None
    """DEBIT or CREDIT; None: both of them."""
    more: int
    """Billionths that it tells too much."""


class Bookkeeping:
    """Of one database."""

    def __init__(self, ids: Ids, seed: int, menu: Menu, receipts_per_day: int) -> None:
        """Nothing yet."""
        self.ids = ids
        self.rng = random.Random(f"{seed}/bookkeeping")
        self.receipts = receipts_per_day
        self.raw = [each for each in menu.products if each.type == "GOODS" and not each.sold]
        self.returns: list[ReturnedInvoice] = []
        self.services: list[ServiceAct] = []
        self.manual: list[ManualPosting] = []
        self.misreported: list[Misreport] = []

    def live(self, department: Department, day: datetime.date) -> None:
        """Each in turn."""
        turn = day.toordinal() + department.pk
        if turn % RETURN_EVERY == 0:
            self.give_back(department, day)
        if turn % SERVICE_EVERY == 0:
            self.serve(department, day)
        if turn % MANUAL_EVERY == 0:
            self.enter(department, day)

    def give_back(self, department: Department, day: datetime.date) -> ReturnedInvoice:
        """Something was bad."""
        number = len(self.returns) + 1
        lines = [
            StockLine(place + 1, product, self.rng.randint(10, 90) * GRAM)
            for place, product in enumerate(self.rng.sample(self.raw, 2))
        ]
        for line in lines:
            line.cost = line.amount * line.product.cost // NANO
        made = ReturnedInvoice(
            id=self.ids("returned invoice", number),
            moment=f"{day}T12:15",
            number=f"В-{number:03}",
            status="PROCESSED",
            department=department,
            supplier=self._supplier(),
            store=department.stores[0].id,
            lines=lines,
        )
        self.returns.append(made)
        return made

    def serve(self, department: Department, day: datetime.date) -> ServiceAct:
        """Laundry, repairs."""
        number = len(self.services) + 1
        made = ServiceAct(
            id=self.ids("service act", number),
            moment=f"{day}T15:00",
            number=f"У-{number:03}",
            status="PROCESSED",
            department=department,
            supplier=self._supplier(),
            sum=self.rng.randint(10, 40) * self.receipts * MONEY,
        )
        self.services.append(made)
        return made

    def enter(self, department: Department, day: datetime.date) -> ManualPosting:
        """Advertising, paid in cash."""
        made = ManualPosting(
            moment=f"{day}T17:45",
            department=department,
            debit="Реклама",
            credit="Главная касса",
            sum=self.rng.randint(5, 30) * self.receipts * MONEY,
            comment=self.rng.choice(REMARKS),
        )
        self.manual.append(made)
        return made

    def _supplier(self) -> str:
        return self.ids("supplier", self.rng.randrange(len(SUPPLIERS)))
