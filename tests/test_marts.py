"""The marts in a real PostgreSQL, built by dbt: their figures are the books', and only what has changed is built again.

Every test looks at a chapter of one story (support.marts_story).
"""

from __future__ import annotations

import datetime
import re
import sys
import typing as t
from collections import defaultdict
from decimal import Decimal

import pytest

from support.labour_books import LABOUR
from support.ledger_books import MOVEMENTS
from support.marts import BY_DAY, MARTS, Dbt, Row, rows_of_mart
from support.marts_story import DAYS, OLD_DAYS, SCHEMA, SERVERS
from support.paths import read
from tap_iiko.report.figures import ranked_dishes

if t.TYPE_CHECKING:
    from pathlib import Path

    from demo.postgres import Postgres
    from support.databases import Connection
    from support.labour_books import Figures
    from support.marts_story import Chapter, Story

CENT = Decimal("0.01")
pytestmark = pytest.mark.skipif(sys.version_info >= (3, 14), reason="dbt-core 1.11 does not start on Python 3.14")
PAGES = ("docs/marts.md", "docs/marts.ru.md")


@pytest.fixture
def chapter(story: Story, request: pytest.FixtureRequest) -> Chapter:
    """One of the story."""
    return story.chapters[request.param]


good = pytest.mark.parametrize("chapter", ["first", "changed", "quiet"], indirect=True)


def assert_same(chapter: Chapter, mart: str, part: str, *grain: str) -> None:
    """Every figure of every row is that of the books of sales."""
    assert_figures(chapter, mart, {server: getattr(books, part) for server, books in chapter.books.items()}, *grain)


def assert_figures(chapter: Chapter, mart: str, books: t.Mapping[str, Figures], *grain: str) -> None:
    """What the books do not have has no figures."""
    for server, true in books.items():
        mine = {tuple(row[key] for key in grain): row for row in chapter.rows[mart] if row["server_id"] == server}
        lacking = {key for key in true.keys() - mine.keys() if any(true[key].values())}
        assert not lacking, (server, mart, lacking)
        assert not mine.keys() - true.keys(), (server, mart)
        for key, row in mine.items():
            for name, value in true[key].items():
                place = (server, mart, key, name, row[name], value)
                if isinstance(value, str) or value is None or row[name] is None:
                    assert row[name] == value, place
                else:
                    assert abs(row[name] - value) < CENT / 2, place


@good
def test_a_build_goes_well(chapter: Chapter) -> None:
    assert chapter.code == 0, chapter.said
    assert not chapter.failed()
    assert "\x1b[" not in chapter.said.replace("\x1b[0m", ""), "no escape codes in a log"


@good
def test_sales_daily_is_that_of_the_books(chapter: Chapter) -> None:
    assert_same(chapter, "sales_daily", "daily", "business_date", "department_id")
    compared = {name for books in chapter.books.values() for row in books.daily.values() for name in row}
    grain = {"server_id", "business_date", "department_id", "version", "written"}
    assert compared == chapter.rows["sales_daily"][0].keys() - grain, "every column is compared"


@good
def test_the_other_marts_are_those_of_the_books(chapter: Chapter) -> None:
    day = ("business_date", "department_id")
    assert_same(chapter, "sales_hourly", "hourly", *day, "closing_hour")
    assert_same(chapter, "payment_mix", "payments", *day, "pay_type_id")
    assert_same(chapter, "waiters", "waiters", *day, "waiter_id")
    assert_same(chapter, "dish_abc", "dishes", "department_id", "dish_id")
    assert_same(chapter, "cash_shifts_daily", "shifts", *day)


@good
def test_labour_daily_is_that_of_the_books(chapter: Chapter) -> None:
    assert_figures(chapter, "labour_daily", chapter.labour, "business_date", "department_id")
    rows = chapter.rows["labour_daily"]
    assert set(LABOUR) == rows[0].keys() - {"server_id", "business_date", "department_id", "written"}
    assert all(any(row[name] for row in rows) for name in LABOUR), "every column has something to compare"


@good
def test_purchases_are_those_of_the_books(chapter: Chapter) -> None:
    rows = chapter.rows["purchases_daily"]
    assert any(row["expenses"] for row in rows)
    for server, true in chapter.purchases.items():
        mine = {
            (row["business_date"], row["department_id"], row["supplier_id"]): row
            for row in rows
            if row["server_id"] == server
        }
        assert mine.keys() == true.keys()
        for key, figures in true.items():
            assert {name: mine[key][name] for name in figures} == figures, (server, key)


@good
def test_profit_and_loss_is_that_of_the_books(chapter: Chapter) -> None:
    assert_figures(chapter, "pnl_monthly", chapter.profits, "month", "account_id", "department")
    rows = chapter.rows["pnl_monthly"]
    assert {row["account_type"] for row in rows} == {"INCOME", "OTHER_INCOME", "COST_OF_GOODS_SOLD", "EXPENSES"}
    for server, books in chapter.books.items():
        income = sum(row["sum"] for row in rows if row["server_id"] == server and row["account_type"] == "INCOME")
        assert income > sum(row["net_revenue"] for row in books.daily.values()) / 2 > 0


@good
def test_consumption_is_that_of_the_books(chapter: Chapter) -> None:
    grain = ("business_date", "store_id", "product_id", "movement")
    assert_figures(chapter, "ingredient_consumption", chapter.consumption, *grain)
    rows = chapter.rows["ingredient_consumption"]
    assert {*MOVEMENTS.values()} <= {row["movement"] for row in rows}


def test_only_days_whose_movements_changed_are_written_again(story: Story) -> None:
    first, changed, quiet = (story.chapters[name] for name in ("first", "changed", "quiet"))
    differ = {
        (server, day)
        for server, books in changed.consumption.items()
        for day in {key[0] for key in {**books, **first.consumption[server]}}
        if of_day(books, day) != of_day(first.consumption[server], day)
    }
    written = days_written(first, changed, "ingredient_consumption")
    assert differ <= written
    assert len(written) < len(
        {(row["server_id"], row["business_date"]) for row in changed.rows["ingredient_consumption"]}
    )
    last = {story.day(number) for number in (DAYS - 2, DAYS - 1)}
    assert {day for _, day in days_written(changed, quiet, "ingredient_consumption")} <= last


def of_day(books: Figures, day: str) -> Figures:
    """A day of them."""
    return {key: figures for key, figures in books.items() if key[0] == day}


def test_purchases_are_empty_where_no_invoices_are_loaded(story: Story) -> None:
    """Whoever loads sales alone has the other marts all the same."""
    kinds = {"current_incoming_invoices": "view", "incoming_invoices": "table"}
    for name, kind in kinds.items():
        story.database.execute(f"alter {kind} {SCHEMA}.{name} rename to hidden_{name}")
    try:
        done = story.dbt.run("build", "--select", "purchases_daily")
    finally:
        for name, kind in kinds.items():
            story.database.execute(f"alter {kind} {SCHEMA}.hidden_{name} rename to {name}")
    assert done.returncode == 0, done.stdout
    assert rows_of_mart(story.database, SCHEMA, "purchases_daily") == []


def test_dishes_have_the_names_of_today(story: Story) -> None:
    first = story.chapters["first"]
    for row in first.rows["dish_abc"]:
        assert row["dish"] == first.books[row["server_id"]].names[row["dish_id"]]
    assert {row["abc_revenue"] for row in first.rows["dish_abc"]} == {"A", "B", "C"}


def days_written(before: Chapter, after: Chapter, mart: str) -> set[tuple[str, str]]:
    """The days of which rows were written since."""
    old = {row["written"] for row in before.rows[mart]}
    return {(row["server_id"], row["business_date"]) for row in after.rows[mart] if row["written"] not in old}


@pytest.mark.parametrize("pair", [("first", "changed"), ("changed", "quiet")])
def test_only_days_of_another_version_are_written_again(story: Story, pair: tuple[str, str]) -> None:
    before, after = (story.chapters[name] for name in pair)
    changed = {day for day, version in after.versions.items() if before.versions.get(day) != version}
    for mart in BY_DAY:
        assert days_written(before, after, mart) == changed
        assert {(row["server_id"], row["business_date"]): row["version"] for row in after.rows[mart]} == after.versions


def test_changed_days_are_those_that_changed_in_iiko(story: Story) -> None:
    first, changed = story.chapters["first"], story.chapters["changed"]
    of_live = {day for server, day in days_written(first, changed, "sales_daily") if server == "live"}
    assert of_live == {story.day(number) for number in (3, 4, 6, DAYS - 1)}


def test_a_day_that_became_empty_is_gone(story: Story) -> None:
    day = ("negative", story.day(5))
    for mart in BY_DAY:
        before, after = (
            {(row["server_id"], row["business_date"]) for row in story.chapters[name].rows[mart]}
            for name in ("first", "changed")
        )
        assert before - after == {day}


def test_a_quiet_night_writes_under_a_tenth(story: Story) -> None:
    first, quiet = story.chapters["first"], story.chapters["quiet"]
    assert 0 < quiet.written() < first.written() / 10
    assert first.written() == sum(len(first.rows[mart]) for mart in BY_DAY)


def test_late_changes_are_those_of_the_tap(story: Story) -> None:
    rows = story.chapters["changed"].rows["late_change_log"]
    (loaded,) = story.database.execute(f"select count(*) from {SCHEMA}.late_changes").fetchone() or (0,)
    assert len(rows) == loaded > 0
    today = datetime.datetime.now(datetime.UTC).date()
    for row in rows:
        assert 0 <= (today - datetime.date.fromisoformat(row["business_date"])).days - row["days_late"] <= 1
        assert row["has_no_value"] is (row["metric"] in {"pay_types", "flags"})
    assert ("live", story.day(6), "pay_types") in {
        (row["server_id"], row["business_date"], row["metric"]) for row in rows
    }


def test_late_changes_of_the_ledger_are_no_restaurants(story: Story) -> None:
    """They are in the log of the mart; the page tells those of sales, and no day is late by them."""
    changed = story.chapters["changed"]
    log = changed.rows["late_change_log"]
    of_sales = {
        (row["server_id"], row["department_id"], row["business_date"]) for row in log if " " not in row["metric"]
    }
    told = {(*change.place, change.day.isoformat()) for change in changed.page.late}
    assert len(log) > len([row for row in log if " " not in row["metric"]])
    assert told == of_sales
    assert all(department for _, department, _ in told)
    late = {(key[0], key[2], key[1]) for key, row in states(changed).items() if row["state"] == "late"}
    assert late <= of_sales


def states(chapter: Chapter) -> dict[tuple[str, str, str], Row]:
    """Of each day of each restaurant."""
    return {(row["server_id"], row["business_date"], row["department_id"]): row for row in chapter.rows["completeness"]}


def test_all_days_are_proved_but_the_open_one(story: Story) -> None:
    found = states(story.chapters["first"])
    expected = {
        (server, story.day(number), department.id): "open" if number == DAYS - 1 else "proved"
        for server, sim in story.sims.items()
        for department in sim.ledger.group.departments
        for number in range(DAYS)
    }
    assert {key: row["state"] for key, row in found.items()} == expected


def test_changed_and_silent_days_are_told(story: Story) -> None:
    found = states(story.chapters["quiet"])
    late = {key[:2] for key, row in found.items() if row["state"] == "late"}
    assert {("live", story.day(number)) for number in (3, 4, 6)} <= late
    silent = {key for key, row in found.items() if row["state"] == "silent"}
    first, _ = story.sims["zero"].ledger.group.departments
    assert silent == {
        ("zero", story.day(7), first.id),
        *(("negative", story.day(5), each.id) for each in story.sims["negative"].ledger.group.departments),
    }


def test_bad_days_are_told_with_their_reason(story: Story) -> None:
    damaged = {key[1:]: row for key, row in states(story.chapters["damaged"]).items() if key[0] == "live"}
    departments = [each.id for each in story.sims["live"].ledger.group.departments]
    for department in departments:
        by_day = {number: damaged[story.day(number), department] for number in range(DAYS)}
        expected = {8: "differs", 9: "unchecked", 10: "stale", 11: "missing", 12: "stale", DAYS - 1: "open"}
        assert {number: row["state"] for number, row in by_day.items() if row["state"] not in {"proved", "late"}} == (
            expected
        )
        assert (by_day[8]["metric"], by_day[8]["difference"]) == ("dish_discount_sum", 7)
        assert by_day[8]["probe"] > 0
        assert {by_day[number]["message"] for number in (10, 11, 12)} == {"no answer"}
        assert by_day[10]["noticed_at"]
        assert {row["message"] for number, row in by_day.items() if number not in {10, 11, 12}} == {None}


def test_days_that_nobody_can_compare_are_no_alarm(story: Story) -> None:
    """With reconcile off, and where prune has forgotten the proof."""
    query = f"select count(*) from {SCHEMA}.reconciliation where server_id = 'old' and business_date < %s"
    assert story.database.execute(query, [story.day(OLD_DAYS)]).fetchone() == (0,)
    found = states(story.chapters["damaged"])
    assert {row["state"] for key, row in found.items() if key[0] == "old"} == {"proved", "open"}
    assert {row["state"] for key, row in found.items() if key[0] == "zero"} == {"loaded", "silent", "open"}


def test_a_row_that_was_deleted_by_hand_fails_the_build(story: Story) -> None:
    damaged = story.chapters["damaged"]
    assert damaged.code == 1
    assert {(name, step.status) for name, step in damaged.failed().items()} == {("loaded_rows_are_still_there", "fail")}
    assert "Got 1 result" in damaged.failed()["loaded_rows_are_still_there"].message


@pytest.fixture
def sales(story: Story) -> t.Iterator[str]:
    """A table of which something is deleted or changed by hand; healed afterwards."""
    table = f"{SCHEMA}.sales"
    story.database.execute(f"create temp table kept as table {table}".encode())
    yield table
    story.database.execute(f"truncate {table}; insert into {table} table kept; drop table kept".encode())


def row_of_long_ago(story: Story, *, days_after_its_weekday: int) -> str:
    """One that was loaded months ago, of a day whose weekday was so many days before today's."""
    weekday = (datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=days_after_its_weekday)).isoweekday()
    days = [datetime.date.fromisoformat(story.day(number)) for number in range(OLD_DAYS)]
    day = next(day for day in days if day.isoweekday() == weekday)
    return f"ctid = (select min(ctid) from {SCHEMA}.sales where server_id = 'old' and business_date = '{day}')"


def days_that_fail(story: Story, *options: str) -> str:
    """What the test says of all days, the one of the damage included."""
    story.dbt.run("build", "--select", "loaded_rows_are_still_there", *options)
    return story.dbt.steps()["loaded_rows_are_still_there"].message


def test_a_row_of_long_ago_that_was_deleted_fails_the_next_build(story: Story, sales: str) -> None:
    assert "Got 1 result" in days_that_fail(story)
    story.database.execute(f"delete from {sales} where {row_of_long_ago(story, days_after_its_weekday=1)}".encode())
    assert "Got 2 results" in days_that_fail(story)


@pytest.mark.parametrize(
    ("days_after", "options", "found"), [(1, (), 0), (0, (), 1), (1, ("--full-refresh",), 1)], ids=str
)
def test_a_row_of_long_ago_that_was_changed_fails_on_its_weekday_or_when_all_is_built(
    story: Story, sales: str, days_after: int, options: tuple[str, ...], found: int
) -> None:
    row = row_of_long_ago(story, days_after_its_weekday=days_after)
    story.database.execute(f"update {sales} set dish_discount_sum = dish_discount_sum + 1 where {row}".encode())
    assert f"Got {1 + found} result" in days_that_fail(story, *options)


def test_without_the_views_the_build_says_what_to_do(postgres: Postgres, tmp_path: Path) -> None:
    dbt = Dbt(postgres, "nothing_here", tmp_path)
    marts_of = ("+completeness", "+dish_abc", "+labour_daily")
    done = dbt.run("build", "--exclude-resource-type", "unit_test", "--select", *marts_of)
    assert done.returncode == 1
    steps = dbt.steps()
    (said,) = (step for name, step in steps.items() if "make_views_has_made" in name)
    assert said.status == "fail"
    assert "Got 7 results" in said.message, "each view is missing"
    marts = {mart: steps[mart].status for mart in ("sales_daily", "completeness", "dish_abc")}
    assert set(marts.values()) == {"skipped"}, marts
    assert steps["labour_daily"].status == "success", "not everybody loads what it is made of"


# The morning page has the same figures: none has two definitions

Sums = dict[tuple[t.Any, ...], Decimal]
EXACTLY = Decimal("0.000001")  # shares of split orders are rounded by day
AS_IN_THE_MART = {"gross": "gross_sales", "costed": "revenue_with_cost"}


def added_up(rows: t.Iterable[tuple[tuple[t.Any, ...], Decimal]]) -> Sums:
    """By key; what is nothing may be there or not."""
    found: defaultdict[tuple[t.Any, ...], Decimal] = defaultdict(Decimal)
    for key, value in rows:
        found[key] += value
    return {key: value for key, value in found.items() if abs(value) > EXACTLY}


def assert_agree(page: Sums, mart: Sums) -> None:
    assert page.keys() == mart.keys()
    assert len(page) > len(SERVERS)
    assert not {key: (value, mart[key]) for key, value in page.items() if abs(value - mart[key]) > EXACTLY}


@good
def test_the_page_has_the_days_of_the_mart(chapter: Chapter) -> None:
    page = {
        (*place, day.isoformat()): {AS_IN_THE_MART.get(name, name): value for name, value in vars(sums).items()}
        for (place, day), sums in chapter.page.sales.days.items()
    }
    mart = {(row["server_id"], row["department_id"], row["business_date"]): row for row in chapter.rows["sales_daily"]}
    assert page.keys() == mart.keys()
    for key, figures in page.items():
        assert figures == {name: mart[key][name] for name in figures}, key


@good
def test_the_page_has_the_hours_and_the_payments_of_the_marts(chapter: Chapter) -> None:
    """The page adds them up by weekday, and by the name of the payment type."""
    sales = chapter.page.sales
    assert_agree(
        added_up(((*each.place, each.weekday, each.hour), each.revenue) for each in sales.hours),
        added_up(
            (
                (
                    row["server_id"],
                    row["department_id"],
                    datetime.date.fromisoformat(row["business_date"]).weekday(),
                    row["closing_hour"],
                ),
                row["revenue"],
            )
            for row in chapter.rows["sales_hourly"]
        ),
    )
    for measure, mart_measure in (("revenue", "revenue"), ("gross", "gross_sales")):
        assert_agree(
            added_up(((*each.place, each.name), getattr(each, measure)) for each in sales.payments),
            added_up(
                ((row["server_id"], row["department_id"], row["pay_type"]), row[mart_measure])
                for row in chapter.rows["payment_mix"]
            ),
        )


@good
def test_the_page_has_the_dishes_of_the_mart(chapter: Chapter) -> None:
    """The page reads lines, the mart the report; the letters are those of one restaurant."""
    page = {}
    for place in {each.place for each in chapter.page.dishes}:
        told = [each for each in chapter.page.dishes if each.place == place]
        for dish in ranked_dishes(told):
            page[*place, dish.key[1]] = (dish.name, dish.quantity, dish.revenue, dish.margin, dish.letters)
    assert page == {
        (row["server_id"], row["department_id"], row["dish_id"]): (
            *(row[name] for name in ("dish", "quantity", "revenue", "margin")),
            "".join(row[f"abc_{name}"] for name in ("quantity", "revenue", "margin")),
        )
        for row in chapter.rows["dish_abc"]
    }


@pytest.mark.parametrize("chapter", ["first", "changed", "quiet", "damaged"], indirect=True)
def test_the_page_has_the_states_of_the_mart(chapter: Chapter) -> None:
    page = {
        (place.server_id, day.isoformat(), place.department_id): str(state)
        for place, days in chapter.page.grid.items()
        for day, state in days.items()
    }
    assert page == {key: row["state"] for key, row in states(chapter).items()}


def test_without_cash_shifts_and_ledger_their_marts_have_no_rows(
    database: Connection, postgres: Postgres, tmp_path: Path
) -> None:
    """Who does not load them has the other marts all the same."""
    schema, marts = "no_cash", ("cash_shifts_daily", "pnl_monthly", "ingredient_consumption")
    receipts = "server_id text, session_id uuid, business_date date, department_id uuid"
    loads = "server_id text, stream text, business_date date, status text, rows bigint, synced_at timestamp"
    database.execute(f"create schema {schema}")
    database.execute(f"create table {schema}.current_receipts ({receipts})".encode())
    database.execute(f"create table {schema}.sync_log ({loads})".encode())
    done = Dbt(postgres, schema, tmp_path).run("run", "--select", "stg_movement_versions", *marts)
    assert done.returncode == 0, done.stdout
    for mart in marts:
        assert database.execute(f"select count(*) from {schema}_marts.{mart}".encode()).fetchone() == (0,)


# What is said of the marts


def test_every_column_is_described_in_both_languages(story: Story) -> None:
    """As in the database, where a tool shows them."""
    nodes = {node["name"]: node for node in story.dbt.manifest()["nodes"].values() if node["resource_type"] == "model"}
    for mart in MARTS:
        told = nodes[mart]["columns"]
        rows = story.database.execute(
            f"select a.attname, col_description(a.attrelid, a.attnum) from pg_attribute a "
            f"where attrelid = '{SCHEMA}_marts.{mart}'::regclass and attnum > 0 and not attisdropped"
        ).fetchall()
        assert [name for name, _ in rows] == list(told)
        for name, comment in rows:
            assert comment == told[name]["description"] != "", f"{mart}.{name}"
            assert re.search("[а-я]|НДС", told[name]["config"]["meta"]["label_ru"]), f"{mart}.{name}"


def queries(page: str) -> list[str]:
    """The SQL of a page."""
    return re.findall(r"```sql\n(.*?)```", read(page), flags=re.DOTALL)


def test_the_queries_of_the_page_run_and_are_the_same_in_both_languages(story: Story) -> None:
    ours, theirs = ([re.sub(r"\s*--.*", "", sql) for sql in queries(page)] for page in PAGES)
    assert ours == theirs
    assert len(ours) >= 3
    for sql in ours:
        for shown, real in (("2026-10-01", story.day(0)), ("2026-10-31", story.day(DAYS))):
            sql = sql.replace(shown, real)  # noqa: PLW2901
        sql = sql.replace("iiko_marts.", f"{SCHEMA}_marts.").replace("iiko.", f"{SCHEMA}.")  # noqa: PLW2901
        assert story.database.execute(sql.encode()).fetchall(), sql


@pytest.mark.parametrize("page", PAGES)
def test_the_page_has_a_row_for_every_mart(page: str) -> None:
    assert re.findall(r"^\| `([a-z_]+)` \|", read(page), flags=re.MULTILINE) == list(MARTS)
