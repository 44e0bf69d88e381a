"""The pair for real: Meltano, target-postgres and PostgreSQL; and the pipe into another target."""

from __future__ import annotations

import json
import subprocess
import typing as t
from decimal import Decimal

import pytest

from demo.report import differences
from support.databases import Connection, clean_environment, rows_of, target_config
from support.paths import TAP, TARGET_JSONL, TARGET_POSTGRES
from support.taps import config_for, run_tap
from support.truth import FACTS, SALES, assert_equal_to_books
from tap_iiko.commands.apply import apply

if t.TYPE_CHECKING:
    from pathlib import Path

    from demo.postgres import Postgres
    from simulator import Simulator
    from support.meltano_project import MeltanoProject


class AsProcess:
    """What the demo's report asks a simulator's process for."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim

    def ask(self, path: str) -> t.Any:
        assert path == "books/days"
        return self.sim.books.days()


def test_the_project_from_first_load_to_pruned_rows(
    project: MeltanoProject, sim: Simulator, database: Connection
) -> None:
    first = project.run("run", "tap-iiko", "target-postgres")
    assert first.returncode == 0, first.stdout
    apply("views", database, database_schema(database))
    assert_equal_to_books(lambda table: rows_of(database, table), sim)
    compared, wrong = differences(database, t.cast("t.Any", AsProcess(sim)))
    assert (wrong, compared > 100) == ([], True)

    lost = sim.business.lose_order()
    sim.business.correct_payment(day=sim.first_day)
    sim.reset_log()
    second = project.run("run", "tap-iiko", "target-postgres")
    assert second.returncode == 0, second.stdout
    assert (sim.logins, sim.logouts) == (1, 1)
    assert_equal_to_books(lambda table: rows_of(database, table), sim)
    for table in FACTS:
        found = database.execute(f"select count(*), count(distinct (server_id, id)) from {table}").fetchone()
        assert found
        assert found[0] == found[1] > 0
    kept = database.execute("select count(*) from receipts where id = any(%s::uuid[])", [lost["orders"]]).fetchone()
    assert kept == (1,), "rows that are gone stay until they are pruned"

    removed = pruned(database)
    assert removed["receipts"] == 1
    assert removed["products"] == 0
    assert removed["receipt_items"] > 0
    assert_equal_to_books(lambda table: rows_of(database, table), sim)
    assert set(pruned(database).values()) == {0}
    logs = list((project.folder / "logs").iterdir())
    assert len(logs) == 2, "each run leaves a log file"
    assert "demo-password" not in first.stdout + second.stdout + "".join(log.read_text() for log in logs)


def pruned(database: Connection) -> dict[str, int]:
    """Prune: rows removed per table."""
    rows = apply("prune", database, database_schema(database))
    assert not [row for row in rows if row["left_partitions"]]
    return {row["table_name"]: row["removed_rows"] for row in rows}


def database_schema(database: Connection) -> str:
    """The schema of this connection."""
    found = database.execute("select current_schema()").fetchone()
    assert found
    return str(found[0])


TYPES = {
    ("receipts", "business_date"): "date",
    ("receipts", "open_time"): "timestamp without time zone",
    ("receipts", "dish_discount_sum"): "numeric",
    ("receipts", "id"): "uuid",
    ("receipts", "storned"): "boolean",
    ("receipts", "guest_num"): "numeric",
    ("receipt_items", "dish_amount"): "numeric",
    ("receipt_items", "dish_id"): "uuid",
    ("receipt_items", "dish_code"): "text",
    ("products", "additional_info"): "jsonb",
    ("products", "deleted"): "boolean",
    ("products", "default_sale_price"): "numeric",
    ("sync_log", "synced_at"): "timestamp without time zone",
    ("late_changes", "old_value"): "numeric",
}


def test_a_first_load_in_batches_is_the_same(project: MeltanoProject, sim: Simulator, database: Connection) -> None:
    done = project.run("schedule", "run", "iiko-first-load")
    assert done.returncode == 0, done.stdout
    assert list((project.folder / "output" / "batches").glob("tap-iiko-*.jsonl"))
    apply("views", database, database_schema(database))
    assert_equal_to_books(lambda table: rows_of(database, table), sim)
    second = project.run("schedule", "run", "iiko-first-load", TAP_IIKO_END_DATE=sim.first_day.isoformat())
    assert second.returncode == 0, second.stdout
    assert_equal_to_books(lambda table: rows_of(database, table), sim)


def test_types_in_postgres(project: MeltanoProject, database: Connection) -> None:
    done = project.run("run", "tap-iiko", "target-postgres")
    assert done.returncode == 0, done.stdout
    cursor = database.execute(
        """select table_name, column_name, data_type from information_schema.columns
           where table_schema = current_schema()"""
    )
    found = {(table, column): kind for table, column, kind in cursor}
    assert {place: found[place] for place in TYPES} == TYPES
    keys = database.execute(
        """select table_name, string_agg(column_name, ',' order by column_name) from information_schema.key_column_usage
           where table_schema = current_schema() group by 1"""
    ).fetchall()
    assert {table for table, _ in found} == {table for table, _ in keys}
    assert {columns for _, columns in keys} == {"id,server_id"}


def test_a_database_that_is_down(project: MeltanoProject, sim: Simulator) -> None:
    done = project.run("run", "tap-iiko", "target-postgres", DB_PORT="9")
    assert done.returncode != 0
    assert "onnection" in done.stdout
    # Meltano kills a tap whose target has failed: if that came before the logout, the next run gives the slot back.
    assert run_tap(config_for(sim)).code == 0
    assert sim.open_tokens == 0


def pipe(config: dict[str, t.Any], target: dict[str, t.Any], folder: Path, state: t.Any = None) -> t.Any:
    """``tap-iiko | target-postgres`` as two processes."""
    folder.mkdir(exist_ok=True)
    for name, content in (("config", config), ("target", target), ("state", state or {})):
        (folder / f"{name}.json").write_text(json.dumps(content))
    arguments = ["--config", str(folder / "config.json"), "--state", str(folder / "state.json")]
    tap = subprocess.Popen([str(TAP), *arguments], stdout=subprocess.PIPE, stderr=(folder / "tap.log").open("wb"))
    loader = subprocess.Popen(
        [str(TARGET_POSTGRES), "--config", str(folder / "target.json")],
        stdin=tap.stdout,
        stdout=subprocess.PIPE,
        stderr=(folder / "target.log").open("wb"),
        env=clean_environment() | {"PGTZ": "UTC"},
    )
    assert tap.stdout
    tap.stdout.close()
    return tap, loader


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_target_killed_half_way_is_repaired_by_the_next_run(
    sim: Simulator, postgres: Postgres, database: Connection, schema: str, tmp_path: Path
) -> None:
    target = {**target_config(postgres, schema), "batch_size_rows": 50}
    sim.faults.add("slow", times=100, seconds=0.2)
    tap, loader = pipe(config_for(sim, max_window_days=1), target, tmp_path / "one")
    while database.execute("select to_regclass('receipts')").fetchone() != ("receipts",):
        assert loader.poll() is None
    loader.kill()
    loader.communicate(timeout=30)
    assert tap.wait(timeout=60) == 1
    assert sim.open_tokens == 0
    sim.faults.clear()
    tap, loader = pipe(config_for(sim), target, tmp_path / "two")
    confirmed, _ = loader.communicate(timeout=120)
    assert (tap.wait(), loader.wait()) == (0, 0)
    assert json.loads(confirmed.splitlines()[-1])["bookmarks"]["receipts"]
    apply("views", database, schema)
    assert_equal_to_books(lambda table: rows_of(database, table), sim)


def test_another_target(project: MeltanoProject, sim: Simulator, tmp_path: Path) -> None:
    output = tmp_path / "jsonl"
    done = project.run("run", "tap-iiko", "target-jsonl")
    assert done.returncode == 0, done.stdout
    lines = (output / "receipts.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(sim.books.rows("receipts"))
    total = sum(Decimal(str(json.loads(line)["dish_discount_sum"] or 0)) for line in lines)
    assert round(total, 2) == sum(day["dish_discount_sum"] for day in sim.books.days())


def test_a_plain_pipe_into_another_target(sim: Simulator, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config_for(sim)))
    (tmp_path / "target.json").write_text(json.dumps({"destination_path": str(tmp_path), "do_timestamp_file": False}))
    command = f"'{TAP}' --config config.json | '{TARGET_JSONL}' --config target.json > state.json"
    done = subprocess.run(
        ["/bin/bash", "-o", "pipefail", "-c", command], cwd=tmp_path, check=False, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()
    assert len((tmp_path / "receipt_items.jsonl").read_text().splitlines()) == len(sim.books.rows("receipt_items"))
    assert json.loads((tmp_path / "state.json").read_text().splitlines()[-1])["bookmarks"]


def test_the_old_commands_have_new_ones(project: MeltanoProject, sim: Simulator, database: Connection) -> None:
    tested = project.run("invoke", "tap-iiko", "--test")
    assert "The connection works." in tested.stdout
    analyzed = project.run("invoke", "tap-iiko", "--analyze")
    assert "receipts.dish_discount_sum" in analyzed.stdout
    chosen = json.dumps(["stores.*", "sync_log.*"])
    sim.reset_log()
    loaded = project.run("run", "tap-iiko", "target-postgres", TAP_IIKO__SELECT=chosen)
    assert not [record for record in sim.log if "products" in record.path or record.body], "only stores were asked for"
    assert loaded.returncode == 0, loaded.stdout
    tables = {row[0] for row in database.execute("select tablename from pg_tables where schemaname = current_schema()")}
    assert tables == {"stores", "sync_log"}


def test_a_run_of_one_table_forgets_nothing_of_the_others(project: MeltanoProject, sim: Simulator) -> None:
    for chosen in (["*.*"], ["stores.*", "sync_log.*"], ["*.*"]):
        sim.reset_log()
        done = project.run("run", "tap-iiko", "target-jsonl", TAP_IIKO__SELECT=json.dumps(chosen))
        assert done.returncode == 0, done.stdout
    asked = [record for record in sim.log if record.body]
    assert len(asked) == 2 + len(SALES) + 3, "the probe, one window of the last days, and the sums of their shifts"


def test_the_schedules_run(project: MeltanoProject, database: Connection) -> None:
    listed = project.run("schedule", "list", "--format", "json")
    assert {"iiko-hourly", "iiko-nightly"} <= {word.strip('",: ') for word in listed.stdout.split()}
    done = project.run("schedule", "run", "iiko-hourly")
    assert done.returncode == 0, done.stdout
    assert database.execute("select count(*) > 0 from receipts").fetchone() == (True,)
