"""Changes of cash shifts on demand: what the acceptance does to days gone by (API reference 5.2)."""

from __future__ import annotations

import typing as t

from simulator.world.cash import Edit

if t.TYPE_CHECKING:
    import random

    from simulator.world.cash import Cash, Shift
    from simulator.world.ledger import Ledger
    from simulator.world.model import Order, Payment

Touched = dict[str, t.Any]
CASH_KINDS: t.Final = ["accept_shift", "correct_in_acceptance", "comment_payment", "miscount_shift"]


class CashChanges:
    """The part of ``Business`` that is about cash shifts."""

    ledger: Ledger
    rng: random.Random

    def accept_shift(self, shift: str | None = None) -> Touched:
        """One that has waited for it is accepted today, the longest unless told otherwise."""
        with self.ledger.lock:
            return self._accept(self._shift(shift, lambda each, _: self._waits(each)))

    def correct_in_acceptance(self, shift: str | None = None) -> Touched:
        """It is accepted, and a payment by card becomes one without cash: in reports, too (API reference 5.2)."""
        with self.ledger.lock:
            found = self._shift(shift, lambda each, orders: self._waits(each) and self._by_card(orders) != [])
            order, payment = self._by_card(self._cash.orders()[found])[0]
            kind = self.ledger.group.pay_types["Безналичный расчёт"]
            found.edits[str(payment.transaction)] = Edit(payment.type.id if payment.type else "", kind.id)
            payment.type, payment.card = kind, None
            payment.credit, payment.company = "Смирнов П. (бухгалтерия)", "ООО «Контора»"
            self.ledger.touch(order)
            return self._accept(found) | {"orders": [order.id], "order_days": [order.day]}

    def comment_payment(self, shift: str | None = None, comment: str = "согласовано с Петровой") -> Touched:
        """Only a comment in the list of payments: the row of the shift stays as it was."""
        with self.ledger.lock:
            found = self._shift(shift, lambda each, _: bool(each.moves))
            found.comments[found.moves[0].id] = comment
            return self._told(found)

    def miscount_shift(self, shift: str | None = None, roubles: int = 100) -> Touched:
        """A server that is not honest: a closed shift shows more cash than its receipts have."""
        with self.ledger.lock:
            found = self._shift(shift, lambda each, _: self._cash.status(each) != "OPEN")
            found.miscounted += roubles * 100
            return self._told(found)

    @property
    def _cash(self) -> Cash:
        return self.ledger.cash

    def _waits(self, shift: Shift) -> bool:
        return self._cash.status(shift) not in {"OPEN", "ACCEPTED"}

    @staticmethod
    def _by_card(orders: t.Iterable[Order]) -> list[tuple[Order, Payment]]:
        return [
            (order, payment)
            for order in orders
            for payment in order.payments
            if payment.type and payment.type.group == "CARD" and order.counts and not order.voided
        ]

    def _accept(self, found: Shift) -> Touched:
        found.accepted_on = self.ledger.last_day.isoformat()
        return self._told(found)

    def _told(self, found: Shift) -> Touched:
        self.ledger.touch()
        self.ledger.revisions[found.id] = self.ledger.revision
        return {"days": [found.opened[:10]], "shift": found.id}

    def _shift(self, shift: str | None, fits: t.Callable[[Shift, list[Order]], bool]) -> Shift:
        """The shift with that id, or the oldest that fits."""
        for each, orders in self._cash.orders().items():
            if each.id == shift or (shift is None and fits(each, orders)):
                return each
        message = "no such shift"
        raise ValueError(message)
