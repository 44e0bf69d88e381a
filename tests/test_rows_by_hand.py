"""What iiko sends and what is loaded of it, both written by hand: one row of every table that is read."""

from __future__ import annotations

import datetime
import json
import typing as t
from decimal import Decimal

import pytest

from support.balances_by_hand import BALANCES
from support.catalogs import catalog_of
from support.documents_by_hand import DOCUMENTS
from support.lists_by_hand import DAY, LISTS, ROLE, SIZE
from support.other_ledger import DEPARTMENT, DISH, ORDER_1, STORE, config, line
from support.other_postings import posting
from support.raw_iiko import TYPE, RawIiko, answer
from support.schemas import columns_of, extra_tables, read, tables
from support.staff_by_hand import STAFF
from support.taps import run_tap

ASKED = {**LISTS, **DOCUMENTS, **BALANCES, **STAFF}
SALE = line(
    1,
    ORDER_1,
    datetime.date.fromisoformat(DAY),
    DISH,
    "2",
    "240.25",
    **{
        "DiscountSum": "-48.05",
        "DishDiscountSumInt": "432.45",
        "DishCode": "00417",
        "DishType": "DISH",
        "DishMeasureUnit": "порц",
        "VAT.Percent": "0.2",
        "WaiterName": "Иванова А.",
        "WaiterName.ID": ROLE,
        "Cashier": "Петров П.",
        "Cashier.Id": STORE,
        "OrderWaiter.Name": "Сидоров С.",
        "PrechequeTime": f"{DAY}T13:55:01",
        "RestaurantSection.Id": SIZE,
        "SessionNum": 181,
        "TableNum": 12,
        "OrderType": "Обычный заказ",
        "OrderComment": " без сахара ",
        "Banquet": "FALSE",
        "Delivery.IsDelivery": "ORDER_WITHOUT_DELIVERY",
        "PayTypes.IsPrintCheque": "FISCAL",
        "Department.Code": "3",
        "JurName": " ООО «Лес» ",
        "Department.Category2": "Центр",
        "Conception.Code": "07",
        "CouponInfos": "Весна 12, Весна 13",
        "PublicExternalData": "plugin 1",
        "Delivery.BillTime": f"{DAY}T13:20:00",
        "Delivery.PredictedCookingCompleteTime": f"{DAY}T13:25:00.5",
        "Delivery.CancelComment": "передумали",
        "Delivery.DeliveryComment": "домофон 5",
        "Delivery.CustomerMarketingSource": "Листовка",
        "Delivery.AvgMark": 92.5,
        "DishForeignName": "Cappuccino",
        "DishFullName": "Капучино 300 мл",
        "DishTags.NamesCombo": "Острое, Постное",
        "DishTags.IdsCombo": f"{ROLE}, {SIZE}",
        "Cooking.PublicExternalData": "rack 4",
        "VAT.SplitVat": "TRUE",
        "fullSum": "400.416667",
        "discountWithoutVAT": "-40.04",
        "sumAfterDiscountWithoutVAT": "360.375",
        "DishReturnSum.withoutVAT": "0",
        "LocalTax1.Sum": "12.5",
        "IncentiveSumBase.Sum": "4.8",
        "Discounts": [
            {
                "ItemSaleEventDiscountType": "Карта гостя 10%",
                "ItemSaleEventDiscountType.ComboId": "c0",
                "ItemSaleEventDiscountType.ComboName": " Завтрак ",
                "ItemSaleEventDiscountType.ComboGroupId": "c1",
                "ItemSaleEventDiscountType.ComboGroupName": "Напиток",
                "ItemSaleEventDiscountType.ComboSizeId": "",
                "ItemSaleEventDiscountType.DiscountAmount": 2,
            }
        ],
    },
)
SOLD_OUT = {"Id": ROLE, "Name": " Расход продуктов ", "Code": "5.01", "Type": "EXPENSES", "Group": "INCOME_EXPENSES"}
SHELF = {"Id": STORE, "Name": "Склад", "Code": "1.01", "Type": "INVENTORY_ASSETS", "Group": "ASSETS"}
POSTED = posting(
    DAY,
    "WRITEOFF",
    SOLD_OUT,
    SHELF | {"StoreOrAccount": "STORE"},
    "120.5",
    "0.35",
    **{
        "Counteragent.Id": "",
        "Document": "17",
        "Department": "Бистро на Лесной",
        "Department.Code": "3",
        "Department.JurPerson": "ООО «Лес»",
        "CashFlowCategory": " ",
        "Product.Id": DISH,
        "Product.Num": "00417",
        "Product.Name": " Капучино 300 ",
        "Product.MeasureUnit": "порц",
    },
)
OF_THE_POSTING = {
    "business_date": DAY,
    "transaction_type": "WRITEOFF",
    "transaction_side": "CREDIT",
    "account_id": STORE,
    "account_name": "Склад",
    "contr_account_name": "Расход продуктов",
    "contr_account_type": "EXPENSES",
    "department_code": "3",
    "document": "17",
    "sum_incoming": 0,
    "sum_outgoing": Decimal("120.5"),
}
OF_THE_LEDGER = {
    "business_date": DAY,
    "department_id": DEPARTMENT,
    "order_deleted": "NOT_DELETED",
    "storned": False,
    "dish_sum": Decimal("480.5"),
    "discount_sum": Decimal("-48.05"),
    "increase_sum": 0,
    "dish_discount_sum": Decimal("432.45"),
    "vat_sum": Decimal("80.083333333"),
    "dish_return_sum": 0,
}
OF_THE_DISH = {
    "dish_id": DISH,
    "dish_code": "00417",
    "dish_name": "Капучино 300",
    "dish_foreign_name": "Cappuccino",
    "dish_type": "DISH",
    "dish_measure_unit": "порц",
    "deleted_with_writeoff": "NOT_DELETED",
}
SOLD = {
    "dish_amount": 2,
    "dish_discount_sum_without_vat": 0,
    "product_cost": Decimal("12.345678901"),
}
WITHOUT_VAT = {
    "full_sum": Decimal("400.416667"),
    "discount_without_vat": Decimal("-40.04"),
    "sum_after_discount_without_vat": Decimal("360.375"),
    "dish_return_sum_without_vat": 0,
    "local_tax1_sum": Decimal("12.5"),
}
REPORTS: dict[str, dict[str, t.Any]] = {
    "receipts": {
        **OF_THE_LEDGER,
        **SOLD,
        "department_code": "3",
        "jur_name": "ООО «Лес»",
        "department_category2": "Центр",
        "conception_code": "07",
        "coupon_infos": "Весна 12, Весна 13",
        "public_external_data": "plugin 1",
        "delivery_bill_time": f"{DAY}T13:20:00.000000",
        "delivery_predicted_cooking_complete_time": f"{DAY}T13:25:00.500000",
        "delivery_cancel_comment": "передумали",
        "delivery_delivery_comment": "домофон 5",
        "delivery_customer_marketing_source": "Листовка",
        "delivery_avg_mark": Decimal("92.5"),
        "id": ORDER_1,
        "department": "Бистро на Лесной",
        "order_num": 1045,
        "fiscal_cheque_number": "101, 102",
        "open_time": f"{DAY}T13:12:44.120000",
        "precheque_time": f"{DAY}T13:55:01.000000",
        "close_time": f"{DAY}T14:00:00.000000",
        "cashier": "Петров П.",
        "cashier_id": STORE,
        "order_waiter_name": "Сидоров С.",
        "restaurant_section_id": SIZE,
        "session_num": 181,
        "table_num": 12,
        "order_type": "Обычный заказ",
        "order_comment": "без сахара",
        "banquet": False,
        "delivery_is_delivery": "ORDER_WITHOUT_DELIVERY",
        "order_items": 0,
        "guest_num": 2,
        "receipts_count": 1,
        "orders_count": 1,
    },
    "receipt_items": {
        **OF_THE_LEDGER,
        **OF_THE_DISH,
        **SOLD,
        **WITHOUT_VAT,
        "dish_full_name": "Капучино 300 мл",
        "dish_tags_names_combo": "Острое, Постное",
        "dish_tags_ids_combo": f"{ROLE}, {SIZE}",
        "cooking_public_external_data": "rack 4",
        "vat_split_vat": True,
        "incentive_sum_base_sum": Decimal("4.8"),
        "id": "e81c6d3e-0d55-4bfb-9f10-000000000001",
        "receipt_id": ORDER_1,
        "waiter_id": ROLE,
        "waiter_name": "Иванова А.",
        "store_id": STORE,
        "vat_percent": Decimal("0.2"),
        "payable_amount": 0,
        "product_cost_base_one_item": 0,
    },
    "receipt_payments": {
        **OF_THE_LEDGER,
        "receipt_id": ORDER_1,
        "payment_transaction_id": "pt-1",
        "pay_type_id": "9a7b0000-0000-4000-8000-000000000001",
        "pay_type": "Наличные",
        "pay_types_group": "CASH",
        "pay_types_is_print_cheque": "FISCAL",
        "operation_type": "PAYMENT",
    },
    "receipt_item_discounts": {
        "receipt_id": ORDER_1,
        "receipt_item_id": "e81c6d3e-0d55-4bfb-9f10-000000000001",
        "business_date": DAY,
        "department_id": DEPARTMENT,
        "dish_id": DISH,
        "waiter_id": ROLE,
        "discount_type": "Карта гостя 10%",
        "combo_id": "c0",
        "combo_name": "Завтрак",
        "combo_group_id": "c1",
        "combo_group_name": "Напиток",
        "combo_size_name": "",
        "order_deleted": "NOT_DELETED",
        "deleted_with_writeoff": "NOT_DELETED",
        "storned": False,
        "discount_amount": 2,
        "discount_sum": Decimal("-48.05"),
        "increase_sum": 0,
    },
    "sales": {
        **OF_THE_LEDGER,
        **OF_THE_DISH,
        **SOLD,
        **WITHOUT_VAT,
        "department": "Бистро на Лесной",
        "receipts_count": 1,
        "orders_count": 1,
    },
}

LEDGER: dict[str, dict[str, t.Any]] = {
    "transactions": {
        **OF_THE_POSTING,
        "account_code": "1.01",
        "account_type": "INVENTORY_ASSETS",
        "account_group": "ASSETS",
        "contr_account_code": "5.01",
        "counteragent_name": "",
        "department": "Бистро на Лесной",
        "department_jur_person": "ООО «Лес»",
        "cash_flow_category_type": "",
        "cash_flow_category_hierarchy": "",
        "sum_resigned_sum": Decimal("-120.5"),
    },
    "stock_movements": {
        **OF_THE_POSTING,
        "product_id": DISH,
        "product_num": "00417",
        "product_name": "Капучино 300",
        "product_measure_unit": "порц",
        "amount_in": 0,
        "amount_out": Decimal("-0.35"),
    },
}


def load(server: RawIiko, table: str) -> dict[str, t.Any]:
    """The only row of a table."""
    settings = config(server, start_date=DAY, end_date=DAY, extra_tables=extra_tables(), personal_data="load")
    result = run_tap(settings, catalog=catalog_of(table, read(table)["x-source"].get("of", table), "sync_log"))
    assert result.code == 0
    (row,) = result.records(table)
    return row


def assert_row(table: str, row: dict[str, t.Any], expected: dict[str, t.Any]) -> None:
    """All columns of the file; what is not expected is null, but for an id of ours."""
    columns = {column.name for column in columns_of(table)}
    assert expected.keys() <= columns
    found = {name: value for name, value in row.items() if name in columns and value is not None}
    assert found == {**({"id": row["id"]} if "id" not in expected else {}), **expected}


def serve(server: RawIiko, path: str, sent: t.Any) -> None:
    """An answer, whatever is asked."""
    server.raw[f"/{path}"] = answer((sent if isinstance(sent, str) else json.dumps(sent)).encode())


@pytest.mark.parametrize("table", ASKED)
def test_a_row_of_a_list(server: RawIiko, table: str) -> None:
    sent, expected = ASKED[table]
    source = read(table)["x-source"]
    if "of" in source and "get" in source:  # asked for row by row: the parent is there, too
        parent, row = LISTS[source["of"]]
        serve(server, read(source["of"])["x-source"]["get"], parent)
        serve(server, source["get"].replace("{id}", row["id"]), sent)
    else:
        serve(server, (read(source["of"])["x-source"] if "of" in source else source)["get"], sent)
    server.raw[TYPE] = answer(b"CHAIN")
    assert_row(table, load(server, table), expected)


@pytest.mark.parametrize("table", REPORTS)
def test_a_row_of_a_report(server: RawIiko, table: str) -> None:
    server.lines[:] = [SALE]
    assert_row(table, load(server, table), REPORTS[table])


@pytest.mark.parametrize("table", LEDGER)
def test_a_row_of_the_ledger(server: RawIiko, table: str) -> None:
    """Of both sides of the posting that of the store."""
    server.transactions[:] = [row for row in POSTED if row["TransactionSide"] == "CREDIT"]
    assert_row(table, load(server, table), LEDGER[table])


def test_every_table_that_is_read_has_its_row() -> None:
    read_ones = {table for table in tables() if "x-source" in read(table)}
    assert read_ones == {*ASKED, *REPORTS, *LEDGER, "servers"}
