"""The figures of one restaurant, or of all, in the words of the page."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t
from dataclasses import dataclass
from decimal import Decimal

from tap_iiko.report import captions, charts
from tap_iiko.report.captions import PAGE
from tap_iiko.report.figures import (
    BY_NAME,
    MEASURES,
    WEEK,
    YEAR,
    Kind,
    Ledger,
    change,
    hours,
    payment_mix,
    ranked_dishes,
)
from tap_iiko.report.states import State
from tap_iiko.report.words import DASH, Words, date, joined, long_date, month, number, percent, points, same, weekday

if t.TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from markupsafe import Markup

    from tap_iiko.report.facts import Day, Place, Sales, Sums
    from tap_iiko.report.figures import Change, Comparison, Measure, Period, RankedDish
    from tap_iiko.report.states import Grid
    from tap_iiko.report.words import Money

MOST_PAYMENTS: t.Final = 7
MOST_DISHES: t.Final = 7
MOST_WEAK: t.Final = 20
WEEKS: t.Final = 13
HEAT: t.Final = 6  # steps
ROOM_FOR_FIGURE: t.Final = Decimal("0.18")  # of the bar
THOUSANDS_FROM: t.Final = 10_000
WEEKEND: t.Final = 5
# Days: beyond, only Mondays have room for a label, and beyond those numbers not all of them.
LABELLED: t.Final = 35
WIDE_DAYS, PHONE_DAYS = 140, 35


@dataclass(frozen=True)
class Shown:
    """A change as it is written."""

    arrow: str
    text: Words
    tone: str
    """``good``, ``bad`` or ``same``."""
    behind: Words
    """What it is against."""


@dataclass(frozen=True)
class Tile:
    """One figure of the last day, with last week's and the period's."""

    name: Words
    value: Words
    against_week: Shown | None
    period: Words
    against_period: Shown | None
    lfl: Shown | None
    plan: tuple[Words, ...] = ()
    """How much of it was reached, on the day and over the period."""


@dataclass(frozen=True)
class Small:
    """One figure of the period with the line of its days."""

    name: Words
    value: Words
    change: Shown | None
    amount: Words | None
    line: Markup


@dataclass(frozen=True)
class Row:
    """A row of numbers under a name, for tables."""

    name: Words
    cells: tuple[Words, ...]
    changes: tuple[Shown | None, ...] = ()
    """Of the cells, in their order."""
    drawing: Markup | None = None


@dataclass(frozen=True)
class Heat:
    """The average week."""

    lead: Words
    weekdays: tuple[Words, ...]
    rows: list[tuple[str, list[tuple[int, Words] | None]]]
    """Hour; for each weekday the step of the colour and the figure."""


@dataclass(frozen=True)
class Part:
    """A bar with a name before it."""

    name: Words
    text: Words
    percent: Decimal


@dataclass(frozen=True)
class Abc:
    """Dishes by their letters."""

    stacks: list[tuple[Words, list[tuple[str, Words, Decimal]]]]
    """Number of dishes, then revenue: letter, text and width of each part."""
    dishes: list[tuple[Words, Words, str]]
    weak: Words


@dataclass(frozen=True)
class Scope:
    """All figures of one choice of the filter."""

    number: int
    name: Words
    tiles: list[Tile]
    wide: Markup
    narrow: Markup
    days: list[Row]
    heat: Heat | None
    payments: list[Part]
    without_revenue: Words | None
    abc: Abc
    smalls: list[Small]
    is_like_for_like: bool
    """Every restaurant day was there in both periods."""
    has_open: bool
    has_missing: bool
    has_sales: bool


@dataclass(frozen=True)
class Times:
    """What is compared with what."""

    last: Day
    period: Period
    has_year: bool
    """There are figures of 52 weeks before."""

    @property
    def days(self) -> int:
        """Of the period."""
        return (self.period.last - self.period.first).days + 1


class Writer:
    """Writes the figures of one period."""

    def __init__(self, sales: Sales, times: Times, grid: Grid, money: Money) -> None:
        """For all restaurants."""
        self.sales = sales
        self.times = times
        self.grid = grid
        self.money = money
        self.has_plans = any(key in sales.days and key[0] in grid for key in sales.plans)

    # Numbers

    def value(self, measure: Measure, sums: Sums | None, *, brief: bool = False) -> Words:
        """A figure."""
        figure = None if sums is None else measure.of(sums)
        if figure is None or (measure.is_of_orders and not self.sales.has_orders):
            return same(DASH)
        match measure.kind:
            case Kind.SHARE:
                return percent(figure, measure.places)
            case Kind.COUNT:
                return number(figure)
            case Kind.MONEY if brief:
                return self.money.short(figure)
            case _:
                return self.money.whole(figure)

    def shown(self, found: Change | None, behind: Words | str = "") -> Shown | None:
        """A change."""
        if found is None:
            return None
        size = abs(found.value)
        text = points(size) if found.is_points else percent(size)
        if found.is_same:
            return Shown("=", text, "same", same(behind))
        return Shown("▲" if found.value > 0 else "▼", text, "good" if found.is_good else "bad", same(behind))

    def changed(self, measure: Measure, compared: Comparison, behind: Words | str = "") -> Shown | None:
        """Of a figure between two times."""
        return self.shown(change(measure, compared.now, compared.before), behind) if compared.is_possible else None

    # Blocks

    def scope(self, index: int, name: Words, places: Collection[Place]) -> Scope:
        """Everything for these restaurants."""
        ledger = Ledger(self.sales.days, places)
        against = ledger.compare(self.times.period, self.times.days)
        bars, rows = self._days(ledger, places)
        mix, without = self._payments(places)
        title = str(PAGE["by_day"])
        return Scope(
            number=index,
            name=name,
            tiles=self._tiles(ledger, against),
            wide=charts.revenue(bars, charts.WIDE, title),
            narrow=charts.revenue([_for_phone(bar) for bar in bars], charts.NARROW, title),
            days=rows,
            heat=self._heat(ledger, places),
            payments=mix,
            without_revenue=without,
            abc=self._abc(places),
            smalls=self._smalls(ledger, against),
            is_like_for_like=against.is_complete,
            has_open=any(bar.is_open for bar in bars),
            has_missing=any(bar.is_missing for bar in bars),
            has_sales=any(bar.value is not None for bar in bars),
        )

    def _tiles(self, ledger: Ledger, against: Comparison) -> list[Tile]:
        last, period = self.times.last, self.times.period
        week = ledger.compare([last], WEEK)
        year = ledger.compare(period, YEAR)
        behind = captions.AGAINST[last.weekday()]
        whole = ledger.total(period)
        return [
            Tile(
                captions.with_its_whole(measure),
                self.value(measure, ledger.day(last)),
                self.changed(measure, week, behind),
                self.value(measure, whole, brief=True),
                self.changed(measure, against),
                self.changed(measure, year) if self.times.has_year else None,
                self._plan(ledger) if measure.name == "revenue" else (),
            )
            for measure in MEASURES
        ]

    def _plan(self, ledger: Ledger) -> tuple[Words, ...]:
        """Of the last day, and of the period; nothing where nobody plans."""
        plans = self.sales.plans
        day, period = ledger.reached(plans, [self.times.last]), ledger.reached(plans, self.times.period)
        if period is None:
            return ()
        of_day = self.money.whole(day.plan) + ", " + percent(day.share) if day else same(DASH)
        if day and day.planned < day.sold:  # it stands below the revenue of all of them
            of_day += PAGE["plan_of_some"].fill(some=str(day.planned), all=str(day.sold))
        return PAGE["plan"].fill(plan=of_day), captions.day_count(self.times.days) + ": " + percent(period.share)

    def _days(self, ledger: Ledger, places: Collection[Place]) -> tuple[list[charts.Bar], list[Row]]:
        bars, rows = [], []
        measure = BY_NAME["revenue"]
        for day in self.times.period:
            here, before = ledger.day(day), ledger.day(day - datetime.timedelta(days=WEEK))
            states = {self.grid[place][day] for place in places if day in self.grid.get(place, {})}
            told = (
                date(day)
                + ": "
                + self.value(measure, here)
                + Words(" · неделей раньше ", " · a week before ")
                + self.value(measure, before)
            )
            bars.append(
                charts.Bar(
                    value=None if here is None else here.revenue,
                    before=None if before is None else before.revenue,
                    is_open=State.OPEN in states,
                    is_missing=here is None and State.MISSING in states,
                    title=str(told),
                    labels=_labels(day, self.times),
                    is_bold=day.weekday() >= WEEKEND,
                    phone_labels=_mondays(day, self.times, PHONE_DAYS),
                )
            )
            compared = self.changed(measure, ledger.compare([day], WEEK))
            cells = (self.value(measure, here), self.value(measure, before))
            rows.append(Row(long_date(day), cells, (compared,)))
        return bars, rows

    def _heat(self, ledger: Ledger, places: Collection[Place]) -> Heat | None:
        with_data = [day for day in self.times.period if ledger.day(day) is not None]
        shown, averages = hours((each for each in self.sales.hours if each.place in places), with_data)
        if not shown:
            return None
        most = max(averages.values())
        in_thousands = most >= THOUSANDS_FROM
        unit = PAGE["thousands"] if in_thousands else same("," if self.money.sign else "")
        if self.money.sign:
            unit += f" {self.money.sign}"

        def cell(hour: int, day: int) -> tuple[int, Words] | None:
            average = averages.get((hour, day))
            if not average:
                return None
            step = min(HEAT - 1, max(0, int(HEAT * average / most))) if most > 0 else 0
            return step, number(average / 1000 if in_thousands else average)

        rows = [(f"{hour:02}", [cell(hour, day) for day in range(WEEK)]) for hour in shown]
        return Heat(PAGE["by_hour_lead"].fill(unit=unit), tuple(weekday(day) for day in range(WEEK)), rows)

    def _payments(self, places: Collection[Place]) -> tuple[list[Part], Words | None]:
        mix = payment_mix((each for each in self.sales.payments if each.place in places), MOST_PAYMENTS)
        named = [(same(name) if name else PAGE["unpaid"], revenue) for name, revenue in mix.shares]
        if mix.others:
            named.append((PAGE["others"], mix.others))
        whole = sum((revenue for _, revenue in named), Decimal(0))
        most = max((revenue for _, revenue in named), default=Decimal(0))
        parts = [
            Part(
                name,
                (percent(revenue / whole) + " · " if whole > 0 else same("")) + self.money.short(revenue),
                max(Decimal(0), 100 * revenue / most) if most > 0 else Decimal(0),
            )
            for name, revenue in named
        ]
        given = [
            (same(name) if name else PAGE["unpaid"]) + " " + self.money.short(gross)
            for name, gross in mix.without_revenue
        ]
        return parts, PAGE["without_revenue"] + " " + joined(given, ", ") + "." if given else None

    def _abc(self, places: Collection[Place]) -> Abc:
        dishes = ranked_dishes(each for each in self.sales.dishes if each.place in places)
        weak = [_named(dish) for dish in dishes if dish.letters == "CCC"]
        shown = joined(weak[:MOST_WEAK], ", ")
        if len(weak) > MOST_WEAK:
            shown = shown + " " + PAGE["more_places"].fill(count=len(weak) - MOST_WEAK)
        return Abc(
            _stacks(dishes),
            [(_named(dish), self.money.short(dish.revenue), dish.letters) for dish in dishes[:MOST_DISHES]],
            PAGE["weak"].fill(dishes=shown) if weak else PAGE["no_weak"],
        )

    def _smalls(self, ledger: Ledger, against: Comparison) -> list[Small]:
        whole = ledger.total(self.times.period)
        found = []
        for name in ("check", "discounts", "refunds", "deletions"):
            measure = BY_NAME[name]
            days = [ledger.day(day) for day in self.times.period]
            values = [None if sums is None else measure.of(sums) for sums in days]
            found.append(
                Small(
                    captions.MEASURES[name],
                    self.value(measure, whole),
                    self.changed(measure, against),
                    self.money.short(getattr(whole, name)) if measure.kind is Kind.SHARE else None,
                    charts.spark(values, str(captions.MEASURES[name])),
                )
            )
        return found

    # All restaurants beside each other

    def table(self, names: t.Mapping[Place, Words]) -> tuple[list[tuple[Place, Row]], Row]:
        """A row for each restaurant, the one with the most revenue first; and all of them together."""
        whole = Ledger(self.sales.days, names.keys())
        total = whole.total(self.times.period)
        rows = []
        for place, name in names.items():
            ledger = Ledger(self.sales.days, [place])
            revenue = ledger.total(self.times.period).revenue
            rows.append((revenue, place, self._row(name, ledger, total.revenue)))
        rows.sort(key=lambda row: (-row[0], str(row[2].name)))
        return [(place, row) for _, place, row in rows], self._row(PAGE["total"], whole, total.revenue)

    def _row(self, name: Words, ledger: Ledger, whole: Decimal) -> Row:
        sums = ledger.total(self.times.period)
        against = ledger.compare(self.times.period, self.times.days)
        weeks = [
            self.times.period.up_to(self.times.last - datetime.timedelta(days=WEEK * back), WEEK)
            for back in range(WEEKS)
        ]
        share = percent(sums.revenue / whole, 0) if whole > 0 else same(DASH)
        cells = {measure.name: self.value(measure, sums, brief=True) for measure in MEASURES}
        reached = ledger.reached(self.sales.plans, self.times.period)
        of_plan = (percent(reached.share) if reached else same(DASH),) if self.has_plans else ()
        return Row(
            name,
            (cells.pop("revenue"), *of_plan, share, cells.pop("check"), *cells.values()),
            (
                self.changed(BY_NAME["revenue"], against),
                *(None for _ in (*of_plan, share)),
                self.changed(BY_NAME["check"], against),
            ),
            charts.weeks([ledger.total(week).revenue for week in reversed(weeks)], str(PAGE["weeks"])),
        )


def _named(dish: RankedDish) -> Words:
    return same(dish.name) if dish.name else PAGE["nameless"]


def _labels(day: Day, times: Times) -> tuple[Words, ...]:
    """Below a bar: weekday, date, and the month where it begins."""
    if times.days > LABELLED:
        return _mondays(day, times, WIDE_DAYS)
    begins = day.day == 1 or day == times.period.first
    return (weekday(day.weekday()), same(day.day), *((month(day),) if begins else ()))


def _mondays(day: Day, times: Times, most: int) -> tuple[Words, ...]:
    """The date of each Monday, or of every so many: one in ``most`` days does not find more room."""
    every = -(-times.days // most)
    return (date(day),) if day.weekday() == 0 and day.toordinal() // WEEK % every == 0 else ()


def _for_phone(bar: charts.Bar) -> charts.Bar:
    """With a label on Mondays only."""
    return dataclasses.replace(bar, labels=bar.phone_labels, is_bold=False)


def _stacks(dishes: Sequence[RankedDish]) -> list[tuple[Words, list[tuple[str, Words, Decimal]]]]:
    counts: list[tuple[str, Words, Decimal]] = []
    revenue: list[tuple[str, Words, Decimal]] = []
    whole = sum((max(dish.revenue, Decimal(0)) for dish in dishes), Decimal(0))
    for letter in "ABC":
        mine = [dish for dish in dishes if dish.letters[1] == letter]
        share = Decimal(len(mine)) / len(dishes)
        if mine:
            counts.append(_stacked(letter, same(len(mine)), share))
        part = sum((max(dish.revenue, Decimal(0)) for dish in mine), Decimal(0))
        if whole > 0 and part:
            revenue.append(_stacked(letter, percent(part / whole, 0), part / whole))
    return [(PAGE["dishes"], counts), (captions.MEASURES["revenue"], revenue)]


def _stacked(letter: str, figure: Words, share: Decimal) -> tuple[str, Words, Decimal]:
    """A part of a bar: where it is narrow, the letter alone."""
    return letter, same(f"{letter} ") + figure if share >= ROOM_FOR_FIGURE else same(letter), 100 * share
