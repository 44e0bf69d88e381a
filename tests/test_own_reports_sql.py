"""Tables of a user's own reports in PostgreSQL: views, prune, indexes, comments. No schema file names them."""

from __future__ import annotations

import datetime
import json
import subprocess
import typing as t

import pytest

from support.databases import clean_environment
from support.paths import TAP
from tap_iiko.commands.apply import apply
from tap_iiko.settings.report_tables import tables_of

if t.TYPE_CHECKING:
    from simulator import Simulator
    from support.databases import Connection
    from support.meltano_project import MeltanoProject

MARCH, APRIL = datetime.date(2026, 3, 1), datetime.date(2026, 4, 1)
FIRST = datetime.datetime(2026, 5, 1, 5, 30)  # noqa: DTZ001 - as the tables have it, UTC without zone
SECOND = FIRST + datetime.timedelta(days=1)
REPORTS = [{"name": "pnl", "by": "month", "groups": ["DishName"], "aggregates": ["UniqOrderId"]}]
DDL = """
create schema {schema};
create table sync_log (
    server_id text, id uuid default gen_random_uuid(), stream text, business_date date, status text, rows bigint,
    synced_at timestamp, primary key (server_id, id)
);
create table report_pnl (
    server_id text, id text, business_date date, receipts_count numeric, synced_at timestamp,
    primary key (server_id, id)
);
create table report_of_mine (id text primary key, business_date date);
create table reports (server_id text, id text, business_date date, synced_at timestamp);
"""


@pytest.fixture
def tables(database: Connection, schema: str) -> Connection:
    """Two months of a report, loaded twice: the second load of March has no row b; and tables that are none of ours."""
    database.execute(DDL.format(schema=schema))
    for month, row, at in ((MARCH, "a", SECOND), (MARCH, "b", FIRST), (APRIL, "c", FIRST)):
        database.execute("insert into report_pnl values ('main', %s, %s, 1, %s)", [row, month, at])
    for month, rows, at in ((MARCH, 2, FIRST), (APRIL, 1, FIRST), (MARCH, 1, SECOND)):
        database.execute(
            "insert into sync_log (server_id, stream, business_date, status, rows, synced_at) "
            "values ('main', 'report_pnl', %s, 'loaded', %s, %s)",
            [month, rows, at],
        )
    apply("views", database, schema, own=tables_of({"TAP_IIKO_REPORTS": json.dumps(REPORTS)}))
    return database


def ids(database: Connection, table: str) -> str:
    """What there is, as one word."""
    return "".join(row for (row,) in database.execute(f"select id from {table} order by id"))


def test_the_view_shows_what_the_last_load_of_a_period_had(tables: Connection) -> None:
    assert (ids(tables, "report_pnl"), ids(tables, "current_report_pnl")) == ("abc", "ac")


def test_prune_removes_the_rest(tables: Connection, schema: str) -> None:
    removed = {row["table_name"]: row["removed_rows"] for row in apply("prune", tables, schema)}
    assert removed["report_pnl"] == 1
    assert ids(tables, "report_pnl") == "ac"


def test_a_load_of_which_rows_are_missing_is_told_and_left_alone(tables: Connection, schema: str) -> None:
    tables.execute("delete from report_pnl where id = 'a'")
    assert tables.execute("select table_name, business_date from broken_partitions").fetchall() == [
        ("report_pnl", MARCH)
    ]
    apply("prune", tables, schema)
    assert ids(tables, "report_pnl") == "bc"


def test_tables_that_only_look_like_reports_are_left_alone(tables: Connection) -> None:
    views = tables.execute("select viewname from pg_views where schemaname = current_schema()").fetchall()
    assert {name for (name,) in views if name.startswith("current_report")} == {"current_report_pnl"}


def test_it_has_an_index_by_day_and_says_what_may_be_added(tables: Connection) -> None:
    assert tables.execute("select to_regclass('report_pnl_by_day') is not null").fetchone() == (True,)
    said = tables.execute("select obj_description('report_pnl'::regclass)").fetchone()
    assert said
    assert "Your own report pnl: SALES by month and DishName." in said[0]
    column = tables.execute("select col_description('current_report_pnl'::regclass, 4)").fetchone()
    assert column == ('iiko: UniqOrderId, "Bills". A distinct count: never add it.',)


def test_a_late_load_overwrites_no_newer_row(tables: Connection) -> None:
    tables.execute("update report_pnl set receipts_count = 9, synced_at = %s where id = 'a'", [FIRST])
    assert tables.execute("select receipts_count from report_pnl where id = 'a'").fetchone() == (1,)


def test_the_command_takes_the_reports_of_the_environment() -> None:
    environment = clean_environment() | {"TAP_IIKO_REPORTS": json.dumps(REPORTS)}
    done = subprocess.run([TAP, "--sql", "views"], env=environment, check=True, capture_output=True, text=True)
    assert "('report_pnl', 'receipts_count', 'iiko: UniqOrderId, \"Bills\". A distinct count" in done.stdout
    environment |= {"TAP_IIKO_REPORTS": '[{"name": "pnl"}]'}
    done = subprocess.run([TAP, "--sql", "views"], env=environment, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert "report 'pnl': aggregates is missing" in done.stderr


def test_meltano_loads_a_report_of_meltano_yml_and_makes_its_view(
    project: MeltanoProject, sim: Simulator, database: Connection
) -> None:
    hours = {"name": "hours", "groups": ["Department.Id", "HourClose"], "aggregates": ["DishSumInt"]}
    project.configure(f"reports: {json.dumps([hours])}")
    project.write_env(TAP_IIKO__SELECT='["report_hours.*", "sync_log.*"]')
    loaded = project.run("run", "tap-iiko", "target-postgres")
    assert loaded.returncode == 0, loaded.stdout
    made = project.run("invoke", "tap-iiko", "--apply", "views")
    assert made.returncode == 0, made.stdout
    total = sum(row["DishSumInt"] for row in sim.books.rows("sales"))
    assert database.execute("select sum(dish_sum) from current_report_hours").fetchone() == (total,)
    said = database.execute("select obj_description('report_hours'::regclass)").fetchone()
    assert said
    assert said[0].startswith("Your own report hours")
