"""How an OLAP aggregate comes out of the sums of a group (API reference 4.7)."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

Values = t.Callable[..., t.Any]


def _same(value: t.Any) -> t.Any:
    return value


def _ratio(above: float | None, below: float | None) -> float:
    return above / below if above and below else 0


def _difference(above: float | None, below: float | None) -> float:
    return (above or 0) - (below or 0)


def _markup(revenue: float | None, cost: float | None) -> float:
    return (revenue or 0) / cost - 1 if cost else 0


@dataclass(frozen=True, slots=True)
class Aggregate:
    """The sums that an aggregate needs and what it makes of them."""

    inputs: tuple[str, ...]
    of: Values = _same


def _plain(name: str) -> Aggregate:
    return Aggregate((name,))


def _quotient(above: str, below: str) -> Aggregate:
    return Aggregate((above, below), _ratio)


AGGREGATES: t.Final = {
    "DishAmountInt": _plain("amount"),
    "PayableAmountInt": _plain("paid_amount"),
    "DishAmountInt.PerOrder": _quotient("amount", "orders"),
    "DishSumInt": _plain("sum"),
    "fullSum": _plain("sum"),
    "DishSumInt.averagePriceWithVAT": _quotient("sum", "amount"),
    "DiscountSum": _plain("discount"),
    "discountWithoutVAT": _plain("discount"),
    "DiscountPercent": _quotient("discount", "sum"),
    "ItemSaleEventDiscountType.DiscountAmount": _plain("discounted_amount"),
    "IncreaseSum": _plain("increase"),
    "IncreasePercent": _quotient("increase", "sum"),
    "DishDiscountSumInt": _plain("revenue"),
    "sumAfterDiscountWithoutVAT": _plain("revenue"),
    "Currencies.SumInCurrency": _plain("revenue"),
    "DishDiscountSumInt.withoutVAT": _plain("net"),
    "DishDiscountSumInt.average": _quotient("revenue", "receipts"),
    "DishDiscountSumInt.averageWithoutVAT": _quotient("net", "receipts"),
    "DishDiscountSumInt.averageByGuest": _quotient("revenue", "guests"),
    "DishDiscountSumInt.averagePrice": _quotient("net", "amount"),
    "DishDiscountSumInt.averagePriceWithVAT": _quotient("revenue", "amount"),
    "DishReturnSum": _plain("refund"),
    "DishReturnSum.withoutVAT": _plain("net_refund"),
    "VAT.Sum": _plain("vat"),
    "VAT.Percent": _quotient("vat", "net"),
    "ProductCostBase.ProductCost": _plain("cost"),
    "ProductCostBase.OneItem": _quotient("cost", "amount"),
    "ProductCostBase.Profit": Aggregate(("revenue", "cost"), _difference),
    "ProductCostBase.MarkUp": Aggregate(("revenue", "cost"), _markup),
    "ProductCostBase.Percent": _quotient("cost", "revenue"),
    "ProductCostBase.PercentWithoutVAT": _quotient("cost", "net"),
    "OrderItems": _plain("items"),
    "OrderNum": _plain("num"),
    "UniqOrderId": _plain("receipts"),
    "UniqOrderId.OrdersCount": _plain("orders"),
    "GuestNum": _plain("guests"),
    "GuestNum.Avg": _quotient("guests", "receipts"),
    "OrderTime.OrderLengthSum": _plain("length"),
    "OrderTime.AverageOrderTime": _quotient("length", "receipts"),
    "OrderTime.AveragePrechequeTime": _quotient("prebill_length", "prebills"),
    "Delivery.WayDurationSum": _plain("way"),
    "Delivery.WayDurationAvg": _quotient("way", "ways"),
    "Delivery.DelayAvg": _quotient("delay", "deliveries"),
    "DishServicePrintTime.Max": _plain("printed"),
}
SHARES: t.Final = frozenset({"PercentOfSummary.ByCol", "PercentOfSummary.ByRow"})
"""Parts of the whole report's revenue, known only when all rows are."""
