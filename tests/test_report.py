"""The morning page: every figure is that of the books, and everybody can use it."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
import typing as t
from decimal import ROUND_HALF_UP, Decimal

import psycopg
import pytest
from click.testing import CliRunner

from support.bad_mornings import DAY, forget
from support.databases import clean_environment
from support.morning import (
    LAST_DAY,
    SCHEMA,
    PartOfOffice,
    figure,
    page_of,
    plain,
    whole,
)
from support.paths import ROOT, TAP
from tap_iiko.report.__main__ import main

if t.TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from demo.postgres import Postgres
    from simulator import Simulator
    from support.databases import Connection
    from support.morning import Look

Command = t.Callable[..., "Result"]
YESTERDAY = LAST_DAY - DAY
PERIOD = LAST_DAY - 27 * DAY, LAST_DAY
GOLDEN = ROOT / "tests" / "morning.txt"


# Figures


def percent(part: Decimal, of: Decimal, places: int = 1) -> Decimal:
    return (100 * part / of).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def test_every_tile_is_that_of_the_books(look: Look, restaurants: Simulator) -> None:
    day = PartOfOffice(restaurants, LAST_DAY, LAST_DAY)
    revenue = day.total("revenue")
    lines = [
        row
        for row in restaurants.books.rows("receipt_items")
        if row["OpenDate.Typed"] == LAST_DAY.isoformat()
        and (row["OrderDeleted"], row["DeletedWithWriteoff"]) == ("NOT_DELETED", "NOT_DELETED")
    ]
    gross, discounts, costs = (
        sum((row[name] or Decimal(0) for row in lines), Decimal(0))
        for name in ("DishSumInt", "DiscountSum", "ProductCostBase.ProductCost")
    )
    costed = sum((row["DishDiscountSumInt"] for row in lines if row["ProductCostBase.ProductCost"]), Decimal(0))
    lost = sum((row["lost"] for row in day.deletions()), Decimal(0))
    assert lost > 0
    with look(lang="en") as seen:
        tiles = {name.split(",")[0]: figure(text) for name, text in seen.tiles().items()}
    assert tiles == {
        "Revenue": whole(revenue),
        "Orders": day.total("orders"),
        "Average check": whole(revenue / day.total("orders")),
        "Guests": day.total("people"),
        "Discounts": percent(discounts, gross),
        "Refunds": percent(sum((row["paid_back"] for row in day.refunds()), Decimal(0)), revenue, 2),
        "Deletions": percent(lost, revenue),
        "Food cost": percent(costs, costed),
    }


def test_every_figure_by_restaurant_is_that_of_the_books(look: Look, restaurants: Simulator) -> None:
    with look(lang="en") as seen:
        rows = {row[0]: row for row in seen.table(".places")}
    departments = {each.name.strip(): [each.id] for each in restaurants.ledger.group.departments}
    assert len(departments) == 2
    for name, ids in {**departments, "Total": []}.items():
        office = PartOfOffice(restaurants, *PERIOD, *ids)
        revenue, orders = office.total("revenue"), office.total("orders")
        _, _, told, _, share, check, _, told_orders, guests, _, refunds, deletions, _ = rows[name]
        assert told == f"{whole(revenue / 1000)}k", name
        assert figure(share) == percent(revenue, PartOfOffice(restaurants, *PERIOD).total("revenue"), 0)
        assert figure(check) == whole(revenue / orders)
        assert (figure(told_orders), figure(guests)) == (orders, office.total("people"))
        paid_back = sum((row["paid_back"] for row in office.refunds()), Decimal(0))
        assert figure(refunds) == percent(paid_back, revenue, 2)
        assert figure(deletions) == percent(sum((row["lost"] for row in office.deletions()), Decimal(0)), revenue)


def test_revenue_by_day_and_by_payment_type_are_those_of_the_books(look: Look, restaurants: Simulator) -> None:
    with look(lang="en") as seen:
        seen.page.click(".numbers >> xpath=ancestor::details/summary")
        days = [(figure(row[1]), figure(row[2])) for row in seen.table(".numbers")]
        payments = dict(zip(seen.texts(".bars dt"), seen.texts(".bars dd"), strict=False))
        text = seen.text
    for number, told in enumerate(days):
        each = PERIOD[0] + number * DAY
        before = each - 7 * DAY
        truth = (PartOfOffice(restaurants, each, each), PartOfOffice(restaurants, before, before))
        assert told == tuple(whole(office.total("revenue")) for office in truth), each
    assert len(days) == 28
    types = PartOfOffice(restaurants, *PERIOD).payments()
    assert sum(row["revenue"] > 0 for row in types.values()) == len(payments) > 3
    for name, row in types.items():
        if row["revenue"] > 0:
            assert short(row["revenue"]) in text.split(name or "(без оплаты)")[1][:60]
        elif row["before_discount"] > 0:
            assert f"{name} {short(row['before_discount'])}" in text


def short(value: Decimal) -> str:
    return f"{whole(value / 1000)}k" if value >= 10_000 else f"{whole(value):,}"


def test_a_change_is_like_for_like(look: Look, morning: Connection, restaurants: Simulator) -> None:
    """A restaurant day that is missing on one side is left out on the other, and the page says so."""
    gone, here = sorted(each.id for each in restaurants.ledger.group.departments)
    forget(morning, LAST_DAY - 7 * DAY, gone)
    with look(lang="en") as seen:
        week = seen.texts(".tiles .week")[0]
        assert "Changes are like for like" in seen.text
    now, before = (PartOfOffice(restaurants, day, day, here).total("revenue") for day in (LAST_DAY, LAST_DAY - 7 * DAY))
    assert week.endswith("vs last Sun")
    assert figure(week.split("%")[0]) == percent(abs(now - before), before)
    assert ("▲" in week) == (now > before)


# Form


def test_the_file_asks_for_nothing_and_says_nothing_to_the_console(look: Look, morning: Connection) -> None:
    html = page_of(morning)
    assert not re.search(r"(?:src|href|action)=|url\(|@import|localStorage|cookie", html)
    with look.at(html) as seen:
        assert len(seen.requests) == 1
        assert not seen.complaints
        seen.page.hover(".on-wide rect, .on-wide path[data-says]")
        assert re.fullmatch(r"\d+ \S+: [\d ]+ · неделей раньше [\d ]+", plain(seen.page.inner_text(".tip")))
        for width in (390, 768, 1440):
            assert not seen.is_sideways(width), width
        policy = seen.page.locator("meta[http-equiv]").get_attribute("content")
        assert policy
        assert policy.startswith("default-src 'none'")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_language_appearance_and_filter_change_what_is_seen(
    look: Look, morning: Connection, restaurants: Simulator, *, scripts: bool
) -> None:
    with look.at(page_of(morning), scripts=scripts) as seen:
        assert "Выручка по дням" in seen.text
        assert "Revenue by day" not in seen.text
        seen.choose("en")
        assert "Revenue by day" in seen.text
        assert "Выручка по дням" not in seen.text
        seen.page.locator("label:has(#dark)").click()
        background = seen.page.locator("body").evaluate("each => getComputedStyle(each).backgroundColor")
        assert background == "rgb(19, 21, 24)"
        whole_page = seen.tiles()
        for number, department in enumerate(
            sorted(restaurants.ledger.group.departments, key=lambda each: each.name), 1
        ):
            seen.page.select_option("#place", str(number))
            assert seen.tiles() != whole_page
            truth = PartOfOffice(restaurants, LAST_DAY, LAST_DAY, department.id).total("revenue")
            assert figure(seen.tiles()["Revenue"]) == whole(truth)
            assert f"Revenue by day · {department.name.strip()}" in seen.text


def test_it_can_be_used_by_keys_and_by_ear(look: Look) -> None:
    with look() as seen:
        levels = seen.page.eval_on_selector_all("h1,h2,h3", "all => all.map(each => +each.tagName[1])")
        assert levels[0] == 1
        assert all(here <= before + 1 for before, here in itertools.pairwise(levels))
        assert seen.page.locator("table:not(:has(th[scope=col]))").count() == 0
        assert seen.page.locator("tbody tr:not(:has(> th[scope=row]))").count() == 0
        assert seen.page.locator("svg:not([aria-label])").count() == 0
        wanted = "select,input:checked,summary,[tabindex]"
        visible = [each for each in seen.page.locator(wanted).all() if each.is_visible()]
        reached = set()
        for _ in range(len(visible) + 4):
            seen.page.keyboard.press("Tab")
            reached.add(
                seen.page.evaluate(f"[...document.querySelectorAll('{wanted}')].indexOf(document.activeElement)")
            )
        assert len(reached - {-1}) == len(visible) > 8


def test_print_has_text_on_three_pages(look: Look, morning: Connection, tmp_path: Path) -> None:
    with look.at(page_of(morning), color_scheme="dark") as seen:
        file = tmp_path / "page.pdf"
        seen.page.pdf(path=file, prefer_css_page_size=True)
    pdf = file.read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 3
    assert b"/ToUnicode" in pdf


# The command


@pytest.fixture
def command(loaded: str, postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """``tap-iiko-report`` in an empty folder, with the loader's settings in ``.env``."""
    monkeypatch.chdir(tmp_path)
    for name in clean_environment().keys() ^ os.environ.keys():
        monkeypatch.delenv(name)
    settings = {**postgres.settings, "default_target_schema": SCHEMA}
    (tmp_path / ".env").write_text("".join(f"TARGET_POSTGRES_{name.upper()}='{settings[name]}'\n" for name in settings))
    return lambda *arguments, **env: CliRunner().invoke(main, arguments, env=env)


def test_the_command_writes_a_file_for_its_owner(command: Command, tmp_path: Path) -> None:
    done = command("--department", "Кофейня «Утро»", "--days", "7")
    assert done.exit_code == 0, done.output
    assert re.fullmatch(r"The page: report.html  \(\d+ KB\)\n", done.output)
    assert (tmp_path / "report.html").stat().st_mode & 0o777 == 0o600
    assert "7 дней до 8 мар" in plain((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert sorted(each.name for each in tmp_path.iterdir() if each.is_file()) == [".env", "report.html"]


@pytest.mark.parametrize(
    ("arguments", "env", "said"),
    [
        (["--days", "30"], {}, "whole weeks, so that the same weekdays are compared: 7, 14, 28 … 364."),
        (["--department", "Nowhere"], {}, "No restaurant with the id or name Nowhere has sales here. There are: "),
        (["--out", "no/folder/page.html"], {}, "no/folder/page.html cannot be written: No such file or directory."),
        ([], {"TARGET_POSTGRES_PORT": "1"}, "The database could not be read: connection failed"),
        (
            [],
            {"TARGET_POSTGRES_SQLALCHEMY_URL": "postgresql//me:hush@host/db"},
            "look at TARGET_POSTGRES_SQLALCHEMY_URL",
        ),
    ],
    ids=["part of a week", "unknown department", "no folder", "no database", "a broken address"],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    command: Command, arguments: list[str], env: dict[str, str], said: str
) -> None:
    done = command(*arguments, **env)
    assert done.exit_code != 0
    assert said in done.output
    assert "Traceback" not in done.output
    assert "hush" not in done.output


NO_DATABASE = (
    "No database is named: set TARGET_POSTGRES_HOST, TARGET_POSTGRES_PORT, TARGET_POSTGRES_USER, "
    "TARGET_POSTGRES_PASSWORD, TARGET_POSTGRES_DATABASE in the environment, or in a file .env in this folder.\n"
)


def test_without_settings_it_says_which_to_set(command: Command, tmp_path: Path) -> None:
    """And names no socket of PostgreSQL's client; so do views and prune."""
    (tmp_path / ".env").unlink()
    assert command().output == f"Error: {NO_DATABASE}"
    done = subprocess.run([str(TAP), "--apply", "views"], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"views: {NO_DATABASE}")


def test_without_the_extra_the_command_names_it(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dotenv", None)
    assert command().output == (
        "Error: The page needs dotenv, which is not installed: pip install 'tap-iiko[report]'.\n"
    )


def test_tables_without_views_are_named(loaded: str, command: Command, postgres: Postgres) -> None:
    with psycopg.connect(loaded, autocommit=True) as connection:
        connection.execute("create schema bare")
        connection.execute("create table bare.sync_log (id text)")
        connection.execute("create table bare.sales (id text)")
    done = command(TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA="bare")
    assert done.output == (
        "Error: There is a table sales and no view current_sales: "
        "apply the views first (make views, or tap-iiko --apply views).\n"
    )


# Words


def test_the_words_of_the_page(look: Look, morning: Connection) -> None:
    """A changed word shows up in review. On purpose: remove the file, and the test writes the new one, and fails."""
    morning.execute(
        "update sync_log set started_at = '2026-03-09', finished_at = '2026-03-09', synced_at = '2026-03-09'"
    )
    texts = []
    with look(currency="₽") as seen:
        for language in ("ru", "en"):
            seen.choose(language)
            texts.append(seen.text)
    text = "\n\n".join(texts) + "\n"
    if not GOLDEN.exists():
        GOLDEN.write_text(text, encoding="utf-8")
        pytest.fail(f"{GOLDEN.name} was written anew: look at it, and commit it.")
    assert text == GOLDEN.read_text(encoding="utf-8")
