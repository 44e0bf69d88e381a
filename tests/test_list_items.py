"""A list that is decoded item by item is what it is as a whole, and what is no list is refused."""

from __future__ import annotations

import io
import json
import typing as t
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_iiko.iiko import errors, formats, sources

texts = st.text(alphabet=st.sampled_from('abЯ{}[]",:\\ \n<&'), max_size=12)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**6), 10**6), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)


@given(st.lists(values), st.sampled_from([None, 1]), st.booleans())
def test_a_json_list_comes_bare_or_wrapped(items: list[t.Any], indent: int | None, wrapped: bool) -> None:  # noqa: FBT001
    wrapper = {"result": "SUCCESS", "errors": [], "response": items, "revision": 5}
    body = json.dumps(wrapper if wrapped else items, indent=indent).encode()
    assert list(formats.json_items(body, "list")) == items


@given(st.dictionaries(texts, values))
def test_a_json_map_keeps_its_keys(entries: dict[str, t.Any]) -> None:
    assert dict(formats.json_map(json.dumps(entries).encode(), "map")) == entries


@given(st.lists(st.lists(st.tuples(st.sampled_from(["id", "name", "item"]), texts), max_size=4)))
def test_the_rows_of_xml_are_what_they_are_in_the_whole(rows: list[list[tuple[str, str]]]) -> None:
    inside = "".join(
        f"<item>{''.join(f'<{name}>{escape(text)}</{name}>' for name, text in row)}</item>\n" for row in rows
    )
    body = f"<items>{inside}</items>".encode()
    whole = [formats.element_to_dict(each) for each in formats.parse_xml(body, "list")]
    assert list(formats.xml_rows(io.BytesIO(body), "items", "item", "list")) == whole
    assert list(formats.xml_rows(io.BytesIO(body), "?", "item", "list")) == whole


@pytest.mark.parametrize(
    ("body", "error", "said"),
    [
        (b'{"result":"ERROR","errors":[{"value":"no such type"}],"response":null}', errors.Rejected, "no such type"),
        (b'{"result":"SUCCESS","errors":[]}', errors.BadAnswer, "not a list"),
        (b'{"response":{"id":1}}', errors.BadAnswer, "not a list"),
        (b'"text"', errors.BadAnswer, "not a list"),
        (b'[{"id":1},{"id"', errors.CutAnswer, "not valid JSON"),
        (b'{"response":[{"id":1}]', errors.CutAnswer, "not valid JSON"),
        (b"[1] 2", errors.CutAnswer, "not valid JSON"),
        (b"[" + b"[" * 200_000, errors.BadAnswer, "without end"),
        (b"[" + b"0," * 3_000_001 + b"0]", errors.TooLarge, "more than 3,000,000 values"),
    ],
)
def test_what_is_no_json_list_is_refused(body: bytes, error: type[errors.IikoError], said: str) -> None:
    with pytest.raises(error, match=said) as caught:
        list(formats.json_items(body, "v2/list"))
    assert type(caught.value) is error
    assert str(caught.value).startswith("v2/list: ")


@pytest.mark.parametrize(
    ("body", "error", "said"),
    [
        (b"<others><item/></others>", errors.BadAnswer, "<others>, not <items>"),
        (b"<items><item/><other/></items>", errors.BadAnswer, "<other> stands among the <item>"),
        (b"<items><item><id>1</id></item>", errors.CutAnswer, "not valid XML"),
        (b"<items><item/></items><items/>", errors.CutAnswer, "not valid XML"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><items/>', errors.BadAnswer, "cannot be read"),
        (b"<items>" + b"<item>" * 300 + b"</item>" * 300 + b"</items>", errors.BadAnswer, "inside one another"),
    ],
)
def test_what_is_no_xml_list_is_refused(body: bytes, error: type[errors.IikoError], said: str) -> None:
    with pytest.raises(error, match=said) as caught:
        list(formats.xml_rows(io.BytesIO(body), "items", "item", "corporation/items"))
    assert type(caught.value) is error


# Pieces


class Watched(io.BytesIO):
    """Remembers the largest piece that was asked for."""

    largest = 0

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        self.largest = max(self.largest, len(piece))
        return piece


LINE = {f"field{number}": str(number) for number in range(20)}
DOCUMENTS = [{"id": str(number), "items": {"item": [LINE] * 200}} for number in range(30)]


def as_xml(name: str, value: t.Any) -> str:
    if isinstance(value, list):
        return "".join(as_xml(name, each) for each in value)
    inside = "".join(as_xml(key, each) for key, each in value.items()) if isinstance(value, dict) else escape(value)
    return f"<{name}>{inside}</{name}>"


@pytest.mark.parametrize("rows", ["root/document", ""], ids=["XML", "JSON"])
def test_long_documents_come_a_few_at_a_time(rows: str) -> None:
    """Five hundred of them would be millions of values."""
    text = as_xml("root", {"document": DOCUMENTS}) if rows else json.dumps({"response": DOCUMENTS})
    body = Watched(text.encode())
    pages = list(sources.Get("documents", rows=rows).pages(body))
    assert [document for page in pages for document in page] == DOCUMENTS
    assert max(map(len, pages)) <= 6
    if rows:
        assert body.largest < len(text) / 10, "XML is not even read as a whole"


def test_short_items_come_many_at_a_time() -> None:
    items = [{"id": str(number), "name": "x"} for number in range(1200)]
    pages = list(sources.Get("list").pages(io.BytesIO(json.dumps(items).encode())))
    assert [len(page) for page in pages] == [500, 500, 200]
