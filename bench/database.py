"""The PostgreSQL that everything is loaded into, and whether what arrived is right."""

from __future__ import annotations

import os
import typing as t
from decimal import Decimal
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

from bench.measure import BenchError

if t.TYPE_CHECKING:
    from bench.source import Day

TABLE = "receipt_items"
HALF_A_KOPECK = Decimal("0.005")


class Database:
    """A database by its connection URL; everything happens in schemas of the benchmark's own."""

    def __init__(self, url: str) -> None:
        """Check that it answers.

        Raises:
            BenchError: it does not.
        """
        self.url = url
        try:
            with psycopg.connect(url) as connection:
                self.version = connection.info.server_version // 10000
                backend = connection.info.backend_pid
                self._postmaster = _parent_of(backend) if _is_postgres(backend) else None
        except psycopg.OperationalError as error:
            raise BenchError(f"The database of BENCH_DATABASE_URL does not answer: {error}") from None

    @property
    def target_settings(self) -> dict[str, t.Any]:
        """The connection by the setting names of target-postgres."""
        parts = urlsplit(self.url)
        return {
            "host": parts.hostname or "127.0.0.1",
            "port": parts.port or 5432,
            "user": unquote(parts.username or ""),
            "password": unquote(parts.password or "") or "none",
            "database": parts.path.removeprefix("/"),
        }

    def clear(self, schema: str) -> None:
        """Make every load a first load."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            for name in (schema, f"{schema}_staging"):  # dlt's second schema
                connection.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(name)))

    def check(self, schema: str, expected: t.Mapping[str, Day]) -> int:
        """Compare rows and revenue of every business day with the simulator's books.

        Returns:
            The number of rows.

        Raises:
            BenchError: something is missing, double or wrong.
        """
        query = sql.SQL("select business_date::text, count(*), sum(dish_discount_sum) from {} group by 1").format(
            sql.Identifier(schema, TABLE)
        )
        with psycopg.connect(self.url) as connection:
            found = {day: (lines, revenue) for day, lines, revenue in connection.execute(query)}
        if found.keys() != {day for day, books in expected.items() if books.lines}:
            raise BenchError(f"{schema}: {len(found)} business days instead of {len(expected)}")
        for day, (lines, revenue) in found.items():
            books = expected[day]
            if lines != books.lines or abs(revenue - books.revenue) > HALF_A_KOPECK:
                raise BenchError(f"{schema} {day}: {lines} rows, {revenue}; the books say {books}")
        return sum(lines for lines, _ in found.values())

    def save_copy(self, schema: str, file: Path) -> None:
        """Write a table as COPY wants it back."""
        table = sql.Identifier(schema, TABLE)
        with (
            psycopg.connect(self.url) as connection,
            connection.cursor().copy(sql.SQL("copy {} to stdout").format(table)) as copy,
            file.open("wb") as output,
        ):
            for block in copy:
                output.write(block)

    def copy_table(self, schema: str, new: str) -> None:
        """An empty table like that one, key included."""
        names = {"old": sql.Identifier(schema, TABLE), "new": sql.Identifier(new, TABLE), "schema": sql.Identifier(new)}
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.SQL("create schema {schema}").format(**names))
            connection.execute(sql.SQL("create table {new} (like {old} including all)").format(**names))

    def cpu(self) -> float | None:
        """CPU seconds of the server so far, if it runs on this machine and the system tells."""
        if self._postmaster is None:
            return None
        ticks = sum(_times(self._postmaster)[:4])
        children = Path(f"/proc/{self._postmaster}/task/{self._postmaster}/children")
        ticks += sum(sum(_times(int(child))[:2]) for child in children.read_text(encoding="ascii").split())
        return ticks / os.sysconf("SC_CLK_TCK")


def _times(pid: int) -> list[int]:
    """User and system ticks of a process, then of its children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return [0, 0, 0, 0]
    return [int(field) for field in fields[11:15]]


def _is_postgres(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="ascii").startswith("postgres")
    except OSError:
        return False


def _parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[1])
