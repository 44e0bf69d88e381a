"""Balances of the second iiko: what was posted before a moment, added up; written from the API reference alone.

Where it leaves a doubt, that is read otherwise than the simulator reads it: ids in capitals, keys in another order, a
null that is left out, numbers with an exponent or without a fraction, a field that nobody knows.
"""

from __future__ import annotations

import typing as t
from collections import defaultdict
from decimal import Decimal

Place = tuple[str | None, ...]
Query = t.Mapping[str, list[str]]
PATHS = {
    "store_balances": "v2/reports/balance/stores",
    "counteragent_balances": "v2/reports/balance/counteragents",
}


def uuid(number: int) -> str:
    """An id."""
    return f"b7c0abcd-0000-4000-8000-{number:012}"


class Postings:
    """What moved: when, in which store and product, or on which account, with whom and where; and how much."""

    def __init__(self) -> None:
        self.moved: list[tuple[str, Place, Decimal, Decimal]] = []
        self.asked: defaultdict[str, list[str]] = defaultdict(list)
        """By table the moments that were asked for."""
        self.parameters: set[str] = set()
        self.bad: dict[tuple[str, str], t.Any] = {}
        """What is answered instead, by table and moment."""

    @property
    def lists(self) -> dict[str, t.Callable[[Query], t.Any]]:
        """By path."""
        return {
            PATHS["store_balances"]: self._stores,
            PATHS["counteragent_balances"]: self._counteragents,
        }

    def move(self, moment: str, store: int, product: int, amount: str, total: str) -> None:
        """Goods come in, or with a minus go out."""
        self.moved.append((moment, (uuid(store), uuid(product)), Decimal(amount), Decimal(total)))

    def pay(self, moment: str, account: int, counteragent: int | None, department: int | None, total: str) -> None:
        """Money, or a debt."""
        place = tuple(None if each is None else uuid(each) for each in (account, counteragent, department))
        self.moved.append((moment, place, Decimal(0), Decimal(total)))

    def balance(self, table: str, moment: str) -> dict[Place, tuple[Decimal, Decimal]]:
        """Amount and sum of each place that has any, from what was posted before the moment."""
        size = 2 if table == "store_balances" else 3
        found: defaultdict[Place, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
        for when, place, amount, total in self.moved:
            if len(place) == size and when < moment:
                found[place][0] += amount
                found[place][1] += total
        return {place: (amount, total) for place, (amount, total) in found.items() if amount or total}

    # The answers

    def _answer(self, table: str, query: Query, row_of: t.Callable[..., dict[str, t.Any]]) -> t.Any:
        (moment,) = query["timestamp"]
        self.asked[table].append(moment)
        self.parameters |= query.keys()
        if (table, moment) in self.bad:
            return self.bad[table, moment]
        found = self.balance(table, moment)
        return [row_of(*place, *figures) for place, figures in reversed(found.items())]

    def _stores(self, query: Query) -> t.Any:
        def row(store: str, product: str, amount: Decimal, total: Decimal) -> dict[str, t.Any]:
            return {
                "sum": _shown(total),
                "product": product.upper(),
                "x": None,
                "amount": _shown(amount),
                "store": store,
            }

        return self._answer("store_balances", query, row)

    def _counteragents(self, query: Query) -> t.Any:
        def row(account: str, counteragent: str | None, department: str | None, _: Decimal, total: Decimal) -> t.Any:
            named = {"department": department, "counteragent": counteragent}
            return {"sum": _shown(total)} | {key: value for key, value in named.items() if value} | {"account": account}

        return self._answer("counteragent_balances", query, row)


def _shown(number: Decimal) -> int | float:
    """``5``, ``0.35``, ``1e-09``."""
    return int(number) if number == number.to_integral_value() else float(number)
