"""Changes of attendances, schedules and plans on demand."""

from __future__ import annotations

import datetime
import typing as t

from simulator.world.presence import HOUR, WORK, Attendance

if t.TYPE_CHECKING:
    import random

    from simulator.world.ledger import Ledger
    from simulator.world.presence import Shift

Day = datetime.date | str | None
Touched = dict[str, t.Any]
STAFF_KINDS: t.Final = [
    "add_attendance",
    "edit_attendance",
    "move_attendance",
    "close_attendance",
    "edit_shift",
    "change_plan",
]


class StaffChanges:
    """The part of ``Business`` that is about staff time and plans."""

    ledger: Ledger
    rng: random.Random

    def add_attendance(self, day: Day = None, hours: int = 8) -> Touched:
        """Somebody was there on a closed day and is entered now."""
        with self.ledger.lock:
            date = datetime.date.fromisoformat(str(day or self.ledger.last_day - datetime.timedelta(days=2)))
            department = self.rng.choice(self.ledger.group.departments)
            person = self.rng.choice(department.waiters)
            start = datetime.datetime.combine(date, datetime.time(3))
            made = Attendance(
                id=self.ledger.ids("attendance", person.id, start, self.ledger.revision),
                person=person,
                role="WT",
                kind=WORK,
                department=department,
                start=start,
                end=start + hours * HOUR,
                created=self._now(),
                modified=self._now(),
                modified_by=department.managers[0],
            )
            self.ledger.presence.of(date, department).append(made)
            return self._noted(made)

    def edit_attendance(self, attendance: str | None = None, minutes: int = 30) -> Touched:
        """It is corrected, and gets another id (API reference 3.6)."""
        with self.ledger.lock:
            found = self._attendance(attendance)
            found.end = t.cast("datetime.datetime", found.end) + datetime.timedelta(minutes=minutes)
            return self._renewed(found)

    def move_attendance(self, attendance: str | None = None, days: int = -1) -> Touched:
        """It was entered on the wrong day; not on one before the business began."""
        with self.ledger.lock:
            first = self.ledger.first_day - datetime.timedelta(days=days)
            found = self._attendance(attendance, first)
            was = found.start.date().isoformat()
            found.start += datetime.timedelta(days=days)
            found.end = t.cast("datetime.datetime", found.end) + datetime.timedelta(days=days)
            return self._renewed(found, was)

    def close_attendance(self, attendance: str | None = None, hours: int = 10) -> Touched:
        """One that has been open for years, the oldest unless told otherwise, is closed: it is over since then."""
        with self.ledger.lock:
            opened = [each for each in self.ledger.presence.forgotten if attendance in {None, each.id} and not each.end]
            if not opened:
                message = "no such open attendance"
                raise ValueError(message)
            found = min(opened, key=lambda each: each.start)
            found.end = found.start + hours * HOUR
            found.modified, found.modified_by = self._now(), found.department.managers[0]
            return self._noted(found)

    def edit_shift(self, hours: int = 1) -> Touched:
        """A planned shift begins earlier, and gets another id."""
        with self.ledger.lock:
            closed = self.ledger.last_day
            shift: Shift = self.rng.choice(
                [
                    each
                    for each in self.ledger.presence.shifts()
                    if each.start.date() < closed and each.start.hour > hours
                ]
            )
            shift.start -= hours * HOUR
            shift.id = self.ledger.ids("shift", shift.id, "edited")
            self.ledger.touch()
            return {"days": [shift.start.date().isoformat()], "id": shift.id}

    def change_plan(self, day: Day = None, percent: int = 110) -> Touched:
        """Somebody plans anew, for a day gone by too."""
        with self.ledger.lock:
            date = datetime.date.fromisoformat(str(day or self.ledger.last_day - datetime.timedelta(days=3)))
            plans = [each for each in self.ledger.plans.all() if each.day == date]
            plan = self.rng.choice([each for each in plans if each.value] or plans)
            plan.value = plan.value * percent // 100 + 1
            self.ledger.touch()
            return {"days": [date.isoformat()], "departments": [plan.department.id]}

    def _now(self) -> datetime.datetime:
        return datetime.datetime.combine(self.ledger.last_day, datetime.time(18, 30, 5, 250_000))

    def _attendance(self, identity: str | None, first: datetime.date | None = None) -> Attendance:
        """The one with that id, or any of a closed day, since ``first``, that is over."""
        first, today = first or self.ledger.first_day, self.ledger.last_day
        found = [
            each
            for each in self.ledger.presence.attendances()
            if each.end and first <= each.start.date() < today and identity in {None, each.id}
        ]
        if not found:
            message = "no such attendance"
            raise ValueError(message)
        return self.rng.choice(found)

    def _renewed(self, found: Attendance, *days: str) -> Touched:
        found.id = self.ledger.ids("attendance", found.id, "edited")
        found.modified, found.modified_by = self._now(), found.department.managers[0]
        return self._noted(found, *days)

    def _noted(self, found: Attendance, *days: str) -> Touched:
        self.ledger.touch()
        self.ledger.revisions[found.id] = self.ledger.revision
        return {"days": sorted({found.start.date().isoformat(), *days}), "id": found.id}
