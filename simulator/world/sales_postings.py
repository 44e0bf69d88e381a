"""What sales post when their day is closed: the goods that went into dishes, and the takings."""

from __future__ import annotations

import typing as t
from collections import defaultdict

from simulator.world.posting import Calendar, Posting
from simulator.world.recipes import split, taken
from simulator.world.units import MONEY, NANO, SHARE

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.world.ledger import Ledger
    from simulator.world.model import Department, Product

UNIT: t.Final = NANO // MONEY // SHARE
"""Billionths of a kopeck's ten-thousandth part: a payment's share of its order."""
TAKINGS: t.Final = {
    "CASH": ("CASH", "Главная касса"),
    "CARD": ("CARD", "Терминалы банка"),
}
"""By payment group: the type of the posting, and where the money is; for all others it is owed."""
OWED: t.Final = ("CREDIT", "Задолженность покупателей")


def sales_postings(ledger: Ledger) -> Iterator[Posting]:
    """Of all that a report may show."""
    yield from _goods(ledger)
    yield from _money(ledger)


def _goods(ledger: Ledger) -> Iterator[Posting]:
    """By day, department, store and dish; only lines whose cost is posted."""
    sums: defaultdict[tuple[str, int, bool, str, str], list[int]] = defaultdict(lambda: [0, 0])
    dishes: dict[str, Product] = {}
    for order in ledger.visible():
        late = (order.closed or "")[:10] > order.day
        for line in order.lines:
            if line.cost is None:
                continue
            product = line.product
            dishes[product.id] = product
            found = sums[order.day, order.department.pk, late, line.store.id, product.id]
            found[0] += line.cost
            if line.deleted != "DELETED_WITHOUT_WRITEOFF":
                found[1] += line.amount * (line.size.factor if line.size else 100)
    calendar = Calendar(ledger.trade.readings)
    expense = ledger.ids("account", "Расход продуктов")
    departments = {each.pk: each for each in ledger.group.departments}
    for (day, pk, late, store, dish), (cost, amount) in sums.items():
        parts = ledger.recipes.of(dishes[dish])
        when = calendar.of_sales(day, after_midnight=late)
        about = _document(ledger, departments[pk], day)
        for part, share in zip(parts, split(cost, parts), strict=True):
            yield Posting(
                type="SESSION_WRITEOFF",
                when=when,
                debit=expense,
                credit=store,
                sum=share,
                product=part.product,
                amount=taken(part, amount, 1),
                contra=None if part.product.id == dish else dishes[dish],
                **about,
            )


def _money(ledger: Ledger) -> Iterator[Posting]:
    """By closed day, department and payment group: what an order brought in, by the shares of its payments."""
    sums: defaultdict[tuple[str, int, bool, str], int] = defaultdict(int)
    open_day = ledger.last_day.isoformat()
    for order in ledger.visible():
        if order.day < open_day and order.takings:
            late = (order.closed or "")[:10] > order.day
            for payment in order.payments:
                group = payment.type.group if payment.type else ""
                sums[order.day, order.department.pk, late, group] += order.takings * payment.share
    calendar = Calendar(ledger.trade.readings)
    departments = {each.pk: each for each in ledger.group.departments}
    for (day, pk, late, group), total in sums.items():
        kind, account = TAKINGS.get(group, OWED)
        yield Posting(
            type=kind,
            when=calendar.of_sales(day, after_midnight=late),
            debit=ledger.ids("account", account),
            credit=ledger.ids("account", "Торговая выручка"),
            sum=total * UNIT,
            department=departments[pk].id,
            conception=departments[pk].conception.id,
        )


def _document(ledger: Ledger, department: Department, day: str) -> dict[str, t.Any]:
    """The sales document of a department's day."""
    return {
        "department": department.id,
        "conception": department.conception.id,
        "document": ledger.ids("sales document", department.pk, day),
        "document_type": "SALES_DOCUMENT",
        "number": f"{department.code}-{day[5:7]}{day[8:]}",
    }
