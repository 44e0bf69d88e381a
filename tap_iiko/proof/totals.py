"""The probe: one small report of iiko's totals by business day, so that unchanged days stay unread."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from tap_iiko import tables
from tap_iiko.days.bookmark import EMPTY_MARK, MARK_BYTES, digest
from tap_iiko.iiko import errors, olap, values
from tap_iiko.rows.tally import Department, Sums, Tally

if t.TYPE_CHECKING:
    import datetime

    from tap_iiko.iiko.values import Page

Money = defaultdict[str, Decimal]

GROUP = "sales"
METRICS: t.Final = tables.figures(GROUP)
"""What every table of the group adds up to, by column: the probe's aggregates."""
SOURCE: t.Final = tables.load("sales").source
DAY, DEPARTMENT = SOURCE["day"], SOURCE["department"]
PAY_TYPE = "PayTypes.GUID"
FLAGS = ("OrderDeleted", "DeletedWithWriteoff", "Storned")
# Counts of whole orders: an order that is paid in two ways counts in both groups, so they serve the fingerprint only.
COUNTS = ("GuestNum", "UniqOrderId", "UniqOrderId.OrdersCount", "OrderItems")
REPORT = olap.Report(
    report_type=SOURCE["olap"],
    day=DAY,
    department=DEPARTMENT,
    groups=(DAY, DEPARTMENT, PAY_TYPE, *FLAGS),
    aggregates=(*METRICS.values(), *COUNTS),
)
# Shares of split orders are binary fractions and wobble in their last digits.
FINGERPRINT_PLACES = 4
FINGERPRINT_STEP = Decimal(1).scaleb(-FINGERPRINT_PLACES)
SPLIT_BYTES = 3


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
    sums: dict[Department, Sums]
    pay_types: dict[Department, str]
    """A short hash of the money by payment type."""
    flags: dict[Department, str]
    """A short hash of the money by deletion and refund flags."""


EMPTY_DAY = DayTotals(mark=EMPTY_MARK, sums={}, pay_types={}, flags={})


class _Reader:
    """Adds the probe's rows up, column by column."""

    def __init__(self, report: olap.Report) -> None:
        self.names = report.aggregates
        self.metrics = {column: name for column, name in METRICS.items() if name in report.aggregates}
        self.tally = Tally(list(self.metrics))
        self.lines: defaultdict[str, list[str]] = defaultdict(list)
        self.pay_types: defaultdict[tuple[str, Department], Money] = defaultdict(lambda: defaultdict(Decimal))
        self.flags: defaultdict[tuple[str, Department], Money] = defaultdict(lambda: defaultdict(Decimal))
        self.day = values.Memo(lambda value: values.as_date(value) or "")
        self.department = values.Memo(values.as_uuid)
        self.text = values.Memo(lambda value: values.as_reference(value) or "")

    def add(self, page: Page) -> None:
        nothing = [None] * len(page[DAY])
        days = self.day.column(page[DAY])
        departments = self.department.column(page.get(DEPARTMENT, nothing))
        pay_types = self.text.column(page.get(PAY_TYPE, nothing))
        flags = [
            "/".join(row) for row in zip(*(self.text.column(page.get(flag, nothing)) for flag in FLAGS), strict=True)
        ]
        figures = {name: values.numbers(page[name]) for name in self.names}
        self.tally.add(days, departments, [figures[name] for name in self.metrics.values()])
        texts = (map(_rounded, column) for column in figures.values())
        for day, department, *line in zip(days, departments, pay_types, flags, *texts, strict=True):
            self.lines[day].append("\x1f".join([department or "", *line]))
        gross, net = (figures.get(name, nothing) for name in ("DishSumInt", "DishDiscountSumInt"))
        for day, department, pay_type, flag, one, other in zip(
            days, departments, pay_types, flags, gross, net, strict=True
        ):
            money = (one or 0) + (other or 0)
            self.pay_types[day, department][pay_type] += money
            self.flags[day, department][flag] += money

    def totals(self, day: str) -> DayTotals:
        sums = self.tally.days[day]
        return DayTotals(
            mark=digest(self.lines[day], MARK_BYTES),
            sums={department: dict(some) for department, some in sums.items()},
            pay_types={department: _split(self.pay_types[day, department]) for department in sums},
            flags={department: _split(self.flags[day, department]) for department in sums},
        )


def _split(money: Money) -> str:
    # 12.5 and 12.50 are one sum: how many places it has depends on the shares that it was added up from.
    return digest((f"{name}\x1f{_plain(value)}" for name, value in money.items()), SPLIT_BYTES)


@dataclass
class Probe:
    """The totals of a range of business days; a day in ``covered`` without totals has no sales."""

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
        """Whether nothing was sold on that day, as far as the probe reached."""
        totals = self.totals(day)
        return totals is not None and not totals.sums

    def update(self, other: Probe) -> None:
        """Take in what a later probe found."""
        for day in other.covered:
            self.days.pop(day, None)
        self.covered |= other.covered
        self.days.update(other.days)

    @classmethod
    def read(cls, pages: t.Iterable[Page], report: olap.Report, days: t.Iterable[datetime.date], where: str) -> Probe:
        """From the answer of ``report`` over ``days``.

        Raises:
            BadAnswer: a value is not of its type, or a day was not asked for.
        """
        asked = {day.isoformat(): day for day in days}
        reader = _Reader(report)
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
