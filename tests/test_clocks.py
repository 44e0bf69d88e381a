"""Clocks that are wrong: neither iiko's nor this machine's is believed without a look."""

from __future__ import annotations

import datetime
import typing as t

import pytest

from support.clocks import server_says, shifted
from support.taps import ZONE, config_for, run_tap
from support.truth import assert_equal_to_books
from support.warehouse import Warehouse

if t.TYPE_CHECKING:
    from simulator import Simulator

DATES = {
    "before all": "Thu, 01 Jan 1970 00:00:00 GMT",
    "long ago": "Wed, 01 Jan 2020 00:00:00 GMT",
    "far ahead": "Fri, 31 Dec 9999 23:59:59 GMT",
    "nonsense": "yesterday",
    "no such day": "Mon, 32 Nov 2026 10:00:00 GMT",
}


@pytest.mark.parametrize("name", DATES)
def test_a_clock_of_iiko_that_cannot_be_right_costs_nothing(
    sim: Simulator, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    server_says(monkeypatch, DATES[name])
    warehouse = Warehouse()
    result = run_tap(config_for(sim, timezone=ZONE))
    warehouse.load(result)
    assert result.code == 0
    assert_equal_to_books(warehouse.current, sim)
    if "no" not in name:
        assert "the clock of the iiko server says" in caplog.text


@pytest.mark.parametrize("days", [-30, 30])
def test_a_clock_that_is_wrong_for_one_run_loses_no_day(
    sim: Simulator, days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = Warehouse()
    with monkeypatch.context() as patch:
        server_says(patch, shifted(days))
        first = run_tap(config_for(sim))
    warehouse.load(first)
    assert first.log("receipts")
    assert not [row for row in first.log("receipts") if row["business_date"] > shifted_day(14)]
    second = run_tap(config_for(sim, lookback_days=3), first.state)
    warehouse.load(second)
    assert_equal_to_books(warehouse.current, sim)


def shifted_day(hours: int) -> str:
    return (datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=hours)).date().isoformat()


def test_no_day_after_this_machines_today_counts_as_read(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that is one day ahead is believed, but what has not been yet was not read."""
    server_says(monkeypatch, shifted(1))
    result = run_tap(config_for(sim, timezone="Etc/GMT-14"))
    bookmarks = result.state["bookmarks"]["receipts"]["partitions"]
    assert bookmarks[0]["replication_key_value"] <= shifted_day(14)


def test_a_last_run_that_lies_ahead_is_told(sim: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    first = run_tap(config_for(sim))
    partition = first.state["bookmarks"]["sync_log"]["partitions"][0]
    ahead = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=5)
    partition["last_synced_at"] = ahead.isoformat()
    warehouse = Warehouse()
    warehouse.load(first)
    second = run_tap(config_for(sim), first.state)
    warehouse.load(second)
    assert "set the clock right" in caplog.text
    assert min(row["synced_at"] for row in second.records("receipts")) > f"{ahead:%Y-%m-%dT%H}"
    assert_equal_to_books(warehouse.current, sim)


def test_nothing_to_read_is_no_success(sim: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    first = run_tap(config_for(sim))
    long_ago = config_for(sim, end_date="2020-01-01")
    del long_ago["start_date"]
    second = run_tap(long_ago, first.state)
    assert second.code == 1
    assert "check start_date and end_date" in caplog.text
