"""Staff time and plans of the second iiko: other roots, other names, other forms of a moment."""

from __future__ import annotations

import datetime
import typing as t
from decimal import Decimal

import pytest

from support.catalogs import catalog_of
from support.other_ledger import D1, DEPARTMENT, config
from support.other_staff import PERSON, SECOND, OtherStaff
from support.taps import Result, run_tap

if t.TYPE_CHECKING:
    from support.other_iiko import OtherIiko

TABLES = ("attendances", "schedules", "attendance_types", "schedule_types", "income_plans", "sync_log")
LONG_AGO = (D1 - datetime.timedelta(days=500)).isoformat()


@pytest.fixture
def staff(other: OtherIiko) -> OtherStaff:
    """Its people."""
    found = OtherStaff()
    other.lists |= found.lists
    return found


def run(other: OtherIiko, state: t.Any = None) -> Result:
    result = run_tap(config(other, personal_data="load"), state, catalog_of(*TABLES))
    assert result.code == 0
    return result


def test_rows_are_as_they_were_written_by_hand(other: OtherIiko, staff: OtherStaff) -> None:
    result = run(other)
    rows = {row["id"]: row for row in result.records("attendances")}
    assert set(rows) == {staff.id(number) for number in (1, 2, 3, 4)}
    long_ago, closed, night, at_the_door = (rows[staff.id(number)] for number in (1, 2, 3, 4))
    assert {row["employee_id"] for row in rows.values()} == {PERSON}
    assert (long_ago["business_date"], long_ago["date_from"]) == (LONG_AGO, f"{LONG_AGO}T08:55:00.000000")
    assert (long_ago["date_to"], long_ago["attendance_type"], long_ago["attendance_type_id"]) == (None, "W", None)
    assert closed["business_date"] == LONG_AGO
    assert night["business_date"] == D1.isoformat()
    assert night["date_to"] == f"{D1 + datetime.timedelta(days=1)}T06:00:30.500000"
    assert (night["regular_payed_minutes"], night["overtime_payed_sum"]) == (480, Decimal("12.5"))
    assert night["additional_info"] == {"paymentDetails": {"bonus": 1}}
    assert (at_the_door["business_date"], at_the_door["date_from"]) == (D1.isoformat(), None)
    (shift,) = result.records("schedules")
    assert (shift["business_date"], shift["role_id"], shift["schedule_type_code"]) == (D1.isoformat(), None, "D")
    (kind,) = result.records("attendance_types")
    assert (kind["code"], kind["pay_rate"], kind["status"], kind["deleted"]) == ("W", 1, True, None)
    assert [row["status"] for row in result.log("schedule_types")] == ["empty"]


@pytest.mark.usefixtures("staff")
def test_plans_have_the_department_that_was_asked_for(other: OtherIiko) -> None:
    plans = {row["department_id"]: row for row in run(other).records("income_plans")}
    assert plans.keys() == {DEPARTMENT, SECOND}, "a legal entity has none"
    assert (plans[SECOND]["plan_value"], plans[SECOND]["value_type"]) == (Decimal("105.5"), "PERCENT")
    assert {row["business_date"] for row in plans.values()} == {D1.isoformat()}


def test_a_day_of_long_ago_is_read_until_all_of_it_is_over(other: OtherIiko, staff: OtherStaff) -> None:
    first = run(other)
    second = run(other, first.state)
    assert not second.records("attendances")
    staff.attendances[0]["dateTo"] = f"{LONG_AGO}T23:00"
    staff.attendances[0]["id"] = staff.id(5)
    third = run(other, second.state)
    assert {row["id"] for row in third.records("attendances")} == {staff.id(5), staff.id(2)}
    staff.asked.clear()
    run(other, third.state)
    assert [query["to"][0] >= D1.isoformat() for query in staff.asked] == [True]
