"""A posting: a sum that goes from one account to another, and when it counts (API reference 4.9, 5.1)."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass, replace

if t.TYPE_CHECKING:
    from simulator.readings import Readings
    from simulator.world.documents import Document
    from simulator.world.model import Product, Register, Section

DAY_ENDS: t.Final = "06:00"
TO_THE_MINUTE: t.Final = len("2026-05-04T10:15")


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """The three times of a posting."""

    moment: str
    """Wall clock, that of the document."""
    day: str
    """Accounting day."""
    counts_at: str
    """The moment from which balances hold it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """Sum and quantity in billionths. A store is an account: goods go from ``credit`` to ``debit``."""

    type: str
    when: When
    debit: str
    credit: str
    sum: int
    product: Product | None = None
    amount: int = 0
    contra: Product | None = None
    """The dish that the product went into."""
    counteragent: str | None = None
    department: str | None = None
    document: str | None = None
    document_type: str | None = None
    number: str | None = None
    comment: str | None = None
    conception: str | None = None
    flow: str | None = None
    """The code of its cash-flow item."""
    register: Register | None = None
    section: Section | None = None


class Calendar:
    """Which accounting day a moment belongs to, as this server reads it."""

    def __init__(self, readings: Readings) -> None:
        """Of one server."""
        self._by_date = readings.document_day == "calendar"
        self._by_wall = readings.balance_clock == "wall"

    def of(self, moment: str) -> When:
        """The times of a document."""
        if len(moment) == TO_THE_MINUTE:
            moment += ":00"  # so that texts are in the order of the moments
        day = moment[:10] if self._by_date or moment[11:16] >= DAY_ENDS else _shifted(moment[:10], -1)
        return self._when(moment, day)

    def of_sales(self, day: str, *, after_midnight: bool) -> When:
        """Those of what was sold on a business day: its document closes the day."""
        when = When(moment=f"{day}T23:59:00", day=day, counts_at=f"{day}T23:59:00")
        if after_midnight and self._by_wall:
            return replace(when, counts_at=f"{_shifted(day, 1)}T05:00:00")
        return when

    def of_shift(self, day: str, moment: str) -> When:
        """Those of money that moved during a shift: its business day is the accounting day."""
        return self._when(moment[:19], day)

    def _when(self, moment: str, day: str) -> When:
        early = moment[:10] > day and not self._by_wall
        return When(moment=moment, day=day, counts_at=f"{day}T23:59:59" if early else moment)


def _shifted(day: str, days: int) -> str:
    return (datetime.date.fromisoformat(day) + datetime.timedelta(days=days)).isoformat()


def papers(document: Document, kind: str) -> dict[str, t.Any]:
    """What a posting tells of its document."""
    return {
        "document": document.id,
        "document_type": kind,
        "number": document.number,
        "comment": document.comment,
    }
