"""What the marts of the ledger must come to, from the simulator's books, which look at no posting."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from decimal import Decimal

if t.TYPE_CHECKING:
    from simulator import Simulator

Figures = dict[tuple[t.Any, ...], dict[str, t.Any]]
MOVEMENTS = {
    "SESSION_WRITEOFF": "sales",
    "WRITEOFF": "write_off",
    "PRODUCTION": "production",
    "TRANSFER": "transfer",
    "INVENTORY_CORRECTION": "inventory",
    "INVOICE": "purchase",
    "RETURNED_INVOICE": "supplier_return",
    "OUTGOING_INVOICE": "shipment",
    "STORE_COST_CORRECTION": "cost_correction",
}
"""By what the books call them; all others are other."""


def profits(sim: Simulator) -> Figures:
    """By month, account and department."""
    found: defaultdict[tuple[t.Any, ...], dict[str, t.Any]] = defaultdict(lambda: {"sum": Decimal(0)})
    accounts = {each.id: each for each in sim.ledger.accounts}
    for row in _of_days(sim, "transactions"):
        if row["Account.Group"] == "INCOME_EXPENSES":
            figures = found[row["DateTime.DateTyped"][:7] + "-01", row["Account.Id"], row["Department"]]
            is_income = row["Account.Type"] in {"INCOME", "OTHER_INCOME"}
            figures["sum"] -= row["Sum.ResignedSum"] if is_income else -row["Sum.ResignedSum"]
            figures["profit"] = figures["sum"] if is_income else -figures["sum"]
            account = accounts[row["Account.Id"]]
            figures |= {
                "account": account.name,
                "account_type": account.kind,
                "parent_account": accounts[account.parent].name if account.parent else None,
            }
    return dict(found)


def consumption(sim: Simulator) -> Figures:
    """By day, store, product and reason."""
    found: defaultdict[tuple[t.Any, ...], dict[str, t.Any]] = defaultdict(lambda: defaultdict(Decimal))
    owners = {store.id: each.id for each in sim.ledger.group.departments for store in each.stores}
    sign = -1 if sim.readings.amount_out == "negative" else 1
    for row in _of_days(sim, "stock_movements"):
        movement = MOVEMENTS.get(row["TransactionType"], "other")
        figures = found[row["DateTime.DateTyped"], row["Account.Id"], row["Product.Id"], movement]
        figures["amount_in"] += row["Amount.In"]
        figures["amount_out"] += sign * row["Amount.Out"]
        figures["cost_in"] += row["Sum.Incoming"]
        figures["cost_out"] += row["Sum.Outgoing"]
        figures["used_amount"] = figures["amount_out"] - figures["amount_in"]
        figures["used_cost"] += row["Sum.Outgoing"] - row["Sum.Incoming"]
        figures["department_id"] = owners[row["Account.Id"]]
    return {key: dict(figures) for key, figures in found.items()}


def _of_days(sim: Simulator, table: str) -> t.Iterator[dict[str, t.Any]]:
    """Of the days that are loaded: what there was before the first one is not."""
    for row in sim.books.rows(table):
        if sim.first_day.isoformat() <= row["DateTime.DateTyped"] <= sim.last_day.isoformat():
            yield row
