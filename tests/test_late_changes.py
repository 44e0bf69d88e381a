"""Closed days change: what changed is found, loaded and told; what did not change costs nothing (design 6)."""

from __future__ import annotations

import datetime
import json
import typing as t

import pytest

from simulator import Simulator
from support.catalogs import catalog_of, sales_catalog
from support.clocks import server_says, shifted
from support.taps import ZONE, Result, config_for
from support.taps import run_tap as run_all_tables
from support.truth import SALES, assert_equal_to_books, number
from support.warehouse import Warehouse

if t.TYPE_CHECKING:
    from collections.abc import Iterator

WATCHED = 60


def run_tap(config: dict[str, t.Any], state: t.Any = None) -> Result:
    """What is sold and the shifts of it, and the lists."""
    return run_all_tables(config, state, sales_catalog("cash_shifts"))


def reports(sim: Simulator) -> list[t.Any]:
    """The OLAP requests so far."""
    return [record for record in sim.log if record.body]


def days_asked(sim: Simulator) -> set[str]:
    """The business days of which lines were read."""
    found = set()
    for record in reports(sim):
        if "ItemSaleEvent.Id" in record.body["groupByRowFields"]:
            days = record.body["filters"]["OpenDate.Typed"]
            first, last = (datetime.date.fromisoformat(days[end][:10]) for end in ("from", "to"))
            found |= {(first + datetime.timedelta(days=n)).isoformat() for n in range((last - first).days)}
    return found


@pytest.fixture
def long_sim() -> Iterator[Simulator]:
    """Two months of a chain."""
    with Simulator(seed=3, departments=2, days=WATCHED + 5, receipts_per_day=4) as sim:
        yield sim
        assert (sim.open_tokens, sim.max_in_flight) == (0, 1)


def settings(sim: Simulator, **more: t.Any) -> dict[str, t.Any]:
    """Only the last business day is open."""
    return config_for(sim, timezone=ZONE, **more)


def test_a_quiet_night_reads_the_probe_and_the_last_days_only(long_sim: Simulator) -> None:
    first = run_tap(settings(long_sim))
    long_sim.reset_log()
    second = run_tap(settings(long_sim), first.state)
    assert second.code == 0
    probe, *others, check = reports(long_sim)
    assert "DishId" not in probe.body["groupByRowFields"]
    assert "SessionID" in check.body["groupByRowFields"], "the sums of shifts, last"
    assert len(others) == len(SALES), "one window of the last days, one report for each table"
    last = long_sim.last_day
    assert days_asked(long_sim) == {(last - datetime.timedelta(days=n)).isoformat() for n in range(3)}
    of_last_days = [row for row in long_sim.books.days() if row["business_date"] in days_asked(long_sim)]
    assert len(second.records("receipt_items")) == sum(row["lines"] for row in of_last_days)
    assert not second.records("late_changes")


def test_a_change_59_days_back_is_found_loaded_and_told(long_sim: Simulator) -> None:
    warehouse = Warehouse()
    first = run_tap(settings(long_sim))
    warehouse.load(first)
    day = (long_sim.last_day - datetime.timedelta(days=59)).isoformat()
    before = {row["department_id"]: row for row in long_sim.books.days() if row["business_date"] == day}
    touched = long_sim.business.lose_order(day=day)
    after = {row["department_id"]: row for row in long_sim.books.days() if row["business_date"] == day}
    long_sim.reset_log()
    second = run_tap(settings(long_sim, reread_days=0), first.state)
    warehouse.load(second)
    assert day in days_asked(long_sim)
    assert len(days_asked(long_sim)) <= 2, "the changed day and the open one"
    (department,) = touched["departments"]
    told = {row["metric"]: row for row in second.records("late_changes")}
    for metric in ("dish_sum", "dish_discount_sum", "vat_sum", "product_cost"):
        old, new = before[department][metric], after[department][metric]
        assert old != new
        row = told[metric]
        assert (row["business_date"], row["department_id"]) == (day, department)
        assert round(number(row["old_value"]), 2) == round(old, 2)
        assert round(number(row["new_value"]), 2) == round(new, 2)
    assert number(told["receipts_count"]["old_value"]) == before[department]["receipts"]
    assert number(told["receipts_count"]["new_value"]) == after[department]["receipts"]
    assert_equal_to_books(warehouse.current, long_sim)


def test_a_late_change_is_told_in_words(sim: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    first = run_tap(settings(sim))
    day = (sim.last_day - datetime.timedelta(days=6)).isoformat()
    before = {row["department_id"]: row for row in sim.books.days() if row["business_date"] == day}
    (touched,) = sim.business.lose_order(day=day)["departments"]
    after = {row["department_id"]: row for row in sim.books.days() if row["business_date"] == day}
    caplog.clear()
    second = run_tap(settings(sim), first.state)
    name = next(row["name"] for row in first.records("departments") if row["id"] == touched)
    (told,) = [each for each in caplog.messages if "changed after it was closed and read" in each]
    assert f"main {day} {name}" in told
    old, new = (books[touched]["dish_discount_sum"] for books in (before, after))
    assert f"revenue {old:,.2f} -> {new:,.2f}" in told
    assert "dish_amount" in told
    changes = second.records("late_changes")
    assert f"main: {len(changes)} late changes in 1 business day: see the table late_changes." in caplog.messages


def test_a_corrected_payment_moves_the_split_by_payment_type_alone(caplog: pytest.LogCaptureFixture) -> None:
    with Simulator(seed=5, departments=2, days=14, receipts_per_day=30) as sim:
        first = run_tap(settings(sim, reread_days=0))
        days = [(sim.last_day - datetime.timedelta(days=n)).isoformat() for n in range(2, 12)]
        restaurants = [row["id"] for row in first.records("departments") if row["type"] == "DEPARTMENT"]
        places = [(day, restaurant) for day in days for restaurant in restaurants]
        for day, department in places:
            sim.business.correct_payment(day=day, department=department)
        caplog.clear()
        second = run_tap(settings(sim, reread_days=0), first.state)
    told = [each for each in caplog.messages if "changed after it was closed and read" in each]
    assert len(told) == len(places)
    assert all(each.endswith("read: revenue unchanged; also the sums by payment type.") for each in told)
    assert {row["metric"] for row in second.records("late_changes")} == {"pay_types"}


def test_a_quiet_run_tells_no_late_changes(sim: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    first = run_tap(settings(sim))
    run_tap(settings(sim), first.state)
    said = "\n".join(caplog.messages)
    assert "changed after it was closed and read" not in said
    assert "see the table late_changes" not in said


@pytest.mark.parametrize(
    ("change", "metric"),
    [
        ("refund", "dish_return_sum"),
        ("delete_order", "flags"),
        ("delete_line", "flags"),
        ("correct_payment", "pay_types"),
        ("change_cost", "product_cost"),
        ("change_guests", "guest_num"),
        ("add_surcharge", "increase_sum"),
        ("change_vat", "vat_sum"),
        ("lose_order", "orders_count"),
        ("sell", "dish_amount"),
    ],
)
def test_the_fingerprint_feels_every_kind_of_change(sim: Simulator, change: str, metric: str) -> None:
    warehouse = Warehouse()
    first = run_tap(settings(sim))
    warehouse.load(first)
    day = (sim.last_day - datetime.timedelta(days=6)).isoformat()
    on = {"on_day": day} if change == "refund" else {}
    sim.business.do(change, day=day, **on)
    sim.reset_log()
    second = run_tap(settings(sim, reread_days=0), first.state)
    warehouse.load(second)
    assert second.code == 0
    assert day in days_asked(sim)
    assert metric in {row["metric"] for row in second.records("late_changes") if row["business_date"] == day}
    assert_equal_to_books(warehouse.current, sim)


def test_a_department_whose_day_arrives_late(sim: Simulator) -> None:
    warehouse = Warehouse()
    day = (sim.last_day - datetime.timedelta(days=5)).isoformat()
    held = sim.business.hold_back(day=day)
    first = run_tap(settings(sim))
    warehouse.load(first)
    sim.business.deliver_late(department=held["departments"][0], day=day)
    second = run_tap(settings(sim, reread_days=0), first.state)
    warehouse.load(second)
    (row,) = [row for row in second.records("late_changes") if row["metric"] == "dish_sum"]
    assert number(row["old_value"]) == 0 < number(row["new_value"])
    assert row["department_id"] == held["departments"][0]
    assert_equal_to_books(warehouse.current, sim)


def test_what_no_sum_shows_comes_with_the_last_days_or_a_full_refresh(sim: Simulator) -> None:
    warehouse = Warehouse()
    first = run_tap(settings(sim))
    warehouse.load(first)
    sim.business.change_waiter(day=sim.last_day - datetime.timedelta(days=6))
    warehouse.load(run_tap(settings(sim), first.state))
    with pytest.raises(AssertionError):
        assert_equal_to_books(warehouse.current, sim)
    warehouse.load(run_tap(settings(sim)))
    assert_equal_to_books(warehouse.current, sim)


def test_days_go_on() -> None:
    """Each night the open day closes, its cost is posted, the next one begins."""
    begin = datetime.datetime.now(datetime.UTC).date() - datetime.timedelta(days=3)
    with Simulator(seed=5, departments=2, days=6, receipts_per_day=8, last_day=begin) as sim:
        warehouse = Warehouse()
        state: t.Any = None
        for night in range(4):
            result = run_tap(settings(sim, reread_days=1), state)
            warehouse.load(result)
            state = result.state
            assert_equal_to_books(warehouse.current, sim)
            if night < 3:
                sim.business.next_day()
        assert sim.last_day == begin + datetime.timedelta(days=3)


def test_the_open_day_is_never_final(sim: Simulator) -> None:
    result = run_tap(settings(sim))
    by_day = {row["business_date"]: row for row in result.log("receipts")}
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    assert by_day[today]["is_final"] is False
    assert by_day[sim.first_day.isoformat()]["is_final"] is True
    assert not [row for row in result.records("reconciliation") if row["business_date"] == today]


def test_a_day_that_was_open_is_read_again_once_it_has_closed(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run_tap(settings(sim, reread_days=0))
    server_says(monkeypatch, shifted(days=2))
    second = run_tap(settings(sim, reread_days=0), first.state)
    today = sim.last_day.isoformat()
    assert [row["is_final"] for row in first.log("receipts") if row["business_date"] == today] == [False]
    assert [row["is_final"] for row in second.log("receipts") if row["business_date"] == today] == [True]


def test_the_state_of_400_days_stays_small() -> None:
    """Contents of documents are remembered for the look-back; who looks back so far pays for it."""
    with Simulator(seed=3, departments=4, days=400, receipts_per_day=1) as sim:
        first = run_all_tables(settings(sim, lookback_days=400, max_window_days=31))
        assert len(json.dumps(first.state)) < 150_000
        usual = run_all_tables(settings(sim), first.state)
        assert len(json.dumps(usual.state)) < 100_000
        day = (sim.last_day - datetime.timedelta(days=390)).isoformat()
        sim.business.lose_order(day=day)
        sim.reset_log()
        second = run_all_tables(settings(sim, lookback_days=400, reread_days=0), first.state)
        assert day in days_asked(sim)
        assert day in {row["business_date"] for row in second.log("receipts")}
        probes = [record for record in reports(sim) if "PayTypes.GUID" in record.body["groupByRowFields"]][:1]
        assert len(probes) == 1
        of_sales, of_the_ledger = 1 + 2 * len(SALES), 14 + 2 * 2
        around_closings = 2 + 14  # every one since that day is held against the one before, its shifts are told again
        assert len(reports(sim)) <= of_sales + of_the_ledger + around_closings
        assert (sim.open_tokens, sim.max_in_flight) == (0, 1)


def test_tables_that_share_fingerprints_forget_nothing_when_one_is_read_alone(long_sim: Simulator) -> None:
    """In the state they stand once for a group; the run of one of its tables moves on without the others."""
    first = run_tap(settings(long_sim))
    marks = {
        name: partition
        for name in SALES
        for partition in first.state["bookmarks"][name]["partitions"]
        if "fingerprints" in partition
    }
    assert set(marks) == {"receipts"}
    changed = long_sim.business.change_guests()["days"][0]
    alone = run_all_tables(settings(long_sim), first.state, catalog_of("receipts", "sync_log"))
    assert changed in {row["business_date"] for row in alone.log("receipts")}
    recent = set(long_sim.ledger.days[-3:])
    after = run_tap(settings(long_sim), alone.state)
    assert {row["business_date"] for row in after.log("receipts")} == recent
    assert {row["business_date"] for row in after.log("sales")} == recent | {changed}


def test_a_look_back_that_is_turned_up_finds_what_changed_before(long_sim: Simulator) -> None:
    first = run_tap(settings(long_sim, lookback_days=5))
    day = (long_sim.last_day - datetime.timedelta(days=50)).isoformat()
    long_sim.business.lose_order(day=day)
    second = run_tap(settings(long_sim, lookback_days=5), first.state)
    assert day not in {row["business_date"] for row in second.log("receipts")}
    third = run_tap(settings(long_sim, lookback_days=60), second.state)
    assert day in {row["business_date"] for row in third.log("receipts")}


def test_an_hourly_run_with_a_short_look_back_forgets_no_old_value(long_sim: Simulator) -> None:
    first = run_tap(settings(long_sim))
    hourly = run_tap(settings(long_sim, lookback_days=3, reread_days=2), first.state)
    day = (long_sim.last_day - datetime.timedelta(days=50)).isoformat()
    long_sim.business.lose_order(day=day)
    nightly = run_tap(settings(long_sim), hourly.state)
    assert day in {row["business_date"] for row in nightly.records("late_changes")}


def gone(first: Result, warehouse: Warehouse, table: str) -> set[str]:
    """Ids that were loaded first and are not current any more."""
    return {row["id"] for row in first.records(table)} - {row["id"] for row in warehouse.current(table)}


def test_vanished_products_are_gone_and_nothing_else(sim: Simulator) -> None:
    warehouse = Warehouse()
    first = run_tap(settings(sim))
    warehouse.load(first)
    lost = sim.ledger.menu.products.pop()
    second = run_tap(settings(sim), first.state)
    warehouse.load(second)
    assert gone(first, warehouse, "products") == {lost.id}
    assert not gone(first, warehouse, "stores")


@pytest.mark.parametrize("kept", [0, 40])
def test_a_list_that_shrinks_by_half_is_not_believed(
    sim: Simulator, kept: int, caplog: pytest.LogCaptureFixture
) -> None:
    warehouse = Warehouse()
    first = run_tap(settings(sim))
    warehouse.load(first)
    del sim.ledger.menu.products[kept:]
    second = run_tap(settings(sim), first.state)
    warehouse.load(second)
    assert [row["status"] for row in second.log("products")] == ["suspicious"]
    assert "nothing is taken for gone" in caplog.text
    assert not gone(first, warehouse, "products")
    assert second.code == 0
    third = run_tap(settings(sim), second.state)
    assert [row["status"] for row in third.log("products")] == ["suspicious"]
    fresh = run_tap(settings(sim))
    assert [row["status"] for row in fresh.log("products")] == ["loaded" if kept else "empty"]
