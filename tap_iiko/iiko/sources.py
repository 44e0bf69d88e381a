"""How the rows of a list are asked for, and an answer as pages of items (API reference 2).

A source is a value: two tables with equal sources share one answer. Reports, the other kind of source, are in
``tap_iiko.iiko.olap``.
"""

from __future__ import annotations

import datetime
import typing as t
from contextlib import closing
from dataclasses import dataclass, replace
from urllib.parse import quote

from tap_iiko.iiko import errors, formats

if t.TYPE_CHECKING:
    from concurrent.futures import Future

    from tap_iiko.iiko.client import Answer, Client

PAGE_ITEMS = 500
PAGE_VALUES = 20_000  # of items and of all that lies inside them: a document may have hundreds of lines
ROW: t.Final = "{id}"
"""In a path: the id of a row of another table."""
FORMS: t.Final = {"date": "%Y-%m-%d", "dotted": "%d.%m.%Y"}
MOMENT: t.Final = "%Y-%m-%dT%H:%M:%S"  # a date without time is the *beginning* of that day (reference 3.12)

Item = dict[str, t.Any]
Items = list[Item]
Params = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class DayParams:
    """How a path takes its days (reference 2.1)."""

    first: str
    """The parameter's name."""
    last: str
    form: str = "date"
    """``date`` is 2026-11-25, ``dotted`` 25.11.2026."""
    end: str = "inclusive"
    most: int = 31
    """Days in one request, those beyond included."""
    beyond: tuple[int, int] = (0, 0)
    """Days before and behind that are asked for as well: the server may cut elsewhere."""
    ahead: int = 0
    """How far into the future documents are dated."""

    @property
    def longest(self) -> int:
        """Days of a window."""
        return self.most - sum(self.beyond)

    def of(self, first: datetime.date, last: datetime.date) -> Params:
        """The parameters for the days from ``first`` to ``last``, both included."""
        before, behind = self.beyond
        behind += self.end == "exclusive"
        form = FORMS[self.form]
        return (
            (self.first, (first - datetime.timedelta(days=before)).strftime(form)),
            (self.last, (last + datetime.timedelta(days=behind)).strftime(form)),
        )


@dataclass(frozen=True)
class Per:
    """A request for each row of another table."""

    param: str
    """The parameter that takes its id; every item of the answer has it as the field ``(param)``."""
    table: str
    where: tuple[tuple[str, str], ...] = ()
    """Columns of that table, and the value that a row must have there to be asked for."""

    @property
    def field(self) -> str:
        """As ``x-iiko`` and ``x-id`` name it."""
        return f"({self.param})"

    def ids(self, rows: t.Mapping[str, Item]) -> list[str]:
        """Of rows by id, those to ask for."""
        return [key for key, row in rows.items() if all(row[column] == value for column, value in self.where)]


@dataclass(frozen=True)
class Get:
    """A list, by GET."""

    path: str
    params: Params = ()
    rows: str = ""
    """Where the items lie: ``""`` in a JSON array, bare or in ``response``; ``*`` in a JSON map, whose keys become the
    field ``(key)``; ``.`` where the answer is one JSON object, the only item; ``root/element`` in XML, where ``?`` is
    any root."""
    otherwise: frozenset[str] = frozenset()
    """Parameters to leave out where iiko refuses the request with them: older servers know fewer."""
    days: DayParams | None = None
    moment: str = ""
    """The parameter that takes the moment of a balance."""
    per: Per | None = None
    needs_ids: bool = True
    """Whether an item without ``id`` is no item."""
    refused: t.ClassVar[t.Mapping[str, errors.Rejected]] = {}
    """It has no types that could be refused one by one."""

    @classmethod
    def of(cls, source: t.Mapping[str, t.Any], *, needs_ids: bool) -> Get:
        """From ``x-source`` of a schema file."""
        days, per = dict(source.get("days", {})), source.get("per")
        days |= {"first": days.pop("from", ""), "last": days.pop("to", ""), "beyond": tuple(days.get("beyond", (0, 0)))}
        return cls(
            path=source["get"],
            params=tuple(_pairs(source.get("params", {}))),
            rows=source.get("rows", ""),
            otherwise=frozenset(source.get("otherwise", ())),
            days=DayParams(**days) if days["first"] else None,
            moment=source.get("moment", ""),
            per=Per(per["param"], per["table"], tuple(per.get("where", {}).items())) if per else None,
            needs_ids=needs_ids,
        )

    def of_row(self, identity: str) -> Get:
        """The request for one row of another table, whose id stands in the path."""
        return replace(self, path=self.path.replace(ROW, quote(identity, safe="")))

    def fetch(
        self,
        client: Client,
        days: tuple[datetime.date, datetime.date] | None = None,
        *,
        now: datetime.datetime | None = None,
        asked: str | None = None,
    ) -> Future[Answer]:
        """Queue the request, over the days if it has any.

        Args:
            client: asks.
            days: the first and the last one.
            now: iiko's time, for a balance of a day that lasts.
            asked: the id for ``per``.
        """
        params = [*self.params, *self._when(days, now)]
        if self.per and asked:
            params.append((self.per.param, asked))
        kept = [pair for pair in params if pair[0] not in self.otherwise]
        return client.fetch_list(self.path, params, otherwise=kept if self.otherwise else None)

    def _when(self, days: tuple[datetime.date, datetime.date] | None, now: datetime.datetime | None) -> Params:
        if days and self.moment:
            closing_time = datetime.datetime.combine(days[1] + datetime.timedelta(days=1), datetime.time.min)
            return ((self.moment, min(closing_time, now or closing_time).strftime(MOMENT)),)
        return self.days.of(*days) if days and self.days else ()

    def read(self, client: Client) -> t.Iterator[Items]:
        """Ask and read, for a list without days."""
        with closing(self.fetch(client).result()) as answer:
            yield from self.pages(answer.body)

    def pages(self, body: t.IO[bytes]) -> t.Iterator[Items]:
        """The items, some at a time.

        Raises:
            BadAnswer: the answer is no such list.
        """
        for page in _pages(self._items(body)):
            if not all(isinstance(item, dict) and (item.get("id") or not self.needs_ids) for item in page):
                what = "objects with ids" if self.needs_ids else "objects"
                raise errors.BadAnswer(f"{self.path}: the answer is not a list of {what}.")
            yield page

    def _items(self, body: t.IO[bytes]) -> t.Iterator[t.Any]:
        if "/" in self.rows:
            root, element = self.rows.split("/")
            return formats.xml_rows(body, root, element, self.path)
        if self.rows == ".":
            return iter([formats.json_object(body.read(), self.path)])
        if self.rows == "*":
            entries = formats.json_map(body.read(), self.path)
            return ({**item, "(key)": key} if isinstance(item, dict) else {"(key)": key} for key, item in entries)
        return formats.json_items(body.read(), self.path)


def _pages(items: t.Iterable[t.Any]) -> t.Iterator[list[t.Any]]:
    """Pieces of a list that fit into little memory."""
    page: list[t.Any] = []
    values = 0
    for item in items:
        page.append(item)
        values += _values_in(item)
        if len(page) == PAGE_ITEMS or values >= PAGE_VALUES:
            yield page
            page, values = [], 0
    if page:
        yield page


def _values_in(item: t.Any, levels: int = 4) -> int:
    """Those of a document, of its list of lines, of a line, and of what lies in it."""
    inside = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
    if not levels:
        return len(inside)
    return len(inside) + sum(_values_in(each, levels - 1) for each in inside if isinstance(each, (dict, list)))


def _pairs(params: t.Mapping[str, str | list[str]]) -> t.Iterator[tuple[str, str]]:
    for name, value in params.items():
        for each in [value] if isinstance(value, str) else value:
            yield name, each
