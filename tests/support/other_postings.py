"""The second iiko's TRANSACTIONS (API reference 4.9, appendix B): a posting is a pair of rows, grouped in plain Python.

Where the reference leaves a doubt it reads it the other way than the simulator: ``Amount.Out`` is below zero, days
carry a time, and a blank is ``""``.
"""

from __future__ import annotations

import typing as t
from fractions import Fraction

from support.other_filters import lets_through

Line = dict[str, t.Any]
DAY = "DateTime.DateTyped"
GROUPS = (
    DAY,
    *("TransactionType", "TransactionSide", "Document", "CashFlowCategory", "Conception.Code"),
    *("CashFlowCategory.Type", "CashFlowCategory.Hierarchy"),
    *("Account.Id", "Account.Name", "Account.Code", "Account.Type", "Account.Group", "Account.StoreOrAccount"),
    *("Contr-Account.Name", "Contr-Account.Code", "Contr-Account.Type", "Counteragent.Id", "Counteragent.Name"),
    *("Department", "Department.Code", "Department.JurPerson"),
    *("Product.Id", "Product.Num", "Product.Name", "Product.MeasureUnit"),
)
SUMS = ("Sum.Incoming", "Sum.Outgoing", "Sum.ResignedSum", "Amount.In", "Amount.Out")


def posting(day: str, kind: str, debit: Line, credit: Line, total: str, amount: str = "0", **more: t.Any) -> list[Line]:
    """Both sides of it; ``debit`` and ``credit`` are fields of the accounts without their first word."""
    sides = []
    for side, own, other in (("DEBIT", debit, credit), ("CREDIT", credit, debit)):
        sign = 1 if side == "DEBIT" else -1
        into, out = ("In", "Out") if side == "DEBIT" else ("Out", "In")
        sides.append(
            {
                DAY: day,
                "TransactionType": kind,
                "TransactionSide": side,
                **{f"Account.{name}": value for name, value in own.items()},
                **{f"Contr-Account.{name}": other.get(name) for name in ("Name", "Code", "Type")},
                "Sum.Incoming" if side == "DEBIT" else "Sum.Outgoing": total,
                "Sum.ResignedSum": str(Fraction(total) * sign),
                **({f"Amount.{into}": str(Fraction(amount) * sign), f"Amount.{out}": "0"} if amount != "0" else {}),
                **more,
            }
        )
    return sides


def directory() -> dict[str, t.Any]:
    """The fields that it offers."""
    return {
        name: {
            "name": name.upper(),
            "type": "STRING" if name in GROUPS else "MONEY",
            "groupingAllowed": name in GROUPS,
            "aggregationAllowed": name in SUMS,
            "filteringAllowed": True,
            "tags": [],
        }
        for name in (*GROUPS, *SUMS)
    }


def report(postings: t.Iterable[Line], asked: dict[str, t.Any]) -> list[Line]:
    """The rows of an answer."""
    groups, sums, filters = asked["groupByRowFields"], asked["aggregateFields"], dict(asked["filters"])
    days = filters.pop(DAY)
    found: dict[tuple[t.Any, ...], dict[str, Fraction]] = {}
    for row in postings:
        if not days["from"][:10] <= row[DAY] < days["to"][:10]:
            continue
        if not lets_through(row, filters):
            continue
        key = tuple(row.get(name) for name in groups)
        totals = found.setdefault(key, dict.fromkeys(sums, Fraction(0)))
        for name in sums:
            totals[name] += Fraction(row.get(name, "0"))
    return [
        {
            **{name: _shown(name, value) for name, value in zip(groups, key, strict=True)},
            **{name: float(value) for name, value in totals.items()},
        }
        for key, totals in found.items()
    ]


def _shown(name: str, value: t.Any) -> t.Any:
    return f"{value}T00:00:00" if name == DAY else "" if value is None else value
