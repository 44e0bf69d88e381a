"""Twenty reports of a user's own at once, against the books: loaded, a quiet night, late changes, a full refresh."""

from __future__ import annotations

import datetime
import typing as t
from collections import Counter

import pytest

from simulator import Simulator
from support.catalogs import catalog_with
from support.own_books import Report, Told, differences, expected
from support.taps import ZONE, Result, config_for, run_tap
from support.warehouse import Warehouse

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from support.taps import Record

SHOWN = {"OrderDeleted": ["NOT_DELETED"], "DeletedWithWriteoff": ["NOT_DELETED"]}
NAMES = {
    "Department.Id": "department_id",
    "HourClose": "hour_close",
    "OrderServiceType": "order_service_type",
    "OrderNum": "order_num",
    "OrderDiscount.Type": "order_discount_type",
    "UniqOrderId.Id": "receipt_id",
    "DishId": "dish_id",
    "DishName": "dish_name",
    "DishCategory": "dish_category",
    "DishSize.Name": "dish_size_name",
    "DeletedWithWriteoff": "deleted_with_writeoff",
    "WaiterName.ID": "waiter_id",
    "WaiterName": "waiter_name",
    "PayTypes.GUID": "pay_type_id",
    "PayTypes.Group": "pay_types_group",
    "Delivery.Zone": "delivery_zone",
    "Delivery.ServiceType": "delivery_service_type",
    "Delivery.Courier.Id": "delivery_courier_id",
    "DishAmountInt": "dish_amount",
    "DishSumInt": "dish_sum",
    "DishDiscountSumInt": "dish_discount_sum",
    "DiscountSum": "discount_sum",
    "VAT.Sum": "vat_sum",
    "ProductCostBase.ProductCost": "product_cost",
    "GuestNum": "guest_num",
    "UniqOrderId": "receipts_count",
    "UniqOrderId.OrdersCount": "orders_count",
    "Account.Id": "account_id",
    "Account.Name": "account_name",
    "Account.Type": "account_type",
    "TransactionSide": "transaction_side",
    "TransactionType": "transaction_type",
    "Counteragent.Id": "counteragent_id",
    "Department": "department",
    "Department.Code": "department_code",
    "Product.Id": "product_id",
    "Product.MeasureUnit": "product_measure_unit",
    "Sum.Incoming": "sum_incoming",
    "Sum.Outgoing": "sum_outgoing",
    "Sum.ResignedSum": "sum_resigned_sum",
    "Amount.In": "amount_in",
    "Amount.Out": "amount_out",
}


def told(books: str, name: str, groups: str, aggregates: str, **more: t.Any) -> Told:
    """Fields in one text each, as they are read best."""
    report: Report = {"name": name, "groups": groups.split(), "aggregates": aggregates.split(), **more}
    return Told(report, books, NAMES | more.get("columns", {}))


ORDERS, LINES, PAYMENTS, LEDGER, STOCK = (
    "receipts",
    "receipt_items",
    "receipt_payments",
    "transactions",
    "stock_movements",
)
POSTED: t.Final = {"report": "TRANSACTIONS"}
DELIVERED: t.Final = {"report": "DELIVERIES"}
REPORTS = [
    # sales
    told(
        ORDERS,
        "hours",
        "Department.Id HourClose OrderServiceType",
        "DishDiscountSumInt UniqOrderId.OrdersCount",
        columns={"HourClose": "hour", "DishDiscountSumInt": "revenue"},
    ),
    told(ORDERS, "guests", "Department.Id", "GuestNum UniqOrderId", by="month"),
    told(ORDERS, "services", "OrderServiceType", "GuestNum DishDiscountSumInt", by="week"),
    told(ORDERS, "discounts", "OrderDiscount.Type", "DiscountSum UniqOrderId"),
    told(ORDERS, "without_discount", "Department.Id", "DishSumInt", filters={"OrderDiscount.Type": [None]}),
    told(ORDERS, "numbers", "Department.Id OrderNum", "DishSumInt", filters={"OrderNum": {"from": 3, "to": 9}}),
    told(ORDERS, "days", "", "DishSumInt GuestNum"),
    told(ORDERS, "months", "", "UniqOrderId GuestNum", by="month"),
    told(LINES, "revenue", "Department.Id", "DishDiscountSumInt VAT.Sum", filters=SHOWN, watch="own"),
    told(LINES, "dishes", "DishId DishName", "DishAmountInt DishSumInt", key=["DishId"]),
    told(LINES, "cost", "DishCategory", "ProductCostBase.ProductCost DishDiscountSumInt", by="month"),
    told(LINES, "sizes", "DishSize.Name", "DishAmountInt", filters={"DishSize.Name": {"except": [None]}}, by="week"),
    told(LINES, "waiters", "WaiterName.ID WaiterName", "DishDiscountSumInt UniqOrderId", watch="own"),
    told(
        PAYMENTS,
        "payments",
        "PayTypes.GUID PayTypes.Group",
        "DishDiscountSumInt",
        filters={"PayTypes.Group": {"except": ["NON_CASH"]}},
    ),
    # deliveries
    told(ORDERS, "zones", "Delivery.Zone", "DishDiscountSumInt UniqOrderId", by="month", **DELIVERED),
    told(
        ORDERS,
        "couriers",
        "Delivery.ServiceType Delivery.Courier.Id",
        "DishSumInt",
        filters={"Delivery.Zone": [None, "Центр"]},
        **DELIVERED,
    ),
    # the ledger
    told(
        LEDGER,
        "pnl",
        "Account.Type Account.Name Department",
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
        filters={"TransactionType": {"except": ["CASH", "CARD"]}},
        watch="own",
        **POSTED,
    ),
    told(LEDGER, "parties", "Account.Id Counteragent.Id", "Sum.Incoming Sum.Outgoing", by="week", **POSTED),
    told(
        STOCK,
        "stock",
        "Account.Id Product.Id Product.MeasureUnit TransactionType",
        "Amount.In Amount.Out",
        filters={"Account.Type": ["INVENTORY_ASSETS"]},
        **POSTED,
    ),
]
TABLES = [each.name for each in REPORTS]


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """Over the turn of a month, whichever day it is today."""
    with Simulator(seed=14, departments=2, days=36, receipts_per_day=5) as simulator:
        yield simulator
        assert (simulator.open_tokens, simulator.max_in_flight) == (0, 1)


class Analyst:
    """Who has these reports, night after night."""

    def __init__(self, sim: Simulator, reports: t.Sequence[Told] = REPORTS) -> None:
        self.sim = sim
        self.reports = list(reports)
        self.warehouse = Warehouse()
        self.state: t.Any = None

    def night(self, **settings: t.Any) -> Result:
        """Load once more."""
        self.sim.reset_log()
        declared = [each.report for each in self.reports]
        config = config_for(
            self.sim, **{"reports": declared, "personal_data": "load", "timezone": ZONE, "reread_days": 0, **settings}
        )
        names = [each.name for each in self.reports]
        result = run_tap(config, self.state, catalog_with(declared, *names, "sync_log"))
        self.warehouse.load(result)
        self.state = result.state
        return result

    def wrong(self) -> list[str]:
        """What is not as in the books, of all reports."""
        first = self.sim.first_day
        return [
            each
            for report in self.reports
            for each in differences(report, self.warehouse.current(report.name), self.books(report), first)
        ]

    def books(self, report: Told) -> list[Record]:
        """The rows that it is about."""
        rows = self.sim.books.rows(report.books)
        if report.report.get("report") == "DELIVERIES":
            return [row for row in rows if row["Delivery.Id"]]
        if report.books == STOCK:
            return [row | {"Account.Type": "INVENTORY_ASSETS"} for row in rows]
        return [row | {"HourClose": (row.get("CloseTime") or "")[11:13]} for row in rows]

    def asked(self) -> list[Record]:
        """The reports that iiko was asked for."""
        return [record.body for record in self.sim.log if record.body]


@pytest.fixture
def analyst(sim: Simulator) -> Analyst:
    """Has loaded everything once."""
    found = Analyst(sim)
    assert found.night().code == 0
    return found


def test_twenty_reports_are_equal_to_the_books(analyst: Analyst) -> None:
    assert len(REPORTS) == 20
    assert analyst.wrong() == []
    for report in REPORTS:
        truth = expected(report, analyst.books(report), analyst.sim.first_day)
        assert len({key[0] for key in truth}) > 1, f"{report.name}: one period shows nothing"


def test_a_quiet_night_asks_for_shared_totals_once_and_for_what_is_open(analyst: Analyst) -> None:
    quiet = analyst.night()
    assert quiet.code == 0
    kinds = Counter(body["reportType"] for body in analyst.asked())
    of_its_own = Counter(each.report["report"] for each in map(_whole, REPORTS) if each.report.get("watch") == "own")
    of_it = Counter(each.report["report"] for each in map(_whole, REPORTS))
    assert of_its_own == {"SALES": 2, "TRANSACTIONS": 1}
    shared = {"SALES": 1, "TRANSACTIONS": 1}
    assert kinds == {name: of_it[name] + of_its_own[name] + shared.get(name, 0) for name in of_it}
    assert {row["business_date"] for row in quiet.log("report_days")} == {analyst.sim.last_day.isoformat()}
    assert analyst.wrong() == []


def _whole(each: Told) -> Told:
    return told(each.books, **{"report": "SALES", **each.report, "groups": "", "aggregates": ""})
