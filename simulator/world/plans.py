"""What the departments are to take, day by day (API reference 3.9.1)."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.world.corporation import Corporation
    from simulator.world.model import Department

AHEAD: t.Final = 20
"""Days beyond the open one that are planned."""
CHECKS: t.Final = {False: 145_000, True: 85_000}
"""Kopecks that a receipt is expected to bring at prices of 100 %: at tables, over the counter."""
PLANLESS: t.Final = 5
"""Every which department has no plans."""


@dataclass(slots=True, eq=False)
class Plan:
    """Of a department's day."""

    department: Department
    day: datetime.date
    value: int
    """Kopecks, or hundredths of a percent."""
    kind: str = "ABSOLUTE"


class Plans:
    """Of one database."""

    def __init__(self, group: Corporation, receipts: t.Mapping[int, float], week: t.Sequence[float]) -> None:
        """``receipts`` of a day by department, ``week`` how the weekdays differ."""
        self.group = group
        self._receipts = receipts
        self._week = week
        self._days: list[datetime.date] = []
        self._known: dict[tuple[int, datetime.date], Plan | None] = {}

    def live(self, day: datetime.date) -> None:
        """The day opens."""
        self._days.append(day)

    def all(self) -> Iterator[Plan]:
        """By department and day."""
        for department in self.group.departments:
            yield from self.of(department)

    def of(self, department: Department) -> Iterator[Plan]:
        """Of a department."""
        to_come = (self._days[-1] + datetime.timedelta(days=n) for n in range(1, AHEAD + 1))
        for day in (*self._days, *to_come):
            if plan := self.find(department, day):
                yield plan

    def find(self, department: Department, day: datetime.date) -> Plan | None:
        """Of a department's day."""
        key = (department.pk, day)
        if key not in self._known:
            self._known[key] = self._make(department, day)
        return self._known[key]

    def _make(self, department: Department, day: datetime.date) -> Plan | None:
        """Mostly an amount; every third department plans in percent, and now and then iiko itself does."""
        if department.pk % PLANLESS == 0:
            return None
        if (day.toordinal() + department.pk) % 17 == 0:
            return Plan(department, day, 0, "AUTOMATIC")
        if department.pk % 3 == 0:
            return Plan(department, day, 10_000 + day.day * 25, "PERCENT")
        receipts = self._receipts[department.pk] * self._week[day.weekday()]
        takings = receipts * CHECKS[department.counter] * department.price_factor / 100
        return Plan(department, day, max(1, round(takings / 10_000)) * 10_000)
