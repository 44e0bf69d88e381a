"""Staff time and plans of the second iiko: written from published shapes, where they differ the other way."""

from __future__ import annotations

import datetime
import typing as t

from support.other_ledger import D1, DEPARTMENT

Record = dict[str, t.Any]
SECOND = "7c1e0a52-3f1b-4c8e-9d05-5b8f4f0e2a11"
PERSON = "9a7b0000-0000-4000-8000-000000000061"
ROLE = "9a7b0000-0000-4000-8000-000000000001"
KINDS = (
    "<attendanceTypes><attendanceType><code>W</code><id>{0}1</id><name>Явка</name><payRate>1.0</payRate>"
    "<status>true</status></attendanceType></attendanceTypes>"
).replace("{0}", "9a7b0000-0000-4000-8000-00000000008")
SHIFTS = "<scheduleTypes/>"
DEPARTMENTS = (
    "<corporateItemDtoes>"
    f"<corporateItemDto><id>{ROLE}</id><name>ООО</name><type>JURPERSON</type></corporateItemDto>"
    f"<corporateItemDto><id>{DEPARTMENT}</id><parentId>{ROLE}</parentId><code>1</code><name>Бистро</name>"
    "<type>DEPARTMENT</type></corporateItemDto>"
    f"<corporateItemDto><id>{SECOND.upper()}</id><parentId>{ROLE}</parentId><code>2</code><name>Бар</name>"
    "<type>DEPARTMENT</type></corporateItemDto>"
    "</corporateItemDtoes>"
)


class OtherStaff:
    """A few attendances, one shift, plans of two departments; all of them may be changed at any time."""

    def __init__(self) -> None:
        long_ago = D1 - datetime.timedelta(days=500)
        self.asked: list[Record] = []
        self.attendances: list[Record] = [
            # Nobody closed it; no offset, no seconds, no type but its letter.
            {"id": self.id(1), "dateFrom": f"{long_ago}T08:55", "attendanceType": "W"},
            # On the same day long ago, and closed: it comes with the day.
            {"id": self.id(2), "dateFrom": f"{long_ago}T09:00", "dateTo": f"{long_ago}T18:00", "attendanceType": "W"},
            # A night, with milliseconds; the pay has its other name, and is for another department.
            {
                "id": self.id(3).upper(),
                "dateFrom": f"{D1}T22:00:00.000+05:00",
                "dateTo": f"{D1 + datetime.timedelta(days=1)}T06:00:30.500+06:00",
                "attendanceType": "Н",
                "comment": "не выходил",
                "paymentDetails": {"regularPayedMinutes": "480", "overtimePaymentSum": "12.5", "bonus": "1"},
            },
            # Without a beginning but by the clock at the door.
            {"id": self.id(4), "personalDateFrom": f"{D1}T10:00:00+05:00", "dateTo": f"{D1}T12:00:00+05:00"},
        ]
        # Without a role and a type.
        self.schedules: list[Record] = [
            {"id": self.id(9), "dateFrom": f"{D1}T09:00", "dateTo": f"{D1}T21:00", "scheduleTypeCode": "D"}
        ]
        self.plans = {DEPARTMENT: [(D1, "1000", "ABSOLUTE")], SECOND: [(D1, "105.5", "PERCENT")]}

    @staticmethod
    def id(number: int) -> str:
        return f"a7100000-0000-4000-8000-{number:012}"

    @property
    def lists(self) -> dict[str, t.Any]:
        """For ``OtherIiko.lists``."""
        return {
            "departments": DEPARTMENTS,
            "employees/attendance/types": KINDS,
            "employees/schedule/types": SHIFTS,
            "employees/attendance": self.attended,
            "employees/schedule": self.planned,
            "reports/monthlyIncomePlan": self.income,
        }

    def attended(self, query: dict[str, list[str]]) -> str:
        """All that intersect the range; an element that comes once is one."""
        self.asked.append(query)
        first, last = query["from"][0], query["to"][0]
        found = [
            each
            for each in self.attendances
            if str(each.get("dateFrom") or each["personalDateFrom"])[:10] <= last
            and str(each.get("dateTo", "9999"))[:10] >= first
        ]
        rows = (xml("attendance", {"employeeId": PERSON, "departmentId": DEPARTMENT, **each}) for each in found)
        return f"<attendances>{''.join(rows)}</attendances>"

    def planned(self, query: dict[str, list[str]]) -> str:
        """All that intersect the range, too."""
        assert "withPaymentDetails" not in query, "refused while an attendance is open"
        first, last = query["from"][0], query["to"][0]
        found = [each for each in self.schedules if each["dateFrom"][:10] <= last and each["dateTo"][:10] >= first]
        rows = (xml("schedule", {"employeeId": PERSON, **each}) for each in found)
        return f"<schedules>{''.join(rows)}</schedules>"

    def income(self, query: dict[str, list[str]]) -> str:
        """Of one department; days with dots, numbers as they were entered."""
        first, last = (
            datetime.datetime.strptime(query[name][0], "%d.%m.%Y").date()  # noqa: DTZ007
            for name in ("dateFrom", "dateTo")
        )
        (department,) = query["department"]
        rows = [
            xml("budgetPlanItemDto", {"date": f"{day:%d.%m.%Y}", "planValue": value, "valueType": kind})
            for day, value, kind in self.plans[department]
            if first <= day <= last
        ]
        return f"<budgetPlanItemDtoes>{''.join(rows)}</budgetPlanItemDtoes>"


def xml(name: str, value: t.Any) -> str:
    """An element."""
    inside = "".join(xml(*item) for item in value.items()) if isinstance(value, dict) else value
    return f"<{name}>{inside}</{name}>"
