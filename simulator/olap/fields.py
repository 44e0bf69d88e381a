"""The OLAP fields that a simulated server offers, by report and by version (API reference 4.1, appendices A to D)."""

from __future__ import annotations

import csv
import typing as t
from dataclasses import dataclass
from importlib.resources import files

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
    since: int
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


def _read(report: str) -> dict[str, Field]:
    """By name, in the order in which a directory lists them: by caption (appendix A)."""
    text = (files("tap_iiko.iiko") / "olap_fields.csv").read_text(encoding="utf-8")
    rows = [row for row in csv.DictReader(text.splitlines()) if row["report"] == report]
    fields = [
        Field(
            name=row["field"],
            type=row["type"],
            aggregates="A" in row["flags"],
            groups="G" in row["flags"],
            filters="F" in row["flags"],
            since=int(row["since"]),
            caption=row["caption_ru"] or row["caption"],
            tag=row["tag"],
        )
        for row in rows
    ]
    return {field.name: field for field in sorted(fields, key=lambda field: field.caption)}


SALES: t.Final = _read("SALES")
TRANSACTIONS: t.Final = _read("TRANSACTIONS")
STOCK: t.Final = _read("STOCK")
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
    return {name: field for name, field in fields.items() if field.since <= version}
