"""The proof: control totals of what was read against iiko's own, and the rows that say so."""

from __future__ import annotations

import functools
import typing as t
from dataclasses import dataclass
from decimal import Decimal

from tap_iiko import tables
from tap_iiko.iiko.values import stable_id
from tap_iiko.proof.totals import GROUP

if t.TYPE_CHECKING:
    import datetime

    from tap_iiko.proof.totals import DayTotals
    from tap_iiko.rows.tally import Department, Place, Sums, Tally

TOLERANCE = Decimal("0.01")  # of the currency, or of a unit
TABLES: t.Final = tables.of_group(GROUP)
Record = dict[str, t.Any]


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
        by_stream = {name: self.tallies[name].day(self.day) for name in TABLES if name in self.tallies}
        departments = {t.cast("Department", each) for each in {*self.totals.sums}.union(*by_stream.values())}
        return [
            self._record(department, metric, by_stream)
            for department in sorted(departments, key=lambda each: each or "")
            for metric in self.compared
        ]

    def _record(self, department: Department, metric: str, by_stream: t.Mapping[str, t.Mapping[Place, Sums]]) -> Record:
        expected = self.totals.sums.get(department, {}).get(metric, Decimal(0))
        record: Record = {
            "id": stable_id(self.server_id, self.day.isoformat(), department, metric),
            "business_date": self.day.isoformat(),
            "department_id": department,
            "metric": metric,
            "probe": expected,
        }
        difference = Decimal(0)
        for name in TABLES:
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

    def worst(self) -> str:
        """The largest difference."""
        worst = max(self.records, key=lambda record: record["difference"])
        return (
            f"{worst['metric']} differs from iiko's total by up to {worst['difference']}; see the table reconciliation"
        )
