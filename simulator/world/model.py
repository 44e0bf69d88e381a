"""What a restaurant group consists of and what it books: the plain objects of the ledger."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Named:
    """A thing with an id and a name."""

    id: str
    name: str


TAGS: t.Final = (
    Named("7a60c0de-0000-4000-a000-000000000001", "Острое"),
    Named("7a60c0de-0000-4000-a000-000000000002", "Постное"),
)


@dataclass(slots=True, eq=False)
class Coded(Named):
    """A reference entity (API reference 3.4)."""

    code: str | None = None
    deleted: bool = False


@dataclass(slots=True, eq=False)
class TaxCategory(Coded):
    """A VAT rate."""

    percent: int = 0


@dataclass(slots=True, eq=False)
class Size(Named):
    """A size of a dish."""

    short: str = ""
    priority: int = 0
    default: bool = False
    factor: int = 100
    """Percent of the dish's price."""


@dataclass(slots=True, eq=False)
class Scale(Named):
    """A scale of sizes."""

    sizes: list[Size] = field(default_factory=list)
    deleted: bool = False


@dataclass(slots=True, eq=False)
class Group:
    """A product group; ``path`` are the names from the top."""

    id: str
    name: str
    num: str
    code: str
    parent: Group | None
    deleted: bool = False
    description: str | None = ""
    modifiers: bool = False

    @property
    def path(self) -> list[str]:
        """Names from the top group to this one."""
        return [*(self.parent.path if self.parent else []), self.name]


@dataclass(slots=True, eq=False)
class Choice:
    """A modifier that a product offers, or a group of them."""

    target: Product | Group
    default: int = 0
    free: int = 0
    minimum: int = 0
    maximum: int = 1
    required: bool = False
    children: list[Choice] | None = None


@dataclass(slots=True, eq=False)
class Product:
    """A thing on the product list."""

    pk: int
    id: str
    name: str
    num: str
    code: str
    type: str
    group: Group | None
    price: int
    """Kopecks, of a portion or a kilogram."""
    cost: int
    """Nano-roubles of one unit, today."""
    unit: Coded
    tax: TaxCategory
    category: Coded | None
    accounting: Coded
    place: Coded | None
    scale: Scale | None = None
    weighed: bool = False
    choices: list[Choice] = field(default_factory=list)
    deleted: bool = False
    sold: bool = True
    weight: int = 10
    """How often it is ordered."""
    description: str | None = ""
    report_blanks: bool = False
    """Whether reports show its name with the stray blanks of the list (API reference 4.6)."""
    taxed: bool = True
    """Whether the server has tax categories to show."""

    @property
    def foreign_name(self) -> str | None:
        """The name in another language; every other one has one."""
        return None if self.pk % 2 else f"Item {self.num}"

    @property
    def tags(self) -> list[Named]:
        """What it is marked with."""
        return [tag for number, tag in enumerate(TAGS, 3) if self.pk % number == 0]

    @property
    def reported_name(self) -> str:
        """The name in reports."""
        return self.name if self.report_blanks else self.name.strip()

    @property
    def tax_category(self) -> TaxCategory | None:
        """The tax category, where there are any."""
        return self.tax if self.taxed else None

    @property
    def full_name(self) -> str:
        """The name as printed on documents."""
        return self.name.strip()


@dataclass(slots=True, eq=False)
class Person(Named):
    """An employee."""

    pk: int
    code: str


@dataclass(slots=True, eq=False)
class Register:
    """A cash register."""

    pk: int
    number: int
    name: str
    serial: str
    location: str


@dataclass(slots=True, eq=False)
class Section(Named):
    """A section of a restaurant with its tables."""

    pk: int
    group: Named
    tables: int


@dataclass(slots=True, eq=False)
class Company(Named):
    """A legal entity."""

    taxpayer: str


@dataclass(slots=True, eq=False)
class Department(Named):
    """A point of sale."""

    pk: int
    code: str
    company: Company
    conception: Coded
    stores: list[Named]
    registers: list[Register]
    sections: list[Section]
    groups: list[Named]
    waiters: list[Person]
    cashiers: list[Person]
    managers: list[Person]
    couriers: list[Person]
    counter: bool
    """Counter service instead of tables."""
    delivers: bool
    price_factor: int
    busy: float
    """Share of the average number of receipts."""
    opens: int
    closes: int
    """Hours; beyond 24 after midnight."""

    @property
    def category(self) -> str:
        """The first of the five by which a chain may sort its departments."""
        return "Прилавок" if self.counter else "Зал"


@dataclass(slots=True, eq=False)
class PayType(Coded):
    """A payment type."""

    pk: int = 0
    group: str = "CASH"
    cheque: str = "FISCAL"
    weight: int = 0


@dataclass(slots=True, eq=False)
class Combo(Named):
    """Dishes that are cheaper together; ``step`` is the choice that a dish stands for."""

    step: Named
    size: Named


@dataclass(slots=True, eq=False)
class Discount(Coded):
    """A discount or a surcharge."""

    percent: int = 0
    surcharge: bool = False
    combo: Combo | None = None


@dataclass(slots=True, eq=False)
class OrderType(Coded):
    """An order type."""

    pk: int = 0
    service: str = "COMMON"


@dataclass(slots=True, eq=False)
class Session:
    """A cash shift."""

    pk: int
    id: str
    num: int
    register: Register
    orders: int = 0
    """Order numbers given out; they begin anew with each shift (API reference 4.7)."""


@dataclass(slots=True, eq=False)
class Payment:
    """A payment of an order: its part of all the order's sums."""

    type: PayType | None
    transaction: str | None
    share: int
    """Of 10,000; the payments of an order add up to that."""
    operation: str
    card: str | None = None
    credit: str | None = None
    company: str | None = None
    writeoff_user: str | None = None
    writeoff_reason: str | None = None


@dataclass(slots=True, eq=False)
class Delivery:
    """What a delivery order has besides."""

    id: str
    number: int
    pickup: bool
    asap: bool
    customer: str
    phone: str
    street: str | None
    house: str | None
    flat: str | None
    zone: str | None
    courier: Person | None
    operator: Person
    source: str
    times: dict[str, str]
    way: int | None
    delay: int
    comment: str | None = None


@dataclass(slots=True, eq=False)
class Line:
    """A line of an order. Sums in kopecks, quantity and cost in billionths, all with the sign that iiko shows."""

    id: str
    product: Product
    size: Size | None
    amount: int
    sum: int
    waiter: Person | None
    store: Named
    printed: str | None
    parent: Line | None = None
    discounts: tuple[tuple[Discount, int], ...] = ()
    surcharges: tuple[tuple[Discount, int], ...] = ()
    left_out: int = 0
    """What the revenue lacks and no other figure names (API reference 4.7)."""
    vat_percent: int = 20
    vat: int = 0
    revenue: int = 0
    refund: int = 0
    cost: int | None = None
    unit_cost: int = 0
    deleted: str = "NOT_DELETED"
    removal: str | None = None
    removal_comment: str | None = None
    comment: str | None = None
    course: str | None = None

    @property
    def discount(self) -> int:
        """What the discounts took off; nothing of a deleted line (API reference 4.7)."""
        return sum(part for _, part in self.discounts)

    @property
    def increase(self) -> int:
        """What the surcharges added."""
        return sum(part for _, part in self.surcharges)

    @property
    def paid_amount(self) -> int:
        """The quantity that was paid for."""
        return self.amount if self.revenue or self.refund else 0


Fiscal = str | int | list[int]
"""Numbers of fiscal receipts: a text, one number or a list of them (API reference 4.6)."""


@dataclass(slots=True, eq=False)
class Order:
    """An order; ``id`` is null for a sales document without one (API reference 4.8)."""

    pk: int
    id: str | None
    day: str
    department: Department
    num: int | None
    session: Session | None
    opened: str
    prebill: str | None
    closed: str | None
    type: OrderType | None
    section: Section | None
    table: int | str | None
    waiter: Person | None
    cashier: Person | None
    guests: int
    lines: list[Line] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    fiscal: Fiscal | None = None
    deleted: bool = False
    storned: bool = False
    source: Order | None = None
    origin: str | None = None
    external: str | None = None
    comment: str | None = None
    banquet: str = "FALSE"
    authorised: Person | None = None
    guest_card: str | None = None
    delivery: Delivery | None = None
    hidden: bool = False
    """Not replicated yet: nobody can see it."""

    @property
    def counts(self) -> bool:
        """Whether ``UniqOrderId.OrdersCount`` counts it: neither cancelled nor a refund (API reference 4.7)."""
        return self.id is not None and not self.deleted and not self.storned

    @property
    def takings(self) -> int:
        """What the order brought in on its own day, in kopecks.

        A refund takes away what is paid back, a voided order has brought nothing, an ordinary one what its guests paid.
        """
        if self.source is not None:
            return -sum(line.refund for line in self.lines)
        if self.deleted or self.voided:
            return 0
        return sum(line.revenue for line in self.lines if line.deleted == "NOT_DELETED")

    @property
    def voided(self) -> bool:
        """Whether it came back on its own day, inside itself (API reference 5.3)."""
        return self.source is None and any(line.refund for line in self.lines)

    def discount_types(self) -> list[Discount]:
        """The discounts of all lines, each once."""
        return list(dict.fromkeys(each for line in self.lines for each, _ in line.discounts))

    def surcharge_types(self) -> list[Discount]:
        """The surcharges of all lines, each once."""
        return list(dict.fromkeys(each for line in self.lines for each, _ in line.surcharges))

    def pay_combo(self) -> str:
        """All payment types in one text (API reference 4.7, ``PayTypes.Combo``)."""
        return ", ".join(dict.fromkeys(pay.type.name for pay in self.payments if pay.type))


Row = dict[str, t.Any]
