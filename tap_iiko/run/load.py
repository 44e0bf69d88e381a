"""A row of ``sync_log``."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from decimal import Decimal

from tap_iiko.iiko.values import moment, stable_id
from tap_iiko.proof.totals import METRICS

if t.TYPE_CHECKING:
    import datetime

    from tap_iiko.rows.tally import Sums

Record = dict[str, t.Any]
Status = t.Literal["loaded", "empty", "unchanged", "failed", "skipped", "suspicious"]
GOOD: t.Final = frozenset({"loaded", "empty"})
QUIET: t.Final = GOOD | {"unchanged"}  # nothing to say of


@dataclass(frozen=True)
class LoadContext:
    """What all loads of one answer have in common."""

    server_id: str
    synced_at: datetime.datetime
    started_at: datetime.datetime
    requests: int = 0
    bytes: int = 0


@dataclass
class Load:
    """One load of one partition of one stream: a row of ``sync_log``."""

    stream: str
    day: datetime.date | None
    status: Status
    context: LoadContext
    is_final: bool | None = None
    rows: int = 0
    merged_rows: int = 0
    message: str | None = None
    lack: str = ""
    """Of a skipped one why, in words that other tables share."""
    seconds: float = 0.0
    """From the beginning of reading to the end of writing; known when it is written down."""
    sums: Sums = field(default_factory=dict)
    differences: Sums = field(default_factory=dict)

    def record(self, finished_at: datetime.datetime, run_id: str) -> Record:
        """The row, without ``server_id``.

        That a partition is unchanged is said in one row, of the last time that it was found so.
        """
        context = self.context
        self.seconds = (finished_at - context.started_at).total_seconds()
        day = self.day.isoformat() if self.day else None
        stamp = "" if self.status == "unchanged" else moment(context.synced_at)
        record: Record = {
            "id": stable_id(context.server_id, self.stream, day, stamp, self.status),
            "stream": self.stream,
            "business_date": day,
            "status": self.status,
            "is_final": self.is_final,
            "rows": self.rows,
            "merged_rows": self.merged_rows,
            "started_at": moment(context.started_at),
            "synced_at": moment(context.synced_at),
            "finished_at": moment(finished_at),
            "requests": context.requests,
            "bytes": context.bytes,
            "seconds": Decimal(f"{self.seconds:.3f}"),
            "message": self.message,
            "run_id": run_id,
        }
        for metric in METRICS:
            record[metric] = self.sums.get(metric)
            record[f"{metric}_difference"] = self.differences.get(metric)
        return record
