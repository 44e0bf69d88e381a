"""The simulator's readings: the other form of what differs between servers."""

from __future__ import annotations

import typing as t
import xml.etree.ElementTree as ET
from decimal import Decimal

import pytest
import requests

from simulator import Readings
from support.api_user import KEY, LAST_DAY, Iiko, assert_days_are_true, figures, values, with_readings

if t.TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def iiko() -> Iterator[Iiko]:
    """A small group."""
    with with_readings() as sim, Iiko(sim) as user:
        yield user


@pytest.mark.parametrize(
    ("readings", "fields", "expected"),
    [
        ({}, ["SourceOrderId"], {None}),
        ({"blank": "empty"}, ["SourceOrderId"], {""}),
        ({"date_form": "datetime"}, ["OpenDate.Typed"], {f"2026-05-{day}T00:00:00" for day in range(13, 18)}),
        ({"no_payment": "null"}, ["PayTypes"], {None}),
        ({}, ["PayTypes"], {"(без оплаты)"}),
    ],
)
def test_a_value_is_read_either_way(readings: dict[str, t.Any], fields: list[str], expected: set[t.Any]) -> None:
    with with_readings(**readings) as sim, Iiko(sim) as user:
        sim.business.delete_order()
        shown = {row[fields[0]] for row in user.rows(fields)}
        assert expected <= shown
        assert fields != ["OpenDate.Typed"] or shown == expected


def test_an_answer_is_written_either_way(iiko: Iiko) -> None:
    readings = {"key_order": "shuffled", "json_spacing": "spaced", "summary_first": True, "gzip": True}
    with with_readings(**readings) as sim, Iiko(sim) as user:
        body = user.body(["Storned", "OrderDeleted", "DishType"], ["DishSumInt", "DiscountSum"])
        other, usual = user.olap(body), iiko.olap(body)
        assert (other.headers["Content-Encoding"], usual.headers.get("Content-Encoding")) == ("gzip", None)
        assert other.text.startswith('{"summary": [], "data": [{')
        assert usual.text.startswith('{"data":[{"DiscountSum":')
        assert other.json() == usual.json()
        assert list(other.json()["data"][0]) != list(usual.json()["data"][0])


def test_a_server_answers_either_way() -> None:
    readings = {
        "token_form": "quoted",
        "documented_spelling": True,
        "server_state": "STARTING",
        "missing_date_status": 409,
    }
    with with_readings(**readings, empty_range="conflict") as sim:
        user = Iiko(sim)
        token = user.post("auth", data=user.login).text
        assert token == f'"{user.http.cookies["key"].strip(chr(34))}"'
        product = next(row for row in user.json("v2/entities/products/list") if row["modifiers"])
        assert ("defaultIncludeInMenu" in product, "required" in product["modifiers"][0]) == (True, True)
        assert "<serverState>STARTING<" in requests.get(f"{sim.url}/resto/get_server_info.jsp", timeout=5).text
        assert user.refusal(filters={})[0] == 409
        empty = {"filterType": "DateRange", "periodType": "CUSTOM", "from": "2026-05-14", "to": "2026-05-14"}
        assert user.refusal(filters={"OpenDate.Typed": empty})[0] == 409


@pytest.mark.parametrize(("form", "sign"), [("negative", -1), ("zero", 0)])
def test_refunds_either_way(form: t.Any, sign: int) -> None:
    """The third reading: an order of its own, even on the day of the sale, with lines that are not deleted."""
    with with_readings(refunds=form, refund_marks_source=True) as sim, Iiko(sim) as user:
        before = figures(sim)
        touched = sim.business.refund(day=LAST_DAY, on_day=LAST_DAY)
        refund, source = (
            next(r for r in sim.books.rows("receipts") if r[KEY[2]] == each) for each in touched["orders"]
        )
        paid = source["DishDiscountSumInt"]
        assert (refund["DishDiscountSumInt"], refund["DishReturnSum"]) == (sign * paid, paid)
        assert (refund["Storned"], source["Storned"], refund["SourceOrderId"]) == ("TRUE", "TRUE", source[KEY[2]])
        flags = user.rows(["DeletedWithWriteoff"], **{"UniqOrderId.Id": values(refund[KEY[2]])})
        assert [row["DeletedWithWriteoff"] for row in flags] == ["NOT_DELETED"]
        day = (source[KEY[0]], source[KEY[1]])
        assert figures(sim)[day]["dish_discount_sum"] == before[day]["dish_discount_sum"] + sign * paid
        assert_days_are_true(user)


def test_net_revenue_is_gross_less_discount_on_some_servers() -> None:
    with with_readings(exact_net=True, deleted_revenue="kept") as sim:
        for row in sim.books.rows("receipt_items"):
            due = row["DishSumInt"] - row["DiscountSum"] + row["IncreaseSum"]
            assert row["DishDiscountSumInt"] in {due, 0}, "0: on the house, or a later refund"


@pytest.mark.parametrize("objects", ["object", "number"])
def test_what_a_field_of_objects_holds(objects: t.Any) -> None:
    with with_readings(objects=objects) as sim, Iiko(sim) as user:
        rows = user.rows([*KEY, "PaymentTransaction.Id"], ["Currencies.SumInCurrency", "DishDiscountSumInt"])
        shown = [row["Currencies.SumInCurrency"] for row in rows]
        if objects == "number":
            assert shown == [row["DishDiscountSumInt"] for row in rows]
        else:
            assert 0 < len([each for each in shown if each != {}]) < len(shown) / 2
            filled = [row for row in rows if row["Currencies.SumInCurrency"] != {}]
            assert all(row["Currencies.SumInCurrency"] == {"RUB": row["DishDiscountSumInt"]} for row in filled)


def test_values_keep_to_their_types_on_some_servers() -> None:
    with with_readings(fiscal="text", odd_values=False) as sim, Iiko(sim) as user:
        for _ in range(4):
            sim.business.refund(day=LAST_DAY, on_day=LAST_DAY)
        rows = user.rows(["UniqOrderId.Id", "FiscalChequeNumber", "TableNum", "Banquet"])
        assert any(", " in row["FiscalChequeNumber"] for row in rows if row["FiscalChequeNumber"])
        assert all(isinstance(row["FiscalChequeNumber"], str | None) for row in rows)
        assert all(isinstance(row["TableNum"], int | None) for row in rows)
        assert {row["Banquet"] for row in rows} <= {"TRUE", "FALSE"}


def test_deleted_lines_and_unposted_cost_either_way() -> None:
    with with_readings(deleted_revenue="kept", refunds="zero", unposted_cost="zero") as sim, Iiko(sim) as user:
        sim.business.delete_order()
        rows = user.rows(["OrderDeleted", "DeletedWithWriteoff"], ["DishSumInt", "DishDiscountSumInt"])
        deleted = [row for row in rows if row["DeletedWithWriteoff"] != "NOT_DELETED"]
        assert sum(row["DishSumInt"] for row in deleted) > 0
        assert all(row["DishDiscountSumInt"] == row["DishSumInt"] for row in deleted)
        costs = user.rows(["OpenDate.Typed"], ["ProductCostBase.ProductCost"])
        assert {row["OpenDate.Typed"]: row["ProductCostBase.ProductCost"] for row in costs}[LAST_DAY.isoformat()] == 0


@pytest.mark.parametrize("names", ["current", "former"])
def test_names_of_the_past_either_way(names: str) -> None:
    with with_readings(past_names=names) as sim, Iiko(sim) as user:
        sold = {row["DishId"] for row in sim.books.rows("receipt_items") if row[KEY[0]] != LAST_DAY.isoformat()}
        renamed = sim.business.rename_dish(product=min(sold))
        rows = user.rows(["OpenDate.Typed", "DishName"], DishId=values(min(sold)))
        past = {row["DishName"] for row in rows if row["OpenDate.Typed"] != LAST_DAY.isoformat()}
        assert past == {renamed["name"] if names == "current" else renamed["was"]}
        assert_days_are_true(user)


def test_lines_without_a_discount_have_a_row_or_none() -> None:
    names = ["ItemSaleEvent.Id", "ItemSaleEventDiscountType"]
    shown = []
    for reading in ("blank", "absent"):
        with with_readings(undiscounted=reading) as sim, Iiko(sim) as user:
            shown.append({(row[names[0]], row[names[1]]) for row in user.rows(names)})
    usual, other = shown
    assert {name for _, name in other} < {name for _, name in usual} == {None, *(name for _, name in other)}
    assert {row for row in usual if row[1]} == other


def test_a_receipt_in_several_rows_keeps_its_money() -> None:
    with with_readings(line_dependent=frozenset({"Cashier.Id"})) as sim, Iiko(sim) as user:
        rows = user.rows([*KEY, "Cashier.Id"], ["DishSumInt", "GuestNum"])
        true = {row[KEY[2]]: row for row in sim.books.rows("receipts")}
        assert len(rows) > len(true)
        assert sum(row["DishSumInt"] for row in rows) == sum(row["DishSumInt"] for row in true.values())
        assert {row["GuestNum"] - true[row[KEY[2]]]["GuestNum"] for row in rows} == {Decimal(0)}


@pytest.mark.parametrize("one", [True, False])
def test_guests_of_counter_service_either_way(*, one: bool) -> None:
    with with_readings(fast_food_guests=one, summary_default=True) as sim, Iiko(sim) as user:
        department = next(row["department_id"] for row in sim.books.days() if row["department"] == "Кофейня «Утро»")
        rows = user.rows(["UniqOrderId.Id"], ["GuestNum"], **{"Department.Id": values(department)})
        assert ({row["GuestNum"] for row in rows if row["UniqOrderId.Id"]} == {1}) is one
        body = user.body([], ["GuestNum"])
        del body["buildSummary"]
        assert user.olap(body).json()["summary"] == [[{}, {"GuestNum": sum(day["guests"] for day in sim.books.days())}]]


@pytest.mark.parametrize(("form", "answer"), [("text", "CHAIN"), ("json", '{"serverType":"CHAIN"}')])
def test_the_kind_of_server_either_way(form: t.Any, answer: str) -> None:
    with with_readings(server_type=form, server_info="short", logout="token") as sim:
        user = Iiko(sim)
        token = user.post("auth", data=user.login).text
        assert user.get("replication/serverType").text == answer
        info = requests.get(f"{sim.url}/resto/get_server_info.jsp", timeout=5).text
        assert (info.startswith("<?xml"), len(ET.fromstring(info))) == (True, 5)
        assert user.post("logout").text == token


def test_bodies_and_errors_may_be_called_html() -> None:
    with with_readings(content_type="html", error_form="page") as sim, Iiko(sim) as user:
        for answer in (
            requests.get(f"{sim.url}/resto/get_server_info.jsp", timeout=5),
            user.get("corporation/stores"),
            user.get("v2/entities/products/list"),
            user.olap(user.body(KEY, ["DishSumInt"])),
        ):
            assert (answer.status_code, answer.headers["Content-Type"][:9]) == (200, "text/html")
        sim.faults.add("forbidden")
        refused = user.olap(user.body(KEY, ["DishSumInt"]))
        assert (refused.status_code, refused.text[:9]) == (403, "<!DOCTYPE")
        assert "Permission denied" in refused.text
        full = requests.post(f"{sim.url}/resto/api/auth", data=user.login, timeout=5)
        assert full.status_code == 403
        assert "<html>" in full.text
        assert "no connections available" in full.text


def test_readings_are_options_of_the_command_line() -> None:
    assert Readings.of([]) == Readings()
    words = ["refunds=negative", "gzip=true", "wrong_login_status=403", "summary_default=null", "line_dependent=A,B"]
    assert Readings.of(words) == Readings(
        refunds="negative", gzip=True, wrong_login_status=403, line_dependent=frozenset({"A", "B"})
    )
    with pytest.raises(ValueError, match='refunds=x is not one of its values: "live", "negative", "zero"'):
        Readings.of(["refunds=x"])
    with pytest.raises(ValueError, match="no reading is called 'refund'"):
        Readings.of(["refund=x"])
