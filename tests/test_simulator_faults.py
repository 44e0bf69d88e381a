"""The simulator's sessions, faults and readings, seen at the socket."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
import typing as t
import xml.etree.ElementTree as ET
from decimal import Decimal

import pytest
import requests
from test_simulator import KEY, LAST_DAY, Iiko, assert_days_are_true, figures, values, with_readings

from simulator import Simulator
from simulator.faults import KINDS, LIMITS

if t.TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def iiko() -> Iterator[Iiko]:
    """A small group."""
    with with_readings() as sim, Iiko(sim) as user:
        yield user


# Sessions


def test_login_by_form_and_by_query_and_logout() -> None:
    with with_readings() as sim:
        user = Iiko(sim)
        by_query = user.get("auth", **user.login)
        assert (by_query.status_code, user.http.cookies["key"]) == (200, by_query.text)
        assert by_query.headers["Content-Type"].startswith("text/plain")
        assert user.get("logout").text == by_query.text
        assert user.get("logout").status_code == 401
        token = user.post("auth", data=user.login).text
        plain = requests.get(f"{sim.url}/resto/api/version", params={"key": token}, timeout=5)
        assert plain.text == "9.1.7014.0"
        assert user.post("logout").text == token != by_query.text
        assert (sim.logins, sim.logouts, sim.open_tokens) == (2, 2, 0)


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_wrong_password_is_refused(status: t.Literal[400, 401, 403]) -> None:
    with with_readings(wrong_login_status=status) as sim:
        user = Iiko(sim, "wrong")
        assert user.post("auth", data=user.login).status_code == status
        assert user.get("corporation/stores").status_code == 401
        assert (sim.logins, sim.open_tokens) == (0, 0)


def test_a_slot_is_taken_until_logout_or_expiry() -> None:
    with with_readings() as sim:
        first, second = Iiko(sim), Iiko(sim)
        first.post("auth", data=first.login)
        full = second.post("auth", data=second.login)
        assert (full.status_code, full.text.startswith("License enhancement is required")) == (403, True)
        assert first.get("corporation/stores").status_code == 200
        sim.sessions.lifetime = -1.0
        late = first.get("corporation/stores")
        assert (late.status_code, late.text) == (401, "Token is expired or invalid")
        sim.sessions.lifetime = 3600.0
        assert second.post("auth", data=second.login).status_code == 200


def test_a_second_request_beside_the_first_is_refused_and_counted(iiko: Iiko) -> None:
    sim = iiko.sim
    sim.faults.add("slow", seconds=1)
    answers: list[requests.Response] = []
    body = iiko.body(["Storned"], ["DishSumInt"])
    slow = threading.Thread(target=lambda: answers.append(iiko.olap(body)))
    slow.start()
    while not sim.sessions.in_flight:
        time.sleep(0.01)
    other = requests.get(f"{sim.url}/resto/api/version", cookies=iiko.http.cookies.get_dict(), timeout=5)
    slow.join()
    assert (other.status_code, answers[0].status_code) == (500, 200)
    assert (sim.refused_concurrent, sim.max_in_flight) == (1, 2)
    assert iiko.get("version").status_code == 200
    sim.reset_log()
    assert (sim.refused_concurrent, sim.log) == (0, [])


# The server


def test_wrong_paths_are_html_outside_the_api_and_text_inside(iiko: Iiko) -> None:
    for path in ("/", "/resto", "/resto/nothing", "/api/auth"):
        page = requests.get(iiko.sim.url + path, timeout=5)
        assert (page.status_code, page.headers["Content-Type"][:9]) == (404, "text/html")
    inside = iiko.get("entities/products/list")
    assert (inside.status_code, inside.headers["Content-Type"][:10]) == (404, "text/plain")


def test_the_server_tells_about_itself_without_a_login(iiko: Iiko) -> None:
    info = ET.fromstring(requests.get(f"{iiko.sim.url}/resto/get_server_info.jsp", timeout=5).content)
    assert (info.findtext("edition"), info.findtext("version")) == ("chain", "9.1.7014.0")
    assert iiko.get("replication/serverType").text == "CHAIN"


def test_the_process_announces_itself_and_ends_on_sigterm() -> None:
    command = [sys.executable, "-m", "simulator", "--port", "0", "--departments", "1", "--days", "3", "--receipts", "5"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        ready = json.loads(process.stdout.readline())
        days = requests.get(f"{ready['url']}/simulator/books/days", timeout=5).json()
        assert [days[0]["business_date"], days[-1]["business_date"]] == [ready["first_day"], ready["last_day"]]
        assert sum(day["receipts"] for day in days) == ready["receipts"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stdout.read() == ""


# Faults


def report(iiko: Iiko, **more: t.Any) -> requests.Response:
    """A report of which a server can break something."""
    return iiko.post("v2/reports/olap", json=iiko.body([*KEY, "ItemSaleEvent.Id"], ["DishSumInt"]), **more)


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        ("http_500", 500, "NullPointerException"),
        ("html_200", 200, "<html>"),
        ("expire", 401, "Token is expired or invalid"),
        ("forbidden", 403, "Permission denied"),
        ("missing", 404, "404"),
        ("business_rule", 409, "Доступ запрещен"),
    ],
)
def test_a_told_fault_is_told_once(iiko: Iiko, kind: str, status: int, words: str) -> None:
    iiko.sim.faults.add(kind, path="corporation/stores")
    assert iiko.get("corporation/departments").status_code == 200
    answer = iiko.get("corporation/stores")
    assert (answer.status_code, iiko.sim.log[-1].fault) == (status, kind)
    assert words in answer.content.decode()
    assert answer.headers["Content-Type"].startswith("text/html" if kind == "html_200" else "text/plain")
    assert iiko.sim.open_tokens == (0 if kind == "expire" else 1)
    if kind == "expire":
        assert iiko.post("auth", data=iiko.login).status_code == 200
    assert ET.fromstring(iiko.get("corporation/stores").content).tag == "corporateItemDtoes"


def test_a_fault_says_what_it_is_told_to_say(iiko: Iiko) -> None:
    iiko.sim.faults.add("http_500", status=502, text="upstream", times=2, after=1, path="corporation")
    answers = [iiko.get("corporation/stores") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 502, 502, 200]
    assert answers[1].text == "upstream"
    iiko.sim.faults.add("http_500", match=lambda body: body["groupByRowFields"] == ["Storned"])
    assert report(iiko).status_code == 200
    assert iiko.olap(iiko.body(["Storned"], ["DishSumInt"])).status_code == 500
    iiko.sim.faults.add("http_500")
    iiko.sim.faults.clear()
    assert report(iiko).status_code == 200
    with pytest.raises(ValueError, match="no fault"):
        iiko.sim.faults.add("meteor")


def test_a_connection_breaks_in_the_middle_of_a_body(iiko: Iiko) -> None:
    iiko.sim.faults.add("reset")
    with iiko.http.post(
        f"{iiko.sim.url}/resto/api/v2/reports/olap", json=iiko.body(KEY, ["DishSumInt"]), stream=True, timeout=5
    ) as answer:
        assert (answer.status_code, int(answer.headers["Content-Length"]) > 1000) == (200, True)
        with pytest.raises(requests.RequestException):
            list(answer.iter_content())
    assert report(iiko).status_code == 200


def test_a_body_ends_too_early(iiko: Iiko) -> None:
    whole = report(iiko).content
    iiko.sim.faults.add("truncate")
    half = report(iiko)
    assert (half.status_code, len(half.content)) == (200, len(whole) // 2)
    assert whole.startswith(half.content)
    assert report(iiko).content == whole


def test_a_stalled_report_goes_on_running_there(iiko: Iiko) -> None:
    iiko.sim.faults.add("stall", seconds=60)
    with pytest.raises(requests.RequestException):
        report(iiko, timeout=0.5)
    assert report(iiko).status_code == 500
    assert iiko.sim.refused_concurrent == 1


def test_a_slow_report_is_right(iiko: Iiko) -> None:
    whole = report(iiko).content
    iiko.sim.faults.add("slow", seconds=0.05)
    assert report(iiko).content == whole
    assert (iiko.sim.log[-1].fault, iiko.sim.log[-2].fault) == ("slow", None)


def test_slots_are_full_for_logins_only(iiko: Iiko) -> None:
    iiko.sim.faults.add("slots_full")
    assert report(iiko).status_code == 200
    iiko.post("logout")
    refused = iiko.post("auth", data=iiko.login)
    assert (refused.status_code, "no connections available" in refused.text) == (403, True)
    assert iiko.post("auth", data=iiko.login).status_code == 200


def test_a_restart_breaks_the_connection_and_forgets_the_logins(iiko: Iiko) -> None:
    iiko.sim.faults.add("restart")
    with pytest.raises(requests.ConnectionError):
        iiko.get("corporation/stores")
    assert iiko.sim.open_tokens == 0
    assert [iiko.post("auth", data=iiko.login).status_code for _ in range(3)] == [401, 401, 200]
    assert report(iiko).status_code == 200


def test_a_weak_server_answers_small_reports_only(iiko: Iiko) -> None:
    faults, sim = iiko.sim.faults, iiko.sim
    faults.add("max_days", days=4)
    assert (report(iiko).status_code, "OutOfMemoryError" in report(iiko).text) == (500, True)
    faults.add("max_days", days=5)
    rows = len(report(iiko).json()["data"])
    faults.clear()
    faults.add("max_rows", rows=rows - 1)
    assert report(iiko).status_code == 500
    department = sim.books.days()[0]["department_id"]
    assert iiko.rows([*KEY, "ItemSaleEvent.Id"], **{"Department.Id": values(department)})
    faults.clear()
    assert len(report(iiko).json()["data"]) == rows


def test_every_fault_has_been_seen() -> None:
    told = {"http_500", "html_200", "expire", "forbidden", "missing", "business_rule"}
    assert {*told, "reset", "truncate", "stall", "slow", "slots_full", "restart", *LIMITS} == set(KINDS)


def test_a_server_that_stops_comes_back_at_the_same_address(iiko: Iiko) -> None:
    iiko.sim.stop()
    with pytest.raises(requests.ConnectionError):
        report(iiko)
    iiko.sim.start()
    assert report(iiko).status_code == 200


def test_the_remote_control(iiko: Iiko) -> None:
    sim = iiko.sim
    control = f"{sim.url}/simulator"
    before = figures(sim)
    touched = requests.post(f"{control}/change", json={"kind": "change_guests", "guests": 99}, timeout=5).json()
    assert len(touched["orders"]) == 1
    assert figures(sim) != before
    assert requests.post(f"{control}/change", json={"kind": "nonsense"}, timeout=5).status_code == 400
    requests.post(f"{control}/fault", json={"kind": "forbidden", "path": "stores"}, timeout=5)
    assert iiko.get("corporation/stores").status_code == 403
    rows = requests.get(f"{control}/books/rows", params={"table": "stores"}, timeout=5).json()
    assert rows == sim.books.rows("stores")
    told = requests.get(f"{control}/requests", timeout=5).json()
    assert [each["path"] for each in told["log"]] == ["/resto/api/auth", "/resto/api/corporation/stores"]
    assert (told["logins"], told["open_tokens"]) == (1, 1)


# Lists


def test_russian_names_and_stray_blanks_survive(iiko: Iiko) -> None:
    names = {row["name"] for row in iiko.json("v2/entities/products/list", includeDeleted="true")}
    assert {"Чай  Ассам ", " Эклер", "Борщ с пампушкой"} <= names
    shown = ET.fromstring(iiko.get("corporation/departments").content)
    assert "Бистро на Лесной" in {each.findtext("name") for each in shown}
    assert {each.text for each in shown.iter("taxpayerIdNumber")} == {"7700000017"}
    assert {row["Department"] for row in iiko.rows(["Department"])} == {"Бистро на Лесной", "Кофейня «Утро»"}
    assert {row["DishName"] for row in iiko.rows(["DishName"])} <= names


@pytest.mark.parametrize(
    ("table", "path"),
    [("products", "v2/entities/products/list"), ("product_groups", "v2/entities/products/group/list")],
)
def test_a_list_is_the_books_and_can_be_narrowed(iiko: Iiko, table: str, path: str) -> None:
    true = iiko.sim.books.rows(table)
    assert iiko.json(path, includeDeleted="true") == true
    assert iiko.json(path) == [row for row in true if not row["deleted"]]
    chosen = [true[3]["id"].upper(), true[5]["id"]]
    assert iiko.post(path, data={"ids": chosen}).json()[0]["id"] == true[3]["id"]
    assert [row["id"] for row in iiko.json(path, ids=chosen)] == [true[3]["id"], true[5]["id"]]
    assert {row["parent"] for row in iiko.json(path, parentIds="")} == {None}


def test_lists_and_reports_speak_of_the_same_things(iiko: Iiko) -> None:
    products = {row["id"]: row for row in iiko.json("v2/entities/products/list", includeDeleted="true")}
    groups = {row["id"]: row["name"] for row in iiko.json("v2/entities/products/group/list", includeDeleted="true")}
    kinds = ["ProductCategory", "AccountingCategory", "TaxCategory", "PaymentType"]
    names = {row["id"]: row["name"] for row in iiko.json("v2/entities/list", rootType=kinds)}
    dish = ["DishId", "DishCode", "DishType", "DishGroup", "DishGroup.Id", "DishCategory", "DishCategory.Id"]
    taxed = ["DishTaxCategory.Id", "DishTaxCategory.Name", "DishCategory.Accounting.Id", "DishCategory.Accounting"]
    for row in iiko.rows([*dish, *taxed]):
        product = products[row["DishId"]]
        assert (row["DishCode"], row["DishType"]) == (product["num"], product["type"])
        assert (row["DishGroup.Id"], row["DishGroup"]) == (product["parent"], groups.get(product["parent"]))
        assert (row["DishCategory.Id"], row["DishCategory"]) == (product["category"], names.get(product["category"]))
        assert (row["DishCategory.Accounting.Id"], row["DishCategory.Accounting"]) == (
            product["accountingCategory"],
            names[product["accountingCategory"]],
        )
        assert product["taxCategory"] in {row["DishTaxCategory.Id"], None}
        assert row["DishTaxCategory.Name"] == names[row["DishTaxCategory.Id"]]
    paid = iiko.rows(["PayTypes", "PayTypes.GUID"], **{"PayTypes.GUID": values(None, kind="ExcludeValues")})
    assert {row["PayTypes"] for row in paid} == {names[row["PayTypes.GUID"]] for row in paid} != set()


def test_stores_belong_to_departments(iiko: Iiko) -> None:
    for table, path in (("stores", "corporation/stores"), ("departments", "corporation/departments")):
        shown = ET.fromstring(iiko.get(path).content)
        assert [each.findtext("id") for each in shown] == [row["id"] for row in iiko.sim.books.rows(table)]
        assert list(ET.fromstring(iiko.get(path, revisionFrom=1).content)) == []
    departments = {row["id"] for row in iiko.sim.books.rows("departments")}
    assert {row["parentId"] for row in iiko.sim.books.rows("stores")} <= departments


def test_entities_by_type_and_by_revision(iiko: Iiko) -> None:
    rows = iiko.json("v2/entities/list", rootType=["TaxCategory", "PaymentType"])
    assert {row["rootType"] for row in rows} == {"TaxCategory", "PaymentType"}
    assert any(row["deleted"] for row in rows)
    assert not any(
        row["deleted"] for row in iiko.json("v2/entities/list", rootType="TaxCategory", includeDeleted="false")
    )
    assert (
        iiko.get("v2/entities/list", rootType="Meteor").status_code == iiko.get("v2/entities/list").status_code == 400
    )
    renamed = iiko.sim.business.rename_dish()
    (changed,) = iiko.json("v2/entities/products/list", revisionFrom=1)
    assert (changed["id"], changed["name"]) == (renamed["product"], renamed["name"])


def test_an_old_server_lacks_what_came_later() -> None:
    with Simulator(departments=1, days=2, receipts_per_day=5, version="6.1.9.0", fields=229) as sim, Iiko(sim) as user:
        assert user.get("v2/entities/products/list").status_code == 200
        assert user.get("v2/entities/products/group/list").status_code == 404
        assert user.get("v2/entities/list", rootType="AccountingCategory").status_code == 200
        assert user.get("v2/entities/list", rootType="TaxCategory").status_code == 400
        columns = user.json("v2/reports/olap/columns", reportType="SALES")
        assert (len(columns), "ItemSaleEvent.Id" in columns) == (229, False)
        assert user.refusal(groupByRowFields=["ItemSaleEvent.Id"])[0] == 400


def test_the_directory_says_what_reports_accept(iiko: Iiko) -> None:
    columns = iiko.json("v2/reports/olap/columns", reportType="SALES")
    assert len(columns) == 285
    groups = [name for name, column in columns.items() if column["groupingAllowed"]]
    sums = [name for name, column in columns.items() if column["aggregationAllowed"] and name not in groups]
    (first, *_) = iiko.rows(groups, sums)
    assert set(first) == {*groups, *sums}
    assert not {"OpenDate", "TableNumInt"} & set(columns)
    assert all(isinstance(row["TableNumInt"], int | None) for row in iiko.rows(["TableNumInt"]))
    assert iiko.get("v2/reports/olap/columns", reportType="X").status_code == 400


# Readings: the other form of what the reference leaves open


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
        "quoted_token": True,
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


def test_refunds_either_way() -> None:
    with with_readings(refund_revenue="zero", refund_marks_source=True) as sim, Iiko(sim) as user:
        before = figures(sim)
        touched = sim.business.refund()
        refund, source = (
            next(r for r in sim.books.rows("receipts") if r[KEY[2]] == each) for each in touched["orders"]
        )
        assert (refund["DishDiscountSumInt"], refund["DishReturnSum"]) == (0, source["DishDiscountSumInt"])
        assert (refund["Storned"], source["Storned"], refund["SourceOrderId"]) == ("TRUE", "TRUE", source[KEY[2]])
        day = (source[KEY[0]], source[KEY[1]])
        assert figures(sim)[day]["dish_discount_sum"] == before[day]["dish_discount_sum"]
        assert_days_are_true(user)


def test_deleted_lines_and_unposted_cost_either_way() -> None:
    with with_readings(deleted_revenue="zero", unposted_cost="zero") as sim, Iiko(sim) as user:
        sim.business.delete_order()
        rows = user.rows(["OrderDeleted", "DeletedWithWriteoff"], ["DishSumInt", "DishDiscountSumInt"])
        deleted = [row for row in rows if row["DeletedWithWriteoff"] != "NOT_DELETED"]
        assert sum(row["DishSumInt"] for row in deleted) > 0
        assert {row["DishDiscountSumInt"] for row in deleted} == {0}
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
