"""What all steps share: source, database, programs, settings, and the files that are prepared once."""

from __future__ import annotations

import functools
import json
import os
import typing as t
import zlib
from dataclasses import dataclass, field

import yaml

from bench.layout import ROOT
from bench.measure import BenchError, Command, Usage, run

if t.TYPE_CHECKING:
    from pathlib import Path

    from bench.database import Database
    from bench.layout import Layout
    from bench.source import Body, Day, Source

STREAM = "receipt_items"
OURS = ("TAP_IIKO_", "TARGET_POSTGRES_", "IIKO_", "DB_", "MELTANO_")
CONNECTION = {"host", "port", "user", "password", "database", "sqlalchemy_url", "default_target_schema"}
SDK_BATCH_ROWS = 10_000


def environment(folder: Path) -> dict[str, str]:
    """The environment of every run: nothing of the user's settings, no state outside of ``folder``."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return env | {
        "XDG_STATE_HOME": str(folder),
        "PGTZ": "UTC",
        "NO_COLOR": "1",
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "PYTHONPATH": str(ROOT),
    }


def tap_config(source: Source, first_day: str | None = None, last_day: str | None = None) -> dict[str, t.Any]:
    """Settings of our tap for the simulator."""
    return {
        "base_url": source.url,
        "login": source.login,
        "password": source.password,
        "start_date": first_day or source.first_day,
        "end_date": last_day or source.last_day,
    }


def our_target_settings() -> dict[str, t.Any]:
    """The target's settings that ``meltano.yml`` chose."""
    project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    loader = next(each for each in project["plugins"]["loaders"] if each["name"] == "target-postgres")
    return {name: value for name, value in loader.get("config", {}).items() if name not in CONNECTION}


@dataclass
class Setting:
    """Where and with what the steps run."""

    layout: Layout
    source: Source
    database: Database
    folder: Path
    env: dict[str, str] = field(init=False)
    bodies: list[Body] = field(default_factory=list)
    """What our tap asks for lines; everybody asks the same."""
    tenth: list[Body] = field(default_factory=list)
    """The first of them, with a tenth of the lines."""

    def __post_init__(self) -> None:
        """Write the files that need nothing but settings."""
        self.env = environment(self.folder)
        before = min(self.source.days)  # a day without sales: nothing to read, all of the start-up
        empty_day = f"{int(before[:4]) - 1}{before[4:8]}01"
        self.write("tap.json", tap_config(self.source))
        self.write("tap-empty.json", tap_config(self.source, empty_day, empty_day))

    def write(self, name: str, content: t.Any) -> Path:
        """A JSON file for a step."""
        path = self.folder / name
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    def run(self, command: Command) -> Usage:
        """Run a command."""
        return run(command, ROOT, self.folder / "log")

    def command(self, *args: t.Any, **options: t.Any) -> Command:
        """A command in the common environment, or with more in it (``env``)."""
        env = self.env | options.pop("env", {})
        return Command(tuple(str(arg) for arg in args), env, **options)

    def tap(self, *, empty: bool = False, output: Path | None = None, select: t.Collection[str] = (STREAM,)) -> Command:
        """Our tap with some tables selected."""
        config = self.folder / ("tap-empty.json" if empty else "tap.json")
        return self.command(self.layout.tap, "--config", config, "--catalog", self.catalog(select), output=output)

    def catalog(self, select: t.Collection[str]) -> Path:
        """The discovered catalog with only some tables selected."""
        path = self.folder / f"catalog-{zlib.crc32(' '.join(select).encode()):08x}.json"
        if not path.exists():
            self.run(self.command(self.layout.tap, "--discover", output=path))
            catalog = json.loads(path.read_text(encoding="utf-8"))
            for stream in catalog["streams"]:
                for entry in stream["metadata"]:
                    if not entry["breadcrumb"]:
                        entry["metadata"]["selected"] = stream["tap_stream_id"] in select
            path.write_text(json.dumps(catalog), encoding="utf-8")
        return path

    def about(self, program: Path) -> dict[str, t.Any]:
        """What a tap or target says about itself."""
        output = self.folder / "about.json"
        self.run(self.command(program, "--about", "--format", "json", output=output))
        return t.cast("dict[str, t.Any]", json.loads(output.read_text(encoding="utf-8")))

    @functools.cached_property
    def target_defaults(self) -> dict[str, t.Any]:
        """The target's own values for what ``meltano.yml`` sets."""
        properties = self.about(self.layout.target)["settings"]["properties"]
        defaults = {name: properties.get(name, {}).get("default") for name in our_target_settings()}
        defaults["batch_size_rows"] = SDK_BATCH_ROWS
        return {name: value for name, value in defaults.items() if value is not None}

    @property
    def messages(self) -> Path:
        """What our tap wrote."""
        return self.folder / "messages.jsonl"

    @property
    def start_messages(self) -> Path:
        """Its SCHEMA messages."""
        return self.folder / "start.jsonl"

    @property
    def copy_file(self) -> Path:
        """The table as COPY takes it."""
        return self.folder / "copy.txt"

    def job(self, name: str, bodies: t.Sequence[Body]) -> Path:
        """A job for one of our programs."""
        source = self.source
        return self.write(
            name,
            {
                "url": source.url,
                "login": source.login,
                "password": source.password,
                "bodies": bodies,
                "database": self.database.url,
                "folder": str(self.folder),
            },
        )

    def prepare(self, *, with_copy: bool) -> None:
        """Warm the source, record what the tap asks, write what is fed to others.

        Raises:
            BenchError: our tap did not read every line.
        """
        self.source.reset()
        self.run(self.tap(output=self.messages))
        if (read := self.source.traffic().line_rows) != self.source.rows:
            raise BenchError(f"Our tap read {read} lines of {self.source.rows}.")
        self.bodies = self.source.line_reports()
        rows = 0
        for body in self.bodies:
            if rows < self.source.rows / 10:
                self.tenth.append(body)
                rows += sum(books.lines for books in self.days_of([body]).values())
        self.job("job.json", self.bodies)
        self.job("job-empty.json", [])
        self.job("job-tenth.json", self.tenth)
        with self.messages.open(encoding="utf-8") as lines, self.start_messages.open("w", encoding="utf-8") as start:
            start.writelines(line for line in lines if '"SCHEMA"' in line[:40])
        if with_copy:
            self.database.clear("bench_model")
            config = self.write("target-model.json", self.target_config("bench_model", our_target_settings()))
            self.run(self.command(self.layout.target, "--config", config, input=self.messages))
            self.database.check("bench_model", self.source.days)
            self.database.save_copy("bench_model", self.copy_file)

    def target_config(self, schema: str, settings: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Settings of the target for a schema."""
        return {**self.database.target_settings, **settings, "default_target_schema": schema}

    def days_of(self, bodies: t.Sequence[Body]) -> dict[str, Day]:
        """The books of the days that some reports cover."""
        spans = [body["filters"]["OpenDate.Typed"] for body in bodies]
        return {
            day: books
            for day, books in self.source.days.items()
            if any(span["from"][:10] <= day < span["to"][:10] for span in spans)
        }
