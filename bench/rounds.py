"""Running the steps in turns, so that whatever else the machine does hits all alike, and checking each result."""

from __future__ import annotations

import shutil
import sys
import time
import typing as t
from collections import defaultdict
from dataclasses import dataclass, replace

from bench.measure import BenchError, Usage, median

if t.TYPE_CHECKING:
    from bench.setting import Setting
    from bench.steps import Step

SETTLE_SECONDS = 0.3  # until the database has taken note that a client is gone
UNIT = 100_000


@dataclass(frozen=True)
class Result:
    """The medians of one step."""

    step: Step
    rows: int
    full: Usage
    start: Usage
    """The same over no rows."""

    @property
    def cpu(self) -> float:
        """CPU seconds per 100,000 rows."""
        return self.full.cpu / self.rows * UNIT

    @property
    def net_cpu(self) -> float:
        """The same without start-up."""
        return max(0.0, self.full.cpu - self.start.cpu) / self.rows * UNIT

    @property
    def postgres(self) -> float | None:
        """CPU seconds of the database server per 100,000 rows."""
        return None if self.full.postgres is None else self.full.postgres / self.rows * UNIT

    @property
    def speed(self) -> float:
        """Rows per second of wall time."""
        return self.rows / self.full.wall


def say(text: str) -> None:
    """Tell on stderr how it goes."""
    print(text, file=sys.stderr, flush=True)


def measure(setting: Setting, steps: t.Sequence[Step], repeat: int) -> list[Result]:
    """All steps, ``repeat`` times in turns."""
    full: defaultdict[str, list[Usage]] = defaultdict(list)
    start: defaultdict[str, list[Usage]] = defaultdict(list)
    for turn in range(1, repeat + 1):
        for step in steps:
            start[step.name].append(run_step(setting, step, empty=True))
            full[step.name].append(usage := run_step(setting, step, empty=False))
            say(f"{turn}/{repeat} {step.name:17} {usage.wall:7.1f} s, CPU {usage.cpu:6.1f} s, {usage.peak:5.0f} MB")
    return [Result(step, rows_of(setting, step), median(full[step.name]), median(start[step.name])) for step in steps]


def rows_of(setting: Setting, step: Step) -> int:
    """How many lines a step handles."""
    if step.tenth:
        return sum(books.lines for books in setting.days_of(setting.tenth).values())
    return setting.source.rows


def run_step(setting: Setting, step: Step, *, empty: bool) -> Usage:
    """One run of one step.

    Raises:
        BenchError: it failed, or what it read or loaded is not what the simulator's books say.
    """
    database, source = setting.database, setting.source
    if step.loads:
        database.clear(step.schema)
        if step.name == "copy":
            database.copy_table("bench_model", step.schema)
        shutil.rmtree(setting.folder / "dlt", ignore_errors=True)
    source.reset()
    command = step.command(setting, empty)
    before = database.cpu()
    usage = setting.run(command)
    time.sleep(SETTLE_SECONDS if step.loads else 0)
    after = database.cpu()
    if step.loads and before is not None and after is not None:
        usage = replace(usage, postgres=after - before)
    if empty:
        return usage
    rows = rows_of(setting, step)
    if step.reads and (read := source.traffic().line_rows) != rows:
        raise BenchError(f"{step.name} read {read} lines instead of {rows}.")
    if step.loads:
        database.check(step.schema, setting.days_of(setting.tenth) if step.tenth else source.days)
        database.clear(step.schema)
    return usage
