"""Staff time and plans as they must be loaded: from the world, in exact decimals and wall clock."""

from __future__ import annotations

import datetime
import typing as t
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction

from simulator.world.presence import ATTENDANCE_TYPES, SCHEDULE_TYPES
from simulator.world.staff import ROLES
from simulator.world.units import MONEY, exact

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from simulator.readings import Readings
    from simulator.world.ledger import Ledger
    from simulator.world.presence import Attendance

Row = dict[str, t.Any]
RATES: t.Final = {code: hour for _, code, hour, *_ in ROLES}
NINE: t.Final = Decimal("0.000000001")


class StaffBooks:
    """Of one ledger."""

    def __init__(self, ledger: Ledger, readings: Readings) -> None:
        """Over the living ledger."""
        self._ledger = ledger
        self._readings = readings
        self._id = ledger.ids

    @property
    def tables(self) -> dict[str, t.Callable[[], list[Row]]]:
        """What there is to tell."""
        return {
            "attendance_types": self._attendance_types,
            "schedule_types": self._schedule_types,
            "attendances": self._attendances,
            "schedules": self._schedules,
            "income_plans": self._plans,
        }

    def _attendance_types(self) -> list[Row]:
        return [
            {
                "id": self._id("attendance type", code),
                "code": code,
                "name": each.name,
                "comment": "",
                "payRate": Decimal(each.percent) / 100,
                "status": each.counts,
                "deleted": each.deleted,
            }
            for code, each in ATTENDANCE_TYPES.items()
        ]

    def _schedule_types(self) -> list[Row]:
        return [
            {
                "id": self._id("schedule type", code),
                "code": code,
                "name": each.name,
                "comment": "",
                "startTime": f"{each.starts:02}:00",
                "lengthMinutes": each.hours * 60,
                "overtime": each.hours > 12,
                "tariff": Decimal(1),
            }
            for code, each in SCHEDULE_TYPES.items()
            if not each.deleted
        ]

    def _attendances(self) -> list[Row]:
        return [self._attendance(each) | self._payment(each) for each in self._ledger.presence.attendances()]

    def _attendance(self, each: Attendance) -> Row:
        has_id = self._readings.attendance_type == "both"
        return {
            "id": each.id,
            "employeeId": each.person.id,
            "roleId": self._id("role", each.role),
            "dateFrom": _clock(each.start),
            "dateTo": _clock(each.end),
            "attendanceTypeId": self._id("attendance type", each.kind) if has_id else None,
            "attendanceType": each.kind,
            "comment": each.comment,
            "departmentId": each.department.id,
            "departmentName": each.department.name,
            "personalDateFrom": _clock(each.start.replace(minute=(each.start.minute + 5) % 60))
            if each.start.minute < 55
            else _clock(each.start),
            "personalDateTo": each.end and _clock(each.end - datetime.timedelta(seconds=180)),
            "created": _clock(each.created),
            "modified": _clock(each.modified),
            "userModified": each.modified_by and each.modified_by.id,
        }

    def _payment(self, each: Attendance) -> Row:
        """Hours of up to twelve at the rate of the role and the type, those beyond at half as much again."""
        rate, end = RATES[each.role], each.end
        names = ("regularPayedMinutes", "regularPaymentSum", "overtimePayedMinutes", "overtimePayedSum")
        columns = [f"paymentDetails/{name}" for name in (*names, "otherPaymentsSum")]
        if not rate:
            return dict.fromkeys(columns)
        place: Row = {"paymentDetails/salaryDepartmentId": None, "paymentDetails/salaryDepartmentName": None}
        if end is None:
            return place | dict.fromkeys(columns, Decimal(0))
        seconds = int((end - each.start).total_seconds())
        hours = [Fraction(min(seconds, 43_200), 3600), Fraction(max(seconds - 43_200, 0), 3600)]
        pay = Fraction(rate) * ATTENDANCE_TYPES[each.kind].percent / 100
        sums = [_regular(each, end), _cut(hours[1] * pay * Fraction(3, 2))]
        penalty = Decimal(-50) if seconds // 60 % 13 == 0 else Decimal(0)
        minutes = [int(each * 60) for each in hours]
        place = {
            "paymentDetails/salaryDepartmentId": each.department.id,
            "paymentDetails/salaryDepartmentName": each.department.name,
        }
        return place | dict(zip(columns, (minutes[0], sums[0], minutes[1], sums[1], penalty), strict=True))

    def _schedules(self) -> list[Row]:
        if self._readings.schedule == "elsewhere":
            return []
        return [
            {
                "id": each.id,
                "employeeId": each.person.id,
                "roleId": self._id("role", each.role),
                "nonPaidMinutes": each.unpaid,
                "scheduleTypeId": self._id("schedule type", each.kind),
                "scheduleTypeCode": each.kind,
                "dateFrom": _clock(each.start),
                "dateTo": _clock(each.end),
                "departmentId": each.department.id,
                "departmentName": each.department.name,
            }
            for each in self._ledger.presence.shifts()
        ]

    def _plans(self) -> list[Row]:
        return [
            {
                "(department)": each.department.id,
                "date": each.day.isoformat(),
                "planValue": exact(each.value, MONEY),
                "valueType": each.kind,
            }
            for each in self._ledger.plans.all()
        ]


def earnings(attendances: Iterable[Attendance]) -> Iterator[tuple[Attendance, Decimal]]:
    """What those that are over came to at the regular rate, if anything."""
    for each in attendances:
        if each.end and RATES[each.role]:
            yield each, _regular(each, each.end)


def _regular(each: Attendance, end: datetime.datetime) -> Decimal:
    """Of up to twelve hours."""
    hours = Fraction(min(int((end - each.start).total_seconds()), 43_200), 3600)
    return _cut(hours * RATES[each.role] * ATTENDANCE_TYPES[each.kind].percent / 100)


def _clock(moment: datetime.datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _cut(amount: Fraction) -> Decimal:
    return (Decimal(amount.numerator) / Decimal(amount.denominator)).quantize(NINE, ROUND_DOWN)
