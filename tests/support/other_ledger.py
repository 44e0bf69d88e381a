"""The small ledger and lists of the second iiko."""

from __future__ import annotations

import datetime
import typing as t
from decimal import Decimal

if t.TYPE_CHECKING:
    from support.other_iiko import OtherIiko
    from support.taps import Record

D1 = datetime.datetime.now(datetime.UTC).date() - datetime.timedelta(days=6)
D2 = D1 + datetime.timedelta(days=1)
DEPARTMENT = "7c1e0a52-3f1b-4c8e-9d05-5b8f4f0e2a10"
STORE = "b7c00000-0000-4000-8000-000000000001"
DISH = "3f3b9a52-0a83-4a1b-9d0e-6f1f0c9a7d10"
SYRUP = "0b8a7f1e-3c55-4f11-8b1d-93f0a2b4c6d7"
ORDER_1 = "0f7b6a55-2a4c-4e0b-8d7a-9c3b2a1f0e99"
ORDER_2 = "0f7b6a55-2a4c-4e0b-8d7a-9c3b2a1f0e02"
CASH = {
    "PayTypes": "Наличные",
    "PayTypes.GUID": "9a7b0000-0000-4000-8000-000000000001",
    "PayTypes.Group": "CASH",
    "PaymentTransaction.Id": "pt-1",
    "OperationType": "PAYMENT",
}
CARD = {
    "PayTypes": "Visa",
    "PayTypes.GUID": "9a7b0000-0000-4000-8000-000000000002",
    "PayTypes.Group": "CARD",
    "PaymentTransaction.Id": "pt-2",
    "OperationType": "PAYMENT",
}


def line(item: int, order: str | None, day: datetime.date, dish: str, amount: str, price: str, **more: t.Any) -> Record:
    gross = Decimal(amount) * Decimal(price)
    return {
        "OpenDate.Typed": day.isoformat(),
        "Department.Id": DEPARTMENT,
        "Department": " Бистро на Лесной ",
        "UniqOrderId.Id": order,
        "ItemSaleEvent.Id": f"e81c6d3e-0d55-4bfb-9f10-{item:012}",
        "OrderNum": 1045,
        "FiscalChequeNumber": (101, 102),  # a list in JSON
        "OpenTime": f"{day}T13:12:44.12",
        "CloseTime": f"{day}T14:00:00",
        "DishId": dish,
        "DishName": "Капучино 300" if dish == DISH else "Сироп",
        "DishSize.Id": None,
        "DishAmountInt": amount,
        "DishSumInt": gross,
        "DiscountSum": 0,
        "IncreaseSum": 0,
        "DishDiscountSumInt": gross,
        "VAT.Sum": gross / 6,
        "DishReturnSum": 0,
        "ProductCostBase.ProductCost": "12.345678901",
        "GuestNum": 2,
        "OrderDeleted": "NOT_DELETED",
        "DeletedWithWriteoff": "NOT_DELETED",
        "Storned": "FALSE",
        "SourceOrderId": None,
        "Store.Id": STORE,
        "RestaurantSection.Id": "rs1",
        "Payments": [(1, CASH)],
        **more,
    }


def ledger() -> list[Record]:
    split = [("0.911", CASH), ("0.089", CARD)]
    return [
        line(1, ORDER_1, D1, DISH, "2", "240", Payments=split),
        line(
            2,
            ORDER_1,
            D1,
            SYRUP,
            "0.35",
            "60.10",
            Payments=split,
            **{"SoldWithItem.Id": f"e81c6d3e-0d55-4bfb-9f10-{1:012}"},
        ),
        line(3, ORDER_1, D1, DISH, "1", "240", DishDiscountSumInt=0, DeletedWithWriteoff="DELETED_WITH_WRITEOFF"),
        line(4, None, D1, DISH, "3", "100"),
        line(
            5,
            ORDER_2,
            D2,
            DISH,
            "-1",
            "240",
            Storned="TRUE",
            DishReturnSum="240",
            SourceOrderId=ORDER_1,
        ),
    ]


LISTS: dict[str, t.Any] = {
    "departments": "<corporateItemDtoes><corporateItemDto>"
    f"<id>{DEPARTMENT}</id><code>1</code><name>Бистро</name><type>DEPARTMENT</type>"
    "<jurPersonAdditionalPropertiesDto><iban>KZ1</iban></jurPersonAdditionalPropertiesDto></corporateItemDto></corporateItemDtoes>",
    "stores": f"<corporateItemDtoes><corporateItemDto><id>{STORE}</id><parentId>{DEPARTMENT}</parentId>"
    "<code/><name>Склад</name><type>STORE</type></corporateItemDto></corporateItemDtoes>",
    "v2/entities/products/list": [
        {
            "id": DISH,
            "deleted": False,
            "name": " Капучино 300 ",
            "num": "00417",
            "code": "",
            "parent": None,
            "defaultIncludeInMenu": True,
            "defaultSalePrice": 240,
            "unitWeight": 0.3,
            "brandNew": {"x": 1},
            "modifiers": [
                {"modifier": SYRUP, "defaultAmount": 0, "maximumAmount": 2, "required": False, "childModifiers": None},
                {
                    "modifier": STORE,
                    "maximumAmount": 3,
                    "childModifiers": [{"modifier": SYRUP, "maximumAmount": 1, "childModifiers": []}],
                },
            ],
        }
    ],
    "v2/entities/products/group/list": [],
    "v2/entities/list": [
        {
            "id": "5e2f0000-0000-4000-8000-000000000001",
            "rootType": "TaxCategory",
            "deleted": False,
            "code": None,
            "name": "НДС 20%",
            "vatPercent": 20,
        }
    ],
}


def config(other: OtherIiko, **settings: t.Any) -> Record:
    return {
        "base_url": f"{other.url}/resto/api/",
        "login": "demo",
        "password": "demo-password",
        "start_date": D1.isoformat(),
        "licence_wait": 0,
        **settings,
    }
