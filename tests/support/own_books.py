"""What reports of a user's own must come to, in plain Python, from rows of books that are keyed by iiko's fields."""

from __future__ import annotations

import datetime
import typing as t
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from support.truth import TOLERANCE

if t.TYPE_CHECKING:
    from support.taps import Record

Report = dict[str, t.Any]
Key = tuple[t.Any, ...]
SALES_DAY, LEDGER_DAY = "OpenDate.Typed", "DateTime.DateTyped"
ORDER = "UniqOrderId.Id"
RECEIPTS = "UniqOrderId"
COUNTS = {RECEIPTS, "UniqOrderId.OrdersCount"}
"""Of orders, where the rows are lines or payments; a refund is no order, though it has a receipt."""
UNPAID = {"", "(без оплаты)"}  # blank, in the words of some servers


@dataclass(frozen=True)
class Told:
    """A report as it is declared, and where the books have what it asks for."""

    report: Report
    books: str
    """The table of the books."""
    columns: dict[str, str] = field(default_factory=dict)
    """By field of a group or an aggregate its column, written by hand."""

    @property
    def name(self) -> str:
        """Of the table."""
        return f"report_{self.report['name']}"

    @property
    def by(self) -> str:
        """What is counted together."""
        return str(self.report.get("by", "day"))

    @property
    def groups(self) -> list[str]:
        """Without the day."""
        return list(self.report.get("groups", ()))


def period_of(day: str, by: str) -> str:
    """The first day of what a day is counted with."""
    date = datetime.date.fromisoformat(day[:10])
    if by == "week":
        date -= datetime.timedelta(days=date.weekday())
    return (date.replace(day=1) if by == "month" else date).isoformat()


def expected(told: Told, rows: t.Iterable[Record], first: datetime.date) -> dict[Key, dict[str, Decimal]]:
    """By the period and the groups every figure, of all periods since the one that ``first`` lies in."""
    oldest = period_of(first.isoformat(), told.by)
    day = LEDGER_DAY if told.report.get("report") == "TRANSACTIONS" else SALES_DAY
    found: dict[Key, dict[str, Decimal]] = {}
    orders: defaultdict[Key, dict[str, bool]] = defaultdict(dict)
    for row in rows:
        period = period_of(row[day], told.by)
        if period < oldest or not _is_let_through(row, told.report.get("filters", {})):
            continue
        key = (period, *(_plain(row[name]) for name in told.groups))
        figures = found.setdefault(key, dict.fromkeys(told.report["aggregates"], Decimal(0)))
        if row.get(ORDER):
            orders[key][row[ORDER]] = row["Storned"] == "FALSE"
        for name in figures:
            if name in row:
                figures[name] += Decimal(row[name] or 0)
            else:
                assert name in COUNTS, f"the books know no {name}"
                counted = orders[key].values()
                figures[name] = Decimal(len(counted) if name == RECEIPTS else sum(counted))
    return found


def _is_let_through(row: Record, filters: t.Mapping[str, t.Any]) -> bool:
    for name, condition in filters.items():
        value = _plain(row[name])
        match condition:
            case list():
                is_kept = value in condition
            case {"except": values}:
                is_kept = value not in values
            case {"from": low, "to": high}:
                is_kept = value is not None and low <= value <= high
        if not is_kept:
            return False
    return True


def _plain(value: t.Any) -> t.Any:
    if isinstance(value, str):
        return None if value.strip() in UNPAID else value.strip()
    return value


def loaded(told: Told, rows: t.Iterable[Record]) -> dict[Key, dict[str, Decimal]]:
    """The same of the rows of its table."""
    found: dict[Key, dict[str, Decimal]] = {}
    for row in rows:
        key = (row["business_date"], *(row[told.columns[name]] for name in told.groups))
        assert key not in found, f"{told.name}: twice {key}"
        found[key] = {name: Decimal(row[told.columns[name]] or 0) for name in told.report["aggregates"]}
    return found


def differences(told: Told, rows: t.Iterable[Record], books: t.Iterable[Record], first: datetime.date) -> list[str]:
    """What is not as in the books, in words."""
    mine, truth = loaded(told, rows), expected(told, books, first)
    found = [f"{told.name}: not in the books: {key}" for key in mine.keys() - truth.keys()]
    found += [f"{told.name}: lacks {key}" for key in truth.keys() - mine.keys()]
    for key in mine.keys() & truth.keys():
        found += [
            f"{told.name}.{name}: {mine[key][name]} instead of {right}: {key}"
            for name, right in truth[key].items()
            if abs(mine[key][name] - right) > TOLERANCE
        ]
    return found
