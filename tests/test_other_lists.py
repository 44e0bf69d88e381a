"""Lists and documents of the second iiko, written by hand from published shapes; one row of each table spelled out."""

from __future__ import annotations

import datetime
import typing as t

import pytest

from support.other_ledger import D1, D2, DEPARTMENT, LISTS, config
from support.schemas import extra_tables
from support.taps import run_tap

if t.TYPE_CHECKING:
    from support.other_iiko import OtherIiko


def uuid(number: int) -> str:
    return f"9a7b0000-0000-4000-8000-{number:012}"


PERSON = uuid(61)
FIRM = uuid(62)
PEOPLE = (
    f"<employees><employee><id>{PERSON.upper()}</id><code>12</code><name>Иванова А. </name><login/>"
    f"<mainRoleId>{uuid(1)}</mainRoleId><rolesIds>{uuid(1)}</rolesIds><mainRoleCode>CS</mainRoleCode>"
    "<roleCodes>CS</roleCodes><roleCodes>WT</roleCodes><phone/><cellPhone>+70000000000</cellPhone>"
    "<birthday>1990-05-04T00:00:00+06:00</birthday><fireDate>null</fireDate>"
    "<departmentCodesState>NULL</departmentCodesState><deleted>false</deleted><supplier>false</supplier>"
    "<employee>true</employee><client>false</client><publicExternalData><entry><key>a</key><value>1</value></entry>"
    "</publicExternalData><favouriteDish>борщ</favouriteDish></employee></employees>"
)
FIRMS = (
    f"<employees><employee><id>{FIRM}</id><code></code><name>Поставщик А</name><taxpayerIdNumber>7700000001</taxpayerIdNumber>"
    "<departmentCodes>1</departmentCodes><departmentCodes>2</departmentCodes><deleted>true</deleted><supplier>true</supplier>"
    f"<employee>false</employee><representsStore>true</representsStore><representedStoreId>{uuid(9)}</representedStoreId>"
    "</employee></employees>"
)
ENTITIES = [
    ("PaymentType", 1, "1", "Наличные", {}),
    ("DiscountType", 2, None, "Скидка", {}),
    ("OrderType", 3, "", "Доставка", {"orderServiceType": "DELIVERY_BY_COURIER", "defaultForServiceType": True}),
    ("MeasureUnit", 4, "кг", "кг", {}),
    ("Conception", 5, "1", "Бистро", {}),
    ("CookingPlaceType", 6, None, "Кухня", {}),
    ("AllergenGroup", 7, None, "Орехи", {}),
]


def writeoffs(query: dict[str, list[str]]) -> dict[str, t.Any]:
    """As the documentation prints them; the end of the range is exclusive here, and lines come in no order."""
    documents: list[dict[str, t.Any]] = [
        {
            "id": uuid(51),
            "dateIncoming": f"{D1}T23:00",
            "documentNumber": "0107",
            "status": "PROCESSED",
            "comment": "порча",
            "storeId": uuid(9),
            "accountId": uuid(8),
            "items": [
                {
                    "num": 2,
                    "productId": uuid(31),
                    "productSizeId": None,
                    "amountFactor": 1,
                    "amount": 0.35,
                    "cost": 182.5,
                },
                {
                    "num": 1,
                    "productId": uuid(32),
                    "amount": 1,
                    "measureUnitId": uuid(4),
                    "containerId": None,
                    "cost": None,
                },
                {"num": 2, "productId": uuid(33), "amount": 0.000000001, "cost": 0},
            ],
        },
        {"id": uuid(52), "dateIncoming": f"{D2}T00:01:02.500", "status": "DELETED", "items": []},
    ]
    first, last = query["dateFrom"][0], query["dateTo"][0]
    found = [each for each in documents if first <= str(each["dateIncoming"])[:10] < last]
    return {"result": "SUCCESS", "errors": [], "response": found, "revision": 48377}


@pytest.fixture
def rows(other: OtherIiko) -> t.Callable[[str], list[dict[str, t.Any]]]:
    """What a run over all of it wrote of a table."""
    other.kind = "CHAIN"
    other.lists |= {
        "v2/entities/list": [
            *LISTS["v2/entities/list"],
            *(
                {"rootType": kind, "id": uuid(n), "deleted": False, "code": code, "name": name} | more
                for kind, n, code, name, more in ENTITIES
            ),
        ],
        "v2/entities/accounts/list": [
            {
                "id": uuid(8),
                "rootType": "Account",
                "accountParentId": None,
                "parentCorporateId": DEPARTMENT,
                "code": "",
                "deleted": False,
                "name": "Порча",
                "type": "EXPENSES",
                "system": True,
                "customTransactionsAllowed": False,
            }
        ],
        "employees": PEOPLE,
        "suppliers": FIRMS,
        "employees/roles": f"<employeeRoles><role><id>{uuid(1)}</id><code>CS</code><name>Кассир</name><paymentPerHour>210.000000000</paymentPerHour><steadySalary>0.000000000</steadySalary><scheduleType>HOURS</scheduleType><deleted>false</deleted></role></employeeRoles>",
        "employees/salary": f"<salaries><salary><employeeId>{PERSON}</employeeId><dateFrom>2026-02-25T00:00:00+05:00</dateFrom><dateTo>2500-01-01T00:00:00+05:00</dateTo><payment>1000.000000000</payment><salarySpecification><mainRoleId>{uuid(1)}</mainRoleId><items><item><roleId>{uuid(2)}</roleId><payment>900.000000000</payment></item></items></salarySpecification></salary></salaries>",
        "v2/entities/productScales": [
            {
                "id": uuid(11),
                "deleted": False,
                "name": "Объём",
                "productSizes": [
                    {
                        "id": uuid(12),
                        "deleted": False,
                        "name": "200 мл",
                        "shortName": "S",
                        "priority": 0,
                        "default": True,
                    }
                ],
            }
        ],
        "v2/entities/priceCategories": {
            "result": "SUCCESS",
            "errors": [],
            "response": [
                {
                    "id": uuid(41),
                    "name": "Сотрудники",
                    "deleted": False,
                    "code": "EMP",
                    "assignableManually": True,
                    "pricingStrategy": {"type": "PERCENT", "percent": -30, "rounding": "UP"},
                }
            ],
            "revision": 48377,
        },
        "terminals": f"<terminalDtoes><terminalDto><id>{uuid(71)}</id><name>Касса 1</name><anonymous>false</anonymous><groupInfo><id>{uuid(72)}</id><name>Зал</name></groupInfo><restaurantSectionIds><i>{uuid(73)}</i></restaurantSectionIds></terminalDto></terminalDtoes>",
        "replication/statuses": f'<replicationStatusDtoes><replicationStatusDto><departmentId>{DEPARTMENT}</departmentId><departmentName>Бистро</departmentName><status>OK</status><lastReceiveDate>2026-05-05T04:10:00+03:00</lastReceiveDate><lastSendDate xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/></replicationStatusDto></replicationStatusDtoes>',
        "v2/corporation/settings": {"vatAccounting": "VAT_NOT_INCLUDED_IN_PRICE"},
        "v2/documents/writeoff": writeoffs,
    }
    settings = config(other, personal_data="load", extra_tables=extra_tables())
    result = run_tap(settings | {"start_date": (D1 - datetime.timedelta(days=1)).isoformat()})
    assert result.code == 0
    return result.records


EXPECTED: dict[str, dict[str, t.Any]] = {
    "payment_types": {"id": uuid(1), "deleted": False, "code": "1", "name": "Наличные", "additional_info": None},
    "discount_types": {"id": uuid(2), "code": None, "name": "Скидка"},
    "order_types": {
        "id": uuid(3),
        "code": "",
        "order_service_type": "DELIVERY_BY_COURIER",
        "default_for_service_type": True,
    },
    "measure_units": {"id": uuid(4), "code": "кг", "name": "кг"},
    "conceptions": {"id": uuid(5), "code": "1", "name": "Бистро"},
    "cooking_place_types": {"id": uuid(6), "name": "Кухня"},
    "allergen_groups": {"id": uuid(7), "name": "Орехи"},
    "accounts": {
        "id": uuid(8),
        "account_parent_id": None,
        "parent_corporate_id": DEPARTMENT,
        "code": "",
        "name": "Порча",
        "type": "EXPENSES",
        "system": True,
        "custom_transactions_allowed": False,
        "additional_info": None,
    },
    "employees": {
        "id": PERSON,
        "code": "12",
        "name": "Иванова А.",
        "login": "",
        "roles_ids": [uuid(1)],
        "role_codes": ["CS", "WT"],
        "cell_phone": "+70000000000",
        "birthday": "1990-05-04T00:00:00.000000",
        "fire_date": None,
        "department_codes": None,
        "department_codes_state": "NULL",
        "employee": True,
        "supplier": False,
        "public_external_data": {"entry": {"key": "a", "value": "1"}},
        "additional_info": {"favouriteDish": "борщ"},
    },
    "suppliers": {
        "id": FIRM,
        "deleted": True,
        "taxpayer_id_number": "7700000001",
        "department_codes": ["1", "2"],
        "represents_store": True,
        "represented_store_id": uuid(9),
    },
    "employee_roles": {"id": uuid(1), "payment_per_hour": 210, "steady_salary": 0, "schedule_type": "HOURS"},
    "employee_salaries": {
        "employee_id": PERSON,
        "date_from": "2026-02-25T00:00:00.000000",
        "date_to": "2500-01-01T00:00:00.000000",
        "payment": 1000,
        "main_role_id": uuid(1),
        "further_roles": [{"roleId": uuid(2), "payment": "900.000000000"}],
    },
    "product_scales": {"id": uuid(11), "name": "Объём", "additional_info": None},
    "product_sizes": {"id": uuid(12), "product_scale_id": uuid(11), "short_name": "S", "priority": 0, "default": True},
    "price_categories": {
        "id": uuid(41),
        "pricing_strategy_type": "PERCENT",
        "pricing_strategy_percent": -30,
        "pricing_strategy_delta": None,
        "additional_info": {"pricingStrategy": {"rounding": "UP"}},
    },
    "terminals": {
        "id": uuid(71),
        "name": "Касса 1",
        "computer_name": None,
        "anonymous": False,
        "group_id": uuid(72),
        "group_name": "Зал",
        "restaurant_section_ids": [uuid(73)],
        "additional_info": None,
    },
    "replication_statuses": {
        "department_id": DEPARTMENT,
        "status": "OK",
        "last_receive_date": "2026-05-05T04:10:00.000000",
        "last_send_date": None,
    },
    "servers": {"server_type": "CHAIN", "vat_accounting": "VAT_NOT_INCLUDED_IN_PRICE"},
}


def test_a_row_of_every_list_is_as_it_was_written_by_hand(rows: t.Callable[[str], list[dict[str, t.Any]]]) -> None:
    for table, expected in EXPECTED.items():
        (row,) = rows(table)
        assert {name: row[name] for name in expected} == expected, table


def test_documents_and_their_lines_are_as_they_were_written_by_hand(
    rows: t.Callable[[str], list[dict[str, t.Any]]],
) -> None:
    one, other = sorted(rows("writeoffs"), key=lambda row: str(row["id"]))
    assert (one["business_date"], one["date_incoming"]) == (D1.isoformat(), f"{D1}T23:00:00.000000")
    assert (one["document_number"], one["status"], one["comment"]) == ("0107", "PROCESSED", "порча")
    assert (one["store_id"], one["account_id"], one["conception_id"]) == (uuid(9), uuid(8), None)
    assert (other["business_date"], other["status"]) == (D2.isoformat(), "DELETED")
    assert other["date_incoming"] == f"{D2}T00:01:02.500000"
    lines = [
        tuple(
            row[name]
            for name in ("document_id", "business_date", "num", "num_occurrence", "product_id", "amount", "cost")
        )
        for row in rows("writeoff_items")
    ]
    day = D1.isoformat()
    assert [(*line[:5], float(line[5]), line[6] if line[6] is None else float(line[6])) for line in lines] == [
        (uuid(51), day, 2, 0, uuid(31), 0.35, 182.5),
        (uuid(51), day, 1, 0, uuid(32), 1.0, None),
        (uuid(51), day, 2, 1, uuid(33), 0.000000001, 0.0),
    ]
    assert len({row["id"] for row in rows("writeoff_items")}) == 3
