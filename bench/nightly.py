"""A night on which nothing changed, against reading the same days again; all tables, of a small and a larger chain."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

from bench.measure import median
from bench.rounds import say
from bench.setting import Setting
from bench.source import DAYS, Source, receipts_per_day

if t.TYPE_CHECKING:
    from pathlib import Path

    from bench.database import Database
    from bench.layout import Layout
    from bench.measure import Command, Usage
    from bench.source import Traffic

CHAINS = (4, 40)


@dataclass(frozen=True)
class Way:
    """One way to spend the night."""

    title: str
    usage: Usage
    traffic: Traffic


@dataclass(frozen=True)
class Nightly:
    """A chain and its nights."""

    departments: int
    lines: int
    ways: t.Sequence[Way]
    """Start-up alone, a night without changes, reading all days again."""


def measure_nightly(layout: Layout, database: Database, folder: Path, rows: int, repeat: int) -> list[Nightly]:
    """Chains whose departments sell alike; the smallest sells ``rows`` lines."""
    receipts = receipts_per_day(rows, DAYS)
    nights = []
    for departments in CHAINS:
        with Source(layout, DAYS, receipts, departments) as source:
            say(f"nightly: {departments} departments, {source.rows:,} lines")
            place = folder / f"nightly-{departments}"
            place.mkdir()
            ways = _measure(Setting(layout, source, database, place), repeat)
            nights.append(Nightly(departments, source.rows, ways))
    return nights


def _measure(setting: Setting, repeat: int) -> list[Way]:
    """A second run with the state of the first, against one without state."""
    config = setting.folder / "tap.json"
    output = setting.folder / "first-night.jsonl"
    first = setting.command(setting.layout.tap, "--config", config, output=output)
    setting.run(first)
    state = ""
    with output.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith('{"type":"STATE"'):
                state = line
    file = setting.write("state.json", json.loads(state)["value"])
    output.unlink()
    reread = setting.command(setting.layout.tap, "--config", config)
    quiet = setting.command(setting.layout.tap, "--config", config, "--state", file)
    ways: dict[str, Command] = {
        "start-up (no days)": setting.command(setting.layout.tap, "--config", setting.folder / "tap-empty.json"),
        "second run, nothing changed": quiet,
        "reading all days again": reread,
    }
    usages: dict[str, list[Usage]] = {title: [] for title in ways}
    traffic: dict[str, Traffic] = {}
    for turn in range(1, repeat + 1):
        for title, command in ways.items():
            setting.source.reset()
            usages[title].append(usage := setting.run(command))
            traffic[title] = setting.source.traffic()
            say(f"{turn}/{repeat} nightly: {title}: CPU {usage.cpu:.1f} s")
    return [Way(title, median(usages[title]), traffic[title]) for title in ways]
