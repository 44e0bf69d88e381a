"""What an attendance is paid (API reference 3.6)."""

from __future__ import annotations

import typing as t

from simulator.world.presence import ATTENDANCE_TYPES
from simulator.world.units import NANO

if t.TYPE_CHECKING:
    from simulator.world.presence import Attendance
    from simulator.world.staff import Staff

LONG: t.Final = 720
"""Minutes of a day; more is overtime, at one and a half of the rate."""
PER_MINUTE: t.Final = 60 * 10_000
"""A rate is in kopecks an hour, times the percent of the type of attendance."""


class Rates:
    """Of the roles as they are now."""

    def __init__(self, staff: Staff) -> None:
        """Of one server."""
        self._hours = {row["code"]: round(float(str(row["paymentPerHour"])) * 100) for row in staff.roles}

    def is_salaried(self, each: Attendance) -> bool:
        """Whether no hour counts."""
        return not self._hours[each.role]

    def _of(self, each: Attendance) -> int:
        return self._hours[each.role] * ATTENDANCE_TYPES[each.kind].percent

    def regular(self, each: Attendance) -> int:
        """In billionths, cut; nothing while nobody has closed it."""
        return min(each.minutes, LONG) * self._of(each) * NANO // PER_MINUTE

    def overtime(self, each: Attendance) -> int:
        """The same of what is more."""
        return max(each.minutes - LONG, 0) * self._of(each) * 3 * NANO // (2 * PER_MINUTE)
