"""A state of another shape than the tap's own costs a sentence that names the place, before anything is read."""

from __future__ import annotations

import base64
import copy
import json
import typing as t
import zlib

import pytest
from singer_sdk.exceptions import ConfigValidationError

from simulator import Simulator
from support.taps import TapProcess, config_for, run_tap
from tap_iiko.tap import TapIiko

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GARBAGE: list[t.Any] = [None, 5, -1.5, True, "garbage", "", [], [[]], {}, {"a": 1}, ["2026-11-01"], "2026-13-45", "\0"]
KEYS = {
    "receipts": ("replication_key_value", "first_business_date", "fingerprints", "fields", "unlogged"),
    "late_changes": ("day_totals",),
    "products": ("rows",),
    "sync_log": ("last_synced_at", "batch_files"),
}


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    """A small server whose state all tests begin with."""
    with Simulator(seed=7, departments=2, days=8, receipts_per_day=5) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def state(sim: Simulator) -> dict[str, t.Any]:
    """A good one."""
    return run_tap(config_for(sim)).state


def partition(state: t.Any, stream: str) -> dict[str, t.Any]:
    """Of the only server."""
    return t.cast("dict[str, t.Any]", state["bookmarks"][stream]["partitions"][0])


CASES = [(stream, key, value) for stream, keys in KEYS.items() for key in keys for value in GARBAGE]


def outcome_of(config: dict[str, t.Any], state: t.Any) -> list[str] | None:
    """The sentences, or nothing if the run took the state and was good."""
    try:
        TapIiko(config=config, state=copy.deepcopy(state))
    except ConfigValidationError as error:
        return list(error.errors)
    assert run_tap(config, state).code == 0
    return None


@pytest.mark.parametrize(("stream", "key", "value"), CASES, ids=[f"{k}-{i}" for i, (_, k, _v) in enumerate(CASES)])
def test_an_odd_value_is_named_or_harmless(
    sim: Simulator, state: dict[str, t.Any], stream: str, key: str, value: t.Any
) -> None:
    odd = copy.deepcopy(state)
    partition(odd, stream)[key] = value
    said = outcome_of(config_for(sim), odd)
    if said is not None:
        (sentence,) = said
        assert sentence.startswith(f"state: bookmarks.{stream}.partitions, entry 1: {key} cannot be read. ")
        assert sentence.endswith("or run once with --full-refresh.")


def packed(value: t.Any) -> str:
    return base64.b85encode(zlib.compress(json.dumps(value).encode())).decode()


SHAPES: dict[str, t.Callable[[t.Any], t.Any]] = {
    "state-list": lambda _: [],
    "state-number": lambda _: 5,
    "bookmarks-list": lambda s: {**s, "bookmarks": []},
    "bookmarks-null": lambda s: {**s, "bookmarks": None},
    "stream-list": lambda s: s["bookmarks"].update(receipts=[]),
    "stream-text": lambda s: s["bookmarks"].update(sales="x"),
    "partitions-object": lambda s: s["bookmarks"]["receipts"].update(partitions={}),
    "partition-text": lambda s: s["bookmarks"]["receipts"].update(partitions=["x"]),
    "no-context": lambda s: partition(s, "receipts").pop("context") and None,
    "context-text": lambda s: partition(s, "receipts").update(context="main"),
    "twice": lambda s: s["bookmarks"]["receipts"]["partitions"].append(partition(s, "receipts")),
    "stamp-without-zone": lambda s: partition(s, "sync_log").update(last_synced_at="2026-11-01T00:00:00"),
    "marks-cut": lambda s: partition(s, "receipts").update(fingerprints={"2026-11": "01abc"}),
    "marks-no-month": lambda s: partition(s, "receipts").update(fingerprints={"x": "01abcdefgh"}),
    "totals-short": lambda s: partition(s, "late_changes").update(day_totals=packed([["a"], {"2026-11-01": [[0, 5]]}])),
    "totals-bomb": lambda s: partition(s, "late_changes").update(day_totals=packed("x" * 100_000_000)),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_an_odd_shape_costs_a_sentence(sim: Simulator, state: dict[str, t.Any], shape: str, tmp_path: Path) -> None:
    odd = copy.deepcopy(state)
    odd = SHAPES[shape](odd) if shape.startswith(("state", "bookmarks")) else (SHAPES[shape](odd), odd)[1]
    logins = sim.logins
    file = tmp_path / "odd.json"
    file.write_text(json.dumps(odd))
    tap = TapProcess(tmp_path, config_for(sim), None, "--state", str(file))
    assert tap.finish() == (1, "")
    lines = [line for line in tap.said().splitlines() if "ERROR" in line]
    assert lines
    assert all("state" in line for line in lines)
    assert "Traceback" not in tap.said()
    assert sim.logins == logins


def test_a_state_of_the_tap_itself_is_good(sim: Simulator, state: dict[str, t.Any]) -> None:
    assert outcome_of(config_for(sim), state) is None
    assert outcome_of(config_for(sim), {}) is None
    later = copy.deepcopy(state)
    partition(later, "receipts")["of_a_later_version"] = [1]
    assert outcome_of(config_for(sim), later) is None
