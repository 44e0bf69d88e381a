"""``make demo``: nobody waits before a silent screen, and yesterday is closed."""

from __future__ import annotations

import datetime
import subprocess
import sys
import time
import typing as t
from zoneinfo import ZoneInfo

import pytest

from demo.__main__ import afternoon_zone
from demo.patience import patience
from support.paths import ROOT

if t.TYPE_CHECKING:
    from _pytest.capture import CaptureFixture


def test_silence_is_broken_and_speech_is_not(capsys: CaptureFixture[str]) -> None:
    with patience(every=0.4):
        for _ in range(4):
            time.sleep(0.15)
            sys.stdout.write("news\n")
    assert capsys.readouterr().out == "news\n" * 4
    with patience(every=0.4):
        time.sleep(1)
    assert capsys.readouterr().out == "  … 0 s\n  … 1 s\n"


def test_a_command_is_waited_for_and_its_exit_code_kept() -> None:
    command = [sys.executable, "-m", "demo.patience", sys.executable, "-c", "print(1); raise SystemExit(7)"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (7, "1\n", "")


@pytest.mark.parametrize("hour", range(24))
def test_yesterday_has_closed(hour: int) -> None:
    now = datetime.datetime(2026, 11, 25, hour, 30, tzinfo=datetime.UTC)
    zone = afternoon_zone("2026-11-25", now)
    assert zone
    there = now.astimezone(ZoneInfo(zone))
    assert there.date() == now.date()
    assert there.hour >= 12  # when the day before closes
