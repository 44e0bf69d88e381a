"""What there was before the first day: goods in stores, debts to suppliers, money."""

from __future__ import annotations

import datetime
import typing as t

from simulator.world.invoices import BOUGHT, GRAM, NEVER_BOUGHT
from simulator.world.units import NANO

if t.TYPE_CHECKING:
    from simulator.world.ledger import Ledger
    from simulator.world.model import Product

RAW_LINES, SOLD_LINES = 120, 12
"""A store is as full as after so many lines of invoices, of what dishes are made of and of what is sold as it is."""
OWED: t.Final = -5 * NANO
"""One store has less than nothing of a good."""
DEBT: t.Final = 1_000 * NANO
"""To each of some suppliers, for each receipt of an average day; it belongs to no department."""
DEBTORS: t.Final = 3
MONEY_AT_HAND: t.Final = 50_000 * NANO


class Held(t.NamedTuple):
    """Goods in a store: billionths."""

    store: str
    product: Product
    amount: int
    sum: int


def opening_moment(ledger: Ledger) -> str:
    """Noon of the day before the first one."""
    return f"{ledger.first_day - datetime.timedelta(days=1)}T12:00"


def opening_goods(ledger: Ledger) -> list[Held]:
    """What each store held."""
    goods = [each for each in ledger.menu.products if each.type in {"GOODS", "PREPARED"} and not each.deleted]
    stores = [store.id for each in ledger.group.departments for store in each.stores]
    held = []
    for place, store in enumerate(stores):
        for product in goods:
            percent = 60 + (product.pk * 7 + place * 13) % 50
            lines = SOLD_LINES if product.sold else RAW_LINES
            roubles = ledger.stock.invoices.receipts * BOUGHT * lines * percent // 100
            step = NANO if product.sold else GRAM
            amount = max(1, roubles * NANO * (NANO // step) // product.cost) * step
            if product.name.strip() == NEVER_BOUGHT and place == 0:
                amount = OWED
            held.append(Held(store, product, amount, amount * product.cost // NANO))
    return held


def opening_debts(ledger: Ledger) -> dict[str, int]:
    """To suppliers, by their ids."""
    return {ledger.ids("supplier", number): DEBT * ledger.stock.invoices.receipts for number in range(DEBTORS)}
