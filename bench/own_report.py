"""What a row of a user's own report costs, beside one of ``receipt_items`` with the same fields."""

from __future__ import annotations

import json
import typing as t

from bench.rounds import measure, say
from bench.setting import STREAM, Setting
from bench.source import Source, receipts_per_day
from bench.steps import Step

if t.TYPE_CHECKING:
    from pathlib import Path

    from bench.database import Database
    from bench.layout import Layout
    from bench.measure import Command
    from bench.rounds import Result
    from bench.source import Body

NAME = "lines"
DAY = "OpenDate.Typed"
DAYS_OF_100_000 = 60


def measure_own_report(layout: Layout, database: Database, folder: Path, rows: int, repeat: int) -> list[Result]:
    """Both tables in turns, over the same lines."""
    days = max(2, round(DAYS_OF_100_000 * rows / 100_000))
    say(f"own report: a source of about {rows:,} lines, {days} days")
    place = folder / "own-report"
    place.mkdir()
    with Source(layout, days, receipts_per_day(100_000, DAYS_OF_100_000)) as source:
        setting = Setting(layout, source, database, place)
        source.reset()
        setting.run(setting.tap())  # renders the answers
        report = _report(source.line_reports()[0])
        # What tells of persons is loaded, for both: iiko's fields are all part of the report's key.
        for file in ("tap.json", "tap-empty.json"):
            config = json.loads((place / file).read_text(encoding="utf-8"))
            setting.write(file, {**config, "reports": [report], "personal_data": "load"})
        catalogs = {table: _catalog(setting, table) for table in (STREAM, f"report_{NAME}")}
        steps = [Step(table, f"`{table}`", _tap(catalog)) for table, catalog in catalogs.items()]
        setting.run(steps[1].command(setting, False))
        return measure(setting, steps, repeat)


def _report(body: Body) -> dict[str, t.Any]:
    """All that ``receipt_items`` asks for, declared as a user would; its key is made of all groups."""
    groups = [name for name in body["groupByRowFields"] if name != DAY]
    return {"name": NAME, "groups": groups, "aggregates": body["aggregateFields"]}


def _catalog(setting: Setting, table: str) -> Path:
    """The catalog that has the report, with one table selected."""
    path = setting.folder / f"catalog-{table}.json"
    config = setting.folder / "tap.json"
    setting.run(setting.command(setting.layout.tap, "--config", config, "--discover", output=path))
    catalog = json.loads(path.read_text(encoding="utf-8"))
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = stream["tap_stream_id"] == table
    return setting.write(path.name, catalog)


def _tap(catalog: Path) -> t.Callable[[Setting, bool], Command]:
    def command(setting: Setting, empty: bool) -> Command:  # noqa: FBT001
        config = setting.folder / ("tap-empty.json" if empty else "tap.json")
        return setting.command(setting.layout.tap, "--config", config, "--catalog", catalog)

    return command
