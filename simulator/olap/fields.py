"""The OLAP fields that a simulated server offers, by report and by version (API reference 4.1, appendices A to D)."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from simulator.olap import sales_fields, transaction_fields

if t.TYPE_CHECKING:
    from collections.abc import Iterator

AGES: t.Final = {285: {"old", "new", "2026"}, 279: {"old", "new"}, 229: {"old"}}
UNLISTED: t.Final = {
    "OpenDate": "OpenDate.Typed",
    "TableNumInt": "TableNum",
    "Delivery.CustomerCreatedDate": "Delivery.CustomerCreatedDateTyped",
    "MarketingSource": "Delivery.MarketingSource",
    "DateTime": "DateTime.Typed",
    "DateTime.Date": "DateTime.DateTyped",
    "DateTime.OperDayFilter": "DateTime.DateTyped",
    "Amount.StoreInOut": "Amount.StoreInOutTyped",
}
"""Names, deprecated for the most part, that reports accept and the directory does not list (appendices A, B)."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field and what it may be used for."""

    name: str
    type: str
    aggregates: bool
    groups: bool
    filters: bool
    age: str
    caption: str
    tag: str

    def as_json(self) -> dict[str, t.Any]:
        """Its entry in the directory."""
        return {
            "name": self.caption,
            "type": self.type,
            "aggregationAllowed": self.aggregates,
            "groupingAllowed": self.groups,
            "filteringAllowed": self.filters,
            "tags": [self.tag] if self.tag else [],
        }


def _in_order(text: str) -> dict[str, Field]:
    """By name, in the order in which a directory lists them: by caption (appendix A)."""
    return {field.name: field for field in sorted(_read(text), key=lambda field: field.caption)}


def _read(text: str) -> Iterator[Field]:
    tag = ""
    for row in text.strip().splitlines():
        if row.startswith("# "):
            tag = row[2:]
            continue
        name, kind, flags, age, caption = row.split("|")
        yield Field(name, kind, flags[0] == "A", flags[1] == "G", flags[2] == "F", age, caption, tag)


SALES: t.Final = _in_order(sales_fields.SALES)
TRANSACTIONS: t.Final = _in_order(transaction_fields.TRANSACTIONS)
STOCK: t.Final = _in_order(transaction_fields.STOCK)
REPORTS: t.Final = {"SALES": SALES, "DELIVERIES": SALES, "TRANSACTIONS": TRANSACTIONS, "STOCK": STOCK}
DATE_FIELDS: t.Final = {
    "SALES": ("OpenDate.Typed", "OpenDate"),
    "DELIVERIES": ("OpenDate.Typed", "OpenDate"),
    "TRANSACTIONS": ("DateTime.DateTyped", "DateTime.Typed", "DateTime.OperDayFilter"),
    "STOCK": (),
}
"""Without a filter on one of these a report is refused (4.3)."""


def directory(report: str, version: int) -> dict[str, Field] | None:
    """The fields of a report on a server with ``version`` SALES fields; ``None`` for an unknown report."""
    fields = REPORTS.get(report)
    if fields is None:
        return None
    return {name: field for name, field in fields.items() if field.age in AGES[version]}
