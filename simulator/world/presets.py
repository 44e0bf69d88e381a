"""Reports that somebody has saved in iikoOffice, odd as live ones are (API reference 4.1)."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from simulator.world.units import Ids

Row = dict[str, t.Any]
NOT_DELETED: t.Final = {"filterType": "IncludeValues", "values": ["NOT_DELETED"]}


def _dates(period: str, first: str = "2026-05-01", last: str = "2026-05-31") -> Row:
    return {
        "filterType": "DateRange",
        "periodType": period,
        "from": first,
        "to": last,
        "includeLow": True,
        "includeHigh": True,
    }


def _only(*values: str | None) -> Row:
    return {"filterType": "IncludeValues", "values": list(values)}


def _but(*values: str | None) -> Row:
    return {"filterType": "ExcludeValues", "values": list(values)}


# Name, report, row groups, column groups, aggregates, filters, and whether buildSummary is told: it is null then.
PRESETS: t.Final[list[tuple[str, str, list[str], list[str], list[str], Row, bool]]] = [
    (
        "Выручка по дням",
        "SALES",
        ["OpenDate.Typed"],
        [],
        ["DishDiscountSumInt"],
        {"OpenDate.Typed": _dates("CURRENT_MONTH")},
        False,
    ),
    (
        # No date at all, a column group, and a field that no directory lists.
        "Доставки по рекламе",
        "DELIVERIES",
        ["Department", "MarketingSource"],
        ["Delivery.IsDelivery"],
        ["UniqOrderId.OrdersCount", "DishDiscountSumInt"],
        {"DeletedWithWriteoff": NOT_DELETED, "Delivery.IsDelivery": _only("DELIVERY_ORDER")},
        True,
    ),
    (
        # Deprecated names, a filter by a name, one with a blank, a range.
        "Выручка по часам  ",
        "SALES",
        ["OpenDate", "Department"],
        ["HourClose"],
        ["DishDiscountSumInt", "UniqOrderId.OrdersCount", "GuestNum"],
        {
            "OpenDate": _dates("CUSTOM"),
            "Department": _only("Бистро на Лесной"),
            "OrderDeleted": NOT_DELETED,
            "PayTypes.Group": _but("WRITEOFF"),
            "DishCategory": _but(None, "Архив"),
            "OrderNum": {"filterType": "Range", "from": 1, "to": 9999, "includeLow": True, "includeHigh": False},
        },
        True,
    ),
    (
        "Отчёт о прибылях и убытках",
        "TRANSACTIONS",
        ["Account.AccountHierarchyTop", "Account.Name"],
        ["DateTime.Month"],
        ["Sum.ResignedSum"],
        {"DateTime.OperDayFilter": _dates("LAST_MONTH"), "Account.Group": _only("INCOME_EXPENSES")},
        True,
    ),
    (
        "Движение денежных средств",
        "TRANSACTIONS",
        ["CashFlowCategory", "Account.Name"],
        [],
        ["Sum.Incoming", "Sum.Outgoing", "FinalBalance.Money"],
        {"Account.IsCashFlowAccount": _only("CASH_FLOW")},
        True,
    ),
    (
        # The same name once more: a name is no key.
        "Выручка по дням",
        "SALES",
        ["OpenDate.Typed", "Department.Id"],
        [],
        ["DishDiscountSumInt", "PercentOfSummary.ByCol", "DishDiscountSumInt.average"],
        {},
        True,
    ),
    (
        "Сроки годности",
        "STOCK",
        ["ProductName", "StoreFrom"],
        ["EventDate"],
        ["Amount"],
        {"EventDate": _dates("LAST_WEEK"), "Event.Type": _only("SALE")},
        True,
    ),
]


def preset_rows(ids: Ids) -> list[Row]:
    """All of them, of one database."""
    rows = []
    for number, (name, report, by_row, by_column, aggregates, filters, told) in enumerate(PRESETS):
        row: Row = {
            "id": ids("preset", number),
            "name": name,
            "reportType": report,
            "groupByRowFields": by_row,
            "groupByColFields": by_column,
            "aggregateFields": aggregates,
            "filters": filters,
        }
        rows.append(row | {"buildSummary": None} if told else row)
    return rows
