"""The current rows of a warehouse against the simulator's books, field by field, computed without the tap's code."""

from __future__ import annotations

import datetime
import json
import typing as t
from collections import defaultdict
from decimal import Decimal, InvalidOperation

from support.schemas import columns_of

if t.TYPE_CHECKING:
    from simulator import Simulator
    from support.taps import Record

TOLERANCE = Decimal("0.0005")  # shares of split orders are binary fractions at iiko
FACTS = ("receipts", "receipt_items", "receipt_payments", "sales")
SALES = (*FACTS, "receipt_item_discounts")  # whose rows do not add up to all that is sold
REFERENCES = ("departments", "stores", "product_groups", "products", "categories")
SIMPLE = {"text", "uuid", "boolean", "date", "date-time", "number", "integer", "array"}
NUMBERS = {"number", "integer"}
UNPAID = "(без оплаты)"  # some servers say null instead (API reference 4.7)
TRUTHS = {"TRUE": True, "FALSE": False, "DELIVERY_ORDER": True, "ORDER_WITHOUT_DELIVERY": False}


def _normal(value: t.Any, kind: str) -> t.Any:
    """One form for a value of the books and of a row; what is not of its column's type is null, a list is a text."""
    match kind:
        case "boolean":
            return TRUTHS.get(value) if isinstance(value, str) else value
        case "date-time" if value:
            return datetime.datetime.fromisoformat(value)
        case "date" if value:
            return value[:10]
        case "array":
            return json.dumps(([value] if isinstance(value, str) else value) or None, sort_keys=True, default=float)
        case "uuid":
            return value.lower() if value else None
        case _ if isinstance(value, list):
            return ", ".join(map(str, value)) or None
        case "text" if isinstance(value, int):
            return str(value)
        case _ if isinstance(value, str):
            return value.strip().removeprefix(UNPAID) or None
        case _:
            return value


def _figure(value: t.Any) -> Decimal:
    """A number; blank, an object and the table ``12A`` count as zero, as null does."""
    try:
        return Decimal(value or 0)
    except (InvalidOperation, TypeError):
        return Decimal(0)


def _table(rows: t.Iterable[t.Mapping[str, t.Any]], columns: t.Sequence[tuple[str, str, str]], place: int) -> t.Any:
    """Rows grouped by all that is no number; place 0 names a row's columns, 1 iiko's fields."""
    grouped: defaultdict[tuple[t.Any, ...], list[list[Decimal]]] = defaultdict(list)
    words = [each for each in columns if each[2] not in NUMBERS]
    numbers = [each for each in columns if each[2] in NUMBERS]
    for row in rows:
        key = tuple(_normal(row[each[place]], each[2]) for each in words)
        grouped[key].append([_figure(row[each[place]]) for each in numbers])
    for figures in grouped.values():
        figures.sort()
    return grouped, [each[0] for each in words], [each[0] for each in numbers]


def compared_columns(table: str, books: t.Sequence[t.Mapping[str, t.Any]]) -> list[tuple[str, str, str]]:
    """Column, field and kind of everything that the books know of a table."""
    known = set().union(*books)
    keys = {"id", "receipt_id"}
    return [
        (column.name, field, column.kind)
        for column in columns_of(table)
        for field in (("(day)",) if column.name == "business_date" and "(day)" in known else column.fields)
        if field in known
        and column.kind in SIMPLE
        # what iiko has no id for gets one of ours
        and not (column.name in keys and any(row.get(field) is None for row in books))
    ]


def differences(
    rows: t.Iterable[Record], books: t.Sequence[Record], table: str, only: t.Container[str] | None = None
) -> list[str]:
    """What is not as in the books, in words; of some columns only, if not all are read."""
    rows = list(rows)
    if not books:
        return [f"{table}: {len(rows)} rows, none in the books"] if rows else []
    columns = compared_columns(table, books)
    assert len(columns) >= 3, (table, columns)
    columns = [each for each in columns if only is None or each[0] in only]
    hidden = {column.name for column in columns_of(table) if column.is_private}
    hidden = {name for name in hidden if all(row.get(name) is None for row in rows)}  # by personal_data
    columns = [each for each in columns if each[0] not in hidden]
    mine, words, numbers = _table(rows, columns, 0)
    truth, _, _ = _table(({**dict.fromkeys(c[1] for c in columns), **row} for row in books), columns, 1)
    found = [f"{table}: not in the books: {dict(zip(words, key, strict=True))}" for key in mine if key not in truth]
    found += [f"{table}: lacks {dict(zip(words, key, strict=True))}" for key in truth if key not in mine]
    for key in mine.keys() & truth.keys():
        here, there = mine[key], truth[key]
        if len(here) != len(there):
            found.append(f"{table}: {len(here)} rows instead of {len(there)}: {dict(zip(words, key, strict=True))}")
            continue
        for figures, right in zip(here, there, strict=True):
            found += [
                f"{table}.{name}: {a} instead of {b}: {dict(zip(words, key, strict=True))}"
                for name, a, b in zip(numbers, figures, right, strict=True)
                if abs(a - b) > TOLERANCE
            ]
    return found


def assert_equal_to_books(
    current: t.Callable[[str], t.Iterable[Record]], sim: Simulator, tables: t.Iterable[str] = (*SALES, *REFERENCES)
) -> None:
    """Every current row of these tables is in the books, and every row of the books is current."""
    for table in tables:
        found = differences(current(table), sim.books.rows(table), table)
        assert not found, "\n".join([f"{len(found)} differences", *found[:12]])


def number(value: t.Any) -> Decimal:
    """A figure, blank being zero, to nine places."""
    return round(Decimal(value or 0), 9)


def by_day_and_department(rows: t.Iterable[Record], column: str) -> dict[tuple[str, str | None], Decimal]:
    """Sums."""
    sums: defaultdict[tuple[str, str | None], Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row["business_date"], row["department_id"]] += Decimal(row[column] or 0)
    return dict(sums)
