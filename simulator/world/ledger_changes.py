"""Changes that the ledger alone shows, and a server that is not honest about it."""

from __future__ import annotations

import datetime
import typing as t

from simulator.world.bookkeeping import Misreport
from simulator.world.units import MONEY, NANO, share_of

if t.TYPE_CHECKING:
    import random

    from simulator.world.ledger import Ledger
    from simulator.world.model import Department, Line, Order

Day = datetime.date | str | None
Touched = dict[str, t.Any]
LEDGER_KINDS: t.Final = ["correct_chart", "correct_cost", "post_manually"]
DISHONEST_KINDS: t.Final = ["misreport_posting"]
"""What reports show then is not what the books say."""


class LedgerChanges:
    """The part of ``Business`` that is about postings."""

    ledger: Ledger
    rng: random.Random

    def correct_chart(self, product: str | None = None, percent: int = 150) -> Touched:
        """A recipe is corrected under its own id: what closed days took from stores, and its cost, is other (5.2)."""
        with self.ledger.lock:
            sold: dict[str, list[tuple[Order, Line]]] = {}
            open_day = self.ledger.last_day.isoformat()
            for order in self.ledger.visible():
                for line in order.lines:
                    made = line.product.type == "DISH" and self.ledger.recipes.of(line.product)
                    if order.day < open_day and line.cost and made:
                        sold.setdefault(line.product.id, []).append((order, line))
            found = product or (self.rng.choice(sorted(sold)) if sold else "")
            if found not in sold:
                message = "no such dish that was sold on a closed day"
                raise ValueError(message)
            self.ledger.recipes.correct(sold[found][0][1].product, percent)
            for _, line in sold[found]:
                line.cost = share_of(line.cost or 0, percent, 100)
            self.ledger.touch(*(order for order, _ in sold[found]))
            return {"days": sorted({order.day for order, _ in sold[found]}), "product": found}

    def correct_cost(self, day: Day = None, roubles: int = 70) -> Touched:
        """Iiko finds that a store's goods are worth something else, without a document and without a new revision."""
        with self.ledger.lock:
            place, date = self._place_and_day(day)
            made = self.ledger.stock.work.correct(place, date)
            made.line.cost = roubles * NANO
            self.ledger.stock.recalculations += 1
            return {"days": [date.isoformat()], "store": made.store, "departments": [place.id]}

    def post_manually(self, day: Day = None, roubles: int = 1500) -> Touched:
        """A bookkeeper enters something on a day gone by."""
        with self.ledger.lock:
            place, date = self._place_and_day(day)
            made = self.ledger.stock.bookkeeping.enter(place, date)
            made.sum = roubles * MONEY
            self.ledger.touch()
            return {"days": [date.isoformat()], "departments": [place.id]}

    def misreport_posting(self, posting: str, day: Day = None, side: str | None = None, roubles: int = 100) -> Touched:
        """A server that is not honest: TRANSACTIONS has one posting of a type wrongly, on one side or on both."""
        with self.ledger.lock:
            found = Misreport(posting, str(day or self.ledger.first_day), side, roubles * NANO)
            self.ledger.stock.bookkeeping.misreported.append(found)
            self.ledger.touch()
            return {"days": [found.since]}

    def _place_and_day(self, day: Day) -> tuple[Department, datetime.date]:
        """Any department, and a closed day unless told otherwise."""
        date = datetime.date.fromisoformat(str(day or self.ledger.last_day - datetime.timedelta(days=2)))
        return self.rng.choice(self.ledger.group.departments), date
