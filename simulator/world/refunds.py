"""How an order comes back (API reference 5.3): inside itself on the day of the sale, later as an order of its own."""

from __future__ import annotations

import dataclasses
import typing as t

from simulator.world.model import Line, Order
from simulator.world.units import NANO, Clock, part_id, share_of

if t.TYPE_CHECKING:
    import datetime
    from collections.abc import Iterator

    from simulator.readings import Readings
    from simulator.world.model import Session
    from simulator.world.units import Ids

TAKEN_BACK: t.Final = 1_001
"""Where the numbers of the minus lines of a voided order begin: its own lines and payments come before."""
REFUND_PAYMENTS: t.Final = 100_001


def void(order: Order) -> None:
    """Take back all lines of an order on the day of its sale: each gets a minus line beside it."""
    order.storned = True
    order.authorised = order.department.managers[0]
    order.lines += [
        dataclasses.replace(
            _negative(line, -1),
            id=part_id(t.cast("str", order.id), TAKEN_BACK + number),
            comment=line.comment,
            course=line.course,
            printed=line.printed,
            parent=line.parent,
        )
        for number, line in enumerate(order.lines)
        if line.deleted == "NOT_DELETED"
    ]


def make_refund(  # noqa: PLR0913 - what was refunded, where and when
    source: Order, *, pk: int, ids: Ids, day: datetime.date, session: Session, start: float, readings: Readings
) -> Order:
    """The refund of all lines of ``source`` that had been paid.

    Args:
        source: the original order.
        pk: the number of the refund in the ledger.
        ids: makes identities.
        day: the business day of the refund.
        session: the cash shift that paid it back.
        start: when, in seconds of the day.
        readings: how this server books a refund.
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
        opened=clock.text(int(start)),
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
    sold = [line for line in source.lines if line.deleted == "NOT_DELETED"]
    for line in sold:
        for twin in _units(line) if readings.refunds == "live" else [_negative(line, _sign(readings))]:
            twin.id = part_id(identity, len(order.lines) + 1)
            twin.parent = twins.get(id(line.parent))
            twins.setdefault(id(line), twin)
            order.lines.append(twin)
    order.payments = [
        dataclasses.replace(pay, transaction=part_id(identity, REFUND_PAYMENTS + number), operation="STORNED")
        for number, pay in enumerate(source.payments)
    ]
    return order


def _sign(readings: Readings) -> int:
    return -1 if readings.refunds == "negative" else 0


def _negative(line: Line, sign: int) -> Line:
    """The opposite of a line, or nothing of it; what is paid back is positive in any case."""
    return dataclasses.replace(
        line,
        amount=sign * line.amount,
        sum=sign * line.sum,
        printed=None,
        discounts=tuple((each, sign * part) for each, part in line.discounts),
        surcharges=tuple((each, sign * part) for each, part in line.surcharges),
        left_out=sign * line.left_out,
        vat=sign * line.vat,
        revenue=sign * line.revenue,
        refund=line.revenue,
        cost=None,
        comment=None,
        course=None,
    )


def _units(line: Line) -> Iterator[Line]:
    """A later refund has a line for each unit and one for a fraction, flagged as deleted and without revenue."""
    ends = [*range(NANO, line.amount, NANO), line.amount]
    before = 0
    for end in ends:
        gross, paid = (
            share_of(whole, end, line.amount) - share_of(whole, before, line.amount)
            for whole in (line.sum, line.revenue)
        )
        yield dataclasses.replace(
            _negative(line, 0),
            amount=before - end,
            sum=-gross,
            refund=paid,
            discounts=(),
            surcharges=(),
            deleted="DELETED_WITH_WRITEOFF",
        )
        before = end
