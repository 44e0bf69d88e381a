"""One row of every list of staff time: what iiko sends (API reference 3.6, 3.9.1), and what is loaded of it."""

from __future__ import annotations

import typing as t
from decimal import Decimal

from support.lists_by_hand import DAY, ENTITY, ROLE
from support.other_ledger import DEPARTMENT, STORE

PERSON = "61b90000-0000-4000-8000-000000000001"
MANAGER = "61b90000-0000-4000-8000-000000000002"
ATTENDANCE = "a7100000-0000-4000-8000-000000000001"
SHIFT = "5c100000-0000-4000-8000-000000000001"
PLACE = {"department_id": DEPARTMENT, "department_name": "Бистро на Лесной"}

# By table: what is sent, and the row; columns that are not named are null.
STAFF: dict[str, tuple[t.Any, dict[str, t.Any]]] = {
    "attendance_types": (
        (
            f"<employeeAttendanceTypes><attendanceType><code>Р</code><comment/><id>{ENTITY}</id>"
            "<name>Рабочий день</name><payRate>0.8</payRate><status>true</status>"
            "</attendanceType></employeeAttendanceTypes>"
        ),
        {
            "id": ENTITY,
            "code": "Р",
            "name": "Рабочий день",
            "comment": "",
            "pay_rate": Decimal("0.8"),
            "status": True,
        },
    ),
    "schedule_types": (
        (
            f"<employeeScheduleTypes><scheduleType><code>D</code><comment>смена</comment><id>{ENTITY}</id>"
            "<lengthMinutes>720</lengthMinutes><name>Дневная</name><overtime>false</overtime><startTime>09:00</startTime>"
            "<tariff>1.500000000</tariff></scheduleType></employeeScheduleTypes>"
        ),
        {
            "id": ENTITY,
            "code": "D",
            "name": "Дневная",
            "comment": "смена",
            "start_time": "09:00",
            "length_minutes": 720,
            "overtime": False,
            "tariff": Decimal("1.5"),
        },
    ),
    "attendances": (
        (
            f"<attendances><attendance><id>{ATTENDANCE}</id><employeeId>{PERSON.upper()}</employeeId>"
            f"<roleId>{ROLE}</roleId><dateFrom>{DAY}T18:02:00+03:00</dateFrom><dateTo>2026-05-05T06:32:00+03:00</dateTo>"
            "<attendanceType>Р</attendanceType><comment>болел ребёнок</comment>"
            f"<departmentId>{DEPARTMENT}</departmentId><departmentName>Бистро на Лесной</departmentName>"
            f"<paymentDetails><salaryDepartmentId>{DEPARTMENT}</salaryDepartmentId>"
            "<salaryDepartmentName>Бистро на Лесной</salaryDepartmentName>"
            "<regularPayedMinutes>720</regularPayedMinutes><regularPaymentSum>2520.000000000</regularPaymentSum>"
            "<overtimePayedMinutes>30</overtimePayedMinutes>"
            "<overtimePayedSum>157.500000000</overtimePayedSum><otherPaymentsSum>-50.000000000</otherPaymentsSum>"
            f"</paymentDetails><personalDateFrom>{DAY}T18:05:00+03:00</personalDateFrom>"
            "<personalDateTo>2026-05-05T06:30:00+03:00</personalDateTo><created>2026-05-04T18:02:53.987+03:00</created>"
            "<modified>2026-05-05T10:17:06.620+03:00</modified>"
            f"<userModified>{MANAGER}</userModified></attendance></attendances>"
        ),
        {
            "id": ATTENDANCE,
            "business_date": DAY,
            "employee_id": PERSON,
            "role_id": ROLE,
            **PLACE,
            "date_from": f"{DAY}T18:02:00.000000",
            "date_to": "2026-05-05T06:32:00.000000",
            "personal_date_from": f"{DAY}T18:05:00.000000",
            "personal_date_to": "2026-05-05T06:30:00.000000",
            "attendance_type": "Р",
            "comment": "болел ребёнок",
            "regular_payed_minutes": 720,
            "regular_payment_sum": 2520,
            "overtime_payed_minutes": 30,
            "overtime_payed_sum": Decimal("157.5"),
            "other_payments_sum": -50,
            "salary_department_id": DEPARTMENT,
            "salary_department_name": "Бистро на Лесной",
            "created": "2026-05-04T18:02:53.987000",
            "modified": "2026-05-05T10:17:06.620000",
            "user_modified": MANAGER,
        },
    ),
    "schedules": (
        (
            f"<schedules><schedule><id>{SHIFT}</id><employeeId>{PERSON}</employeeId><roleId>{ROLE}</roleId>"
            f"<nonPaidMinutes>30</nonPaidMinutes><scheduleTypeId>{STORE}</scheduleTypeId>"
            f"<scheduleTypeCode>D</scheduleTypeCode><dateFrom>{DAY}T09:00:00+03:00</dateFrom>"
            f"<dateTo>{DAY}T21:00:00+03:00</dateTo><departmentId>{DEPARTMENT}</departmentId>"
            "<departmentName>Бистро на Лесной</departmentName></schedule></schedules>"
        ),
        {
            "id": SHIFT,
            "business_date": DAY,
            "employee_id": PERSON,
            "role_id": ROLE,
            **PLACE,
            "date_from": f"{DAY}T09:00:00.000000",
            "date_to": f"{DAY}T21:00:00.000000",
            "non_paid_minutes": 30,
            "schedule_type_id": STORE,
            "schedule_type_code": "D",
        },
    ),
    "income_plans": (
        (
            "<budgetPlanItemDtoes><budgetPlanItemDto><date>04.05.2026</date><planValue>120000.500000000</planValue>"
            "<valueType>ABSOLUTE</valueType></budgetPlanItemDto></budgetPlanItemDtoes>"
        ),
        {
            "business_date": DAY,
            "department_id": DEPARTMENT,
            "plan_value": Decimal("120000.5"),
            "value_type": "ABSOLUTE",
        },
    ),
}
