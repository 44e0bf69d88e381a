"""A run may end at any point: the next one completes the data and repeats only what was not confirmed."""

from __future__ import annotations

import datetime
import itertools
import signal
import typing as t
from collections import Counter

import pytest

from simulator import Simulator
from support.catalogs import catalog_of
from support.taps import ZONE, TapProcess, config_for, run_tap
from support.truth import assert_equal_to_books
from support.warehouse import Warehouse

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAYS = 24
WINDOW = 3


@pytest.fixture
def long_sim() -> Iterator[Simulator]:
    """Eight windows of a chain with one licence slot."""
    with Simulator(seed=13, departments=2, days=DAYS, receipts_per_day=6, slots=1) as sim:
        yield sim


def days_of(messages: t.Iterable[t.Mapping[str, t.Any]]) -> Counter[str]:
    """How often each closed day's lines were written."""
    found: Counter[str] = Counter()
    for message in messages:
        if message["type"] == "RECORD" and message["stream"] == "sync_log":
            record = message["record"]
            if record["stream"] == "receipt_items" and record["status"] == "loaded" and record["is_final"]:
                found[record["business_date"]] += 1
    return found


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
def test_a_backfill_survives_ten_kills(long_sim: Simulator, tmp_path: Path, sign: signal.Signals) -> None:
    """A target that confirms each STATE sees at most one window again."""
    warehouse = Warehouse()
    state: t.Any = None
    repeated: Counter[str] = Counter()
    config = config_for(long_sim, max_window_days=WINDOW, licence_wait=5, timezone=ZONE, reread_days=0)
    for kill in range(10):
        tap = TapProcess(tmp_path / str(kill), config, state)
        taken: list[dict[str, t.Any]] = []
        seen = 0
        for message in tap.messages():
            taken.append(message)
            if message["type"] == "STATE":
                state = message["value"]
                seen += 1
                if seen == 9 + kill % 3:  # the first states are those of the reference tables
                    tap.process.send_signal(sign)  # what is in the pipe by now still reaches the target
        assert tap.wait() in {-9, 143, 0}
        warehouse.load(taken)
        repeated += days_of(taken)
    final = run_tap(config, state)
    warehouse.load(final)
    repeated += days_of(final.messages)
    assert final.code == 0
    assert_equal_to_books(warehouse.current, long_sim)
    assert long_sim.open_tokens == 0
    again = sum(count - 1 for count in repeated.values())
    assert again <= 10 * WINDOW, "at most the window under way at each kill"


def test_what_was_confirmed_is_not_asked_for_again(long_sim: Simulator) -> None:
    first = run_tap(config_for(long_sim, max_window_days=WINDOW, timezone=ZONE))
    states = [message["value"] for message in first.messages if message["type"] == "STATE"]
    for state in states:
        done = [
            partition
            for partition in state["bookmarks"].get("receipt_items", {}).get("partitions", [])
            if partition.get("replication_key_value")
        ]
        if done:
            break
    first_read = done[0]["first_business_date"]
    long_sim.reset_log()
    second = run_tap(config_for(long_sim, max_window_days=WINDOW, timezone=ZONE, reread_days=0), state)
    read = {row["business_date"] for row in second.log("receipt_items") if row["is_final"]}
    assert max(read) == (datetime.date.fromisoformat(first_read) - datetime.timedelta(days=1)).isoformat()


def test_a_target_that_dies_loses_nothing(long_sim: Simulator, tmp_path: Path) -> None:
    """Nothing was confirmed: the next run repeats all of it."""
    tap = TapProcess(tmp_path, config_for(long_sim, max_window_days=WINDOW))
    warehouse = Warehouse()
    warehouse.load(itertools.islice(tap.messages(), 600))
    assert tap.wait() == 1
    final = run_tap(config_for(long_sim))
    warehouse.load(final)
    assert final.code == 0
    assert_equal_to_books(warehouse.current, long_sim)


def test_an_end_date_backfill_does_not_spoil_the_incremental_state(long_sim: Simulator) -> None:
    """Recent days first, then the past, then on with the present."""
    last, first = long_sim.last_day, long_sim.first_day
    warehouse = Warehouse()
    recent = config_for(long_sim, timezone=ZONE, start_date=(last - datetime.timedelta(days=5)).isoformat())
    one = run_tap(recent)
    warehouse.load(one)
    past = config_for(
        long_sim,
        timezone=ZONE,
        start_date=first.isoformat(),
        end_date=(last - datetime.timedelta(days=12)).isoformat(),
    )
    two = run_tap(past, one.state)
    warehouse.load(two)
    assert {row["business_date"] for row in two.log("receipts")} == {
        (first + datetime.timedelta(days=n)).isoformat() for n in range(DAYS - 12)
    }
    three = run_tap(config_for(long_sim, timezone=ZONE, reread_days=1), two.state)
    warehouse.load(three)
    read = {row["business_date"] for row in three.log("receipts")}
    assert first.isoformat() not in read, "the past is known"
    assert (last - datetime.timedelta(days=8)).isoformat() in read, "the gap is filled"
    assert (last - datetime.timedelta(days=3)).isoformat() not in read, "the recent days are known"
    assert_equal_to_books(warehouse.current, long_sim)


def test_a_backfill_of_years_asks_for_no_report_over_years() -> None:
    with Simulator(seed=13, departments=1, days=200, receipts_per_day=2) as sim:
        result = run_tap(config_for(sim, max_window_days=31))
        assert result.code == 0
        for record in sim.log:
            if record.body:
                asked = next(each for each in record.body["filters"].values() if "from" in each)
                first, end = (datetime.date.fromisoformat(asked[name][:10]) for name in ("from", "to"))
                assert (end - first).days <= 65
        assert {row["proved"] for row in result.records("reconciliation")} == {True}
        assert (sim.open_tokens, sim.max_in_flight) == (0, 1)


def test_a_full_refresh_reads_everything_again(long_sim: Simulator) -> None:
    warehouse = Warehouse()
    warehouse.load(run_tap(config_for(long_sim)))
    lost = long_sim.business.lose_order()
    fresh = run_tap(config_for(long_sim))
    warehouse.load(fresh)
    assert {row["business_date"] for row in fresh.log("receipts")} >= set(lost["days"])
    assert_equal_to_books(warehouse.current, long_sim)


def test_a_window_that_is_large_in_time_shows_in_the_log(long_sim: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        run_tap(config_for(long_sim, max_window_days=WINDOW))
    told = [record.getMessage() for record in caplog.records if " days) " in record.getMessage()]
    lines = [line for line in told if line.startswith("receipts ")]
    assert len(lines) == DAYS // WINDOW
    assert "proved, about" in lines[0]
    third_last, last = long_sim.last_day - datetime.timedelta(days=2), long_sim.last_day
    assert lines[0].startswith(f"receipts main {third_last}..{last} (3 of "), "the newest days come first"


def test_only_what_is_selected_is_read_and_a_table_can_be_added_later(long_sim: Simulator) -> None:
    one = run_tap(config_for(long_sim), catalog=catalog_of("receipts", "sync_log"))
    assert one.records("receipts")
    assert not one.records("sales")
    two = run_tap(config_for(long_sim, reread_days=0), one.state, catalog_of("receipts", "sales", "sync_log"))
    assert {row["business_date"] for row in two.log("sales")} > {row["business_date"] for row in two.log("receipts")}
    asked = [record.body["groupByRowFields"] for record in long_sim.log if record.body]
    assert asked
    assert not any("ItemSaleEvent.Id" in fields for fields in asked), "nobody asked for lines"
