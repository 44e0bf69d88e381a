"""The kinds of reports: by which totals each group of tables is watched, proved, and its late changes told."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from tap_iiko import tables
from tap_iiko.iiko import olap
from tap_iiko.proof import ledger, totals
from tap_iiko.proof.late_changes import Kept, in_words, ledger_in_words
from tap_iiko.proof.ledger import LedgerProof
from tap_iiko.proof.reconciliation import DayProof
from tap_iiko.proof.totals import Control

if t.TYPE_CHECKING:
    import datetime

    from tap_iiko.proof.late_changes import Record
    from tap_iiko.proof.totals import DayTotals
    from tap_iiko.rows.tally import Sums, Tally
    from tap_iiko.tables import Table

Words = t.Callable[[t.Sequence["Record"], t.Mapping[str, str]], t.Iterator[str]]


class Proof(t.Protocol):
    """A closed day held against iiko's totals."""

    @property
    def records(self) -> list[Record] | None:
        """Rows of ``reconciliation``, if they belong there."""

    def agrees(self) -> bool:
        """Whether every table agrees."""

    def worst(self) -> str:
        """The largest difference, in words."""


class Prove(t.Protocol):
    """Makes the proof of a closed day."""

    def __call__(
        self,
        server_id: str,
        day: datetime.date,
        totals: DayTotals,
        tallies: t.Mapping[str, Tally],
        compared: t.Sequence[str],
    ) -> Proof:
        """``compared`` are the metrics that this server has."""


@dataclass(frozen=True)
class Kind:
    """Of a group of reports."""

    control: Control
    prove: Prove | None = None
    """Nothing is proved without."""
    expected: t.Callable[[str, DayTotals], Sums] = lambda _, __: {}
    """What a table of a day has to come to, by column."""
    kept: Kept | None = None
    """What ``late_changes`` are told by; nothing without."""
    words: Words = in_words
    counted_by: str = ""
    """The table that knows ``counts``."""


KINDS: t.Final[dict[str, Kind]] = {
    totals.GROUP: Kind(
        control=totals.SALES,
        prove=DayProof,
        expected=totals.sums_of,
        kept=Kept(
            state_key="day_totals",
            figures=tuple(totals.METRICS),
            counts=tuple(tables.figures(totals.GROUP, counted=True)),
            splits=tuple(totals.SALES.splits),
        ),
        counted_by="receipts",
    ),
    ledger.GROUP: Kind(
        control=ledger.CONTROL, prove=LedgerProof, expected=ledger.sums_of, kept=ledger.KEPT, words=ledger_in_words
    ),
}
"""By group of tables."""
CONTROLS: t.Final[dict[str, Control]] = {
    "SALES": totals.SALES,
    "DELIVERIES": totals.SALES,  # they are sales
    "TRANSACTIONS": ledger.CONTROL,
}
"""By the type of a report: what tells whether a day has changed, whatever is asked of it."""


TOLD_APART: t.Final = {"TRANSACTIONS": (ledger.ACCOUNT, ledger.SIDE)}
"""By the type of a report: debit and credit of a day cancel out, so that its sums alone would never change."""


def kind_of(table: Table, report: olap.Report) -> Kind:
    """Of the group of a table, whose report is this one; a report of the user's own has only a watch."""
    if table.group in KINDS:
        return KINDS[table.group]
    return Kind(own_control(table, report) if table.watch == "own" else CONTROLS[report.report_type])


def own_control(table: Table, report: olap.Report) -> Control:
    """The report's own aggregates by day, with its own filters, where the shared totals do not see what it tells.

    Also by what a day that is too large is cut by.
    """
    day, kind = table.source["day"], report.report_type
    place = TOLD_APART.get(kind) or ((report.cut,) if report.cut else ())
    own = olap.Report(kind, day, groups=(day, *place), aggregates=report.aggregates, filters=report.filters)
    return Control(what="rows", report=own, figures={}, place=place, most_days=CONTROLS[kind].most_days)
