"""What each OLAP field means in the tables of the SQL engine (API reference 4.7, 4.8).

A key's level says which rows it tells apart: ``order`` the orders, ``line`` the lines, ``payment`` the payments of an
order, ``discount`` the discounts of a line. The last two split a line's sums pro rata.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from simulator.world.units import MONEY, NANO, WHOLE

Level = t.Literal["order", "line", "payment", "discount", "none"]


@dataclass(frozen=True, slots=True)
class Key:
    """A groupable field as SQL; numbers are divided by ``scale`` when they are shown."""

    sql: str
    level: Level
    scale: int = WHOLE


@dataclass(frozen=True, slots=True)
class Measure:
    """A sum as SQL: of one order within a group, then over the orders of the group."""

    inner: str
    outer: str = "SUM"
    scale: int = WHOLE
    of_order: bool = False
    """A fact of the whole order, counted once in each group (4.8)."""


NOTHING: t.Final = Key("NULL", "none")


def _quarter_hour(column: str) -> str:
    minute = f"CAST(substr({column}, 15, 2) AS INTEGER) / 15 * 15"
    hour = f"substr({column}, 12, 2)"
    return f"{hour} || ':' || printf('%02d', {minute}) || ' - ' || {hour} || ':' || printf('%02d', {minute} + 14)"


ORDER: t.Final = {
    "OpenDate.Typed": "o.day",
    "OpenDate": "day.dotted",
    "UniqOrderId.Id": "o.id",
    "OrderNum": "o.num",
    "Department.Id": "dep.id",
    "Department": "dep.name",
    "Department.Code": "dep.code",
    "JurName": "dep.company",
    "Department.Category1": "dep.category",
    "Conception": "dep.conception",
    "Conception.Code": "dep.conception_code",
    "SessionID": "o.session_id",
    "SessionNum": "o.session_num",
    "CashRegisterName": "reg.name",
    "CashRegisterName.Number": "reg.number",
    "CashRegisterName.CashRegisterSerialNumber": "reg.serial",
    "CashLocation": "reg.location",
    "FiscalChequeNumber": "o.fiscal",
    "OpenTime": "o.opened",
    "PrechequeTime": "o.prebill",
    "CloseTime": "o.closed",
    "OpenTime.Minutes15": _quarter_hour("o.opened"),
    "CloseTime.Minutes15": _quarter_hour("o.closed"),
    "HourOpen": "substr(o.opened, 12, 2)",
    "HourClose": "substr(o.closed, 12, 2)",
    "OrderTime.OrderLength": "o.length",
    "OrderTime.PrechequeLength": "o.prebill_length",
    "OrderType": "kind.name",
    "OrderType.Id": "kind.id",
    "OrderServiceType": "coalesce(kind.service, 'COMMON')",
    "TableNum": "o.table_num",
    "TableNumInt": "CASE WHEN typeof(o.table_num) = 'integer' THEN o.table_num END",
    "RestaurantSection": "sec.name",
    "RestaurantSection.Id": "sec.id",
    "RestorauntGroup": "sec.group_name",
    "RestorauntGroup.Id": "sec.group_id",
    "OrderWaiter.Id": "waiter.id",
    "OrderWaiter.Name": "waiter.name",
    "Cashier": "cashier.name",
    "Cashier.Id": "cashier.id",
    "Cashier.Code": "cashier.code",
    "AuthUser": "auth.name",
    "AuthUser.Id": "auth.id",
    "OrderDeleted": "o.deleted",
    "Storned": "o.storned",
    "SourceOrderId": "o.source_id",
    "SourceOrderNum": "o.source_num",
    "OriginName": "o.origin",
    "ExternalNumber": "o.external",
    "OrderComment": "o.comment",
    "Banquet": "o.banquet",
    "GuestNum": "o.guests",
    "PayTypes.Combo": "coalesce(o.pay_combo, :unpaid)",
    "PaymentTransaction.Ids": "o.transactions",
    "OrderDiscount.GuestCard": "o.guest_card",
    "OrderDiscount.Type": "o.discount_names",
    "OrderDiscount.Type.IDs": "o.discount_ids",
    "OrderIncrease.Type": "o.surcharge_names",
    "OrderIncrease.Type.IDs": "o.surcharge_ids",
    "PublicExternalData": "'plugin ' || o.external",
    "Mounth": "day.month",
    "QuarterOpen": "day.quarter",
    "WeekInMonthOpen": "day.week_in_month",
    "WeekInYearOpen": "day.week_in_year",
    "DayOfWeekOpen": "day.weekday",
    "YearOpen": "day.year",
    "VAT.SplitVat": "'FALSE'",
    "Delivery.IsDelivery": "CASE WHEN del.id IS NULL THEN 'ORDER_WITHOUT_DELIVERY' ELSE 'DELIVERY_ORDER' END",
    "Delivery.Id": "del.id",
    "Delivery.Number": "del.number",
    "Delivery.ServiceType": "del.service",
    "Delivery.IsAsap": "del.asap",
    "Delivery.CustomerName": "del.customer",
    "Delivery.Phone": "del.phone",
    "Delivery.CustomerPhone": "del.phone",
    "Delivery.City": "CASE WHEN del.street IS NULL THEN NULL ELSE 'Приморск' END",
    "Delivery.Street": "del.street",
    "Delivery.Line1": "del.street || ', ' || del.house",
    "Delivery.Line2": "'кв. ' || del.flat",
    "Delivery.Address": "'Приморск, ' || del.street || ', ' || del.house || ', кв. ' || del.flat",
    "Delivery.Zone": "del.zone",
    "Delivery.Region": "del.zone",
    "Delivery.Courier": "del.courier",
    "Delivery.Courier.Id": "del.courier_id",
    "Delivery.DeliveryOperator": "del.operator",
    "Delivery.DeliveryOperator.Id": "del.operator_id",
    "Delivery.SourceKey": "del.source",
    "Delivery.DeliveryComment": "del.comment",
    "Delivery.CancelComment": "CASE WHEN del.id IS NULL OR o.deleted <> 'DELETED' THEN NULL ELSE 'Передумали' END",
    "Delivery.CustomerMarketingSource": "CASE WHEN del.id IS NULL THEN NULL ELSE 'Листовка' END",
    "Delivery.AvgMark": "100 - min(del.delay, 50)",
    "Delivery.AvgCourierMark": "100 - min(del.way, 50)",
    "Delivery.AvgFoodMark": "CASE WHEN del.id IS NULL THEN NULL ELSE 95 END",
    "Delivery.ConfirmTime": "del.confirm",
    "Delivery.PrintTime": "del.print",
    "Delivery.BillTime": "del.bill",
    "Delivery.CookingFinishTime": "del.cooked",
    "Delivery.PackedTime": "del.packed",
    "Delivery.SendTime": "del.sent",
    "Delivery.ActualTime": "del.actual",
    "Delivery.CloseTime": "del.closed",
    "Delivery.ExpectedTime": "del.expected",
    "Delivery.PredictedDeliveryTime": "del.predicted",
    "Delivery.PredictedCookingCompleteTime": "del.predicted_cooked",
    "Delivery.Delay": "del.delay",
    "Delivery.DiffBetweenActualDeliveryTimeAndPredictedDeliveryTime": "del.delay",
    "Delivery.WayDuration": "del.way",
}
LINE: t.Final = {
    "ItemSaleEvent.Id": "l.id",
    "DishId": "p.id",
    "DishName": "p.name",
    "DishFullName": "p.full_name",
    "DishForeignName": "p.foreign_name",
    "DishTags.NamesCombo": "p.tag_names",
    "DishTags.IdsCombo": "p.tag_ids",
    "DishCode": "p.num",
    "DishCode.Quick": "p.code",
    "DishType": "p.type",
    "DishMeasureUnit": "p.unit",
    "DishGroup": "p.group_name",
    "DishGroup.Id": "p.group_id",
    "DishGroup.Num": "p.group_num",
    "DishGroup.Hierarchy": "p.hierarchy",
    "DishGroup.TopParent": "p.top",
    "DishGroup.SecondParent": "p.second",
    "DishGroup.ThirdParent": "p.third",
    "DishCategory": "p.category",
    "DishCategory.Id": "p.category_id",
    "DishCategory.Accounting": "p.accounting",
    "DishCategory.Accounting.Id": "p.accounting_id",
    "DishTaxCategory.Id": "p.tax_id",
    "DishTaxCategory.Name": "p.tax",
    "DishSize.Id": "l.size",
    "DishSize.Name": "size.name",
    "DishSize.ShortName": "size.short",
    "DishSize.Priority": "size.priority",
    "DishSize.Scale.Id": "size.scale_id",
    "DishSize.Scale.Name": "size.scale_name",
    "CookingPlace": "p.place",
    "CookingPlace.Id": "p.place_id",
    "CookingPlaceType": "p.place",
    "Cooking.ServeNumber": "l.course",
    "Cooking.PublicExternalData": "'rack ' || l.course",
    "SoldWithItem.Id": "l.parent_id",
    "SoldWithDish": "main.name",
    "SoldWithDish.Id": "main.id",
    "WaiterName": "seller.name",
    "WaiterName.ID": "seller.id",
    "Store.Id": "l.store",
    "Store.Name": "store.name",
    "DishServicePrintTime": "l.printed",
    "Comment": "l.comment",
    "DeletedWithWriteoff": "l.deleted",
    "RemovalType": "l.removal",
    "DeletionComment": "l.removal_comment",
    "DiscountPercent": "l.discount_percent",
    "IncreasePercent": "l.increase_percent",
    "VAT.Percent": "l.vat_percent",
}
PAYMENT: t.Final = {
    "PayTypes": "coalesce(paytype.name, :unpaid)",
    "PayTypes.GUID": "paytype.id",
    "PayTypes.Group": "paytype.kind",
    "PayTypes.IsPrintCheque": "coalesce(paytype.cheque, 'NO_PAYMENT')",
    "PaymentTransaction.Id": "pay.txn",
    "OperationType": "pay.operation",
    "NonCashPaymentType": "CASE WHEN paytype.kind IN ('NON_CASH', 'WRITEOFF') THEN paytype.name END",
    "NonCashPaymentType.DocumentType": "CASE WHEN paytype.kind = 'WRITEOFF' THEN 'WRITEOFF_DOCUMENT' END",
    "CardNumber": "pay.card",
    "CardType": "pay.card",
    "CardTypeName": "pay.card",
    "CreditUser": "pay.credit",
    "CreditUser.Company": "pay.company",
    "WriteoffUser": "pay.writeoff_user",
    "WriteoffReason": "pay.writeoff_reason",
    "Currencies.Currency": "CASE WHEN pay.type IS NULL THEN NULL ELSE 'RUB' END",
}
DISCOUNT: t.Final = {
    "ItemSaleEventDiscountType": "disc.name",
    "ItemSaleEventDiscountType.ComboId": "disc.combo_id",
    "ItemSaleEventDiscountType.ComboName": "disc.combo",
    "ItemSaleEventDiscountType.ComboGroupId": "disc.step_id",
    "ItemSaleEventDiscountType.ComboGroupName": "disc.step",
    "ItemSaleEventDiscountType.ComboSizeId": "disc.size_id",
    "ItemSaleEventDiscountType.ComboSizeName": "disc.size",
}
KEYS: t.Final[dict[str, Key]] = {
    **{name: Key(sql, "order") for name, sql in ORDER.items()},
    **{name: Key(sql, "line") for name, sql in LINE.items()},
    **{name: Key(sql, "payment") for name, sql in PAYMENT.items()},
    **{name: Key(sql, "discount") for name, sql in DISCOUNT.items()},
    "Currencies.CurrencyRate": Key("CASE WHEN pay.type IS NULL THEN NULL ELSE 100 END", "payment", MONEY),
    "DishAmountInt": Key("l.amount", "line", NANO),
    "PayableAmountInt": Key("l.paid_amount", "line", NANO),
    "DishReturnSum": Key("l.refund", "line", MONEY),
    "IncreaseSum": Key("l.increase", "line", MONEY),
    "VAT.Sum": Key("l.vat", "line", MONEY),
}
"""Fields that are not here have no value in this business: null."""


def keys_with(line_dependent: t.Collection[str]) -> dict[str, Key]:
    """The keys of a server where some fields of an order are blank on every other line of every fifth order (4.12)."""
    blank = "CASE WHEN l.n % 2 = 1 AND o.pk % 5 = 0 THEN NULL ELSE {0} END"
    return KEYS | {name: Key(blank.format(KEYS[name].sql), "line", KEYS[name].scale) for name in line_dependent}


_PERSON: t.Final = "LEFT JOIN persons {0} ON {0}.pk = {1}"
JOINS: t.Final = {
    "day": "JOIN days day ON day.day = o.day",
    "dep": "JOIN departments dep ON dep.pk = o.department",
    "reg": "LEFT JOIN registers reg ON reg.pk = o.register",
    "kind": "LEFT JOIN order_types kind ON kind.pk = o.type",
    "sec": "LEFT JOIN sections sec ON sec.pk = o.section",
    "waiter": _PERSON.format("waiter", "o.waiter"),
    "cashier": _PERSON.format("cashier", "o.cashier"),
    "auth": _PERSON.format("auth", "o.authorised"),
    "del": "LEFT JOIN deliveries del ON del.o = o.pk",
    "l": "CROSS JOIN lines l ON l.o = o.pk",
    "p": "JOIN products p ON p.pk = l.product",
    "main": "LEFT JOIN products main ON main.pk = l.parent_product",
    "seller": _PERSON.format("seller", "l.waiter"),
    "store": "LEFT JOIN stores store ON store.id = l.store",
    "size": "LEFT JOIN sizes size ON size.id = l.size",
    "pay": "CROSS JOIN payments pay ON pay.o = o.pk",
    "paytype": "LEFT JOIN pay_types paytype ON paytype.pk = pay.type",
    "disc": "LEFT JOIN line_discounts disc ON disc.o = l.o AND disc.n = l.n",
}
"""Tables by alias, each after those that it needs."""

MEASURES: t.Final = {
    "amount": Measure("SUM(l.amount{w})", scale=NANO),
    "paid_amount": Measure("SUM(l.paid_amount{w})", scale=NANO),
    "sum": Measure("SUM(l.sum{w})", scale=MONEY),
    "discount": Measure("SUM(l.discount{w})", scale=MONEY),
    "discounted_amount": Measure("SUM(CASE WHEN l.discount <> 0 THEN l.amount ELSE 0 END{w})", scale=NANO),
    "increase": Measure("SUM(l.increase{w})", scale=MONEY),
    "revenue": Measure("SUM(l.revenue{w})", scale=MONEY),
    "vat": Measure("SUM(l.vat{w})", scale=MONEY),
    "net": Measure("SUM((l.revenue - l.vat){w})", scale=MONEY),
    "refund": Measure("SUM(l.refund{w})", scale=MONEY),
    "net_refund": Measure("SUM((l.refund - CASE WHEN l.refund <> 0 THEN abs(l.vat) ELSE 0 END){w})", scale=MONEY),
    "cost": Measure("SUM(l.cost{w})", scale=NANO),
    "items": Measure("COUNT(DISTINCT l.n)"),
    "printed": Measure("MAX(l.printed)", "MAX"),
    "num": Measure("MAX(o.num)", "MAX"),
    "receipts": Measure("MAX(o.ordered)", of_order=True),
    "orders": Measure("MAX(o.counted)", of_order=True),
    "guests": Measure("MAX(o.guests)", of_order=True, scale=WHOLE),
    "length": Measure("MAX(o.length)", of_order=True),
    "prebill_length": Measure("MAX(o.prebill_length)", of_order=True),
    "prebills": Measure("MAX(o.prebill IS NOT NULL)", of_order=True),
    "way": Measure("MAX(del.way)", of_order=True),
    "ways": Measure("MAX(del.way IS NOT NULL)", of_order=True),
    "delay": Measure("MAX(del.delay)", of_order=True),
    "deliveries": Measure("MAX(del.id IS NOT NULL)", of_order=True),
}
BY_DISCOUNT: t.Final = {
    "discount": "SUM(coalesce(disc.discount, 0){w})",
    "discounted_amount": "SUM(CASE WHEN l.discount <> 0 THEN l.amount * disc.share ELSE 0 END{w})",
    "increase": "SUM(coalesce(disc.increase, 0){w})",
}
"""The sums that a discount of a line has for itself, and does not take its share of."""
