"""Does the cost of a row grow with the history, and does the memory?"""

from __future__ import annotations

import typing as t
from contextlib import ExitStack
from dataclasses import dataclass

from bench.measure import median
from bench.rounds import Result, run_step, say
from bench.setting import Setting
from bench.source import Source, receipts_per_day
from bench.steps import STEPS

if t.TYPE_CHECKING:
    from pathlib import Path

    from bench.database import Database
    from bench.layout import Layout
    from bench.measure import Usage

DAYS_OF_100_000 = 60


@dataclass(frozen=True)
class Growth:
    """One size of the source."""

    days: int
    result: Result


def measure_growth(
    layout: Layout, database: Database, folder: Path, sizes: t.Sequence[int], repeat: int
) -> list[Growth]:
    """Our tap over histories of different length: as many lines a day, more days."""
    step = next(step for step in STEPS if step.name == "tap")
    receipts = receipts_per_day(100_000, DAYS_OF_100_000)
    with ExitStack() as stack:
        settings = []
        for size in sizes:
            days = max(2, round(DAYS_OF_100_000 * size / 100_000))
            say(f"growth: a source of about {size:,} lines, {days} days")
            source = stack.enter_context(Source(layout, days, receipts))
            place = folder / f"growth-{size}"
            place.mkdir()
            settings.append(Setting(layout, source, database, place))
            settings[-1].run(settings[-1].tap())  # renders the answers
        full: list[list[Usage]] = [[] for _ in sizes]
        start: list[list[Usage]] = [[] for _ in sizes]
        for turn in range(1, repeat + 1):
            for index, setting in enumerate(settings):
                start[index].append(run_step(setting, step, empty=True))
                full[index].append(usage := run_step(setting, step, empty=False))
                say(
                    f"{turn}/{repeat} growth {setting.source.rows:,} lines: CPU {usage.cpu:6.1f} s, {usage.peak:.0f} MB"
                )
        return [
            Growth(
                len(setting.source.days),
                Result(step, setting.source.rows, median(full[index]), median(start[index])),
            )
            for index, setting in enumerate(settings)
        ]
