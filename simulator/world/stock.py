"""What moves stock besides sales: documents of the back office (API reference 3.8)."""

from __future__ import annotations

import datetime
import random
import typing as t
from dataclasses import dataclass, field

from simulator.world.units import NANO

if t.TYPE_CHECKING:
    from simulator.readings import Readings
    from simulator.world.corporation import Corporation
    from simulator.world.menu import Menu
    from simulator.world.model import Department, Product
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

    def as_json(self, readings: Readings) -> dict[str, t.Any]:
        """As a server sends it: nulls of the document are left out, those of lines are written (3.8.3)."""
        row = {
            "id": self.id,
            "dateIncoming": self.moment
            + {"minutes": "", "seconds": ":00", "millis": ":00.000"}[readings.document_moments],
            "documentNumber": self.number,
            "status": self.status,
            "conceptionId": self.conception,
            "comment": self.comment,
            "storeId": self.store,
            "accountId": self.account,
        }
        return {
            **{name: value for name, value in row.items() if value is not None},
            "items": [
                {
                    "num": line.num,
                    "productId": line.product.id,
                    "productSizeId": None,
                    "amountFactor": 1,
                    "amount": _number(line.amount),
                    "measureUnitId": line.product.unit.id,
                    "containerId": None,
                    "cost": None if line.cost is None else _number(line.cost),
                }
                for line in self.lines
            ],
        }


def _number(nano: int) -> float | int:
    return nano // NANO if nano % NANO == 0 else nano / NANO


class Stock:
    """The documents of one database."""

    def __init__(self, ids: Ids, seed: int, group: Corporation, menu: Menu) -> None:
        """None yet; a random sequence of their own, so that sales stay as they are."""
        self.ids = ids
        self.rng = random.Random(f"{seed}/stock")
        self.group = group
        self.goods = [product for product in menu.products if product.type == "GOODS"]
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
        )
        count = rng.randint(1, 6)
        document.lines = [
            WriteoffLine(place + 1, product, rng.randint(1, 4000) * (NANO // 1000), None)
            for place, product in enumerate(rng.choices(self.goods, k=count))
        ]
        if count > 3 and number % 4 == 0:
            document.lines[2].num = 1  # a number repeats, and lines come in no order
            document.lines.reverse()
        if number % 8 != 3:
            document.post()
        if number % 8 == 5:
            document.unpost("DELETED")
        self.writeoffs.append(document)
        return document
