"""A real PostgreSQL and target-postgres."""

from __future__ import annotations

import json
import os
import subprocess
import typing as t
from decimal import Decimal

import psycopg

from support.paths import TARGET_POSTGRES

if t.TYPE_CHECKING:
    from pathlib import Path

    from demo.postgres import Postgres

OURS = ("TAP_IIKO_", "TARGET_POSTGRES_", "IIKO_", "DB_", "MELTANO_", "PG")
Connection = psycopg.Connection[tuple[t.Any, ...]]


def clean_environment() -> dict[str, str]:
    """Nothing of the developer's own settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)}


def target_config(postgres: Postgres, schema: str) -> dict[str, t.Any]:
    """As in meltano.yml."""
    return {
        **postgres.settings,
        "port": postgres.port,
        "default_target_schema": schema,
        "use_copy": True,
        "validate_records": False,
        "add_record_metadata": False,
        "activate_version": False,
    }


def into_postgres(output: bytes, postgres: Postgres, schema: str, folder: Path) -> None:
    """What a tap wrote, or what a file kept of it, through target-postgres."""
    (folder / "target.json").write_text(json.dumps(target_config(postgres, schema)))
    done = subprocess.run(
        [str(TARGET_POSTGRES), "--config", str(folder / "target.json")],
        input=output,
        check=False,
        capture_output=True,
        env=clean_environment() | {"PGTZ": "UTC"},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr.decode()


def rows_of(database: Connection, table: str) -> list[dict[str, t.Any]]:
    """The current rows as the tap would write them."""
    cursor = database.execute(f"select to_jsonb(v)::text from current_{table} v")
    rows = [json.loads(row[0], parse_float=Decimal) for row in cursor]
    assert rows
    return rows
