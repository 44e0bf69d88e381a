"""Rules between tables on the morning page: one line where one does not hold, nothing where all is well."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass
from decimal import Decimal

import psycopg
import pytest

from simulator import Simulator
from support.catalogs import catalog_of
from support.databases import into_postgres
from support.morning import Look, page_of, plain
from support.taps import config_for, run_tap
from tap_iiko.commands.apply import apply
from tap_iiko.proof.rules import RULES
from tap_iiko.report import captions

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from demo.postgres import Postgres
    from support.databases import Connection

SCHEMA = "rules"
DAY = datetime.timedelta(days=1)
FACTS = ("receipts", "receipt_items", "receipt_payments", "sales")
TABLES = ("departments", *FACTS, "cash_shifts", "checks", "reconciliation", "sync_log")


@dataclass
class Story:
    """An honest night, and one after which two shifts show more cash than their receipts have."""

    address: str
    honest: str
    """The page of the first morning."""
    proved: int
    """Sums that agreed then."""
    day: datetime.date
    restaurant: str
    other: str
    found: str
    """What the receipts of the worst shift come to, as the page writes it."""
    shown: str
    """What the shift shows."""


def closed_shifts(sim: Simulator) -> list[dict[str, t.Any]]:
    """Those with cash of days that have closed, the oldest first."""
    limit = (sim.last_day - 3 * DAY).isoformat()
    rows = [row for row in sim.books.rows("cash_shifts") if row["salesCash"] > 0 and row["(day)"] <= limit]
    return sorted(rows, key=lambda row: (row["(day)"], row["id"]))


@pytest.fixture(scope="module")
def story(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Told by the simulator's books."""
    folder, catalog = tmp_path_factory.mktemp("target"), catalog_of(*TABLES)
    with (
        Simulator(seed=7, departments=2, days=21, receipts_per_day=4) as sim,
        psycopg.connect(postgres.url, options=f"-csearch_path={SCHEMA}", autocommit=True) as connection,
    ):
        first = run_tap(config_for(sim), catalog=catalog)
        into_postgres(first.output, postgres, SCHEMA, folder)
        apply("views", connection, SCHEMA)
        honest = page_of(connection)
        (proved,) = connection.execute("select count(*) from current_checks where proved").fetchone() or (0,)
        little, *_, worst = closed_shifts(sim)
        sim.business.miscount_shift(shift=little["id"], roubles=100)
        sim.business.miscount_shift(shift=worst["id"], roubles=250)
        into_postgres(run_tap(config_for(sim), first.state, catalog).output, postgres, SCHEMA, folder)
        (department,) = {row["Department.Id"] for row in sim.books.rows("receipts") if row["SessionID"] == worst["id"]}
        names = {each.id: each.name.strip() for each in sim.ledger.group.departments}
        (shown,) = (Decimal(row["salesCash"]) for row in sim.books.rows("cash_shifts") if row["id"] == worst["id"])
        restaurant = names.pop(department)
        (other,) = names.values()
        yield Story(
            address=postgres.url,
            honest=honest,
            proved=proved,
            day=datetime.date.fromisoformat(worst["(day)"]),
            restaurant=restaurant,
            other=other,
            found=f"{shown - 250:,.2f}",
            shown=f"{shown:,.2f}",
        )
        connection.execute(f"drop schema {SCHEMA} cascade")


@pytest.fixture
def morning(story: Story) -> Iterator[Connection]:
    """The database of the second morning; what a test changes is undone."""
    with psycopg.connect(story.address, options=f"-csearch_path={SCHEMA}") as connection:
        connection.execute("set local session_replication_role = replica")  # no trigger keeps the newer row
        yield connection
        connection.rollback()


def test_where_every_rule_holds_nothing_is_said(story: Story) -> None:
    assert story.proved
    assert "Everything is there" in story.honest
    assert 'class="rule"' not in story.honest


def test_the_worst_of_a_rule_is_told_with_its_restaurant(
    story: Story, morning: Connection, browser: Browser, tmp_path: Path
) -> None:
    with Look(morning, browser, tmp_path)(lang="en") as seen:
        (line,) = seen.texts(".rule")
        assert line.removeprefix("≠").strip() == (
            "Payments of receipts do not equal the sums of their cash shifts (R1): 2 sums in 21 days. The most "
            f"{story.day.day} {story.day:%b}, {story.restaurant}, cash: {story.found} instead of {story.shown}, "
            "a difference of 250.00. Where to look: table checks, rows where proved = false."
        )
        assert seen.texts("h1") == ["Everything is there"], "iiko's totals are another thing"
        assert not any(seen.is_sideways(width) for width in (390, 768, 1440))
        seen.choose("ru")
        (line,) = seen.texts(".rule")
        assert "Оплаты чеков не равны суммам своих кассовых смен (R1): 2 суммы за 21 день. Больше всего" in line
        assert f", {story.restaurant}, наличные: " in line
        assert "разница 250,00. Где смотреть: таблица checks, строки, где proved = false." in line


def test_a_page_of_one_restaurant_tells_its_own_shifts(story: Story, morning: Connection) -> None:
    assert "250.00" in page_of(morning, department=story.restaurant)
    assert "250.00" not in page_of(morning, department=story.other)


@pytest.mark.parametrize(
    "change",
    [
        "update sync_log set is_final = false",
        "update checks set business_date = business_date - 100",
        "update checks set proved = null",
    ],
    ids=["open", "old", "undecided"],
)
def test_what_may_change_yet_or_is_history_is_not_told(morning: Connection, change: str) -> None:
    assert 'class="rule"' in page_of(morning)
    morning.execute(change.encode())
    assert 'class="rule"' not in page_of(morning)


def test_without_receipts_the_restaurant_is_not_named(story: Story, morning: Connection) -> None:
    told = f", cash: {story.found} instead of {story.shown}"
    assert f"{story.restaurant}{told}" in plain(page_of(morning))
    morning.execute("drop table receipts cascade")
    page = plain(page_of(morning))
    assert told in page
    assert f"{story.restaurant}{told}" not in page


def test_a_rule_about_a_restaurant_names_it(story: Story, morning: Connection) -> None:
    subject = "(select id::text from departments where trim(name) = %s)"
    morning.execute(f"update checks set rule = 'R5', measure = 'cost', subject = {subject}".encode(), [story.other])
    said = plain(page_of(morning))
    assert "does not equal what was written off for sales (R5)" in said
    assert f", {story.other}, cost: {story.found} instead of {story.shown}" in said
    assert "(R5)" in page_of(morning, department=story.other)
    assert "(R5)" not in page_of(morning, department=story.restaurant)


def test_a_rule_about_a_store_or_a_table_names_no_restaurant(story: Story, morning: Connection) -> None:
    morning.execute("update checks set rule = 'R4', measure = 'sum', subject = 'debit and credit'")
    said = plain(page_of(morning))
    assert f"(R4): 2 sums in 21 days. The most {story.day.day} {story.day:%b}, sum: {story.found} instead of" in said


def test_every_rule_has_words() -> None:
    assert {rule.name for rule in RULES} <= captions.RULES.keys()
