"""What the demonstration shows: the database against the simulator's own books."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from decimal import Decimal

import psycopg

if t.TYPE_CHECKING:
    from demo.servers import SimulatorProcess

FACTS = ("receipts", "receipt_items", "receipt_payments", "sales")
TABLES = (
    *("servers", "departments", "stores", "product_groups", "products", "product_modifiers", "categories"),
    *FACTS,
    *("transactions", "stock_movements", "reconciliation", "late_changes", "sync_log"),
)
SUMS = (
    *("dish_amount", "dish_sum", "discount_sum", "increase_sum", "dish_discount_sum", "vat_sum", "dish_return_sum"),
    "product_cost",
)
SHOWN_DAYS = 5
CENT = Decimal("0.01")

Connection = psycopg.Connection[tuple[t.Any, ...]]
Key = tuple[str, str]


def show_tables(database: Connection) -> None:
    """Rows per table, and how many of them iiko still has."""
    print(f"\n{'table':<20} {'rows':>10} {'current':>10}")
    for table in TABLES:
        (rows,) = database.execute(f"select count(*) from {table}").fetchone() or (0,)
        has_view = table not in {"late_changes", "sync_log"}
        current = database.execute(f"select count(*) from current_{table}").fetchone() if has_view else None
        print(f"{table:<20} {rows:>10,} {f'{current[0]:,}' if current else '':>10}")


def differences(database: Connection, simulator: SimulatorProcess) -> tuple[int, list[str]]:
    """Every sum of every business day, department and fact table that is not that of the books, to half a kopeck.

    Returns:
        How many sums were compared, and a line for each one that is wrong.
    """
    books: dict[Key, dict[str, t.Any]] = {
        (row["business_date"], row["department_id"]): row for row in simulator.ask("books/days")
    }
    compared, found = 0, []
    for table in FACTS:
        described = database.execute(f"select * from current_{table} limit 0").description or ()
        present = {column.name for column in described}
        columns = [column for column in SUMS if column in present]
        sums = ", ".join(f"coalesce(sum({column}), 0)" for column in columns)
        rows = database.execute(
            f"select business_date::text, department_id::text, {sums} from current_{table} group by 1, 2"
        ).fetchall()
        loaded: dict[Key, t.Sequence[Decimal]] = {(day, department): figures for day, department, *figures in rows}
        for key in sorted({*books, *loaded}):
            figures = loaded.get(key, [Decimal(0)] * len(columns))
            compared += len(columns)
            for column, figure in zip(columns, figures, strict=True):
                truth = Decimal(books.get(key, {}).get(column) or 0)
                if abs(figure - truth) >= CENT / 2:
                    found.append(f"{table} {key[0]} {key[1]} {column}: {figure} loaded, {truth} in the books")
    return compared, found


# The lines of a later refund are flagged as deleted and have no revenue; one on the day of the sale is minus lines in
# the same receipt (docs/why-numbers-differ.md, 2). Only lines tell them apart.
NET_REVENUE = """
select business_date::text, department_id::text,
       sum(case
             when dish_return_sum <> 0 and dish_discount_sum = 0 then -abs(dish_return_sum)
             when order_deleted = 'NOT_DELETED' and deleted_with_writeoff = 'NOT_DELETED' then dish_discount_sum
             else 0
           end)
from current_receipt_items
group by 1, 2
"""


def show_revenue(database: Connection, simulator: SimulatorProcess) -> None:
    """Net revenue of the last days by department, against what the business took in."""
    books: defaultdict[str, dict[str, Decimal]] = defaultdict(dict)
    names: dict[str, str] = {}
    for row in simulator.ask("books/days"):
        books[row["business_date"]][row["department_id"]] = Decimal(row["net_revenue"])
        names[row["department_id"]] = row["department"].strip()
    order = sorted(names, key=lambda each: names[each])
    loaded = {(day, department): revenue for day, department, revenue in database.execute(NET_REVENUE)}
    print(f"\n{'net revenue':<12}" + "".join(f"{names[each][:20]:>22}" for each in order))
    for day in sorted(books)[-SHOWN_DAYS:]:
        cells = []
        for department in order:
            revenue = loaded.get((day, department), Decimal(0))
            agrees = abs(revenue - books[day].get(department, Decimal(0))) < CENT / 2
            cells.append(f"{revenue:>20,.2f} {'✓' if agrees else '✗'}")
        print(f"{day:<12}" + "".join(cells))
    if len(books) > SHOWN_DAYS:
        print(f"{'…':<12}and {len(books) - SHOWN_DAYS} days before.")


def show_late_changes(database: Connection) -> None:
    """What the second run noticed in closed days."""
    rows = database.execute(
        """select l.business_date, coalesce(d.name, ''), metric, old_value, new_value
           from late_changes l left join current_departments d
             on d.server_id = l.server_id and d.id = l.department_id
           where metric not like '% %'
           order by 1, 2, 3"""
    ).fetchall()
    print("\nlate changes (table late_changes)")
    for day, department, metric, old, new in rows:
        change = f"{old:,.2f} -> {new:,.2f}" if old is not None else "moved between groups"
        print(f"  {day} {department:<22} {metric:<20} {change}")
    postings = database.execute(
        "select business_date, count(*) from late_changes where metric like '% %' group by 1 order by 1"
    )
    for day, count in postings:
        print(f"  {day} {'the ledger':<22} {count} sums by type, account and side")
