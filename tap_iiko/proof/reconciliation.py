"""The proof: control totals of what was read against iiko's own, and the rows that say so."""

from __future__ import annotations

import datetime
import functools
import typing as t
from dataclasses import dataclass, field
from decimal import Decimal

from tap_iiko.iiko.values import stable_id
from tap_iiko.proof.totals import METRICS

if t.TYPE_CHECKING:
    from tap_iiko.proof.totals import DayTotals
    from tap_iiko.rows.tally import Department, Sums, Tally

TOLERANCE = Decimal("0.01")  # of the currency, or of a unit
RECONCILED_STREAMS = ("receipts", "receipt_items", "receipt_payments", "sales")
# Beyond the money: what only receipts can count.
ORDER_COUNTS = ("guest_num", "receipts_count", "orders_count")

GOOD = frozenset({"loaded", "empty"})
Record = dict[str, t.Any]


def moment(when: datetime.datetime) -> str:
    """A UTC moment in the one form that all tables use."""
    return when.astimezone(datetime.UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


@dataclass
class DayProof:
    """One closed day: iiko's totals against those of every table that was read."""

    server_id: str
    day: datetime.date
    totals: DayTotals
    tallies: t.Mapping[str, Tally]
    compared: t.Sequence[str]
    """The metrics that this server's probe has."""

    @functools.cached_property
    def records(self) -> list[Record]:
        """The rows of ``reconciliation``."""
        by_stream = {name: self.tallies[name].day(self.day) for name in RECONCILED_STREAMS if name in self.tallies}
        departments: set[Department] = set(self.totals.sums)
        departments.update(*by_stream.values())
        return [
            self._record(department, metric, by_stream)
            for department in sorted(departments, key=lambda each: each or "")
            for metric in self.compared
        ]

    def _record(
        self, department: Department, metric: str, by_stream: t.Mapping[str, t.Mapping[Department, Sums]]
    ) -> Record:
        expected = self.totals.sums.get(department, {}).get(metric, Decimal(0))
        record: Record = {
            "id": stable_id(self.server_id, self.day.isoformat(), department, metric),
            "business_date": self.day.isoformat(),
            "department_id": department,
            "metric": metric,
            "probe": expected,
        }
        difference = Decimal(0)
        for name in RECONCILED_STREAMS:
            record[name] = None
            if name in by_stream and metric in self.tallies[name].columns:
                value = by_stream[name].get(department, {}).get(metric, Decimal(0))
                record[name] = value
                difference = max(difference, abs(value - expected))
        record["difference"] = difference
        record["proved"] = difference <= TOLERANCE
        return record

    def agrees(self) -> bool:
        """Whether every table agrees with iiko in every department and metric."""
        return all(record["proved"] for record in self.records)


@dataclass
class Load:
    """One load of one partition of one stream: a row of ``sync_log``."""

    stream: str
    day: datetime.date | None
    status: str
    synced_at: datetime.datetime
    started_at: datetime.datetime
    finished_at: datetime.datetime
    is_final: bool | None = None
    rows: int = 0
    merged_rows: int = 0
    requests: int = 0
    bytes: int = 0
    message: str | None = None
    sums: Sums = field(default_factory=dict)
    differences: Sums = field(default_factory=dict)

    def record(self, server_id: str) -> Record:
        """The row, without ``server_id``."""
        day = self.day.isoformat() if self.day else None
        record: Record = {
            "id": stable_id(server_id, self.stream, day, moment(self.synced_at), self.status),
            "stream": self.stream,
            "business_date": day,
            "status": self.status,
            "is_final": self.is_final,
            "rows": self.rows,
            "merged_rows": self.merged_rows,
            "started_at": moment(self.started_at),
            "synced_at": moment(self.synced_at),
            "finished_at": moment(self.finished_at),
            "requests": self.requests,
            "bytes": self.bytes,
            "seconds": Decimal(f"{(self.finished_at - self.started_at).total_seconds():.3f}"),
            "message": self.message,
        }
        for metric in METRICS:
            record[metric] = self.sums.get(metric)
            record[f"{metric}_difference"] = self.differences.get(metric)
        return record
