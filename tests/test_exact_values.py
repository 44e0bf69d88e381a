"""Values arrive exact and uniform, however iiko spells them; what is not of its type is refused, never cut."""

from __future__ import annotations

import gc
import io
import json
import typing as t
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_iiko.iiko import cutting, errors, formats, values

ROWS = formats.json_decoder(list[dict[str, t.Any]])


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("0.35", Decimal("0.35")),
        ("480.0", 480),
        ("-9905.579000000", Decimal("-9905.579")),
        ("0.30000000000000004", Decimal("0.3")),
        ("119.99999999999999", 120),
        ("12.3456789015", Decimal("12.345678902")),  # half-even, to nine places
        ("12.3456789005", Decimal("12.3456789")),
        ("1E-7", Decimal("1E-7")),
        ("1.5e3", 1500),
        ("-0.0", 0),
        ("123456789012345678.123456789", Decimal("123456789012345678.123456789")),
    ],
)
def test_fractions_are_exact_to_nine_places(written: str, read: Decimal) -> None:
    assert formats.parse_json(written.encode(), "x") == read


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**12), max_value=10**12))
def test_no_digit_of_the_ledger_is_lost(number: Decimal) -> None:
    assert Decimal(values.exact(f"{number:f}")) == number


@pytest.mark.parametrize(
    ("convert", "written", "read"),
    [
        (values.as_date, "2026-05-04", "2026-05-04"),
        (values.as_date, "2026-05-04T00:00:00", "2026-05-04"),
        (values.as_date, "04.05.2026", "2026-05-04"),
        (values.as_date, "2026.05.04", "2026-05-04"),
        (values.as_date, "", None),
        (values.as_moment, "2026-05-04T13:12:44.12", "2026-05-04T13:12:44.120000"),
        (values.as_moment, "2026-05-04T13:12:44", "2026-05-04T13:12:44.000000"),
        (values.as_moment, "2026-05-04T13:12", "2026-05-04T13:12:00.000000"),
        (values.as_moment, "2026-05-04T13:12:44.120+03:00", "2026-05-04T13:12:44.120000"),
        (values.as_moment, "2026-05-04T13:12:44.1234567", "2026-05-04T13:12:44.123456"),
        (values.as_boolean, "TRUE", True),
        (values.as_boolean, "false", False),
        (values.as_boolean, "", None),
        (values.as_text, "  Борщ \x00 ", "Борщ"),
        (values.as_text, "", ""),
        (values.as_reference, " ", None),
        (values.as_uuid, "3F3B9A52-0A83-4A1B-9D0E-6F1F0C9A7D10", "3f3b9a52-0a83-4a1b-9d0e-6f1f0c9a7d10"),
        (values.as_integer, "3", 3),
        (values.as_number, "1140.000000000", 1140),
    ],
)
def test_spellings(convert: t.Callable[[t.Any], t.Any], written: t.Any, read: t.Any) -> None:
    assert convert(written) == read


@pytest.mark.parametrize(
    ("convert", "value"),
    [
        (values.as_number, "abc"),
        (values.as_number, True),
        (values.as_number, []),
        (values.as_number, "NaN"),
        (values.as_integer, Decimal("3.5")),
        (values.as_date, "2026-02-30"),
        (values.as_date, "yesterday"),
        (values.as_moment, "2026-05-04T25:00:00"),
        (values.as_boolean, "maybe"),
        (values.as_text, {"a": 1}),
        (values.as_object, [1]),
    ],
)
def test_what_is_not_of_its_type_is_refused(convert: t.Callable[[t.Any], t.Any], value: t.Any) -> None:
    with pytest.raises(ValueError, match=r".+ is (not|neither) "):
        convert(value)


texts = st.text(alphabet=st.sampled_from('abЯ{}[]",:\\ \n'), max_size=12)
rows_of_anything = st.lists(
    st.dictionaries(texts, st.one_of(st.none(), texts, st.integers(-(10**6), 10**6)), max_size=4), max_size=30
)


@settings(deadline=None)
@given(
    rows=rows_of_anything, summary_first=st.booleans(), indent=st.sampled_from([None, 1, 2]), piece=st.integers(1, 60)
)
def test_an_answer_cut_anywhere_gives_the_same_rows(
    rows: list[dict[str, t.Any]], *, summary_first: bool, indent: int | None, piece: int
) -> None:
    document = {"summary": [], "data": rows} if summary_first else {"data": rows, "summary": []}
    body = json.dumps(document, ensure_ascii=False, indent=indent).encode()
    read = [row for some in cutting.read_rows(io.BytesIO(body), "x", ROWS, piece) for row in some]
    assert read == rows


@given(rows_of_anything.filter(bool), st.data())
def test_a_cut_answer_is_never_taken_for_a_short_one(rows: list[dict[str, t.Any]], data: st.DataObject) -> None:
    body = json.dumps({"data": rows, "summary": []}).encode()
    shorter = body[: data.draw(st.integers(1, len(body) - 1))]
    with pytest.raises(errors.BadAnswer):
        list(cutting.read_rows(io.BytesIO(shorter), "x", ROWS))


@pytest.mark.parametrize("body", [b"{}", b'{"data":5}', b'{"data":[5]}', b'{"data":[{}]} x', b'{"rows":[]}', b"[]"])
def test_another_shape_is_refused(body: bytes) -> None:
    with pytest.raises(errors.BadAnswer):
        list(cutting.read_rows(io.BytesIO(body), "x", ROWS))


def test_reading_leaves_no_cycles_behind() -> None:
    """A run collects garbage rarely: a cycle for every piece would let its memory grow with the history."""
    body = json.dumps({"data": [{"a": "}{" * 20, "b": number} for number in range(200)], "summary": []}).encode()
    gc.collect()
    gc.freeze()  # what other tests leave behind is not counted
    gc.disable()
    try:
        assert sum(len(rows) for rows in cutting.read_rows(io.BytesIO(body), "x", ROWS, 64)) == 200
        assert gc.collect() < 20
    finally:
        gc.enable()
        gc.unfreeze()


@given(st.lists(st.tuples(*[st.none() | st.text(st.characters(codec="utf-8")) | st.integers()] * 3), max_size=5))
def test_keys_of_a_page_are_those_of_its_rows(rows: list[tuple[str | int | None, ...]]) -> None:
    columns = [[row[place] for row in rows] for place in range(3)]
    assert values.stable_ids(columns) == [values.stable_id(*row) for row in rows]
