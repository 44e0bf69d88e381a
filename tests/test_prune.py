"""What iiko no longer has goes, and nothing else: late loads, missing rows, and the files of ``sql/`` themselves."""

from __future__ import annotations

import datetime
import os
import subprocess
import typing as t
from pathlib import Path

import psycopg
import pytest

from simulator import Simulator
from simulator.readings import Readings
from support.catalogs import selecting
from support.databases import Connection, clean_environment, into_postgres, rows_of
from support.paths import ROOT, TAP
from support.taps import Result, config_for, run_tap
from support.truth import FACTS, REFERENCES, SALES, assert_equal_to_books
from support.warehouse import Warehouse
from tap_iiko.commands.apply import apply

if t.TYPE_CHECKING:
    from demo.postgres import Postgres
    from support.meltano_project import MeltanoProject

VIEWS = ROOT / "sql" / "views.sql"
PRUNE = ROOT / "sql" / "prune.sql"
RELOADED = ("servers", "product_modifiers", "reconciliation", *FACTS, *REFERENCES)

Load = t.Callable[[Result], None]


@pytest.fixture
def load(postgres: Postgres, schema: str, tmp_path: Path) -> Load:
    """Through target-postgres into the test's schema."""
    return lambda result: into_postgres(result.output, postgres, schema, tmp_path)


def gone(database: Connection, table: str) -> int:
    """Rows that the view of a table hides."""
    found = database.execute(
        f"select (select count(*) from {table}) - (select count(*) from current_{table})"
    ).fetchone()
    assert found
    return int(found[0])


def broken(database: Connection, table: str) -> list[tuple[t.Any, ...]]:
    """The partitions of a table that lack rows: day, rows that were loaded, rows that are there."""
    return database.execute(
        "select business_date, logged_rows, current_rows from broken_partitions where table_name = %s order by 1",
        [table],
    ).fetchall()


def prune(database: Connection, schema: str) -> dict[str, tuple[int, int]]:
    """Rows removed and partitions left alone, by table, where there are any."""
    return {
        row["table_name"]: (row["removed_rows"], row["left_partitions"])
        for row in apply("prune", database, schema)
        if row["removed_rows"] or row["left_partitions"]
    }


# Loads in the wrong order


def test_a_load_that_arrives_late_hides_nothing(sim: Simulator, database: Connection, schema: str, load: Load) -> None:
    """A target that was behind, or a second machine whose clock is: both write older stamps over newer rows."""
    late = run_tap(config_for(sim))
    sim.business.lose_order()
    sim.business.correct_payment(day=sim.first_day)
    load(run_tap(config_for(sim)))
    apply("views", database, schema)
    load(late)
    assert_equal_to_books(lambda table: rows_of(database, table), sim)
    assert gone(database, "receipts") == 1, "the lost order came with the late load, and is known to be gone"
    assert not [table for table in RELOADED if broken(database, table)]
    assert prune(database, schema)["receipts"] == (1, 0)
    assert_equal_to_books(lambda table: rows_of(database, table), sim)
    assert prune(database, schema) == {}


def test_without_the_trigger_prune_keeps_what_a_late_load_hides(
    sim: Simulator, database: Connection, schema: str, load: Load
) -> None:
    """Where ``make views`` came only after it."""
    late = run_tap(config_for(sim))
    second = run_tap(config_for(sim))
    load(second)
    load(late)
    apply("views", database, schema)
    days = {row["business_date"]: row["rows"] for row in second.log("receipts") if row["rows"]}
    found = broken(database, "receipts")
    assert {day.isoformat(): (rows, current) for day, rows, current in found} == {
        day: (rows, 0) for day, rows in days.items()
    }
    removed = prune(database, schema)
    assert {number for number, _ in removed.values()} == {0}
    assert removed["receipts"] == (0, len(days))
    assert removed["products"] == (0, 1)
    load(run_tap(config_for(sim)))
    assert_equal_to_books(lambda table: rows_of(database, table), sim)
    assert not database.execute("select * from broken_partitions").fetchall()
    assert prune(database, schema) == {}


# The guard


def test_a_day_that_lacks_rows_is_left_alone_and_told(
    sim: Simulator, database: Connection, schema: str, load: Load
) -> None:
    first = run_tap(config_for(sim))
    load(first)
    apply("views", database, schema)
    whole, damaged = (sim.first_day + datetime.timedelta(days=days) for days in (2, 3))
    for day in (whole, damaged):
        sim.business.lose_order(day=day.isoformat())
    load(run_tap(config_for(sim), first.state))
    held = database.execute(
        """delete from receipts where id in
           (select id from current_receipts where business_date = %s limit 2) returning 1""",
        [damaged],
    ).fetchall()
    ((day, logged, current),) = broken(database, "receipts")
    assert (day, logged - current) == (damaged, len(held))
    assert prune(database, schema)["receipts"] == (1, 1)
    assert gone(database, "receipts") == 1, "what is gone on that day stays too"


def test_a_load_without_a_count_of_its_rows_proves_nothing(
    sim: Simulator, database: Connection, schema: str, load: Load
) -> None:
    """As an earlier version left it, where ``sync_log.rows`` was not selected."""
    first = run_tap(config_for(sim))
    load(first)
    sim.business.lose_order(day=sim.first_day)
    load(run_tap(config_for(sim), first.state))
    apply("views", database, schema)
    database.execute("update sync_log set rows = null where business_date = %s", [sim.first_day])
    assert prune(database, schema)["receipts"] == (0, 1)
    assert gone(database, "receipts") == 1


def test_the_days_are_mended_as_the_readme_says(
    project: MeltanoProject, sim: Simulator, database: Connection, schema: str
) -> None:
    assert project.run("run", "tap-iiko", "target-postgres").returncode == 0
    apply("views", database, schema)
    days = [sim.first_day + datetime.timedelta(days=number) for number in (1, 2)]
    database.execute("delete from receipt_items where business_date = any(%s)", [days])
    assert [row[0] for row in broken(database, "receipt_items")] == days
    first, last = (day.isoformat() for day in days)
    mended = project.run(
        *("run", "--full-refresh", "--state-id-suffix", "mend", "tap-iiko", "target-postgres"),
        TAP_IIKO_START_DATE=first,
        TAP_IIKO_END_DATE=last,
    )
    assert mended.returncode == 0, mended.stdout
    assert not database.execute("select * from broken_partitions").fetchall()
    assert_equal_to_books(lambda table: rows_of(database, table), sim)
    sim.reset_log()
    assert project.run("run", "tap-iiko", "target-postgres").returncode == 0
    asked = [record for record in sim.log if record.body]
    of_the_ledger = 1 + 2
    assert len(asked) == 2 + len(SALES) + of_the_ledger, "the usual state forgot nothing: totals, last days, shifts"


# What is no reason to leave a partition alone


def move(sim: Simulator, day: datetime.date) -> None:
    """An order is given another business day: the next one."""
    ledger = sim.ledger
    with ledger.lock:
        order = next(each for each in ledger.visible() if each.day == day.isoformat() and each.lines and each.counts)
        ledger.of(order.day, order.department).remove(order)
        order.day = (day + datetime.timedelta(days=1)).isoformat()
        ledger.of(order.day, order.department).append(order)
        ledger.touch(order)


def test_an_order_that_moves_to_another_day_breaks_neither(sim: Simulator) -> None:
    warehouse = Warehouse()
    first = run_tap(config_for(sim))
    warehouse.load(first)
    move(sim, sim.first_day)
    warehouse.load(run_tap(config_for(sim), first.state))
    for _ in range(2):
        assert_equal_to_books(warehouse.current, sim)
        assert not [table for table in RELOADED if warehouse.broken(table)]
        warehouse.prune()


def test_a_day_that_lost_an_order_to_another_is_told_until_it_is_read_again(sim: Simulator) -> None:
    warehouse = Warehouse()
    first = run_tap(config_for(sim))
    warehouse.load(first)
    move(sim, sim.first_day)
    later = (sim.first_day + datetime.timedelta(days=1)).isoformat()
    only_later = run_tap(config_for(sim, start_date=later), first.state)
    warehouse.load(only_later)
    assert warehouse.broken("receipts") == [("main", sim.first_day.isoformat())]
    warehouse.load(run_tap(config_for(sim), only_later.state))
    assert not warehouse.broken("receipts")
    assert_equal_to_books(warehouse.current, sim)


def test_merged_rows_are_counted_once() -> None:
    split = Readings(line_dependent=frozenset({"OrderComment", "TableNum"}))
    with Simulator(seed=7, departments=2, days=6, receipts_per_day=12, readings=split) as sim:
        warehouse = Warehouse()
        result = run_tap(config_for(sim))
        warehouse.load(result)
        assert sum(row["merged_rows"] for row in result.log("receipts"))
        assert not warehouse.broken("receipts")


def test_departments_that_are_no_longer_read_go_and_break_nothing(
    sim: Simulator, database: Connection, schema: str, load: Load
) -> None:
    load(run_tap(config_for(sim)))
    apply("views", database, schema)
    one = sim.ledger.group.departments[0].id
    load(run_tap(config_for(sim, departments=[one])))
    assert not database.execute("select * from broken_partitions").fetchall()
    assert prune(database, schema)["receipts"][0] > 0
    left = database.execute("select distinct department_id::text from receipts").fetchall()
    assert left == [(one,)]


def test_a_suspicious_list_breaks_nothing(sim: Simulator, database: Connection, schema: str, load: Load) -> None:
    first = run_tap(config_for(sim))
    load(first)
    apply("views", database, schema)
    before = database.execute("select count(*) from current_products").fetchone()
    del sim.ledger.menu.products[5:]
    second = run_tap(config_for(sim), first.state)
    load(second)
    assert [row["status"] for row in second.log("products")] == ["suspicious"]
    assert prune(database, schema) == {}
    assert database.execute("select count(*) from current_products").fetchone() == before


def test_checks_that_agreed_go_after_ninety_days_and_differences_stay(
    sim: Simulator, database: Connection, schema: str, load: Load
) -> None:
    sim.business.miscount_shift(roubles=100)
    tables = ("cash_shifts", "receipt_payments", "checks", "sync_log")
    load(run_tap(config_for(sim), catalog=selecting(**dict.fromkeys(tables, "*"))))
    apply("views", database, schema)
    assert prune(database, schema) == {}, "nothing is old yet"
    database.execute("set session_replication_role = replica")  # else no row becomes older
    for table in tables:
        database.execute(f"update {table} set synced_at = synced_at - interval '91 days'")
    assert prune(database, schema)["checks"][0] > 0
    left = database.execute("select difference from current_checks where proved is not null").fetchall()
    assert left == [(-100,)]
    assert not database.execute("select * from broken_partitions").fetchall()
    assert prune(database, schema) == {}


# The files themselves


def test_views_of_a_few_tables_and_then_of_more(sim: Simulator, database: Connection, schema: str, load: Load) -> None:
    load(run_tap(config_for(sim), catalog=selecting(receipts="*", sync_log="*")))
    apply("views", database, schema)
    assert len(rows_of(database, "receipts")) == len(sim.books.rows("receipts"))
    assert [row["table_name"] for row in apply("prune", database, schema)] == ["receipts", "sync_log"]
    load(run_tap(config_for(sim)))
    apply("views", database, schema)
    assert_equal_to_books(lambda table: rows_of(database, table), sim)


def test_views_go_over_those_of_the_first_version(
    sim: Simulator, database: Connection, schema: str, load: Load
) -> None:
    """With a view of the user's upon them."""
    load(run_tap(config_for(sim)))
    database.execute(
        """create view last_loads as select server_id, stream, business_date, max(synced_at) as synced_at from sync_log
           where status in ('loaded', 'empty') group by server_id, stream, business_date;
           create view current_receipts as select t.* from receipts t
           left join last_loads l on l.stream = 'receipts' and l.server_id = t.server_id
               and l.business_date = t.business_date
           where l.synced_at is null or t.synced_at >= l.synced_at;
           create view revenue as select business_date, sum(dish_discount_sum) from current_receipts group by 1"""
    )
    for _ in range(2):
        apply("views", database, schema)
    assert_equal_to_books(lambda table: rows_of(database, table), sim)
    assert database.execute("select count(*) > 0 from revenue").fetchone() == (True,)


def test_views_without_sync_log_say_what_is_missing(
    sim: Simulator, database: Connection, schema: str, load: Load
) -> None:
    load(run_tap(config_for(sim), catalog=selecting(receipts="*")))
    with pytest.raises(psycopg.errors.RaiseException, match=f"no table sync_log in the schema {schema}: load first"):
        apply("views", database, schema)


def test_make_prune_says_what_it_did(
    sim: Simulator, postgres: Postgres, database: Connection, schema: str, load: Load
) -> None:
    first = run_tap(config_for(sim))
    load(first)
    sim.business.lose_order(day=sim.first_day)
    load(run_tap(config_for(sim), first.state))
    damaged = (sim.first_day + datetime.timedelta(days=1)).isoformat()
    database.execute("delete from receipts where business_date = %s", [damaged])
    settings = {f"TARGET_POSTGRES_{name.upper()}": value for name, value in postgres.settings.items()}
    settings |= {"TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": schema, "TARGET_POSTGRES_SQLALCHEMY_URL": ""}

    def make(name: str) -> str:
        command = [str(TAP), "--apply", name]
        done = subprocess.run(
            command, cwd=ROOT, env=clean_environment() | settings, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert make("views") == f"views: done in schema {schema}.\n"
    said = make("prune")
    lines = {line.split()[0]: line.split()[1:] for line in said.splitlines()}
    assert lines["table"] == ["removed", "rows", "partitions", "left", "alone"]
    assert lines["receipts"] == ["1", "1"]
    assert lines["products"] == ["0", "0"]
    assert "fewer rows than sync_log says were loaded: 1. Nothing of them was removed" in said


def test_psql_runs_both_files(
    sim: Simulator, postgres: Postgres, database: Connection, schema: str, load: Load
) -> None:
    psql = Path(postgres.binaries, "psql")
    if not psql.exists():
        pytest.skip("there is no psql beside this PostgreSQL")
    first = run_tap(config_for(sim))
    load(first)
    sim.business.lose_order(day=sim.first_day)
    load(run_tap(config_for(sim), first.state))
    for file in (VIEWS, PRUNE):
        done = subprocess.run(
            [str(psql), postgres.url, "-v", "ON_ERROR_STOP=1", "-f", str(file)],
            env={**os.environ, "PGOPTIONS": f"-c search_path={schema}"},
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
    assert "receipts" in done.stdout
    assert gone(database, "receipts") == 0
