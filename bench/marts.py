"""The marts: the first `dbt build`, and one after a night on which nothing changed, over more and more days."""

from __future__ import annotations

import shutil
import time
import typing as t
from dataclasses import dataclass, replace

import psycopg
import yaml

from bench.layout import ROOT
from bench.measure import median
from bench.rounds import SETTLE_SECONDS, say
from bench.setting import Setting, our_target_settings
from bench.source import Source, receipts_per_day
from tap_iiko import tables
from tap_iiko.commands.apply import apply

if t.TYPE_CHECKING:
    from pathlib import Path

    from bench.database import Database
    from bench.layout import Layout
    from bench.measure import Usage

SCHEMA = "bench_marts"
MADE = (f"{SCHEMA}_marts", f"{SCHEMA}_staging")
DAYS = 90  # as `make demo`
WITH_DAYS = (
    *("receipts", "receipt_items", "receipt_payments", "reconciliation", "sync_log", "sales"),
    *("transactions", "stock_movements"),
)


@dataclass(frozen=True)
class Marts:
    """One size of the history."""

    lines: int
    days: int
    first: Usage
    second: Usage


def measure_marts(layout: Layout, database: Database, folder: Path, sizes: t.Sequence[int], repeat: int) -> list[Marts]:
    """A group of four restaurants over ninety days, and over more: copies of them, made in PostgreSQL."""
    found = []
    with Source(layout, DAYS, receipts_per_day(sizes[0], DAYS)) as source:
        for size in sizes:
            place = folder / f"marts-{size}"
            place.mkdir()
            night = _Nights(Setting(layout, source, database, place))
            copies = max(1, round(size / source.rows))
            say(f"marts: {source.rows * copies:,} lines in {DAYS * copies} days")
            night.begin(copies)
            builds: dict[str, list[Usage]] = {"first": [], "second": []}
            for turn in range(1, repeat + 1):
                night.forget_marts()
                for name, usages in builds.items():
                    usages.append(usage := night.build())
                    say(f"{turn}/{repeat} marts: {name}: dbt {usage.cpu:.1f} s, database {usage.postgres or 0:.1f} s")
                    night.load()
            found.append(Marts(source.rows * copies, DAYS * copies, *map(median, builds.values())))
            database.clear(SCHEMA)
    return found


class _Nights:
    """Loads and builds over one schema."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.state = setting.write("state.json", {})
        config = setting.target_config(SCHEMA, our_target_settings())
        self.target = setting.layout.target, "--config", setting.write("target.json", config)
        project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
        (plugin,) = (each for each in project["plugins"]["utilities"] if each["name"] == "dbt-postgres")
        self.build_command = setting.layout.dbt, *plugin["commands"]["build"]["args"].split()
        self.target_path = setting.folder / "transform"
        self.dbt_environment = {
            **{f"TARGET_POSTGRES_{name.upper()}": str(value) for name, value in config.items()},
            "PGOPTIONS": plugin["env"]["PGOPTIONS"].strip(),
            "DBT_PROJECT_DIR": str(ROOT / "transform"),
            "DBT_PROFILES_DIR": str(ROOT / "transform"),
            "DBT_TARGET_PATH": str(self.target_path),
            "DBT_LOG_PATH": str(self.target_path / "logs"),
        }

    def begin(self, copies: int) -> None:
        """A first load, as of yesterday; and the days before."""
        self.setting.database.clear(SCHEMA)
        self.load()
        with psycopg.connect(self.setting.database.url, autocommit=True, options=f"-csearch_path={SCHEMA}") as database:
            for name in WITH_DAYS:
                database.execute(f"update {name} set synced_at = synced_at - interval '1 day'".encode())
                database.execute(f"alter table {name} drop constraint {name}_pkey".encode())
                for number in range(1, copies):
                    database.execute(_copy(name, number).encode())
                database.execute(f"alter table {name} add primary key (server_id, id)".encode())
            apply("views", database, SCHEMA)
            database.execute("vacuum analyze")

    def load(self) -> None:
        """A night: the tap from where it ended, and the target."""
        setting, messages = self.setting, self.setting.folder / "messages.jsonl"
        config = setting.folder / "tap.json"
        setting.run(setting.command(setting.layout.tap, "--config", config, "--state", self.state, output=messages))
        setting.run(setting.command(*self.target, input=messages, output=self.state))
        *_, last = self.state.read_text(encoding="utf-8").splitlines()
        self.state.write_text(last, encoding="utf-8")
        messages.unlink()

    def forget_marts(self) -> None:
        """Make the next build a first one."""
        shutil.rmtree(self.target_path, ignore_errors=True)
        with psycopg.connect(self.setting.database.url, autocommit=True) as connection:
            for name in MADE:
                connection.execute(f"drop schema if exists {name} cascade".encode())

    def build(self) -> Usage:
        """`dbt build`, and what the database spent on it."""
        database = self.setting.database
        before = database.cpu()
        usage = self.setting.run(self.setting.command(*self.build_command, env=self.dbt_environment))
        time.sleep(SETTLE_SECONDS)
        after = database.cpu()
        return usage if before is None or after is None else replace(usage, postgres=after - before)


def _copy(name: str, number: int) -> str:
    """The same days so many times ninety days before, under ids of the same form."""
    values = {column.name: column.name for column in tables.load(name).columns}
    for key in values.keys() & {"id", "receipt_id"}:
        values[key] = f"overlay(md5({key}::text || {number}) placing substr({key}::text, 15, 1) from 13 for 1)::uuid"
    values["business_date"] = f"business_date - {number * DAYS}"
    return (
        f"insert into {name} ({', '.join(values)}) select {', '.join(values.values())} from {name} "
        f"where business_date > (select max(business_date) - {DAYS} from sales)"
    )
