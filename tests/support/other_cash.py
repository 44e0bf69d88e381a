"""Cash shifts of the second iiko, in published shapes and with the other reading of every doubt."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    import datetime

Row = dict[str, t.Any]
Query = dict[str, list[str]]
LIST, PAYMENTS = "v2/cashshifts/list", "v2/cashshifts/payments/list"


class OtherCash:
    """Shifts, each with the day that iiko lists it by; and by their ids what was paid in them."""

    def __init__(self) -> None:
        self.listed: list[tuple[datetime.date, Row]] = []
        self.payments: dict[str, Row] = {}

    @property
    def lists(self) -> dict[str, t.Any]:
        """For ``OtherIiko.lists``."""
        return {LIST: self.shifts} | {
            f"{PAYMENTS}/{identity}": lambda query, identity=identity: self.paid(identity, query)
            for identity in self.payments
        }

    def shifts(self, query: Query) -> list[Row]:
        """Those of the asked days."""
        assert query["status"] == ["ANY"]
        first, last = query["openDateFrom"][0], query["openDateTo"][0]
        return [row for day, row in self.listed if first <= day.isoformat() <= last]

    def paid(self, identity: str, query: Query) -> Row:
        """Those of one shift."""
        assert query["hideAccepted"] == ["false"]
        return self.payments[identity]


def record(identity: str, total: float, **info: t.Any) -> Row:
    """One payment, pay-in or pay-out."""
    return {"info": {"id": identity, "sum": total, **info}, "actualSum": total, "status": 3}
