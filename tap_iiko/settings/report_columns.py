"""The columns of a report of a user's own: named by the rule of all tables, typed by iiko's type."""

from __future__ import annotations

import re
import typing as t

from tap_iiko import tables

if t.TYPE_CHECKING:
    from tap_iiko.iiko.olap_fields import KnownField

NAMES_OF_ALL: t.Final = (*tables.KEY, "business_date", *tables.LAST)
EXCEPTIONS: t.Final = {
    "UniqOrderId.Id": "receipt_id",
    "SourceOrderId": "source_receipt_id",
    "ItemSaleEvent.Id": "receipt_item_id",
    "PayTypes.GUID": "pay_type_id",
    "PayTypes": "pay_type",
    "UniqOrderId": "receipts_count",
    "UniqOrderId.OrdersCount": "orders_count",
    "ProductCostBase.ProductCost": "product_cost",
    "WaiterName.ID": "waiter_id",
    "ItemSaleEventDiscountType": "discount_type",
    "ItemSaleEventDiscountType.DiscountAmount": "discount_amount",
    "ItemSaleEventDiscountType.ComboId": "combo_id",
    "ItemSaleEventDiscountType.ComboName": "combo_name",
    "ItemSaleEventDiscountType.ComboGroupId": "combo_group_id",
    "ItemSaleEventDiscountType.ComboGroupName": "combo_group_name",
    "ItemSaleEventDiscountType.ComboSizeId": "combo_size_id",
    "ItemSaleEventDiscountType.ComboSizeName": "combo_size_name",
}
"""Named otherwise, so that a report joins the tables by name."""
TEXT: t.Final = {"type": "string"}
BLANK: t.Final = {"x-blank": "null"}
"""Some servers send a blank group as null, others as a text without letters: a condition finds it in one form."""
NUMBER: t.Final = {"type": "number"}
ID: t.Final = {"type": "string", "format": "uuid"}
MOMENT: t.Final = {"type": "string", "format": "date-time"}
GROUPS: t.Final = {
    "ID": ID,
    "ID_STRING": ID,
    "INTEGER": {"type": "integer"},
    "AMOUNT": NUMBER,
    "MONEY": NUMBER,
    "PERCENT": NUMBER,
    "DURATION_IN_SECONDS": NUMBER,
    "DATE": {"type": "string", "format": "date"},
    "DATETIME": MOMENT,
}
"""By iiko's type; any other is text, that of a field that this version does not know too."""
ADDS: t.Final = {
    "sum": "Adds up.",
    "order": "Of the whole order: adds up over orders only.",
    "distinct": "A distinct count: never add it.",
    "ratio": "A ratio or an average: never add it.",
    "max": "A maximum.",
    "balance": "A balance: never add it over days.",
}


def column_of(field: str) -> str:
    """``DishDiscountSumInt`` -> ``dish_discount_sum``."""
    if field in EXCEPTIONS:
        return EXCEPTIONS[field]
    name = re.sub(r"Int(?=$|\.)", "", field.removesuffix(".Typed").replace("GUID", "Guid"))
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")


def group(name: str, field: KnownField | None) -> dict[str, t.Any]:
    """The definition of a column that a report is grouped by, as in a schema file."""
    form = GROUPS.get(field.type, TEXT) if field else TEXT
    return _described(name, field, {**form, **(BLANK if form is TEXT else {})}, "group")


def aggregate(name: str, field: KnownField | None) -> dict[str, t.Any]:
    """The definition of a column that a report sums, counts or averages; averages of integers exist."""
    form = MOMENT if field and field.type == "DATETIME" else NUMBER
    adds = field.adds if field else ""
    definition = _described(name, field, form, adds if adds in {"sum", "max"} else "ratio")
    return definition | ({"description": ADDS[field.adds]} if field and field.adds in ADDS else {})


def _described(name: str, field: KnownField | None, form: t.Mapping[str, str], role: str) -> dict[str, t.Any]:
    definition: dict[str, t.Any] = {**form, "x-iiko": name, "x-olap": role}
    if field:
        definition["x-caption"] = field.caption
    if field and field.is_personal:
        definition["x-private"] = True
    if field and field.values and role == "group":
        definition["description"] = f"Values: {', '.join(field.values)}."
    return definition
