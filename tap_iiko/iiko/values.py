"""iiko's values as exact, uniform ones (API reference 2.1, 4.6, 5.5).

Every ``as_*`` function takes what JSON or XML carried and returns what a Singer record carries, or raises
``ValueError`` with the offending value. Blanks are ``None`` except in plain text. What PostgreSQL cannot store is taken
out: NUL, and half of a surrogate pair.
"""

from __future__ import annotations

import contextlib
import datetime
import re
import typing as t
import uuid
from decimal import ROUND_HALF_EVEN, Context, Decimal

import msgspec
from defusedxml import ElementTree

from tap_iiko.iiko.errors import BadAnswer, CutAnswer, Rejected, TooLarge, quote

if t.TYPE_CHECKING:
    from xml.etree.ElementTree import Element

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

T = t.TypeVar("T")

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
ESCAPES = re.compile(
    rb"(\\[^u]|\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2})|\\u[dD][89a-fA-F][\da-fA-F]{2}"
)
NULL_ATTRIBUTES = ("null", "{http://www.w3.org/2001/XMLSchema-instance}nil")
CANONICAL_NUMBER = re.compile(r"(?!-0$)-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?", re.ASCII).fullmatch
MOST_CANONICAL_DIGITS = 15
DEEPEST = 100  # levels of lists and objects that are taken over
LONGEST_REMEMBERED = 1_000  # characters
MOST_VALUES = 3_000_000  # in a list: 64 MB of empty objects would be 1.7 GB; 35,000 products have as many


class Memo(dict[t.Any, t.Any]):
    """A function remembered by argument, through C-speed look-ups; emptied when it grows, so memory stays bounded."""

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


def _number_or_text(text: str) -> Decimal | int | str:
    try:
        return exact(text)
    except ValueError:
        return text  # refused where a number has to be, harmless where nobody asks for one


# Prices, costs and their sums repeat; a look-up costs a tenth of making a decimal.
_remembered = Memo(_number_or_text)


def json_decoder(kind: t.Any = t.Any) -> msgspec.json.Decoder[t.Any]:
    """A decoder of a type, with exact decimals: it hands every fraction over as text."""
    return msgspec.json.Decoder(kind, float_hook=_remembered.__getitem__)


def decode(decode_with: t.Callable[[bytes | bytearray], T], body: bytes | bytearray) -> T:
    r"""Decode JSON, once more without halves of surrogate pairs (``\ud800``) if it does not go with them.

    Every decoder refuses the whole document for one; U+FFFD stands in their place.
    """
    try:
        return decode_with(body)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        if b"\\u" not in body:
            raise
        repaired = ESCAPES.sub(lambda match: match[0] if match[1] else rb"\ufffd", body)
        if repaired == body:
            raise
        return decode_with(repaired)


def parse_json(body: bytes, where: str) -> t.Any:
    """A JSON body with exact decimals.

    Raises:
        CutAnswer: not JSON.
        BadAnswer: nested too deep for any decoder.
        TooLarge: too many values.
    """
    _count(body, b",", where)
    try:
        return decode(json_decoder().decode, body)
    except RecursionError:
        raise BadAnswer(f"{where}: lists and objects stand inside one another without end.") from None
    except ValueError as error:  # what msgspec raises
        raise CutAnswer(f"{where}: the answer is not valid JSON ({error}).") from None


def _count(body: bytes, sign: bytes, where: str) -> None:
    if body.count(sign) > MOST_VALUES:
        raise TooLarge(f"{where}: the answer has more than {MOST_VALUES:,} values, so it is not taken for a list.")


def as_json(value: t.Any) -> str:
    """For a message."""
    return msgspec.json.encode(value).decode()


def parse_xml(body: bytes, where: str) -> Element:
    """The root of an XML body.

    Raises:
        CutAnswer: not XML.
        BadAnswer: XML with entities, or in an unknown encoding.
        TooLarge: too many elements.
    """
    _count(body, b"<", where)
    try:
        return ElementTree.fromstring(body, forbid_dtd=True)
    except ElementTree.ParseError as error:
        raise CutAnswer(f"{where}: the answer is not valid XML ({error}).") from None
    except (ValueError, LookupError, RecursionError) as error:
        raise BadAnswer(f"{where}: the XML cannot be read ({type(error).__name__}: {error}).") from None


def parse_text(body: bytes, where: str) -> str:
    """A text that comes bare, as JSON (``"CHAIN"``) or as XML (``<serverType>CHAIN</serverType>``): reference 1.2.

    Raises:
        BadAnswer: more than one text.
    """
    text = body.decode("utf-8-sig", "replace").strip()
    if text.startswith("<"):
        root = parse_xml(body.strip(), where)
        if len(root):
            raise BadAnswer(f"{where}: the answer is <{root.tag}> with elements in it, not a text.")
        return (root.text or "").strip()
    if text.startswith("{"):
        answer = list(parse_json(body, where).values())
        if len(answer) != 1 or not isinstance(answer[0], str):
            raise BadAnswer(f"{where}: the answer is an object, not a text.")
        return answer[0].strip()
    return text.strip('"').strip()


def element_to_dict(element: Element, depth: int = 0) -> dict[str, t.Any]:
    """An XML element as iiko means it: leaves are text, a repeated name is a list.

    An empty element is ``""``; it is null if its attribute ``null`` says so (reference 1.2).

    Raises:
        BadAnswer: nested too deep for a value.
    """
    if depth > DEEPEST:
        raise BadAnswer(f"Elements stand inside one another, {DEEPEST} deep: that is no answer of iiko.")
    result: dict[str, t.Any] = {}
    for child in element:
        value = element_to_dict(child, depth + 1) if len(child) else _leaf(child)
        if child.tag not in result:
            result[child.tag] = value
        elif isinstance(result[child.tag], list):
            result[child.tag].append(value)
        else:
            result[child.tag] = [result[child.tag], value]
    return result


def _leaf(element: Element) -> str | None:
    if any(element.get(name) in {"1", "true"} for name in NULL_ATTRIBUTES):
        return None
    return element.text or ""


def with_kinds(value: t.Any) -> t.Any:
    """What XML knows as text only, as what it prints: ``true`` a boolean, ``12`` a number, but never ``007``."""
    match value:
        case list():
            return [with_kinds(each) for each in value]
        case dict():
            return {key: with_kinds(each) for key, each in value.items()}
        case "true" | "false":
            return value == "true"
        case str() if CANONICAL_NUMBER(value) and sum(map(str.isdigit, value)) <= MOST_CANONICAL_DIGITS:
            return exact(value)
    return value


def json_items(body: bytes, where: str) -> t.Iterator[t.Any]:
    """Temporary."""
    answer = parse_json(body, where)
    if isinstance(answer, dict) and answer.get("result") == "ERROR":
        raise Rejected(f"{where}: iiko refused the request ({quote(as_json(answer.get('errors') or answer))}).")
    if isinstance(answer, dict) and "response" in answer:
        answer = answer["response"]
    if not isinstance(answer, list):
        raise BadAnswer(f"{where}: the answer is not a list of objects with ids.")
    return iter(answer)


def json_map(body: bytes, where: str) -> t.Iterator[tuple[str, t.Any]]:
    """Temporary."""
    return iter(parse_json(body, where).items())


def xml_rows(body: bytes, root: str, element: str, where: str) -> t.Iterator[dict[str, t.Any]]:
    """Temporary."""
    top = parse_xml(body, where)
    if root not in {"?", top.tag}:
        raise BadAnswer(f"{where}: the answer is <{top.tag}>, not <{root}>.")
    return map(element_to_dict, top)
