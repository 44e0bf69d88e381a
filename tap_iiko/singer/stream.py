"""What all tables share: schema, selection, and the two ways rows leave, by page and by record."""

from __future__ import annotations

import functools
import typing as t

import msgspec
from singer_sdk import Stream
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import SameRecordTransform

from tap_iiko import tables
from tap_iiko.iiko import errors
from tap_iiko.proof.reconciliation import moment
from tap_iiko.rows.projection import OddValues, Projection
from tap_iiko.singer import selection
from tap_iiko.singer.writer import BlockWriter, encode_records

if t.TYPE_CHECKING:
    import datetime

    from singer_sdk.helpers.types import Context
    from singer_sdk.singerlib import Catalog, MetadataMapping
    from singer_sdk.tap_base import Tap

    from tap_iiko.iiko.client import Client
    from tap_iiko.iiko.olap import Row

Record = dict[str, t.Any]


class IikoStream(Stream):
    """One table. ``schemas/<name>.json`` describes it."""

    primary_keys = tables.KEY
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # rows are typed by the projection
    table: tables.Table
    record_limit: int | None = None
    written = 0

    def __init__(self, tap: Tap) -> None:
        """Load the schema."""
        self.table = tables.load(self.name)
        self.odd_values = OddValues()
        super().__init__(tap, schema=self.table.schema)

    @property
    def metadata(self) -> MetadataMapping:
        """The selection; what deletion rests on is automatic."""
        metadata = super().metadata
        selection.make_automatic(metadata, selection.automatic_columns(self.table))
        return metadata

    def apply_catalog(self, catalog: Catalog) -> None:
        """Take over a selection; what deletion rests on stays."""
        if entry := catalog.get_stream(self.name):
            selection.complete(entry, self.table)
        super().apply_catalog(catalog)

    @functools.cached_property
    def goes_by_page(self) -> bool:
        """Whether rows may be encoded a page at a time: not under stream maps or flattening."""
        maps = self.stream_maps
        return len(maps) == 1 and type(maps[0]) is SameRecordTransform and not maps[0].flattening_enabled

    @functools.cached_property
    def selected_columns(self) -> tuple[str, ...]:
        """The columns that the catalog selects, in the schema's order."""
        return tuple(name for name in self.table.schema["properties"] if self.mask["properties", name])

    def server_state(self, server_id: str) -> dict[str, t.Any]:
        """What the Singer state keeps for this table and server, writable."""
        return t.cast("dict[str, t.Any]", self.get_context_state({"server_id": server_id}))

    @functools.cached_property
    def row_type(self) -> type[msgspec.Struct]:
        """A row of the selected columns, for the way by page."""
        return msgspec.defstruct(self.name, [(name, t.Any) for name in self.selected_columns], gc=False)

    def records_of(self, columns: t.Mapping[str, t.Sequence[t.Any]], size: int) -> list[t.Any]:
        """Rows from columns, as ``encode`` takes them; a missing column is null."""
        nothing = [None] * size
        if self.goes_by_page:
            return list(map(self.row_type, *(columns.get(name, nothing) for name in self.selected_columns)))
        names = tuple(self.table.schema["properties"])
        return [
            dict(zip(names, row, strict=True))
            for row in zip(*(columns.get(name, nothing) for name in names), strict=True)
        ]

    def encode(self, records: t.Sequence[t.Any], extracted: datetime.datetime) -> bytes:
        """RECORD messages; both ways give the same lines."""
        if self.record_limit is not None:
            records = records[: max(0, self.record_limit - self.written)]
        self.written += len(records)
        if self.goes_by_page:
            return encode_records(self.name, records, extracted)
        writer = self._tap.message_writer
        lines = bytearray()
        for record in records:
            for message in self._generate_record_messages(record):
                lines += writer.format_message(message)
        return bytes(lines)

    def write(self, records: t.Sequence[Record], server_id: str, synced_at: datetime.datetime) -> None:
        """Write whole rows; the columns that every table has are added."""
        stamp = {"server_id": server_id, "synced_at": moment(synced_at)}
        columns = self.table.schema["properties"]
        complete = [{name: {**stamp, **record}.get(name) for name in columns} for record in records]
        if self.goes_by_page:
            selected = self.selected_columns
            complete = [{name: record[name] for name in selected} for record in complete]
        self.write_lines(self.encode(complete, synced_at))

    def write_lines(self, lines: bytes) -> None:
        """Hand encoded messages to the tap's writer."""
        t.cast("BlockWriter", self._tap.message_writer).write_block(lines)

    def get_records(self, context: Context | None) -> t.Iterable[Record]:
        """Not how this tap reads: a run goes server by server and day by day, across tables.

        Raises:
            NotImplementedError: always; ``tap_iiko.run`` reads.
        """
        message = f"{self.name} is read by Tap.sync_all(), together with the other tables"
        raise NotImplementedError(message)


class ReferenceStream(IikoStream):
    """A table that is read whole in every run: one partition per server."""

    replication_method = "FULL_TABLE"
    path: str
    params: tuple[tuple[str, str], ...] = ()

    @functools.cached_property
    def projection(self) -> Projection:
        """How iiko's items become rows."""
        return Projection(self.table, self.odd_values)

    def read(self, client: Client, server_id: str) -> list[Record]:
        """All rows of one server, typed."""
        items = list(self.items(client))
        columns = self.projection.convert(self.projection.page_of(items))
        beyond = [self.projection.beyond(item) for item in items]
        rows = []
        for index, item in enumerate(items):
            record = {name: values[index] for name, values in columns.items()}
            record["additional_info"] = beyond[index]
            record.update(self.derived(item, server_id))
            rows.append(record)
        return rows

    def items(self, client: Client) -> t.Iterable[Row]:
        """Iiko's items as it sends them."""
        raise NotImplementedError

    def derived(self, item: Row, server_id: str) -> Record:  # noqa: ARG002
        """The columns that no single iiko field fills."""
        return {}


class JsonListStream(ReferenceStream):
    """A v2 list: a bare array, or one inside ``response`` (API reference 2.3)."""

    def items(self, client: Client) -> t.Iterable[Row]:
        """The array's elements."""
        answer = client.get_json(self.path, self.params)
        if isinstance(answer, dict) and "response" in answer:
            answer = answer["response"]
        return check_items(answer, self.path)


def check_items(items: t.Any, where: str) -> t.Sequence[Row]:
    """Objects, each with an id.

    Raises:
        BadAnswer: anything else.
    """
    if not isinstance(items, list) or not all(isinstance(item, dict) and item.get("id") for item in items):
        message = f"{where}: the answer is not a list of objects with ids."
        raise errors.BadAnswer(message)
    return t.cast("list[Row]", items)
