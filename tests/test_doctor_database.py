"""--doctor of the database: each trouble is found by its own check, and the remedy that it names heals it."""

from __future__ import annotations

import shutil
import typing as t

import psycopg
import pytest

from support.doctor import NOWHERE, assert_found, assert_healed, healthy, visit, visit_alone
from tap_iiko.commands.doctor import DATABASE
from tap_iiko.commands.doctor import database as the_database

if t.TYPE_CHECKING:
    from pathlib import Path

    from demo.postgres import Postgres
    from simulator import Simulator
    from support.databases import Connection
    from support.meltano_project import MeltanoProject


@pytest.fixture
def variables(postgres: Postgres, schema: str) -> dict[str, str]:
    """The loader's settings."""
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "database": "DATABASE"}
    given = {f"TARGET_POSTGRES_{name}": postgres.settings[key] for key, name in names.items()}
    return {**given, "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": schema}


@pytest.fixture
def role(database: Connection, postgres: Postgres) -> t.Iterator[str]:
    """Somebody without rights, whose password is as the name."""
    database.execute("create role doctor_user login password 'doctor_user'")
    yield "doctor_user"
    database.execute("drop owned by doctor_user; drop role doctor_user")


def as_role(variables: t.Mapping[str, str], role: str) -> dict[str, str]:
    return {**variables, "TARGET_POSTGRES_USER": role, "TARGET_POSTGRES_PASSWORD": role}


def test_a_database_that_is_ready(sim: Simulator, variables: dict[str, str], tmp_path: Path) -> None:
    found = visit(tmp_path, healthy(sim), environment=variables)
    assert_healed(found)
    assert [each["check"] for each in found.checks if each["subject"] == "database"] == [each.name for each in DATABASE]
    assert found.of("size", "database")[0]["status"] == "good", "the administrator may see where the data are"
    old = {
        name.replace("TARGET_POSTGRES_", "DB_").replace("DATABASE", "NAME"): value for name, value in variables.items()
    }
    assert_healed(visit(tmp_path, healthy(sim), environment=old))


@pytest.mark.parametrize(
    ("name", "value", "check", "words"),
    [
        ("HOST", NOWHERE, "name", "Correct TARGET_POSTGRES_HOST"),
        ("PORT", "1", "port", "TARGET_POSTGRES_PORT"),
        ("PORT", "five", "settings", "5432"),
        ("USER", "", "settings", "Set them in .env"),
        ("PASSWORD", "not-the-one", "login", "TARGET_POSTGRES_PASSWORD"),
        ("DATABASE", "nosuch", "login", "createdb"),
    ],
)
def test_a_database_that_cannot_be_entered(
    sim: Simulator, variables: dict[str, str], name: str, value: str, check: str, words: str, tmp_path: Path
) -> None:
    broken = visit(tmp_path, healthy(sim), environment={**variables, f"TARGET_POSTGRES_{name}": value})
    assert_found(broken, check, words, subject="database")
    assert "not-the-one" not in broken.said


def test_a_user_who_may_create_nothing(
    sim: Simulator, variables: dict[str, str], role: str, database: Connection, tmp_path: Path
) -> None:
    """Each remedy is what is then done."""
    given = as_role(variables, role)
    broken = visit(tmp_path, healthy(sim), environment=given)
    assert_found(broken, "rights", "grant create on database", subject="database")
    database.execute(broken.remedy("rights", "database").partition(": ")[2])
    assert_healed(visit(tmp_path, healthy(sim), environment=given))
    schema = variables["TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA"]
    database.execute(f'create schema "{schema}"; revoke create on database iiko from {role}')
    broken = visit(tmp_path, healthy(sim), environment=given)
    assert_found(broken, "rights", "on schema", subject="database")
    database.execute(broken.remedy("rights", "database").partition(": ")[2])
    assert_healed(visit(tmp_path, healthy(sim), environment=given))


def test_tables_that_somebody_else_has_made(
    sim: Simulator, variables: dict[str, str], role: str, database: Connection, tmp_path: Path
) -> None:
    schema = variables["TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA"]
    database.execute(f"create role former; create schema {schema}; grant all on schema {schema} to {role}, former")
    database.execute(
        f"create table {schema}.receipts (id text primary key); alter table {schema}.receipts owner to former"
    )
    try:
        broken = visit(tmp_path, healthy(sim), environment=as_role(variables, role))
        assert_found(broken, "rights", "owner to", subject="database")
        query, _, rest = broken.remedy("rights", "database").partition(": ")[2].partition("\\gexec")
        assert not rest
        for (statement,) in database.execute(query.encode()).fetchall():
            database.execute(statement)
        assert_healed(visit(tmp_path, healthy(sim), environment=as_role(variables, role)))
    finally:
        database.execute("drop owned by former; drop role former")


def test_a_database_that_may_only_be_read(
    sim: Simulator, variables: dict[str, str], role: str, database: Connection, tmp_path: Path
) -> None:
    database.execute(
        f"grant create on database iiko to {role}; alter role {role} set default_transaction_read_only = on"
    )
    given = as_role(variables, role)
    assert_found(visit(tmp_path, healthy(sim), environment=given), "version", "off", subject="database")
    database.execute(f"alter role {role} set default_transaction_read_only = off")
    assert_healed(visit(tmp_path, healthy(sim), environment=given))


def test_a_disk_of_the_database_that_is_full(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    subject = the_database.Database({}, needed_bytes=1 << 40)
    with psycopg.connect(postgres.url) as subject.connection:
        full = shutil.disk_usage("/")._replace(free=1 << 30)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
        (finding,) = the_database.size(subject)
        assert (finding.status, finding.remedy) == ("bad", "Make room on the disk of the database.")


def test_without_psycopg_the_way_to_the_database_is_checked_and_the_rest_is_said(
    sim: Simulator, variables: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "psycopg.py").write_text("raise ImportError('not installed')")
    found = visit_alone(tmp_path, healthy(sim), environment={**variables, "PYTHONPATH": str(tmp_path)})
    assert_healed(found)
    assert "pip install 'tap-iiko[postgres]'" in found.of("login", "database")[0]["words"]
    statuses = [each["status"] for each in found.checks if each["subject"] == "database"]
    assert statuses == ["good"] * 3 + ["unchecked"] * 4


def test_under_meltano_the_selection_and_the_old_names_count(sim: Simulator, project: MeltanoProject) -> None:
    done = project.run("invoke", "tap-iiko", "--doctor", TAP_IIKO__SELECT='["stores.*","sync_log.*"]')
    assert done.returncode == 0, done.stdout
    assert "✓ rights       all 1 tables can be read" in done.stdout
    assert "✓ size" in done.stdout
    assert sim.open_tokens == 0
    forbidden = project.run("invoke", "tap-iiko", "--doctor", DB_PASSWORD="not-the-one")
    assert forbidden.returncode == 1
    assert "✗ login" in forbidden.stdout
    assert "not-the-one" not in forbidden.stdout
