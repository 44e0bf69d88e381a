"""One table as a Singer stream: schema, selection, and how its rows become lines."""

from __future__ import annotations

import functools
import threading
import typing as t

import msgspec
from singer_sdk import Stream
from singer_sdk.contrib.msgspec import encoder
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import SameRecordTransform

from tap_iiko import tables
from tap_iiko.iiko.values import moment
from tap_iiko.rows.projection import OddValues
from tap_iiko.singer import selection
from tap_iiko.singer.writer import encode_records

if t.TYPE_CHECKING:
    import datetime

    from singer_sdk.helpers.types import Context
    from singer_sdk.singerlib import Catalog, MetadataMapping
    from singer_sdk.tap_base import Tap

    from tap_iiko.iiko.values import Page
    from tap_iiko.singer.batches import BatchFiles
    from tap_iiko.tables import Table

Record = dict[str, t.Any]
CHANGING: t.Final = frozenset({"server_id", "synced_at"})  # no part of what a row says


class IikoStream(Stream):
    """A table. Shared by all servers of a run, so it holds nothing of any of them."""

    primary_keys = tables.KEY
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # rows are typed by the projection

    def __init__(self, tap: Tap, table: Table) -> None:
        """For a run of ``tap``."""
        self.table = table
        self.odd_values = OddValues()
        self.batch_files: BatchFiles | None = None
        """Where rows of days go instead of into RECORD messages, if that is configured."""
        self._one_at_a_time = threading.Lock()
        super().__init__(tap, schema=table.schema, name=table.name)
        if table.partition == "day":
            self.replication_key = selection.DAY

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
        return tuple(name for name in self.table.column_names if self.mask["properties", name])

    @functools.cached_property
    def row_type(self) -> type[msgspec.Struct]:
        """A row of the selected columns."""
        return msgspec.defstruct(self.name, [(name, t.Any) for name in self.selected_columns], gc=False)

    @functools.cached_property
    def content_type(self) -> type[msgspec.Struct]:
        """What a row says."""
        names = [name for name in self.selected_columns if name not in CHANGING]
        return msgspec.defstruct(f"{self.name}_content", [(name, t.Any) for name in names], gc=False)

    def records_of(self, columns: Page, size: int) -> list[t.Any]:
        """Rows from columns, as ``encode`` takes them; a missing column is null."""
        if self.goes_by_page:
            return _structs(self.row_type, columns, size)
        nothing = [None] * size
        names = self.table.column_names
        return [
            dict(zip(names, row, strict=True))
            for row in zip(*(columns.get(name, nothing) for name in names), strict=True)
        ]

    def content_of(self, columns: Page, size: int) -> t.Sequence[bytes]:
        """Each row without what changes from load to load, to see whether it has changed."""
        return [encoder.encode(record) for record in _structs(self.content_type, columns, size)]

    def encode(self, records: t.Sequence[t.Any], extracted: datetime.datetime) -> bytes:
        """RECORD messages, or the bare rows of a BATCH file; both ways give the same lines."""
        if self.batch_files is not None:
            return encoder.encode_lines(records)
        if self.goes_by_page:
            return encode_records(self.name, records, extracted)
        writer = self._tap.message_writer
        lines = bytearray()
        with self._one_at_a_time:  # a map keeps the row that it is at
            for record in records:
                for message in self._generate_record_messages(record):
                    lines += writer.format_message(message)
        return bytes(lines)

    def lines_of(self, records: t.Sequence[Record], server_id: str, synced_at: datetime.datetime) -> bytes:
        """Whole rows of the tap's own tables; the columns that every table has are added."""
        columns: Page = {name: [record.get(name) for record in records] for name in self.table.column_names}
        columns["server_id"] = [server_id] * len(records)
        columns["synced_at"] = [record.get("synced_at", moment(synced_at)) for record in records]
        return self.encode(self.records_of(columns, len(records)), synced_at)

    def write_schema(self) -> None:
        """SCHEMA; the SDK has no public way to write one."""
        self._write_schema_message()

    def write_batches(self, blocks: t.Iterator[bytes], rows: int) -> None:
        """Rows into files, each told by a BATCH message."""
        config = self.get_batch_config(self.config)
        if self.batch_files is None or config is None:
            raise RuntimeError(f"{self.name} goes by RECORD messages")
        for manifest in self.batch_files.write_equal(self.name, blocks, rows, config.batch_size):
            self._write_batch_message(config.encoding, [manifest])

    def get_records(self, context: Context | None) -> t.Iterable[Record]:
        """Not how this tap reads: a run goes server by server and day by day, across tables.

        Raises:
            NotImplementedError: always; ``tap_iiko.run`` reads.
        """
        message = f"{self.name} is read by Tap.sync_all(), together with the other tables"
        raise NotImplementedError(message)


def _structs(kind: type[msgspec.Struct], columns: Page, size: int) -> list[t.Any]:
    nothing = [None] * size
    return list(map(kind, *(columns.get(name, nothing) for name in kind.__struct_fields__)))
