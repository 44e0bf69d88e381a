"""Eight servers, each as slow as a real one, one after the other and side by side."""

from __future__ import annotations

import typing as t
from contextlib import ExitStack
from dataclasses import dataclass

from bench.measure import median
from bench.rounds import say
from bench.setting import Setting
from bench.source import Source

if t.TYPE_CHECKING:
    from pathlib import Path

    from bench.database import Database
    from bench.layout import Layout
    from bench.measure import Usage

SERVERS = 8
DAYS, DEPARTMENTS, RECEIPTS = 30, 2, 40
AS_SLOW_AS_REAL = ("--first-byte-seconds", "0.3", "--rows-per-second", "6000")
AT_ONCE = (1, 4, 8)


@dataclass(frozen=True)
class Together:
    """A run over all servers, so many at the same time."""

    at_once: int
    usage: Usage
    rows: int
    """That iiko sent in reports."""


def measure_side_by_side(layout: Layout, database: Database, folder: Path, repeat: int) -> list[Together]:
    """All tables of all servers, into a pipe whose reader forgets them."""
    place = folder / "side-by-side"
    place.mkdir()
    with ExitStack() as stack:
        sources = [
            stack.enter_context(Source(layout, DAYS, RECEIPTS, DEPARTMENTS, AS_SLOW_AS_REAL)) for _ in range(SERVERS)
        ]
        say(f"side by side: {SERVERS} servers, {sum(source.rows for source in sources):,} lines")
        setting = Setting(layout, sources[0], database, place)
        usages: dict[int, list[Usage]] = {at_once: [] for at_once in AT_ONCE}
        rows = 0
        for turn in range(1, repeat + 1):
            for at_once in AT_ONCE:
                for source in sources:
                    source.reset()
                config = setting.write(f"servers-{at_once}.json", _config(sources, at_once))
                usages[at_once].append(usage := setting.run(setting.command(layout.tap, "--config", config)))
                rows = sum(source.traffic().olap_rows for source in sources)
                say(f"{turn}/{repeat} {at_once} at a time: {usage.wall:.1f} s")
    return [Together(at_once, median(some), rows) for at_once, some in usages.items()]


def _config(sources: t.Sequence[Source], at_once: int) -> dict[str, t.Any]:
    return {
        "servers": [
            {"server_id": f"s{number}", "base_url": source.url, "login": source.login, "password": source.password}
            for number, source in enumerate(sources, 1)
        ],
        "start_date": sources[0].first_day,
        "parallel_servers": at_once,
    }
