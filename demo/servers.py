"""The two servers of the demonstration: started, found again, stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import typing as t
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path

from demo.postgres import Postgres, start

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / ".demo"
POSTGRES_FILE = FOLDER / "postgres.json"
SIMULATOR_FILE = FOLDER / "simulator.json"


@dataclass
class SimulatorProcess:
    """A simulated iiko in a process of its own."""

    pid: int
    url: str
    login: str
    password: str
    receipts: int
    lines: int
    first_day: str
    last_day: str

    def ask(self, path: str, **command: t.Any) -> t.Any:
        """Its remote control: a command is posted, a question has none."""
        body = json.dumps(command).encode() if command else None
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/simulator/{path}", data=body)) as answer:
            return json.load(answer)

    def stop(self) -> None:
        """End it; one that has ended already is no error."""
        try:
            self.ask("requests")  # the process id may belong to another process by now
        except urllib.error.URLError:
            return
        os.kill(self.pid, signal.SIGTERM)


def start_simulator(*arguments: str) -> SimulatorProcess:
    """Start ``python -m simulator`` and wait until it serves."""
    with (FOLDER / "simulator.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "simulator", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    assert process.stdout is not None
    ready = process.stdout.readline()
    if not ready:
        raise SystemExit(f"The simulator did not start: see {log.name}")
    return SimulatorProcess(pid=process.pid, **json.loads(ready))


def start_both(*arguments: str) -> tuple[SimulatorProcess, Postgres]:
    """New servers, remembered in ``.demo`` until they are stopped."""
    FOLDER.mkdir(exist_ok=True)
    postgres = start()
    postgres.save(POSTGRES_FILE)
    simulator = start_simulator(*arguments)
    SIMULATOR_FILE.write_text(json.dumps(asdict(simulator)), encoding="utf-8")
    return simulator, postgres


def running_postgres() -> Postgres:
    """The database of the last demonstration."""
    try:
        return Postgres.load(POSTGRES_FILE)
    except FileNotFoundError:
        raise SystemExit("No demonstration is running: make demo starts one.") from None


def stop_both() -> bool:
    """End what runs.

    Returns:
        Whether there was anything.
    """
    found = False
    if POSTGRES_FILE.exists():
        Postgres.load(POSTGRES_FILE).stop()
        POSTGRES_FILE.unlink()
        found = True
    if SIMULATOR_FILE.exists():
        SimulatorProcess(**json.loads(SIMULATOR_FILE.read_text(encoding="utf-8"))).stop()
        SIMULATOR_FILE.unlink()
        found = True
    time.sleep(0.1)
    return found
