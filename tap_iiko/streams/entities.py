"""The names of types: one request for all of them (API reference 3.4)."""

from __future__ import annotations

import typing as t
from contextlib import closing
from dataclasses import dataclass, field

from tap_iiko.iiko import errors
from tap_iiko.iiko.sources import Get
from tap_iiko.streams.forms import ListForm

if t.TYPE_CHECKING:
    from tap_iiko.iiko.client import Client
    from tap_iiko.iiko.sources import Item, Items

CATEGORIES: t.Final = {"TaxCategory": "tax", "ProductCategory": "product", "AccountingCategory": "accounting"}


@dataclass
class EntityList:
    """``v2/entities/list``: a type that an old server does not know refuses the whole request, so it is left out."""

    path: str
    types: t.Sequence[str]
    refused: dict[str, errors.Rejected] = field(default_factory=dict)
    """What this server said to a type that it does not know."""

    def read(self, client: Client) -> t.Iterator[Items]:
        """All types in one request; one by one where that is refused."""
        try:
            yield from self._ask(client, self.types)
        except errors.Rejected as error:
            if len(self.types) == 1:
                self.refused[self.types[0]] = error
                return
        else:
            return
        for each in self.types:
            try:
                yield from self._ask(client, [each])
            except errors.Rejected as error:
                self.refused[each] = error

    def _ask(self, client: Client, types: t.Sequence[str]) -> t.Iterator[Items]:
        params = (*(("rootType", each) for each in types), ("includeDeleted", "true"))
        source = Get(self.path, params)
        with closing(source.fetch(client).result()) as answer:
            yield from source.pages(answer.body)


class EntityForm(ListForm):
    """Entries of some types."""

    def split(self, item: Item) -> t.Iterable[Item]:
        """Those of this table."""
        return (item,) if item.get("rootType") in self.table.source["types"] else ()


class CategoryForm(EntityForm):
    """Three types in one table."""

    def split(self, item: Item) -> t.Iterable[Item]:
        """With the kind of category."""
        for each in super().split(item):
            yield {**each, "(kind)": CATEGORIES[each["rootType"]]}
