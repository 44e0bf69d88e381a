"""Control totals: sums by business day and place, which is a department or a tuple of what is told apart."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from decimal import Decimal

if t.TYPE_CHECKING:
    import datetime

Department = str | None
Place = Department | tuple[str | None, ...]
Sums = dict[str, Decimal]


class Tally:
    """Sums of some columns by business day and place, added up page by page."""

    def __init__(self, columns: t.Sequence[str]) -> None:
        """``columns`` that are read and can be added."""
        self.columns = columns
        self.days: defaultdict[str, defaultdict[Place, Sums]] = defaultdict(lambda: defaultdict(dict))

    def add(self, days: t.Sequence[str], places: t.Sequence[Place], figures: t.Sequence[t.Sequence[t.Any]]) -> None:
        """Add a page, column by column; ``figures`` in the order of ``columns``."""
        found: defaultdict[tuple[str, Place], list[int]] = defaultdict(list)
        for index, key in enumerate(zip(days, places, strict=True)):
            found[key].append(index)
        for (day, place), indexes in found.items():
            sums = self.days[day][place]
            for column, numbers in zip(self.columns, figures, strict=True):
                some = filter(None, map(numbers.__getitem__, indexes))
                sums[column] = sums.get(column, Decimal(0)) + sum(some)

    def day(self, day: datetime.date) -> dict[Place, Sums]:
        """One day's sums by place; a column that is not there is zero."""
        return self.days.get(day.isoformat(), {})

    def total(self, day: datetime.date) -> Sums:
        """One day's sums over all places."""
        return add_up(self.day(day), self.columns)


def add_up(by_place: t.Mapping[t.Any, Sums], columns: t.Iterable[str]) -> Sums:
    """Sums over all places."""
    return {column: sum((sums.get(column, Decimal(0)) for sums in by_place.values()), Decimal(0)) for column in columns}
