"""The probe: one small report of iiko's totals by business day, so that unchanged days stay unread."""

from __future__ import annotations

import base64
import datetime
import hashlib
import typing as t
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal

from tap_iiko.iiko import errors, olap, values

Department = str | None
Sums = dict[str, Decimal]

# What every fact table adds up to, by column; the OLAP fields of these columns are the probe's aggregates.
METRICS: t.Final = {
    "dish_amount": "DishAmountInt",
    "dish_sum": "DishSumInt",
    "discount_sum": "DiscountSum",
    "increase_sum": "IncreaseSum",
    "dish_discount_sum": "DishDiscountSumInt",
    "vat_sum": "VAT.Sum",
    "dish_return_sum": "DishReturnSum",
    "product_cost": "ProductCostBase.ProductCost",
}
PAY_TYPE = "PayTypes.GUID"
FLAGS = ("OrderDeleted", "DeletedWithWriteoff", "Storned")
# Counts of whole orders: an order that is paid in two ways counts in both groups, so they serve the fingerprint only.
COUNTS = ("GuestNum", "UniqOrderId", "UniqOrderId.OrdersCount", "OrderItems")
REPORT = olap.Report(
    groups=(olap.DAY, olap.DEPARTMENT, PAY_TYPE, *FLAGS),
    aggregates=(*METRICS.values(), *COUNTS),
)
# Shares of split orders are binary fractions and wobble in their last digits.
FINGERPRINT_STEP = Decimal("0.0001")
MARK_BYTES = 6
SPLIT_BYTES = 3


def digest(parts: t.Iterable[str], size: int) -> str:
    """A short hash of texts, independent of their order."""
    hashed = hashlib.blake2b("\x1e".join(sorted(parts)).encode(), digest_size=size)
    return base64.urlsafe_b64encode(hashed.digest()).decode("ascii")


def _rounded(value: Decimal | int | None) -> str:
    number = Decimal(value or 0).quantize(FINGERPRINT_STEP, ROUND_HALF_EVEN)
    return str(number + 0)  # no negative zero


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


@dataclass
class _DayBuilder:
    lines: list[str] = field(default_factory=list)
    sums: dict[Department, defaultdict[str, Decimal]] = field(default_factory=dict)
    money: dict[Department, defaultdict[tuple[str, str], Decimal]] = field(default_factory=dict)

    def add(self, row: olap.Row, metrics: t.Mapping[str, str], aggregates: t.Sequence[str]) -> None:
        department = values.as_uuid(row.get(olap.DEPARTMENT))
        pay_type = values.as_reference(row.get(PAY_TYPE)) or ""
        flags = "/".join(values.as_reference(row.get(flag)) or "" for flag in FLAGS)
        figures = {name: values.as_number(row.get(name)) for name in aggregates}
        self.lines.append("\x1f".join([department or "", pay_type, flags, *map(_rounded, figures.values())]))
        sums = self.sums.setdefault(department, defaultdict(Decimal))
        money = self.money.setdefault(department, defaultdict(Decimal))
        for column, name in metrics.items():
            sums[column] += figures[name] or 0
        for name in ("DishSumInt", "DishDiscountSumInt"):
            money["pay", pay_type] += figures.get(name) or 0
            money["flags", flags] += figures.get(name) or 0

    def split(self, kind: str) -> dict[Department, str]:
        return {
            department: digest(
                (f"{name}\x1f{_rounded(value)}" for (each, name), value in money.items() if each == kind), SPLIT_BYTES
            )
            for department, money in self.money.items()
        }

    def build(self) -> DayTotals:
        return DayTotals(
            mark=digest(self.lines, MARK_BYTES),
            sums={department: dict(sums) for department, sums in self.sums.items()},
            pay_types=self.split("pay"),
            flags=self.split("flags"),
        )


EMPTY_DAY = _DayBuilder().build()


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

    def update(self, other: Probe) -> None:
        """Take in what a later probe found."""
        for day in other.covered:
            self.days.pop(day, None)
        self.covered |= other.covered
        self.days.update(other.days)

    @classmethod
    def read(
        cls, pages: t.Iterable[olap.Page], report: olap.Report, days: t.Iterable[datetime.date], where: str
    ) -> Probe:
        """From the answer of ``report`` over ``days``.

        Raises:
            BadAnswer: a value is not of its type, or a day was not asked for.
        """
        metrics = {column: name for column, name in METRICS.items() if name in report.aggregates}
        asked = set(days)
        builders: dict[datetime.date, _DayBuilder] = {}
        for page in pages:
            for values_of_row in zip(*page.values(), strict=True):
                row = dict(zip(page, values_of_row, strict=True))
                try:
                    text = values.as_date(row.get(olap.DAY))
                    day = datetime.date.fromisoformat(text or "")
                    if day not in asked:
                        message = f"{day} was not asked for"
                        raise ValueError(message)
                    builders.setdefault(day, _DayBuilder()).add(row, metrics, report.aggregates)
                except ValueError as error:
                    message = f"{where}: {error}."
                    raise errors.BadAnswer(message) from None
        return cls(covered=asked, days={day: builder.build() for day, builder in builders.items()})
