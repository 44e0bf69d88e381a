"""BATCH files, for first loads: the same rows beside the pipe, in order, exact, and removed by the next run."""

from __future__ import annotations

import gzip
import itertools
import json
import typing as t
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from singer_sdk.exceptions import ConfigValidationError

from support.catalogs import deselected
from support.taps import ZONE, Result, TapProcess, config_for, run_tap
from support.truth import FACTS, assert_equal_to_books
from support.warehouse import Warehouse
from tap_iiko.iiko import cutting
from tap_iiko.tap import TapIiko

if t.TYPE_CHECKING:
    from simulator import Simulator

Message = dict[str, t.Any]


def batching(sim: Simulator, folder: Path, compression: str = "none", **settings: t.Any) -> dict[str, t.Any]:
    """Settings with BATCH files in a folder."""
    batch_config = {
        "encoding": {"format": "jsonl", "compression": compression},
        "storage": {"root": folder.as_uri(), "prefix": "iiko-"},
        "batch_size": 100,
    }
    return config_for(sim, batch_config=batch_config, **settings)


def unpacked(result: Result) -> list[Message]:
    """The messages with each BATCH replaced by its rows, in order."""
    messages: list[Message] = []
    for message in result.messages:
        if message["type"] != "BATCH":
            messages.append(message)
            continue
        for address in message["manifest"]:
            data = Path(urlsplit(address).path).read_bytes()
            if message["encoding"]["compression"] == "gzip":
                data = gzip.decompress(data)
            rows = [json.loads(line, parse_float=Decimal) for line in data.splitlines()]
            messages += [{"type": "RECORD", "stream": message["stream"], "record": row} for row in rows]
    return messages


def without_stamps(messages: list[Message]) -> dict[str, list[Message]]:
    """The rows of the facts, but for the moment of the run."""
    return {
        table: sorted(
            ({**m["record"], "synced_at": None} for m in messages if m["type"] == "RECORD" and m["stream"] == table),
            key=lambda row: row["id"],
        )
        for table in FACTS
    }


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_files_hold_what_the_messages_would(sim: Simulator, tmp_path: Path, compression: str) -> None:
    batched = run_tap(batching(sim, tmp_path / "batches", compression))
    assert batched.code == 0
    assert not batched.records("receipt_items")
    assert batched.records("products"), "small tables go as messages"
    messages = unpacked(batched)
    assert without_stamps(messages) == without_stamps(run_tap(config_for(sim)).messages)
    warehouse = Warehouse()
    warehouse.load(messages)
    assert_equal_to_books(warehouse.current, sim)
    sizes = [len(path.read_bytes()) for path in (tmp_path / "batches").iterdir()]
    assert len(sizes) > 2 * len(FACTS), "several files for each table"


def test_rows_come_before_their_entry_and_state(sim: Simulator, tmp_path: Path) -> None:
    result = run_tap(batching(sim, tmp_path / "batches"))
    written: set[tuple[str, str]] = set()
    for message in unpacked(result):
        if message["type"] == "RECORD" and message["stream"] in FACTS:
            written.add((message["stream"], message["record"]["business_date"]))
        if message["type"] == "RECORD" and message["stream"] == "sync_log" and message["record"]["rows"]:
            entry = message["record"]
            if entry["stream"] in FACTS:
                assert (entry["stream"], entry["business_date"]) in written


def test_the_files_of_a_window_are_equal(sim: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target's work for a file hardly depends on its size, so no file holds only the rest."""
    monkeypatch.setattr(cutting, "PIECE_BYTES", 1 << 13)  # rows come in small blocks then
    messages = run_tap(batching(sim, tmp_path / "batches")).messages
    windows = [
        [
            Path(urlsplit(address).path).read_bytes().count(b"\n")
            for message in some
            for address in message.get("manifest", ())
        ]
        for stream, some in itertools.groupby(messages, lambda each: each["type"] == "BATCH" and each["stream"])
        if stream
    ]
    split = [sizes for sizes in windows if len(sizes) > 1]
    assert len(split) > 2
    assert not [sizes for sizes in split if min(sizes) < 0.6 * max(sizes)]
    assert max(map(max, windows)) < 200


def test_selection_holds(sim: Simulator, tmp_path: Path) -> None:
    catalog = deselected(receipts={"order_comment"})
    messages = unpacked(run_tap(batching(sim, tmp_path / "batches"), catalog=catalog))
    rows = [m["record"] for m in messages if m["type"] == "RECORD" and m["stream"] == "receipts"]
    assert rows
    assert not [row for row in rows if "order_comment" in row]


def test_the_next_run_removes_the_files(sim: Simulator, tmp_path: Path) -> None:
    folder = tmp_path / "batches"
    folder.mkdir()
    (folder / "somebody-else.jsonl").write_text("{}")
    first = run_tap(batching(sim, folder))
    before = {path.name for path in folder.iterdir()}
    run_tap(batching(sim, folder, reread_days=1, timezone=ZONE), first.state)
    after = {path.name for path in folder.iterdir()}
    assert before & after == {"somebody-else.jsonl"}
    assert 1 < len(after) < len(before)


def test_any_next_run_removes_what_its_target_has_confirmed(sim: Simulator, tmp_path: Path) -> None:
    folder = tmp_path / "batches"
    first = run_tap(batching(sim, folder))
    assert list(folder.iterdir())
    run_tap(config_for(sim))
    assert list(folder.iterdir()), "a run that knows nothing of them leaves them alone"
    second = run_tap(config_for(sim), first.state)
    assert not list(folder.iterdir())
    assert "batch_files" not in json.dumps(second.state)


def test_a_run_that_was_not_confirmed_sends_its_rows_again(sim: Simulator, tmp_path: Path) -> None:
    folder = tmp_path / "batches"
    run_tap(batching(sim, folder))
    lost = {path.name for path in folder.iterdir()}
    again = run_tap(batching(sim, folder))
    assert not lost & {path.name for path in folder.iterdir()}
    warehouse = Warehouse()
    warehouse.load(unpacked(again))
    assert_equal_to_books(warehouse.current, sim)


def test_stream_maps_go_before_batches(sim: Simulator, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    result = run_tap(batching(sim, tmp_path / "batches", stream_maps={"receipts": {"one": "1"}}))
    assert "batch_config is not used" in caplog.text
    assert {row["one"] for row in result.records("receipts")} == {1}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"storage": {"root": "s3://bucket"}}, "storage.root must be a local folder"),
        ({"storage": {}}, "storage.root must be a local folder"),
        ({"encoding": {"format": "parquet"}}, "encoding.format must be jsonl"),
    ],
)
def test_what_batches_cannot_do_is_said(
    sim: Simulator, tmp_path: Path, change: dict[str, t.Any], sentence: str
) -> None:
    config = batching(sim, tmp_path)
    with pytest.raises(ConfigValidationError) as caught:
        TapIiko(config={**config, "batch_config": {**config["batch_config"], **change}})
    assert sentence in "".join(caught.value.errors)


def test_a_state_from_elsewhere_names_no_files_to_remove(sim: Simulator, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    kept = {foreign / "tap-iiko-report.jsonl", foreign / "tap-iiko-0a1b2c3d4e5f-00c0ffee-receipts-00000.jsonl"}
    for file in kept:
        file.write_text("{}")
    state = run_tap(config_for(sim)).state
    for beginning in ("tap-iiko-", "tap-iiko-0a1b2c3d4e5f-00c0ffee", ""):
        for config in (config_for(sim), batching(sim, tmp_path / "batches")):
            state["bookmarks"]["sync_log"]["partitions"][0]["batch_files"] = str(foreign / beginning)
            assert run_tap(config, state).code == 0
    assert set(foreign.iterdir()) == kept


def test_a_folder_that_cannot_be_made(sim: Simulator, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    tap = TapProcess(tmp_path / "run", batching(sim, tmp_path / "file" / "batches"))
    assert tap.finish() == (1, "")
    assert "batch_config: Not a directory: " in tap.last_line()
    assert "Traceback" not in tap.said()
    assert sim.logins == 0
