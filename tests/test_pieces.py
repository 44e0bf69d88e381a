"""Pages of rows are what the rows are one by one: whatever is looked up, checked or converted for many at once."""

from __future__ import annotations

import datetime
import io
import json
import typing as t
import uuid
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_iiko import tables
from tap_iiko.iiko import cutting, errors, formats, olap, values
from tap_iiko.iiko.remembering import RowDecoder, Tuning
from tap_iiko.proof import totals
from tap_iiko.rows.projection import OddValues, Projection

FIELDS = ("a", "b", "c", "d")
few_texts = st.sampled_from(["Бар", "Кухня", "", "a\x00b", 'quote " and } brace', " blank ", "ё" * 40])
few_rows = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "a": few_texts,
            "b": st.one_of(st.none(), few_texts),
            "c": st.one_of(few_texts, st.text(max_size=3)),
            "d": st.one_of(st.none(), st.text(max_size=2), st.integers(0, 3), st.booleans()),
        },
    ),
    max_size=60,
)


@settings(deadline=None, max_examples=300)
@given(few_rows, st.integers(1, 200), st.integers(0, 8), st.booleans())
def test_texts_that_are_remembered_are_the_texts_that_came(
    rows: list[dict[str, t.Any]],
    piece: int,
    first_look: int,
    escaped: bool,  # noqa: FBT001
) -> None:
    body = json.dumps({"data": rows, "summary": []}, ensure_ascii=escaped).encode()
    decoder = RowDecoder(FIELDS, Tuning(first_look, most_texts=6, texts_per_piece=3))
    read: list[tuple[t.Any, ...]] = []
    for some in cutting.read_rows(io.BytesIO(body), "x", decoder, piece):
        read += zip(*decoder.page(some).values(), strict=True)
    assert [tuple(map(repr, row)) for row in read] == [tuple(repr(row.get(name)) for name in FIELDS) for row in rows]


def test_what_repeats_is_made_once() -> None:
    """That is the point of it: the same object, whose hash and UTF-8 form are kept."""
    rows = [{"a": "Горячий цех", "b": str(uuid.uuid4())} for _ in range(10_000)]
    decoder = RowDecoder(("a", "b"))
    body = io.BytesIO(json.dumps({"data": rows}).encode())
    pages = list(map(decoder.page, cutting.read_rows(body, "x", decoder, 4096)))
    later = pages[len(pages) // 2 :]
    assert len({id(text) for page in later for text in page["a"]}) == 1
    assert [text for page in pages for text in page["b"]] == [row["b"] for row in rows]


nearly_uuids = st.one_of(
    st.none(),
    st.uuids().map(str),
    st.uuids().map(lambda each: str(each).upper()),
    st.uuids().map(lambda each: f"{each}\n{each}"),
    st.from_regex(r"[0-9a-fxй]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", fullmatch=True),
    st.sampled_from(["", "-", 5]),
)


@given(st.one_of(st.lists(st.uuids().map(str)), st.lists(nearly_uuids)))
def test_ids_are_checked_together_as_one_by_one(raw: list[t.Any]) -> None:
    one_by_one = all(value is None or (isinstance(value, str) and values.IS_UUID(value)) for value in raw)
    assert values.are_uuids(raw) is one_by_one


nearly_moments = st.one_of(
    st.none(),
    st.datetimes().map(lambda each: each.isoformat()),
    st.datetimes().map(lambda each: each.isoformat(timespec="milliseconds")),
    st.sampled_from(
        ["2026-02-30T10:00:00.5", "2026-02-03T24:00:00", "2026-02-03T10:00:00\n2026-02-03T10:00:00", "", 0]
    ),
)


@given(st.one_of(st.lists(st.datetimes().map(lambda each: each.isoformat())), st.lists(nearly_moments)))
def test_moments_are_converted_together_as_one_by_one(raw: list[t.Any]) -> None:
    try:
        together = values.usual_moments(raw)
    except ValueError:
        with pytest.raises(ValueError, match=r".+"):
            list(map(values.as_moment, raw))
        return
    assert together is None or together == list(map(values.as_moment, raw))


def test_a_blank_where_a_value_must_be_is_named() -> None:
    projection = Projection(tables.load("receipt_items"), OddValues(), fields={"OpenDate.Typed", "DishName"})
    page: values.Page = {"OpenDate.Typed": ["2026-05-04", "2026-05-04"], "DishName": ["Борщ", None]}
    assert projection.convert(page)["dish_name"] == ["Борщ", None]
    page["OpenDate.Typed"] = ["2026-05-04", ""]
    with pytest.raises(errors.BadAnswer, match=r"column business_date \(iiko: OpenDate.Typed\) is blank"):
        projection.convert(page)


def test_texts_that_never_repeat_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A column that looks quiet at first and then brings something new in every piece costs few decoders."""
    made: list[t.Any] = []
    make = formats.json_decoder

    def counting(kind: t.Any) -> t.Any:
        made.append(kind)
        return make(kind)

    monkeypatch.setattr(formats, "json_decoder", counting)
    rows = [{"a": "x" if number < 20_000 else f"x{number}"} for number in range(40_000)]
    decoder = RowDecoder(["a"])
    body = io.BytesIO(json.dumps({"data": rows}).encode())
    read = [text for some in cutting.read_rows(body, "x", decoder, 1024) for text in decoder.page(some)["a"]]
    assert read == [row["a"] for row in rows]
    assert 2 < len(made) < 20


def test_the_probe_reads_every_spelling_of_nothing_alike() -> None:
    """Blanks come as null, as an empty text, or as ``{}`` where XML was near."""
    day = datetime.date(2026, 5, 4)

    def read(blank: t.Any, zero: t.Any) -> totals.DayTotals | None:
        page: values.Page = {name: [blank, "x"] for name in totals.SALES.report.groups}
        page |= {name: [zero, Decimal("0.00004")] for name in totals.SALES.report.aggregates}
        page |= {totals.DAY: ["2026-05-04", "04.05.2026"], totals.DEPARTMENT: [blank, str(uuid.UUID(int=5))]}
        return totals.Probe.read(totals.SALES, [page], totals.SALES.report, [day], "probe").totals(day)

    nothing = read(None, 0)
    assert nothing
    assert set(nothing.sums) == {None, str(uuid.UUID(int=5))}
    assert read("", None) == nothing
    assert read({}, "") == nothing
    assert read(None, 1) != nothing
    with pytest.raises(errors.BadAnswer, match="probe: '2026-05-04' was not asked for"):
        totals.Probe.read(
            totals.SALES,
            [{totals.DAY: ["2026-05-04"]}],
            olap.Report("SALES", totals.DAY, (totals.DAY,), ()),
            [],
            "probe",
        )
