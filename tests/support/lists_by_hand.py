"""One row of every list: what iiko sends (the shapes of the API reference, appendix F) and what is loaded of it."""

from __future__ import annotations

import typing as t
from decimal import Decimal

from support.cash_by_hand import CASH
from support.other_ledger import DEPARTMENT, DISH, STORE

DAY = "2026-05-04"
CORPORATION = "<corporateItemDtoes><corporateItemDto>{}</corporateItemDto></corporateItemDtoes>"
PERSON = (
    "<employees><employee><id>61B90000-0000-4000-8000-000000000001</id><code>0012</code><name>Иванова А.</name>"
    "<login>ivanova</login><mainRoleId>{role}</mainRoleId><rolesIds>{role}</rolesIds>"
    "<mainRoleCode>CS</mainRoleCode><roleCodes>CS</roleCodes><roleCodes>WT</roleCodes><phone/>"
    "<cellPhone>+70000000000</cellPhone><firstName>А</firstName><middleName/><lastName>Иванова</lastName>"
    "<birthday>1990-02-03T00:00:00+03:00</birthday><email/><address/><hireDate>2020-01-15</hireDate>"
    "<hireDocumentNumber>7-к</hireDocumentNumber><fireDate>2500-01-01T00:00:00+03:00</fireDate><note/><cardNumber/>"
    "<pinCode>1111</pinCode><taxpayerIdNumber/><snils/><gln/><preferredDepartmentCode>1</preferredDepartmentCode>"
    "<departmentCodes>1</departmentCodes><deleted>false</deleted><supplier>{supplier}</supplier>"
    "<employee>true</employee><client>false</client><representsStore>{store}</representsStore>{more}</employee>"
    "</employees>"
)
ROLE = "4a000000-0000-4000-8000-000000000001"
SCALE = "11aa0000-0000-4000-8000-000000000001"
SIZE = "11ab0000-0000-4000-8000-000000000001"
WRITEOFF = "51aa0000-0000-4000-8000-000000000001"
ACCOUNT = "61bb0000-0000-4000-8000-000000000001"
ENTITY = "9a7b0000-0000-4000-8000-000000000001"
SYRUPS = "31cc0000-0000-4000-8000-000000000001"


def success(*rows: t.Any) -> dict[str, t.Any]:
    """The wrapper of some v2 answers (API reference 2.3)."""
    return {"result": "SUCCESS", "errors": [], "response": list(rows), "revision": 48377}


def entity(**more: t.Any) -> list[t.Any]:
    """A list of ``v2/entities/list``."""
    return [{"id": ENTITY, "deleted": False, "code": " 7 ", "name": "Наличные ", **more}]


NAMED = {"id": ENTITY, "deleted": False, "code": "7", "name": "Наличные"}
EMPLOYED = {
    "id": "61b90000-0000-4000-8000-000000000001",
    "deleted": False,
    "code": "0012",
    "name": "Иванова А.",
    "supplier": False,
    "employee": True,
    "client": False,
    "represents_store": False,
    "main_role_id": ROLE,
    "roles_ids": [ROLE],
    "main_role_code": "CS",
    "role_codes": ["CS", "WT"],
    "preferred_department_code": "1",
    "department_codes": ["1"],
    "first_name": "А",
    "middle_name": "",
    "last_name": "Иванова",
    "hire_date": "2020-01-15",
    "hire_document_number": "7-к",
    "fire_date": "2500-01-01T00:00:00.000000",
    "login": "ivanova",
    "phone": "",
    "cell_phone": "+70000000000",
    "email": "",
    "address": "",
    "birthday": "1990-02-03T00:00:00.000000",
    "card_number": "",
    "taxpayer_id_number": "",
    "snils": "",
    "gln": "",
    "note": "",
}
COFFEE = {
    "id": DISH,
    "deleted": False,
    "name": " Капучино 300 ",
    "description": "",
    "num": "00417",
    "code": None,
    "parent": SYRUPS,
    "taxCategory": ENTITY,
    "category": "",
    "accountingCategory": None,
    "color": {"red": 120, "green": 80, "blue": 40},
    "position": 4,
    "defaultSalePrice": 240.1,
    "unitWeight": 0.3,
    "mainUnit": ACCOUNT,
    "placeType": ROLE,
    "type": "DISH",
    "barcodes": [],
    "defaultIncludedInMenu": True,
    "notInStoreMovement": False,
    "modifiers": [
        {
            "modifier": SYRUPS,
            "defaultAmount": 0,
            "freeOfChargeAmount": 1,
            "minimumAmount": 0,
            "maximumAmount": 2.5,
            "hideIfDefaultAmount": True,
            "required": False,
            "childModifiersHaveMinMaxRestrictions": False,
            "splittable": True,
            "deleted": False,
            "childModifiers": [],
        }
    ],
}
SCALED = [
    {
        "id": SCALE,
        "deleted": False,
        "name": "Объём кофе",
        "productSizes": [
            {"id": SIZE, "deleted": False, "name": "200 мл", "shortName": "S", "priority": 0, "default": True}
        ],
    }
]
WRITTEN_OFF = success(
    {
        "id": WRITEOFF,
        "dateIncoming": f"{DAY}T23:00",
        "documentNumber": "0107",
        "status": "PROCESSED",
        "conceptionId": None,
        "comment": "порча",
        "storeId": STORE,
        "accountId": ACCOUNT,
        "items": [
            {
                "num": 1,
                "productId": DISH,
                "productSizeId": None,
                "amountFactor": 1,
                "amount": 0.35,
                "measureUnitId": ENTITY,
                "containerId": None,
                "cost": 182.5,
            }
        ],
    }
)

# By table: what is sent, as JSON or as XML, and the row; columns that are not named are null.
LISTS: dict[str, tuple[t.Any, dict[str, t.Any]]] = {
    "departments": (
        CORPORATION.format(
            f"<id>{DEPARTMENT}</id><parentId>{STORE}</parentId><code>1</code><name>Бистро на Лесной</name>"
            "<type>DEPARTMENT</type><taxpayerIdNumber>7700000000</taxpayerIdNumber>"
        ),
        {
            "id": DEPARTMENT,
            "parent_id": STORE,
            "code": "1",
            "name": "Бистро на Лесной",
            "type": "DEPARTMENT",
            "taxpayer_id_number": "7700000000",
        },
    ),
    "stores": (
        CORPORATION.format(
            f"<id>{STORE}</id><parentId>{DEPARTMENT}</parentId><code/><name>Склад</name><type>STORE</type>"
        ),
        {"id": STORE, "parent_id": DEPARTMENT, "code": "", "name": "Склад", "type": "STORE"},
    ),
    "terminals": (
        (
            f"<terminalDtoes><terminalDto><id>{STORE}</id><name>Касса 1</name><computerName>POS-01</computerName>"
            f"<anonymous>false</anonymous><groupInfo><id>{SCALE}</id><name>Зал</name></groupInfo>"
            f"<restaurantSectionIds><i>{SIZE}</i></restaurantSectionIds></terminalDto></terminalDtoes>"
        ),
        {
            "id": STORE,
            "name": "Касса 1",
            "computer_name": "POS-01",
            "anonymous": False,
            "group_id": SCALE,
            "group_name": "Зал",
            "restaurant_section_ids": [SIZE],
        },
    ),
    "product_groups": (
        [
            {
                "id": SYRUPS,
                "deleted": False,
                "name": "Кофе",
                "description": "",
                "num": "0031",
                "code": "31",
                "parent": None,
                "accountingCategory": ENTITY,
                "fontColor": {"red": 255, "green": 255, "blue": 255},
                "position": 4,
                "visibilityFilter": {"departments": [DEPARTMENT], "excluding": False},
            }
        ],
        {
            "id": SYRUPS,
            "deleted": False,
            "name": "Кофе",
            "description": "",
            "num": "0031",
            "code": "31",
            "accounting_category_id": ENTITY,
            "font_color": {"red": 255, "green": 255, "blue": 255},
            "position": 4,
            "visibility_filter": {"departments": [DEPARTMENT], "excluding": False},
        },
    ),
    "products": (
        [COFFEE],
        {
            "id": DISH,
            "deleted": False,
            "name": "Капучино 300",
            "description": "",
            "num": "00417",
            "parent_id": SYRUPS,
            "tax_category_id": ENTITY,
            "color": {"red": 120, "green": 80, "blue": 40},
            "position": 4,
            "default_sale_price": Decimal("240.1"),
            "unit_weight": Decimal("0.3"),
            "main_unit_id": ACCOUNT,
            "place_type_id": ROLE,
            "type": "DISH",
            "barcodes": [],
            "default_included_in_menu": True,
            "not_in_store_movement": False,
        },
    ),
    "product_modifiers": (
        [COFFEE],
        {
            "product_id": DISH,
            "modifier_id": SYRUPS,
            "is_group": False,
            "position": 0,
            "path": "0",
            "default_amount": 0,
            "free_of_charge_amount": 1,
            "minimum_amount": 0,
            "maximum_amount": Decimal("2.5"),
            "hide_if_default_amount": True,
            "required": False,
            "deleted": False,
            "child_modifiers_have_min_max_restrictions": False,
            "splittable": True,
        },
    ),
    "product_scales": (SCALED, {"id": SCALE, "deleted": False, "name": "Объём кофе"}),
    "product_sizes": (
        SCALED,
        {
            "id": SIZE,
            "product_scale_id": SCALE,
            "deleted": False,
            "name": "200 мл",
            "short_name": "S",
            "priority": 0,
            "default": True,
        },
    ),
    "categories": (
        entity(rootType="TaxCategory", vatPercent=20.5),
        {**NAMED, "category_type": "tax", "vat_percent": Decimal("20.5")},
    ),
    "payment_types": (entity(rootType="PaymentType"), NAMED),
    "discount_types": (entity(rootType="DiscountType"), NAMED),
    "measure_units": (entity(rootType="MeasureUnit"), NAMED),
    "conceptions": (entity(rootType="Conception"), NAMED),
    "cooking_place_types": (entity(rootType="CookingPlaceType"), NAMED),
    "allergen_groups": (entity(rootType="AllergenGroup"), NAMED),
    "order_types": (
        entity(rootType="OrderType", orderServiceType="COMMON", defaultForServiceType=True),
        {**NAMED, "order_service_type": "COMMON", "default_for_service_type": True},
    ),
    "accounts": (
        entity(
            rootType="Account",
            accountParentId=ACCOUNT,
            parentCorporateId="",
            type="INVENTORY_ASSETS",
            system=False,
            customTransactionsAllowed=True,
        ),
        {
            **NAMED,
            "type": "INVENTORY_ASSETS",
            "account_parent_id": ACCOUNT,
            "system": False,
            "custom_transactions_allowed": True,
        },
    ),
    "price_categories": (
        success(*entity(assignableManually=True, pricingStrategy={"type": "PERCENT", "percent": -30})),
        {**NAMED, "assignable_manually": True, "pricing_strategy_type": "PERCENT", "pricing_strategy_percent": -30},
    ),
    "olap_presets": (
        [
            {
                "id": "91AA0000-0000-4000-8000-000000000001",
                "name": "Выручка по дням ",
                "reportType": "SALES",
                "groupByRowFields": ["OpenDate.Typed"],
                "groupByColFields": [],
                "aggregateFields": ["DishDiscountSumInt"],
                "filters": {"OrderDeleted": {"filterType": "IncludeValues", "values": ["NOT_DELETED", None]}},
                "buildSummary": None,
            }
        ],
        {
            "id": "91aa0000-0000-4000-8000-000000000001",
            "name": "Выручка по дням",
            "report_type": "SALES",
            "group_by_row_fields": ["OpenDate.Typed"],
            "group_by_col_fields": [],
            "aggregate_fields": ["DishDiscountSumInt"],
            "filters": {"OrderDeleted": {"filterType": "IncludeValues", "values": ["NOT_DELETED", None]}},
        },
    ),
    "employees": (PERSON.format(role=ROLE, supplier="false", store="false", more=""), EMPLOYED),
    "suppliers": (
        PERSON.format(
            role=ROLE, supplier="true", store="true", more=f"<representedStoreId>{STORE}</representedStoreId>"
        ),
        {**EMPLOYED, "supplier": True, "represents_store": True, "represented_store_id": STORE},
    ),
    "employee_roles": (
        (
            f"<employeeRoles><role><id>{ROLE}</id><code>CS</code><name>Кассир</name>"
            "<paymentPerHour>210.500000000</paymentPerHour><steadySalary>0.000000000</steadySalary>"
            "<scheduleType>HOURS</scheduleType><deleted>false</deleted></role></employeeRoles>"
        ),
        {
            "id": ROLE,
            "deleted": False,
            "code": "CS",
            "name": "Кассир",
            "payment_per_hour": Decimal("210.5"),
            "steady_salary": 0,
            "schedule_type": "HOURS",
        },
    ),
    "employee_salaries": (
        (
            f"<salaries><salary><employeeId>{STORE}</employeeId><dateFrom>2026-02-25T00:00:00+05:00</dateFrom>"
            "<dateTo>2500-01-01T00:00:00+05:00</dateTo><payment>1000.000000000</payment><salarySpecification>"
            f"<mainRoleId>{ROLE}</mainRoleId><items><item><roleId>{SCALE}</roleId><payment>900.000000000</payment>"
            "</item></items></salarySpecification></salary></salaries>"
        ),
        {
            "employee_id": STORE,
            "date_from": "2026-02-25T00:00:00.000000",
            "date_to": "2500-01-01T00:00:00.000000",
            "payment": 1000,
            "main_role_id": ROLE,
            "further_roles": [{"roleId": SCALE, "payment": "900.000000000"}],
        },
    ),
    "replication_statuses": (
        (
            f"<replicationStatusDtoes><replicationStatusDto><departmentId>{DEPARTMENT}</departmentId>"
            "<departmentName>Бистро на Лесной</departmentName><status>OK</status>"
            "<lastReceiveDate>2026-05-05T04:10:00+03:00</lastReceiveDate><lastSendDate/></replicationStatusDto>"
            "</replicationStatusDtoes>"
        ),
        {
            "department_id": DEPARTMENT,
            "department_name": "Бистро на Лесной",
            "status": "OK",
            "last_receive_date": "2026-05-05T04:10:00.000000",
        },
    ),
    "writeoffs": (
        WRITTEN_OFF,
        {
            "id": WRITEOFF,
            "business_date": DAY,
            "date_incoming": f"{DAY}T23:00:00.000000",
            "document_number": "0107",
            "status": "PROCESSED",
            "comment": "порча",
            "store_id": STORE,
            "account_id": ACCOUNT,
        },
    ),
    "writeoff_items": (
        WRITTEN_OFF,
        {
            "document_id": WRITEOFF,
            "business_date": DAY,
            "num": 1,
            "num_occurrence": 0,
            "product_id": DISH,
            "amount_factor": 1,
            "amount": Decimal("0.35"),
            "measure_unit_id": ENTITY,
            "cost": Decimal("182.5"),
        },
    ),
    **CASH,
}
