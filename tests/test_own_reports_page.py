"""docs/your-own-reports: its settings are right, and its SQL gives what it says."""

from __future__ import annotations

import json
import re
import typing as t
from decimal import Decimal

import pytest

from support.catalogs import catalog_with
from support.databases import into_postgres
from support.paths import read
from support.taps import config_for, run_tap
from tap_iiko.commands.apply import apply
from tap_iiko.settings.reports import PROPERTIES, read_reports

if t.TYPE_CHECKING:
    from pathlib import Path

    from demo.postgres import Postgres
    from simulator import Simulator
    from support.databases import Connection

PAGES = ("docs/your-own-reports.md", "docs/your-own-reports.ru.md")


def examples(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", read(page), flags=re.DOTALL)


def declared(page: str) -> list[dict[str, t.Any]]:
    """Each once."""
    found = {each["name"]: each for text in examples(page, "json") for each in json.loads(text)}
    return list(found.values())


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_are_right(page: str) -> None:
    reports = read_reports({"reports": declared(page)})
    assert [each.name for each in reports.reports] == ["revenue_by_hour", "pnl", "consumption"]
    assert reports.problems == []


@pytest.mark.parametrize("page", PAGES)
def test_every_key_is_told(page: str) -> None:
    assert re.findall(r"^\| `([a-z_]+)` \|", read(page), flags=re.MULTILINE) == [each.name for each in PROPERTIES]


def test_both_languages_show_the_same() -> None:
    for language in ("json", "sql"):
        ours, theirs = (examples(page, language) for page in PAGES)
        assert ours == theirs != []


def test_revenue_by_hour_is_the_revenue(
    sim: Simulator, postgres: Postgres, database: Connection, schema: str, tmp_path: Path
) -> None:
    reports = [each for each in declared(PAGES[0]) if each["name"] == "revenue_by_hour"]
    config = config_for(sim, reports=reports)
    names = ("report_revenue_by_hour", "departments", "sync_log")
    into_postgres(run_tap(config, catalog=catalog_with(reports, *names)).output, postgres, schema, tmp_path)
    apply("views", database, schema)
    kept = {"OrderDeleted": "NOT_DELETED", "DeletedWithWriteoff": "NOT_DELETED"}
    sales = [row for row in sim.books.rows("sales") if kept.items() <= row.items()]
    revenue = sum((row["DishDiscountSumInt"] for row in sales), Decimal())
    total = "select sum(dish_discount_sum) from current_report_revenue_by_hour"
    assert database.execute(total).fetchone() == (revenue,)
    (sql,) = [each for each in examples(PAGES[0], "sql") if "report_revenue_by_hour" in each]
    rows = database.execute(sql.replace("iiko.", f"{schema}.").encode()).fetchall()
    departments = {row[0] for row in database.execute("select name from current_departments")}
    assert {row[0] for row in rows} <= departments
    assert all(re.fullmatch(r"[1-7]", row[1]) and re.fullmatch(r"\d\d", row[2]) for row in rows)
    assert any(row[4] for row in rows)
