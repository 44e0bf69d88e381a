"""Cash shifts and restaurant groups by hand: what iiko sends (API reference, appendix F) and what is loaded of it."""

from __future__ import annotations

import typing as t
from decimal import Decimal

from support.other_ledger import DEPARTMENT, STORE

DAY = "2026-05-04"
GROUP = "a1000000-0000-4000-8000-000000000001"
POINT = "2c110000-0000-4000-8000-000000000001"
REGISTER = "c7100000-0000-4000-8000-000000000001"
SECTION = "75100000-0000-4000-8000-000000000001"
SHIFT = "aa100000-0000-4000-8000-000000000001"
PERSON = "61b90000-0000-4000-8000-000000000001"
PAYMENT = "81aa0000-0000-4000-8000-000000000001"
ACCOUNT = "61cc0000-0000-4000-8000-000000000001"
EVENT = "82aa0000-0000-4000-8000-000000000001"
KIND = "9a7c0000-0000-4000-8000-000000000001"
FLOW = "72aa0000-0000-4000-8000-000000000001"
GROUPS = (
    f"<groupDtoes><groupDto><id>{GROUP}</id><name>Зал</name><departmentId>{DEPARTMENT}</departmentId>"
    "<groupServiceMode>TABLE_SERVICE</groupServiceMode><pointOfSaleDtoes><pointOfSaleDto>"
    f"<id>{POINT}</id><name>Касса 1</name><main>true</main><cashRegisterInfo><id>{REGISTER}</id><name>ФР 1</name>"
    "</cashRegisterInfo></pointOfSaleDto></pointOfSaleDtoes><restaurantSectionInfos><restaurantSectionInfo>"
    f"<id>{SECTION}</id><name>Основной зал</name></restaurantSectionInfo></restaurantSectionInfos></groupDto>"
    "</groupDtoes>"
)
SHIFTS = [
    {
        "id": SHIFT,
        "sessionNumber": 412,
        "fiscalNumber": 398,
        "cashRegNumber": 1,
        "cashRegSerial": "0011223344",
        "openDate": f"{DAY}T09:02:11.5",
        "closeDate": f"{DAY}T23:41:02.118",
        "acceptDate": None,
        "managerId": PERSON,
        "responsibleUserId": PERSON.upper(),
        "sessionStartCash": 5000,
        "payOrders": 84250.5,
        "sumWriteoffOrders": 450,
        "salesCash": 21400.5,
        "salesCredit": 0,
        "salesCard": 62850,
        "payIn": 0,
        "payOut": 1200,
        "payIncome": -20200.5,
        "cashRemain": 5000,
        "cashDiff": 0,
        "sessionStatus": "UNACCEPTED",
        "conceptionId": None,
        "pointOfSaleId": POINT,
    }
]
PAYMENTS = {
    "sessionId": SHIFT,
    "operationDay": DAY,
    "cashlessRecords": [
        {
            "info": {
                "id": PAYMENT,
                "date": f"{DAY}T00:00:00",
                "creationDate": f"{DAY}T13:12:44.12",
                "group": "CARD",
                "accountId": ACCOUNT,
                "counteragentId": None,
                "paymentTypeId": KIND,
                "type": "CARD",
                "sum": 432.5,
                "comment": "от Петровой",
                "auth": {"user": "Петрова", "card": "****0001"},
                "causeEventId": EVENT,
                "cashierId": PERSON,
                "departmentId": DEPARTMENT,
                "cashFlowCategory": {"id": FLOW, "code": "3", "parentCategoryId": None, "type": "OPERATIONAL"},
            },
            "actualSum": 432.5,
            "originalSum": 432,
            "editedPayAccountId": ACCOUNT,
            "originalPayAccountId": STORE,
            "payAgentId": None,
            "paymentTypeId": KIND,
            "editableComment": "согласовано",
            "status": "NEW",
        }
    ],
    "payInRecords": [],
    "payOutsRecords": [],
}
CASH: dict[str, tuple[t.Any, dict[str, t.Any]]] = {
    "restaurant_groups": (
        GROUPS,
        {"id": GROUP, "name": "Зал", "department_id": DEPARTMENT, "group_service_mode": "TABLE_SERVICE"},
    ),
    "points_of_sale": (
        GROUPS,
        {
            "id": POINT,
            "restaurant_group_id": GROUP,
            "name": "Касса 1",
            "main": True,
            "cash_register_info_id": REGISTER,
            "cash_register_info_name": "ФР 1",
        },
    ),
    "restaurant_sections": (GROUPS, {"id": SECTION, "restaurant_group_id": GROUP, "name": "Основной зал"}),
    "cash_shifts": (
        SHIFTS,
        {
            "id": SHIFT,
            "business_date": DAY,
            "session_number": 412,
            "fiscal_number": 398,
            "cash_reg_number": 1,
            "cash_reg_serial": "0011223344",
            "open_date": f"{DAY}T09:02:11.500000",
            "close_date": f"{DAY}T23:41:02.118000",
            "session_status": "UNACCEPTED",
            "manager_id": PERSON,
            "responsible_user_id": PERSON,
            "point_of_sale_id": POINT,
            "session_start_cash": 5000,
            "pay_orders": Decimal("84250.5"),
            "sum_writeoff_orders": 450,
            "sales_cash": Decimal("21400.5"),
            "sales_credit": 0,
            "sales_card": 62850,
            "pay_in": 0,
            "pay_out": 1200,
            "pay_income": Decimal("-20200.5"),
            "cash_remain": 5000,
            "cash_diff": 0,
        },
    ),
    "cash_shift_payments": (
        PAYMENTS,
        {
            "cash_shift_id": SHIFT,
            "business_date": DAY,
            "operation_day": DAY,
            "record_type": "CASHLESS",
            "info_id": PAYMENT,
            "date": f"{DAY}T00:00:00.000000",
            "creation_date": f"{DAY}T13:12:44.120000",
            "info_group": "CARD",
            "type": "CARD",
            "sum": Decimal("432.5"),
            "account_id": ACCOUNT,
            "info_payment_type_id": KIND,
            "comment": "от Петровой",
            "auth_user": "Петрова",
            "auth_card": "****0001",
            "cause_event_id": EVENT,
            "cashier_id": PERSON,
            "department_id": DEPARTMENT,
            "cash_flow_category_id": FLOW,
            "cash_flow_category_code": "3",
            "actual_sum": Decimal("432.5"),
            "original_sum": 432,
            "edited_pay_account_id": ACCOUNT,
            "original_pay_account_id": STORE,
            "payment_type_id": KIND,
            "editable_comment": "согласовано",
            "status": "NEW",
        },
    ),
}
