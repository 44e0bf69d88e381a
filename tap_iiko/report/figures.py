"""The figures of the page: what they are called is in ``captions``, what they are made of in ``read``."""

from __future__ import annotations

import datetime
import enum
import typing as t
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from tap_iiko.report.facts import Sums

if t.TYPE_CHECKING:
    from tap_iiko.report.facts import Day, Dish, Hour, Payment, Place

WEEK: t.Final = 7
YEAR: t.Final = 364  # 52 weeks: the same weekday
HALF: t.Final = Decimal("0.5")
SAME_BY: t.Final = Decimal("0.005")  # half a percent
SAME_POINTS: t.Final = Decimal("0.0005")  # 0.05 points
A_ENDS: t.Final = Decimal("0.8")
B_ENDS: t.Final = Decimal("0.95")
DAWN: t.Final = 5  # of a day of business


class Kind(enum.Enum):
    """How a figure is written and compared."""

    MONEY = enum.auto()
    COUNT = enum.auto()
    CHECK = enum.auto()
    SHARE = enum.auto()


@dataclass(frozen=True)
class Measure:
    """One figure of many days."""

    name: str
    kind: Kind
    of: t.Callable[[Sums], Decimal | None]
    grows_well: bool = True
    places: int = 1
    is_of_orders: bool = False
    """Nothing, where no orders are loaded."""


def _ratio(part: Decimal, whole: Decimal) -> Decimal | None:
    return part / whole if whole > 0 else None


def _food_cost(sums: Sums) -> Decimal | None:
    """Of what has a cost; nothing while most of it has none yet."""
    if sums.revenue <= 0 or sums.costed < sums.revenue * HALF:
        return None
    return _ratio(sums.cost, sums.costed)


MEASURES: t.Final = (
    Measure("revenue", Kind.MONEY, lambda sums: sums.revenue),
    Measure("orders", Kind.COUNT, lambda sums: sums.orders, is_of_orders=True),
    Measure("check", Kind.CHECK, lambda sums: _ratio(sums.revenue, sums.orders)),
    Measure("guests", Kind.COUNT, lambda sums: sums.guests, is_of_orders=True),
    Measure("discounts", Kind.SHARE, lambda sums: _ratio(sums.discounts, sums.gross), grows_well=False),
    Measure("refunds", Kind.SHARE, lambda sums: _ratio(sums.refunds, sums.revenue), grows_well=False, places=2),
    Measure("deletions", Kind.SHARE, lambda sums: _ratio(sums.deletions, sums.revenue), grows_well=False),
    Measure("food_cost", Kind.SHARE, _food_cost, grows_well=False),
)
BY_NAME: t.Final = {measure.name: measure for measure in MEASURES}


@dataclass(frozen=True)
class Change:
    """Of a figure against another time."""

    value: Decimal
    """A part of what it was; of a share, the difference."""
    is_points: bool
    is_same: bool
    is_good: bool


def change(measure: Measure, now: Sums, before: Sums) -> Change | None:
    """How a figure changed, if both times have one."""
    here, there = measure.of(now), measure.of(before)
    if here is None or there is None:
        return None
    is_points = measure.kind is Kind.SHARE
    if not is_points and there <= 0:
        return None
    value = here - there if is_points else (here - there) / there
    is_same = abs(value) < (SAME_POINTS if is_points else SAME_BY)
    return Change(value, is_points, is_same, is_good=(value > 0) == measure.grows_well)


@dataclass(frozen=True)
class Period:
    """Days in a row, both ends included."""

    first: Day
    last: Day

    @classmethod
    def up_to(cls, last: Day, days: int) -> Period:
        """So many days."""
        return cls(last - datetime.timedelta(days=days - 1), last)

    def before(self, days: int) -> Period:
        """The same, earlier."""
        back = datetime.timedelta(days=days)
        return Period(self.first - back, self.last - back)

    def __iter__(self) -> t.Iterator[Day]:
        """Each day."""
        for number in range((self.last - self.first).days + 1):
            yield self.first + datetime.timedelta(days=number)


@dataclass(frozen=True)
class Comparison:
    """Two times, only the restaurant days that are there in both."""

    now: Sums
    before: Sums
    is_complete: bool
    """No restaurant day had to be left out."""
    is_possible: bool
    """There is something to compare."""


class Reached(t.NamedTuple):
    """A plan, and which part of it there is."""

    plan: Decimal
    share: Decimal
    planned: int
    """Restaurants that have a plan and sales."""
    sold: int
    """Restaurants that have sales."""


class Ledger:
    """Sums by restaurant and day, of some restaurants."""

    def __init__(self, days: t.Mapping[tuple[Place, Day], Sums], places: t.Collection[Place]) -> None:
        """``places`` are those that count."""
        self.places = places
        self._days: defaultdict[Day, dict[Place, Sums]] = defaultdict(dict)
        for (place, day), sums in days.items():
            if place in places:
                self._days[day][place] = sums

    def day(self, day: Day) -> Sums | None:
        """What the restaurants took in, if any of them has that day."""
        there = self._days.get(day)
        return Sums.total(there.values()) if there else None

    def total(self, period: t.Iterable[Day]) -> Sums:
        """Of many days."""
        return Sums.total(sums for day in period for sums in self._days.get(day, {}).values())

    def reached(self, plans: t.Mapping[tuple[Place, Day], Decimal], period: t.Iterable[Day]) -> Reached | None:
        """Revenue against plan, of the restaurant days that have both."""
        sold = [(place, day, sums) for day in period for place, sums in self._days.get(day, {}).items()]
        both = [(place, sums.revenue, plans[place, day]) for place, day, sums in sold if (place, day) in plans]
        plan = sum((part for _, _, part in both), Decimal(0))
        if plan <= 0:
            return None
        revenue = sum((part for _, part, _ in both), Decimal(0))
        return Reached(plan, revenue / plan, len({place for place, *_ in both}), len({place for place, *_ in sold}))

    def compare(self, period: t.Iterable[Day], back: int) -> Comparison:
        """With the same days so many days earlier."""
        now, before, is_complete = [], [], True
        for day in period:
            here = self._days.get(day, {})
            there = self._days.get(day - datetime.timedelta(days=back), {})
            both = here.keys() & there.keys()
            is_complete &= here.keys() == there.keys()
            now += [here[place] for place in both]
            before += [there[place] for place in both]
        return Comparison(Sums.total(now), Sums.total(before), is_complete, is_possible=bool(now))


def hours(told: t.Iterable[Hour], with_data: t.Iterable[Day]) -> tuple[list[int], dict[tuple[int, int], Decimal]]:
    """Revenue of an hour on an average weekday.

    Returns:
        The hours from the first to the last one with sales, as the day of business has them, and the averages by hour
        and weekday.
    """
    weekdays: defaultdict[int, int] = defaultdict(int)
    for day in with_data:
        weekdays[day.weekday()] += 1
    sums: defaultdict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for each in told:
        if each.hour is not None and weekdays[each.weekday]:
            sums[each.hour, each.weekday] += each.revenue
    order = [(DAWN + number) % 24 for number in range(24)]
    used = [number for number, hour in enumerate(order) if any(key[0] == hour for key in sums)]
    shown = order[used[0] : used[-1] + 1] if used else []
    return shown, {key: value / weekdays[key[1]] for key, value in sums.items()}


@dataclass(frozen=True)
class PaymentMix:
    """Payment types by what they brought in."""

    shares: list[tuple[str | None, Decimal]]
    """The largest first; null is what nobody paid."""
    others: Decimal
    """Of the types that are not shown."""
    without_revenue: list[tuple[str | None, Decimal]]
    """Orders closed without revenue, at menu prices."""


def payment_mix(payments: t.Iterable[Payment], most: int) -> PaymentMix:
    """At most so many of them."""
    revenue: defaultdict[str | None, Decimal] = defaultdict(Decimal)
    given: defaultdict[str | None, Decimal] = defaultdict(Decimal)
    for each in payments:
        if each.is_writeoff and not each.revenue:
            given[each.name] += each.gross
        else:
            revenue[each.name] += each.revenue
    ranked = sorted(((name, sum_) for name, sum_ in revenue.items() if sum_), key=lambda item: -item[1])
    shown = ranked if len(ranked) <= most else ranked[: most - 1]
    return PaymentMix(
        shown,
        sum((sum_ for _, sum_ in ranked[len(shown) :]), Decimal(0)),
        sorted(((name, sum_) for name, sum_ in given.items() if sum_), key=lambda item: -item[1]),
    )


@dataclass
class RankedDish:
    """A dish of one server, over all restaurants that count, and its letters."""

    key: tuple[str, str]
    name: str
    quantity: Decimal = Decimal(0)
    revenue: Decimal = Decimal(0)
    margin: Decimal = Decimal(0)
    letters: str = ""
    """By quantity, by revenue, by margin."""


def ranked_dishes(dishes: t.Iterable[Dish]) -> list[RankedDish]:
    """Those with the most revenue first."""
    found: dict[tuple[str, str], RankedDish] = {}
    for each in dishes:
        key = each.place.server_id, each.dish_id or ""
        dish = found.setdefault(key, RankedDish(key, each.name))
        dish.quantity += each.quantity
        dish.revenue += each.revenue
        dish.margin += each.revenue - each.cost
    ranked = list(found.values())
    for measure in (lambda dish: dish.quantity, lambda dish: dish.revenue, lambda dish: dish.margin):
        _give_letters(ranked, measure)
    return sorted(ranked, key=lambda dish: (-dish.revenue, dish.key))


def _give_letters(dishes: list[RankedDish], measure: t.Callable[[RankedDish], Decimal]) -> None:
    """A until 80 % was reached by those before, then B until 95 %; what brought nothing is C."""
    whole = sum((max(measure(dish), Decimal(0)) for dish in dishes), Decimal(0))
    reached = Decimal(0)
    for dish in sorted(dishes, key=lambda dish: (-measure(dish), dish.key[1], dish.key[0])):
        value = measure(dish)
        dish.letters += (
            "C" if value <= 0 else "A" if reached < whole * A_ENDS else "B" if reached < whole * B_ENDS else "C"
        )
        reached += max(value, Decimal(0))
