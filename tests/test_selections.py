"""A few columns, a few tables, stream maps, flattening: whatever is chosen, nothing of what is chosen is lost."""

from __future__ import annotations

import copy
import datetime
import json
import typing as t
from random import Random

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from singer_sdk.exceptions import ConfigValidationError

from simulator import Simulator
from support.catalogs import run_catalog, selecting
from support.databases import Connection, into_postgres, rows_of
from support.taps import Result, TapProcess, config_for, run_tap
from support.truth import FACTS, REFERENCES, assert_equal_to_books, differences
from support.warehouse import Warehouse
from tap_iiko import tables
from tap_iiko.commands.apply import apply
from tap_iiko.tap import TapIiko

if t.TYPE_CHECKING:
    from pathlib import Path

    from demo.postgres import Postgres
    from support.meltano_project import MeltanoProject


AUTOMATIC = {"server_id", "id", "synced_at", "business_date"}


def without_inclusion(catalog: dict[str, t.Any]) -> dict[str, t.Any]:
    """As version 0.1.0 wrote catalogs: only keys were automatic; and cut by hand: what is deselected is not there."""
    for entry in catalog["streams"]:
        for item in entry["metadata"]:
            item["metadata"].pop("inclusion", None)
        dropped = {
            item["breadcrumb"][1]
            for item in entry["metadata"]
            if item["breadcrumb"] and not item["metadata"]["selected"]
        }
        for column in dropped:
            del entry["schema"]["properties"][column]
    return catalog


# What is always written


def test_what_deletion_rests_on_is_automatic_in_the_catalog() -> None:
    for entry in run_catalog()["streams"]:
        columns = set(entry["schema"]["properties"])
        automatic = {
            item["breadcrumb"][1] for item in entry["metadata"] if item["metadata"].get("inclusion") == "automatic"
        }
        name = entry["tap_stream_id"]
        of_parent = {tables.load(name).column_of("../id")} if tables.load(name).parent else set()
        wanted = columns if name == "sync_log" else columns & AUTOMATIC | of_parent
        assert automatic == wanted, name


@pytest.mark.parametrize("age", ["today's catalog", "an old one"])
@pytest.mark.parametrize("way", ["by page", "by record", "in files"])
def test_whatever_is_deselected_it_is_written(sim: Simulator, tmp_path: Path, age: str, way: str) -> None:
    catalog = selecting(receipts=["dish_discount_sum"], products=["name"], sync_log=["status"])
    if age == "an old one":
        without_inclusion(catalog)
    options: dict[str, t.Any] = {}
    if way == "by record":
        options["stream_maps"] = {"receipts": {"dish_discount_sum": "dish_discount_sum"}}
    if way == "in files":
        options["batch_config"] = {
            "encoding": {"format": "jsonl", "compression": "none"},
            "storage": {"root": (tmp_path / "batches").as_uri()},
        }
    result = run_tap(config_for(sim, **options), catalog=catalog)
    assert result.code == 0
    rows = result.records("receipts")
    if way == "in files":
        lines = [line for file in (tmp_path / "batches").iterdir() for line in file.read_text().splitlines()]
        rows = [json.loads(line) for line in lines]
    assert len(rows) == len(sim.books.rows("receipts"))
    assert {frozenset(row) for row in rows} == {frozenset({*AUTOMATIC, "dish_discount_sum"})}
    assert set(result.records("products")[0]) == {"server_id", "id", "synced_at", "name"}
    assert set(result.records("sync_log")[0]) == set(tables.load("sync_log").schema["properties"])
    for message in result.messages:
        if message["type"] == "SCHEMA":
            assert message["key_properties"] == ["server_id", "id"]
            assert "synced_at" in message["schema"]["properties"]


def assert_every_table_equals_the_books(database: Connection, sim: Simulator) -> None:
    """Of an ordinary run; what tells of persons is null."""
    told = [table for name, table in tables.catalogue().items() if name in sim.books.tables]
    read = [table for table in told if not table.is_extra and not table.edition]
    assert len(read) > 30
    for table in read:
        only = {column.name for column in table.columns if not column.private}
        first = sim.ledger.first_day.isoformat()  # what there was before is posted on the day before it
        rows = [row for row in sim.books.rows(table.name) if row.get("DateTime.DateTyped", first) >= first]
        assert not differences(rows_of(database, table.name), rows, table.name, only)


def test_a_few_columns_after_a_full_load_hide_nothing(
    project: MeltanoProject, sim: Simulator, database: Connection, schema: str
) -> None:
    """Through Meltano, as a user would: it once emptied the view, and prune then deleted the good rows."""
    assert project.run("run", "tap-iiko", "target-postgres").returncode == 0
    apply("views", database, schema)
    assert_every_table_equals_the_books(database, sim)
    chosen = json.dumps(["receipts.id", "receipts.dish_discount_sum", "sync_log.*"])
    few = project.run("run", "tap-iiko", "target-postgres", TAP_IIKO__SELECT=chosen)
    assert few.returncode == 0, few.stdout
    assert "Selected in part: receipts (5 of " in few.stdout
    for _ in range(2):
        assert_equal_to_books(lambda table: rows_of(database, table), sim)
        removed = apply("prune", database, schema)
        assert {row["removed_rows"] + row["left_partitions"] for row in removed} == {0}


def test_columns_that_are_not_selected_keep_their_values(
    project: MeltanoProject, sim: Simulator, database: Connection, schema: str
) -> None:
    """So docs/settings says: neither emptied nor brought up to date, until they are selected again."""
    assert project.run("run", "tap-iiko", "target-postgres").returncode == 0
    before = database.execute("select id, increase_sum, guest_num from receipts order by 1").fetchall()
    day = sim.first_day.isoformat()
    sim.business.change_guests(day=day)
    sim.business.add_surcharge(day=day)
    chosen = json.dumps(["receipts.increase_sum", "sync_log.*"])
    assert project.run("run", "tap-iiko", "target-postgres", TAP_IIKO__SELECT=chosen).returncode == 0
    after = database.execute("select id, increase_sum, guest_num from receipts order by 1").fetchall()
    assert [row[2] for row in after] == [row[2] for row in before]
    assert [row[1] for row in after] != [row[1] for row in before]
    assert project.run("run", "tap-iiko", "target-postgres").returncode == 0
    apply("views", database, schema)
    assert_equal_to_books(lambda table: rows_of(database, table), sim)


def test_a_selection_without_sync_log_is_warned_of(sim: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    run_tap(config_for(sim), catalog=selecting(receipts="*"))
    (warning,) = [record for record in caplog.records if "sync_log is not selected: " in record.getMessage()]
    assert warning.levelname == "WARNING"
    caplog.clear()
    run_tap(config_for(sim), catalog=selecting(receipts="*", sync_log="*"))
    assert "sync_log is not selected" not in caplog.text


# Stream maps and flattening

NULL_ELSE = {"__else__": None}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"receipts": {"synced_at": None}}, "removes or changes synced_at of receipts"),
        ({"receipts": {"synced_at": "__NULL__"}}, "removes or changes synced_at of receipts"),
        ({"receipts": {"business_date": "str(business_date) + '!'"}}, "removes or changes business_date of receipts"),
        ({"receipts": {"server_id": "'one'", "synced_at": "'2026-01-01'"}}, "changes server_id, synced_at of receipts"),
        ({"receipts": {"stamp": "synced_at", "synced_at": None}}, "removes or changes synced_at of receipts"),
        ({"receip*": {"id": "md5(id)"}}, "removes or changes id of receipts"),
        ({"receipts": {"total": "dish_sum", **NULL_ELSE}}, "Property 'server_id' was not detected in schema"),
        (
            {"receipts": {"id": "id", "server_id": "self", **NULL_ELSE}},
            "removes or changes business_date, synced_at of",
        ),
        ({"sync_log": {"message": None}}, "removes or changes message of sync_log"),
        ({"sync_log": {"rows": "rows + 1"}}, "removes or changes rows of sync_log"),
        ({"late_changes": {"synced_at": None}}, "removes or changes synced_at of late_changes"),
        ({"receipts": None}, "drops receipts: its rows would count as gone"),
        ({"sync_log": "__NULL__"}, "drops sync_log"),
        ({"receipts": {}, **NULL_ELSE}, "drops departments"),
        ({"receipts": {"__alias__": "orders"}}, "renames receipts"),
        ({"receipts": {"__filter__": "dish_discount_sum > 0"}}, "filters receipts: the rows held back"),
        ({"*": {"__filter__": "True"}}, "filters sync_log"),
        ({"receipts": {"__key_properties__": ["id"]}}, "changes the key of receipts"),
        ({"receipts": {"__key_properties__": None}}, "changes the key of receipts"),
        ({"sales": {"__source__": "receipts"}}, "copies receipts into sales"),
        ({"receipts": {"id": None}}, "Removing key property 'id' is not permitted"),
        ({"receipts": {"total": "dish_sum +"}}, "Failed to parse expression dish_sum +."),
    ],
)
def test_a_map_that_breaks_deletion_is_refused_in_a_sentence(
    sim: Simulator, tmp_path: Path, options: dict[str, t.Any], sentence: str
) -> None:
    tap = TapProcess(tmp_path, config_for(sim, stream_maps=options))
    written, _ = tap.process.communicate(timeout=60)
    said = tap.said()
    assert tap.process.returncode == 1
    assert sentence in said
    assert "Traceback" not in said
    assert (written, sim.logins) == (b"", 0), "before anything is read"


def test_flattening_that_renames_columns_is_refused() -> None:
    config = {"base_url": "http://127.0.0.1:9", "login": "demo", "password": "demo-password"}
    short = {"flattening_enabled": True, "flattening_max_depth": 1, "flattening_max_key_length": 12}
    with pytest.raises(ConfigValidationError) as caught:
        TapIiko(config={**config, **short}, catalog=selecting(receipts=["dish_sum"]))
    assert caught.value.errors == [
        "stream_maps or flattening removes or changes business_date of receipts: deletion rests on that."
    ]


def test_maps_of_tables_that_are_not_selected_do_not_matter(sim: Simulator) -> None:
    maps = {"receipts": {"total": "dish_sum"}, "sync_log": {}, **NULL_ELSE}
    result = run_tap(config_for(sim, stream_maps=maps), catalog=selecting(receipts="*", sync_log="*"))
    assert result.code == 0
    assert "total" in result.records("receipts")[0]


@pytest.mark.parametrize(
    "maps",
    [
        {"receipts": {"total": "dish_discount_sum", "waiter": None, "synced_at": "synced_at", "id": "self"}},
        {"receipts": {"dish_sum": "dish_sum", **{name: name for name in AUTOMATIC}, **NULL_ELSE}},
        {"*": {"loaded_by": "'tap'"}},
        {"late_changes": {"__filter__": "difference != 0"}},
        {"orders": {"__source__": "receipts", "__filter__": "dish_sum > 0", "synced_at": None}},
    ],
)
def test_maps_of_other_columns_go_on_working(sim: Simulator, maps: dict[str, t.Any]) -> None:
    warehouse = Warehouse()
    result = run_tap(config_for(sim, stream_maps=maps))
    warehouse.load([message for message in result.messages if message.get("stream") != "orders"])
    assert result.code == 0
    assert_equal_to_books(warehouse.current, sim, [name for name in (*FACTS, *REFERENCES) if name != "receipts"])
    assert len(warehouse.current("receipts")) == len(sim.books.rows("receipts"))
    assert not [name for name in (*FACTS, *REFERENCES) if warehouse.broken(name)]


# Whatever is chosen, and whatever happens

DAYS = 8
CHANGES = ("sell", "refund", "delete_order", "delete_line", "correct_payment", "change_cost", "lose_order")
CHOSEN = (*FACTS, "products", "stores")
MAPS: tuple[dict[str, t.Any], ...] = (
    {},
    {"receipts": {"net": "dish_discount_sum - vat_sum"}},
    {"*": {"loaded_by": "'tap'"}},
    {"receipt_items": {"dish_code": None}},
    {"orders": {"__source__": "receipts"}},
)
Columns = dict[str, set[str]]


def some_columns(random: Random, table: str) -> set[str]:
    """Any of a table; not those that a map of this test needs or takes away."""
    names = set(tables.load(table).schema["properties"]) - {"dish_code", "dish_discount_sum", "vat_sum"}
    return set(random.sample(sorted(names), random.choice([0, 1, 4, 20]) % len(names)))


class History:
    """A business and a warehouse, and what a user does with both: selections, maps, runs, prune."""

    def __init__(self, seed: int, sim: Simulator) -> None:
        self.random = Random(seed)
        self.sim = sim
        self.state: t.Any = None
        # What every run selects of a table that it selects.
        tables = self.random.sample(CHOSEN, self.random.randint(1, len(CHOSEN)))
        self.throughout = {table: some_columns(self.random, table) | {"business_date"} for table in tables}

    def change(self) -> None:
        """Some things that happen; a business without a fitting order just goes on."""
        for _ in range(self.random.randint(0, 3)):
            kind = self.random.choice(CHANGES)
            day = (self.sim.last_day - datetime.timedelta(days=self.random.randrange(DAYS))).isoformat()
            try:
                self.sim.business.do(kind, day=day, **({"on_day": day} if kind == "refund" else {}))
            except ValueError as error:
                assert "no such order" in str(error)  # noqa: PT017 - the only reason there is

    def selection(self, *, last: bool = False) -> Columns:
        """What the next run selects: some of the tables, more or fewer columns than the run before."""
        tables = [table for table in CHOSEN if last or self.random.random() < 0.7]
        return {
            table: {"*"} if self.random.random() < 0.2 else self.throughout[table] | some_columns(self.random, table)
            for table in tables
            if table in self.throughout
        } | {"sync_log": {"status"}}

    def run(self, *, last: bool = False) -> Result:
        """A run; its state is the next one's."""
        maps = copy.deepcopy(self.random.choice(MAPS))
        columns = self.selection(last=last)
        for table, some in columns.items():
            if maps and table != "sync_log":
                some |= {"dish_discount_sum", "vat_sum", "dish_code"}
        config = config_for(self.sim, timezone="UTC", reread_days=1, stream_maps=maps)
        result = run_tap(config, self.state, selecting(**columns))
        assert result.code == 0
        self.state = result.state
        return result

    def wrong(self, current: t.Callable[[str], t.Iterable[dict[str, t.Any]]]) -> list[str]:
        """What is not as in the books, of the columns that were selected throughout."""
        return [
            line
            for table, columns in self.throughout.items()
            for line in differences(current(table), self.sim.books.rows(table), table, only=columns)
        ]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1_000_000), length=st.integers(0, 4))
def test_whatever_is_selected_it_equals_the_books_before_and_after_prune(seed: int, length: int) -> None:
    with Simulator(seed=seed % 97, departments=2, days=DAYS, receipts_per_day=4) as sim:
        history, warehouse = History(seed, sim), Warehouse()
        for _ in range(length):
            warehouse.load(history.run())
            history.change()
            if history.random.random() < 0.3:
                warehouse.prune()
        warehouse.load(history.run(last=True))
        assert not history.wrong(warehouse.current)
        assert not [table for table in history.throughout if warehouse.broken(table)]
        warehouse.prune()
        assert not history.wrong(warehouse.current)
        for table in history.throughout:
            assert len(warehouse.tables[table]) == len(sim.books.rows(table)), "what is gone is pruned"


@pytest.mark.parametrize("seed", [3, 17])
def test_the_same_in_postgres(seed: int, postgres: Postgres, database: Connection, schema: str, tmp_path: Path) -> None:
    with Simulator(seed=seed, departments=2, days=DAYS, receipts_per_day=4) as sim:
        history = History(seed, sim)
        for last in (False, False, True):
            into_postgres(history.run(last=last).output, postgres, schema, tmp_path)
            apply("views", database, schema)
            if not last:
                history.change()
        for _ in range(2):
            assert not history.wrong(lambda table: rows_of(database, table))
            removed = apply("prune", database, schema)
            assert {row["left_partitions"] for row in removed} == {0}
