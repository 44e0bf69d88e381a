"""dbt as ``meltano.yml`` runs it, without Meltano's start; and what is in the marts."""

from __future__ import annotations

import json
import subprocess
import typing as t
from dataclasses import dataclass

from psycopg.rows import dict_row

from support.databases import clean_environment
from support.paths import DBT, ROOT, read

if t.TYPE_CHECKING:
    from pathlib import Path

    import psycopg

    from demo.postgres import Postgres

BY_DAY = ("sales_daily", "sales_hourly", "payment_mix", "waiters")
MARTS = (
    *BY_DAY,
    *("dish_abc", "cash_shifts_daily", "late_change_log", "completeness", "labour_daily", "purchases_daily"),
    *("pnl_monthly", "ingredient_consumption"),
)
Row = dict[str, t.Any]
_, _, _after = read("meltano.yml").partition("PGOPTIONS: >-\n")
PGOPTIONS = _after.splitlines()[0].strip()


@dataclass(frozen=True)
class Step:
    """How a model or a test of a build ended."""

    status: str
    rows: int | None
    message: str


class Dbt:
    """The project over one schema; all builds share what dbt remembers of it."""

    def __init__(self, postgres: Postgres, schema: str, folder: Path) -> None:
        self.schema = schema
        self.folder = folder
        settings = {f"TARGET_POSTGRES_{name.upper()}": value for name, value in postgres.settings.items()}
        self.environment = {
            **clean_environment(),
            **settings,
            "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": schema,
            "DBT_PROJECT_DIR": str(ROOT / "transform"),
            "DBT_PROFILES_DIR": str(ROOT / "transform"),
            "DBT_TARGET_PATH": str(folder),
            "DBT_LOG_PATH": str(folder / "logs"),
            "PGOPTIONS": PGOPTIONS,
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of dbt."""
        return subprocess.run(
            [str(DBT), *arguments],
            env=self.environment,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )

    def steps(self) -> dict[str, Step]:
        """Of the last build: models and tests by their names."""
        results = json.loads((self.folder / "run_results.json").read_text(encoding="utf-8"))["results"]
        return {
            each["unique_id"].split(".")[2]: Step(
                each["status"], each["adapter_response"].get("rows_affected"), each["message"] or ""
            )
            for each in results
        }

    def manifest(self) -> dict[str, t.Any]:
        """What dbt knows of the project."""
        text = (self.folder / "manifest.json").read_text(encoding="utf-8")
        return t.cast("dict[str, t.Any]", json.loads(text))


def rows_of_mart(database: psycopg.Connection[t.Any], schema: str, mart: str) -> list[Row]:
    """All of a mart; ``written`` is the transaction that wrote a row, days and ids are texts."""
    written = ", xmin::text as written" if mart != "late_change_log" else ""
    with database.cursor(row_factory=dict_row) as cursor:
        cursor.execute(f"select *{written} from {schema}_marts.{mart}".encode())
        return [{name: _plain(value) for name, value in row.items()} for row in cursor]


def _plain(value: t.Any) -> t.Any:
    return value if isinstance(value, (int, bool, str)) or value is None or hasattr(value, "as_tuple") else str(value)
