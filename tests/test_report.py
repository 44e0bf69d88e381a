"""The morning page: every figure is that of the books, and everybody can use it."""

from __future__ import annotations

import datetime
import itertools
import os
import re
import subprocess
import sys
import typing as t
from collections import Counter, defaultdict
from decimal import Decimal

import psycopg
import pytest
from click.testing import CliRunner

from support.bad_mornings import DAY, forget
from support.databases import clean_environment
from support.morning import LAST_DAY, PERIOD, SCHEMA, number, page_of, percent, plain, short
from support.paths import ROOT, TAP
from tap_iiko.report.__main__ import main

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

    from demo.postgres import Postgres
    from simulator import Simulator
    from support.databases import Connection
    from support.morning import Look, Seen
    from support.sales_books import SalesBooks

Command = t.Callable[..., "Result"]
ABC = ("quantity", "revenue", "margin")
GOLDEN = ROOT / "tests" / "morning.txt"


# Figures


def choices(seen: Seen, restaurants: Simulator) -> Iterator[list[str]]:
    """Each choice of the filter, as the ids of its restaurant; of none: all of them."""
    ids = {each.name.strip(): each.id for each in restaurants.ledger.group.departments}
    seen.page.eval_on_selector_all("details", "all => all.forEach(each => each.open = true)")
    for option in seen.page.locator("#place option").all():
        seen.page.select_option("#place", option.get_attribute("value"))
        name = option.text_content()
        yield [ids.pop(name)] if name in ids else []
    assert not ids, "every restaurant can be chosen"


def told(sums: dict[str, Decimal]) -> dict[str, str]:
    """What the page must say of these sums."""
    revenue = sums["revenue"]
    has_costs = 2 * sums["revenue_with_cost"] >= revenue
    return {
        "Revenue": number(revenue),
        "Orders": number(sums["orders"]),
        "Average check": number(revenue / sums["orders"]),
        "Guests": number(sums["guests"]),
        "Discounts": percent(sums["discounts"], sums["gross_sales"]),
        "Refunds": percent(sums["refunds"], revenue, 2),
        "Deletions": percent(sums["deletions"], revenue),
        "Food cost": percent(sums["cost"], sums["revenue_with_cost"]) if has_costs else "–",
    }


def test_every_tile_is_that_of_the_books(look: Look, restaurants: Simulator, books: SalesBooks) -> None:
    assert books.total(LAST_DAY, LAST_DAY)["deletions"] > 0
    with look(lang="en") as seen:
        for ids in choices(seen, restaurants):
            tiles = {name.split(",")[0]: text for name, text in seen.tiles().items()}
            assert tiles == told(books.total(LAST_DAY, LAST_DAY, *ids))
            sums = books.total(*PERIOD, *ids)
            periods = [text.removeprefix("28 days: ").split(" ")[0] for text in seen.texts(".tiles .period")]
            assert dict(zip(tiles, periods, strict=True)) == told(sums) | {"Revenue": short(sums["revenue"])}


def test_every_figure_by_restaurant_is_that_of_the_books(look: Look, restaurants: Simulator, books: SalesBooks) -> None:
    with look(lang="en") as seen:
        rows = {row[0]: row for row in seen.table(".places")}
    places = {each.name.strip(): [each.id] for each in restaurants.ledger.group.departments} | {"Total": []}
    assert rows.keys() == places.keys()
    for name, ids in places.items():
        sums = books.total(*PERIOD, *ids)
        _, _, revenue, _, share, check, _, *others = rows[name]
        assert (revenue, share) == (
            short(sums["revenue"]),
            percent(sums["revenue"], books.total(*PERIOD)["revenue"], 0),
        )
        true = told(sums)
        del true["Revenue"]
        assert [check, *others] == [true.pop("Average check"), *true.values()]


def test_the_four_small_figures_are_those_of_the_books(look: Look, restaurants: Simulator, books: SalesBooks) -> None:
    with look(lang="en") as seen:
        for ids in choices(seen, restaurants):
            sums = books.total(*PERIOD, *ids)
            figures = dict(zip(seen.texts(".small h3"), seen.texts(".small .big"), strict=True))
            names = ["Average check", "Discounts", "Refunds", "Deletions"]
            assert figures == {name: told(sums)[name] for name in names}
            amounts = [f"· {short(sums[name])}" for name in ("discounts", "refunds", "deletions")]
            assert seen.texts(".small small") == amounts


def test_revenue_by_day_is_that_of_the_books(look: Look, restaurants: Simulator, books: SalesBooks) -> None:
    days = [PERIOD[0] + after * DAY for after in range(28)]
    with look(lang="en") as seen:
        for ids in choices(seen, restaurants):
            assert [row[1:3] for row in seen.table(".numbers")] == [
                [number(books.total(day, day, *ids)["revenue"]) for day in (each, each - 7 * DAY)] for each in days
            ]


def by_payment_type(books: SalesBooks, figure: str, *ids: str) -> dict[str, Decimal]:
    """Of the period, the most first."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for (_, _, kind), row in books.part("payments", *PERIOD, *ids).items():
        sums[books.names.get(kind, "(без оплаты)")] += row[figure]
    return {name: sums[name] for name in sorted(sums, key=lambda each: -sums[each]) if sums[name]}


def test_payment_types_are_those_of_the_books(look: Look, restaurants: Simulator, books: SalesBooks) -> None:
    with look(lang="en") as seen:
        for ids in choices(seen, restaurants):
            brought = by_payment_type(books, "revenue", *ids)
            whole = books.total(*PERIOD, *ids)["revenue"]
            assert 3 < len(brought) <= 7, "all have a bar"
            assert dict(zip(seen.texts(".bars dt"), seen.texts(".bars dd"), strict=True)) == {
                name: f"{percent(value, whole)} · {short(value)}" for name, value in brought.items()
            }
            gross = by_payment_type(books, "gross_sales", *ids)
            given = [f"{name} {short(value)}" for name, value in gross.items() if name not in brought]
            assert given
            assert f"Without revenue, at menu prices: {', '.join(given)}." in seen.text


def average_week(books: SalesBooks, *ids: str) -> list[list[str]]:
    """The rows from the first to the last hour of a day of business in which anything was sold."""
    days = {key[0] for key in books.part("daily", *PERIOD, *ids)}
    weekdays = Counter(datetime.date.fromisoformat(day).weekday() for day in days)
    sums: defaultdict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for (day, _, hour), row in books.part("hourly", *PERIOD, *ids).items():
        if hour is not None and row["revenue"]:
            sums[hour, datetime.date.fromisoformat(day).weekday()] += row["revenue"]
    clock = [*range(5, 24), *range(5)]
    sold = [place for place, hour in enumerate(clock) if any(key[0] == hour for key in sums)]
    return [
        [f"{hour:02}", *(number(sums[hour, day] / weekdays[day]) if sums[hour, day] else "" for day in range(7))]
        for hour in clock[sold[0] : sold[-1] + 1]
    ]


def test_the_average_week_is_that_of_the_books(look: Look, restaurants: Simulator, books: SalesBooks) -> None:
    with look(lang="en") as seen:
        for ids in choices(seen, restaurants):
            assert seen.table(".heat") == average_week(books, *ids)


def dishes(books: SalesBooks, *ids: str) -> list[tuple[str, Decimal, str]]:
    """Name, revenue and letters, the most revenue first."""
    found = books.dishes if ids else books.dishes_together
    ours = {dish: row for (place, dish), row in found.items() if not ids or place in ids}
    return [
        (books.names[dish], ours[dish]["revenue"], "".join(ours[dish][f"abc_{measure}"] for measure in ABC))
        for dish in sorted(ours, key=lambda each: (-ours[each]["revenue"], each))
    ]


def test_dishes_by_abc_are_those_of_the_books(look: Look, restaurants: Simulator, books: SalesBooks) -> None:
    with look(lang="en") as seen:
        for ids in choices(seen, restaurants):
            rows = dishes(books, *ids)
            assert seen.table(".abc") == [[name, short(revenue), letters] for name, revenue, letters in rows[:7]]
            weak = [name for name, _, letters in rows if letters == "CCC"]
            more = f" and {len(weak) - 20} more" if len(weak) > 20 else ""
            assert seen.texts(".abc + details p")[-1] == f"CCC, weak in all three: {', '.join(weak[:20])}{more}."
            by_revenue = {letter: [revenue for _, revenue, letters in rows if letters[1] == letter] for letter in "ABC"}
            counts = {letter: Decimal(len(mine)) for letter, mine in by_revenue.items()}
            sums = {letter: sum(mine, Decimal(0)) for letter, mine in by_revenue.items()}
            whole = sum(sums.values(), Decimal(0))
            assert seen.texts(".stacks dd") == [
                stack(counts, {letter: number(count) for letter, count in counts.items()}),
                stack(sums, {letter: percent(part, whole, 0) for letter, part in sums.items()}),
            ]


def stack(parts: dict[str, Decimal], figures: dict[str, str]) -> str:
    """The figure is written where a part is wide enough."""
    whole = sum(parts.values(), Decimal(0))
    return "\n".join(
        f"{letter} {figures[letter]}" if part / whole >= Decimal("0.18") else letter for letter, part in parts.items()
    )


def test_a_change_is_like_for_like(look: Look, morning: Connection, restaurants: Simulator, books: SalesBooks) -> None:
    """A restaurant day that is missing on one side is left out on the other, and the page says so."""
    gone, here = sorted(each.id for each in restaurants.ledger.group.departments)
    forget(morning, LAST_DAY - 7 * DAY, gone)
    with look(lang="en") as seen:
        week = seen.texts(".tiles .week")[0]
        assert "Changes are like for like" in seen.text
    now, before = (books.total(day, day, here)["revenue"] for day in (LAST_DAY, LAST_DAY - 7 * DAY))
    arrow = "▲" if now > before else "▼"
    assert week == f"{arrow} {percent(abs(now - before), before)} vs last Sun"


# Plan against fact: of restaurant days that have both

GONE = LAST_DAY - 3 * DAY


@pytest.fixture
def plans(morning: Connection, restaurants: Simulator) -> dict[tuple[str, str], Decimal]:
    """Loaded, as the books have them; in them sums only."""
    rows = restaurants.books.rows("income_plans")
    morning.execute(
        f"""create table {SCHEMA}.income_plans (
            server_id text, id uuid, business_date date, department_id uuid, plan_value numeric, value_type text)"""
    )
    morning.execute(f"create view {SCHEMA}.current_income_plans as table {SCHEMA}.income_plans")
    with morning.cursor() as cursor:
        cursor.executemany(
            f"insert into {SCHEMA}.income_plans values ('main', gen_random_uuid(), %s, %s, %s, %s)".encode(),
            [(row["date"], row["(department)"], row["planValue"], row["valueType"]) for row in rows],
        )
    assert {row["valueType"] for row in rows} > {"ABSOLUTE"}
    return {(row["date"], row["(department)"]): row["planValue"] for row in rows if row["valueType"] == "ABSOLUTE"}


def reached(books: SalesBooks, plans: dict[tuple[str, str], Decimal], *of: t.Any) -> tuple[str, str]:
    """The plan of some days and restaurants, and how much of it there is."""
    both = {key: row for key, row in books.part("daily", *of).items() if key in plans}
    plan = sum((plans[key] for key in both), Decimal(0))
    return number(plan), percent(sum((row["revenue"] for row in both.values()), Decimal(0)), plan)


def of_plan(seen: Seen, head: str) -> dict[str, str]:
    """That column of the table by restaurant."""
    place = [plain(each.inner_text()) for each in seen.page.locator(".places thead th").all()].index(head)
    return {row[0]: row[place] for row in seen.table(".places")}


def test_plan_and_fact_are_those_of_the_books(
    look: Look, restaurants: Simulator, books: SalesBooks, plans: dict[tuple[str, str], Decimal]
) -> None:
    with look(lang="en") as seen:
        for ids in choices(seen, restaurants):
            plan, share = reached(books, plans, LAST_DAY, LAST_DAY, *ids)
            _, of_period = reached(books, plans, *PERIOD, *ids)
            assert seen.texts(".tiles .plan") == [f"Plan: {plan}, {share} · 28 days: {of_period}"]
            assert "Of plan: revenue against plan" in seen.text
        assert of_plan(seen, "Of plan") == {
            **{
                each.name.strip(): reached(books, plans, *PERIOD, each.id)[1]
                for each in restaurants.ledger.group.departments
            },
            "Total": reached(books, plans, *PERIOD)[1],
        }
        seen.choose("ru")
        assert of_plan(seen, "К плану").keys() > {"Всего"}
        (told,) = seen.texts(".tiles .plan")
        assert told.startswith("План: ")
        assert "Выполнение плана" in seen.text
        assert not any(seen.is_sideways(width) for width in (390, 768, 1440))


def test_a_plan_of_some_restaurants_says_of_how_many(
    look: Look, morning: Connection, books: SalesBooks, plans: dict[tuple[str, str], Decimal]
) -> None:
    """It stands below the revenue of all of them."""
    sold = books.part("daily", LAST_DAY, LAST_DAY).keys()
    gone = max(sold & plans.keys())
    morning.execute(
        f"delete from {SCHEMA}.income_plans where business_date = %s and department_id = %s".encode(), list(gone)
    )
    plan, share = reached(books, {key: each for key, each in plans.items() if key != gone}, LAST_DAY, LAST_DAY)
    with look(lang="en") as seen:
        told = f"Plan: {plan}, {share} ({len(sold) - 1} of {len(sold)} restaurants) · "
        assert seen.texts(".tiles .plan")[0].startswith(told)
        seen.choose("ru")
        assert f" ({len(sold) - 1} из {len(sold)} ресторанов)" in seen.texts(".tiles .plan")[0]


def test_a_restaurant_without_a_plan_has_a_dash(
    look: Look,
    morning: Connection,
    restaurants: Simulator,
    books: SalesBooks,
    plans: dict[tuple[str, str], Decimal],
) -> None:
    """The total is that of the others, as in the tile."""
    gone, planned = restaurants.ledger.group.departments
    morning.execute(f"delete from {SCHEMA}.income_plans where department_id = %s".encode(), [gone.id])
    _, share = reached(books, plans, *PERIOD, planned.id)
    with look(lang="en") as seen:
        assert of_plan(seen, "Of plan") == {gone.name.strip(): "–", planned.name.strip(): share, "Total": share}
        assert seen.texts(".tiles .plan")[0].endswith(f"28 days: {share}")


def test_a_day_that_is_not_loaded_takes_its_plan_away(
    look: Look, morning: Connection, restaurants: Simulator, books: SalesBooks, plans: dict[tuple[str, str], Decimal]
) -> None:
    """Else a missing day would look like a bad one."""
    gone = restaurants.ledger.group.departments[0].id
    forget(morning, GONE, gone)
    _, share = reached(books, {key: plan for key, plan in plans.items() if key != (GONE.isoformat(), gone)}, *PERIOD)
    with look(lang="en") as seen:
        assert seen.texts(".tiles .plan")[0].endswith(f"28 days: {share}")


def test_without_plans_nothing_is_said_of_them(morning: Connection) -> None:
    html = page_of(morning)
    assert 'class="plan"' not in html
    assert "План" not in html
    assert "К плану" not in html


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
    look: Look, morning: Connection, restaurants: Simulator, books: SalesBooks, *, scripts: bool
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
        for choice, department in enumerate(
            sorted(restaurants.ledger.group.departments, key=lambda each: each.name), 1
        ):
            seen.page.select_option("#place", str(choice))
            assert seen.tiles() != whole_page
            true = books.total(LAST_DAY, LAST_DAY, department.id)["revenue"]
            assert seen.tiles()["Revenue"] == number(true)
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
