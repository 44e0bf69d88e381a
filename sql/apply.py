"""``python -m sql.apply views|prune``: run one of these files in the database that the environment or .env names."""

from __future__ import annotations

import argparse
import os
import sys
import typing as t
from pathlib import Path

import psycopg
from dotenv import dotenv_values
from psycopg.conninfo import make_conninfo

from tap_iiko.commands.sql import NAMES, statements
from tap_iiko.settings.database import parameters_of, schema_of, url_of

if t.TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).parent
RUN_THE_ANSWER = "\n\\gexec\n"  # psql's word


def settings() -> dict[str, str]:
    """The loader's variables, in its order: environment, then .env."""
    known = {**dotenv_values(HERE.parent / ".env"), **os.environ}
    return {name: value for name, value in known.items() if value}


def connection_string(known: Mapping[str, str]) -> str:
    """For psycopg."""
    return url_of(known) or make_conninfo("", **parameters_of(known))


def apply(
    name: str, connection: psycopg.Connection[tuple[t.Any, ...]], schema: str, *, reader: str | None = None
) -> list[dict[str, t.Any]]:
    """Run ``sql/<name>.sql`` in a schema, as psql does; the connection commits by itself.

    Returns:
        The rows that its last statement answers with.
    """
    connection.execute("select set_config('search_path', %s, false)", [schema])
    *made, rest = statements(name, reader=reader).split(RUN_THE_ANSWER)
    for part in made:
        for row in _last_answer(connection, part):
            for statement in filter(None, row):
                connection.execute(statement)
    cursor = _last_answer(connection, rest)
    columns = [column.name for column in cursor.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in cursor] if columns else []


def _last_answer(connection: psycopg.Connection[tuple[t.Any, ...]], text: str) -> psycopg.Cursor[tuple[t.Any, ...]]:
    cursor = connection.execute(text.encode())
    while cursor.nextset():
        pass
    return cursor


def report(rows: list[dict[str, t.Any]]) -> t.Iterator[str]:
    """What prune did, table by table."""
    if not rows:
        return
    yield f"{'table':<20} {'removed rows':>14} {'partitions left alone':>22}"
    for row in rows:
        yield f"{row['table_name']:<20} {row['removed_rows']:>14,} {row['left_partitions']:>22,}"
    if left := sum(row["left_partitions"] for row in rows):
        yield (
            f"Partitions with fewer rows than sync_log says were loaded: {left:,}. Nothing of them was removed; see "
            'the view broken_partitions, and "What to do when" in the README.'
        )


def main() -> int:
    """Run it and say what it did."""
    parser = argparse.ArgumentParser(prog="python -m sql.apply", description=__doc__)
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--reader", metavar="ROLE", help="with views: a role that may read all of it from now on")
    options = parser.parse_args()
    known = settings()
    schema = schema_of(known)
    try:
        with psycopg.connect(connection_string(known), autocommit=True) as connection:
            for line in report(apply(options.name, connection, schema, reader=options.reader)):
                print(line)
    except psycopg.Error as error:
        print(f"{options.name}.sql: {error}", file=sys.stderr)
        return 1
    print(f"{options.name}.sql: done in schema {schema}.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
