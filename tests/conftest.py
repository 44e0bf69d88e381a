"""What the tests share: a business, a tap that reads it, and a warehouse that takes in rows as a target would."""

from __future__ import annotations

import datetime
import io
import json
import os
import subprocess
import sys
import typing as t
from collections import Counter, defaultdict
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest

from simulator import Simulator
from tap_iiko import tables
from tap_iiko.tap import TapIiko

Record = dict[str, t.Any]
GOOD = {"loaded", "empty"}
FACTS = ("receipts", "receipt_items", "receipt_payments", "sales")


@dataclass
class Result:
    """One run: its exit code, messages and last state."""

    code: int
    messages: list[dict[str, t.Any]]
    output: bytes

    @property
    def state(self) -> dict[str, t.Any]:
        """The last STATE."""
        return next(m["value"] for m in reversed(self.messages) if m["type"] == "STATE")

    def records(self, stream: str) -> list[Record]:
        """The rows of a table, in the order they came."""
        return [m["record"] for m in self.messages if m["type"] == "RECORD" and m["stream"] == stream]

    def log(self, stream: str) -> list[Record]:
        """The rows of ``sync_log`` about a table."""
        return [row for row in self.records("sync_log") if row["stream"] == stream]


@dataclass
class Warehouse:
    """Tables as a Singer target with the rules of ``sql/`` keeps them, in plain Python."""

    tables: dict[str, dict[tuple[str, str], Record]] = field(default_factory=lambda: defaultdict(dict))
    keeps_newer: bool = True
    """The trigger of ``sql/views.sql``: an older load leaves a newer row as it is."""

    def load(self, result: Result | t.Iterable[dict[str, t.Any]]) -> None:
        """Upsert all rows; columns that a row lacks stay as they are."""
        for message in result.messages if isinstance(result, Result) else result:
            if message["type"] == "RECORD":
                record = message["record"]
                known = self.tables[message["stream"]].setdefault((record["server_id"], record["id"]), {})
                if not self.keeps_newer or record["synced_at"] >= known.get("synced_at", ""):
                    known.update(record)

    def last_loads(self, stream: str) -> dict[tuple[str, str | None], Record]:
        """The last good load of each partition: its row of ``sync_log``."""
        good = [row for row in self.tables["sync_log"].values() if row["stream"] == stream and row["status"] in GOOD]
        good.sort(key=lambda row: row["synced_at"])
        return {(row["server_id"], row["business_date"]): row for row in good}

    def current(self, stream: str) -> list[Record]:
        """Rows that are not older than the last good load of their partition, or than their parent's row."""
        table = tables.catalogue().get(stream)
        if table is not None and table.parent:
            parents = {(row["server_id"], row["id"]): row["synced_at"] for row in self.current(table.parent)}
            column = str(table.column_of("../id"))
            return [
                row
                for row in self.tables[stream].values()
                if (stamp := parents.get((row["server_id"], row[column]))) and row["synced_at"] >= stamp
            ]
        last = self.last_loads(stream)
        return [
            row
            for row in self.tables[stream].values()
            if (load := last.get(_partition(row))) is None or row["synced_at"] >= load["synced_at"]
        ]

    def broken(self, stream: str) -> list[tuple[str, str | None]]:
        """Partitions with fewer current rows than their last good load wrote."""
        counts = Counter(_partition(row) for row in self.current(stream))
        return [place for place, load in self.last_loads(stream).items() if counts[place] < load["rows"]]

    def prune(self) -> None:
        """Remove what is not current, except of broken partitions."""
        for stream in self.tables.keys() - {"sync_log", "late_changes"}:
            current, broken = self.current(stream), self.broken(stream)
            left = [row for row in self.tables[stream].values() if _partition(row) in broken]
            self.tables[stream] = {(row["server_id"], row["id"]): row for row in (*current, *left)}


def _partition(row: Record) -> tuple[str, str | None]:
    return row["server_id"], row.get("business_date")


def run_tap(config: t.Mapping[str, t.Any], state: t.Any = None, catalog: t.Any = None) -> Result:
    """Run the tap in this process."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    code = 0
    with redirect_stdout(out):
        try:
            TapIiko(config=dict(config), state=json.loads(json.dumps(state or {})), catalog=catalog).sync_all()
        except SystemExit as stop:
            code = int(stop.code or 0)
    output = out.buffer.getvalue()
    messages = [json.loads(line, parse_float=Decimal) for line in output.splitlines()]
    return Result(code, messages, output)


def catalog_of(*tables: str) -> dict[str, t.Any]:
    """A catalog that selects these tables, whole."""
    catalog: dict[str, t.Any] = json.loads(TapIiko(config={}, validate_config=False).catalog_json_text)
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] == []:
                entry["metadata"]["selected"] = stream["tap_stream_id"] in tables
    return catalog


TAP = Path(sys.executable).with_name("tap-iiko")


class TapProcess:
    """The tap as a command of its own, for what only a process can show: signals, pipes, kills."""

    def __init__(
        self,
        folder: Path,
        config: t.Mapping[str, t.Any],
        state: t.Any = None,
        *arguments: str,
        environment: t.Mapping[str, str] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(dict(config)))
        (folder / "state.json").write_text(json.dumps(state or {}))
        self.log = folder / "log"
        command = [str(TAP), "--config", str(folder / "config.json"), "--state", str(folder / "state.json"), *arguments]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, env={**os.environ, **(environment or {})}
            )
        assert self.process.stdout is not None
        self.stdout = self.process.stdout

    def messages(self, until: str | None = None) -> t.Iterator[dict[str, t.Any]]:
        """Messages as they come, up to the first of a type."""
        for line in self.stdout:
            if not line.endswith(b"\n"):
                return  # cut off by a kill: a target would not take it
            message = json.loads(line, parse_float=Decimal)
            yield message
            if message["type"] == until:
                return

    def wait(self) -> int:
        """The exit code; signals are negative."""
        self.stdout.close()
        return self.process.wait(timeout=60)

    def said(self) -> str:
        """What it logged."""
        return self.log.read_text(encoding="utf-8")

    def last_line(self) -> str:
        """The last thing that it logged."""
        return self.said().rstrip().splitlines()[-1]

    def finish(self) -> tuple[int, str]:
        """The exit code and all that came to stdout."""
        output, _ = self.process.communicate(timeout=120)
        return self.process.returncode, output.decode()


def config_for(sim: Simulator, **settings: t.Any) -> dict[str, t.Any]:
    """Settings that read all of a simulated business."""
    return {
        "base_url": sim.url,
        "login": "demo",
        "password": "demo-password",
        "start_date": sim.ledger.first_day.isoformat(),
        "request_timeout": 30,
        **settings,
    }


def as_column(table: str, field_name: str) -> str:
    """The column that an iiko field fills."""
    column = tables.load(table).column_of(field_name)
    assert column, (table, field_name)
    return column


def number(value: t.Any) -> Decimal:
    """A figure, blank being zero, to nine places."""
    return round(Decimal(value or 0), 9)


def by_day_and_department(rows: t.Iterable[Record], column: str) -> dict[tuple[str, str | None], Decimal]:
    """Sums."""
    sums: defaultdict[tuple[str, str | None], Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row["business_date"], row["department_id"]] += Decimal(row[column] or 0)
    return dict(sums)


@pytest.fixture(autouse=True)
def state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tap's private folder, each test its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def sim() -> t.Iterator[Simulator]:
    """A small chain."""
    with Simulator(seed=7, departments=2, days=12, receipts_per_day=12) as simulator:
        yield simulator
        assert simulator.open_tokens == 0, "a licence slot leaked"
        assert simulator.max_in_flight <= 1, "two requests at a time"
        assert simulator.refused_concurrent == 0


TODAY = datetime.datetime.now(datetime.UTC).date()


def afternoon_zone() -> str:
    """A zone where today is today and it is past noon, so that only today is open, at whatever hour tests are run."""
    hour = datetime.datetime.now(datetime.UTC).hour
    if hour >= 12:
        return "UTC"
    return "Etc/GMT-14" if hour < 10 else "Etc/GMT-2"  # the sign is POSIX's: these lie east


ZONE = afternoon_zone()
