"""Numbers, ids and moments of the ledger: whole numbers of the smallest unit, texts derived from the seed."""

from __future__ import annotations

import datetime
import hashlib
import typing as t
from decimal import Decimal

MONEY = 100  # sums are kept in kopecks
NANO = 10**9  # quantities and costs have up to nine decimals (API reference 2.1)
WHOLE = 1
SHARE = 10_000  # a payment's part of its order, exact to four decimals

_STEPS: t.Final = {WHOLE: Decimal(1), MONEY: Decimal("0.01"), NANO: Decimal("0.000000001"), SHARE: Decimal("0.0001")}


def exact(units: int, scale: int) -> Decimal:
    """The exact decimal of a whole number of ``1/scale``."""
    return Decimal(units) * _STEPS[scale]


def share_of(units: int, numerator: int, denominator: int) -> int:
    """A part of a sum, rounded half up to the unit, for sums of any sign."""
    product = units * numerator
    if product < 0:
        return -((-product * 2 + denominator) // (2 * denominator))
    return (product * 2 + denominator) // (2 * denominator)


class Ids:
    """UUIDs that depend on nothing but the seed and what they name."""

    def __init__(self, seed: int) -> None:
        """Ids of one database; a clone of it has the same ones (API reference 5.4 and design rule on cloned chains)."""
        self._start = f"{seed}/"

    def __call__(self, *name: object) -> str:
        """The id of the thing so named."""
        text = self._start + "/".join(map(str, name))
        digest = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
        return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:]}"


def part_id(whole: str, number: int) -> str:
    """The id of a part of something, quicker than a hash: parts 1, 2, ... of one thing differ in their last group."""
    return f"{whole[:24]}{(int(whole[24:], 16) + number * 0x9E3779B97F) & 0xFFFFFFFFFFFF:012x}"


_TIMES: t.Final = [f"T{h:02}:{m:02}:{s:02}" for h in range(24) for m in range(60) for s in range(60)]


class Clock:
    """Wall-clock texts of one business day, counted in seconds from its midnight; hours beyond 24 are the next date."""

    def __init__(self, day: datetime.date) -> None:
        """The business day and the two dates that it touches."""
        self._dates = [(day + datetime.timedelta(days=n)).isoformat() for n in range(4)]

    def text(self, seconds: float) -> str:
        """As iiko writes a moment: no offset, fraction without trailing zeros (API reference 4.6)."""
        whole = int(seconds)
        millis = int((seconds - whole) * 1000)
        text = self._dates[whole // 86400] + _TIMES[whole % 86400]
        return f"{text}.{millis:03}".rstrip("0") if millis else text


def minutes_between(start: str, end: str) -> int:
    """Whole minutes between two moments."""
    return int((datetime.datetime.fromisoformat(end) - datetime.datetime.fromisoformat(start)).total_seconds() // 60)
