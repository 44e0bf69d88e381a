"""What a restaurateur counts, from the orders themselves: takings, refunds, deletions, bills, guests, payments.

No flag and no sign of a report is looked at here, so a query over what was loaded has another way to the same figure.
"""

from __future__ import annotations

import typing as t
from collections import defaultdict
from decimal import Decimal

from simulator.world.units import MONEY, NANO, SHARE, exact

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.world.ledger import Ledger
    from simulator.world.model import Line, Order, Payment

Row = dict[str, t.Any]


def _of_report(order: Order) -> list[Line]:
    """The lines that iikoOffice's usual filters leave: neither the order nor the line is deleted (5.3)."""
    return [] if order.deleted else [line for line in order.lines if line.deleted == "NOT_DELETED"]


def _money(kopecks: int) -> Decimal:
    return exact(kopecks, MONEY)


def _kind(payment: Payment) -> str | None:
    return payment.type.name if payment.type else None


class Office:
    """The figures of one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        """Over the living ledger: each call tells the present state."""
        self._ledger = ledger

    def days(self) -> dict[tuple[str, str], Row]:
        """By business day and department."""
        found: dict[tuple[str, str], Row] = {}
        for order in self._orders():
            row = found.setdefault(
                (order.day, order.department.id),
                dict.fromkeys(("net_revenue", "revenue"), Decimal(0))
                | dict.fromkeys(("bills", "orders", "guests", "people"), 0),
            )
            row["net_revenue"] += _money(order.takings)
            lines = _of_report(order)
            if not lines:
                continue
            row["revenue"] += _money(sum(line.revenue for line in lines))
            row["bills"] += order.id is not None
            row["orders"] += order.counts
            row["guests"] += order.guests
            row["people"] += 0 if order.source or order.voided else order.guests
        return found

    def refunds(self) -> list[Row]:
        """Each receipt that came back, whole."""
        return [
            {
                "refunded_on": order.day,
                "sold_on": (order.source or order).day,
                "order_num": (order.source or order).num,
                "paid_back": _money(sum(line.refund for line in order.lines)),
            }
            for order in self._orders()
            if order.source or order.voided
        ]

    def deletions(self) -> list[Row]:
        """Each line that the staff deleted."""
        return [
            {
                "removal_type": line.removal,
                "deleted_with_writeoff": line.deleted,
                "waiter_name": line.waiter and line.waiter.name,
                "lost": _money(line.sum),
                "cost": None if line.cost is None else exact(line.cost, NANO),
            }
            for order in self._orders()
            for line in order.lines
            if not order.source and (order.deleted or line.deleted != "NOT_DELETED")
        ]

    def payments(self) -> dict[str | None, Row]:
        """By payment type: what iikoOffice shows of it, and the takings; null is what was not paid."""
        zero = dict.fromkeys(("before_discount", "revenue", "net_revenue"), Decimal(0)) | {"bills": 0, "orders": 0}
        found: defaultdict[str | None, Row] = defaultdict(lambda: dict(zero))
        for order in self._orders():
            lines = _of_report(order)
            for payment in order.payments:
                row, share = found[_kind(payment)], exact(payment.share, SHARE)
                row["before_discount"] += share * _money(sum(line.sum for line in lines))
                row["revenue"] += share * _money(sum(line.revenue for line in lines))
                row["net_revenue"] += share * _money(order.takings)
            for kind in {_kind(payment) for payment in order.payments if lines}:
                found[kind]["bills"] += order.id is not None
                found[kind]["orders"] += order.counts
        return dict(found)

    def _orders(self) -> Iterator[Order]:
        with self._ledger.lock:
            yield from self._ledger.visible()
