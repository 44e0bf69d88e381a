"""Reports of a user's own from the second iiko, against its lines and postings themselves."""

from __future__ import annotations

import copy
import datetime
import typing as t
from decimal import Decimal
from fractions import Fraction

import pytest

from support.analyst import LEDGER, LINES, PAYMENTS, told
from support.catalogs import catalog_with
from support.other_iiko import OtherIiko
from support.other_ledger import CARD, CASH, DISH, LISTS, SYRUP, config, line
from support.other_postings import posting
from support.own_books import Told, differences, expected
from support.taps import Record, Result, run_tap
from support.warehouse import Warehouse

if t.TYPE_CHECKING:
    from collections.abc import Iterator

LAST = datetime.datetime.now(datetime.UTC).date() - datetime.timedelta(days=2)
FIRST = LAST - datetime.timedelta(days=39)
WAITER = "600cd039-fdf3-4a64-a0a5-11f1a9440801"
SUPPLIER = "600cd039-fdf3-4a64-a0a5-11f1a9440802"
STORE, GOODS, COST, DEBTS = (
    {"Id": f"b7c00000-0000-4000-8000-00000000000{number}", "Name": name, "Type": kind, "Group": group}
    for number, name, kind, group in (
        (1, "Склад", "INVENTORY_ASSETS", "ASSETS"),
        (2, "Товары в пути", "INVENTORY_ASSETS", "ASSETS"),
        (3, "Себестоимость", "COST_OF_GOODS_SOLD", "INCOME_EXPENSES"),
        (4, "Поставщики", "ACCOUNTS_PAYABLE", "LIABILITIES"),
    )
)
DELIVERED: t.Final = {"report": "DELIVERIES"}
POSTED: t.Final = {"report": "TRANSACTIONS"}
FIGURES = ("Sum.Incoming", "Sum.Outgoing", "Sum.ResignedSum", "Amount.In", "Amount.Out")
SHOWN = {"OrderDeleted": ["NOT_DELETED"], "DeletedWithWriteoff": ["NOT_DELETED"]}
REPORTS = [
    told(LINES, "revenue", "Department.Id", "DishDiscountSumInt VAT.Sum", filters=SHOWN, watch="own"),
    told(LINES, "dishes", "DishId DishName", "DishAmountInt DishSumInt", key=["DishId"]),
    told(LINES, "waiters", "WaiterName.ID", "DishDiscountSumInt", columns={"DishDiscountSumInt": "turnover"}),
    told(LINES, "nobody", "Department.Id", "DishSumInt", filters={"WaiterName.ID": [None]}),
    told(LINES, "somebody", "WaiterName.ID", "DishSumInt", filters={"WaiterName.ID": {"except": [None]}}, by="week"),
    told(LINES, "numbers", "OrderNum", "DishSumInt", filters={"OrderNum": {"from": 103, "to": 117}}),
    told(LINES, "days", "", "DishSumInt UniqOrderId"),
    told(LINES, "months", "", "UniqOrderId UniqOrderId.OrdersCount", by="month"),
    told(PAYMENTS, "payments", "PayTypes.GUID", "DishDiscountSumInt"),
    told(
        PAYMENTS, "cashless", "PayTypes.Group", "DishDiscountSumInt", filters={"PayTypes.Group": {"except": ["CASH"]}}
    ),
    told(LINES, "delivered", "Delivery.ServiceType", "DishSumInt", **DELIVERED),
    told(LINES, "couriers", "Delivery.Courier.Id", "UniqOrderId", by="month", **DELIVERED),
    told(
        LEDGER,
        "pnl",
        "Account.Type Account.Name",
        "Sum.Incoming Sum.Outgoing",
        filters={"Account.Group": ["INCOME_EXPENSES"]},
        by="month",
        **POSTED,
    ),
    told(
        LEDGER,
        "accounts",
        "Account.Id TransactionSide",
        "Sum.ResignedSum",
        filters={"TransactionType": {"except": ["TRANSFER"]}},
        watch="own",
        **POSTED,
    ),
    told(LEDGER, "parties", "Counteragent.Id", "Sum.Incoming", filters={"Counteragent.Id": [None, SUPPLIER]}, **POSTED),
    told(LEDGER, "goods", "Account.Id Product.Id", "Amount.In Amount.Out", by="week", **POSTED),
]


def sold(number: int) -> list[Record]:
    """An order of each day but Mondays, of two lines."""
    day = FIRST + datetime.timedelta(days=number)
    if not day.weekday():
        return []
    order = f"0f7b6a55-2a4c-4e0b-8d7a-{number:012}"
    delivery = number % 3 == 0
    fields = {
        "OrderNum": 100 + number,
        "WaiterName.ID": WAITER if number % 2 else None,
        "Delivery.Id": order if delivery else None,
        "Delivery.ServiceType": ("PICKUP" if number % 2 else "COURIER") if delivery else None,
        "Delivery.Courier.Id": WAITER if delivery and not number % 2 else None,
        "Payments": [("0.75", CASH), ("0.25", CARD)] if number % 4 == 0 else [(1, CASH if number % 2 else CARD)],
        "Storned": "TRUE" if number % 11 == 10 else "FALSE",
    }
    deleted = "DELETED_WITHOUT_WRITEOFF" if number % 5 == 4 else "NOT_DELETED"
    return [
        line(2 * number, order, day, DISH, "2", f"{200 + number}", **fields),
        line(2 * number + 1, order, day, SYRUP, "0.35", "60.10", **{**fields, "DeletedWithWriteoff": deleted}),
    ]


def posted(number: int) -> list[Record]:
    """A purchase each fourth day, cost each day, a transfer now and then."""
    day = f"{FIRST + datetime.timedelta(days=number)}"
    product = {"Product.Id": DISH}
    found = posting(day, "SESSION_WRITEOFF", COST, STORE, f"{70 + number}.25", "1.5", **product)
    if number % 4 == 0:
        found += posting(day, "INVOICE", STORE, DEBTS, "1000", "12", **product, **{"Counteragent.Id": SUPPLIER})
    if number % 6 == 0:
        found += posting(day, "TRANSFER", GOODS, STORE, "50", "1", **product)
    return found


@pytest.fixture
def other() -> Iterator[OtherIiko]:
    """Forty days of it."""
    with OtherIiko([each for number in range(40) for each in sold(number)], lists=copy.deepcopy(LISTS)) as server:
        server.transactions = [each for number in range(40) for each in posted(number)]
        yield server
        assert server.token is None
        assert server.most_in_flight == 1


def books(other: OtherIiko, report: Told) -> list[Record]:
    """Rows that the report is about."""
    if report.books == LEDGER:
        blank = dict.fromkeys(("Counteragent.Id", "Product.Id"))
        return [{**blank, **each, **{name: number(each.get(name)) for name in FIGURES}} for each in other.transactions]
    is_of_deliveries = report.report.get("report") == "DELIVERIES"
    lines = [each for each in other.lines if each["Delivery.Id"] or not is_of_deliveries]
    if report.books == LINES:
        return lines
    return [
        {**each, **fields, "DishDiscountSumInt": Decimal(share) * each["DishDiscountSumInt"]}
        for each in lines
        for share, fields in each["Payments"]
    ]


def number(text: str | None) -> Decimal:
    """Exactly."""
    fraction = Fraction(text or 0)
    return Decimal(fraction.numerator) / fraction.denominator


def load(other: OtherIiko, warehouse: Warehouse, state: t.Any = None, **more: t.Any) -> Result:
    """All reports."""
    declared = [each.report for each in REPORTS]
    catalog = catalog_with(declared, *(each.name for each in REPORTS), "sync_log")
    settings = {"start_date": f"{FIRST}", "reports": declared, "personal_data": "load", "reread_days": 0, **more}
    result = run_tap(config(other, **settings), state, catalog)
    warehouse.load(result)
    assert result.code == 0
    return result


def wrong(other: OtherIiko, warehouse: Warehouse) -> list[str]:
    """What is not as in the books."""
    return [
        each
        for report in REPORTS
        for each in differences(report, warehouse.current(report.name), books(other, report), FIRST)
    ]


def test_they_are_what_its_lines_and_postings_come_to(other: OtherIiko) -> None:
    warehouse = Warehouse()
    load(other, warehouse)
    assert wrong(other, warehouse) == []
    for report in REPORTS:
        assert len(expected(report, books(other, report), FIRST)) > 1, report.name


def test_what_changes_later_is_found(other: OtherIiko) -> None:
    warehouse = Warehouse()
    first = load(other, warehouse)
    other.reports.clear()
    quiet = load(other, warehouse, first.state)
    closed = f"{LAST - datetime.timedelta(days=1)}"
    assert all(row["business_date"] > closed for row in quiet.log("report_dishes"))
    day = FIRST + datetime.timedelta(days=17)
    lost = [each for each in other.lines if each["OpenDate.Typed"] == f"{day}"]
    assert lost
    other.lines = [each for each in other.lines if each not in lost]
    other.transactions += posting(f"{day}", "INVOICE", STORE, DEBTS, "10", "1", **{"Counteragent.Id": SUPPLIER})
    assert wrong(other, warehouse)
    found = load(other, warehouse, quiet.state)
    assert {row["business_date"] for row in found.log("report_dishes") if row["business_date"] <= closed} == {f"{day}"}
    assert wrong(other, warehouse) == []
