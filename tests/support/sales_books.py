"""What marts and page must come to, from the simulator's orders themselves: no flag, no query is looked at."""

from __future__ import annotations

import datetime
import typing as t
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from simulator.world.units import MONEY, NANO, SHARE, exact

if t.TYPE_CHECKING:
    from simulator import Simulator
    from simulator.world.model import Line, Order

Figures = dict[tuple[t.Any, ...], dict[str, t.Any]]
ZERO = Decimal(0)


def _shown(order: Order) -> list[Line]:
    """The lines that iikoOffice's usual filters leave."""
    return [] if order.deleted else [line for line in order.lines if line.deleted == "NOT_DELETED"]


def _removed(order: Order) -> list[Line]:
    """What the staff deleted; a refund is none, whatever its lines look like."""
    if order.source is not None:
        return []
    return [line for line in order.lines if order.deleted or line.deleted != "NOT_DELETED"]


def _money(values: t.Iterable[int]) -> Decimal:
    return exact(sum(values), MONEY)


def _nano(values: t.Iterable[int | None]) -> Decimal:
    return exact(sum(value or 0 for value in values), NANO)


def _add(row: dict[str, t.Any], **figures: Decimal | int) -> None:
    for name, value in figures.items():
        row[name] = row.get(name, ZERO) + value


@dataclass(frozen=True)
class SalesBooks:
    """The figures of one server at one moment."""

    daily: Figures
    hourly: Figures
    payments: Figures
    waiters: Figures
    dishes: Figures
    """Of the days that ABC looks at."""
    dishes_together: Figures
    """Of all restaurants."""
    shifts: Figures
    names: dict[str, str]
    """Of dishes, today, and of payment types."""

    @classmethod
    def of(cls, sim: Simulator, last: datetime.date, abc_days: int) -> SalesBooks:
        """As the ledger stands now; ``last`` is the last day that ABC looks at."""
        with sim.ledger.lock:
            orders = list(sim.ledger.visible())
            names = {product.id: product.full_name for product in sim.ledger.menu.products}
        names |= {payment.type.id: payment.type.name for order in orders for payment in order.payments if payment.type}
        first = last - datetime.timedelta(days=abc_days - 1)
        period = [order for order in orders if first.isoformat() <= order.day <= last.isoformat()]
        return cls(
            _daily(orders),
            _hourly(orders),
            _payments(orders),
            _waiters(orders),
            _dishes(period),
            _dishes(period, are_together=True),
            _shifts(sim),
            names,
        )

    def part(self, name: str, first: datetime.date, last: datetime.date, *departments: str) -> Figures:
        """Of some days, and of some restaurants only, if any are named."""
        return {
            key: row
            for key, row in t.cast("Figures", getattr(self, name)).items()
            if first.isoformat() <= key[0] <= last.isoformat() and (not departments or key[1] in departments)
        }

    def total(self, first: datetime.date, last: datetime.date, *departments: str) -> dict[str, Decimal]:
        """Every figure of these days, added up."""
        found: dict[str, Decimal] = defaultdict(Decimal)
        for row in self.part("daily", first, last, *departments).values():
            _add(found, **{name: value for name, value in row.items() if name != "average_check"})
        return found


def _daily(orders: t.Iterable[Order]) -> Figures:
    found: Figures = defaultdict(dict)
    for order in orders:
        shown, removed = _shown(order), _removed(order)
        kept = [line for line in order.lines if line not in shown]
        costed = [line for line in shown if line.cost]
        used_up = [line for line in removed if line.deleted == "DELETED_WITH_WRITEOFF"]
        _add(
            found[order.day, order.department.id],
            revenue=_money(line.revenue for line in shown),
            revenue_not_counted=_money(line.revenue for line in kept),
            net_revenue=exact(order.takings, MONEY),
            gross_sales=_money(line.sum for line in shown),
            discounts=_money(line.discount for line in shown),
            surcharges=_money(line.increase for line in shown),
            vat=_money(line.vat for line in shown),
            refunds=_money(line.refund for line in order.lines),
            deletions=_money(line.sum for line in removed),
            deletions_written_off=_money(line.sum for line in used_up),
            cost=_nano(line.cost for line in shown),
            revenue_with_cost=_money(line.revenue for line in costed),
            margin=_money(line.revenue for line in shown) - _nano(line.cost for line in shown),
            orders=int(bool(shown) and order.counts),
            receipts=int(bool(shown) and order.id is not None),
            guests=order.guests if shown and not order.storned else 0,
        )
    for row in found.values():
        row["average_check"] = row["revenue"] / row["orders"] if row["orders"] else None
    return dict(found)


def _hourly(orders: t.Iterable[Order]) -> Figures:
    found: Figures = defaultdict(dict)
    for order in orders:
        hour = int(order.closed[11:13]) if order.closed else None
        shown = _shown(order)
        _add(
            found[order.day, order.department.id, hour],
            revenue=_money(line.revenue for line in shown),
            orders=int(bool(shown) and order.counts),
        )
    return dict(found)


def _payments(orders: t.Iterable[Order]) -> Figures:
    found: Figures = defaultdict(dict)
    for order in orders:
        shown = _shown(order)
        for payment in order.payments:
            share = exact(payment.share, SHARE)
            _add(
                found[order.day, order.department.id, payment.type and payment.type.id],
                revenue=share * _money(line.revenue for line in shown),
                gross_sales=share * _money(line.sum for line in shown),
            )
        for kind in {payment.type and payment.type.id for payment in order.payments}:
            _add(found[order.day, order.department.id, kind], receipts=int(bool(shown) and order.id is not None))
    return dict(found)


def _waiters(orders: t.Iterable[Order]) -> Figures:
    found: Figures = defaultdict(dict)
    touched: defaultdict[tuple[t.Any, ...], set[str | None]] = defaultdict(set)
    for order in orders:
        shown, removed = _shown(order), _removed(order)
        for line in order.lines:
            key = (order.day, order.department.id, line.waiter and line.waiter.id)
            if line in shown:
                touched[key].add(order.id)
            _add(
                found[key],
                revenue=_money([line.revenue] if line in shown else []),
                items=_nano([line.amount] if line in shown else []),
                discounts=_money([line.discount] if line in shown else []),
                deletions=_money([line.sum] if line in removed else []),
            )
    for key, row in found.items():
        row["receipts_touched"] = len(touched[key])
    return dict(found)


def _dishes(orders: t.Iterable[Order], *, are_together: bool = False) -> Figures:
    found: Figures = defaultdict(dict)
    for order in orders:
        for line in _shown(order):
            row = found[None if are_together else order.department.id, line.product.id]
            row["first_sold"] = min(row.get("first_sold", order.day), order.day)
            row["last_sold"] = max(row.get("last_sold", order.day), order.day)
            _add(
                row,
                quantity=exact(line.amount, NANO),
                revenue=exact(line.revenue, MONEY),
                cost=_nano([line.cost]),
                margin=exact(line.revenue, MONEY) - _nano([line.cost]),
            )
    for department in {key[0] for key in found}:
        for measure in ("quantity", "revenue", "margin"):
            _letters({dish: row for (place, dish), row in found.items() if place == department}, measure)
    return dict(found)


def _shifts(sim: Simulator) -> Figures:
    """By the business day of the receipts, not by that of the opening."""
    with sim.ledger.lock:
        places = {shift.id: (shift.day, shift.department.id) for shift in sim.ledger.cash.all()}
    found: Figures = defaultdict(dict)
    for row in sim.books.rows("cash_shifts"):
        is_open = row["closeDate"] is None
        _add(
            found[places[row["id"]]],
            shifts=1,
            open_shifts=int(is_open),
            unaccepted_shifts=int(not is_open and row["acceptDate"] is None),
            sales=row["payOrders"],
            cash=row["salesCash"],
            card=row["salesCard"],
            without_cash=row["salesCredit"],
            on_the_house=row["sumWriteoffOrders"],
            pay_in=row["payIn"],
            pay_out=row["payOut"],
            collected=-row["payIncome"],
            differences=0,
        )
    return dict(found)


def _letters(dishes: dict[str, dict[str, t.Any]], measure: str) -> None:
    """A up to and with the dish that reaches 80 %, B up to 95 %; dishes that brought nothing are C."""
    total = sum(max(row[measure], ZERO) for row in dishes.values())
    before = ZERO
    for dish in sorted(dishes, key=lambda each: (-dishes[each][measure], each)):
        value = dishes[dish][measure]
        share = before / total if total else ZERO
        letter = "C" if value <= 0 else "A" if share < Decimal("0.8") else "B" if share < Decimal("0.95") else "C"
        dishes[dish][f"abc_{measure}"] = letter
        before += max(value, ZERO)
