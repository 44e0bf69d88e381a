"""Reports of a user's own where something is too much for the server, not allowed, or cannot be added up."""

from __future__ import annotations

import typing as t

import pytest

from simulator import Simulator
from support.analyst import LEDGER, LINES, ORDERS, Analyst, is_shared, told
from support.own_books import differences

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from support.own_books import Told

POSTED: t.Final = {"report": "TRANSACTIONS"}
pytestmark = pytest.mark.usefixtures("no_waiting")


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """A few days."""
    with Simulator(seed=21, departments=3, days=5, receipts_per_day=12) as simulator:
        yield simulator
        assert (simulator.open_tokens, simulator.max_in_flight) == (0, 1)


# Rows of one key


@pytest.mark.parametrize("field", ["UniqOrderId", "GuestNum.Avg"])
def test_what_cannot_be_added_up_fails_and_is_not_merged(sim: Simulator, field: str) -> None:
    reports = [
        told(ORDERS, "x", "Department.Id HourClose", field, key=["Department.Id"], columns={field: "figure"}),
        told(ORDERS, "good", "Department.Id", "DishSumInt"),
    ]
    analyst = Analyst(sim, reports)
    night = analyst.night()
    assert night.code == 1
    assert night.records("report_x") == []
    rows = night.log("report_x")
    assert {row["status"] for row in rows} == {"failed"}
    assert {row["message"] for row in rows} == {
        f"report_x: two rows of {row['business_date']} have one key, and their figure cannot be added up."
        for row in rows
    }
    assert len(rows) == 5
    assert (
        differences(reports[1], analyst.warehouse.current("report_good"), analyst.books(reports[1]), sim.first_day)
        == []
    )


def test_sums_of_one_key_are_added_up(sim: Simulator) -> None:
    """The other groups describe it: of texts the first in order."""
    by_hand = told(ORDERS, "by_hand", "Department.Id", "DishSumInt")
    given = told(ORDERS, "x", "Department.Id HourClose", "DishSumInt", key=["Department.Id"])
    analyst = Analyst(sim, [given])
    assert analyst.night().code == 0
    rows = analyst.warehouse.current("report_x")
    assert differences(by_hand, rows, analyst.books(given), sim.first_day) == []
    for row in rows:
        hours = [
            each["HourClose"]
            for each in analyst.books(given)
            if (each["OpenDate.Typed"], each["Department.Id"]) == (row["business_date"], row["department_id"])
        ]
        assert row["hour_close"] == min(filter(None, hours))


# Too much


def cut_days(analyst: Analyst, field: str) -> int:
    """How many requests asked for some values of a field only."""
    return sum(field in body["filters"] for body in analyst.asked())


BY_RECEIPT = "Department.Id UniqOrderId.Id"
LARGE = {
    "sales": (told(LINES, "x", f"{BY_RECEIPT} DishId", "DishSumInt"), "Department.Id"),
    "sales, watched by its own": (told(LINES, "x", f"{BY_RECEIPT} DishId", "DishSumInt", watch="own"), "Department.Id"),
    "deliveries": (told(ORDERS, "x", BY_RECEIPT, "DishSumInt", report="DELIVERIES"), "Department.Id"),
    "ledger": (told(LEDGER, "x", "Account.Id TransactionType", "Sum.Incoming", **POSTED), "Account.Id"),
    "ledger, watched by its own": (
        told(LEDGER, "x", "Account.Id TransactionType", "Sum.Incoming", watch="own", **POSTED),
        "Account.Id",
    ),
}


@pytest.mark.parametrize(("report", "field"), LARGE.values(), ids=LARGE)
def test_a_day_that_is_too_large_is_read_in_parts(sim: Simulator, report: Told, field: str) -> None:
    analyst = Analyst(sim, [report])
    overload(sim, report, field)
    assert analyst.night().code == 0
    assert sum(field in body["filters"] for body in analyst.asked()) > 5
    assert analyst.wrong() == []


def test_a_day_that_cannot_be_cut_fails_and_says_so(sim: Simulator) -> None:
    """Without a department among its groups the parts of a day would have rows of one key."""
    report = told(ORDERS, "x", "OrderServiceType", "UniqOrderId")
    analyst = Analyst(sim, [report, told(ORDERS, "good", "", "DishSumInt")])
    overload(sim, report, "Department.Id")
    night = analyst.night()
    assert night.code == 1
    assert {row["status"] for row in night.log("report_x")} == {"failed"}
    assert {row["status"] for row in night.log("report_good")} == {"loaded"}


def overload(sim: Simulator, report: Told, field: str) -> None:
    """The server can bear two values of a field at once."""
    names = set(report.groups)

    def is_too_much(body: dict[str, t.Any]) -> bool:
        values = body["filters"].get(field, {"values": "many"})["values"]
        return names <= set(body["groupByRowFields"]) and not is_shared(body) and len(values) > 2

    sim.faults.add("http_500", times=999, match=is_too_much)


# Departments


def test_the_setting_departments_holds_for_reports_that_do_not_group_by_them(sim: Simulator) -> None:
    one = sim.books.days()[0]["department_id"]
    reports = [
        told(ORDERS, "by_hour", "HourClose", "DishSumInt UniqOrderId"),
        told(ORDERS, "months", "", "UniqOrderId", by="month"),
        told(ORDERS, "own", "OrderServiceType", "DishSumInt", watch="own"),
        told(ORDERS, "delivered", "Delivery.Zone", "DishSumInt", report="DELIVERIES"),
    ]
    analyst = Analyst(sim, reports)
    night = analyst.night(departments=[one])
    assert night.code == 0
    for report in reports:
        books = [row for row in analyst.books(report) if row["Department.Id"] == one]
        assert books
        assert differences(report, analyst.warehouse.current(report.name), books, sim.first_day) == []


# Not allowed


GOOD = told(ORDERS, "good", "Department.Id", "DishSumInt")


def test_a_report_that_is_refused_fails_alone(sim: Simulator) -> None:
    refused = told(ORDERS, "x", "Department.Id OrderServiceType", "DishSumInt")
    analyst = Analyst(sim, [refused, GOOD, told(LEDGER, "posted", "Account.Id", "Sum.Incoming", **POSTED)])
    sim.faults.add(
        "business_rule",
        times=99,
        match=lambda body: "OrderServiceType" in body["groupByRowFields"],
        text="java.lang.IllegalArgumentException: OrderServiceType",
        status=400,
    )
    night = analyst.night()
    assert night.code == 1
    assert {row["status"] for row in night.log("report_x")} == {"failed"}
    assert {row["status"] for name in ("good", "posted") for row in night.log(f"report_{name}")} <= {"loaded", "empty"}
    sim.faults.clear()
    assert analyst.night().code == 0
    assert analyst.wrong() == []


@pytest.mark.parametrize("watch", ["shared", "own"])
def test_who_may_not_see_the_ledger_has_the_other_reports(sim: Simulator, watch: str) -> None:
    posted = told(LEDGER, "posted", "Account.Id", "Sum.Incoming", watch=watch, **POSTED)
    analyst = Analyst(sim, [posted, GOOD])
    sim.faults.add("forbidden", times=999, match=lambda body: body["reportType"] == "TRANSACTIONS")
    night = analyst.night()
    assert night.code == 0
    (row,) = night.log("report_posted")
    assert row["status"] == "skipped"
    assert {row["status"] for row in night.log("report_good")} == {"loaded"}
    sim.faults.clear()
    analyst.night()
    assert analyst.wrong() == []
