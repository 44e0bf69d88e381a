"""A night on which nothing changed, against reading the same days again; all tables."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

from bench.measure import median
from bench.rounds import say

if t.TYPE_CHECKING:
    from bench.measure import Command, Usage
    from bench.setting import Setting
    from bench.source import Traffic


@dataclass(frozen=True)
class Nightly:
    """One way to spend the night."""

    title: str
    usage: Usage
    traffic: Traffic


def measure_nightly(setting: Setting, repeat: int) -> list[Nightly]:
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
    return [Nightly(title, median(usages[title]), traffic[title]) for title in ways]
