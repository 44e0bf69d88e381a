"""The SQL of a TRANSACTIONS request (API reference 4.9)."""

from __future__ import annotations

import re
import typing as t

from simulator.olap.keys import NOTHING
from simulator.olap.ledger_keys import AGGREGATES, BALANCES, JOINS, KEYS, MEASURES, SINCE

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.olap.request import Request

ALIAS: t.Final = re.compile(r"\b([a-z]+)\.")


class LedgerQuery:
    """Over some of the groups of a request."""

    aggregates: t.Final = AGGREGATES
    known_measures: t.Final = MEASURES

    def __init__(self, request: Request, groups: Sequence[str]) -> None:
        """Over ``groups``, which are the request's or, for a subtotal, the first of them."""
        self.groups = list(groups)
        keys = [KEYS.get(name, NOTHING) for name in groups]
        self.measures = list(
            dict.fromkeys(
                measure for name in request.aggregates if name in AGGREGATES for measure in AGGREGATES[name].inputs
            )
        )
        whole = not BALANCES.isdisjoint(self.measures)
        conditions = [each.since_ever if whole else each for each in request.conditions]
        self.values = [value for each in conditions for value in each.values]
        where = " AND ".join(f"({each.sql})" for each in conditions)
        within = SINCE if whole else "1"
        columns = [key.sql for key in keys] + [MEASURES[name].inner.format(within=within) for name in self.measures]
        used = set(ALIAS.findall(" ".join([*columns, where])))
        joins = " ".join(sql for alias, sql in JOINS.items() if alias in used)
        ordinals = [str(n) for n, key in enumerate(keys, 1) if key.level != "none"]
        tail = f"GROUP BY {', '.join(ordinals)}" if ordinals else "HAVING COUNT(*) > 0"
        shown = ", ".join(columns) or "1"
        self.sql = f"SELECT {shown} FROM entries e {joins} WHERE {where or 1} {tail}"  # noqa: S608 - of our own names

    def place(self, measure: str) -> int:
        """Which column of the answer a sum is in."""
        return len(self.groups) + self.measures.index(measure)
