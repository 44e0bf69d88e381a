"""What the lists of documents have in common: days, statuses, revisions (API reference 3.8)."""

from __future__ import annotations

import datetime
import re
import typing as t

from simulator.olap.request import Refusal

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.api.method import Call, Served
    from simulator.world.documents import Document

DOTTED: t.Final = re.compile(r"\d\d\.\d\d\.\d{4}")
RIGHT: t.Final = "B_DOC"
"""A guess: the code of this right is not known (1.4)."""
Days = tuple[datetime.date, datetime.date]
Found = t.TypeVar("Found", bound="Document")


def days_of(call: Call, first: str, last: str, *, exclusive: bool = False) -> Days:
    """The asked days; both are needed, and only in one form (1.5, 2.1)."""
    return _day_of(call, first), _day_of(call, last) - datetime.timedelta(days=int(exclusive))


def _day_of(call: Call, name: str) -> datetime.date:
    """The parser is lenient: the 31st of September is the first of October (3.8.3)."""
    given = needed(call, name)
    if DOTTED.fullmatch(given):
        raise Refusal(409, f"Неверный формат даты: {given}")
    try:
        year, month, day = map(int, given[:10].split("-"))
        return datetime.date(year, month, 1) + datetime.timedelta(days=day - 1)
    except ValueError:
        raise Refusal(400, f"Wrong date format: {given}") from None


def needed(call: Call, name: str) -> str:
    """A parameter without which nothing is answered."""
    given = call.param(name)
    if not given:
        raise Refusal(400, f"Argument for @NotNull parameter '{name}' must not be null")
    return given


def listed(served: Served, call: Call, documents: Iterable[Found], days: Days, status: str = "") -> list[Found]:
    """The documents of some days, in the order of their numbers; all statuses unless one is named."""
    first, last = (day.isoformat() for day in days)
    return served.newer(
        call,
        [
            each
            for each in documents
            if first <= each.day <= last
            and (each.status == status if status else each.status != "DELETED" or served.readings.shows_deleted)
        ],
        lambda each: each.id,
    )
