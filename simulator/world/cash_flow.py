"""Cash-flow items: what money is taken and given for. Few postings have one (API reference 4.9)."""

from __future__ import annotations

import typing as t


class CashFlow(t.NamedTuple):
    """An item, known by its code."""

    code: str
    name: str
    kind: str = "OPERATIONAL"


OF_SUPPLIERS, OF_DESK, OF_STAFF = "2", "3", "4"
CASH_FLOWS: t.Final = (
    CashFlow(OF_SUPPLIERS, "Оплата поставщикам"),
    CashFlow(OF_DESK, "Хозяйственные расходы"),
    CashFlow(OF_STAFF, "Заработная плата"),
)
