"""A column is named after the iiko field that fills it, so that a wrong ``x-iiko`` cannot hide behind a good name."""

from __future__ import annotations

import re
import typing as t

import pytest

from support.schemas import columns_of, read, tables

if t.TYPE_CHECKING:
    from simulator import Simulator

OURS = ("../", "#", "(")  # what the tap knows beside the fields of a row
# Named otherwise, so that tables join by name or a bare name is understood.
EXCEPTIONS = {
    "departments.jur_person_additional_properties": "jurPersonAdditionalPropertiesDto",
    "stores.jur_person_additional_properties": "jurPersonAdditionalPropertiesDto",
    "product_groups.parent_id": "parent",
    "product_groups.tax_category_id": "taxCategory",
    "product_groups.category_id": "category",
    "product_groups.accounting_category_id": "accountingCategory",
    "products.parent_id": "parent",
    "products.tax_category_id": "taxCategory",
    "products.category_id": "category",
    "products.accounting_category_id": "accountingCategory",
    "products.main_unit_id": "mainUnit",
    "products.place_type_id": "placeType",
    "product_modifiers.product_id": "../id",
    "product_modifiers.modifier_id": "modifier",
    "categories.category_type": "(kind)",
    "employee_salaries.further_roles": "salarySpecification/items/item",
    "price_categories.pricing_strategy_type": "pricingStrategy/type",
    "price_categories.pricing_strategy_delta": "pricingStrategy/delta",
    "price_categories.pricing_strategy_percent": "pricingStrategy/percent",
    "product_sizes.product_scale_id": "../id",
    "terminals.group_id": "groupInfo/id",
    "terminals.group_name": "groupInfo/name",
    "terminals.restaurant_section_ids": "restaurantSectionIds/i",
    "points_of_sale.restaurant_group_id": "../id",
    "points_of_sale.cash_register_info_id": "cashRegisterInfo/id",
    "points_of_sale.cash_register_info_name": "cashRegisterInfo/name",
    "restaurant_sections.restaurant_group_id": "../id",
    "cash_shifts.business_date": "openDate",
    "cash_shift_payments.cash_shift_id": "../id",
    "cash_shift_payments.business_date": "../openDate",
    "cash_shift_payments.record_type": "(list)",
    "cash_shift_payments.info_id": "info/id",
    "cash_shift_payments.info_group": "info/group",
    "cash_shift_payments.info_payment_type_id": "info/paymentTypeId",
    "cash_shift_payments.auth_user": "info/auth/user",
    "cash_shift_payments.auth_card": "info/auth/card",
    "cash_shift_payments.cash_flow_category_id": "info/cashFlowCategory/id",
    "cash_shift_payments.cash_flow_category_code": "info/cashFlowCategory/code",
    "receipts.id": "UniqOrderId.Id",
    "receipts.business_date": "OpenDate.Typed",
    "receipts.source_receipt_id": "SourceOrderId",
    "receipts.product_cost": "ProductCostBase.ProductCost",
    "receipts.receipts_count": "UniqOrderId",
    "receipts.orders_count": "UniqOrderId.OrdersCount",
    "receipt_items.id": "ItemSaleEvent.Id",
    "receipt_items.receipt_id": "UniqOrderId.Id",
    "receipt_items.business_date": "OpenDate.Typed",
    "receipt_items.waiter_id": "WaiterName.ID",
    "receipt_items.product_cost": "ProductCostBase.ProductCost",
    "receipt_payments.receipt_id": "UniqOrderId.Id",
    "receipt_payments.business_date": "OpenDate.Typed",
    "receipt_payments.pay_type_id": "PayTypes.GUID",
    "receipt_payments.pay_type": "PayTypes",
    "receipt_item_discounts.receipt_id": "UniqOrderId.Id",
    "receipt_item_discounts.receipt_item_id": "ItemSaleEvent.Id",
    "receipt_item_discounts.business_date": "OpenDate.Typed",
    "receipt_item_discounts.waiter_id": "WaiterName.ID",
    "receipt_item_discounts.discount_type": "ItemSaleEventDiscountType",
    "receipt_item_discounts.combo_id": "ItemSaleEventDiscountType.ComboId",
    "receipt_item_discounts.combo_name": "ItemSaleEventDiscountType.ComboName",
    "receipt_item_discounts.combo_group_id": "ItemSaleEventDiscountType.ComboGroupId",
    "receipt_item_discounts.combo_group_name": "ItemSaleEventDiscountType.ComboGroupName",
    "receipt_item_discounts.combo_size_id": "ItemSaleEventDiscountType.ComboSizeId",
    "receipt_item_discounts.combo_size_name": "ItemSaleEventDiscountType.ComboSizeName",
    "receipt_item_discounts.discount_amount": "ItemSaleEventDiscountType.DiscountAmount",
    "sales.business_date": "OpenDate.Typed",
    "sales.product_cost": "ProductCostBase.ProductCost",
    "sales.receipts_count": "UniqOrderId",
    "sales.orders_count": "UniqOrderId.OrdersCount",
    "incoming_invoices.business_date": "dateIncoming",
    "incoming_invoices.supplier_id": "supplier",
    "incoming_invoices.default_store_id": "defaultStore",
    "incoming_invoices.conception_id": "conception",
    "incoming_invoices.employee_pass_to_account_id": "employeePassToAccount",
    "incoming_invoice_items.document_id": "../id",
    "incoming_invoice_items.business_date": "../dateIncoming",
    "incoming_invoice_items.num_occurrence": "#num",
    "incoming_invoice_items.supplier_product_id": "supplierProduct",
    "incoming_invoice_items.amount_unit_id": "amountUnit",
    "outgoing_invoices.business_date": "dateIncoming",
    "outgoing_invoice_items.document_id": "../id",
    "outgoing_invoice_items.business_date": "../dateIncoming",
    "outgoing_invoice_items.position": "#",
    "internal_transfers.business_date": "dateIncoming",
    "internal_transfer_items.document_id": "../id",
    "internal_transfer_items.business_date": "../dateIncoming",
    "internal_transfer_items.num_occurrence": "#num",
    "store_documents.business_date": "date",
    "store_documents.occurrence": "#",
    "store_documents.primary_store_id": "primaryStore",
    "store_documents.secondary_account_id": "secondaryAccount",
    "store_documents.product_id": "product",
    "attendances.business_date": "dateFrom",
    "schedules.business_date": "dateFrom",
    "income_plans.business_date": "date",
    "income_plans.department_id": "(department)",
    "writeoffs.business_date": "dateIncoming",
    "transactions.business_date": "DateTime.DateTyped",
    "stock_movements.business_date": "DateTime.DateTyped",
    "store_balances.business_date": "(day)",
    "store_balances.store_id": "store",
    "store_balances.product_id": "product",
    "counteragent_balances.business_date": "(day)",
    "counteragent_balances.account_id": "account",
    "counteragent_balances.counteragent_id": "counteragent",
    "counteragent_balances.department_id": "department",
    "writeoff_items.document_id": "../id",
    "writeoff_items.business_date": "../dateIncoming",
    "writeoff_items.num_occurrence": "#num",
}


def snake_case(field: str) -> str:
    """``DishDiscountSumInt`` -> ``dish_discount_sum``, ``groupInfo/id`` -> ``id``."""
    field = field.rpartition("/")[2].removesuffix(".Typed").replace("GUID", "Guid")
    field = re.sub(r"Int(?=$|\.)", "", field)
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", field)
    return re.sub(r"[._-]+", "_", words).strip("()").lower()


def others(table: str) -> dict[str, str]:
    """The columns of which no field has the name."""
    return {
        f"{table}.{column.name}": column.fields[0]
        for column in columns_of(table)
        if column.fields and column.name not in {snake_case(field) for field in column.fields}
    }


@pytest.mark.parametrize("table", tables())
def test_a_column_has_the_name_of_its_field(table: str) -> None:
    assert others(table) == {name: field for name, field in EXCEPTIONS.items() if name.startswith(f"{table}.")}


# What the books tell and no column takes.
NOT_LOADED = {
    "receipts": {"OrderDiscount.GuestCard", "PayableAmountInt"},
    "receipt_items": {"OrderItems"},
    "receipt_payments": {
        "DishAmountInt",
        "DishDiscountSumInt.withoutVAT",
        "PayableAmountInt",
        "ProductCostBase.ProductCost",
    },
    "sales": {"OrderItems", "PayableAmountInt"},
    "categories": {"category_type"},  # the books' name for (kind)
}


# What the simulator tells of before the tap has a table for it.


def test_what_the_books_tell_has_a_column(sim: Simulator) -> None:
    """A field that is misspelt in a schema file is not in the books, and its column would be compared with nothing."""
    assert {*sim.books.tables} <= {*tables()}, "a table of the books has no schema file"
    for table in {*sim.books.tables} & {*tables()}:
        told = {field for row in sim.books.rows(table) for field in row}
        taken = {field for column in columns_of(table) for field in column.fields} | {
            *read(table).get("x-elsewhere", [])
        }
        left = {field for field in told - taken if not field.startswith(OURS)}
        assert left == NOT_LOADED.get(table, set()), table
