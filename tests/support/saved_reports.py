"""Reports as people save them in iikoOffice, in the shapes that live servers send (API reference 4.1, appendix F)."""

from __future__ import annotations

import typing as t

Json = dict[str, t.Any]

BY_DAY: Json = {
    "id": "91aa0000-0000-4000-8000-000000000001",
    "name": "Выручка по дням",
    "reportType": "SALES",
    "groupByRowFields": ["OpenDate.Typed"],
    "groupByColFields": [],
    "aggregateFields": ["DishDiscountSumInt"],
    "filters": {
        "OpenDate.Typed": {
            "filterType": "DateRange",
            "periodType": "CURRENT_MONTH",
            "from": "2026-05-01",
            "to": "2026-05-31",
            "includeLow": True,
            "includeHigh": True,
        }
    },
}
DELIVERIES: Json = {
    "id": "92aa0000-0000-4000-8000-000000000002",
    "name": "Доставки по рекламе",
    "reportType": "DELIVERIES",
    "groupByRowFields": ["Department", "MarketingSource"],
    "groupByColFields": ["Delivery.IsDelivery"],
    "aggregateFields": ["UniqOrderId.OrdersCount", "DishDiscountSumInt"],
    "filters": {
        "DeletedWithWriteoff": {"filterType": "IncludeValues", "values": ["NOT_DELETED"]},
        "Delivery.IsDelivery": {"filterType": "IncludeValues", "values": ["DELIVERY_ORDER"]},
    },
    "buildSummary": None,
}
OLD: Json = {
    "id": "93aa0000-0000-4000-8000-000000000003",
    "name": "Старый отчёт",
    "reportType": "SALES",
    "groupByRowFields": ["OpenDate", "TableNumInt", "Department.Id"],
    "groupByColFields": ["Department.Id"],
    "aggregateFields": ["DishSumInt", "PercentOfSummary.ByRow"],
    "filters": {
        "OpenDate": {"filterType": "DateRange", "periodType": "YESTERDAY", "from": "2026-05-01"},
        "PayTypes.Group": {"filterType": "ExcludeValues", "values": ["WRITEOFF"]},
        "OrderNum": {"filterType": "Range", "from": 1, "to": 100, "includeLow": True, "includeHigh": False},
        "CloseTime": {"filterType": "DateRange", "periodType": "LAST_WEEK", "from": "2026-05-01"},
    },
}
STOCK: Json = {
    "id": "94aa0000-0000-4000-8000-000000000004",
    "name": "Сроки годности",
    "reportType": "STOCK",
    "groupByRowFields": ["ProductName"],
    "groupByColFields": None,
    "aggregateFields": ["Amount"],
    "filters": {},
}
LAYOUT: Json = {
    "id": "95aa0000-0000-4000-8000-000000000005",
    "name": "Доли",
    "reportType": "SALES",
    "groupByRowFields": ["DishName"],
    "groupByColFields": [],
    "aggregateFields": ["PercentOfSummary.ByCol"],
    "filters": None,
}
ALL = (BY_DAY, DELIVERIES, OLD, STOCK, LAYOUT)
