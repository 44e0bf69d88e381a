"""OLAP SALES and DELIVERIES reports by the embedded SQL engine (API reference 4)."""

from __future__ import annotations

import json
import random
import re
import threading
import typing as t
from collections import OrderedDict
from json.encoder import encode_basestring

from simulator.aggregates import AGGREGATES, SHARES
from simulator.keys import JOINS, KEYS, MEASURES, NOTHING, Key
from simulator.request import Reader, Refusal, Request
from simulator.store import Store
from simulator.units import WHOLE

if t.TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Iterable, Sequence

    from simulator.ledger import Ledger
    from simulator.readings import Readings

CACHE_BYTES: t.Final = 512 << 20
ALIAS: t.Final = re.compile(r"\b([a-z]+)\.")
ORDER_GRAIN: t.Final = {"OpenDate.Typed", "Department.Id", "UniqOrderId.Id"}
LINE_KEY: t.Final = "ItemSaleEvent.Id"
TEXTS: t.Final = {"ENUM", "STRING", "ID", "ID_STRING", "DATE", "DATETIME", "OBJECT"}
UNPAID: t.Final = "(без оплаты)"


def number(value: float | None, scale: int = WHOLE) -> str:
    """As iiko prints numbers: whole ones without fraction, others as the binary fraction that they are (4.6)."""
    if value is None:
        return "null"
    shown = value if scale == WHOLE else value / scale
    if isinstance(shown, float):
        return str(int(shown)) if shown.is_integer() else repr(shown)
    return str(shown)


class _Numbers(dict[t.Any, str]):
    """Numbers and their texts; money repeats itself."""

    def __init__(self, scale: int) -> None:
        self.scale = scale

    def __missing__(self, value: float | None) -> str:
        text = self[value] = number(value, self.scale)
        return text


class _Texts(dict[t.Any, str]):
    """Texts as JSON."""

    def __init__(self, blank: str) -> None:
        self[None] = self[""] = blank

    def __missing__(self, value: t.Any) -> str:  # noqa: ANN401
        text = self[value] = encode_basestring(str(value))
        return text


class Query:
    """The SQL of a request over some of its groups."""

    def __init__(self, request: Request, groups: Sequence[str]) -> None:
        """Over ``groups``, which are the request's or, for a subtotal, the first of them."""
        self.groups = list(groups)
        keys = [KEYS.get(name, NOTHING) for name in groups]
        levels = {key.level for key in (*keys, *(condition.key for condition in request.conditions))}
        self.by_payment = "payment" in levels
        self.by_discount = "discount" in levels
        self.measures = list(
            dict.fromkeys(
                measure
                for name in request.aggregates
                for measure in (AGGREGATES[name].inputs if name in AGGREGATES else ("revenue",))
            )
        )
        where = [condition.sql for condition in request.conditions]
        if request.report == "DELIVERIES":
            where.append("del.id IS NOT NULL")
        self.values = [value for condition in request.conditions for value in condition.values]
        columns = [key.sql for key in keys]
        inner = [self._inner(name) for name in self.measures]
        self.sql = self._build(keys, columns, inner, " AND ".join(f"({each})" for each in where) or "1")

    def _inner(self, name: str) -> str:
        weight = " * pay.share" if self.by_payment else ""
        if name == "discount" and self.by_discount:
            return f"SUM(coalesce(disc.sum, 0){weight})"
        if name == "items" and not (self.by_payment or self.by_discount):
            return "COUNT(*)"
        if self.by_discount:
            weight += " * coalesce(disc.weight, 1)"
        return MEASURES[name].inner.format(w=weight, discount=f"l.discount{weight}")

    def _build(self, keys: list[Key], columns: list[str], inner: list[str], where: str) -> str:
        used = set(ALIAS.findall(" ".join([*columns, *inner, where]))) | {"l"}
        if "paytype" in used:
            used.add("pay")
        joins = " ".join(sql for alias, sql in JOINS.items() if alias in used)
        source = f"FROM orders o {joins} WHERE {where}"
        ordinals = {str(n) for n, key in enumerate(keys, 1) if key.level != "none"}
        whole_orders = set(self.groups) >= ORDER_GRAIN
        if whole_orders:
            by_line = LINE_KEY in self.groups
            told = {"order", "none"} | ({"line"} if by_line else set())
            ordinals = {str(n) for n, key in enumerate(keys, 1) if key.level not in told}
            ordinals |= {"o.pk"} | ({"l.n"} if by_line else set())
        of_orders = any(
            MEASURES[name].of_order or (name == "items" and sql != "COUNT(*)")
            for name, sql in zip(self.measures, inner, strict=True)
        )
        grouping = f" GROUP BY {', '.join(sorted(ordinals))}" if ordinals else ""
        if whole_orders or not of_orders:
            having = "" if ordinals else " HAVING COUNT(*) > 0"
            return f"SELECT {', '.join([*columns, *inner])} {source}{grouping}{having}"
        # Facts of whole orders: first the orders of each group, then the groups.
        inside = ", ".join(
            [f"{sql} AS k{n}" for n, sql in enumerate(columns)] + [f"{sql} AS m{n}" for n, sql in enumerate(inner)]
        )
        outside = [f"k{n}" for n in range(len(columns))]
        outside += [f"{MEASURES[name].outer}(m{n})" for n, name in enumerate(self.measures)]
        orders = f"SELECT {inside} {source} GROUP BY {', '.join([*sorted(ordinals), 'o.pk'])}"
        having = "" if ordinals else " HAVING COUNT(*) > 0"
        return f"SELECT {', '.join(outside)} FROM ({orders}){grouping}{having}"


class Olap:
    """The reports of one server."""

    def __init__(self, ledger: Ledger, readings: Readings, reader: Reader) -> None:
        """Load the ledger into the SQL engine."""
        self.ledger = ledger
        self.readings = readings
        self.reader = reader
        self.store = Store(ledger)
        self._cache: OrderedDict[tuple[int, bytes], tuple[bytes, int]] = OrderedDict()
        self._cached_bytes = 0
        self._lock = threading.Lock()

    def read(self, body: bytes, today: datetime.date) -> Request:
        """Check a request.

        Raises:
            Refusal: it is not one that iiko would answer.
        """
        try:
            content = json.loads(body)
        except ValueError:
            raise Refusal(400, "Malformed JSON in the request body") from None
        request = self.reader.read(content, today)
        if request.first and request.days == 0 and self.readings.empty_range == "conflict":
            raise Refusal(409, "Начало периода должно быть раньше его конца")
        return request

    def answer(self, body: bytes, request: Request) -> tuple[bytes, int]:
        """The answer's bytes and how many rows it has."""
        with self._lock, self.ledger.lock:
            key = (self.ledger.revision, body)
            if key in self._cache:
                self._cache.move_to_end(key)
                return self._cache[key]
            self.store.refresh()
            answer = self._answer(request)
            self._cache[key] = answer
            self._cached_bytes += len(answer[0])
            while self._cached_bytes > CACHE_BYTES and len(self._cache) > 1:
                self._cached_bytes -= len(self._cache.popitem(last=False)[1][0])
            return answer

    def _answer(self, request: Request) -> tuple[bytes, int]:
        if request.report not in {"SALES", "DELIVERIES"}:
            return self._wrap([], []), 0
        names = sorted({*request.groups, *request.aggregates})
        if self.readings.key_order == "shuffled":
            random.Random(repr(names)).shuffle(names)
        rows = self._rows(request, request.groups, names)
        summary: list[str] = []
        if request.summary:
            for length in range(len(request.groups)):
                some = request.groups[:length]
                groups = self._rows(request, some, sorted(some))
                sums = self._rows(request, some, sorted(request.aggregates))
                summary += [f"[{one},{other}]" for one, other in zip(groups, sums, strict=True)]
        return self._wrap(rows, summary), len(rows)

    def _wrap(self, rows: list[str], summary: list[str]) -> bytes:
        comma, colon = (", ", ": ") if self.readings.json_spacing == "spaced" else (",", ":")
        parts = [f'"data"{colon}[{comma.join(rows)}]', f'"summary"{colon}[{comma.join(summary)}]']
        if self.readings.summary_first:
            parts.reverse()
        return f"{{{comma.join(parts)}}}".encode()

    def _rows(self, request: Request, groups: list[str], names: list[str]) -> list[str]:
        """The rows as JSON objects with the keys ``names``."""
        query = Query(request, groups)
        values: dict[str, t.Any] = {f"v{n}": value for n, value in enumerate(query.values)}
        numbered = iter(values)
        sql = re.sub(r"\?", lambda _: f":{next(numbered)}", query.sql)
        values["unpaid"] = UNPAID if self.readings.no_payment == "text" else None
        found = self.store.db.execute(sql, values).fetchall()
        if not found:
            return []
        columns = list(zip(*found, strict=True))
        measures = dict(zip(query.measures, columns[len(groups) :], strict=True))
        texts = dict(zip(groups, columns, strict=False))
        comma, colon = (", ", ": ") if self.readings.json_spacing == "spaced" else (",", ":")
        template = f"{{{comma.join(f'{encode_basestring(name)}{colon}%s' for name in names)}}}"
        shown: list[Iterable[str]] = []
        for name in names:
            if name in texts:
                shown.append(map(self._key_printer(request, name), texts[name]))
            else:
                shown.append(self._aggregate(request, name, measures, len(found)))
        if not shown:
            return ["{}"] * len(found)
        return list(map(template.__mod__, zip(*shown, strict=True)))

    def _key_printer(self, request: Request, name: str) -> Callable[[t.Any], str]:
        known = request.fields.get(name)
        kind = known.type if known else "STRING"
        if kind not in TEXTS:
            return _Numbers(KEYS.get(name, NOTHING).scale).__getitem__
        blank = '""' if self.readings.blank == "empty" and kind not in {"DATE", "DATETIME"} else "null"
        printed = _Texts(blank).__getitem__
        if kind == "DATE" and self.readings.date_form == "datetime":
            return lambda value: printed(value and f"{value}T00:00:00")
        return printed

    def _aggregate(
        self, request: Request, name: str, measures: dict[str, Sequence[t.Any]], count: int
    ) -> Iterable[str]:
        if name in SHARES:
            total = sum(measures["revenue"])
            return [number(value / total if total else 0) for value in measures["revenue"]]
        if name not in AGGREGATES:
            return ["0" if request.fields[name].type != "STRING" else "null"] * count
        recipe = AGGREGATES[name]
        scales = [MEASURES[measure].scale for measure in recipe.inputs]
        if len(recipe.inputs) > 1:
            columns = [
                [None if value is None else value / scale for value in measures[measure]]
                for measure, scale in zip(recipe.inputs, scales, strict=True)
            ]
            return [number(recipe.of(*row)) for row in zip(*columns, strict=True)]
        values = measures[recipe.inputs[0]]
        if request.fields[name].type == "DATETIME":
            return map(_Texts("null").__getitem__, values)
        printed = _Numbers(scales[0])
        if recipe.inputs[0] != "cost" or self.readings.unposted_cost == "zero":
            printed[None] = "0"
        return map(printed.__getitem__, values)
