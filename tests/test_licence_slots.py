"""A run holds one licence slot and gives it back, whatever happens (API reference 1.3)."""

from __future__ import annotations

import os
import signal
import time
import typing as t

import pytest

from simulator import Simulator
from simulator.api.method import Answer, Call, text
from support.tampering import groups_of, tamper
from support.taps import TapProcess, config_for, run_tap
from support.truth import FACTS, assert_equal_to_books
from support.warehouse import Warehouse
from tap_iiko.iiko.client import Client
from tap_iiko.iiko.lease import Lease
from tap_iiko.iiko.pacing import Pacing
from tap_iiko.iiko.wire import Account, sha1_of

if t.TYPE_CHECKING:
    from pathlib import Path


def test_one_login_one_logout_one_request_at_a_time(sim: Simulator) -> None:
    assert run_tap(config_for(sim)).code == 0
    assert (sim.logins, sim.logouts, sim.open_tokens) == (1, 1, 0)
    assert (sim.max_in_flight, sim.refused_concurrent) == (1, 0)
    assert all("pass" not in record.query and "key" not in record.query for record in sim.log)


@pytest.mark.usefixtures("no_waiting")
def test_waits_for_a_slot_that_becomes_free(sim: Simulator) -> None:
    sim.faults.add("slots_full", times=3)
    assert run_tap(config_for(sim)).code == 0
    assert (sim.logins, sim.logouts) == (1, 1)


@pytest.mark.usefixtures("no_waiting")
def test_says_what_to_do_when_no_slot_becomes_free(sim: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    sim.faults.add("slots_full", times=10_000)
    result = run_tap(config_for(sim, licence_wait=0.2))
    assert result.code == 1
    assert "API connections of this iiko licence" in caplog.text
    assert "licence_wait" in caplog.text
    assert {row["status"] for row in result.log("receipts")} == {"failed"}
    assert not result.records("receipts")


def test_a_token_that_dies_in_mid_run_is_renewed(sim: Simulator) -> None:
    sim.faults.add("expire", after=6)
    warehouse = Warehouse()
    result = run_tap(config_for(sim, max_window_days=3))
    warehouse.load(result)
    assert result.code == 0
    assert sim.logins == 2
    assert_equal_to_books(warehouse.current, sim)


def test_logs_in_anew_before_the_token_gets_too_old(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Client, "pacing", Pacing(session_age=0.1))
    sim.faults.add("slow", times=3, seconds=0.15)
    result = run_tap(config_for(sim, max_window_days=3))
    assert result.code == 0
    assert sim.logins == sim.logouts >= 3
    assert not [record for record in sim.log if record.status == 401]


@pytest.mark.parametrize(("sign", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_logs_out_and_is_no_success(sign: signal.Signals, code: int, sim: Simulator, tmp_path: Path) -> None:
    tap = TapProcess(tmp_path, config_for(sim, max_window_days=1))
    list(tap.messages(until="STATE"))
    sim.faults.add("slow", times=100, seconds=0.3)
    tap.process.send_signal(sign)
    list(tap.messages())
    assert tap.wait() == code
    assert sim.open_tokens == 0
    assert sim.logins == sim.logouts == 1


def test_a_closed_pipe_logs_out(sim: Simulator, tmp_path: Path) -> None:
    tap = TapProcess(tmp_path, config_for(sim, max_window_days=1))
    list(tap.messages(until="STATE"))
    assert tap.wait() == 1
    assert sim.open_tokens == 0
    assert "NOT LOADED: the target ended" in tap.said()
    assert "Traceback" not in tap.said()


def test_a_slot_leaked_by_a_kill_is_given_back_by_the_next_run(tmp_path: Path) -> None:
    with Simulator(seed=7, departments=2, days=12, receipts_per_day=12, slots=1) as sim:
        tap = TapProcess(tmp_path, config_for(sim, max_window_days=1))
        list(tap.messages(until="STATE"))
        tap.process.kill()
        tap.wait()
        assert sim.open_tokens == 1, "the killed run should have left its slot taken"
        result = run_tap(config_for(sim, licence_wait=0))
        assert result.code == 0
        assert all(result.records(table) for table in FACTS)
        assert sim.open_tokens == 0


def test_the_slot_of_a_living_run_is_left_alone(tmp_path: Path) -> None:
    with Simulator(seed=7, departments=2, days=12, receipts_per_day=12, slots=2) as sim:
        tap = TapProcess(tmp_path, config_for(sim, max_window_days=1))
        list(tap.messages(until="STATE"))
        assert run_tap(config_for(sim)).code == 0
        warehouse = Warehouse()
        warehouse.load(tap.messages())
        assert tap.wait() == 0
        assert not [record for record in sim.log if record.status == 401]
        assert sim.open_tokens == 0


@pytest.mark.usefixtures("no_waiting")
def test_a_logout_that_fails_is_made_good_by_the_next_run(sim: Simulator) -> None:
    sim.faults.add("http_500", times=4, path="/logout")
    assert run_tap(config_for(sim)).code == 0
    assert sim.open_tokens == 1
    assert run_tap(config_for(sim, licence_wait=0)).code == 0
    assert sim.open_tokens == 0


def test_a_session_that_is_refused_but_lives_gives_its_slot_back() -> None:
    """Otherwise the new login finds no slot, nor do the runs of the next hour."""
    with Simulator(seed=7, departments=2, days=12, receipts_per_day=12, slots=1) as sim:

        def refuse_once(call: Call, honest: Answer) -> Answer:
            if refusals and call.path.endswith("v2/reports/olap"):
                return refusals.pop()
            return honest

        refusals = [text("Token is expired or invalid", 401)]
        tamper(sim, refuse_once)
        warehouse = Warehouse()
        result = run_tap(config_for(sim, licence_wait=0))
        warehouse.load(result)
        assert result.code == 0
        assert (sim.logins, sim.logouts, sim.open_tokens) == (2, 2, 0)
        assert_equal_to_books(warehouse.current, sim)


@pytest.mark.usefixtures("no_waiting")
def test_a_slot_that_could_not_be_given_back_is_not_forgotten(tmp_path: Path) -> None:
    """A killed run leaves its slot taken; the next two cannot release it, the third does."""
    with Simulator(seed=7, departments=2, days=12, receipts_per_day=12, slots=4) as sim:
        tap = TapProcess(tmp_path, config_for(sim, max_window_days=1))
        list(tap.messages(until="STATE"))
        tap.process.kill()
        tap.wait()
        for left in (2, 3):
            failing = sim.faults.add("http_500", times=10_000, path="/logout")
            assert run_tap(config_for(sim)).code == 0
            assert sim.open_tokens == left, "the killed run's slot and those of the runs that could not log out"
            assert failing.hits > 0
            sim.faults.clear()
        assert run_tap(config_for(sim)).code == 0
        assert sim.open_tokens == 0


@pytest.mark.usefixtures("no_waiting")
def test_the_only_slot_of_a_killed_run_is_asked_for_until_it_is_free(tmp_path: Path) -> None:
    with Simulator(seed=7, departments=2, days=12, receipts_per_day=12, slots=1) as sim:
        tap = TapProcess(tmp_path, config_for(sim, max_window_days=1))
        list(tap.messages(until="STATE"))
        tap.process.kill()
        tap.wait()
        sim.faults.add("http_500", times=6, path="/logout")
        assert run_tap(config_for(sim, licence_wait=30)).code == 0
        assert sim.open_tokens == 0


def test_a_token_on_disk_is_for_its_owner_alone(tmp_path: Path) -> None:
    previous = os.umask(0o022)
    try:
        lease = Lease("http://127.0.0.1:9", "demo", tmp_path / "state")
        lease.take()
        lease.add("token")
        lease.close()
    finally:
        os.umask(previous)
    folder = tmp_path / "state"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
    assert "token" in {file.read_text() for file in folder.iterdir()}


def test_a_run_that_can_remember_nothing_goes_on(
    sim: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """In a container the home may be read-only: one warning, all rows, and no slot kept."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file" / "state"))
    sim.faults.add("expire", after=6)
    result = run_tap(config_for(sim))
    assert result.code == 0
    assert all(result.records(table) for table in FACTS)
    assert sim.logins == 2
    assert caplog.text.count("The session cannot be remembered") == 1


def test_a_report_that_finds_no_room_is_one_sentence(
    sim: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def enlarge(call: Call, honest: Answer) -> Answer:
        if groups_of(call):
            honest.body += b" " * (2 << 20)  # more than is kept in memory; no list is
        return honest

    tamper(sim, enlarge)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    result = run_tap(config_for(sim))
    assert result.code == 1
    assert "The report cannot be kept in the folder for temporary files (No such file or directory)" in caplog.text
    assert {row["status"] for row in result.log("receipts")} == {"failed"}
    assert {row["status"] for row in result.log("products")} == {"loaded"}


def test_a_request_that_does_not_end_cannot_keep_the_slot(tmp_path: Path) -> None:
    """Whoever is told to stop waits for a report only so long, then logs out beside it."""
    with Simulator(seed=7, departments=1, days=3, receipts_per_day=3) as sim:
        account = Account(sim.url, "demo", sha1_of("demo-password"))
        iiko = Client(account, lease_folder=tmp_path, pacing=Pacing(logout_grace=0.2))
        iiko.login()
        sim.faults.add("slow", seconds=2.5)
        iiko.fetch_report("v2/reports/olap", {})
        time.sleep(0.3)
        iiko.close()
        assert sim.open_tokens == 0
