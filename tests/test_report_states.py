"""The morning page, whatever has happened to the data: every state says so in words, with its remedy."""

from __future__ import annotations

import typing as t

import psycopg
import pytest

from support.bad_mornings import DAY, FACTS, everything_at_once, forget, late, log, open_restaurants
from support.morning import LAST_DAY, number, page_of

if t.TYPE_CHECKING:
    from simulator import Simulator
    from support.databases import Connection
    from support.morning import Look
    from support.sales_books import SalesBooks


def test_a_bad_morning(look: Look, morning: Connection, restaurants: Simulator) -> None:
    """Every state that needs a look, each with its remedy."""
    first, second = (each.id for each in restaurants.ledger.group.departments)
    names = {each.id: each.name.strip() for each in restaurants.ledger.group.departments}
    everything_at_once(morning, first, second)
    with look(currency="₽") as seen:
        assert seen.texts("h1") == ["Нужно посмотреть: 4 случая"]
        text = seen.text
        assert "Остальные закрытые дни равны итогам самой iiko. Последний прогон не прошёл до конца." in text
        assert [line.split("\n")[0] for line in seen.texts(".pair .card:first-child li div")] == [
            "5 мар · все рестораны",
            f"2 мар · {names[first]}",
            "27 фев · все рестораны",
            f"24 фев · {names[second]}",
            f"21 фев · {names[first]}",
        ]
        assert "Не загружено. Пропущенные дни берёт следующий прогон. iiko/resto: no answer within 300 s." in text
        assert "Не сошлось: выручка на 1 204,50 из 124 743,65. Следующий прогон перечитает день." in text
        assert "Перечитать не удалось, показаны прежние цифры. no answer within 300 s." in text
        assert "Загружено, но не сверено: итогов iiko не было." in text
        assert "Продаж нет: выходной или данные ресторана ещё не пришли в центр." in text
        assert "замечено через 2 дня" in text
        assert "Выручка 250 000 ₽ → 249 380 ₽" in text
        assert "Не удалось: 1. receipt_items 2026-02-27: no answer within 300 s." in text
        assert "chain.example" not in seen.page.content()
        cells = {state: seen.page.locator(f".days td.{state}").count() for state in ("missing", "differs", "stale")}
        assert cells == {"missing": 2, "differs": 1, "stale": 2}
        seen.choose("en")
        assert seen.texts("h1") == ["4 things need a look"]
        assert "Revenue differs by 1,204.50 out of 124,743.65. The next run reads the day again." in seen.text
        assert "noticed after 2 days" in seen.text


def test_a_last_day_that_has_not_closed(look: Look, morning: Connection) -> None:
    morning.execute("update sync_log set is_final = false where business_date = %s", [LAST_DAY])
    morning.execute("delete from reconciliation where business_date = %s", [LAST_DAY])
    with look() as seen:
        assert seen.texts(".day") == ["Последний день:\nвс 8 мар 2026 предварительно: день не закрыт"]
        assert seen.texts("h1") == ["Всё на месте"]
        assert "день не закрыт 2" in seen.text


def test_a_run_that_failed_before_good_ones_is_no_alarm_and_one_after_them_is(look: Look, morning: Connection) -> None:
    log(morning, None, "failed", "The host is unknown.")
    with look() as seen:
        assert seen.texts("h1") == ["Последний прогон не прошёл до конца"]
        assert "receipt_items: The host is unknown." in seen.text
    log(morning, LAST_DAY, "unchanged")
    with look() as seen:
        assert seen.texts("h1") == ["Всё на месте"]


def test_without_the_comparison_nothing_is_called_proved(look: Look, morning: Connection) -> None:
    morning.execute("delete from reconciliation")
    with look() as seen:
        assert "Сверка с iiko выключена." in seen.text
        assert "сошлось" not in seen.text
        assert "загружено, без сверки 140" in seen.text


def test_proofs_that_prune_has_removed_are_no_alarm(look: Look, morning: Connection) -> None:
    morning.execute("create table pruned_loads (stream text)")
    morning.execute("update sync_log set synced_at = synced_at - interval '1000 days'")
    morning.execute("delete from reconciliation where business_date < %s", [LAST_DAY])
    with look() as seen:
        assert seen.texts("h1") == ["Всё на месте"]


def test_no_tables_and_tables_without_rows(look: Look, loaded: str, morning: Connection) -> None:
    for table in (*FACTS, "reconciliation", "late_changes", "departments", "sync_log"):
        morning.execute(f"delete from {table}")
    with psycopg.connect(loaded, options="-csearch_path=nowhere") as nothing:
        pages = page_of(nothing), page_of(morning)
    for html in pages:
        with look.at(html) as seen:
            assert seen.texts("h1") == ["Здесь ещё нет данных"]
            assert "meltano run" in seen.text
            assert not seen.is_sideways(390)


def test_one_restaurant_has_no_filter_and_no_table(look: Look, restaurants: Simulator, books: SalesBooks) -> None:
    department = restaurants.ledger.group.departments[0]
    with look(department=department.name.strip(), lang="en") as seen:
        assert not seen.texts("#place, .places")
        assert seen.tiles()["Revenue"] == number(books.total(LAST_DAY, LAST_DAY, department.id)["revenue"])


def test_only_today_is_loaded(look: Look, morning: Connection) -> None:
    for table in (*FACTS, "reconciliation", "sync_log"):
        morning.execute(f"delete from {table} where business_date < %s", [LAST_DAY])
    morning.execute(
        "update sync_log set is_final = false, synced_at = %s where business_date is not null", [LAST_DAY + DAY / 2]
    )
    morning.execute("delete from reconciliation")
    with look(lang="en") as seen:
        assert seen.texts(".day") == ["Last day:\nSun 8 Mar 2026 preliminary: day not closed"]
        assert "No day has closed yet." in seen.text
        assert set(seen.texts(".tiles .week")) == {"nothing to compare with"}


def test_a_restaurant_that_opened_and_one_that_closed_within_the_period(
    look: Look, morning: Connection, restaurants: Simulator
) -> None:
    opened, closed = (each.id for each in restaurants.ledger.group.departments)
    for back in range(70):
        day = LAST_DAY - back * DAY
        if back < 15:
            forget(morning, day, closed)
        if back > 10:
            forget(morning, day, opened)
    with look(lang="en") as seen:
        assert seen.texts("h1") == ["Everything is there"]
        assert "no sales 7" in seen.text  # a week after the last sale
        assert "proved 66" in seen.text


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("update receipt_items set dish_discount_sum = 0", {"Revenue": "0", "Average check": "0", "Food cost": "–"}),
        ("update receipt_items set dish_discount_sum = -100", {"Refunds, share of revenue": "–", "Food cost": "–"}),
        ("update receipts set guest_num = 0", {"Guests": "0"}),
        ("update receipt_items set product_cost = null", {"Food cost": "–"}),
        ("update receipts set close_time = null", {}),
    ],
    ids=["no revenue", "negative revenue", "no guests", "no cost yet", "no closing times"],
)
def test_odd_figures(look: Look, morning: Connection, change: str, expected: dict[str, str]) -> None:
    morning.execute(change)
    with look(lang="en") as seen:
        tiles = seen.tiles()
        assert {name: tiles[name] for name in expected} == expected
        assert "NaN" not in seen.page.content()
        assert ("Closing times are not loaded." in seen.text) == ("close_time" in change)
        assert not seen.complaints


@pytest.mark.parametrize("table", ["receipts", "receipt_items", "receipt_payments"])
def test_a_table_that_is_not_loaded(look: Look, morning: Connection, table: str) -> None:
    morning.execute(f"drop view current_{table} cascade")
    morning.execute(f"drop table {table} cascade")
    morning.execute("delete from sync_log where stream = %s", [table])
    with look() as seen:
        assert seen.texts("h1") == ["Всё на месте"]
        assert f"Таблица не загружается: {table}" in seen.text
        if table == "receipts":
            assert [seen.tiles()[name] for name in ("Заказы", "Средний чек", "Гости")] == ["–"] * 3


def test_names_are_shown_as_they_are_and_do_nothing(look: Look, morning: Connection, restaurants: Simulator) -> None:
    first, second = (each.id for each in restaurants.ledger.group.departments)
    bad = """<script>alert(1)</script>"><b>'Кафе' & "Бар" {{ 7 * 7 }}"""
    long = "Ш" * 60
    morning.execute("update departments set name = %s where id = %s", [bad, first])
    morning.execute("update departments set name = '' where id = %s", [second])
    morning.execute("update departments set name = %s where type = 'CORPORATION'", [bad])
    morning.execute("update products set name = %s", [bad])
    morning.execute("update receipt_payments set pay_type = %s", [long])
    late(morning, LAST_DAY - DAY, first, 3)
    with look() as seen:
        assert not seen.complaints
        assert seen.texts(".group") == [bad]
        assert seen.texts(".days tbody th") == [bad, "без названия"]
        assert bad in seen.table(".abc")[0][0]
        assert long in seen.text
        assert not seen.is_sideways(390)


def test_two_servers_with_equal_ids(look: Look, morning: Connection) -> None:
    for table in ("departments", "servers", *FACTS, "reconciliation", "sync_log"):
        columns = [
            row[0]
            for row in morning.execute(
                """select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped
                   and attname <> 'server_id'""",
                [table],
            )
        ]
        names = ", ".join(columns)
        morning.execute(f"insert into {table} (server_id, {names}) select 'second', {names} from {table}")
    with look(lang="en") as seen:
        rows = seen.table(".places")
        assert len(rows) == 5
        assert len({row[0] for row in rows}) == 5
        assert {row[0].split(" · ")[1] for row in rows[:4]} == {"main", "second"}
        assert seen.page.locator("#place option").count() == 5
        assert "proved 280" in seen.text


@pytest.mark.parametrize(("places", "days", "choices"), [(12, 30, 13), (13, 30, 0), (60, 400, 0)])
def test_many_restaurants(look: Look, morning: Connection, places: int, days: int, choices: int) -> None:
    open_restaurants(morning, places, days)
    html = page_of(morning, lang="en")
    assert len(html.encode()) < (1_000_000 if choices else 1_500_000)
    with look.at(html) as seen:
        assert seen.texts("h1") == ["Everything is there"]
        assert seen.page.locator("#place option").count() == choices
        rows = seen.table(".places")
        assert len(rows) == places + 1
        assert {row[2] for row in rows if row[0].startswith("Ресторан №")} == {"28k"}
        quiet = seen.texts("details.quiet > summary")
        assert quiet == ([f"{places} restaurants: all days proved"] if places > 15 else [])
        assert ("LFL" in seen.text) == (days == 400)
        assert not any(seen.is_sideways(width) for width in (390, 768, 1440))
