"""A refund is an order of its own with ``Storned=TRUE`` and a link to the original (API reference 4.8, 5.2)."""

from __future__ import annotations

import dataclasses
import typing as t

from simulator.model import Line, Order
from simulator.units import Clock, Ids, part_id

if t.TYPE_CHECKING:
    import datetime

    from simulator.model import Session


def make_refund(  # noqa: PLR0913 - what was refunded, where and when
    source: Order, *, pk: int, ids: Ids, day: datetime.date, session: Session, start: float, sign: int
) -> Order:
    """The refund of all lines of ``source`` that had been paid.

    Args:
        source: the original order.
        pk: the number of the refund in the ledger.
        ids: makes identities.
        day: the business day of the refund.
        session: the cash shift that paid it back.
        start: when, in seconds of the day.
        sign: -1 or 0, what the sums are multiplied with; what is paid back is positive in any case.
    """
    clock = Clock(day)
    identity = ids("refund", source.id, day)
    order = Order(
        pk=pk,
        id=identity,
        day=day.isoformat(),
        department=source.department,
        num=session.orders,
        session=session,
        opened=clock.text(start),
        prebill=None,
        closed=clock.text(start + 95.5),
        type=source.type,
        section=source.section,
        table=source.table,
        waiter=source.waiter,
        cashier=source.cashier,
        guests=source.guests,
        storned=True,
        source=source,
        authorised=source.department.managers[0],
        guest_card=source.guest_card,
        delivery=source.delivery,
        origin=source.origin,
    )
    twins: dict[int, Line] = {}
    for number, line in enumerate(source.lines):
        if line.deleted != "NOT_DELETED":
            continue
        twin = Line(
            id=part_id(identity, number + 1),
            product=line.product,
            size=line.size,
            amount=sign * line.amount,
            sum=sign * line.sum,
            waiter=line.waiter,
            store=line.store,
            printed=None,
            parent=twins.get(id(line.parent)),
            discounts=tuple((each, sign * part) for each, part in line.discounts),
            surcharges=tuple((each, sign * part) for each, part in line.surcharges),
            vat_percent=line.vat_percent,
            vat=sign * line.vat,
            revenue=sign * line.revenue,
            refund=line.revenue,
            unit_cost=line.unit_cost,
        )
        twins[id(line)] = twin
        order.lines.append(twin)
    order.payments = [
        dataclasses.replace(pay, transaction=part_id(identity, 101 + number), operation="STORNED")
        for number, pay in enumerate(source.payments)
    ]
    return order
