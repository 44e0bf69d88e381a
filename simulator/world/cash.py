"""Cash shifts: what a register took, from its opening to its closing, and what the acceptance says (reference 3.10)."""

from __future__ import annotations

import datetime
import random
import typing as t
from collections import defaultdict
from dataclasses import dataclass, field

from simulator.world.units import MONEY, SHARE, Clock, share_of

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from simulator.world.model import Department, Order, Payment, Person, Session
    from simulator.world.staff import Staff
    from simulator.world.units import Ids

EVENING_BEFORE: t.Final = 5
"""Of every eleven shifts one is opened at 23:25 of the evening before its business day."""
LATE_DAYS: t.Final = 20
"""Of every thirteen shifts one is accepted so late."""
GROUPS: t.Final = ("CASH", "CARD", "NON_CASH", "WRITEOFF")
REASONS: t.Final = ("такси для Ивановой А.", "зелень на рынке", "", "вода")


@dataclass(slots=True, eq=False)
class Move:
    """Money put into a register or taken out of it, in kopecks."""

    id: str
    kind: str
    """PAYIN, PAYOUT, or PAYCOL for the collection at the end of a shift."""
    sum: int
    moment: str
    comment: str | None
    counteragent: str | None
    flow: str | None
    """The code of its cash-flow item."""


@dataclass(slots=True, eq=False)
class Edit:
    """What the acceptance changed in a payment; what it was is remembered."""

    was: str
    """The payment type."""
    account: str


@dataclass(slots=True, eq=False)
class Shift:
    """The shift of a register; ``day`` is the business day of its orders."""

    session: Session
    department: Department
    day: str
    opened: str
    closes: str
    manager: Person
    responsible: Person | None
    conception: str | None
    start_cash: int
    moves: list[Move]
    accepted_on: str
    """The day on which it is accepted, unless nobody ever does."""
    has_warnings: bool = False
    edits: dict[str, Edit] = field(default_factory=dict)
    """By the transaction of a payment."""
    comments: dict[str, str] = field(default_factory=dict)
    """The same: what was written at the acceptance."""
    miscounted: int = 0
    """What its cash sales show too much, on a server that is not honest."""

    @property
    def id(self) -> str:
        """The id of the session (``receipts.session_id``)."""
        return self.session.id

    def moved(self, kind: str) -> int:
        """The sum of its moves of a kind."""
        return sum(move.sum for move in self.moves if move.kind == kind)


def paid(order: Order, payment: Payment) -> int:
    """The part of an order's revenue that a payment has, in ten-thousandths of kopecks; nobody pays deleted lines."""
    return sum(line.revenue for line in order.lines if line.deleted == "NOT_DELETED") * payment.share


class Cash:
    """The shifts of one database, each made from its session by a random sequence of its own."""

    def __init__(  # noqa: PLR0913 - what a shift is made of
        self,
        ids: Ids,
        seed: int,
        staff: Staff,
        orders: Mapping[tuple[str, int], list[Order]],
        sessions: Mapping[tuple[int, int, str], Session],
        *,
        first_day: datetime.date,
        today: Callable[[], datetime.date],
    ) -> None:
        """None yet: a shift is there when its first order is."""
        self.ids = ids
        self.seed = seed
        self.staff = staff
        self.sessions = sessions
        self.first_day = first_day
        self.today = today
        self._orders = orders
        self._shifts: dict[str, Shift] = {}

    def orders(self, first: str = "", last: str = "9") -> dict[Shift, list[Order]]:
        """The shifts of these business days by their number, each with the orders that can be seen."""
        sessions: defaultdict[str, list[Order]] = defaultdict(list)
        for (day, _), orders in self._orders.items():
            if first <= day <= last:
                for order in orders:
                    if order.session and not order.hidden:
                        sessions[order.session.id].append(order)
        found = {self._shift(orders[0]): orders for orders in sessions.values()}
        return dict(sorted(found.items(), key=lambda item: item[0].session.pk))

    def find(self, identity: str) -> tuple[Shift, list[Order]] | None:
        """A shift and its orders, which are all of one day and department."""
        for (department, _, day), session in self.sessions.items():
            if session.id == identity:
                found = self._orders.get((day, department), ())
                orders = [order for order in found if order.session is session and not order.hidden]
                return (self._shift(orders[0]), orders) if orders else None
        return None

    def all(self) -> list[Shift]:
        """Every shift that can be seen."""
        return list(self.orders())

    def status(self, shift: Shift) -> str:
        """Open on the open day; then it waits to be accepted."""
        today = self.today().isoformat()
        if shift.day >= today:
            return "OPEN"
        if shift.accepted_on <= today:
            return "ACCEPTED"
        return "HASWARNINGS" if shift.has_warnings else "UNACCEPTED"

    def money(self, orders: Iterable[Order]) -> dict[str, int]:
        """What its orders brought in by the group of the payment type, in kopecks."""
        found = dict.fromkeys(GROUPS, 0)
        for order in orders:
            for payment in order.payments:
                if payment.type:
                    whole = sum(line.sum for line in order.lines if line.deleted == "NOT_DELETED") * payment.share
                    found[payment.type.group] += whole if payment.type.group == "WRITEOFF" else paid(order, payment)
        return {group: share_of(units, 1, SHARE) for group, units in found.items()}

    def cashless(self, orders: Iterable[Order]) -> Iterator[tuple[Order, Payment, int]]:
        """The payments by card and without cash, with their sums in kopecks; cash is not listed."""
        for order in orders:
            for payment in order.payments:
                if payment.type and payment.type.group in {"CARD", "NON_CASH"}:
                    sum_ = share_of(paid(order, payment), 1, SHARE)
                    if sum_:
                        yield order, payment, sum_

    def _shift(self, order: Order) -> Shift:
        session = order.session
        assert session is not None
        if session.id not in self._shifts:
            self._shifts[session.id] = self._open(session, order.department, datetime.date.fromisoformat(order.day))
        return self._shifts[session.id]

    def _open(self, session: Session, department: Department, day: datetime.date) -> Shift:
        rng = random.Random(f"{self.seed}/shift/{session.id}")
        clock, number = Clock(day), session.pk
        opened = clock.text(department.opens * 3600 - 1800 + rng.random() * 1200)
        if number % 11 == EVENING_BEFORE and day > self.first_day:
            opened = Clock(day - datetime.timedelta(days=1)).text((23 * 60 + 25) * 60 + rng.random() * 60)
        stay = 2400 if department.counter else 7200
        late = LATE_DAYS if number % 13 == 3 else rng.choice((1, 1, 2, 3))
        manager = rng.choice(department.managers)
        return Shift(
            session=session,
            department=department,
            day=day.isoformat(),
            opened=opened,
            closes=clock.text(department.closes * 3600 + stay + rng.random() * 900),
            manager=manager,
            responsible=None if number % 9 == 0 else rng.choice(department.cashiers),
            conception=None if number % 4 == 0 else department.conception.id,
            start_cash=rng.choice((0, 3000, 5000)) * MONEY,
            moves=list(self._moves(session, department, clock, rng)),
            accepted_on=(day + datetime.timedelta(days=late)).isoformat(),
            has_warnings=number % 5 == 4,
        )

    def _moves(self, session: Session, department: Department, clock: Clock, rng: random.Random) -> Iterator[Move]:
        """Change that is put in, small expenses, and the collection in the evening."""
        staff, ids = self.staff, self.ids
        for number in range(rng.choice((0, 0, 1, 2))):
            start = rng.uniform(department.opens, department.closes) * 3600
            is_in = rng.random() < 0.3
            partner = department.managers[0].id if number else staff.suppliers[1]["id"]
            yield Move(
                id=ids("move", session.id, number),
                kind="PAYIN" if is_in else "PAYOUT",
                sum=rng.randint(100, 3000) * MONEY,
                moment=clock.text(start),
                comment=rng.choice(REASONS),
                counteragent=None if is_in else partner,
                flow=None if is_in else "3",
            )
        if rng.random() < 0.8:
            end = clock.text(department.closes * 3600 + 1800)
            sum_ = rng.randint(5, 30) * 1000 * MONEY
            yield Move(ids("move", session.id, "end"), "PAYCOL", sum_, end, None, None, None)
