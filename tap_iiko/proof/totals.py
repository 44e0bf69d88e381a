"""Controls: the small reports that iiko totals whole kinds of reports by, so that unchanged days stay unread.

A control is a value: what is asked, which of its figures are kept, and by which place inside a business day. What came
back for some days is a ``Probe``.
"""

from __future__ import annotations

import typing as t
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from tap_iiko import tables
from tap_iiko.days.bookmark import EMPTY_MARK, MARK_BYTES, digest
from tap_iiko.iiko import errors, olap, values
from tap_iiko.rows.tally import Place, Sums, Tally, add_up

if t.TYPE_CHECKING:
    import datetime

    from tap_iiko.iiko.values import Page

Money = defaultdict[str, Decimal]

# Shares of split orders are binary fractions and wobble in their last digits.
FINGERPRINT_PLACES = 4
FINGERPRINT_STEP = Decimal(1).scaleb(-FINGERPRINT_PLACES)
SPLIT_BYTES = 3


@dataclass(frozen=True)
class Control:
    """How iiko's totals are asked for: what a fingerprint of a day is taken of."""

    what: str
    """For the log: what there is none of on an empty day."""
    report: olap.Report
    figures: t.Mapping[str, str]
    """What is kept and compared: iiko's field by metric."""
    place: tuple[str, ...]
    """The groups by which they are kept; of one its value, of more a tuple."""
    splits: t.Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By name further groups, of which a short hash of the money is kept."""
    money: tuple[str, ...] = ()
    """The fields that a split adds up."""
    most_days: int | None = None
    """Of one request."""

    @property
    def needed(self) -> tuple[str, ...]:
        """The fields without which nothing can be told apart."""
        return (self.report.day, *({DEPARTMENT}.intersection(self.place)))


GROUP = "sales"
METRICS: t.Final = tables.figures(GROUP)
"""What every table of the group adds up to, by column."""
SOURCE: t.Final = tables.load("sales").source
DAY, DEPARTMENT = SOURCE["day"], SOURCE["department"]
PAY_TYPE = "PayTypes.GUID"
FLAGS = ("OrderDeleted", "DeletedWithWriteoff", "Storned")
# Counts of whole orders: an order that is paid in two ways counts in both groups, so they serve the fingerprint only.
COUNTS = ("GuestNum", "UniqOrderId", "UniqOrderId.OrdersCount", "OrderItems")
SALES: t.Final = Control(
    what="sales",
    report=olap.Report(
        report_type=SOURCE["olap"],
        day=DAY,
        groups=(DAY, DEPARTMENT, PAY_TYPE, *FLAGS),
        aggregates=(*METRICS.values(), *COUNTS),
    ),
    figures=METRICS,
    place=(DEPARTMENT,),
    splits={"pay_types": (PAY_TYPE,), "flags": FLAGS},
    money=("DishSumInt", "DishDiscountSumInt"),
)


def sums_of(table: str, totals: DayTotals) -> Sums:
    """What a table of sales has to come to: no more than it has columns for."""
    columns = tables.load(table).column_names
    return add_up(totals.sums, [metric for metric in METRICS if metric in columns])


def _rounded(value: Decimal | int | None) -> str:
    text = str(value or 0)
    if len(text.partition(".")[2]) <= FINGERPRINT_PLACES and "E" not in text:
        return text
    return _plain(Decimal(text))


def _plain(number: Decimal) -> str:
    rounded = number.quantize(FINGERPRINT_STEP, context=values.WIDE)
    return f"{(rounded + 0).normalize():f}"  # no negative zero


@dataclass
class DayTotals:
    """What iiko totals for one business day."""

    mark: str
    """The fingerprint."""
    sums: t.Mapping[Place, Sums]
    splits: t.Mapping[str, t.Mapping[Place, str]]
    """A short hash of the money by every further group."""


EMPTY_DAY = DayTotals(mark=EMPTY_MARK, sums={}, splits=defaultdict(dict))


class _Reader:
    """Adds the rows of a control up, column by column."""

    def __init__(self, control: Control, report: olap.Report) -> None:
        self.control = control
        self.names = report.aggregates
        self.metrics = {metric: name for metric, name in control.figures.items() if name in report.aggregates}
        self.tally = Tally(list(self.metrics))
        self.lines: defaultdict[str, list[str]] = defaultdict(list)
        self.money: dict[str, defaultdict[tuple[str, Place], Money]] = {
            name: defaultdict(lambda: defaultdict(Decimal)) for name in control.splits
        }
        self.day = values.Memo(lambda value: values.as_date(value) or "")
        self.uuid = values.Memo(values.as_uuid)
        self.text = values.Memo(lambda value: values.as_reference(value) or "")

    def add(self, page: Page) -> None:
        control = self.control
        nothing = [None] * len(page[control.report.day])
        days = self.day.column(page[control.report.day])
        by_group = [self._group(name, page.get(name, nothing)) for name in control.place]
        places = _places(by_group, len(days))
        splits = {
            name: [
                "/".join(row)
                for row in zip(*(self.text.column(page.get(each, nothing)) for each in groups), strict=True)
            ]
            for name, groups in control.splits.items()
        }
        figures = {name: values.numbers(page[name]) for name in self.names}
        self.tally.add(days, places, [figures[name] for name in self.metrics.values()])
        texts = [map(_rounded, column) for column in figures.values()]
        blank = ([value or "" for value in column] for column in by_group)
        for day, *line in zip(days, *blank, *splits.values(), *texts, strict=True):
            self.lines[day].append("\x1f".join(line))
        columns = [figures.get(name, nothing) for name in control.money]
        for name, groups in splits.items():
            for day, place, group, *some in zip(days, places, groups, *columns, strict=True):
                self.money[name][day, place][group] += sum(value or 0 for value in some)

    def _group(self, name: str, column: t.Sequence[t.Any]) -> t.Sequence[t.Any]:
        return (self.uuid if name.endswith(".Id") else self.text).column(column)

    def totals(self, day: str) -> DayTotals:
        sums = self.tally.days[day]
        return DayTotals(
            mark=digest(self.lines[day], MARK_BYTES),
            sums={place: dict(some) for place, some in sums.items()},
            splits={name: {place: _split(money[day, place]) for place in sums} for name, money in self.money.items()},
        )


def _places(by_group: t.Sequence[t.Sequence[t.Any]], size: int) -> t.Sequence[Place]:
    match by_group:
        case []:
            return [None] * size
        case [one]:
            return one
        case _:
            return list(zip(*by_group, strict=True))


def _split(money: Money) -> str:
    # 12.5 and 12.50 are one sum: how many places it has depends on the shares that it was added up from.
    return digest((f"{name}\x1f{_plain(value)}" for name, value in money.items()), SPLIT_BYTES)


@dataclass
class Probe:
    """The totals of a range of business days; a day in ``covered`` without totals is empty."""

    covered: set[datetime.date] = field(default_factory=set)
    days: dict[datetime.date, DayTotals] = field(default_factory=dict)

    def totals(self, day: datetime.date) -> DayTotals | None:
        """The day's totals; ``None`` where the probe did not reach."""
        return self.days.get(day, EMPTY_DAY) if day in self.covered else None

    def mark(self, day: datetime.date) -> str | None:
        """The day's fingerprint; ``None`` where the probe did not reach."""
        totals = self.totals(day)
        return None if totals is None else totals.mark

    def is_empty(self, day: datetime.date) -> bool:
        """Whether there is nothing on that day, as far as the probe reached."""
        totals = self.totals(day)
        return totals is not None and not totals.sums

    def update(self, other: Probe) -> None:
        """Take in what a later probe found."""
        for day in other.covered:
            self.days.pop(day, None)
        self.covered |= other.covered
        self.days.update(other.days)

    @classmethod
    def read(
        cls,
        control: Control,
        pages: t.Iterable[Page],
        report: olap.Report,
        days: t.Iterable[datetime.date],
        where: str,
    ) -> Probe:
        """From the answer of ``report``, which is that of ``control`` as far as a server offers it, over ``days``.

        Raises:
            BadAnswer: a value is not of its type, or a day was not asked for.
        """
        asked = {day.isoformat(): day for day in days}
        reader = _Reader(control, report)
        try:
            for page in pages:
                reader.add(page)
            if stray := sorted(set(reader.lines).difference(asked)):
                message = f"{stray[0]!r} was not asked for"
                raise ValueError(message)
        except ValueError as error:
            message = f"{where}: {error}."
            raise errors.BadAnswer(message) from None
        return cls(covered=set(asked.values()), days={asked[day]: reader.totals(day) for day in reader.lines})
