"""Reports of a user's own by the whole way: Meltano, target-postgres, views, prune."""

from __future__ import annotations

import datetime
import json
import typing as t

from support.analyst import LEDGER, LINES, ORDERS, Analyst, told
from support.databases import rows_of
from support.own_books import differences
from tap_iiko.commands.apply import apply
from tap_iiko.settings.report_tables import tables_of

if t.TYPE_CHECKING:
    from simulator import Simulator
    from support.databases import Connection
    from support.meltano_project import MeltanoProject

REPORTS = [
    told(LINES, "dishes", "Department.Id DishId DishName", "DishAmountInt DishSumInt", key=["Department.Id", "DishId"]),
    told(ORDERS, "months", "Department.Id", "UniqOrderId GuestNum", by="month"),
    told(LEDGER, "posted", "Account.Id Account.Name TransactionSide", "Sum.ResignedSum", report="TRANSACTIONS"),
]
TYPES = {
    "report_dishes": {
        "server_id": "text",
        "id": "uuid",
        "business_date": "date",
        "department_id": "uuid",
        "dish_id": "uuid",
        "dish_name": "text",
        "dish_amount": "numeric",
        "dish_sum": "numeric",
        "synced_at": "timestamp without time zone",
    },
    "report_months": {
        "server_id": "text",
        "id": "uuid",
        "business_date": "date",
        "department_id": "uuid",
        "receipts_count": "numeric",
        "guest_num": "numeric",
        "synced_at": "timestamp without time zone",
    },
    "report_posted": {
        "server_id": "text",
        "id": "uuid",
        "business_date": "date",
        "account_id": "uuid",
        "account_name": "text",
        "transaction_side": "text",
        "sum_resigned_sum": "numeric",
        "synced_at": "timestamp without time zone",
    },
}


def types(database: Connection, table: str) -> dict[str, str]:
    """By column what PostgreSQL calls its type."""
    found = database.execute(
        "select column_name, data_type from information_schema.columns "
        "where table_schema = current_schema() and table_name = %s and column_name not like '\\_sdc%%'",
        [table],
    )
    return dict(found.fetchall())


def wrong(sim: Simulator, database: Connection) -> list[str]:
    """What the views do not have as the books have it."""
    books = Analyst(sim, REPORTS).books
    return [
        each
        for report in REPORTS
        for each in differences(report, rows_of(database, report.name), books(report), sim.first_day)
    ]


def test_three_reports_from_meltano_to_pruned_rows(
    project: MeltanoProject, sim: Simulator, database: Connection, schema: str
) -> None:
    declared = json.dumps([each.report for each in REPORTS])
    names = [each.name for each in REPORTS]
    select = json.dumps([f"{name}.*" for name in (*names, "sync_log")])
    given = {"TAP_IIKO_REPORTS": declared, "TAP_IIKO__SELECT": select}
    own = tables_of({"TAP_IIKO_REPORTS": declared})
    first = project.run("run", "tap-iiko", "target-postgres", **given)
    assert first.returncode == 0, first.stdout
    apply("views", database, schema, own=own)
    assert {name: types(database, name) for name in names} == TYPES
    assert wrong(sim, database) == []

    day = sim.last_day - datetime.timedelta(days=5)
    sold = {row["DishId"] for row in sim.books.rows(LINES) if row["OpenDate.Typed"] == f"{day}"}
    for _ in range(8):
        sim.business.lose_order(day=day)
    left = {row["DishId"] for row in sim.books.rows(LINES) if row["OpenDate.Typed"] == f"{day}"}
    assert sold - left, "some dish is not sold any more"
    assert wrong(sim, database)
    second = project.run("run", "tap-iiko", "target-postgres", **given)
    assert second.returncode == 0, second.stdout
    assert wrong(sim, database) == []
    removed = {row["table_name"]: row["removed_rows"] for row in apply("prune", database, schema)}
    assert removed["report_dishes"] >= len(sold - left)
    for name in names:
        counts = database.execute(f"select (select count(*) from {name}), count(*) from current_{name}").fetchone()
        assert counts
        assert counts[0] == counts[1] > 0
    assert wrong(sim, database) == []
