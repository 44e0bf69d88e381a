"""Balances: which closings are asked for, night by night, and that each stays what iiko says of it now."""

from __future__ import annotations

import datetime
import typing as t
from decimal import Decimal

import pytest

from support.catalogs import catalog_of
from support.clocks import server_says
from support.other_balances import Postings
from support.other_iiko import OtherIiko
from support.other_ledger import LISTS
from support.raw_iiko import RawIiko, answer, run_command
from support.taps import Result, run_tap
from support.warehouse import Warehouse

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TABLES = ("store_balances", "counteragent_balances")
KEYS = {
    "store_balances": ("store_id", "product_id"),
    "counteragent_balances": ("account_id", "counteragent_id", "department_id"),
}
ONE_DAY = datetime.timedelta(days=1)
TODAY = datetime.datetime.now(datetime.UTC).date()
LOOKBACK = 60
MOST_MEGABYTES = 150


def day_of(nights: int) -> str:
    return (TODAY + ONE_DAY * nights).isoformat()


def end_of(day: str) -> str:
    """When its closing is asked for."""
    return f"{datetime.date.fromisoformat(day) + ONE_DAY}T00:00:00"


def month_ends(first: str, last: str) -> set[str]:
    """The days before every first of a month."""
    day, found = datetime.date.fromisoformat(first), set()
    while day <= datetime.date.fromisoformat(last):
        if (day + ONE_DAY).day == 1:
            found.add(day.isoformat())
        day += ONE_DAY
    return found


class Nights:
    """Runs at half past three in Moscow, night after night, into one warehouse."""

    def __init__(self, server: OtherIiko, postings: Postings, patch: pytest.MonkeyPatch) -> None:
        self.server = server
        self.postings = postings
        self.patch = patch
        self.warehouse = Warehouse()
        self.state: t.Any = None
        self.closings: dict[str, str] = {}
        """The moment of the last reading of each day."""
        self.settings: dict[str, t.Any] = {"timezone": "Europe/Moscow", "start_date": day_of(-100)}

    def run(self, night: int = 0, hour: int = 0, **settings: t.Any) -> Result:
        """One run."""
        now = datetime.datetime.combine(TODAY + ONE_DAY * night, datetime.time(hour, 30))
        server_says(self.patch, f"{now:%a, %d %b %Y %H:%M:%S} GMT")
        self.postings.asked.clear()
        config = {"base_url": self.server.url, "login": "demo", "password": "demo-password"}
        result = run_tap({**config, **self.settings, **settings}, self.state, catalog_of(*TABLES, "sync_log"))
        self.warehouse.load(result)
        self.state = result.state
        for moment in self.postings.asked["store_balances"]:
            at = datetime.datetime.fromisoformat(moment)
            self.closings[(at - datetime.timedelta(seconds=1)).date().isoformat()] = moment
        return result

    def assert_equal(self) -> None:
        """Every closing that was ever read is what the postings come to now."""
        for table in TABLES:
            loaded = {
                (row["business_date"], *(row[name] for name in KEYS[table])): (
                    Decimal(row.get("amount") or 0),
                    Decimal(row["sum"]),
                )
                for row in self.warehouse.current(table)
            }
            right = {
                (day, *place): figures
                for day, moment in self.closings.items()
                for place, figures in self.postings.balance(table, moment).items()
            }
            assert loaded == right


@pytest.fixture
def postings() -> Postings:
    """A store whose goods come and go, a debt, cash, and pay that belongs to no department."""
    each = Postings()
    for back in (90, 70, 40, 20, 5, 2, 1):
        day = day_of(-back)
        each.move(f"{day}T12:00:00", 1, 11, "20", "1000.5")
        each.move(f"{day}T18:00:00", 1, 11, "-19.35", "-950.25")
        each.pay(f"{day}T12:00:00", 21, 31, 41, "-1000.5")
    each.move(f"{day_of(-90)}T13:00:00", 2, 12, "-3", "-42")
    each.move(f"{day_of(-90)}T13:00:00", 2, 13, "0.000000001", "0.1")
    each.pay(f"{day_of(-50)}T13:00:00", 21, None, 41, "7")
    each.pay(f"{day_of(-50)}T13:00:00", 21, None, None, "8")
    each.pay(f"{day_of(-50)}T13:00:00", 21, 31, None, "9")
    return each


@pytest.fixture
def nights(postings: Postings, monkeypatch: pytest.MonkeyPatch, no_waiting: None) -> Iterator[Nights]:
    with OtherIiko([], lists={**LISTS, **postings.lists}) as server:
        yield Nights(server, postings, monkeypatch)
        assert server.token is None
        assert server.most_in_flight == 1


def statuses(result: Result, table: str = "store_balances") -> dict[str, str]:
    return {row["business_date"]: row["status"] for row in result.log(table)}


def days_that(result: Result, *said: str, table: str = "store_balances") -> set[str]:
    return {day for day, status in statuses(result, table).items() if status in said}


def test_the_moments_of_a_first_second_and_third_night(nights: Nights, postings: Postings) -> None:
    read: set[str] = set()
    for night in (-1, 0, 1):
        nights.run(night)
        yesterday, today = day_of(night - 1), day_of(night)
        read |= {yesterday, *month_ends(day_of(night - LOOKBACK), today)}
        closings = {end_of(day) for day in read}
        for table in TABLES:
            asked = postings.asked[table]
            assert len(asked) == len(set(asked)), "each once"
            assert set(asked) == closings | {f"{today}T03:30:00"}, "and what there is at this moment"
        nights.assert_equal()
    assert postings.parameters == {"timestamp"}, "nothing is filtered"


def test_a_closing_replaces_what_there_was_during_the_day(nights: Nights, postings: Postings) -> None:
    today = day_of(0)
    first = nights.run(0)
    assert {row["is_final"] for row in first.log("store_balances") if row["business_date"] == today} == {False}
    before = {row["id"] for row in first.records("store_balances") if row["business_date"] == today}
    postings.move(f"{today}T19:00:00", 1, 11, "1", "50")
    second = nights.run(1)
    after = {row["id"] for row in second.records("store_balances") if row["business_date"] == today}
    assert before == after
    nights.assert_equal()
    third = nights.run(1, hour=18)  # half past nine in the evening: the day before is over in any case
    assert {row["is_final"] for row in third.log("store_balances") if row["business_date"] == today} == {True}


def test_nothing_changed_nothing_written(nights: Nights, postings: Postings) -> None:
    nights.run(0, hour=12)
    again = nights.run(0, hour=12)
    for table in TABLES:
        assert not again.records(table)
        assert set(statuses(again, table).values()) == {"unchanged"}
        assert len(postings.asked[table]) == len(statuses(again, table))
    nights.assert_equal()


def test_a_change_in_the_past_is_found_in_each_closing_since(nights: Nights, postings: Postings) -> None:
    for night in (-1, 0, 1):
        nights.run(night, hour=12)
    read = set(nights.closings)
    postings.move(f"{day_of(-1)}T10:00:00", 2, 12, "5", "70")
    result = nights.run(1, hour=12)
    assert days_that(result, "loaded") == {day_of(-1), day_of(0), day_of(1)}
    assert days_that(result, "unchanged") == read - days_that(result, "loaded")
    assert not result.records("counteragent_balances"), "no money moved"
    nights.assert_equal()


def test_a_document_that_moves_changes_only_what_lies_between(nights: Nights, postings: Postings) -> None:
    for night in (-1, 0, 1):
        nights.run(night, hour=12)
    place = next(n for n, (when, *_) in enumerate(postings.moved) if when == f"{day_of(-2)}T12:00:00")
    postings.moved[place] = (f"{day_of(0)}T12:00:00", *postings.moved[place][1:])
    result = nights.run(1, hour=12)
    assert days_that(result, "loaded") == {day_of(-2), day_of(-1)}
    nights.assert_equal()


def test_a_product_that_is_used_up_is_gone(nights: Nights, postings: Postings) -> None:
    nights.run(0, hour=12)
    postings.move(f"{day_of(-60)}T10:00:00", 2, 12, "3", "42")
    nights.run(0, hour=12)
    nights.assert_equal()
    nights.warehouse.prune()
    nights.assert_equal()


def test_a_balance_of_nothing_is_empty_and_still_watched(nights: Nights, postings: Postings) -> None:
    postings.moved.clear()
    result = nights.run(-1)
    assert set(statuses(result).values()) == {"empty"}
    nights.run(0)
    nights.run(1)
    postings.move(f"{day_of(-2)}T10:00:00", 1, 11, "1", "2")
    result = nights.run(1)
    assert days_that(result, "loaded") >= {day_of(-2), day_of(-1), day_of(0), day_of(1)}
    nights.assert_equal()


def test_a_closing_that_fails_is_failed_alone(nights: Nights, postings: Postings) -> None:
    place = ("store_balances", end_of(day_of(-1)))
    postings.bad[place] = {"error": "Malformed"}
    result = nights.run(0, hour=12)
    assert result.code == 1
    assert days_that(result, "failed") == {day_of(-1)}
    assert days_that(result, "loaded") == {day_of(0), *month_ends(day_of(-LOOKBACK), day_of(-2))}
    assert set(statuses(result, "counteragent_balances").values()) == {"loaded"}
    del postings.bad[place]
    assert nights.run(0, hour=12).code == 0
    nights.assert_equal()


def test_two_rows_of_one_place_add_up(nights: Nights, postings: Postings) -> None:
    """Nothing says that iiko never splits a balance by what it does not show."""
    moment = end_of(day_of(-1))
    row = {"store": LISTS["v2/entities/products/list"][0]["id"], "product": None, "amount": 1.5, "sum": 2}
    postings.bad["store_balances", moment] = [{**row, "of": {"x": 1}}, {**row, "amount": 1, "of": {"x": 2}}]
    result = nights.run(0)
    (merged,) = [each for each in result.records("store_balances") if each["business_date"] == day_of(-1)]
    assert (merged["amount"], merged["sum"]) == (Decimal("2.5"), 4)


def asked_days(postings: Postings) -> set[str]:
    moments = map(datetime.datetime.fromisoformat, postings.asked["store_balances"])
    return {(each - datetime.timedelta(seconds=1)).date().isoformat() for each in moments}


def test_what_the_settings_say_of_days_holds(nights: Nights, postings: Postings) -> None:
    nights.run(0, end_date=day_of(-40), departments=["7c1e0a52-3f1b-4c8e-9d05-5b8f4f0e2a10"])
    assert asked_days(postings) == {day_of(-40), *month_ends(day_of(-100), day_of(-40))}, "the last day asked for"
    assert postings.parameters == {"timestamp"}, "departments are those of sales"
    nights.state = None
    nights.run(0, start_date=day_of(0))
    assert asked_days(postings) == {day_of(0)}
    nights.state = None
    nights.run(0, lookback_days=0)
    assert asked_days(postings) == {day_of(-1), day_of(0)}


def test_without_a_zone_nothing_that_has_happened_is_left_out(nights: Nights, postings: Postings) -> None:
    del nights.settings["timezone"]
    nights.run(0, hour=3, lookback_days=1)
    assert postings.asked["store_balances"] == [f"{day_of(0)}T17:30:00", end_of(day_of(-1))]
    nights.run(0, hour=21, lookback_days=1)
    assert postings.asked["store_balances"] == [end_of(day_of(0)), end_of(day_of(-1))]
    nights.assert_equal()


def test_an_hourly_run_with_a_short_look_back_makes_no_closing_forgotten(nights: Nights, postings: Postings) -> None:
    for night in (-1, 0, 1):
        nights.run(night)
    nights.run(1, hour=9, lookback_days=0)
    postings.move(f"{day_of(-5)}T10:00:00", 2, 12, "5", "70")
    nights.run(1, hour=12)
    assert asked_days(postings) >= {day_of(back) for back in range(-2, 2)}
    nights.assert_equal()


def test_closings_of_long_ago_stay_and_no_state_grows(nights: Nights, postings: Postings) -> None:
    long_ago = day_of(-LOOKBACK - 35)
    postings.move(f"{day_of(-LOOKBACK - 36)}T10:00:00", 2, 12, "5", "70")
    nights.run(0, hour=12, end_date=long_ago, lookback_days=0)
    nights.run(0, hour=12)
    assert long_ago not in asked_days(postings)
    assert long_ago in {row["business_date"] for row in nights.warehouse.current("store_balances")}
    (partition,) = nights.state["bookmarks"]["store_balances"]["partitions"]
    packed = [*partition["fingerprints"].items(), *partition["open_fingerprints"].items()]
    days = {f"{month}-{marks[place : place + 2]}" for month, marks in packed for place in range(0, len(marks), 10)}
    assert days == {day_of(-1), day_of(0), *month_ends(day_of(-LOOKBACK), day_of(0))}


def test_a_large_balance_takes_little_memory(tmp_path: Path) -> None:
    """30 stores and 5,000 products: 20 MB."""
    rows = [
        f'{{"store":"b7c00000-0000-4000-8000-{store:012}","product":"3f3b9a52-0000-4000-8000-{product:012}",'
        f'"amount":{product}.35,"sum":{product}.125}}'
        for store in range(30)
        for product in range(5000)
    ]
    body = f"[{','.join(rows)}]".encode()
    assert len(body) > 19e6
    with RawIiko() as server:
        server.raw["/balance/stores"] = answer(body)
        code, said, megabytes = run_command(tmp_path, server)
    assert code == 0, said[-2000:]
    assert "150,000 store_balances" in said
    assert megabytes < MOST_MEGABYTES
