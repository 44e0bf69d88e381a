"""Orders, their lines, payments and discounts: keys where iiko has none (API reference 4.8)."""

from __future__ import annotations

import typing as t

from tap_iiko.iiko.values import stable_id
from tap_iiko.streams.forms import ReportForm

Columns = dict[str, t.Sequence[t.Any]]


class _OfOrders(ReportForm):
    """A report whose rows belong to orders."""

    def order_ids(self, name: str, columns: Columns) -> list[str]:
        """Sales without an order (manual sales documents) stand for one order per department and day."""
        orders = columns[name]
        if None not in orders:
            return t.cast("list[str]", orders)
        places = zip(orders, columns["department_id"], columns["business_date"], strict=True)
        return [order or stable_id(self.server_id, department, day) for order, department, day in places]


class ReceiptForm(_OfOrders):
    """Orders."""

    def add_keys(self, columns: Columns) -> None:
        """The order's own id."""
        columns["id"] = self.order_ids("id", columns)


class ReceiptItemForm(_OfOrders):
    """Lines of orders."""

    def add_keys(self, columns: Columns) -> None:
        """The line's own id, or the finest grain that an old server offers."""
        columns["receipt_id"] = self.order_ids("receipt_id", columns)
        ids = columns.get("id") or [None] * len(columns["receipt_id"])
        if None in ids:
            grain = self.grain_of(columns, self.table.id_otherwise)
            columns["id"] = [key or stable_id(self.server_id, *row) for key, row in zip(ids, grain, strict=True)]


class ReceiptPaymentForm(_OfOrders):
    """Payments of orders, with their share of the money."""

    def add_keys(self, columns: Columns) -> None:
        """The grain has no id of iiko's."""
        columns["receipt_id"] = self.order_ids("receipt_id", columns)
        super().add_keys(columns)


class ReceiptItemDiscountForm(_OfOrders):
    """Discounts of lines."""

    def add_keys(self, columns: Columns) -> None:
        """The grain has no id of iiko's, nor has every line."""
        columns["receipt_id"] = self.order_ids("receipt_id", columns)
        super().add_keys(columns)
        lines = columns.get("receipt_item_id") or [None] * len(columns["receipt_id"])
        if None in lines:
            rows = zip(lines, columns["id"], self.grain_of(columns, self.table.id_otherwise), strict=True)
            columns["id"] = [key if line else stable_id(self.server_id, *grain) for line, key, grain in rows]
