"""JSON and XML of iiko, decoded: whole, or element by element (API reference 2)."""

from __future__ import annotations

import re
import typing as t

import msgspec
from defusedxml import ElementTree

from tap_iiko.iiko.errors import BadAnswer, CutAnswer, Rejected, TooLarge, quote
from tap_iiko.iiko.values import DEEPEST, Memo, exact

if t.TYPE_CHECKING:
    from decimal import Decimal
    from xml.etree.ElementTree import Element

T = t.TypeVar("T")

ESCAPES = re.compile(
    rb"(\\[^u]|\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2})|\\u[dD][89a-fA-F][\da-fA-F]{2}"
)
FIRST_SIGN = re.compile(rb"[\xef\xbb\xbf \t\r\n]*([^\xef\xbb\xbf \t\r\n])")
NULL_ATTRIBUTES = ("null", "{http://www.w3.org/2001/XMLSchema-instance}nil")
CANONICAL_NUMBER = re.compile(r"(?!-0$)-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?", re.ASCII).fullmatch
MOST_CANONICAL_DIGITS = 15
PIECE_BYTES = 1 << 16
MOST_VALUES = 3_000_000  # in a list: 64 MB of empty objects would be 1.7 GB; 35,000 products have as many


def _number_or_text(text: str) -> Decimal | int | str:
    try:
        return exact(text)
    except ValueError:
        return text  # refused where a number has to be, harmless where nobody asks for one


# Prices, costs and their sums repeat (see tap_iiko.iiko.remembering).
_remembered = Memo(_number_or_text)


def json_decoder(kind: t.Any = t.Any) -> msgspec.json.Decoder[t.Any]:
    """A decoder of a type, with exact decimals: it hands every fraction over as text."""
    return msgspec.json.Decoder(kind, float_hook=_remembered.__getitem__)


def decode(decode_with: t.Callable[[t.Any], T], body: bytes | bytearray | memoryview) -> T:
    r"""Decode JSON, once more without halves of surrogate pairs (``\ud800``) if it does not go with them.

    Every decoder refuses the whole document for one; U+FFFD stands in their place.
    """
    try:
        return decode_with(body)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        body = bytes(body) if isinstance(body, memoryview) else body
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
    _refuse_more_than_most(body.count(sign), where)


def _refuse_more_than_most(values: int, where: str) -> None:
    if values > MOST_VALUES:
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


def refuse_error(answer: t.Any, where: str) -> None:
    """A wrapper may say that the request failed, with status 200 (reference 2.3).

    Raises:
        Rejected: it does.
    """
    if isinstance(answer, dict) and answer.get("result") == "ERROR":
        said = quote(as_json(answer.get("errors") or answer))
        raise Rejected(f"{where}: iiko refused the request ({said}).")


def json_items(body: bytes, where: str) -> t.Iterator[t.Any]:
    """The elements of a JSON array, bare or in ``response`` of a wrapper (reference 2.3).

    They are made one after the other: the objects of a long list need many times its bytes.

    Raises:
        Rejected: the wrapper says so.
        BadAnswer: no array; and as ``parse_json``.
    """
    _count(body, b",", where)
    raw = _raw(body, where)
    if isinstance(raw, dict):
        answer = {name: parse_json(bytes(value), where) for name, value in raw.items() if name != "response"}
        refuse_error(answer, where)
        raw = _raw(memoryview(raw["response"]), where) if "response" in raw else None
    if not isinstance(raw, list):
        raise BadAnswer(f"{where}: the answer is not a list of objects with ids.")
    return (_element(each, where) for each in raw)


def json_object(body: bytes, where: str) -> dict[str, t.Any]:
    """A JSON object.

    Raises:
        Rejected: it says so.
        BadAnswer: no object; and as ``parse_json``.
    """
    answer = parse_json(body, where)
    refuse_error(answer, where)
    if not isinstance(answer, dict):
        raise BadAnswer(f"{where}: the answer is not an object.")
    return answer


def json_map(body: bytes, where: str) -> t.Iterator[tuple[str, t.Any]]:
    """The entries of a JSON object, one after the other.

    Raises:
        BadAnswer: no object; and as ``parse_json``.
    """
    _count(body, b",", where)
    raw = _raw(body, where)
    if not isinstance(raw, dict):
        raise BadAnswer(f"{where}: the answer is not a map.")
    return ((key, _element(each, where)) for key, each in raw.items())


def _raw(body: bytes | memoryview, where: str) -> dict[str, msgspec.Raw] | list[msgspec.Raw] | None:
    """The first level of a document, what is below it undecoded, a part of the body and no copy.

    ``None`` where it is a plain value.
    """
    start = FIRST_SIGN.match(body)
    kind: t.Any = start and {b"[": list[msgspec.Raw], b"{": dict[str, msgspec.Raw]}.get(start[1])
    if kind is None:
        return None
    try:
        raw: dict[str, msgspec.Raw] | list[msgspec.Raw] = decode(msgspec.json.Decoder(kind).decode, body)
    except RecursionError:
        raise BadAnswer(f"{where}: lists and objects stand inside one another without end.") from None
    except ValueError as error:  # what msgspec raises
        raise CutAnswer(f"{where}: the answer is not valid JSON ({error}).") from None
    return raw


def _element(raw: msgspec.Raw, where: str) -> t.Any:
    return parse_json(bytes(raw), where)


def _count_elements(body: t.IO[bytes], where: str) -> None:
    """Before any is made: as objects they need many times their bytes. The body is left where it was."""
    start, elements = body.tell(), 0
    while piece := body.read(PIECE_BYTES):
        elements += piece.count(b"<")
    body.seek(start)
    _refuse_more_than_most(elements, where)


def xml_rows(body: t.IO[bytes], root: str, element: str, where: str) -> t.Iterator[dict[str, t.Any]]:
    """The children of an XML root, one after the other; an empty root has none.

    Args:
        body: the answer.
        root: its name; ``?`` for any.
        element: the name of every child.
        where: for messages.

    Raises:
        BadAnswer: another root, or a child of another name; and as ``parse_xml``.
    """
    _count_elements(body, where)
    above: list[Element] = []
    try:
        for event, found in ElementTree.iterparse(body, events=("start", "end"), forbid_dtd=True):
            if event == "start":
                if not above and root not in {"?", found.tag}:
                    raise BadAnswer(f"{where}: the answer is <{found.tag}>, not <{root}>.")
                above.append(found)
                continue
            above.pop()
            if len(above) == 1:
                if found.tag != element:
                    raise BadAnswer(f"{where}: <{found.tag}> stands among the <{element}> of the answer.")
                yield element_to_dict(found)
                above[0].clear()
    except ElementTree.ParseError as error:
        raise CutAnswer(f"{where}: the answer is not valid XML ({error}).") from None
    except (ValueError, LookupError, RecursionError) as error:
        raise BadAnswer(f"{where}: the XML cannot be read ({type(error).__name__}: {error}).") from None
