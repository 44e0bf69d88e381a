"""What is on the screen when the database is the trouble: few lines, in words that docs/what-to-do-when explains."""

from __future__ import annotations

import contextlib
import json
import subprocess
import typing as t
from contextlib import ExitStack

import psycopg
import pytest

from demo.postgres import free_port
from support.databases import Connection, clean_environment, target_config
from support.paths import TARGET_POSTGRES, read
from support.taps import config_for, run_tap

if t.TYPE_CHECKING:
    from pathlib import Path

    from demo.postgres import Postgres
    from simulator import Simulator
    from support.meltano_project import MeltanoProject

ROLE = "reader"
PAGES = [read(name) for name in ("docs/what-to-do-when.md", "docs/what-to-do-when.ru.md")]


def said_by_the_loader(config: dict[str, t.Any], folder: Path) -> str:
    """Of a table with one row."""
    (folder / "target.json").write_text(json.dumps(config))
    columns = {"id": {"type": "string"}, "name": {"type": ["string", "null"]}}
    table = {"type": "SCHEMA", "stream": "stores", "schema": {"properties": columns}, "key_properties": ["id"]}
    row = {"type": "RECORD", "stream": "stores", "record": {"id": "1", "name": "Склад"}}
    done = subprocess.run(
        [str(TARGET_POSTGRES), "--config", str(folder / "target.json")],
        input="\n".join(map(json.dumps, [table, row])),
        check=False,
        capture_output=True,
        text=True,
        env=clean_environment(),
        timeout=120,
    )
    assert done.returncode
    return done.stderr


def assert_explained(words: str, said: str) -> None:
    """These words are on the screen, and in the table of both languages."""
    assert words in said
    for text in PAGES:
        assert words.replace("nosuch", "…") in text, words


@pytest.fixture
def reader(database: Connection) -> t.Iterator[dict[str, t.Any]]:
    """Somebody who may only look."""
    database.execute(f"create role {ROLE} login password 'look'")
    yield {"user": ROLE, "password": "look"}
    database.execute(f"drop owned by {ROLE}; drop role {ROLE}")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"port": free_port()}, "Connection refused"),
        ({"host": "no-such-host.invalid"}, "failed to resolve host"),
        ({"password": "not-the-one"}, "password authentication failed for user"),
        ({"database": "nosuch"}, 'database "nosuch" does not exist'),
    ],
)
def test_a_server_that_cannot_be_entered(
    postgres: Postgres, tmp_path: Path, wrong: dict[str, t.Any], words: str
) -> None:
    said = said_by_the_loader({**target_config(postgres, "x"), **wrong}, tmp_path)
    assert_explained(words, said)
    assert "not-the-one" not in said


def test_a_user_who_may_not(postgres: Postgres, database: Connection, reader: dict[str, t.Any], tmp_path: Path) -> None:
    config = {**target_config(postgres, "nowhere"), **reader}
    assert_explained("permission denied for database", said_by_the_loader(config, tmp_path))
    database.execute(f"create schema theirs; grant usage on schema theirs to {ROLE}")
    config["default_target_schema"] = "theirs"
    assert_explained("permission denied for schema", said_by_the_loader(config, tmp_path))
    database.execute(f"create table theirs.stores (id text primary key); grant select on theirs.stores to {ROLE}")
    assert_explained("must be owner of table", said_by_the_loader(config, tmp_path))
    database.execute("alter table theirs.stores add column name text")
    assert_explained("permission denied for table", said_by_the_loader(config, tmp_path))
    database.execute("drop schema theirs cascade")


def test_a_server_that_is_full(
    postgres: Postgres, database: Connection, reader: dict[str, t.Any], tmp_path: Path
) -> None:
    config = {**target_config(postgres, "nowhere"), **reader}
    database.execute(f"alter role {ROLE} connection limit 0")
    assert_explained("too many connections for role", said_by_the_loader(config, tmp_path))
    database.execute(f"alter role {ROLE} connection limit -1")
    with ExitStack() as taken:
        with contextlib.suppress(psycopg.OperationalError):
            while True:
                taken.enter_context(contextlib.closing(psycopg.connect(postgres.url, **reader)))
        assert_explained("remaining connection slots are reserved", said_by_the_loader(config, tmp_path))
        with contextlib.suppress(psycopg.OperationalError):
            while True:
                taken.enter_context(contextlib.closing(psycopg.connect(postgres.url)))
        owner = target_config(postgres, "nowhere")
        assert_explained("too many clients already", said_by_the_loader(owner, tmp_path))


def test_a_run_shows_the_tap_and_what_is_wrong_stands_out(sim: Simulator, project: MeltanoProject) -> None:
    good = project.run("run", "tap-iiko", "target-postgres", TAP_IIKO__SELECT='["stores.*"]')
    assert good.returncode == 0, good.stdout
    assert not [line for line in good.stdout.splitlines() if "] target-postgres" in line]
    assert "[warning  ] tap-iiko     sync_log is not selected" in good.stdout
    bad = project.run("run", "tap-iiko", "target-postgres", DB_PASSWORD="not-the-one")
    assert bad.returncode == 1
    (line,) = [line for line in bad.stdout.splitlines() if "[error    ] target-postgres" in line]
    assert "password authentication failed" in line
    assert "not-the-one" not in bad.stdout
    # Meltano kills a tap whose target has failed: if that came before the logout, the next run gives the slot back.
    assert run_tap(config_for(sim)).code == 0
