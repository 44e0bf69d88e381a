"""One run of one command: wall time, CPU seconds and peak memory, its children included."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time
import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from pathlib import Path

TAIL = 2500
PIPE_BYTES = 1 << 16


class BenchError(Exception):
    """A run that failed or came to a wrong result: there is nothing to publish then."""


@dataclass(frozen=True)
class Command:
    """What to run."""

    args: tuple[str, ...]
    env: t.Mapping[str, str]
    input: Path | None = None
    output: Path | None = None
    """If not given, a pipe whose reader forgets everything: what is written one by one costs there what it costs."""


@dataclass(frozen=True)
class Usage:
    """What a run cost."""

    wall: float
    cpu: float
    """User and system seconds of the process and its children."""
    peak: float
    """Megabytes; of the largest process, if there are several."""
    postgres: float | None = None
    """CPU seconds of the database server meanwhile, if it runs here."""


def run(command: Command, cwd: Path, log: Path) -> Usage:
    """Run to the end.

    Raises:
        BenchError: the command failed; the end of its log is part of the text.
    """
    source = command.input.open("rb") if command.input else None
    sink = command.output.open("wb") if command.output else None
    try:
        with log.open("wb") as errors:
            started = time.monotonic()
            process = subprocess.Popen(
                command.args,
                cwd=cwd,
                env=dict(command.env),
                stdin=source or subprocess.DEVNULL,
                stdout=sink or subprocess.PIPE,
                stderr=errors,
            )
            if process.stdout:
                threading.Thread(target=_forget, args=(process.stdout,)).start()
            try:
                _, status, rusage = os.wait4(process.pid, 0)
            except BaseException:
                process.kill()
                raise
            wall = time.monotonic() - started
            process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        for file in (source, sink):
            if file:
                file.close()
    if process.returncode:
        tail = log.read_text(encoding="utf-8", errors="replace")[-TAIL:]
        raise BenchError(f"{' '.join(command.args)}\nended with {process.returncode}:\n{tail}")
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return Usage(wall, rusage.ru_utime + rusage.ru_stime, rusage.ru_maxrss / unit)


def _forget(pipe: t.IO[bytes]) -> None:
    with pipe:
        while os.read(pipe.fileno(), PIPE_BYTES):
            pass


def median(runs: t.Sequence[Usage]) -> Usage:
    """The median of each figure."""
    postgres = [run.postgres for run in runs if run.postgres is not None]
    return Usage(
        statistics.median(run.wall for run in runs),
        statistics.median(run.cpu for run in runs),
        statistics.median(run.peak for run in runs),
        statistics.median(postgres) if len(postgres) == len(runs) else None,
    )
