"""``tap-iiko --apply views|prune``: run that SQL in the PostgreSQL which the environment or .env names."""

from __future__ import annotations

import os
import typing as t

import click
import psycopg
from dotenv import dotenv_values
from psycopg.conninfo import make_conninfo

from tap_iiko.commands.sql import statements
from tap_iiko.settings.database import parameters_of, schema_of, unnamed, url_of
from tap_iiko.settings.report_tables import tables_of

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_iiko.tables import Table

RUN_THE_ANSWER = "\n\\gexec\n"  # psql's word


def settings() -> dict[str, str]:
    """The loader's variables, in its order: environment, then the .env of this folder."""
    known = {**dotenv_values(".env"), **os.environ}
    return {name: value for name, value in known.items() if value}


def connection_string(known: Mapping[str, str]) -> str:
    """For psycopg."""
    return url_of(known) or make_conninfo("", **parameters_of(known))


def apply(
    name: str,
    connection: psycopg.Connection[tuple[t.Any, ...]],
    schema: str,
    *,
    reader: str | None = None,
    own: t.Sequence[Table] = (),
) -> list[dict[str, t.Any]]:
    """Run the SQL of that name in a schema, as psql does; the connection commits by itself.

    Returns:
        The rows that its last statement answers with.
    """
    connection.execute("select set_config('search_path', %s, false)", [schema])
    *made, rest = statements(name, reader=reader, own=own).split(RUN_THE_ANSWER)
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
            "the view broken_partitions, and docs/what-to-do-when.md."
        )


def run(_: t.Any, name: str, more: Mapping[str, t.Any]) -> int:
    """Run it and say what it did.

    Returns:
        The exit code.
    """
    known = settings()
    schema, own = schema_of(known), tables_of(known)
    if said := unnamed(known):
        click.echo(f"{name}: {said}", err=True)
        return 1
    try:
        with psycopg.connect(connection_string(known), autocommit=True) as connection:
            for line in report(apply(name, connection, schema, reader=more.get("--reader"), own=own)):
                click.echo(line)
    except psycopg.Error as error:
        click.echo(f"{name}: {error}", err=True)
        return 1
    click.echo(f"{name}: done in schema {schema}.")
    return 0
