"""Rules between tables: what they are made of. The rules themselves are in ``tap_iiko.proof.rules``."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from decimal import Decimal

from tap_iiko.iiko.values import stable_id
from tap_iiko.proof.totals import Probe

if t.TYPE_CHECKING:
    import datetime

    from tap_iiko.iiko.client import Client
    from tap_iiko.proof.totals import Control
    from tap_iiko.rows.tally import Place, Sums

TOLERANCE = Decimal("0.01")  # of the currency, or of a unit
Record = dict[str, t.Any]


@dataclass(frozen=True)
class Finding:
    """What a rule says of one thing: a row of ``checks``."""

    rule: str
    day: datetime.date
    subject: str
    measure: str
    expected: Decimal | None
    found: Decimal | None
    reason: str | None = None
    """Why it cannot be decided."""

    @property
    def difference(self) -> Decimal | None:
        """Found less expected, if both are known."""
        return None if self.expected is None or self.found is None else self.found - self.expected

    @property
    def proved(self) -> bool | None:
        """Whether they agree; ``None`` where nobody can tell."""
        return None if self.reason or self.difference is None else abs(self.difference) <= TOLERANCE

    def record(self, server_id: str) -> Record:
        """The row, without ``server_id``."""
        day = self.day.isoformat()
        return {
            "id": stable_id(server_id, self.rule, day, self.subject, self.measure),
            "rule": self.rule,
            "business_date": day,
            "subject": self.subject,
            "measure": self.measure,
            "expected": self.expected,
            "found": self.found,
            "difference": self.difference,
            "proved": self.proved,
            "reason": self.reason,
        }


@dataclass
class Facts:
    """What a run knows at its end, for the rules: of one server, and of the days that are looked back on."""

    client: Client
    departments: tuple[str, ...]
    """Only these have their sales read; all if empty."""
    is_loaded: t.Callable[[str, datetime.date], bool]
    """Whether a table has a day, from this run or an earlier one."""
    tables: t.Collection[str] = ()
    """Those that are selected."""
    rows: dict[str, dict[datetime.date, list[Record]]] = field(default_factory=dict)
    """By table and day, the columns that a rule keeps of what was read in this run, unchanged days too."""
    written: dict[str, set[datetime.date]] = field(default_factory=dict)
    """By table, the days that were written in this run."""
    tallies: dict[str, dict[datetime.date, t.Mapping[Place, Sums]]] = field(default_factory=dict)
    """By table and day, its proved columns added up by ``x-place``, of what was read in this run."""
    totals: t.Callable[[Control], Probe] = lambda _: Probe()
    """What iiko totals, as far as it was asked in this run."""
    is_closed: t.Callable[[datetime.date], bool] = lambda _: True
    is_as_totalled: t.Callable[[str, datetime.date, str | None], bool] = lambda *_: False
    """Whether a table has a day as it was when iiko's totals had this fingerprint, and it agreed with them."""
    department_names: t.Mapping[str, str] = field(default_factory=dict)
    """By id, as far as their list was read."""
    days: frozenset[datetime.date] = frozenset()
    """The days that are checked: all rules tell of them, since a day's rows are replaced together."""


@dataclass(frozen=True, eq=False)
class Rule:
    """A rule between tables."""

    name: str
    about: str
    """For the log."""
    keeps: t.Mapping[str, t.Sequence[str]]
    """The tables that it needs, and the columns that it looks at of the rows read in a run, their day among them."""
    days: t.Callable[[Facts], set[datetime.date]]
    """The days that have to be checked (again), after what was written in this run."""
    check: t.Callable[[Facts], t.Iterable[Finding]]
    """May ask iiko."""
