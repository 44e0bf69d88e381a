"""What the tests of the morning page stand on: a loaded database, a browser, and a page in it."""

from __future__ import annotations

import typing as t

import psycopg
import pytest

from simulator import Simulator
from support.bad_mornings import DAY
from support.catalogs import catalog_of
from support.databases import into_postgres
from support.morning import CHROMIUM, INSTALL, LAST_DAY, PERIOD, SCHEMA, Look
from support.sales_books import SalesBooks
from support.taps import config_for, run_tap
from tap_iiko.commands.apply import apply

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from demo.postgres import Postgres
    from support.databases import Connection

TABLES = ("servers", "departments", "products", "receipts", "receipt_items", "receipt_payments", "sales")
OWN = ("reconciliation", "late_changes", "sync_log")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The machine's Chromium: none is downloaded."""
    if CHROMIUM is None:
        pytest.skip(INSTALL)
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - starts a process

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def restaurants() -> Iterator[Simulator]:
    """Two of them over ten weeks, up to a day that has long closed."""
    with Simulator(seed=11, departments=2, days=70, receipts_per_day=7, last_day=LAST_DAY) as simulator:
        simulator.business.do("refund", day=(LAST_DAY - 5 * DAY).isoformat(), on_day=(LAST_DAY - DAY).isoformat())
        simulator.business.do("delete_line", day=LAST_DAY.isoformat())
        simulator.business.do("post_cost", day=LAST_DAY.isoformat())
        yield simulator


@pytest.fixture(scope="module")
def books(restaurants: Simulator) -> SalesBooks:
    """What their figures come to; ABC over the period of the page."""
    return SalesBooks.of(restaurants, PERIOD[1], abc_days=28)


@pytest.fixture(scope="module")
def loaded(restaurants: Simulator, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a database with all of it."""
    config = config_for(restaurants, end_date=LAST_DAY.isoformat(), lookback_days=800)
    result = run_tap(config, catalog=catalog_of(*TABLES, *OWN))
    assert result.code == 0
    into_postgres(result.output, postgres, SCHEMA, tmp_path_factory.mktemp("target"))
    with psycopg.connect(postgres.url, options=f"-csearch_path={SCHEMA}", autocommit=True) as connection:
        apply("views", connection, SCHEMA)
        yield postgres.url
        connection.execute(f"drop schema {SCHEMA} cascade")


@pytest.fixture
def morning(loaded: str) -> Iterator[Connection]:
    """That database; what a test changes is undone."""
    with psycopg.connect(loaded, options=f"-csearch_path={SCHEMA}") as connection:
        connection.execute("set local session_replication_role = replica")  # no trigger keeps the newer row
        yield connection
        connection.rollback()


@pytest.fixture
def look(morning: Connection, browser: Browser, tmp_path: Path) -> Look:
    """At the page of this morning."""
    return Look(morning, browser, tmp_path)
