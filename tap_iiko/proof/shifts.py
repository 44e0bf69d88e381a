"""R1: the sums of a cash shift against the payments of its receipts."""

from __future__ import annotations

import datetime
import typing as t
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial

from tap_iiko.days.calendar import ONE_DAY, days_between, ranges_of
from tap_iiko.iiko import errors, olap, values
from tap_iiko.proof.checks import Facts, Finding, Rule
from tap_iiko.proof.totals import DAY, DEPARTMENT, SOURCE

if t.TYPE_CHECKING:
    from tap_iiko.iiko.values import Page
    from tap_iiko.proof.checks import Record

NAME = "R1"
SHIFTS, PAYMENTS = "cash_shifts", "receipt_payments"
SESSION, PAY_GROUP = "SessionID", "PayTypes.Group"
FLAGS, SOURCE_ORDER = ("OrderDeleted", "DeletedWithWriteoff"), "SourceOrderId"
REVENUE, RETURNED = "DishDiscountSumInt", "DishReturnSum"
REPORT = olap.Report(
    report_type=SOURCE["olap"],
    day=DAY,
    groups=(DAY, SESSION, PAY_GROUP, *FLAGS, SOURCE_ORDER),
    aggregates=(REVENUE, RETURNED),
)
DISPENSABLE = {*FLAGS, SOURCE_ORDER, RETURNED}
MEASURES: t.Final = {
    "cash": ("CASH", "sales_cash"),
    "card": ("CARD", "sales_card"),
    "credit": ("NON_CASH", "sales_credit"),
}
MOST_DAYS = 62  # of a report
MOST_SHIFT_DAYS = 31
WHERE = "check of cash shifts"
REFUNDED = "a later refund is among its receipts: what a shift shows of that is not known."


@dataclass
class Taken:
    """What the receipts of a shift brought in."""

    money: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    """By group of the payment type."""
    is_refunded: bool = False
    """Whether one of them is a refund of an earlier one (API reference 5.3 b)."""
    days: set[datetime.date] = field(default_factory=set)
    """Their business days."""


def _days_of(row: Record) -> list[datetime.date]:
    """From the opening of a shift to its end; no more than can be asked for."""
    first = datetime.date.fromisoformat(row["open_date"][:10])
    last = datetime.date.fromisoformat((row["close_date"] or row["open_date"])[:10])
    return days_between(first, min(last, first + ONE_DAY * MOST_SHIFT_DAYS))


def _days_of_receipts(row: Record) -> list[datetime.date]:
    """A business day may end in the morning, so what is sold at one o'clock is of the day before."""
    days = _days_of(row)
    return [days[0] - ONE_DAY, *days] if days else []


def _days(facts: Facts) -> set[datetime.date]:
    """The days of shifts that were written, or whose receipts may have been."""
    sold = facts.written.get(PAYMENTS, set())
    return facts.written.get(SHIFTS, set()) | {
        day
        for day, rows in facts.rows.get(SHIFTS, {}).items()
        if any(not sold.isdisjoint(_days_of_receipts(row)) for row in rows)
    }


def _check(facts: Facts) -> t.Iterator[Finding]:
    """Of closed shifts: what they show by kind of payment, and what iiko's report has of their receipts."""
    shifts = {
        row["id"]: (day, row)
        for day, rows in facts.rows.get(SHIFTS, {}).items()
        if day in facts.days
        for row in rows
        if row["close_date"]
    }
    taken = _taken(facts, {day for _, row in shifts.values() for day in _days_of_receipts(row)})
    for identity, (day, row) in sorted(shifts.items(), key=lambda item: (item[1][0], item[0])):
        found = taken.get(identity)
        if found is None and facts.departments:
            continue  # perhaps of a department that is not read
        found = found or Taken()
        days = sorted(found.days.union(_days_of(row)))
        missing = next((each for each in days if not facts.is_loaded(PAYMENTS, each)), None)
        for measure, (group, column) in MEASURES.items():
            yield Finding(
                rule=NAME,
                day=day,
                subject=identity,
                measure=measure,
                expected=None if row[column] is None else Decimal(row[column]),
                found=found.money[group],
                reason=_reason(row, column, found, missing),
            )


def _reason(row: Record, column: str, found: Taken, missing: datetime.date | None) -> str | None:
    """Why it cannot be decided, if that is so."""
    if row[column] is None:
        return "the shift does not tell it."
    if len(_days_of(row)) > MOST_SHIFT_DAYS:
        return f"the shift lasted more than {MOST_SHIFT_DAYS} days."
    if missing:
        return f"the receipts of {missing} are not loaded."
    return REFUNDED if found.is_refunded else None


def _taken(facts: Facts, days: t.Iterable[datetime.date]) -> dict[str, Taken]:
    """By shift: one small report over unbroken days."""
    taken: defaultdict[str, Taken] = defaultdict(Taken)
    report = REPORT.of_only(DEPARTMENT, facts.departments)
    for first, last in ranges_of(days):
        for start in days_between(first, last)[::MOST_DAYS]:
            report = _ask(facts, report, start, min(last, start + ONE_DAY * (MOST_DAYS - 1)), taken)
    return dict(taken)


def _ask(
    facts: Facts, report: olap.Report, first: datetime.date, last: datetime.date, taken: dict[str, Taken]
) -> olap.Report:
    """Add up the report; without what this server does not know, by halves where it cannot give it at once.

    Raises:
        Unavailable: it lacks what the rule needs.
    """
    while True:
        try:
            pages = facts.client.pacing.retry(partial(_pages, facts, report, first, last), on=errors.CutAnswer)
        except errors.Rejected as error:
            name = olap.unknown_field(error)
            if name is None or name not in report.fields:
                raise
            if name not in DISPENSABLE:
                message = f"reports of this version of iiko have no {name}."
                raise errors.Unavailable(message) from error
            report = report.without(name)
        except errors.Unanswered:
            if first == last:
                raise
            middle = first + ONE_DAY * ((last - first).days // 2)
            report = _ask(facts, report, first, middle, taken)
            return _ask(facts, report, middle + ONE_DAY, last, taken)
        else:
            for page in pages:
                _add(page, taken)
            return report


def _pages(facts: Facts, report: olap.Report, first: datetime.date, last: datetime.date) -> list[Page]:
    with closing(report.fetch(facts.client, first, last).result()) as answer:
        return list(report.pages(answer.body, WHERE, olap.Decoders()))


def _add(page: Page, taken: dict[str, Taken]) -> None:
    nothing = [None] * len(page[SESSION])

    def column(name: str) -> t.Sequence[t.Any]:
        return [values.as_reference(value) or "" for value in page.get(name, nothing)]

    try:
        revenue, returned = (values.numbers(page.get(name, nothing)) for name in (REVENUE, RETURNED))
        sessions = [values.as_uuid(value) for value in page[SESSION]]
        days = [datetime.date.fromisoformat(values.as_date(value) or "") for value in page[DAY]]
    except ValueError as error:
        message = f"{WHERE}: {error}."
        raise errors.BadAnswer(message) from None
    rows = zip(sessions, days, *map(column, (PAY_GROUP, SOURCE_ORDER, *FLAGS)), revenue, returned, strict=True)
    for session, day, group, source, *flags, sum_, back in rows:
        if session is None:
            continue  # sales without an order, or from the back office
        taken[session].days.add(day)
        is_sold = all(flag in {"", "NOT_DELETED"} for flag in flags)
        taken[session].money[group] += Decimal(sum_ or 0) if is_sold else 0
        taken[session].is_refunded |= bool(source) or (not is_sold and bool(back))


R1: t.Final = Rule(
    name=NAME,
    about="the sums of closed cash shifts against the payments of their receipts",
    keeps={
        SHIFTS: ("id", "business_date", "open_date", "close_date", *(column for _, column in MEASURES.values())),
        PAYMENTS: (),
    },
    days=_days,
    check=_check,
)
