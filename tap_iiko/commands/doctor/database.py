"""The loader's database, where its settings are in the environment."""

from __future__ import annotations

import importlib
import shutil
import typing as t
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tap_iiko import tables
from tap_iiko.commands.doctor.checks import bad, good, unchecked
from tap_iiko.commands.doctor.network import Place
from tap_iiko.settings.database import URL, VARIABLES, parameters_of, schema_of, url_of

if t.TYPE_CHECKING:
    from tap_iiko.commands.doctor.checks import Finding
    from tap_iiko.settings.database import Variables

SECONDS = 10
LOCAL = {None, "127.0.0.1", "::1"}
MEGABYTE = 1 << 20
NEEDED = ("host", "user", "password", "dbname")
# What PostgreSQL says, and what to do; the README has the same list for a run.
REMEDIES: t.Final = {
    "password authentication failed": "Check TARGET_POSTGRES_USER and TARGET_POSTGRES_PASSWORD; in .env a password "
    "with special characters stands in single quotes.",
    "no pg_hba.conf entry": "Let pg_hba.conf of the database server admit this user from this machine.",
    "permission denied for database": "As an administrator: grant connect on database … to the user.",
    "too many": "End idle connections (pg_stat_activity), or raise max_connections or the role's limit.",
    "connection slots": "End idle connections (pg_stat_activity), or raise max_connections.",
    "starting up": "Wait until the database has started.",
    'role "': "Create it (create user … password …), or correct TARGET_POSTGRES_USER.",
    'database "': "Create it (createdb), or correct TARGET_POSTGRES_DATABASE.",
}


@dataclass
class Database:
    """What is examined."""

    known: Variables
    """The environment."""
    needed_bytes: int = 0
    """Of a first load, as far as it was measured."""
    stack: ExitStack = field(default_factory=ExitStack)
    connection: t.Any = None

    @property
    def is_given(self) -> bool:
        """Whether the environment says anything of it."""
        return bool(url_of(self.known) or parameters_of(self.known))

    @property
    def schema(self) -> str:
        """That of all tables."""
        return schema_of(self.known)

    @property
    def place(self) -> Place | None:
        """Where it should listen."""
        given: dict[str, t.Any] = parameters_of(self.known)
        if url := url_of(self.known):
            parts = urlsplit(url)
            given = {"host": parts.hostname or "", "port": parts.port}
        if not given.get("host") or str(given["host"]).startswith("/"):
            return None
        return Place(
            str(given["host"]),
            int(given.get("port") or 5432),
            "Correct TARGET_POSTGRES_HOST, or the DNS of this machine.",
            "Is PostgreSQL running, are TARGET_POSTGRES_HOST and TARGET_POSTGRES_PORT right, and does it take "
            "connections from this machine (listen_addresses)?",
        )

    def ask(self, query: str, *values: t.Any) -> tuple[t.Any, ...]:
        """One row."""
        return t.cast("tuple[t.Any, ...]", self.connection.execute(query, values).fetchone())


def settings(database: Database) -> t.Iterator[Finding]:
    """Does the environment say where it is?"""
    if url_of(database.known):
        try:
            _ = database.place
        except ValueError:
            yield bad(f"{URL} cannot be read", "Write postgresql://user:password@host:5432/database.")
            return
        yield good(f"{URL} is set")
        return
    given = parameters_of(database.known)
    if lacking := [" or ".join(VARIABLES[name]) for name in NEEDED if name not in given]:
        yield bad(f"missing: {', '.join(lacking)}", "Set them in .env; .env.example shows how.")
    elif not given.get("port", "5432").isdecimal():
        yield bad("TARGET_POSTGRES_PORT is no number", "Usually it is 5432.")
    else:
        yield good(f"user {given['user']}, database {given['dbname']}, schema {database.schema}")


def login(database: Database) -> t.Iterator[Finding]:
    """Is the user let in?"""
    psycopg = _client()
    if psycopg is None:
        yield unchecked(
            "psycopg is not installed, without which nobody can look inside: pip install 'tap-iiko[postgres]'"
        )
        return
    try:
        given: dict[str, t.Any] = {} if url_of(database.known) else parameters_of(database.known)
        database.connection = database.stack.enter_context(
            psycopg.connect(url_of(database.known) or "", **given, connect_timeout=SECONDS, autocommit=True)
        )
    except psycopg.ProgrammingError:  # it quotes what it cannot read, a password too
        yield bad("the settings of the database cannot be read", f"Look at {URL} for characters that need %-encoding.")
    except psycopg.OperationalError as error:
        said = str(error).strip().splitlines()[-1].rpartition("FATAL:")[2].strip()
        remedy = next(
            (each for part, each in REMEDIES.items() if part in said), "See what PostgreSQL says, and its log."
        )
        yield bad(f"PostgreSQL refuses: {said}", remedy)
    else:
        yield good(f"{database.connection.info.user} is let in to {database.connection.info.dbname}")


def _client() -> t.Any:
    """An extra: the tap itself needs no database."""
    try:
        return importlib.import_module("psycopg")
    except ImportError:
        return None


def version(database: Database) -> t.Iterator[Finding]:
    """Which, and can it be written to?"""
    number, is_standby, read_only = database.ask(
        "select current_setting('server_version'), pg_is_in_recovery(), current_setting('transaction_read_only')"
    )
    if is_standby:
        yield bad(f"PostgreSQL {number}, a replica", "Let TARGET_POSTGRES_HOST name the server that may be written to.")
    elif read_only == "on":
        yield bad(
            f"PostgreSQL {number}, read only for this user or database",
            "alter role … set default_transaction_read_only = off, or the same of the database.",
        )
    else:
        yield good(f"PostgreSQL {number}")


def rights(database: Database) -> t.Iterator[Finding]:
    """May the loader make and change tables?"""
    user, name, schema = database.connection.info.user, database.connection.info.dbname, database.schema
    may_create, is_there, may_use = database.ask(
        """
        select has_database_privilege(current_database(), 'create'), to_regnamespace(quote_ident(%s)) is not null,
            coalesce((
                select has_schema_privilege(oid, 'create') and has_schema_privilege(oid, 'usage')
                from pg_namespace where nspname = %s
            ), false)
        """,
        schema,
        schema,
    )
    if not is_there and not may_create:
        yield bad(
            f"{user} may not create the schema {schema}",
            f'As an administrator: grant create on database "{name}" to "{user}"',
        )
        return
    if is_there and not may_use:
        yield bad(
            f"{user} may not create tables in the schema {schema}",
            f'As its owner: grant usage, create on schema "{schema}" to "{user}"',
        )
        return
    yield _ownership(database, user) or good(
        f"{user} may create tables in the schema {schema}{'' if is_there else ', which is still to be made'}"
    )


def _ownership(database: Database, user: str) -> Finding | None:
    """Tables that somebody else has made cannot be changed."""
    (owners,) = database.ask(
        """
        select string_agg(distinct tableowner, ', ') from pg_tables
        where schemaname = %s and tablename = any(%s) and not pg_has_role(tableowner, 'usage')
        """,
        database.schema,
        list(tables.catalogue()),
    )
    if not owners:
        return None
    own = (
        f"select format('alter table %I.%I owner to %I', schemaname, tablename, '{user}') "  # noqa: S608 - only told
        f"from pg_tables where schemaname = '{database.schema}' \\gexec"
    )
    return bad(
        f"tables of the schema {database.schema} belong to {owners}",
        f"Load as {owners}, or as an administrator, in psql: {own}",
    )


def size(database: Database) -> t.Iterator[Finding]:
    """Is there room for a first load?"""
    size, address, place = database.ask(
        """
        select pg_database_size(current_database()), host(inet_server_addr()),
            (select setting from pg_settings where name = 'data_directory')
        """
    )
    words = f"the database holds {size / MEGABYTE:,.0f} MB, the first load takes about {_megabytes(database)}"
    free = _free(place) if address in LOCAL else None
    if free is None:
        yield unchecked(f"{words}; how much its disk has left, only its server can tell")
    elif free < database.needed_bytes:
        yield bad(f"{words}, and its disk has {free / MEGABYTE:,.0f} MB left", "Make room on the disk of the database.")
    else:
        yield good(f"{words}; its disk has {free / MEGABYTE:,.0f} MB left")


def _megabytes(database: Database) -> str:
    return f"{database.needed_bytes / MEGABYTE:,.0f} MB" if database.needed_bytes else "as much as nobody has measured"


def _free(folder: str | None) -> int | None:
    """On this machine, if it may be looked at: PostgreSQL tells its folder to those who administrate it."""
    if not folder or not Path(folder).is_dir():
        return None
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None
