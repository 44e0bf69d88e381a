"""The tap: in this process, or as a command of its own; and what it wrote."""

from __future__ import annotations

import datetime
import io
import json
import os
import subprocess
import typing as t
from contextlib import redirect_stdout
from dataclasses import dataclass
from decimal import Decimal

from support.paths import TAP
from tap_iiko.tap import TapIiko

if t.TYPE_CHECKING:
    from pathlib import Path

    from simulator import Simulator

Record = dict[str, t.Any]


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


def afternoon_zone() -> str:
    """A zone where today is today and it is past noon, so that only today is open, at whatever hour tests are run."""
    hour = datetime.datetime.now(datetime.UTC).hour
    if hour >= 12:
        return "UTC"
    return "Etc/GMT-14" if hour < 10 else "Etc/GMT-2"  # the sign is POSIX's: these lie east


ZONE = afternoon_zone()
