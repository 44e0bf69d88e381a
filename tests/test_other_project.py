"""Somebody else's Meltano project: the wheel, the two plugin files and the four lines of the README are enough."""

from __future__ import annotations

import csv
import os
import pwd
import re
import subprocess
import sys
import typing as t
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from support.databases import clean_environment, rows_of
from support.paths import MELTANO, ROOT, read
from support.truth import assert_equal_to_books

if t.TYPE_CHECKING:
    from demo.postgres import Postgres
    from simulator import Simulator
    from support.databases import Connection

READMES = {"README.md": "## Installation", "README.ru.md": "## Установка"}
CSV = {
    "name": "target-csv",
    "namespace": "target_csv",
    "pip_url": "meltanolabs-target-csv==0.5.0",
    "executable": "target-csv",
    "settings": [{"name": "output_path"}],
}


def four_lines(page: str) -> list[str]:
    """The commands for a Meltano project that is there."""
    part = read(page).split(f"\n{READMES[page]}\n")[1].split("\n## ")[0]
    (block,) = (each for each in re.findall(r"```\n(.*?)```", part, flags=re.DOTALL) if "--from-ref" in each)
    return [line.split("  #")[0].strip() for line in block.splitlines()]


def test_both_readmes_have_the_same_four_lines() -> None:
    ours, theirs = map(four_lines, READMES)
    assert ours == theirs
    assert len(ours) == 4


class Project:
    """A folder that Meltano has made, and nothing of ours in it."""

    def __init__(self, folder: Path, settings: t.Mapping[str, str]) -> None:
        self.folder = folder / "theirs"
        path = os.pathsep.join([str(Path(sys.executable).parent), str(MELTANO.parent), os.environ["PATH"]])
        self.environment = {
            **clean_environment(),
            "PATH": path,
            "HOME": pwd.getpwuid(os.getuid()).pw_dir,  # where downloads are kept
            "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
            "PIP_NO_BUILD_ISOLATION": "false",  # pip's word for: with the hatchling that is here
        }
        subprocess.run(
            [str(MELTANO), "init", self.folder.name], cwd=folder, env=self.environment, check=True, capture_output=True
        )
        (self.folder / ".env").write_text("".join(f"{name}='{value}'\n" for name, value in settings.items()))

    def run(self, command: str) -> str:
        """A line in a shell."""
        done = subprocess.run(
            ["/bin/bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout


@pytest.fixture
def theirs(sim: Simulator, postgres: Postgres, schema: str, tmp_path: Path) -> Project:
    settings = {f"TARGET_POSTGRES_{name.upper()}": value for name, value in postgres.settings.items()}
    return Project(
        tmp_path,
        {
            "TAP_IIKO_BASE_URL": sim.url,
            "TAP_IIKO_LOGIN": "demo",
            "TAP_IIKO_PASSWORD": "demo-password",
            "TAP_IIKO_START_DATE": sim.first_day.isoformat(),
            **settings,
            "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": schema,
        },
    )


def test_an_empty_project_loads_by_the_four_lines(theirs: Project, sim: Simulator, database: Connection) -> None:
    for line in four_lines("README.md"):
        theirs.run(line.replace("/path/to/tap-iiko", str(ROOT)))
    assert "views: done in schema" in theirs.run("meltano invoke tap-iiko:views")
    assert "prune: done in schema" in theirs.run("meltano invoke tap-iiko:prune")
    assert_equal_to_books(lambda table: rows_of(database, table), sim)
    kinds: dict[str, str] = dict(
        database.execute(
            "select column_name, data_type from information_schema.columns "
            "where table_schema = current_schema() and table_name = 'receipts'"
        ).fetchall()
    )
    assert kinds["id"] == "uuid"
    assert not {name for name in kinds if name.startswith("_sdc")}, "the loader's settings came along"

    (theirs.folder / "csv.yml").write_text(yaml.safe_dump(CSV))
    theirs.run("meltano add target-csv --from-ref csv.yml")
    theirs.run("TARGET_CSV_OUTPUT_PATH=output meltano run tap-iiko target-csv")
    with next((theirs.folder / "output").glob("receipts*.csv")).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(sim.books.rows("receipts"))
    total = sum(Decimal(row["dish_discount_sum"] or 0) for row in rows)
    assert round(total, 2) == sum(day["dish_discount_sum"] for day in sim.books.days())
