"""The loader's settings in the environment, for what looks into its database: doctor, views, prune, morning page."""

from __future__ import annotations

import typing as t

SCHEMA = "iiko"  # as in meltano.yml
URL = "TARGET_POSTGRES_SQLALCHEMY_URL"
# What a client calls it: the loader's variable, that of the IIKO Data Synchronizer.
VARIABLES: t.Final = {
    "host": ("TARGET_POSTGRES_HOST", "DB_HOST"),
    "port": ("TARGET_POSTGRES_PORT", "DB_PORT"),
    "user": ("TARGET_POSTGRES_USER", "DB_USER"),
    "password": ("TARGET_POSTGRES_PASSWORD", "DB_PASSWORD"),
    "dbname": ("TARGET_POSTGRES_DATABASE", "DB_NAME"),
}
# PostgreSQL's client reads these itself.
OF_THE_CLIENT: t.Final = ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE", "PGUSER")

Variables = t.Mapping[str, str]


def url_of(known: Variables) -> str | None:
    """The address of all in one, if that is how it is given."""
    url = known.get(URL)
    return url.replace("+psycopg2", "").replace("+psycopg", "") if url else None


def parameters_of(known: Variables) -> dict[str, str]:
    """Host, port, user, password and dbname, as far as they are given."""
    given = {key: next((known[name] for name in names if known.get(name)), "") for key, names in VARIABLES.items()}
    return {key: value for key, value in given.items() if value}


def schema_of(known: Variables) -> str:
    """The schema of all tables."""
    return known.get("TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA") or SCHEMA


def unnamed(known: Variables) -> str | None:
    """What to do where nothing names a database: PostgreSQL's client would try a socket, and name that."""
    if url_of(known) or parameters_of(known) or any(known.get(name) for name in OF_THE_CLIENT):
        return None
    names = ", ".join(ours for ours, _ in VARIABLES.values())
    return f"No database is named: set {names} in the environment, or in a file .env in this folder."
