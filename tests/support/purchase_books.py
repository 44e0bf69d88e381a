"""What the mart of purchases must come to, from the simulator's invoices themselves."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from decimal import Decimal

from simulator.world.units import MONEY, exact

if t.TYPE_CHECKING:
    from simulator import Simulator

Figures = dict[tuple[t.Any, ...], dict[str, t.Any]]


def purchases(sim: Simulator) -> Figures:
    """By day, restaurant and supplier."""
    found: defaultdict[tuple[t.Any, ...], dict[str, t.Any]] = defaultdict(lambda: defaultdict(Decimal))
    names = {row["id"]: row["name"].strip() for row in sim.ledger.staff.suppliers}
    for invoice in sim.ledger.stock.invoices.incoming:
        if invoice.posted and invoice.lines:
            row = found[invoice.day, invoice.department.id, invoice.supplier]
            row["supplier"] = names.get(invoice.supplier or "")
            row["invoices"] += 1
            for line in invoice.lines:
                row["expenses" if line.expense else "goods"] += exact(line.sum, MONEY)
                row["discounts"] += exact(line.discount, MONEY)
                row["vat"] += exact(line.vat, MONEY)
    return dict(found)
