"""What the mart of staff time must come to, from the simulator's attendances and shifts themselves."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from decimal import Decimal

from simulator.world.presence import ATTENDANCE_TYPES

if t.TYPE_CHECKING:
    from simulator import Simulator

Figures = dict[tuple[t.Any, ...], dict[str, t.Any]]
ZERO = Decimal(0)
LABOUR = (
    *("people", "attendances", "open_attendances", "hours", "overtime_hours"),
    *("regular_pay", "overtime_pay", "other_pay", "pay", "planned_people", "planned_hours"),
)


def labour_of(sim: Simulator) -> Figures:
    """By day and restaurant: hours of those who worked, pay of all, and what was planned."""
    found: Figures = defaultdict(lambda: dict.fromkeys(LABOUR, ZERO))
    people: defaultdict[tuple[t.Any, ...], set[str]] = defaultdict(set)
    planned: defaultdict[tuple[t.Any, ...], set[str]] = defaultdict(set)
    paid = {row["id"]: row for row in sim.books.rows("attendances")}
    for each in sim.ledger.presence.attendances():
        key = (each.start.date().isoformat(), each.department.id)
        regular, more, other = (
            Decimal(paid[each.id][f"paymentDetails/{name}"] or 0)
            for name in ("regularPaymentSum", "overtimePayedSum", "otherPaymentsSum")
        )
        _add(found[key], regular_pay=regular, overtime_pay=more, other_pay=other, pay=regular + more + other)
        if ATTENDANCE_TYPES[each.kind].counts:
            people[key].add(each.person.id)
            overtime = Decimal(paid[each.id]["paymentDetails/overtimePayedMinutes"] or 0) / 60
            _add(
                found[key],
                attendances=1,
                open_attendances=int(each.end is None),
                hours=Decimal(each.minutes) / 60,
                overtime_hours=overtime,
            )
    for shift in sim.ledger.presence.shifts():
        key = (shift.start.date().isoformat(), shift.department.id)
        planned[key].add(shift.person.id)
        minutes = int((shift.end - shift.start).total_seconds()) // 60 - shift.unpaid
        _add(found[key], planned_hours=Decimal(minutes) / 60)
    for key, row in found.items():
        row["people"], row["planned_people"] = len(people[key]), len(planned[key])
    return dict(found)


def _add(row: dict[str, t.Any], **figures: Decimal | int) -> None:
    for name, value in figures.items():
        row[name] += value
