"""What all documents of the back office have in common (API reference 3.8)."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from simulator.world.units import NANO

if t.TYPE_CHECKING:
    from simulator.world.model import Product, Size

STATUSES: t.Final = ("PROCESSED", "NEW", "DELETED")
UNDATED_EVERY: t.Final = 6


@dataclass(slots=True, eq=False)
class StockLine:
    """A line of a write-off or a transfer; amounts and cost in billionths."""

    num: int
    product: Product
    amount: int
    cost: int | None = None
    size: Size | None = None
    container: str | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Document:
    """A document; only a processed one has postings."""

    id: str
    moment: str
    """Wall clock, to the minute or finer."""
    number: str
    status: str = "NEW"
    comment: str | None = None
    lines: list[t.Any] = field(default_factory=list)

    @property
    def day(self) -> str:
        """By which it is listed."""
        return self.moment[:10]

    @property
    def may_be_undated(self) -> bool:
        """Whether it tells no date at all on servers where some do not."""
        return int(self.number) % UNDATED_EVERY == 0

    @property
    def posted(self) -> bool:
        """Whether it has postings."""
        return self.status == "PROCESSED"

    def post(self) -> None:
        """It has postings from now on."""
        self.status = "PROCESSED"

    def unpost(self, status: str) -> None:
        """It has no postings any more."""
        self.status = status

    def settle(self, number: int, every: int) -> None:
        """Posted; but of ``every`` so many documents one stays a draft, and one is deleted."""
        if number % every != 3:
            self.post()
        if number % every == 5:
            self.unpost("DELETED")

    def move(self, day: str) -> None:
        """To another day, at the same time."""
        self.moment = day + self.moment[10:]


@dataclass(slots=True, eq=False, kw_only=True)
class CostedDocument(Document):
    """A document whose lines have a cost, that of their whole quantity, as soon as it is posted."""

    def post(self) -> None:
        """Its cost is known from now on."""
        self.status = "PROCESSED"
        for line in self.lines:
            line.cost = line.amount * line.product.cost // NANO

    def unpost(self, status: str) -> None:
        """Neither postings nor cost."""
        self.status = status
        for line in self.lines:
            line.cost = None
