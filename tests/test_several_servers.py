"""Several servers in one run: nothing is mixed, and one that fails stops no other."""

from __future__ import annotations

import typing as t

import pytest

from simulator import Simulator
from support.taps import ZONE, config_for, run_tap
from support.truth import FACTS, assert_equal_to_books
from support.warehouse import Warehouse

if t.TYPE_CHECKING:
    from collections.abc import Iterator

Pair = tuple[Simulator, Simulator]


@pytest.fixture
def clones(no_waiting: None) -> Iterator[Pair]:
    """Two restaurants whose databases began as copies: the same ids, other sums."""
    with (
        Simulator(seed=7, departments=2, days=8, receipts_per_day=8) as north,
        Simulator(seed=7, departments=2, days=8, receipts_per_day=8, clone_of=north) as south,
    ):
        yield north, south
        for sim in (north, south):
            assert (sim.open_tokens, sim.refused_concurrent) == (0, 0)
            assert sim.max_in_flight <= 1


def config(clones: Pair, **common: t.Any) -> dict[str, t.Any]:
    north, south = clones
    keys = ("base_url", "login", "password")
    servers = [
        {"server_id": name, **{key: config_for(sim)[key] for key in keys}}
        for name, sim in (("north", north), ("south", south))
    ]
    return {"servers": servers, "start_date": north.first_day.isoformat(), "timezone": ZONE, **common}


def assert_both_equal_their_books(warehouse: Warehouse, clones: Pair) -> None:
    for name, sim in zip(("north", "south"), clones, strict=True):

        def current(table: str, name: str = name) -> list[dict[str, t.Any]]:
            return [row for row in warehouse.current(table) if row["server_id"] == name]

        assert_equal_to_books(current, sim)


def test_cloned_ids_never_collide(clones: Pair) -> None:
    warehouse = Warehouse()
    result = run_tap(config(clones))
    warehouse.load(result)
    assert result.code == 0
    ids = [{row["id"] for row in result.records("receipts") if row["server_id"] == name} for name in ("north", "south")]
    assert ids[0] & ids[1], "clones share ids, or this test shows nothing"
    assert_both_equal_their_books(warehouse, clones)
    assert {row["server_id"] for row in result.records("servers")} == {"north", "south"}
    for sim in clones:
        assert (sim.logins, sim.logouts) == (1, 1)


@pytest.mark.parametrize("failing", ["north", "south"])
@pytest.mark.parametrize("after", [0, 9, 14])
def test_one_that_fails_in_mid_run_stops_no_other_and_heals(
    clones: Pair, failing: str, after: int, caplog: pytest.LogCaptureFixture
) -> None:
    sim = clones[("north", "south").index(failing)]
    other = "south" if failing == "north" else "north"
    sim.faults.add("http_500", times=10_000, after=after)
    warehouse = Warehouse()
    with caplog.at_level("INFO"):
        first = run_tap(config(clones, max_window_days=2))
    warehouse.load(first)
    assert first.code == 1
    assert f"FAILED: {failing}" in caplog.text
    statuses = {row["status"] for row in first.records("sync_log") if row["server_id"] == other}
    assert statuses == {"loaded"}
    sim.faults.clear()
    second = run_tap(config(clones, max_window_days=2), first.state)
    warehouse.load(second)
    assert second.code == 0
    assert_both_equal_their_books(warehouse, clones)


def test_a_server_that_is_down_is_named(clones: Pair, caplog: pytest.LogCaptureFixture) -> None:
    settings = config(clones)
    settings["servers"][0]["base_url"] = "http://127.0.0.1:9"
    result = run_tap(settings)
    assert result.code == 1
    assert "Server north: http://127.0.0.1:9/resto: nothing listens" in caplog.text
    assert {row["server_id"] for row in result.records("receipts")} == {"south"}
    assert all(result.records(table) for table in FACTS)


def test_each_server_has_its_own_settings(clones: Pair) -> None:
    settings = config(clones)
    settings["servers"][1]["start_date"] = clones[1].last_day.isoformat()
    result = run_tap(settings)
    days = {
        name: {row["business_date"] for row in result.records("receipts") if row["server_id"] == name}
        for name in ("north", "south")
    }
    assert len(days["north"]) == 8
    assert days["south"] == {clones[1].last_day.isoformat()}
