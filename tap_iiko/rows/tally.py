"""Control totals: sums by business day and department."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from decimal import Decimal

if t.TYPE_CHECKING:
    import datetime

Department = str | None
Sums = dict[str, Decimal]


class Tally:
    """Sums of some columns by business day and department, added up page by page."""

    def __init__(self, columns: t.Sequence[str]) -> None:
        """``columns`` that are read and can be added."""
        self.columns = columns
        self.days: defaultdict[str, defaultdict[Department, Sums]] = defaultdict(lambda: defaultdict(dict))

    def add(
        self, days: t.Sequence[str], departments: t.Sequence[Department], figures: t.Sequence[t.Sequence[t.Any]]
    ) -> None:
        """Add a page, column by column; ``figures`` in the order of ``columns``."""
        places: defaultdict[tuple[str, Department], list[int]] = defaultdict(list)
        for index, key in enumerate(zip(days, departments, strict=True)):
            places[key].append(index)
        for (day, department), indexes in places.items():
            sums = self.days[day][department]
            for column, numbers in zip(self.columns, figures, strict=True):
                some = filter(None, map(numbers.__getitem__, indexes))
                sums[column] = sums.get(column, Decimal(0)) + sum(some)

    def day(self, day: datetime.date) -> dict[Department, Sums]:
        """One day's sums by department; a column that is not there is zero."""
        return self.days.get(day.isoformat(), {})

    def total(self, day: datetime.date) -> Sums:
        """One day's sums over all departments."""
        return add_up(self.day(day), self.columns)


def add_up(by_department: t.Mapping[Department, Sums], columns: t.Iterable[str]) -> Sums:
    """Sums over all departments."""
    return {
        column: sum((sums.get(column, Decimal(0)) for sums in by_department.values()), Decimal(0)) for column in columns
    }
