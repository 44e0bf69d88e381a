"""On a terminal one live line for each server, in files and pipes the lines of a log: never both."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import typing as t

import pytest

from simulator import Simulator
from support.databases import clean_environment
from support.paths import TAP
from support.taps import ZONE, TapProcess, config_for

if t.TYPE_CHECKING:
    from pathlib import Path

LINE = re.compile(
    r"(main|north|south) (sales|writeoffs) .*?(\d+) of (\d+) days, [\d,]+ rows/s(?:, about \d[\d.]* (?:s|min|h) left)?"
)
OF_A_LOG = re.compile(r"\(\d+ of \d+ days\)")
ESCAPE = "\x1b"


def on_a_terminal(folder: Path, config: dict[str, t.Any], *, stdout: t.Any = subprocess.DEVNULL, **more: str) -> str:
    """What a person sees of a run whose messages go elsewhere."""
    (folder / "config.json").write_text(json.dumps(config))
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as screen:
        try:
            process = subprocess.Popen(
                [str(TAP), "--config", str(folder / "config.json")],
                stdout=theirs if stdout is None else stdout,
                stderr=theirs,
                env={**clean_environment(), "TERM": "xterm-256color", "COLUMNS": "120", **more},
            )
        finally:
            os.close(theirs)
        seen = bytearray()
        while piece := read(screen):
            seen += piece
        assert process.wait(timeout=60) == 0
    return seen.decode("utf-8", "replace")


def read(screen: t.BinaryIO) -> bytes:
    try:
        return screen.read(65536)
    except OSError:  # Linux: nobody has the other end any more
        return b""


def test_a_terminal_shows_a_live_line_and_no_lines_about_windows(sim: Simulator, tmp_path: Path) -> None:
    """The file has the usual lines, and nothing that moves a cursor."""
    config = config_for(sim, timezone=ZONE, max_window_days=2, log_dir=str(tmp_path / "logs"))
    seen = on_a_terminal(tmp_path, config)
    counts: dict[str, list[tuple[int, int]]] = {}
    for _, group, done, total in LINE.findall(seen):
        counts.setdefault(group, []).append((int(done), int(total)))
    assert counts
    for group, steps in counts.items():
        assert steps == sorted(steps), group
        assert {total for _, total in steps} == {12}
    assert ESCAPE in seen
    assert not OF_A_LOG.search(seen)
    assert "METRIC" not in seen
    assert "; all read and written; whether it is loaded, the target tells\r\n" in seen, "lines of the log are as ever"
    (file,) = (tmp_path / "logs").iterdir()
    logged = file.read_text(encoding="utf-8")
    assert OF_A_LOG.search(logged)
    assert ESCAPE not in logged
    assert "rows/s" not in logged


def test_each_server_has_its_line(sim: Simulator, tmp_path: Path) -> None:
    with Simulator(seed=8, departments=1, days=12, receipts_per_day=12) as second:
        common = {"login": "demo", "password": "demo-password", "start_date": sim.first_day.isoformat()}
        servers = [
            {"server_id": "north", "base_url": sim.url, **common},
            {"server_id": "south", "base_url": second.url, **common},
        ]
        seen = on_a_terminal(tmp_path, {"servers": servers, "timezone": ZONE, "max_window_days": 2})
    assert {found[0] for found in LINE.findall(seen)} == {"north", "south"}


@pytest.mark.parametrize("variables", [{}, {"FORCE_COLOR": "1", "TTY_COMPATIBLE": "1"}])
def test_a_file_gets_lines_and_no_escape_codes(sim: Simulator, variables: dict[str, str], tmp_path: Path) -> None:
    tap = TapProcess(tmp_path, config_for(sim, timezone=ZONE), environment=variables)
    assert tap.finish()[0] == 0
    assert OF_A_LOG.search(tap.said())
    assert ESCAPE not in tap.said()
    assert "rows/s" not in tap.said()


@pytest.mark.parametrize("terminal", ["dumb", "messages"])
def test_no_live_lines_where_they_would_be_in_the_way(sim: Simulator, terminal: str, tmp_path: Path) -> None:
    """A terminal that cannot move its cursor, and one that the messages go to."""
    config = config_for(sim, timezone=ZONE)
    dumb = terminal == "dumb"
    seen = on_a_terminal(
        tmp_path, config, stdout=subprocess.DEVNULL if dumb else None, TERM="dumb" if dumb else "xterm-256color"
    )
    assert OF_A_LOG.search(seen)
    assert "rows/s" not in seen
