"""What a balance at a moment holds, in times and not in texts."""

from __future__ import annotations

import datetime
import typing as t

if t.TYPE_CHECKING:
    from simulator.readings import Readings
    from simulator.world.model import Order

LAST_MINUTE: t.Final = datetime.time(23, 59)
MORNING: t.Final = datetime.time(6)
ONE_DAY: t.Final = datetime.timedelta(days=1)
ONE_SECOND: t.Final = datetime.timedelta(seconds=1)


class BalanceClock:
    """A moment that somebody asks for."""

    def __init__(self, readings: Readings, moment: str) -> None:
        """As this server reads it."""
        self.at = datetime.datetime.fromisoformat(moment)
        self._wall = readings.balance_clock == "wall"
        self._early_is_yesterday = readings.document_day == "accounting" and not self._wall

    @property
    def day(self) -> str:
        """The day that has ended then."""
        return (self.at - datetime.timedelta(microseconds=1)).date().isoformat()

    def holds(self, moment: str) -> bool:
        """Whether a document counts already."""
        mine = datetime.datetime.fromisoformat(moment)
        if self._early_is_yesterday and mine.time() < MORNING:
            mine = datetime.datetime.combine(mine, datetime.time()) - ONE_SECOND
        return mine < self.at

    def holds_sale(self, order: Order) -> bool:
        """The same of an order."""
        day = datetime.date.fromisoformat(order.day)
        if self._wall and is_late(order):
            return datetime.datetime.combine(day + ONE_DAY, datetime.time(5)) < self.at
        return datetime.datetime.combine(day, LAST_MINUTE) < self.at

    def holds_move(self, day: str, moment: str) -> bool:
        """The same of money that moved in a shift of a business day, before its midnight or after it."""
        mine = datetime.datetime.fromisoformat(moment[:19])
        midnight = datetime.datetime.combine(datetime.date.fromisoformat(day) + ONE_DAY, datetime.time())
        if not self._wall and mine >= midnight:
            mine = midnight - ONE_SECOND
        return mine < self.at

    def holds_opening(self, first_day: datetime.date) -> bool:
        """Whether the business had begun."""
        return datetime.datetime.combine(first_day - ONE_DAY, datetime.time(12)) < self.at


def accounting_day(readings: Readings, moment: str) -> str:
    """That of a document: its date, or the day before while that one has not ended (doubt 6 of the tables)."""
    at = datetime.datetime.fromisoformat(moment)
    early = readings.document_day == "accounting" and at.time() < MORNING
    return (at.date() - ONE_DAY * early).isoformat()


def is_late(order: Order) -> bool:
    """Whether its guests left after midnight."""
    return (order.closed or order.day)[:10] != order.day
