"""What iiko says once: a day that is not proved, totals that vanish, a field that is missing for a day."""

from __future__ import annotations

import datetime
import json
import typing as t

import pytest

from simulator import Simulator
from support.catalogs import catalog_of
from support.tampering import is_probe, is_report_of, tamper, with_rows
from support.taps import ZONE, config_for, run_tap
from support.truth import FACTS, assert_equal_to_books
from support.warehouse import Warehouse

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.api.method import Answer, Call
    from support.taps import Result


def settings(sim: Simulator, **more: t.Any) -> dict[str, t.Any]:
    """Only the last day is open."""
    return config_for(sim, timezone=ZONE, **more)


def day_before(sim: Simulator, days: int) -> str:
    return (sim.last_day - datetime.timedelta(days=days)).isoformat()


def lose_rows_of(sim: Simulator, table: str, day: str) -> t.Callable[[], None]:
    """Let every report of a table lack the rows of a day."""

    def change(call: Call, answer: Answer) -> Answer:
        if not is_report_of(call, table):
            return answer
        return with_rows(answer, lambda rows: [row for row in rows if row["OpenDate.Typed"] != day])

    return tamper(sim, change)


def empty_totals(sim: Simulator, times: int) -> None:
    """Let the probe be answered as if nothing had ever been sold."""
    left = [times]

    def change(call: Call, answer: Answer) -> Answer:
        if not is_probe(call) or not left[0]:
            return answer
        left[0] -= 1
        return with_rows(answer, lambda _: [])

    tamper(sim, change)


def days_read(result: Result, table: str = "receipts") -> set[str]:
    return {row["business_date"] for row in result.log(table) if row["status"] in {"loaded", "empty"}}


# A day that is not proved


@pytest.mark.parametrize("reread_days", [0, 3])
def test_a_day_is_read_until_it_is_proved(sim: Simulator, reread_days: int) -> None:
    warehouse = Warehouse()
    day = day_before(sim, 8)
    honest = lose_rows_of(sim, "receipts", day)
    first = run_tap(settings(sim, reread_days=reread_days))
    warehouse.load(first)
    assert [row for row in first.records("reconciliation") if not row["proved"]]
    # A short look-back does not reach that day, and it is read all the same.
    hourly = run_tap(settings(sim, reread_days=reread_days, lookback_days=3), first.state)
    warehouse.load(hourly)
    assert day in {row["business_date"] for row in hourly.records("reconciliation") if not row["proved"]}
    honest()
    healthy = run_tap(settings(sim, reread_days=reread_days, lookback_days=3), hourly.state)
    warehouse.load(healthy)
    assert healthy.code == 0
    assert day in days_read(healthy)
    assert_equal_to_books(warehouse.current, sim)
    quiet = run_tap(settings(sim, reread_days=0), healthy.state)
    assert day not in days_read(quiet)


def test_fail_stays_red_until_the_day_is_proved(sim: Simulator) -> None:
    day = day_before(sim, 8)
    honest = lose_rows_of(sim, "receipt_items", day)
    first = run_tap(settings(sim, reconcile="fail"))
    assert first.code == 1
    second = run_tap(settings(sim, reconcile="fail"), first.state)
    assert second.code == 1
    # Not even a run over other days is green.
    other_days = run_tap(settings(sim, reconcile="fail", start_date=day_before(sim, 2)), second.state)
    assert other_days.code == 1
    honest()
    third = run_tap(settings(sim, reconcile="fail"), other_days.state)
    assert third.code == 0


def test_an_empty_report_takes_nothing_for_gone_while_iiko_has_totals(sim: Simulator) -> None:
    warehouse = Warehouse()
    first = run_tap(settings(sim))
    warehouse.load(first)
    lose_rows_of(sim, "receipts", day_before(sim, 1))
    second = run_tap(settings(sim), first.state)
    warehouse.load(second)
    (entry,) = [row for row in second.log("receipts") if row["business_date"] == day_before(sim, 1)]
    assert entry["status"] == "suspicious"
    assert "nothing is taken for gone" in entry["message"]
    assert_equal_to_books(warehouse.current, sim)


def test_a_day_that_came_empty_is_read_again_even_without_proof(sim: Simulator) -> None:
    warehouse = Warehouse()
    honest = lose_rows_of(sim, "receipts", day_before(sim, 8))
    first = run_tap(settings(sim, reconcile="off"))
    warehouse.load(first)
    honest()
    warehouse.load(run_tap(settings(sim, reconcile="off", reread_days=0), first.state))
    assert_equal_to_books(warehouse.current, sim)


# Totals that vanish


def test_one_empty_answer_of_totals_changes_nothing(sim: Simulator) -> None:
    warehouse = Warehouse()
    first = run_tap(settings(sim))
    warehouse.load(first)
    empty_totals(sim, times=1)
    second = run_tap(settings(sim), first.state)
    warehouse.load(second)
    assert second.code == 0
    assert_equal_to_books(warehouse.current, sim)


def test_totals_that_stay_empty_are_suspicious_and_take_nothing_for_gone(
    sim: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    warehouse = Warehouse()
    first = run_tap(settings(sim))
    warehouse.load(first)
    empty_totals(sim, times=100)
    second = run_tap(settings(sim), first.state)
    warehouse.load(second)
    assert second.code == 1
    for table in FACTS:
        assert [row["status"] for row in second.log(table)] == ["suspicious"]
    assert "run once with --full-refresh" in caplog.text
    assert not second.records("late_changes")
    assert_equal_to_books(warehouse.current, sim)


@pytest.mark.parametrize("lookback_days", [3, 60])
def test_the_run_after_it_finds_everything_as_it_was(sim: Simulator, lookback_days: int) -> None:
    warehouse = Warehouse()
    first = run_tap(settings(sim))
    warehouse.load(first)
    empty_totals(sim, times=2)
    second = run_tap(settings(sim, lookback_days=lookback_days), first.state)
    warehouse.load(second)
    third = run_tap(settings(sim, reread_days=0), second.state)
    warehouse.load(third)
    assert (second.code, third.code) == (1, 0)
    assert days_read(third) == {sim.last_day.isoformat()}
    assert_equal_to_books(warehouse.current, sim)


def test_a_business_that_never_sold_is_not_suspicious() -> None:
    with Simulator(seed=7, departments=1, days=8, receipts_per_day=0) as sim:
        first = run_tap(settings(sim))
        second = run_tap(settings(sim), first.state)
        assert (first.code, second.code) == (0, 0)


# A field that is missing for once


def without_field(sim: Simulator, name: str, report: str = "columns") -> t.Callable[[], None]:
    def change(call: Call, answer: Answer) -> Answer:
        if not call.path.endswith(report):
            return answer
        fields = json.loads(answer.body)
        del fields[name]
        answer.body = json.dumps(fields).encode()
        return answer

    return tamper(sim, change)


def test_a_field_that_was_missing_for_once_comes_back(sim: Simulator) -> None:
    warehouse = Warehouse()
    complete = without_field(sim, "DishName")
    first = run_tap(settings(sim))
    warehouse.load(first)
    assert {row["dish_name"] for row in first.records("receipt_items")} == {None}
    complete()
    second = run_tap(settings(sim, reread_days=0), first.state)
    warehouse.load(second)
    assert_equal_to_books(warehouse.current, sim)
    third = run_tap(settings(sim, reread_days=0), second.state)
    assert days_read(third, "receipt_items") == {sim.last_day.isoformat()}


def test_a_gap_in_mid_history_comes_back_too(sim: Simulator) -> None:
    warehouse = Warehouse()
    state: t.Any = None
    for gap in (False, True, False):
        complete = without_field(sim, "OrderType") if gap else lambda: None
        result = run_tap(settings(sim), state)
        warehouse.load(result)
        state = result.state
        complete()
    assert_equal_to_books(warehouse.current, sim)


def test_a_state_of_an_earlier_version_is_read_without_a_new_load(sim: Simulator) -> None:
    first = run_tap(settings(sim))
    for bookmarks in first.state["bookmarks"].values():
        for partition in bookmarks["partitions"]:
            for key in ("fields", "lacking_fields", "unlogged"):
                partition.pop(key, None)
    second = run_tap(settings(sim, reread_days=0), first.state)
    assert days_read(second) == {sim.last_day.isoformat()}


@pytest.fixture
def old_sim() -> Iterator[Simulator]:
    with Simulator(seed=7, departments=1, days=4, receipts_per_day=3, fields=229) as sim:
        yield sim


def test_what_a_version_lacks_is_said_once(old_sim: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    first = run_tap(settings(old_sim))
    assert "lacks" in caplog.text
    assert old_sim.version in caplog.text
    caplog.clear()
    second = run_tap(settings(old_sim), first.state)
    assert "lacks" not in caplog.text
    complete = without_field(old_sim, "DishName")
    third = run_tap(settings(old_sim), second.state)
    assert "DishName" in caplog.text, "what is missing now is news"
    complete()
    caplog.clear()
    old_sim.version = "9.2.1.0"
    run_tap(settings(old_sim), third.state)
    assert "this version of iiko (9.2.1.0) lacks" in caplog.text


# Without sync_log


def test_what_was_read_without_sync_log_is_read_again_with_it(sim: Simulator) -> None:
    """Nobody has learned what was gone then."""
    warehouse = Warehouse()
    first = run_tap(settings(sim))
    warehouse.load(first)
    sim.business.lose_order(day=day_before(sim, 6))
    second = run_tap(settings(sim), first.state, catalog_of(*FACTS))
    warehouse.load(second)
    third = run_tap(settings(sim), second.state)
    warehouse.load(third)
    assert_equal_to_books(warehouse.current, sim)
    fourth = run_tap(settings(sim, reread_days=0), third.state)
    assert days_read(fourth) == {sim.last_day.isoformat()}
