"""An analyst who has reports of his own, night after night, and holds them against the books."""

from __future__ import annotations

import typing as t

from support.catalogs import catalog_with
from support.own_books import Report, Told, differences
from support.taps import ZONE, Result, config_for, run_tap
from support.warehouse import Warehouse

if t.TYPE_CHECKING:
    from simulator import Simulator
    from support.taps import Record

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


def is_shared(body: Record) -> bool:
    """Whether it is about the totals of all sales, or of all postings."""
    return bool({"Storned", "Account.StoreOrAccount"}.intersection(body["groupByRowFields"]))


class Analyst:
    """Who has these reports, night after night."""

    def __init__(self, sim: Simulator, reports: t.Iterable[Told]) -> None:
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
