"""OLAP reports by the embedded SQL engine (API reference 4)."""

from __future__ import annotations

import json
import random
import re
import typing as t
from collections import OrderedDict
from itertools import chain
from json.encoder import encode_basestring

from simulator.olap.aggregates import AGGREGATES, SHARES
from simulator.olap.keys import BY_DISCOUNT, JOINS, KEYS, MEASURES, NOTHING, Key
from simulator.olap.ledger_query import LedgerQuery
from simulator.olap.ledger_tables import LedgerTables
from simulator.olap.request import LEDGER, Reader, Refusal, Request
from simulator.olap.store import Store
from simulator.world.units import MONEY, WHOLE

Column = t.Callable[[list[tuple[t.Any, ...]]], t.Iterable[str]]

if t.TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Iterator, Sequence

    from simulator.readings import Readings
    from simulator.world.book import Book
    from simulator.world.ledger import Ledger

CACHE_BYTES: t.Final = 512 << 20
CHUNK: t.Final = 5_000
"""Rows that are rendered at a time: a large report must not lie in memory several times."""
KNOWN_TEXTS: t.Final = 50_000
CURRENCY_SHOWN: t.Final = 7
"""Sums in a currency are shown where the kopecks are divided by this."""
NUMBERED: t.Final = {"TableNumInt": "TableNum"}
"""An unlisted name with the type of the listed one."""
ALIAS: t.Final = re.compile(r"\b([a-z]+)\.")
ORDER_GRAIN: t.Final = {"OpenDate.Typed", "Department.Id", "UniqOrderId.Id"}
LINE_KEY: t.Final = "ItemSaleEvent.Id"
TEXTS: t.Final = {"ENUM", "STRING", "ID", "ID_STRING", "DATE", "DATETIME", "OBJECT"}
UNPAID: t.Final = "(без оплаты)"


def number(value: float | None, scale: int = WHOLE) -> str:
    """As iiko prints numbers: whole ones without fraction, others as the binary fraction that they are (4.6)."""
    if value is None:
        return "null"
    shown = value / scale
    return str(int(shown)) if shown.is_integer() else repr(shown)


class _Numbers(dict[t.Any, str]):
    """Numbers and their texts; money repeats itself."""

    def __init__(self, scale: int) -> None:
        self.scale = scale

    def __missing__(self, value: t.Any) -> str:
        # A field of whole numbers may hold a text: the table 12A.
        text = encode_basestring(value) if isinstance(value, str) else number(value, self.scale)
        if len(self) < KNOWN_TEXTS:
            self[value] = text
        return text


class _Texts(dict[t.Any, str]):
    """Texts as JSON."""

    def __init__(self, blank: str) -> None:
        self[None] = self[""] = blank

    def __missing__(self, value: t.Any) -> str:
        text = encode_basestring(str(value))
        if len(self) < KNOWN_TEXTS:
            self[value] = text
        return text


class _Cheques(_Texts):
    """Numbers of fiscal receipts: a text, a number, a list of numbers, each as it is (4.6)."""

    def __missing__(self, value: t.Any) -> str:
        if isinstance(value, int) or value.startswith("["):
            return str(value)
        return super().__missing__(value)


def currencies(value: float | None) -> str:
    """The sum in the currency of the payment: mostly an empty object (4.6)."""
    return "{}" if not value or int(value) % CURRENCY_SHOWN else f'{{"RUB":{number(value, MONEY)}}}'


class Query:
    """The SQL of a request over some of its groups."""

    aggregates: t.Final = AGGREGATES
    known_measures: t.Final = MEASURES

    def __init__(self, request: Request, groups: Sequence[str], known: t.Mapping[str, Key]) -> None:
        """Over ``groups``, which are the request's or, for a subtotal, the first of them."""
        self.groups = list(groups)
        keys = [known.get(name, NOTHING) for name in groups]
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
        if self.by_discount:
            where.append("disc.k IS NOT NULL OR :undiscounted")
        self.values = [value for condition in request.conditions for value in condition.values]
        columns = [key.sql for key in keys]
        inner = [self._inner(name) for name in self.measures]
        self.sql = self._build(keys, columns, inner, " AND ".join(f"({each})" for each in where) or "1")

    @property
    def groups_lines(self) -> bool:
        """Whether each line is a row; those of a sales document have no id, but each its own dish (4.8)."""
        return {LINE_KEY, "DishId"} <= set(self.groups)

    def place(self, measure: str) -> int:
        """Which column of the answer a sum is in."""
        return len(self.groups) + self.measures.index(measure)

    def _inner(self, name: str) -> str:
        weight = " * pay.share" if self.by_payment else ""
        if name in BY_DISCOUNT and self.by_discount:
            return BY_DISCOUNT[name].format(w=weight)
        if name == "items" and not (self.by_payment or self.by_discount):
            return "COUNT(*)"
        if self.by_discount:
            weight += " * coalesce(disc.weight, 1)"
        return MEASURES[name].inner.format(w=weight)

    def _build(self, keys: list[Key], columns: list[str], inner: list[str], where: str) -> str:
        used = set(ALIAS.findall(" ".join([*columns, *inner, where]))) | {"l"}
        if "paytype" in used:
            used.add("pay")
        joins = " ".join(sql for alias, sql in JOINS.items() if alias in used)
        source = f"FROM orders o {joins} WHERE {where}"
        ordinals = {str(n) for n, key in enumerate(keys, 1) if key.level != "none"}
        whole_orders = set(self.groups) >= ORDER_GRAIN
        if whole_orders:
            by_line = self.groups_lines
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
        return f"SELECT {', '.join(outside)} FROM ({orders}){grouping}{having}"  # noqa: S608 - made of our own names


class Olap:
    """The reports of one server."""

    def __init__(self, ledger: Ledger, book: Book, readings: Readings, reader: Reader) -> None:
        """Load the sales into the SQL engine; the book waits until somebody asks for it."""
        self.ledger = ledger
        self.readings = readings
        self.reader = reader
        self.store = Store(ledger)
        self._postings = LedgerTables(self.store, book, readings)
        self._comma, self._colon = (", ", ": ") if readings.json_spacing == "spaced" else (",", ":")
        self._state = ledger.state
        self._cache: OrderedDict[bytes, tuple[bytes, int]] = OrderedDict()
        self._cached_bytes = 0

    def read(self, body: bytes, today: datetime.date) -> Request:
        """Check a request.

        Raises:
            Refusal: it is not one that iiko would answer.
        """
        try:
            content = json.loads(body)
        except ValueError:
            raise Refusal(400, "Malformed JSON in the request body") from None
        return self.reader.read(content, today)

    def answer(self, body: bytes, request: Request) -> tuple[bytes, int]:
        """The answer's bytes and how many rows it has; the same again as long as nothing changes."""
        with self.ledger.lock:
            if self._state != self.ledger.state:
                self._state = self.ledger.state
                self._cache.clear()
                self._cached_bytes = 0
                self.store.refresh()
            if body in self._cache:
                self._cache.move_to_end(body)
                return self._cache[body]
            answer = self._answer(request)
            self._cache[body] = answer
            self._cached_bytes += len(answer[0])
            while self._cached_bytes > CACHE_BYTES and len(self._cache) > 1:
                self._cached_bytes -= len(self._cache.popitem(last=False)[1][0])
            return answer

    def _answer(self, request: Request) -> tuple[bytes, int]:
        if request.report == "STOCK":
            return self._wrap([], []), 0
        if request.report == LEDGER:
            self._postings.refresh()
        names = sorted({*request.groups, *request.aggregates})
        if self.readings.key_order == "shuffled":
            random.Random(repr(names)).shuffle(names)
        count = 0
        parts: list[bytes] = []
        for rows in self._rows(request, request.groups, names):
            parts.append((self._comma * bool(count) + self._comma.join(rows)).encode())
            count += len(rows)
        summary = self._summary(request) if request.summary else []
        return self._wrap(parts, [self._comma.join(summary).encode()]), count

    def _summary(self, request: Request) -> list[str]:
        """Pairs of group values and sums: ``{}`` is the grand total, then a prefix of the row groups (4.5)."""
        pairs: list[str] = []
        whole = request.rows < len(request.groups) or not request.groups
        for length in range(request.rows + whole):
            some = request.groups[:length]
            groups = chain.from_iterable(self._rows(request, some, sorted(some)))
            sums = chain.from_iterable(self._rows(request, some, sorted(request.aggregates)))
            pairs += [f"[{one}{self._comma}{other}]" for one, other in zip(list(groups), sums, strict=True)]
        return pairs

    def _wrap(self, rows: list[bytes], summary: list[bytes]) -> bytes:
        comma, colon = self._comma.encode(), self._colon.encode()
        parts = [b'"data"', colon, b"[", *rows, b"]"], [b'"summary"', colon, b"[", *summary, b"]"]
        first, second = reversed(parts) if self.readings.summary_first else parts
        return b"".join([b"{", *first, comma, *second, b"}"])

    def _query(self, request: Request, groups: list[str]) -> Query | LedgerQuery:
        if request.report == LEDGER:
            return LedgerQuery(request, groups)
        return Query(request, groups, self.reader.keys(request.report))

    def _rows(self, request: Request, groups: list[str], names: list[str]) -> Iterator[list[str]]:
        """The rows as JSON objects with the keys ``names``, some at a time."""
        query = self._query(request, groups)
        values: dict[str, t.Any] = {f"v{n}": value for n, value in enumerate(query.values)}
        numbered = iter(values)
        sql = re.sub(r"\?", lambda _: f":{next(numbered)}", query.sql)
        values["first"] = request.first
        values["out"] = -1 if self.readings.amount_out == "negative" else 1
        values["undiscounted"] = self.readings.undiscounted == "blank"
        values["unpaid"] = UNPAID if self.readings.no_payment == "text" else None
        cursor = self.store.db.execute(sql, values)
        whole: float = 0
        chunks = iter(lambda: cursor.fetchmany(CHUNK), [])
        if request.report != LEDGER and not SHARES.isdisjoint(names):
            found = cursor.fetchall()
            whole = sum(row[query.place("revenue")] for row in found)
            chunks = iter([found] if found else [])
        columns = [self._column(request, query, name, whole) for name in names]
        template = f"{{{self._comma.join(f'{encode_basestring(name)}{self._colon}%s' for name in names)}}}"
        for rows in chunks:
            values_of = list(zip(*rows, strict=True))
            if columns:
                yield list(map(template.__mod__, zip(*(column(values_of) for column in columns), strict=True)))
            else:
                yield ["{}"] * len(rows)

    def _column(self, request: Request, query: Query | LedgerQuery, name: str, whole: float) -> Column:
        """What prints one field of some rows, given the columns of the SQL answer."""
        if name in query.groups:
            place = query.groups.index(name)
            printed = self._key_printer(request, name)
            return lambda columns: map(printed, columns[place])
        if name in SHARES and request.report != LEDGER:
            place = query.place("revenue")
            return lambda columns: [number(value / whole if whole else 0) for value in columns[place]]
        if name not in query.aggregates:
            blank = "null" if request.fields[name].type == "STRING" else "0"
            return lambda columns: [blank] * len(columns[0])
        recipe = query.aggregates[name]
        places = [query.place(measure) for measure in recipe.inputs]
        scales = [query.known_measures[measure].scale for measure in recipe.inputs]
        if len(places) > 1:
            return lambda columns: [
                number(recipe.of(*map(_unscaled, values, scales)))
                for values in zip(*(columns[place] for place in places), strict=True)
            ]
        if request.fields[name].type == "OBJECT" and self.readings.objects == "object":
            return lambda columns: map(currencies, columns[places[0]])
        if request.fields[name].type == "DATETIME":
            text = _Texts("null").__getitem__
            return lambda columns: map(text, columns[places[0]])
        numbers = _Numbers(scales[0])
        if recipe.inputs[0] != "cost" or self.readings.unposted_cost == "zero":
            numbers[None] = "0"
        return lambda columns: map(numbers.__getitem__, columns[places[0]])

    def _key_printer(self, request: Request, name: str) -> Callable[[t.Any], str]:
        known = request.fields.get(name) or request.fields.get(NUMBERED.get(name, ""))
        kind = known.type if known else "STRING"
        if kind not in TEXTS:
            return _Numbers(KEYS.get(name, NOTHING).scale).__getitem__
        if kind == "OBJECT":
            return lambda _: "{}"
        blank = '""' if self.readings.blank == "empty" and kind not in {"DATE", "DATETIME"} else "null"
        printed = (_Cheques if name == "FiscalChequeNumber" else _Texts)(blank).__getitem__
        if kind == "DATE" and self.readings.date_form == "datetime":
            return lambda value: printed(value and f"{value}T00:00:00")
        return printed


def _unscaled(value: float | None, scale: int) -> float | None:
    return None if value is None else value / scale
