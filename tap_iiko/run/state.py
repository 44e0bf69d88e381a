"""Whether a state is one that this tap wrote: looked at once, before anything trusts it.

The shape is told where each part is used: ``sync/bookmark.py``, ``sync/late.py``, ``run.py``, ``recorder.py``,
``streams/batches.py``. Keys that are not known here are left alone.
"""

from __future__ import annotations

import base64
import datetime
import json
import typing as t
import zlib

from tap_iiko.days.bookmark import FIELDS_KEY, FIRST_KEY, MARK_LENGTH, MARKS_KEY, UNLOGGED_KEY
from tap_iiko.proof.late_changes import SPLITS
from tap_iiko.proof.late_changes import STATE_KEY as TOTALS_KEY
from tap_iiko.proof.reconciliation import ORDER_COUNTS
from tap_iiko.proof.totals import METRICS
from tap_iiko.run.commit import LAST_STAMP_KEY
from tap_iiko.run.server import ROWS_KEY
from tap_iiko.singer.batches import STATE_KEY as BATCHES_KEY

REMEDY = (
    "The state was changed or cut by something else. Remove that part of it (meltano state edit), "
    "or run once with --full-refresh."
)
FIGURE_TYPES = [{int}] * len(METRICS) + [{int, type(None)}] * len(ORDER_COUNTS) + [{str}] * len(SPLITS)
MOST_TOTALS_BYTES = 1 << 26  # unpacked; ours have at most a hundredth of it


def problems_of(state: t.Any) -> list[str]:
    """A sentence for each part that has another shape; none for a state of this tap, or an empty one."""
    places = list(_wrong_places(state))
    return [f"state: {place}. {REMEDY}" for place in places]


def _wrong_places(state: t.Any) -> t.Iterator[str]:
    if not isinstance(state, dict):
        yield "it is no object"
        return
    bookmarks = state.get("bookmarks", {})
    if not isinstance(bookmarks, dict):
        yield "bookmarks is no object"
        return
    for stream, bookmark in bookmarks.items():
        if not isinstance(bookmark, dict):
            yield f"bookmarks.{stream} is no object"
            continue
        partitions = bookmark.get("partitions", [])
        if not isinstance(partitions, list):
            yield f"bookmarks.{stream}.partitions is no list"
            continue
        contexts = []
        for number, partition in enumerate(partitions, 1):
            place = f"bookmarks.{stream}.partitions, entry {number}"
            if not isinstance(partition, dict) or not isinstance(partition.get("context"), dict):
                yield f"{place}, is no object with a context"
                continue
            if partition["context"] in contexts:
                yield f"{place}, repeats an earlier one"
            contexts.append(partition["context"])
            yield from (
                f"{place}: {key} cannot be read" for key, value in partition.items() if not _is_good(key, value)
            )


def _is_good(key: str, value: t.Any) -> bool:
    check = CHECKS.get(key)
    try:
        return check is None or check(value)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, zlib.error):
        return False


def _is_day(value: t.Any) -> bool:
    if value is not None:
        datetime.date.fromisoformat(value[:10])
    return True


def _is_moment(value: t.Any) -> bool:
    return datetime.datetime.fromisoformat(value).tzinfo is not None


def _is_count(value: t.Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_text(value: t.Any) -> bool:
    return isinstance(value, str) and "\0" not in value


def _are_marks(value: t.Any) -> bool:
    return _are_days(value, MARK_LENGTH)


def _are_days(value: t.Any, mark_length: int = 0) -> bool:
    length = 2 + mark_length
    for month, packed in value.items():
        for start in range(0, len(packed), length):
            datetime.date.fromisoformat(f"{month}-{packed[start : start + 2]}")
        if len(packed) % length:
            return False
    return True


def _are_totals(value: t.Any) -> bool:
    if not value:
        return value is None or value == ""
    unpack = zlib.decompressobj()
    text = unpack.decompress(base64.b85decode(value), MOST_TOTALS_BYTES)
    if not unpack.eof:
        return False
    departments, days = json.loads(text)
    for day, rows in days.items():
        datetime.date.fromisoformat(day)
        for index, *figures in rows:
            if not isinstance(departments[index], str) or index < 0:
                return False
            if not all(type(each) in types for each, types in zip(figures, FIGURE_TYPES, strict=True)):
                return False
    return True


CHECKS: t.Final[t.Mapping[str, t.Callable[[t.Any], bool]]] = {
    "replication_key_value": _is_day,
    FIRST_KEY: _is_day,
    MARKS_KEY: _are_marks,
    FIELDS_KEY: _is_text,
    UNLOGGED_KEY: _are_days,
    TOTALS_KEY: _are_totals,
    ROWS_KEY: _is_count,
    LAST_STAMP_KEY: _is_moment,
    BATCHES_KEY: _is_text,
}
