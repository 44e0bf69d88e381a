"""What happens between stores and in them: transfers, inventories, semi-finished goods, corrected cost (3.8.3, 3.8.4).

Only transfers can be listed as documents; the others are known by their movements alone (3.9.2).
"""

from __future__ import annotations

import random
import typing as t
from dataclasses import dataclass, field

from simulator.world.documents import CostedDocument, Document, StockLine
from simulator.world.units import NANO

if t.TYPE_CHECKING:
    import datetime

    from simulator.world.menu import Menu
    from simulator.world.model import Department
    from simulator.world.units import Ids

GRAM: t.Final = NANO // 1000
SECONDS: t.Final = ("", ":00", ":12.340")
"""A moment is to the minute, to the second, or finer."""
INVENTORY_EVERY: t.Final = 14
PRODUCTION_EVERY: t.Final = 4
CORRECTION_EVERY: t.Final = 9


@dataclass(slots=True, eq=False, kw_only=True)
class InternalTransfer(CostedDocument):
    """Goods go from one store to another."""

    source: str
    target: str
    conception: str | None
    lines: list[StockLine] = field(default_factory=list)


@dataclass(slots=True, eq=False, kw_only=True)
class StoreAct(Document):
    """A document of one store that no method lists."""

    department: Department
    store: str
    lines: list[StockLine] = field(default_factory=list)
    """Of an inventory: what there was too much, or too little of if negative; of a production act: what was made."""


@dataclass(slots=True, eq=False)
class CostCorrection:
    """What iiko adds to the value of a store by itself; it has no document."""

    moment: str
    department: Department
    store: str
    line: StockLine


class StoreWork:
    """Of one database."""

    def __init__(self, ids: Ids, seed: int, menu: Menu, receipts_per_day: int) -> None:
        """Nothing yet."""
        self.ids = ids
        self.rng = random.Random(f"{seed}/store work")
        self.receipts = receipts_per_day
        self.raw = [each for each in menu.products if each.type == "GOODS" and not each.sold]
        self.prepared = [each for each in menu.products if each.type == "PREPARED"]
        self.transfers: list[InternalTransfer] = []
        self.inventories: list[StoreAct] = []
        self.productions: list[StoreAct] = []
        self.corrections: list[CostCorrection] = []

    def live(self, department: Department, day: datetime.date) -> None:
        """Two transfers a week; inventories, production and corrections in turn."""
        if self.rng.random() < 1 / 4:
            self.transfer(department, day)
        turn = day.toordinal() + department.pk
        if turn % INVENTORY_EVERY == 0:
            self.count(department, day)
        if turn % PRODUCTION_EVERY == 0:
            self.produce(department, day)
        if turn % CORRECTION_EVERY == 0:
            self.correct(department, day)

    def transfer(self, department: Department, day: datetime.date) -> InternalTransfer:
        """Between the stores of a department."""
        rng, number = self.rng, len(self.transfers) + 1
        source, target = department.stores[:: 1 if number % 2 else -1]
        moment = f"{day}T{rng.choice((1, 9, 16)):02}:{rng.randrange(60):02}{SECONDS[number % 3]}"
        transfer = InternalTransfer(
            id=self.ids("transfer", number),
            moment=moment,
            number=f"{number:04}",
            comment=(None, "на бар ", "")[number % 3],
            source=source.id,
            target=target.id,
            conception=department.conception.id if number % 4 == 0 else None,
            lines=[
                StockLine(place + 1, product, rng.randint(1, 900) * GRAM)
                for place, product in enumerate(rng.choices(self.raw, k=rng.randint(1, 4)))
            ],
        )
        for line in transfer.lines[number % 2 :: 2]:
            line.container = self.ids("container", line.product.pk)
        if len(transfer.lines) > 2 and number % 2 == 0:
            transfer.lines[2].num = 1
        transfer.settle(number, 7)
        self.transfers.append(transfer)
        return transfer

    def count(self, department: Department, day: datetime.date) -> StoreAct:
        """An inventory: something is missing, and of something there is too much."""
        number = len(self.inventories) + 1
        short, over = self.rng.sample(self.raw, 2)
        lines = [
            StockLine(1, short, -self.rng.randint(20, 900) * GRAM),
            StockLine(2, over, self.rng.randint(20, 400) * GRAM),
        ]
        act = self._act("inventory", number, department, f"{day}T23:00", lines)
        self.inventories.append(act)
        return act

    def produce(self, department: Department, day: datetime.date) -> StoreAct:
        """Semi-finished goods are made of raw ones, in the first store."""
        number = len(self.productions) + 1
        product = self.prepared[number % len(self.prepared)]
        lines = [StockLine(1, product, self.rng.randint(50, 400) * self.receipts * GRAM)]
        act = self._act("production", number, department, f"{day}T07:30", lines)
        self.productions.append(act)
        return act

    def correct(self, department: Department, day: datetime.date) -> CostCorrection:
        """Some kopecks more or less for what a store holds."""
        line = StockLine(1, self.rng.choice(self.raw), 0, cost=self.rng.randint(-500_000_000, 500_000_000) * 40)
        made = CostCorrection(f"{day}T23:59", department, department.stores[0].id, line)
        self.corrections.append(made)
        return made

    def _act(self, kind: str, number: int, department: Department, moment: str, lines: list[StockLine]) -> StoreAct:
        for line in lines:
            line.cost = line.amount * line.product.cost // NANO
        return StoreAct(
            id=self.ids(kind, number),
            moment=moment,
            number=f"{number:04}",
            status="PROCESSED",
            comment="месяц" if kind == "inventory" else None,
            department=department,
            store=department.stores[0].id,
            lines=lines,
        )
