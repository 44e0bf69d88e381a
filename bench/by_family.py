"""What each family of tables costs, read alone: the memory of a first run, and a night on which nothing changed."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

from bench.measure import median
from bench.rounds import say
from bench.setting import Setting, tap_config
from bench.source import DAYS, Source, receipts_per_day
from tap_iiko import tables

if t.TYPE_CHECKING:
    from pathlib import Path

    from bench.database import Database
    from bench.layout import Layout
    from bench.measure import Usage

DEPARTMENTS = 40
LISTS = "lists"


@dataclass(frozen=True)
class Family:
    """One quiet night of some tables, after a first run over all days."""

    name: str
    tables: int
    requests: int
    """Beyond those of a session."""
    bytes: int
    """Of all answers."""
    written: int
    """Rows, without those of ``sync_log``."""
    cpu: float
    """Seconds beyond start-up."""
    peak: float
    """Megabytes."""
    first_peak: float
    """Of the first run: every day is read, typed and written."""


def families() -> dict[str, list[str]]:
    """The tables that are read unless somebody asks for more: lists, and by subject those that have days."""
    found: dict[str, list[str]] = {}
    for table in tables.catalogue().values():
        if table.source and not table.is_extra:
            found.setdefault(LISTS if table.partition == "whole" else table.subject, []).append(table.name)
    return found


def measure_families(layout: Layout, database: Database, folder: Path, rows: int, repeat: int) -> list[Family]:
    """A chain as large as the larger one of ``nightly``, each family in a state of its own."""
    with Source(layout, DAYS, receipts_per_day(rows, DAYS), DEPARTMENTS) as source:
        say(f"families: {DEPARTMENTS} departments, {source.rows:,} lines")
        place = folder / "families"
        place.mkdir()
        setting = Setting(layout, source, database, place)
        nights = {name: _Night(setting, name, members) for name, members in families().items()}
        start = _Night(setting, "start-up", ())
        usages: dict[str, list[Usage]] = {}
        for turn in range(1, repeat + 1):
            for night in (start, *nights.values()):
                usages.setdefault(night.name, []).append(usage := night.run())
                say(f"{turn}/{repeat} families: {night.name}: CPU {usage.cpu:.2f} s")
        found = {name: median(each) for name, each in usages.items()}
        return [
            Family(
                name,
                tables=len(night.members),
                requests=night.traffic.requests - start.traffic.requests,
                bytes=night.traffic.bytes,
                written=night.written,
                cpu=max(0.0, found[name].cpu - found[start.name].cpu),
                peak=found[name].peak,
                first_peak=night.first.peak,
            )
            for name, night in nights.items()
        ]


class _Night:
    """Some tables, and the state that the nights before have left."""

    def __init__(self, setting: Setting, name: str, members: t.Sequence[str]) -> None:
        self.setting = setting
        self.name = name
        self.members = members
        self._catalog = setting.catalog((*members, tables.JOURNAL))
        self._settings = tap_config(setting.source)
        del self._settings["end_date"]  # a night looks ahead, too
        self._state: t.Any = {}
        self.first, _ = self._read()
        if any(tables.load(each).watch == "closing" for each in members):
            for day in setting.source.days:  # of the look-back there are as many as there were nights
                self._read(end_date=day, lookback_days=0)
        setting.source.reset()
        _, self.written = self._read()
        self.traffic = setting.source.traffic()

    def run(self) -> Usage:
        """Once more, measured."""
        return self.setting.run(self._command())

    def _command(self, output: Path | None = None, **more: t.Any) -> t.Any:
        config = self.setting.write("night.json", {**self._settings, **more})
        state = self.setting.write("night-state.json", self._state)
        options = ("--config", config, "--catalog", self._catalog, "--state", state)
        return self.setting.command(self.setting.layout.tap, *options, output=output)

    def _read(self, **more: t.Any) -> tuple[Usage, int]:
        """A night before, and the rows that it wrote."""
        output = self.setting.folder / "night.jsonl"
        usage = self.setting.run(self._command(output, **more))
        written = 0
        with output.open(encoding="utf-8") as lines:
            for line in lines:
                message = json.loads(line) if line.startswith('{"type":"STATE"') else {}
                self._state = message.get("value", self._state)
                written += line.startswith('{"type":"RECORD"') and f'"stream":"{tables.JOURNAL}"' not in line[:60]
        return usage, written
