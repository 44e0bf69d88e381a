"""iiko's values as exact, uniform ones (API reference 2.1, 4.6, 5.5).

Every ``as_*`` function takes what JSON or XML carried and returns what a Singer record carries, or raises
``ValueError`` with the offending value. Blanks are ``None`` except in plain text. What PostgreSQL cannot store is taken
out: NUL, and half of a surrogate pair.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import re
import typing as t
import uuid
from decimal import ROUND_HALF_EVEN, Context, Decimal

PLACES = 9  # what iiko's ledger keeps; it removes the noise of binary fractions
SMALLEST_STEP = Decimal(1).scaleb(-PLACES)
SECONDS_LENGTH = len("2026-05-04T13:12:44")
MOMENT_LENGTH = len("2026-05-04T13:12:44.120000")
NUMBER_TYPES = {int, Decimal, type(None)}
INTEGER_TYPES = {int, type(None)}
SMALLEST_INTEGER, LARGEST_INTEGER = -(2**63), 2**63 - 1  # what databases call bigint
WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)
MOST_DIGITS = 30  # before the point: ten bytes can write a number whose digits fill the memory
LONGEST_NUMBER = 80
TOO_LARGE: int = 10**MOST_DIGITS
USUAL_NUMBER = re.compile(rf"-?\d{{1,20}}\.\d{{0,{PLACES - 1}}}[1-9]", re.ASCII).fullmatch
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,9})?", re.ASCII).fullmatch

Page = dict[str, t.Sequence[t.Any]]
"""Some rows as columns, by field; all of one length."""

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
IS_UUID = re.compile(UUID).fullmatch
UUID_SHAPE = b"00000000-0000-0000-0000-000000000000"
DIGITS_TO_ZERO = bytes.maketrans(b"123456789abcdef", b"0" * 15)
MOMENT = r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?"
MOMENTS = re.compile(rf"{MOMENT}(?:\n{MOMENT})*", re.ASCII).fullmatch
DATE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:T00:00:00(?:\.0+)?)?|(\d{4})\.(\d\d)\.(\d\d)|(\d\d)\.(\d\d)\.(\d{4})", re.ASCII
)
NULLS = {"", "null"}  # an absent value of XML may be that text (reference 2.1)
SURROGATES = re.compile("[\ud800-\udfff]")
DEEPEST = 100  # levels of lists and objects that are taken over
LONGEST_REMEMBERED = 1_000  # characters


class Memo(dict[t.Any, t.Any]):
    """A function remembered by argument, through C-speed look-ups; emptied when it grows, so memory stays bounded.

    Several threads may use one: each step is one operation of the dictionary, and whoever has missed a value returns
    the one it has computed, whatever another thread empties meanwhile.
    """

    def __init__(self, function: t.Callable[[t.Any], t.Any], limit: int = 20_000) -> None:
        """Remember up to ``limit`` results of ``function``."""
        super().__init__()
        self.function = function
        self.limit = limit

    def __missing__(self, key: t.Any) -> t.Any:
        """Compute, remember and return."""
        value = self.function(key)
        if isinstance(key, str) and len(key) > LONGEST_REMEMBERED:
            return value
        if len(self) >= self.limit:
            self.clear()
        self[key] = value
        return value

    def column(self, raw: t.Iterable[t.Any]) -> list[t.Any]:
        """The function of each value; an object, which cannot be remembered, is computed."""
        try:
            return list(map(self.__getitem__, raw))
        except TypeError:
            return list(map(self.function, raw))


def exact(text: str) -> Decimal | int:
    """A decimal as written, rounded half-even to 9 places: ``0.30000000000000004`` is ``0.3``.

    Whole numbers become integers: iiko itself writes 480, never 480.0.

    Raises:
        ValueError: not a number, or one of more than 30 digits before the point.
    """
    if USUAL_NUMBER(text):
        return Decimal(text)
    number = Decimal(text) if len(text) <= LONGEST_NUMBER and NUMBER(text) else None
    if number is None or number.adjusted() >= MOST_DIGITS:
        message = f"{text!r} is not a number"
        raise ValueError(message)
    exponent = t.cast("int", number.as_tuple().exponent)
    if exponent < -PLACES:
        number = number.quantize(SMALLEST_STEP, context=WIDE).normalize(WIDE)
        exponent = t.cast("int", number.as_tuple().exponent)
    return int(number) if exponent >= 0 or number == number.to_integral_value() else number.normalize(WIDE)


def is_blank(value: t.Any) -> bool:
    """Whether it means nothing, where it is no plain text."""
    return value is None or value == {} or (isinstance(value, str) and value.strip() in NULLS)


def as_number(value: t.Any) -> Decimal | int | None:
    """Money, quantity, percent or count."""
    match value:
        case None:
            return None
        case str():
            text = value.strip()
            return None if text in NULLS else exact(text)
        case bool():
            pass
        case Decimal():
            return value
        case int() if -TOO_LARGE < value < TOO_LARGE:
            return value
    message = f"{value!r} is not a number"
    raise ValueError(message)


def are_numbers(raw: t.Sequence[t.Any]) -> bool:
    """Whether every value is what ``as_number`` would leave as it is, asked once for all."""
    types = set(map(type, raw))
    if not NUMBER_TYPES.issuperset(types):
        return False
    if int not in types:
        return True
    some = [value for value in filter(None, raw) if type(value) is int]
    return not some or -TOO_LARGE < min(some) <= max(some) < TOO_LARGE


def numbers(raw: t.Sequence[t.Any]) -> t.Sequence[Decimal | int | None]:
    """``as_number`` of a whole column."""
    return raw if are_numbers(raw) else list(map(as_number, raw))


def as_integer(value: t.Any) -> int | None:
    """A whole number of 64 bits; ``3.5`` is refused, never cut."""
    number = as_number(value)
    if number is None or (isinstance(number, int) and SMALLEST_INTEGER <= number <= LARGEST_INTEGER):
        return number
    message = f"{value!r} is not a whole number of 64 bits"
    raise ValueError(message)


def are_integers(raw: t.Sequence[t.Any]) -> bool:
    """Whether every value is what ``as_integer`` would leave as it is, asked once for all."""
    if not INTEGER_TYPES.issuperset(map(type, raw)):
        return False
    some = [value for value in raw if value is not None]
    return not some or SMALLEST_INTEGER <= min(some) <= max(some) <= LARGEST_INTEGER


def clean_text(text: str) -> str:
    """Without what PostgreSQL cannot store: NUL, and half of a surrogate pair, which no UTF-8 can write."""
    if text.isascii() or SURROGATES.search(text) is None:
        return text.replace("\x00", "")
    return SURROGATES.sub("\ufffd", text).replace("\x00", "")


def clean(value: t.Any, depth: int = 0) -> t.Any:
    """What stands in lists and objects, keys included, as PostgreSQL can store it; a number that is none is a text.

    Raises:
        ValueError: lists and objects nested too deep for any reader of JSON.
    """
    if depth > DEEPEST:
        message = f"lists and objects inside one another, {DEEPEST} deep: that is not a value"
        raise ValueError(message)
    match value:
        case str():
            return clean_text(value)
        case list():
            return [clean(each, depth + 1) for each in value]
        case dict():
            return {clean_text(str(key)): clean(each, depth + 1) for key, each in value.items()}
        case int() if not -TOO_LARGE < value < TOO_LARGE:
            return str(value)
    return value


def as_text(value: t.Any) -> str | None:
    """Text trimmed at both ends, since iiko trims only in some answers."""
    if value is None or value == {}:
        return None
    if isinstance(value, str):
        return clean_text(value).strip()
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return str(value)  # the type OBJECT may be either (reference 4.6)
    message = f"{value!r} is not a text"
    raise ValueError(message)


def as_reference(value: t.Any) -> str | None:
    """An id that is a text without form; blank is null."""
    text = as_text(value)
    return None if text in NULLS else text


def as_uuid(value: t.Any) -> str | None:
    """A UUID in lower case; blank is null.

    iiko's ids are UUIDs (reference 5.4). Should one not be, a UUIDv5 of it stands in its place, the same in every
    table: a uuid column refuses anything else, and joins still find it.
    """
    if isinstance(value, str) and IS_UUID(value):
        return value
    text = as_reference(value)
    if text is None:
        return None
    lower = text.lower()
    return lower if IS_UUID(lower) else stable_id(text)


NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "tap-iiko")
UUID_VARIANT = "89ab"


def are_uuids(raw: t.Sequence[t.Any]) -> bool:
    """Whether every value is a UUID in lower case or null, asked once for all: keys are many and all different."""
    some = [value for value in raw if value is not None]
    try:
        shapes = "\n".join(some).encode().translate(DIGITS_TO_ZERO)
    except TypeError:
        return False
    return shapes == b"\n".join([UUID_SHAPE] * len(some))


def stable_id(*parts: str | int | Decimal | None) -> str:
    """A UUIDv5 of the parts in their order, nulls included: the same from run to run."""
    name = "\x1f".join("\x00" if part is None else str(part) for part in parts)
    return str(uuid.uuid5(NAMESPACE, name))


def stable_ids(columns: t.Sequence[t.Sequence[t.Any]]) -> list[str]:
    """``stable_id`` of each row of these columns, in less than half of the time: a key may have many parts."""
    names = map("\x1f".join, zip(*map(_as_parts, columns), strict=True))
    digests = (hashlib.sha1(NAMESPACE.bytes + name.encode(), usedforsecurity=False).hexdigest() for name in names)
    return [
        f"{each[:8]}-{each[8:12]}-5{each[13:16]}-{UUID_VARIANT[int(each[16], 16) & 3]}{each[17:20]}-{each[20:32]}"
        for each in digests
    ]


def _as_parts(column: t.Sequence[t.Any]) -> list[str]:
    return ["\x00" if part is None else part if type(part) is str else str(part) for part in column]


TRUE, FALSE = {"TRUE", "1"}, {"FALSE", "0"}


def as_boolean(value: t.Any) -> bool | None:
    """``true``/``false`` of JSON and XML, ``"TRUE"``/``"FALSE"`` of OLAP."""
    if value is None or isinstance(value, bool):
        return value
    text = str(value).strip().upper()
    if text.lower() in NULLS:
        return None
    if text in TRUE or text in FALSE:
        return text in TRUE
    message = f"{value!r} is neither true nor false"
    raise ValueError(message)


def as_date(value: t.Any) -> str | None:
    """``YYYY-MM-DD``, from any of iiko's spellings of a day (reference 2.1, 4.6)."""
    if value is None or (isinstance(value, str) and value.strip() in {"", "{}", "null"}):
        return None
    if isinstance(value, str) and (match := DATE.fullmatch(value.strip())):
        year, month, day, *others = match.groups()
        if year is None:
            year, month, day = others[:3] if others[0] else reversed(others[3:])
        with contextlib.suppress(ValueError):
            return datetime.date(int(year), int(month), int(day)).isoformat()
    message = f"{value!r} is not a date"
    raise ValueError(message)


def as_moment(value: t.Any) -> str | None:
    """Iiko's wall clock as ``YYYY-MM-DDThh:mm:ss.ffffff``, without zone.

    Fractions arrive trimmed (``.45`` is 450 ms) or absent; an offset of XML answers is dropped, the clock stays.
    """
    if value is None or (isinstance(value, str) and value.strip() in NULLS):
        return None
    if isinstance(value, str) and value[4:5] == "-" and value.isascii():
        if value[10:11] == "T" and value[19:20] == "." and len(value) <= MOMENT_LENGTH and value[20:].isdecimal():
            datetime.datetime.fromisoformat(value)  # the usual case: it only has to be a moment
            return value.ljust(MOMENT_LENGTH, "0")
        with contextlib.suppress(ValueError):
            moment = datetime.datetime.fromisoformat(value.strip())
            return moment.replace(tzinfo=None).isoformat(timespec="microseconds")
    message = f"{value!r} is not a date and time"
    raise ValueError(message)


def day_of(value: t.Any) -> str | None:
    """The date of iiko's wall clock, of a document that may have a time of day or none (reference 2.1)."""
    if isinstance(value, str) and value[4:5] == "-":
        found = as_moment(value)
        return found and found[: len("2026-05-04")]
    return as_date(value)


def moment(when: datetime.datetime) -> str:
    """A UTC moment in the one form that all tables use."""
    return when.astimezone(datetime.UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def usual_moments(raw: t.Sequence[t.Any]) -> list[str | None] | None:
    """``as_moment`` of a whole column whose values all have the usual form or are null; ``None`` if one has not."""
    some = [value for value in raw if value is not None]
    try:
        joined = "\n".join(some)
    except TypeError:
        return None
    if some and (MOMENTS(joined) is None or joined.count("\n") != len(some) - 1):
        return None
    for day in {value[:10] for value in some}:
        datetime.date.fromisoformat(day)
    return [value and (value if value[SECONDS_LENGTH:] else f"{value}.").ljust(MOMENT_LENGTH, "0") for value in raw]


def as_list(value: t.Any) -> list[t.Any] | None:
    """A JSON array."""
    if value is None or value in ({}, ""):
        return None
    cleaned = clean(value)
    return cleaned if isinstance(cleaned, list) else [cleaned]  # one element of an XML list is not wrapped


def as_object(value: t.Any) -> dict[str, t.Any] | None:
    """A JSON object; empty is null."""
    if not value:
        return None
    if isinstance(value, dict):
        return t.cast("dict[str, t.Any]", clean(value))
    message = f"{value!r} is not an object"
    raise ValueError(message)
