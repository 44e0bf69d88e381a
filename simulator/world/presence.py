"""Who was there, and who was to be: attendances and the schedule (API reference 3.6).

Attendances of a day follow from its receipts: whoever served was present. They are worked out when somebody asks for
them, and those of a closed day stay as they are then; only what is done to them on demand changes them.
"""

from __future__ import annotations

import datetime
import random
import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.world.corporation import Corporation
    from simulator.world.model import Department, Order, Person
    from simulator.world.staff import Staff
    from simulator.world.units import Ids

Key = tuple[str, int]

HOUR: t.Final = datetime.timedelta(hours=1)
MINUTE: t.Final = datetime.timedelta(minutes=1)
AHEAD: t.Final = (1, 2, 3, 4, 5, 6, 7, 30, 59)
"""Days beyond the open one of which there is a schedule: the next week, and what somebody has thought of early."""
LEAVES: t.Final = 4
"""On which of 25 days a manager leaves for a week."""
FORGOTTEN: t.Final = (730, 75)
"""Days ago on which somebody came who has not gone, as far as iiko knows."""
REMARKS: t.Final = ("опоздал, болел ребёнок", "  подменял Орлову ", "отпустил управляющий")
WORK, SICK, LEAVE, HOLIDAY, NIGHT = "Р", "Б", "О", "П", "Н"


@dataclass(frozen=True)
class AttendanceType:
    """The restaurant's own letter, and what it pays."""

    code: str
    name: str
    percent: int
    counts: bool
    """Whether it is work."""
    deleted: bool = False


@dataclass(frozen=True)
class ScheduleType:
    """A planned shift."""

    code: str
    name: str
    starts: int
    """Hour of the day."""
    hours: int
    deleted: bool = False


ATTENDANCE_TYPES: t.Final = {
    each.code: each
    for each in (
        AttendanceType(WORK, "Рабочий день", 100, True),
        AttendanceType(SICK, "Больничный", 80, False),
        AttendanceType(LEAVE, "Отпуск", 0, False),
        AttendanceType(HOLIDAY, "Праздничный день", 200, True),
        AttendanceType(NIGHT, "Ночная смена", 120, True),
        AttendanceType("В", "Выход по просьбе", 150, True, deleted=True),
    )
}
SCHEDULE_TYPES: t.Final = {
    each.code: each
    for each in (
        ScheduleType("D", "Дневная", 9, 12),
        ScheduleType("DSH", "Вечерняя", 16, 8),
        ScheduleType("N", "Ночная", 22, 8),
        ScheduleType("X", "Сутки", 9, 24, deleted=True),
    )
}


@dataclass(slots=True, eq=False)
class Attendance:
    """Somebody was there."""

    id: str
    person: Person
    role: str
    """Code of the role that is paid."""
    kind: str
    department: Department
    start: datetime.datetime
    end: datetime.datetime | None
    """None if nobody has closed it."""
    created: datetime.datetime
    comment: str = ""
    modified: datetime.datetime | None = None
    modified_by: Person | None = None

    @property
    def minutes(self) -> int:
        """Nothing is paid before it is closed."""
        return int((self.end - self.start) / MINUTE) if self.end else 0


@dataclass(slots=True, eq=False)
class Shift:
    """Somebody is to be there."""

    id: str
    person: Person
    role: str
    kind: str
    department: Department
    start: datetime.datetime
    end: datetime.datetime
    unpaid: int
    """Minutes."""


class Presence:
    """Of one database."""

    def __init__(
        self, ids: Ids, seed: int, group: Corporation, staff: Staff, orders: t.Mapping[Key, t.Sequence[Order]]
    ) -> None:
        """Nothing is worked out yet; ``orders`` go on living."""
        self.ids = ids
        self.group = group
        self._seed = seed
        self._staff = staff
        self._orders = orders
        self._days: list[datetime.date] = []
        self._closed: dict[Key, list[Attendance]] = {}
        self._planned: dict[Key, list[Shift]] = {}
        self.forgotten: list[Attendance] = []

    def live(self, day: datetime.date) -> None:
        """The day opens."""
        self._days.append(day)

    def look_back(self, last_day: datetime.date) -> None:
        """Attendances that nobody has closed."""
        place, night = self.group.departments[0], self.group.departments[-1]
        who = ((place, place.managers[0], "MN"), (night, self._staff.cooks[night.pk][0], "CK"))
        self.forgotten = [
            self._attendance(last_day - datetime.timedelta(days=days), *each, 9 * HOUR, None, WORK)
            for days, each in zip(FORGOTTEN, who, strict=True)
        ]
        for each in self.forgotten:
            each.comment = REMARKS[0]

    # Attendances

    def attendances(self) -> Iterator[Attendance]:
        """All of them, the open day's too."""
        yield from self.forgotten
        for day in self._days:
            for department in self.group.departments:
                yield from self.of(day, department)

    def of(self, day: datetime.date, department: Department) -> list[Attendance]:
        """Those of a day. People come and go on the open one."""
        key = (day.isoformat(), department.pk)
        if key not in self._closed:
            is_open = day >= self._days[-1]
            found = list(self._live(day, department, is_open=is_open))
            if is_open:
                return found
            self._closed[key] = found
        return self._closed[key]

    def _live(self, day: datetime.date, department: Department, *, is_open: bool) -> Iterator[Attendance]:
        number = self._number(day) + department.pk
        kind = HOLIDAY if number % 30 == 7 else WORK
        for person, role, first, last in self._served(day, department):
            rng = random.Random(f"{self._seed}/presence/{person.pk}/{day}")
            start, end = first - rng.randint(10, 40) * MINUTE, last + rng.randint(5, 30) * MINUTE
            leaves = None if is_open and rng.random() < 0.7 else end
            yield self._attendance(day, department, person, role, start, leaves, kind)
        yield from self._kitchen(day, department, number, kind, is_open=is_open)
        for place, person in enumerate(department.managers):
            if place == 1 and number % 25 == LEAVES:
                yield self._attendance(day, department, person, "MN", 0 * HOUR, 7 * 24 * HOUR - MINUTE, LEAVE)
            elif (number + place) % 2 and not (place == 1 and LEAVES <= number % 25 < LEAVES + 7):
                yield self._attendance(day, department, person, "MN", 10 * HOUR, None if is_open else 19 * HOUR, kind)

    def _number(self, day: datetime.date) -> int:
        """What happens now and then does so in every business, whatever day it is today."""
        return (day - self._days[0]).days

    def _served(
        self, day: datetime.date, department: Department
    ) -> Iterator[tuple[Person, str, datetime.timedelta, datetime.timedelta]]:
        """Whom the receipts name, with the first and the last moment, counted from midnight."""
        roles = {each.pk: "WT" for each in department.waiters} | {each.pk: "CS" for each in department.cashiers}
        people: dict[int, Person] = {}
        seen: dict[int, list[datetime.datetime]] = {}
        for order in self._orders.get((day.isoformat(), department.pk), ()):
            moments = [datetime.datetime.fromisoformat(text[:16]) for text in (order.opened, order.closed) if text]
            for person in _named(order):
                people[person.pk] = person
                seen.setdefault(person.pk, []).extend(moments)
        midnight = datetime.datetime.combine(day, datetime.time())
        for pk in sorted(people):
            if pk in roles and seen[pk]:
                yield people[pk], roles[pk], min(seen[pk]) - midnight, max(seen[pk]) - midnight

    def _kitchen(
        self, day: datetime.date, department: Department, number: int, kind: str, *, is_open: bool
    ) -> Iterator[Attendance]:
        """Two by day, one of whom is ill at times; the third at night, twice a week."""
        *by_day, at_night = self._staff.cooks[department.pk]
        for place, cook in enumerate(by_day):
            start = (department.opens - 1) * HOUR
            if place == 1 and number % 9 == 4:
                yield self._attendance(day, department, cook, "CK", 9 * HOUR, 17 * HOUR, SICK)
            elif (number + place) % 3:
                stays = start + 12 * HOUR + (number % 50) * MINUTE
                yield self._attendance(day, department, cook, "CK", start, None if is_open else stays, kind)
        if number % 7 in {1, 4}:
            end = None if is_open else 30 * HOUR
            yield self._attendance(day, department, at_night, "CK", 22 * HOUR, end, NIGHT)

    def _attendance(  # noqa: PLR0913, PLR0917 - who, where, when
        self,
        day: datetime.date,
        department: Department,
        person: Person,
        role: str,
        start: datetime.timedelta,
        end: datetime.timedelta | None,
        kind: str,
    ) -> Attendance:
        """Hours count from midnight; the same person and day are the same attendance."""
        midnight = datetime.datetime.combine(day, datetime.time())
        number = self._number(day) + person.pk
        came = midnight + start
        found = Attendance(
            id=self.ids("attendance", person.id, came),
            person=person,
            role=role,
            kind=kind,
            department=department,
            start=came,
            end=None if end is None else midnight + end,
            created=came + datetime.timedelta(seconds=number % 50, milliseconds=number % 997),
            comment=REMARKS[number % 3] if number % 11 == 0 else "",
        )
        if found.end and number % 5 == 0:
            found.modified, found.modified_by = found.end + HOUR, department.managers[0]
        return found

    # The schedule

    def shifts(self) -> Iterator[Shift]:
        """The past's, today's, and what is planned already."""
        to_come = (self._days[-1] + datetime.timedelta(days=n) for n in AHEAD)
        for day in (*self._days, *to_come):
            for department in self.group.departments:
                yield from self.planned(day, department)

    def planned(self, day: datetime.date, department: Department) -> list[Shift]:
        """Of a day; nobody knows then who will come."""
        key = (day.isoformat(), department.pk)
        if key not in self._planned:
            self._planned[key] = list(self._plan(day, department))
        return self._planned[key]

    def _plan(self, day: datetime.date, department: Department) -> Iterator[Shift]:
        rng = random.Random(f"{self._seed}/schedule/{department.pk}/{day}")
        *by_day, at_night = self._staff.cooks[department.pk]
        roles = (("WT", department.waiters), ("CS", department.cashiers), ("CK", by_day), ("CK", [at_night]))
        for role, people in roles:
            for person in people:
                code = "N" if person is at_night else rng.choice(("D", "D", "DSH"))
                if rng.random() < 0.35:
                    kind = SCHEDULE_TYPES[code]
                    start = datetime.datetime.combine(day, datetime.time(kind.starts))
                    identity = self.ids("schedule", person.id, day)
                    end = start + kind.hours * HOUR
                    yield Shift(identity, person, role, code, department, start, end, rng.choice((0, 0, 30)))


def _named(order: Order) -> Iterator[Person]:
    """Everybody whom a receipt names as present."""
    people = [order.waiter, order.cashier, *(line.waiter for line in order.lines)]
    yield from (each for each in people if each)
