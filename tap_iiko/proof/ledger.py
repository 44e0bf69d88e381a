"""The ledger's totals, and its proof: the tables of postings against them (API reference 4.9)."""

from __future__ import annotations

import functools
import typing as t
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from tap_iiko import tables
from tap_iiko.days.bookmark import KEPT_CONTENTS
from tap_iiko.iiko import olap
from tap_iiko.proof.checks import TOLERANCE
from tap_iiko.proof.late_changes import Kept
from tap_iiko.proof.totals import Control
from tap_iiko.rows.tally import add_up

if t.TYPE_CHECKING:
    import datetime

    from tap_iiko.proof.totals import DayTotals
    from tap_iiko.rows.tally import Place, Sums, Tally

GROUP = "ledger"
METRICS: t.Final = tables.figures(GROUP)
LEDGER, MOVEMENTS = "transactions", "stock_movements"
SOURCE: t.Final = tables.load(LEDGER).source
DEPARTMENT, TYPE, ACCOUNT, SIDE = "Department", "TransactionType", "Account.Id", "TransactionSide"
STORE_OR_ACCOUNT, STORE = "Account.StoreOrAccount", "STORE"  # of an account always the same: it splits no row
CONTROL: t.Final = Control(
    what="postings",
    report=olap.Report(
        report_type=SOURCE["olap"],
        day=SOURCE["day"],
        groups=(SOURCE["day"], DEPARTMENT, TYPE, ACCOUNT, STORE_OR_ACCOUNT, SIDE),
        aggregates=tuple(METRICS.values()),
        cut=ACCOUNT,
    ),
    figures=METRICS,
    place=(TYPE, ACCOUNT, SIDE, STORE_OR_ACCOUNT, DEPARTMENT),
    most_days=31,  # nobody has published how much a large chain can bear
)
BY: t.Final = (TYPE, ACCOUNT, SIDE)
"""What the tables of the group can tell apart: their sums are held against iiko's by these."""


def named(place: Place) -> str:
    """A place of the totals in words, as ``late_changes`` and ``checks`` have it."""
    return " ".join(str(each or "-") for each in (place or ())[: len(BY)])


KEPT: t.Final = Kept(
    state_key="ledger_totals",
    figures=tuple(METRICS),
    by=named,
    has_departments=False,
    days=KEPT_CONTENTS,
    most_characters=20_000,
)


@dataclass
class LedgerProof:
    """One closed day: iiko's totals against those of the tables that were read."""

    server_id: str
    day: datetime.date
    totals: DayTotals
    tallies: t.Mapping[str, Tally]
    compared: t.Sequence[str]
    """The metrics that this server has."""
    records: t.ClassVar[None] = None
    """Not in ``reconciliation``, which is about sales; ``checks`` has them."""

    @functools.cached_property
    def differences(self) -> dict[str, dict[tuple[str, str], tuple[Decimal, Decimal]]]:
        """By table, and by place and metric, iiko's sum and the table's where they differ."""
        found = {}
        for name, tally in self.tallies.items():
            metrics = [metric for metric in tally.columns if metric in self.compared]
            found[name] = differing(expected_of(name, self.totals), by_name(tally.day(self.day)), metrics)
        return found

    def agrees(self) -> bool:
        """Whether every table agrees with iiko in every type, account and side."""
        return not any(self.differences.values())

    def worst(self) -> str:
        """The largest difference."""
        name, (place, metric), (one, other) = max(
            ((name, *each) for name, some in self.differences.items() for each in some.items()),
            key=lambda each: abs(each[2][0] - each[2][1]),
        )
        return f"{name}.{metric} of {place} differs from iiko's total by up to {abs(one - other)}; see the table checks"


def figures_of(table: str) -> list[str]:
    """The columns that are compared."""
    return list(tables.load(table).figures())


def expected_of(table: str, totals: DayTotals) -> dict[str, Sums]:
    """What a table has to come to, by place."""
    kind = CONTROL.place.index(STORE_OR_ACCOUNT)
    places = (place for place in totals.sums if table != MOVEMENTS or (place or ())[kind] == STORE)
    return by_name({place: totals.sums[place] for place in places})


def sums_of(table: str, totals: DayTotals) -> Sums:
    """The same over all places."""
    return add_up(expected_of(table, totals), figures_of(table))


def by_name(sums: t.Mapping[Place, Sums]) -> dict[str, Sums]:
    """Sums by what their places are called."""
    places: defaultdict[str, dict[Place, Sums]] = defaultdict(dict)
    for place, some in sums.items():
        places[named(place)][place] = some
    return {name: add_up(some, METRICS) for name, some in places.items()}


def differing(
    expected: t.Mapping[str, Sums], found: t.Mapping[str, Sums], metrics: t.Iterable[str]
) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    """By place and metric both sums, where they differ."""
    return {
        (place, metric): (one, other)
        for metric in metrics
        for place in sorted({*expected, *found})
        if abs((one := _sum(expected, place, metric)) - (other := _sum(found, place, metric))) > TOLERANCE
    }


def _sum(sums: t.Mapping[str, Sums], place: str, metric: str) -> Decimal:
    return sums.get(place, {}).get(metric, Decimal(0))
