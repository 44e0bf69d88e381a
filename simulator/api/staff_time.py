"""Attendances, the schedule and the types of both (API reference 3.6)."""

from __future__ import annotations

import datetime
import re
import typing as t

from simulator.api import xml_lists
from simulator.api.corporation import xml
from simulator.api.json_lists import kept
from simulator.api.method import method
from simulator.olap.request import Refusal
from simulator.world.pay import LONG, Rates
from simulator.world.presence import ATTENDANCE_TYPES, SCHEDULE_TYPES, Attendance, Shift
from simulator.world.units import NANO

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.api.method import Answer, Call, Row, Served

RIGHT: t.Final = "B_EMP"
"""A guess: the code of this right is not known (1.4)."""
ISO: t.Final = re.compile(r"\d{4}-\d\d-\d\d")
DAY: t.Final = datetime.timedelta(days=1)
LATER: t.Final = datetime.timedelta(minutes=5)
FORMS: t.Final = {"offset": ("seconds", "+03:00"), "millis": ("milliseconds", "+03:00"), "minutes": ("minutes", "")}


def _range(call: Call) -> tuple[datetime.datetime, datetime.datetime]:
    """The end belongs to it, midnight after it too; other forms of a date are refused (1.5, 2.1)."""
    days = []
    for name in ("from", "to"):
        given = call.param(name)
        if not ISO.fullmatch(given):
            raise Refusal(400, f"Wrong date format: {given}")
        days.append(datetime.datetime.fromisoformat(given))
    return days[0], days[1] + DAY


def _moment(served: Served, moment: datetime.datetime | None) -> str | None:
    """To the minute; when a row was made or changed is known better."""
    precision, offset = FORMS[served.readings.staff_moments]
    return moment.isoformat(timespec=precision) + offset if moment else None


def _answer(served: Served, call: Call, root: str, rows: Iterable[Row]) -> Answer:
    found = served.since(call, list(rows))
    element = root.removesuffix("s")
    return xml(root, [xml_lists.tree(element, row) or "" for row in found])


def _types(served: Served, kind: str, rows: list[Row]) -> Answer:
    """The root has two names (doubt 12 of the tables)."""
    root = f"employee{kind}Types" if served.readings.staff_roots == "employee" else f"{kind[0].lower()}{kind[1:]}Types"
    element = f"{kind[0].lower()}{kind[1:]}Type"
    return xml(root, [xml_lists.tree(element, row) or "" for row in rows])


@method("employees/attendance/types", right=RIGHT)
def attendance_types(served: Served, call: Call) -> Answer:
    """Codes are the restaurant's own letters."""
    rows = [
        {
            "id": served.ledger.ids("attendance type", each.code),
            "code": each.code,
            "name": each.name,
            "comment": "",
            "payRate": f"{each.percent / 100:.9f}",
            "status": each.counts,
            "deleted": each.deleted,
        }
        for each in ATTENDANCE_TYPES.values()
    ]
    return _types(served, "Attendance", kept(rows, deleted=call.param("includeDeleted") == "true"))


@method("employees/schedule/types", right=RIGHT)
def schedule_types(served: Served, _: Call) -> Answer:
    """Those that are not deleted; nothing tells of the others."""
    rows = [
        {
            "id": served.ledger.ids("schedule type", each.code),
            "code": each.code,
            "name": each.name,
            "comment": "",
            "startTime": f"{each.starts:02}:00",
            "lengthMinutes": each.hours * 60,
            "overtime": each.hours > LONG // 60,
            "tariff": "1.000000000",
        }
        for each in SCHEDULE_TYPES.values()
        if not each.deleted
    ]
    return _types(served, "Schedule", rows)


@method("employees/attendance", right=RIGHT)
def attendances(served: Served, call: Call) -> Answer:
    """All that intersect the range."""
    return _attendances(served, call, served.ledger.presence.attendances())


@method("employees/attendance/byDepartment/*", right=RIGHT)
def attendances_of(served: Served, call: Call) -> Answer:
    """By the code of a department; an id is no code (1.5)."""
    code = call.path.rstrip("/").rpartition("/")[2]
    if code not in {each.code for each in served.ledger.group.departments}:
        raise Refusal(409, f"Подразделение с кодом {code} не найдено")
    found = (each for each in served.ledger.presence.attendances() if each.department.code == code)
    return _attendances(served, call, found)


def _attendances(served: Served, call: Call, found: Iterable[Attendance]) -> Answer:
    first, last = _range(call)
    rates = Rates(served.ledger.staff) if call.param("withPaymentDetails") == "true" else None
    rows = [
        _attendance(served, each, rates)
        for each in found
        if each.start <= last and (each.end is None or each.end >= first)
    ]
    return _answer(served, call, "attendances", rows)


def _attendance(served: Served, each: Attendance, rates: Rates | None) -> Row:
    """What there is not is left out."""
    ids = served.ledger.ids
    row: Row = {
        "id": each.id,
        "employeeId": each.person.id,
        "roleId": ids("role", each.role),
        "dateFrom": _moment(served, each.start),
        "dateTo": _moment(served, each.end),
        "attendanceTypeId": ids("attendance type", each.kind) if served.readings.attendance_type == "both" else None,
        "attendanceType": each.kind,
        "comment": each.comment,
        "departmentId": each.department.id,
        "departmentName": each.department.name,
    }
    if rates:
        row["paymentDetails"] = _payment(served, each, rates)
    return row | {
        "personalDateFrom": _moment(served, each.start + (LATER if each.start.minute + 5 < 60 else 0 * LATER)),
        "personalDateTo": each.end and _moment(served, each.end - datetime.timedelta(minutes=3)),
        "created": f"{each.created.isoformat(timespec='milliseconds')}+03:00",
        "modified": each.modified and f"{each.modified.isoformat(timespec='milliseconds')}+03:00",
        "userModified": each.modified_by and each.modified_by.id,
    }


def _payment(served: Served, each: Attendance, rates: Rates) -> Row:
    """Empty for salaried people; bare zeros where nobody has left yet."""
    overtime = "overtimePayedSum" if served.readings.overtime == "payed" else "overtimePaymentSum"
    if rates.is_salaried(each):
        return {}
    if each.end is None:
        names = ("regularPayedMinutes", "regularPaymentSum", "overtimePayedMinutes", overtime, "otherPaymentsSum")
        return dict.fromkeys(names, 0)
    return {
        "salaryDepartmentId": each.department.id,
        "salaryDepartmentName": each.department.name,
        "regularPayedMinutes": min(each.minutes, LONG),
        "regularPaymentSum": _decimal(rates.regular(each)),
        "overtimePayedMinutes": max(each.minutes - LONG, 0),
        overtime: _decimal(rates.overtime(each)),
        "otherPaymentsSum": "-50.000000000" if each.minutes % 13 == 0 else "0.000000000",
    }


def _decimal(nanos: int) -> str:
    """Billionths as iiko writes them."""
    return f"{nanos // NANO}.{nanos % NANO:09}"


@method("employees/schedule", right=RIGHT)
def schedules(served: Served, call: Call) -> Answer:
    """All shifts that intersect the range. With the pay it fails while somebody's attendance is open (3.6)."""
    first, last = _range(call)
    shifts = served.ledger.presence.shifts() if served.readings.schedule == "here" else ()
    found = [each for each in shifts if each.start <= last and each.end >= first]
    if call.param("withPaymentDetails") == "true":
        opened = {each.person.id for each in served.ledger.presence.attendances() if each.end is None}
        if any(each.person.id in opened for each in found):
            raise Refusal(409, "У сотрудника есть незакрытые явки")
    return _answer(served, call, "schedules", [_shift(served, each) for each in found])


def _shift(served: Served, each: Shift) -> Row:
    ids = served.ledger.ids
    return {
        "id": each.id,
        "employeeId": each.person.id,
        "roleId": ids("role", each.role),
        "nonPaidMinutes": each.unpaid,
        "scheduleTypeId": ids("schedule type", each.kind),
        "scheduleTypeCode": each.kind,
        "dateFrom": _moment(served, each.start),
        "dateTo": _moment(served, each.end),
        "departmentId": each.department.id,
        "departmentName": each.department.name,
    }
