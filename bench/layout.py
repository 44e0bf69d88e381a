"""Where the programs are, and what is missing."""

from __future__ import annotations

import os
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

if t.TYPE_CHECKING:
    import argparse

ROOT = Path(__file__).parent.parent
PROGRAMS: t.Final = {
    "tap": (".venv/bin/tap-iiko", "the tap"),
    "target": (".meltano/loaders/target-postgres/venv/bin/target-postgres", "the target"),
    "meltano": (".venvs/meltano/bin/meltano", "Meltano"),
    "dbt": (".meltano/utilities/dbt-postgres/venv/bin/dbt", "dbt"),
    "bench-python": (".venvs/bench/bin/python", "Python with the packages that the tap is compared with"),
}


@dataclass(frozen=True)
class Layout:
    """The programs."""

    tap: Path
    target: Path
    meltano: Path
    dbt: Path
    bench_python: Path
    python: Path = Path(sys.executable)
    """The project's: serves the simulator, downloads, parses, runs the plain tap."""

    def lacking(self, needed: t.Container[str]) -> list[str]:
        """A sentence for each program that is needed and not there."""
        return [
            f"{meaning} is missing: {path} does not exist. `make install`, `make bench` and `make marts` prepare it; "
            f"--{name} or BENCH_{variable(name)} names another."
            for name, (_, meaning) in PROGRAMS.items()
            if name in needed and not (path := getattr(self, name.replace("-", "_"))).exists()
        ]


def variable(name: str) -> str:
    """As part of the name of an environment variable."""
    return name.upper().replace("-", "_")


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that name programs."""
    for name, (place, meaning) in PROGRAMS.items():
        given = os.environ.get(f"BENCH_{variable(name)}")
        parser.add_argument(f"--{name}", type=Path, default=Path(given or ROOT / place), help=meaning)


def from_options(options: argparse.Namespace) -> Layout:
    """The layout that the options say."""
    return Layout(options.tap, options.target, options.meltano, options.dbt, options.bench_python)
