"""The simulator's attendances, schedule, types and plans (API reference 3.6, 3.9.1)."""

from __future__ import annotations

import datetime
import re
import typing as t
import xml.etree.ElementTree as ET

import pytest

from simulator import Simulator
from simulator.world.staff_changes import STAFF_KINDS
from support.api_user import LAST_DAY, Iiko, with_readings

if t.TYPE_CHECKING:
    from collections.abc import Iterator

Element = ET.Element
ATTENDANCES, SCHEDULE, PLAN = "employees/attendance", "employees/schedule", "reports/monthlyIncomePlan"


@pytest.fixture
def iiko() -> Iterator[Iiko]:
    """A small group with some weeks behind it."""
    sim = Simulator(seed=5, departments=2, days=14, receipts_per_day=6, last_day=LAST_DAY)
    with sim, Iiko(sim) as user:
        yield user


def listed(iiko: Iiko, path: str, **params: t.Any) -> list[Element]:
    answer = iiko.get(path, **params)
    assert answer.status_code == 200, answer.text
    return list(ET.fromstring(answer.content))


def attended(iiko: Iiko, first: t.Any = None, last: t.Any = None) -> list[Element]:
    params = {"from": str(first or iiko.sim.first_day), "to": str(last or LAST_DAY), "withPaymentDetails": "true"}
    return listed(iiko, ATTENDANCES, **params)


def texts(rows: list[Element], name: str) -> list[str | None]:
    return [row.findtext(name) for row in rows]


def test_an_answer_has_all_that_intersect_the_range(iiko: Iiko) -> None:
    day = LAST_DAY - datetime.timedelta(days=5)
    rows = attended(iiko, day, day)
    begun = {str(row.findtext("dateFrom"))[:10] for row in rows}
    assert {str(LAST_DAY - datetime.timedelta(days=730)), str(LAST_DAY - datetime.timedelta(days=75))} < begun
    assert str(day - datetime.timedelta(days=1)) in begun, "a night that ended on that day"
    assert {each["id"] for each in iiko.sim.books.rows("attendances")} == set(texts(attended(iiko), "id"))


def test_whoever_is_named_on_a_receipt_was_there(iiko: Iiko) -> None:
    there: dict[tuple[str, str], Element] = {
        (str(row.findtext("employeeId")), str(row.findtext("dateFrom"))[:10]): row for row in attended(iiko)
    }
    named = 0
    for order in iiko.sim.ledger.visible():
        for person in (order.waiter, order.cashier, *(line.waiter for line in order.lines)):
            if person and order.source is None and order.closed:
                row = there[person.id, order.day]
                assert str(row.findtext("dateFrom"))[:16] <= order.opened[:16]
                left = row.findtext("dateTo")
                assert left is None or left[:16] >= order.closed[:16]
                named += 1
    assert named > 100


def test_pay_is_minutes_by_rate_and_empty_for_a_salary(iiko: Iiko) -> None:
    rates = {row["id"]: float(row["paymentPerHour"]) for row in iiko.sim.books.rows("employee_roles")}
    kinds = {row["code"]: float(row["payRate"]) for row in iiko.sim.books.rows("attendance_types")}
    closed = [row for row in attended(iiko) if row.findtext("dateTo")]
    paid = [row for row in closed if row.find("paymentDetails/regularPaymentSum") is not None]
    assert 0 < len(paid) < len(closed)
    for row in paid:
        minutes = int(str(row.findtext("paymentDetails/regularPayedMinutes")))
        hour = rates[str(row.findtext("roleId"))] * kinds[str(row.findtext("attendanceType"))]
        assert float(str(row.findtext("paymentDetails/regularPaymentSum"))) == pytest.approx(minutes * hour / 60)
    assert {str(row.findtext("paymentDetails/regularPaymentSum")) for row in attended(iiko)} > {"0"}, "still there"
    assert all(re.fullmatch(r"-?\d+\.\d{9}", str(each)) for each in texts(paid, "paymentDetails/otherPaymentsSum"))
    assert not listed(iiko, ATTENDANCES, **{"from": str(LAST_DAY), "to": str(LAST_DAY)})[0].findall("paymentDetails")


@pytest.mark.parametrize("path", [ATTENDANCES, SCHEDULE])
@pytest.mark.parametrize("given", ["17.05.2026", "", "2026-5-17"])
def test_only_one_form_of_a_date_is_taken(iiko: Iiko, path: str, given: str) -> None:
    assert iiko.get(path, **{"from": given, "to": "2026-05-17"}).status_code == 400
    assert iiko.get(PLAN, dateFrom="2026-05-17", dateTo="17.05.2026", department="x").status_code == 400


def test_a_department_is_named_by_its_code(iiko: Iiko) -> None:
    days = {"from": str(LAST_DAY), "to": str(LAST_DAY)}
    one = iiko.sim.ledger.group.departments[0]
    assert iiko.get(f"{ATTENDANCES}/byDepartment/{one.id}/", **days).status_code == 409
    rows = listed(iiko, f"{ATTENDANCES}/byDepartment/{one.code}/", **days)
    assert set(texts(rows, "departmentId")) == {one.id}


def test_the_schedule_with_pay_is_refused_while_somebody_has_not_gone(iiko: Iiko) -> None:
    days = {"from": str(iiko.sim.first_day), "to": str(LAST_DAY + datetime.timedelta(days=60))}
    rows = listed(iiko, SCHEDULE, **days)
    assert set(texts(rows, "id")) == {row["id"] for row in iiko.sim.books.rows("schedules")}
    assert iiko.get(SCHEDULE, **days, withPaymentDetails="true").status_code == 409


def test_plans_are_told_by_department(iiko: Iiko) -> None:
    days = {"dateFrom": f"{iiko.sim.first_day:%d.%m.%Y}", "dateTo": "31.12.2026"}
    for one in iiko.sim.ledger.group.departments:
        rows = listed(iiko, PLAN, department=one.id.upper(), **days)
        books = [row for row in iiko.sim.books.rows("income_plans") if row["(department)"] == one.id]
        told = [(float(str(row.findtext("planValue"))), row.findtext("valueType")) for row in rows]
        assert told == [(float(row["planValue"]), row["valueType"]) for row in books]
        assert {len(str(each)) for each in texts(rows, "date")} == {10}
    assert iiko.get(PLAN, **days).status_code == 400
    assert iiko.get(PLAN, department=iiko.sim.ledger.group.id, **days).status_code == 409


def test_types_have_two_roots_and_are_kept_when_they_are_deleted() -> None:
    for word, root in (("employee", "employeeAttendanceTypes"), ("plain", "attendanceTypes")):
        with with_readings(staff_roots=word) as sim, Iiko(sim) as user:
            found = ET.fromstring(user.get(f"{ATTENDANCES}/types", includeDeleted="true").content)
            assert found.tag == root
            assert len(found) == len(listed(user, f"{ATTENDANCES}/types")) + 1
            assert set(texts(listed(user, f"{SCHEDULE}/types"), "code")) == {"D", "DSH", "N"}


@pytest.mark.parametrize("kind", STAFF_KINDS)
def test_a_change_touches_the_days_that_it_names(iiko: Iiko, kind: str) -> None:
    tables = {"edit_shift": "schedules", "change_plan": "income_plans"}
    table = tables.get(kind, "attendances")
    field = "date" if kind == "change_plan" else "dateFrom"

    def by_day() -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for row in iiko.sim.books.rows(table):
            found.setdefault(row[field][:10], []).append(str(row))
        return found

    before = by_day()
    touched = iiko.sim.business.do(kind)
    after = by_day()
    assert {day for day in before.keys() | after.keys() if before.get(day) != after.get(day)} == set(touched["days"])
