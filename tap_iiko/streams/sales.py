"""The facts: four OLAP SALES reports over the same business days (API reference 4)."""

from __future__ import annotations

import math
import typing as t
from collections import defaultdict
from dataclasses import dataclass, field

from tap_iiko.iiko import olap
from tap_iiko.iiko.errors import BadAnswer
from tap_iiko.iiko.values import stable_id
from tap_iiko.proof.reconciliation import ORDER_COUNTS, moment
from tap_iiko.proof.totals import METRICS
from tap_iiko.rows.projection import Projection
from tap_iiko.rows.tally import Tally
from tap_iiko.singer.stream import IikoStream, Record
from tap_iiko.singer.writer import Spool, encode_rows

if t.TYPE_CHECKING:
    import datetime

    from singer_sdk.helpers._batch import BaseBatchFileEncoding, BatchConfig
    from singer_sdk.helpers.types import Context

    from tap_iiko.iiko.client import Answer
    from tap_iiko.iiko.olap import Directory, Report
    from tap_iiko.iiko.pieces import Page
    from tap_iiko.singer.batches import BatchFiles


@dataclass
class FactWindow:
    """What one table's report over a window came to: encoded rows by day, and their sums."""

    tally: Tally
    spool: Spool
    rows: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    merged: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))


class _DuplicateKeyError(Exception):
    """Two rows of an answer have one key."""


class FactStream(IikoStream):
    """A table of one OLAP grain, read by business day."""

    replication_key = "business_date"

    batch_files: BatchFiles | None = None
    """Where rows go instead of into RECORD messages, if that is configured."""
    _unwritten: t.Iterator[bytes] = iter(())
    _unwritten_rows = 0

    @property
    def needed_columns(self) -> frozenset[str]:
        """The columns to ask for: the selected ones, the grain, and what is proved."""
        grain = {self.table.column_of(name) for name in (*self.table.id_fields, *self.table.id_otherwise, olap.ORDER)}
        always = {"business_date", "department_id", *grain, *METRICS, *ORDER_COUNTS}
        return frozenset(self.selected_columns) | {name for name in always if name}

    def report(self, directory: Directory | None) -> tuple[Report, list[str]]:
        """The request, cut to what is selected and to what the server offers; and the fields that it lacks.

        Raises:
            BadAnswer: the server lacks a field without which the rows have no key.
        """
        needed = self.needed_columns
        columns = [column for column in self.table.columns if column.name in needed and column.role]
        report = olap.Report(
            groups=tuple(dict.fromkeys(name for column in columns if column.role == "group" for name in column.fields)),
            aggregates=tuple(name for column in columns if column.role in {"sum", "max"} for name in column.fields),
            report_type=self.table.source["olap"],
        )
        if directory is None:
            return report, []
        offered = report.offered_by(directory)
        if lost := olap.KEY_FIELDS.intersection(report.groups).difference(offered.groups):
            message = f"{olap.COLUMNS_PATH}: the directory has no {' and no '.join(sorted(lost))} to group by."
            raise BadAnswer(message)
        asked = {*report.groups, *report.aggregates}
        return offered, sorted(asked.difference(offered.groups, offered.aggregates))

    def read(  # noqa: PLR0913
        self,
        answers: t.Sequence[Answer],
        report: Report,
        days: t.Collection[datetime.date],
        server_id: str,
        *,
        synced_at: datetime.datetime,
        spool: Spool,
    ) -> FactWindow:
        """Decode, type, key, sum and encode the answers of one window into ``spool``; nothing is written yet.

        Raises:
            BadAnswer: an answer is not what the API reference describes.
        """
        for merge in (False, True):
            for answer in answers:
                answer.body.seek(0)
            spool.clear()
            window = FactWindow(Tally(self._summed(report)), spool)
            try:
                self._read(window, answers, report, days=days, server_id=server_id, synced_at=synced_at, merge=merge)
            except _DuplicateKeyError:
                continue
            break
        return window

    def _summed(self, report: Report) -> list[str]:
        """The columns of the proof that are read."""
        proved = {*METRICS, *ORDER_COUNTS}
        return [
            column.name
            for column in self.table.columns
            if column.name in proved and column.fields[0] in report.aggregates
        ]

    def _read(  # noqa: PLR0913
        self,
        window: FactWindow,
        answers: t.Sequence[Answer],
        report: Report,
        *,
        days: t.Collection[datetime.date],
        server_id: str,
        synced_at: datetime.datetime,
        merge: bool,
    ) -> None:
        asked = {day.isoformat() for day in days}
        stamp = moment(synced_at)
        projection = Projection(
            self.table,
            self.odd_values,
            fields={*report.groups, *report.aggregates},
            proved={*METRICS, *ORDER_COUNTS},
        )
        keys: set[int] = set()  # hashes: half the memory, and two that are equal cost no more than a merge
        kept: dict[tuple[str, str], Record] = {}
        for answer in answers:
            for page in report.read(answer.body, f"{self.name} report"):
                size = len(page[olap.DAY])
                columns = projection.convert(page)
                self.add_keys(columns, server_id)
                columns["server_id"] = [server_id] * size
                columns["synced_at"] = [stamp] * size
                on_days = columns["business_date"]
                if not asked.issuperset(on_days):
                    stray = next(day for day in on_days if day not in asked)
                    message = f"{self.name}: the report has rows of {stray}, which was not asked for."
                    raise BadAnswer(message)
                window.tally.add(on_days, columns["department_id"], [columns[name] for name in window.tally.columns])
                if merge:
                    self._merge(kept, columns, window)
                    continue
                expected = len(keys) + size
                keys.update(map(hash, columns["id"]))
                if len(keys) != expected:
                    raise _DuplicateKeyError
                self._encode(window, on_days, self.records_of(columns, size), synced_at)
        if merge:
            self._write_merged(window, list(kept.values()), synced_at)

    def _write_merged(self, window: FactWindow, records: list[Record], synced_at: datetime.datetime) -> None:
        if len({record["id"] for record in records}) != len(records):
            self.logger.warning("An order has rows on several business days: a target keeps those of the last one.")
        columns = {name: [record[name] for record in records] for name in records[0]}
        self._encode(window, columns["business_date"], self.records_of(columns, len(records)), synced_at)

    def add_keys(self, columns: Page, server_id: str) -> None:
        """Fill ``id`` and ``receipt_id`` where iiko has none."""
        columns["id"] = [stable_id(server_id, *row) for row in self.grain_of(columns, self.table.id_fields)]

    @staticmethod
    def order_ids(orders: t.Sequence[str | None], columns: Page, server_id: str) -> list[str]:
        """Sales without an order (manual sales documents) stand for one order per department and day."""
        if None not in orders:
            return t.cast("list[str]", orders)
        places = zip(orders, columns["department_id"], columns["business_date"], strict=True)
        return [order or stable_id(server_id, department, day) for order, department, day in places]

    def grain_of(self, columns: Page, grain: t.Sequence[str]) -> t.Iterator[tuple[t.Any, ...]]:
        """Row by row the fields that identify it; a UUIDv5 of them is its key."""
        names = [self.table.column_of(name) for name in grain]
        nothing = [None] * len(columns["business_date"])
        return zip(*(columns.get(name or "", nothing) for name in names), strict=True)

    def _merge(self, kept: dict[tuple[str, str], Record], columns: Page, window: FactWindow) -> None:
        """Lossless: sums are added, figures of the whole order taken once, text is the first in order."""
        roles = {column.name: column.role for column in self.table.columns}
        for row in zip(*columns.values(), strict=True):
            record = dict(zip(columns, row, strict=True))
            key = (record["business_date"], record["id"])
            known = kept.setdefault(key, record)
            if known is record:
                continue
            window.merged[key[0]] += 1
            for name, value in record.items():
                if value is None or known[name] is None:
                    known[name] = value if known[name] is None else known[name]
                elif roles[name] == "sum":
                    known[name] += value
                else:
                    known[name] = (max if roles[name] == "max" else min)(known[name], value)

    # Writing

    def encode(self, records: t.Sequence[t.Any], extracted: datetime.datetime) -> bytes:
        """RECORD messages, or the bare rows of a BATCH file."""
        if self.batch_files is None:
            return super().encode(records, extracted)
        return encode_rows(records)

    def write_window(self, window: FactWindow, days: t.Sequence[datetime.date]) -> None:
        """Write the rows of these days of a window."""
        blocks = (block for day in days for block in window.spool.blocks(day.isoformat()))
        config = self.get_batch_config(self.config)
        if self.batch_files is None or config is None:
            for block in blocks:
                self.write_lines(block)
            return
        self._unwritten = blocks
        self._unwritten_rows = sum(window.rows[day.isoformat()] for day in days)
        for encoding, manifest in self.get_batches(config):
            self._write_batch_message(encoding, manifest)

    def get_batches(
        self,
        batch_config: BatchConfig,
        context: Context | None = None,  # noqa: ARG002 - the SDK's hook
    ) -> t.Iterator[tuple[BaseBatchFileEncoding, list[str]]]:
        """The window that is being written, in equal files of about ``batch_size`` rows.

        They hold the same rows as RECORD messages would: selected columns only, exact decimals, nulls. Equal, since
        every file costs a target a look at the table, a temporary table and a merge: a small rest would cost as much.
        """
        files = t.cast("BatchFiles", self.batch_files)
        count = max(1, round(self._unwritten_rows / batch_config.batch_size))
        size = math.ceil(self._unwritten_rows / count)
        while (first := next(self._unwritten, None)) is not None:
            yield batch_config.encoding, [files.write(self.name, self._some(first, size))]

    def _some(self, first: bytes, size: int) -> t.Iterator[bytes]:
        rows = first.count(b"\n")
        yield first
        while rows < size and (block := next(self._unwritten, None)) is not None:
            rows += block.count(b"\n")
            yield block

    def _encode(
        self, window: FactWindow, days: t.Sequence[str], records: t.Sequence[t.Any], extracted: datetime.datetime
    ) -> None:
        by_day: defaultdict[str, list[t.Any]] = defaultdict(list)
        for day, record in zip(days, records, strict=True):
            by_day[day].append(record)
        for day, some in by_day.items():
            window.rows[day] += len(some)
            window.spool.add(day, self.encode(some, extracted))


class ReceiptsStream(FactStream):
    """Orders."""

    name = "receipts"

    def add_keys(self, columns: Page, server_id: str) -> None:
        """The order's own id."""
        columns["id"] = self.order_ids(columns["id"], columns, server_id)


class ReceiptItemsStream(FactStream):
    """Lines of orders."""

    name = "receipt_items"

    def add_keys(self, columns: Page, server_id: str) -> None:
        """The line's own id, or the finest grain that an old server offers (API reference 4.8)."""
        columns["receipt_id"] = self.order_ids(columns["receipt_id"], columns, server_id)
        ids = columns.get("id") or [None] * len(columns["receipt_id"])
        if None in ids:
            columns["id"] = [
                key or stable_id(server_id, *row)
                for key, row in zip(ids, self.grain_of(columns, self.table.id_otherwise), strict=True)
            ]


class ReceiptPaymentsStream(FactStream):
    """Payments of orders, with their share of the money."""

    name = "receipt_payments"

    def add_keys(self, columns: Page, server_id: str) -> None:
        """The grain has no id of iiko's."""
        columns["receipt_id"] = self.order_ids(columns["receipt_id"], columns, server_id)
        super().add_keys(columns, server_id)


class SalesStream(FactStream):
    """Daily sales per dish."""

    name = "sales"
