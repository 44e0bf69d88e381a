"""Several servers in one run: nothing is mixed, and one that fails stops no other."""

from __future__ import annotations

import itertools
import signal
import time
import typing as t
from contextlib import ExitStack

import pytest

from simulator import Simulator
from support.taps import ZONE, TapProcess, config_for, run_tap
from support.truth import FACTS, assert_equal_to_books
from support.warehouse import Warehouse

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
    assert statuses <= {"loaded", "empty"}
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


def commits(messages: list[dict[str, t.Any]]) -> t.Iterator[set[str]]:
    """The servers of whose rows each STATE speaks."""
    servers: set[str] = set()
    for message in messages:
        if message["type"] == "RECORD":
            servers.add(message["record"]["server_id"])
        if message["type"] == "STATE":
            yield servers
            servers = set()


def test_servers_are_read_side_by_side_and_their_commits_are_never_mixed(clones: Pair) -> None:
    """Each waits for its own answers; rows, log and state of a commit stand together."""
    for sim in clones:
        sim.faults.add("slow", times=10_000, seconds=0.05, path="v2/reports/olap")
    result = run_tap(config(clones, max_window_days=2))
    assert result.code == 0
    asked = sorted(
        (record.started, record.finished, name) for name, sim in zip("ns", clones, strict=True) for record in sim.log
    )
    beside = [(one, two) for one, two in itertools.pairwise(asked) if one[2] != two[2] and two[0] < one[1]]
    assert len(beside) >= 5, "requests of one server while another's is under way"
    mixed = [servers for servers in commits(result.messages) if len(servers) > 1]
    assert not mixed
    assert len(list(commits(result.messages))) > 20
    ids = {row["run_id"] for row in result.records("sync_log")}
    assert len(ids) == 1, "one run"


def test_as_many_servers_at_a_time_as_is_said(clones: Pair) -> None:
    result = run_tap(config(clones, parallel_servers=1))
    assert result.code == 0
    north, south = ([record.started for record in sim.log] for sim in clones)
    assert max(north) < min(south), "one after the other"


def test_many_servers_at_once_do_not_meet_in_the_state() -> None:
    """Each takes its part of the state while the state of others is being written."""
    with ExitStack() as stack:
        sims = [
            stack.enter_context(Simulator(seed=seed, departments=1, days=2, receipts_per_day=2)) for seed in range(8)
        ]
        servers = [config_for(sim) | {"server_id": f"s{number}"} for number, sim in enumerate(sims)]
        for _ in range(6):
            assert run_tap({"servers": servers, "parallel_servers": 8}).code == 0


def test_one_address_is_never_read_twice_at_once(sim: Simulator) -> None:
    """Under two names: it has one licence slot to give."""
    here = {"base_url": sim.url, "login": "demo", "password": "demo-password"}
    result = run_tap({"servers": [{"server_id": "a", **here}, {"server_id": "b", **here}]})
    assert result.code == 0
    assert (sim.logins, sim.logouts, sim.max_in_flight) == (2, 2, 1)


def test_a_stop_logs_all_of_them_out(clones: Pair, tmp_path: Path) -> None:
    for sim in clones:
        sim.faults.add("slow", times=10_000, seconds=0.2, path="v2/reports/olap")
    tap = TapProcess(tmp_path, config(clones, max_window_days=1))
    for _ in tap.messages(until="STATE"):
        pass
    while not all(sim.open_tokens for sim in clones):
        time.sleep(0.02)
    tap.process.send_signal(signal.SIGTERM)
    code, _ = tap.finish()
    assert code == 143
    assert "STOPPED: by SIGTERM" in tap.last_line()
    for sim in clones:
        assert (sim.open_tokens, sim.logins, sim.logouts) == (0, 1, 1)


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
