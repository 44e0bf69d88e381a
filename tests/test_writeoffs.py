"""Documents with lines: watched by their content, moved, drafted, deleted, dated ahead."""

from __future__ import annotations

import datetime
import typing as t

import pytest

from simulator import Readings, Simulator
from support.taps import config_for, run_tap
from support.truth import assert_equal_to_books
from support.warehouse import Warehouse

TABLES = ("writeoffs", "writeoff_items")
CHANGES = ("edit_writeoff", "unpost_writeoff", "delete_writeoff", "recalculate_writeoff", "add_writeoff")


def asked(sim: Simulator) -> list[str]:
    return [record.query for record in sim.log if record.path.endswith("documents/writeoff")]


def loaded_days(result: t.Any, status: str = "loaded") -> set[str]:
    return {row["business_date"] for row in result.log("writeoffs") if row["status"] == status}


@pytest.mark.parametrize(
    "readings",
    [
        Readings(),
        Readings(document_end="exclusive", document_moments="seconds"),
        Readings(document_moments="millis", json_spacing="spaced"),
    ],
    ids=["usual", "an exclusive end", "milliseconds"],
)
def test_documents_and_lines_equal_the_books(readings: Readings) -> None:
    with Simulator(seed=3, departments=3, days=70, receipts_per_day=1, readings=readings) as sim:
        warehouse = Warehouse()
        result = run_tap(config_for(sim))
        warehouse.load(result)
        assert result.code == 0
        assert_equal_to_books(warehouse.current, sim, TABLES)
        ahead = [row for row in result.records("writeoffs") if row["business_date"] > sim.last_day.isoformat()]
        assert len(ahead) == 3, "documents dated ahead are there"
        assert {row["status"] for row in result.records("writeoffs")} == {"NEW", "PROCESSED", "DELETED"}


def test_deleted_documents_that_are_hidden_are_gone_when_they_are() -> None:
    hidden = Readings(deleted_documents="hidden")
    with Simulator(seed=3, departments=2, days=10, receipts_per_day=1, readings=hidden) as sim:
        warehouse = Warehouse()
        first = run_tap(config_for(sim))
        warehouse.load(first)
        (gone,) = sim.business.do("delete_writeoff")["documents"]
        warehouse.load(run_tap(config_for(sim), first.state))
        assert gone not in {row["id"] for row in warehouse.current("writeoffs")}
        assert gone not in {row["document_id"] for row in warehouse.current("writeoff_items")}


def test_a_quiet_night_writes_nothing_and_asks_for_little(sim: Simulator) -> None:
    first = run_tap(config_for(sim))
    sim.reset_log()
    second = run_tap(config_for(sim), first.state)
    assert not second.records("writeoffs")
    assert not second.records("writeoff_items")
    assert loaded_days(second) == set()
    assert len(loaded_days(second, "unchanged")) >= 12
    assert len(asked(sim)) == 2, "the look-back in one request, what is to come in another"


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_writes_its_day_and_no_other(sim: Simulator, kind: str) -> None:
    warehouse = Warehouse()
    first = run_tap(config_for(sim))
    warehouse.load(first)
    touched = sim.business.do(kind)
    second = run_tap(config_for(sim), first.state)
    warehouse.load(second)
    assert loaded_days(second) == set(touched["days"])
    assert_equal_to_books(warehouse.current, sim, TABLES)


def test_a_document_that_moves_and_loses_a_line_leaves_nothing_behind(sim: Simulator) -> None:
    warehouse = Warehouse()
    first = run_tap(config_for(sim))
    warehouse.load(first)
    before = len(warehouse.current("writeoff_items"))
    touched = sim.business.do("move_writeoff")
    assert len(touched["days"]) == 2
    second = run_tap(config_for(sim), first.state)
    warehouse.load(second)
    assert len(warehouse.current("writeoff_items")) == before - 1
    assert_equal_to_books(warehouse.current, sim, TABLES)
    warehouse.prune()
    assert_equal_to_books(warehouse.current, sim, TABLES)
    assert len(warehouse.tables["writeoff_items"]) == before - 1


def test_a_number_that_repeats_is_two_lines(sim: Simulator) -> None:
    repeated = [row for row in sim.books.rows("writeoff_items") if row["#num"]]
    assert repeated
    lines = run_tap(config_for(sim)).records("writeoff_items")
    assert len({row["id"] for row in lines}) == len(lines) == len(sim.books.rows("writeoff_items"))


def test_a_server_before_their_time_skips_them() -> None:
    with Simulator(seed=7, departments=1, days=3, receipts_per_day=2, version="7.9.2.0") as sim:
        result = run_tap(config_for(sim))
        assert result.code == 0
        assert {row["status"] for table in TABLES for row in result.log(table)} == {"skipped"}


def test_a_day_whose_lines_cannot_be_read_is_failed_whole(sim: Simulator) -> None:
    """A newer document alone would hide all its lines."""
    warehouse = Warehouse()
    first = run_tap(config_for(sim))
    warehouse.load(first)
    document = next(each for each in sim.ledger.stock.writeoffs if each.day < sim.last_day.isoformat())
    document.comment = "changed"
    document.lines[0].num = "many"  # type: ignore[assignment]
    second = run_tap(config_for(sim), first.state)
    warehouse.load(second)
    assert second.code == 1
    failed = {(row["stream"], row["business_date"]) for row in second.records("sync_log") if row["status"] == "failed"}
    assert failed == {(table, document.day) for table in TABLES}
    assert not [row for row in second.records("writeoffs") if row["id"] == document.id]
    assert len(warehouse.current("writeoff_items")) == len(first.records("writeoff_items"))


def test_lines_alone_bring_their_documents(sim: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    from support.catalogs import catalog_of  # noqa: PLC0415

    result = run_tap(config_for(sim), catalog=catalog_of("writeoff_items", "sync_log"))
    assert result.records("writeoffs")
    assert "writeoffs is selected with writeoff_items" in caplog.text


def test_a_long_history_comes_newest_first() -> None:
    with Simulator(seed=3, departments=1, days=120, receipts_per_day=1) as sim:
        first = sim.last_day - datetime.timedelta(days=110)
        result = run_tap(config_for(sim, start_date=first.isoformat(), lookback_days=20))
        rows = [(m["stream"], m["record"].get("business_date")) for m in result.messages if m["type"] == "RECORD"]
        of_days = [day for stream, day in rows if stream in {"receipts", "writeoffs"}]
        week_ago = (sim.last_day - datetime.timedelta(days=6)).isoformat()
        long_ago = (sim.last_day - datetime.timedelta(days=45)).isoformat()
        last_of_new = max(place for place, day in enumerate(of_days) if day >= week_ago)
        first_of_old = min(place for place, day in enumerate(of_days) if day < long_ago)
        assert last_of_new < first_of_old, "the last days of every table come before the history of any"
