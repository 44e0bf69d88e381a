"""The fields of orders, lines, payments and discounts as the ledger has them, by iiko's names (API reference 4.7)."""

from __future__ import annotations

import typing as t
from decimal import Decimal

from simulator.world.units import minutes_between

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.world.model import Delivery, Discount, Line, Order, Payment

UNPAID: t.Final = "(без оплаты)"


def _percent(part: int, whole: int) -> Decimal:
    return (Decimal(part) / Decimal(whole)).quantize(Decimal("0.0001")) if whole else Decimal(0)


def _named(thing: t.Any, attribute: str) -> t.Any:
    return None if thing is None else getattr(thing, attribute)


def _joined(texts: list[str]) -> str | None:
    return ", ".join(texts) or None


def _time(name: str) -> Callable[[Order], str | None]:
    return lambda order: order.delivery.times[name] if order.delivery else None


def _of_delivery(name: str) -> Callable[[Order], t.Any]:
    return lambda order: _named(order.delivery, name)


def _courier_mark(delivery: Delivery | None) -> int | None:
    return 100 - min(delivery.way, 50) if delivery and delivery.way is not None else None


ORDER_FIELDS: t.Final[dict[str, Callable[[Order], t.Any]]] = {
    "OpenDate.Typed": lambda order: order.day,
    "Department.Id": lambda order: order.department.id,
    "UniqOrderId.Id": lambda order: order.id,
    "Department": lambda order: order.department.name,
    "Department.Code": lambda order: order.department.code,
    "JurName": lambda order: order.department.company.name,
    "Department.Category1": lambda order: order.department.category,
    **{f"Department.Category{number}": lambda _: None for number in range(2, 6)},
    "OrderNum": lambda order: order.num,
    "ExternalNumber": lambda order: order.external,
    "SessionID": lambda order: _named(order.session, "id"),
    "SessionNum": lambda order: _named(order.session, "num"),
    "CashRegisterName": lambda order: _named(_named(order.session, "register"), "name"),
    "CashRegisterName.Number": lambda order: _named(_named(order.session, "register"), "number"),
    "CashRegisterName.CashRegisterSerialNumber": lambda order: _named(_named(order.session, "register"), "serial"),
    "CashLocation": lambda order: _named(_named(order.session, "register"), "location"),
    "FiscalChequeNumber": lambda order: order.fiscal,
    "OpenTime": lambda order: order.opened,
    "PrechequeTime": lambda order: order.prebill,
    "CloseTime": lambda order: order.closed,
    "OrderTime.OrderLength": lambda order: minutes_between(order.opened, order.closed) if order.closed else None,
    "OrderTime.PrechequeLength": lambda order: (
        minutes_between(order.prebill, order.closed) if order.prebill and order.closed else None
    ),
    "RestaurantSection.Id": lambda order: _named(order.section, "id"),
    "RestaurantSection": lambda order: _named(order.section, "name"),
    "RestorauntGroup.Id": lambda order: _named(_named(order.section, "group"), "id"),
    "RestorauntGroup": lambda order: _named(_named(order.section, "group"), "name"),
    "TableNum": lambda order: order.table,
    "OrderType.Id": lambda order: _named(order.type, "id"),
    "OrderType": lambda order: _named(order.type, "name"),
    "OrderServiceType": lambda order: _named(order.type, "service") or "COMMON",
    "Banquet": lambda order: order.banquet,
    "OriginName": lambda order: order.origin,
    "OrderWaiter.Id": lambda order: _named(order.waiter, "id"),
    "OrderWaiter.Name": lambda order: _named(order.waiter, "name"),
    "Cashier.Id": lambda order: _named(order.cashier, "id"),
    "Cashier": lambda order: _named(order.cashier, "name"),
    "Cashier.Code": lambda order: _named(order.cashier, "code"),
    "AuthUser.Id": lambda order: _named(order.authorised, "id"),
    "AuthUser": lambda order: _named(order.authorised, "name"),
    "PayTypes.Combo": lambda order: order.pay_combo() or UNPAID,
    "PaymentTransaction.Ids": lambda order: _joined([p.transaction for p in order.payments if p.transaction]),
    "OrderDiscount.Type": lambda order: _joined([each.name for each in order.discount_types()]),
    "OrderDiscount.Type.IDs": lambda order: _joined([each.id for each in order.discount_types()]),
    "OrderIncrease.Type": lambda order: _joined([each.name for each in order.surcharge_types()]),
    "OrderIncrease.Type.IDs": lambda order: _joined([each.id for each in order.surcharge_types()]),
    "OrderDiscount.GuestCard": lambda order: order.guest_card,
    "Conception": lambda order: order.department.conception.name,
    "Conception.Code": lambda order: order.department.conception.code,
    "CouponInfos": lambda _: None,
    "PublicExternalData": lambda order: order.external and f"plugin {order.external}",
    "OrderComment": lambda order: order.comment,
    "OrderDeleted": lambda order: "DELETED" if order.deleted else "NOT_DELETED",
    "Storned": lambda order: "TRUE" if order.storned else "FALSE",
    "SourceOrderId": lambda order: _named(order.source, "id"),
    "SourceOrderNum": lambda order: _named(order.source, "num"),
    "Delivery.IsDelivery": lambda order: "DELIVERY_ORDER" if order.delivery else "ORDER_WITHOUT_DELIVERY",
    "Delivery.Id": _of_delivery("id"),
    "Delivery.Number": _of_delivery("number"),
    "Delivery.ServiceType": lambda order: order.delivery and ("PICKUP" if order.delivery.pickup else "COURIER"),
    "Delivery.IsAsap": lambda order: order.delivery and ("TRUE" if order.delivery.asap else "FALSE"),
    "Delivery.Courier.Id": lambda order: _named(_named(order.delivery, "courier"), "id"),
    "Delivery.Courier": lambda order: _named(_named(order.delivery, "courier"), "name"),
    "Delivery.DeliveryOperator.Id": lambda order: _named(_named(order.delivery, "operator"), "id"),
    "Delivery.DeliveryOperator": lambda order: _named(_named(order.delivery, "operator"), "name"),
    "Delivery.Zone": _of_delivery("zone"),
    "Delivery.Region": _of_delivery("zone"),
    "Delivery.SourceKey": _of_delivery("source"),
    "Delivery.ExpectedTime": _time("expected"),
    "Delivery.PredictedDeliveryTime": _time("predicted"),
    "Delivery.ConfirmTime": _time("confirm"),
    "Delivery.PrintTime": _time("print"),
    "Delivery.CookingFinishTime": _time("cooked"),
    "Delivery.PackedTime": _time("packed"),
    "Delivery.SendTime": _time("sent"),
    "Delivery.ActualTime": _time("actual"),
    "Delivery.CloseTime": _time("closed"),
    "Delivery.BillTime": _time("bill"),
    "Delivery.PredictedCookingCompleteTime": _time("predicted_cooked"),
    "Delivery.DeliveryComment": _of_delivery("comment"),
    "Delivery.CancelComment": lambda order: "Передумали" if order.delivery and order.deleted else None,
    "Delivery.CustomerMarketingSource": lambda order: order.delivery and "Листовка",
    "Delivery.AvgMark": lambda order: order.delivery and 100 - min(order.delivery.delay, 50),
    "Delivery.AvgCourierMark": lambda order: _courier_mark(order.delivery),
    "Delivery.AvgFoodMark": lambda order: order.delivery and 95,
    "Delivery.AvgOperatorMark": lambda _: None,
    "Delivery.Delay": _of_delivery("delay"),
    "Delivery.WayDuration": _of_delivery("way"),
}

LINE_FIELDS: t.Final[dict[str, Callable[[Order, Line], t.Any]]] = {
    "ItemSaleEvent.Id": lambda order, line: line.id if order.id else None,
    "DishId": lambda _, line: line.product.id,
    "DishCode": lambda _, line: line.product.num,
    "DishCode.Quick": lambda _, line: line.product.code or None,
    "DishName": lambda _, line: line.product.reported_name,
    "DishFullName": lambda _, line: line.product.full_name,
    "DishForeignName": lambda _, line: line.product.foreign_name,
    "DishTags.NamesCombo": lambda _, line: _joined([tag.name for tag in line.product.tags]),
    "DishTags.IdsCombo": lambda _, line: _joined([tag.id for tag in line.product.tags]),
    "DishType": lambda _, line: line.product.type,
    "DishMeasureUnit": lambda _, line: line.product.unit.name,
    "DishSize.Id": lambda _, line: _named(line.size, "id"),
    "DishSize.Name": lambda _, line: _named(line.size, "name"),
    "DishGroup.Id": lambda _, line: _named(line.product.group, "id"),
    "DishGroup": lambda _, line: _named(line.product.group, "name"),
    "DishCategory.Id": lambda _, line: _named(line.product.category, "id"),
    "DishCategory": lambda _, line: _named(line.product.category, "name"),
    "DishCategory.Accounting.Id": lambda _, line: line.product.accounting.id,
    "DishCategory.Accounting": lambda _, line: line.product.accounting.name,
    "DishTaxCategory.Id": lambda _, line: _named(line.product.tax_category, "id"),
    "DishTaxCategory.Name": lambda _, line: _named(line.product.tax_category, "name"),
    "SoldWithItem.Id": lambda _, line: _named(line.parent, "id"),
    "SoldWithDish.Id": lambda _, line: _named(_named(line.parent, "product"), "id"),
    "SoldWithDish": lambda _, line: _named(_named(line.parent, "product"), "reported_name"),
    "WaiterName.ID": lambda _, line: _named(line.waiter, "id"),
    "WaiterName": lambda _, line: _named(line.waiter, "name"),
    "Store.Id": lambda _, line: line.store.id,
    "Store.Name": lambda _, line: line.store.name,
    "CookingPlace.Id": lambda _, line: _named(line.product.place, "id"),
    "CookingPlace": lambda _, line: _named(line.product.place, "name"),
    "Cooking.ServeNumber": lambda _, line: line.course,
    "Cooking.PublicExternalData": lambda _, line: line.course and f"rack {line.course}",
    "DishServicePrintTime": lambda _, line: line.printed,
    "Comment": lambda _, line: line.comment,
    "DeletedWithWriteoff": lambda _, line: line.deleted,
    "RemovalType": lambda _, line: line.removal,
    "DeletionComment": lambda _, line: line.removal_comment,
    "DiscountPercent": lambda _, line: _percent(line.discount, line.sum),
    "IncreasePercent": lambda _, line: _percent(line.increase, line.sum),
    "VAT.Percent": lambda _, line: Decimal(line.vat_percent) / 100,
    "VAT.SplitVat": lambda *_: "FALSE",
}

PAYMENT_FIELDS: t.Final[dict[str, Callable[[Payment], t.Any]]] = {
    "PayTypes.GUID": lambda pay: _named(pay.type, "id"),
    "PaymentTransaction.Id": lambda pay: pay.transaction,
    "PayTypes": lambda pay: _named(pay.type, "name") or UNPAID,
    "PayTypes.Group": lambda pay: _named(pay.type, "group"),
    "PayTypes.IsPrintCheque": lambda pay: _named(pay.type, "cheque") or "NO_PAYMENT",
    "OperationType": lambda pay: pay.operation,
    "CardType": lambda pay: pay.card,
    "CreditUser": lambda pay: pay.credit,
    "CreditUser.Company": lambda pay: pay.company,
    "WriteoffUser": lambda pay: pay.writeoff_user,
    "WriteoffReason": lambda pay: pay.writeoff_reason,
}

DISCOUNT: t.Final = "ItemSaleEventDiscountType"
DISCOUNT_FIELDS: t.Final[dict[str, Callable[[Discount | None], t.Any]]] = {
    DISCOUNT: lambda each: _named(each, "name"),
    f"{DISCOUNT}.ComboId": lambda each: _named(_named(each, "combo"), "id"),
    f"{DISCOUNT}.ComboName": lambda each: _named(_named(each, "combo"), "name"),
    f"{DISCOUNT}.ComboGroupId": lambda each: _named(_named(_named(each, "combo"), "step"), "id"),
    f"{DISCOUNT}.ComboGroupName": lambda each: _named(_named(_named(each, "combo"), "step"), "name"),
    f"{DISCOUNT}.ComboSizeId": lambda each: _named(_named(_named(each, "combo"), "size"), "id"),
    f"{DISCOUNT}.ComboSizeName": lambda each: _named(_named(_named(each, "combo"), "size"), "name"),
}
LINE_OF_DISCOUNT: t.Final = (
    "ItemSaleEvent.Id",
    "DishId",
    "DishSize.Id",
    "SoldWithDish.Id",
    "WaiterName.ID",
    "DishServicePrintTime",
    "DeletedWithWriteoff",
)
"""What a row of a discount tells of its line."""

LINE_SUMS: t.Final[dict[str, Callable[[Line], int | None]]] = {
    "DishAmountInt": lambda line: line.amount,
    "PayableAmountInt": lambda line: line.paid_amount,
    "DishSumInt": lambda line: line.sum,
    "DiscountSum": lambda line: line.discount,
    "IncreaseSum": lambda line: line.increase,
    "DishDiscountSumInt": lambda line: line.revenue,
    "DishDiscountSumInt.withoutVAT": lambda line: line.revenue - line.vat,
    "VAT.Sum": lambda line: line.vat,
    "DishReturnSum": lambda line: line.refund,
    "ProductCostBase.ProductCost": lambda line: line.cost,
    "OrderItems": lambda _: 1,
}

TAX_SUMS: t.Final[dict[str, Callable[[Line], int | None]]] = {
    "fullSum": lambda line: line.sum,
    "discountWithoutVAT": lambda line: line.discount,
    "sumAfterDiscountWithoutVAT": lambda line: line.revenue,
    "DishReturnSum.withoutVAT": lambda line: line.refund - (abs(line.vat) if line.refund else 0),
    **{f"LocalTax{number}.Sum": lambda _: 0 for number in range(1, 6)},
}
"""Nothing is added on top of a price here, and there is no local tax."""
