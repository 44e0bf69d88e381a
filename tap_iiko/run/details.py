"""Tables that iiko gives row by row: a request for each row of their parent, in days that are about to be written."""

from __future__ import annotations

import typing as t
from contextlib import closing
from dataclasses import replace
from functools import partial

from tap_iiko import tables
from tap_iiko.iiko import errors

if t.TYPE_CHECKING:
    import datetime

    from tap_iiko.iiko.client import Client
    from tap_iiko.iiko.sources import Get, Items
    from tap_iiko.rows.reader import Record, TableReader, WindowRows
    from tap_iiko.run.load import LoadContext
    from tap_iiko.tables import Table

KEEPS: t.Final = ("id", "business_date")
"""Of the parent's rows: whom to ask for, and the day that the rows belong to."""


class Details:
    """One such table of one server in one run."""

    def __init__(self, reader: TableReader, source: Get, client: Client, most_requests: int | None) -> None:
        """``most_requests`` are enough for a test."""
        self.reader = reader
        self.source = source
        self.client = client
        self.parent: Table = tables.load(reader.table.family)
        self._left = most_requests

    @property
    def name(self) -> str:
        """Of the table."""
        return self.reader.table.name

    def read(
        self, day: datetime.date, rows: t.Iterable[Record], context: LoadContext
    ) -> tuple[WindowRows, LoadContext]:
        """What belongs to a day's rows of the parent, and what it took to ask for it.

        Raises:
            Unavailable: nobody may ask, or not here.
            PartFailed: one of them cannot be read.
        """
        pages: list[Items] = []
        for row in {row["id"]: row for row in rows}.values():
            if self._left == 0:
                break
            self._left = None if self._left is None else self._left - 1
            items, size = self.client.pacing.retry(partial(self._ask, row), on=errors.CutAnswer)
            context = replace(context, requests=context.requests + 1, bytes=context.bytes + size)
            pages.append(items)
        for merges in (False, True):
            self.reader.begin([day], context.synced_at, merges=merges)
            for items in pages:
                self.reader.take(items)
            if not self.reader.has_duplicates:
                break
        return self.reader.end(), context

    def _ask(self, row: Record) -> tuple[Items, int]:
        """The answer for a row, with what a part takes from its parent."""
        of_parent = {column.fields[0]: row[column.name] for column in self.parent.columns if column.name in KEEPS}
        source = self.source.of_row(row["id"])
        with closing(source.fetch(self.client).result()) as answer:
            items = [{**item, **of_parent} for page in source.pages(answer.body) for item in page]
            return items, answer.bytes

    def close(self) -> None:
        """Give the space back."""
        self.reader.close()
