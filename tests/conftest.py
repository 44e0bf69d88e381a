"""Fixtures that more than one module uses."""

from __future__ import annotations

import copy
import typing as t
import zlib

import psycopg
import pytest

from demo.postgres import Postgres, start
from simulator import Simulator
from support.hurry import hurry
from support.meltano_project import MeltanoProject
from support.other_iiko import OtherIiko
from support.other_ledger import LISTS, ledger
from support.raw_iiko import RawIiko

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.databases import Connection

pytest_plugins = ["support.marts_story", "support.morning_fixtures"]


@pytest.fixture(autouse=True)
def state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tap's private folder, each test its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """A small chain."""
    with Simulator(seed=7, departments=2, days=12, receipts_per_day=12) as simulator:
        yield simulator
        assert simulator.open_tokens == 0, "a licence slot leaked"
        assert simulator.max_in_flight <= 1, "two requests at a time"
        assert simulator.refused_concurrent == 0


@pytest.fixture
def other() -> Iterator[OtherIiko]:
    """The second iiko: one restaurant of two days."""
    with OtherIiko(ledger(), lists=copy.deepcopy(LISTS)) as server:
        yield server
        assert server.token is None, "a licence slot leaked"
        assert server.most_in_flight == 1
        assert server.secrets_in_urls == []


@pytest.fixture
def server() -> Iterator[RawIiko]:
    """The second iiko, answering byte by byte where a test says so."""
    with RawIiko() as raw:
        yield raw
        assert raw.token is None, "a licence slot leaked"


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back-off and pauses take no time."""
    hurry(monkeypatch)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server of our own."""
    server = start()
    yield server
    server.stop()


@pytest.fixture
def schema(request: pytest.FixtureRequest) -> str:
    """A schema for each test, by its name."""
    name = request.node.name.removeprefix("test_").split("[")[0]
    return f"{name[:50]}_{zlib.crc32(request.node.nodeid.encode()):08x}"


@pytest.fixture
def database(postgres: Postgres, schema: str) -> Iterator[Connection]:
    """A connection that sees the test's schema, which ends with it."""
    with psycopg.connect(postgres.url, options=f"-csearch_path={schema}", autocommit=True) as connection:
        yield connection
        connection.execute(f"drop schema if exists {schema} cascade")


@pytest.fixture
def project(sim: Simulator, postgres: Postgres, schema: str, tmp_path: Path) -> MeltanoProject:
    """Settings by the names that an old .env has where there are such."""
    (tmp_path / "jsonl").mkdir()
    settings = postgres.settings
    return MeltanoProject(
        tmp_path / "project",
        TAP_IIKO_BASE_URL=sim.url,
        IIKO_API_LOGIN="demo",
        IIKO_API_PASSWORD="demo-password",
        TAP_IIKO_START_DATE=sim.first_day.isoformat(),
        DB_HOST=settings["host"],
        DB_PORT=settings["port"],
        DB_NAME=settings["database"],
        DB_USER=settings["user"],
        DB_PASSWORD=settings["password"],
        TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA=schema,
        TARGET_JSONL_DESTINATION_PATH=str(tmp_path / "jsonl"),
    )
