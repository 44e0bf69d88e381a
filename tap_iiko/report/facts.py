"""What the page is made of, as it was read: nothing is judged here."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass, field, fields
from decimal import Decimal

Day = datetime.date


class Place(t.NamedTuple):
    """A restaurant: ids of departments may repeat between servers."""

    server_id: str
    department_id: str | None


@dataclass(frozen=True)
class Sums:
    """A restaurant's day, or many of them: all of it may be added."""

    revenue: Decimal = Decimal(0)
    gross: Decimal = Decimal(0)
    discounts: Decimal = Decimal(0)
    refunds: Decimal = Decimal(0)
    deletions: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    costed: Decimal = Decimal(0)
    """Revenue of lines that have a cost."""
    orders: Decimal = Decimal(0)
    guests: Decimal = Decimal(0)

    @classmethod
    def total(cls, parts: t.Iterable[Sums]) -> Sums:
        """All of them."""
        parts = list(parts)
        names = [each.name for each in fields(cls)]
        return cls(*(sum((getattr(part, name) for part in parts), Decimal(0)) for name in names))


@dataclass(frozen=True)
class Read:
    """How a day of one table of one server was read."""

    is_loaded: bool
    """Some load of it was good."""
    is_final: bool
    """It had closed when it was last read well."""
    good_at: datetime.datetime | None
    last_failed: bool
    message: str | None
    """Of the last attempt."""


@dataclass(frozen=True)
class Difference:
    """The metric of a day that is furthest from iiko's total; revenue, if that differs."""

    metric: str
    probe: Decimal
    difference: Decimal


@dataclass(frozen=True)
class LateChange:
    """A closed day that changed."""

    place: Place
    day: Day
    noticed_at: datetime.datetime
    old_revenue: Decimal | None
    new_revenue: Decimal | None


@dataclass(frozen=True)
class Broken:
    """What a rule between tables (``tap_iiko.proof.rules``) found otherwise than it expected."""

    place: Place
    day: Day
    rule: str
    measure: str
    expected: Decimal
    found: Decimal

    @property
    def size(self) -> Decimal:
        """Of the difference."""
        return abs(self.found - self.expected)


@dataclass(frozen=True)
class Run:
    """One run of the tap."""

    started_at: datetime.datetime
    finished_at: datetime.datetime
    failed: int
    skipped: int
    days: int
    rows: int
    message: str | None
    """The first thing that went wrong."""


@dataclass(frozen=True)
class Payment:
    """A payment type of a restaurant over the period."""

    place: Place
    name: str | None
    is_writeoff: bool
    gross: Decimal
    revenue: Decimal


@dataclass(frozen=True)
class Dish:
    """A dish of a restaurant over the period."""

    place: Place
    dish_id: str | None
    name: str
    quantity: Decimal
    revenue: Decimal
    cost: Decimal


@dataclass(frozen=True)
class Hour:
    """Revenue of an hour of closing, by weekday; no hour: nobody knows."""

    place: Place
    weekday: int
    hour: int | None
    revenue: Decimal


@dataclass(frozen=True)
class Watched:
    """What tells whether everything is there."""

    reads: dict[tuple[str, Day], dict[str, Read]] = field(default_factory=dict)
    """By server and day: the tables of sales."""
    sold: dict[Place, set[Day]] = field(default_factory=dict)
    proofs: dict[tuple[Place, Day], Difference | None] = field(default_factory=dict)
    """Days that were compared with iiko's totals; null: all metrics agree."""
    late: list[LateChange] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    """The newest first."""
    forgotten_before: datetime.datetime | None = None
    """Proofs of days that were last read before may have been pruned: those that agreed."""


@dataclass(frozen=True)
class Sales:
    """The figures, for the days that the page needs."""

    days: dict[tuple[Place, Day], Sums] = field(default_factory=dict)
    hours: list[Hour] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    dishes: list[Dish] = field(default_factory=list)
    has_orders: bool = False
    plans: dict[tuple[Place, Day], Decimal] = field(default_factory=dict)
    """Planned revenue, of days for which a sum is planned."""


@dataclass(frozen=True)
class Names:
    """What things are called."""

    group: str = ""
    places: dict[Place, str] = field(default_factory=dict)
    zones: dict[str, str] = field(default_factory=dict)
    """Of servers that have one."""
