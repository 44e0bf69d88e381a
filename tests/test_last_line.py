"""What a run says of itself: the last line tells the worst that happened, the table counts what was written."""

from __future__ import annotations

import collections
import re
import signal
import time
import typing as t

import pytest

from simulator import Simulator
from support.taps import ZONE, TapProcess, config_for, run_tap
from support.truth import FACTS
from tap_iiko import tables
from tap_iiko.singer.stream import IikoStream

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def closing_table(said: str) -> dict[str, tuple[int, str]]:
    """Table -> rows and outcome, of one server."""
    lines = said[said.index("outcome\n") :].splitlines()[1:]
    cells = [line.split("|")[-1].split(maxsplit=3) for line in lines if line.split("|")[-1].split()[0] == "main"]
    read = {table: (int(rows.replace(",", "")), outcome) for _, table, rows, outcome in cells if table != "skipped:"}
    return {**read, **{name: (0, "skipped") for names in skipped(said) for name in names.split(", ")}}


def skipped(said: str) -> dict[str, str]:
    """Tables -> why they were skipped, together."""
    return dict(re.findall(r"\| main +skipped: ([a-z_, ]+): (.*)", said))


def test_a_good_run_claims_what_the_tap_knows_and_no_more(sim: Simulator, tmp_path: Path) -> None:
    tap = TapProcess(tmp_path, config_for(sim, timezone=ZONE))
    rows = collections.Counter(message["stream"] for message in tap.messages() if message["type"] == "RECORD")
    assert tap.wait() == 0
    assert tap.last_line().endswith("s; all read and written; whether it is loaded, the target tells")
    table = closing_table(tap.said())
    assert {name: count for name, (count, _) in table.items()} == {**dict.fromkeys(table, 0), **rows}
    assert not [outcome for _, outcome in table.values() if "loaded" in outcome]


def test_late_changes_proofs_and_the_log_are_counted(sim: Simulator, tmp_path: Path) -> None:
    config = config_for(sim, timezone=ZONE)
    first = run_tap(config)
    sim.business.lose_order(day=sim.first_day)
    tap = TapProcess(tmp_path, config, first.state)
    rows = collections.Counter(message["stream"] for message in tap.messages() if message["type"] == "RECORD")
    assert tap.wait() == 0
    table = closing_table(tap.said())
    for name in ("late_changes", "reconciliation", "sync_log", *FACTS):
        count, outcome = table[name]
        assert count == rows[name] > 0, name
        assert "written" in outcome


def test_failed_and_skipped_are_said_last(sim: Simulator, tmp_path: Path) -> None:
    sim.faults.add("forbidden", times=100, path="products/list")
    first = TapProcess(tmp_path / "skipped", config_for(sim))
    assert first.finish()[0] == 0
    assert first.last_line().endswith("all read and written, but skipped: product_modifiers, products")
    assert skipped(first.said()) == {
        "products, product_modifiers": "a right is missing (Permission denied): give it to the iiko user."
    }
    bad = TapProcess(tmp_path / "failed", config_for(sim, password="wrong"))
    assert bad.finish()[0] == 1
    assert "FAILED: main: iiko did not accept the login 'demo'" in bad.last_line()


def test_an_error_of_ours_is_in_the_log_file_and_said_last(
    sim: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Even one where nobody expects any: before the first request."""

    def broken(_: IikoStream) -> t.NoReturn:
        message = "a mistake of ours"
        raise RuntimeError(message)

    monkeypatch.setattr(IikoStream, "_write_schema_message", broken)
    with caplog.at_level("INFO"):
        assert run_tap(config_for(sim, log_dir=str(tmp_path))).code == 1
    (file,) = tmp_path.glob("*.log")
    text = file.read_text(encoding="utf-8")
    assert "Traceback" in text
    assert "ENDED EARLY: RuntimeError: a mistake of ours" in text.splitlines()[-1]
    assert "not reached: main" in text.splitlines()[-1]


class TestConnection:
    """``--test``."""

    def test_it_writes_nothing_and_tells_of_every_table(self, sim: Simulator, tmp_path: Path) -> None:
        tap = TapProcess(tmp_path, config_for(sim), None, "--test")
        assert tap.finish() == (0, "")
        table = closing_table(tap.said())
        rare = {name for name, each in tables.catalogue().items() if each.is_extra}
        assert set(table) == tables.catalogue().keys() - rare
        assert all("read" in table[name][1] and table[name][0] > 0 for name in ("servers", "products", *FACTS))
        assert tap.last_line().endswith("The connection works.")
        assert (sim.logins, sim.logouts) == (1, 1)

    def test_a_table_that_fails_is_told_with_its_reason(self, sim: Simulator, tmp_path: Path) -> None:
        sim.faults.add("html_200", times=100, path="products/list")
        sim.faults.add("forbidden", times=100, path="entities/list")
        tap = TapProcess(tmp_path, config_for(sim), None, "--test")
        assert tap.finish() == (1, "")
        table = closing_table(tap.said())
        assert [table[name][1] for name in ("products", "categories", "stores")] == ["failed", "skipped", "read"]
        assert "products/list: an HTML page came" in tap.said()
        assert re.search("FAILED: main; skipped: .*categories", tap.last_line())

    def test_the_schema_test_still_writes_schemas(self, sim: Simulator, tmp_path: Path) -> None:
        tap = TapProcess(tmp_path, config_for(sim), None, "--test=schema")
        code, output = tap.finish()
        assert code == 0
        assert output.count('"type":"SCHEMA"') == len(tables.catalogue())
        assert not sim.log


@pytest.fixture(scope="module")
def big_sim() -> Iterator[Simulator]:
    """Some 20 MB in one window."""
    with Simulator(seed=5, departments=3, days=12, receipts_per_day=90, slots=1) as sim:
        yield sim


MOST_AFTERWARDS = 2 << 20  # a block, which has the lines of a page of the report; the window has ten times as much


@pytest.fixture(params=["1", ""], ids=["unbuffered", "buffered"])
def writing(request: pytest.FixtureRequest, big_sim: Simulator, tmp_path: Path) -> TapProcess:
    """A tap in the midst of a large window, whose output nobody takes at the moment."""
    config = config_for(big_sim, max_window_days=31)
    tap = TapProcess(tmp_path, config, environment={"PYTHONUNBUFFERED": request.param})
    for line in tap.stdout:
        if b'"stream":"receipt_items","record"' in line:
            break
    return tap


def assert_stopped(tap: TapProcess, sim: Simulator) -> None:
    assert tap.process.wait(timeout=60) == 143
    assert sim.open_tokens == 0
    assert "STOPPED: by SIGTERM" in tap.last_line()
    assert "Stopped by SIGTERM: logging out." in tap.said()
    assert "Traceback" not in tap.said()
    tap.stdout.close()


def test_a_stop_is_obeyed_within_a_block_behind_a_slow_reader(writing: TapProcess, big_sim: Simulator) -> None:
    writing.process.send_signal(signal.SIGTERM)
    came = b""
    while piece := writing.stdout.read1(1 << 16):  # type: ignore[attr-defined]
        came += piece
        time.sleep(0.06)  # a megabyte a second
    assert len(came) < MOST_AFTERWARDS
    assert came.endswith(b"\n"), "whole lines"
    assert_stopped(writing, big_sim)


@pytest.mark.parametrize("signals", [1, 2])
def test_a_reader_that_takes_nothing_does_not_keep_the_slot(
    writing: TapProcess, big_sim: Simulator, signals: int
) -> None:
    time.sleep(0.5)  # the pipe fills up
    for _ in range(signals):
        writing.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
    assert_stopped(writing, big_sim)


def test_a_target_that_ends_is_said_last(writing: TapProcess, big_sim: Simulator) -> None:
    writing.stdout.close()
    assert writing.process.wait(timeout=60) == 1
    assert "NOT LOADED: the target ended and closed the pipe" in writing.last_line()
    assert "Traceback" not in writing.said()
    assert big_sim.open_tokens == 0


def test_what_a_stopped_run_had_read_before_is_told(writing: TapProcess) -> None:
    writing.process.send_signal(signal.SIGTERM)
    while writing.stdout.read(1 << 16):
        pass
    writing.process.wait(timeout=60)
    table = closing_table(writing.said())
    assert table["products"][1] == "written"
    assert table["sales"] == (0, "not reached")
    writing.stdout.close()
