"""The limit: a finished file by COPY into a temporary table, then one merge."""

from __future__ import annotations

import sys
from pathlib import Path

import psycopg
from psycopg import sql

from bench.programs.rows import Job

BLOCK_BYTES = 1 << 18


def main(schema: str, file: Path) -> None:
    """Load the file."""
    job = Job()
    table = sql.Identifier(schema, "receipt_items")
    names = [column.name for column in job.columns]
    updates = sql.SQL(", ").join(
        sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in names if name not in {"server_id", "id"}
    )
    merge = sql.SQL("insert into {} select * from fresh on conflict (server_id, id) do update set {}")
    with psycopg.connect(job.database) as connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("create temporary table fresh (like {}) on commit drop").format(table))
        with file.open("rb") as source, cursor.copy("copy fresh from stdin") as copy:
            while block := source.read(BLOCK_BYTES):
                copy.write(block)
        cursor.execute(merge.format(table, updates))


if __name__ == "__main__":
    main(sys.argv[2], Path(sys.argv[3]))
