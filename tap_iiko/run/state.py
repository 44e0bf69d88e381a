"""The Singer state: its whole shape, who has which part of it, and whether a state is one that this tap wrote.

::

    {"version": 2,
     "bookmarks": {
       "<table>": {"partitions": [
         {"context": {"server_id": "main"},
          …                              a table of days: ``tap_iiko.days.bookmark`` draws these keys
          "rows": 135,                   a whole table: rows of its last good load
          "content": "9f3c…",            the hash of what was written then
          "doubted": ["2026-11-23"],     days on which it came back so short that nobody believed it
          "fingerprints_as": "receipts"}]},   they are those of this table, which is read and proved together with it
       "late_changes": {… "day_totals": "c$}S…",          figures of the watched days: ``tap_iiko.proof.late_changes``
                        "ledger_totals": "c$}S…"},
       "sync_log": {… "last_synced_at": "2026-11-25T…",   no later load has an earlier moment
                      "batch_files": "/var/…"}}}          BATCH files that are loaded when the state says so

A partition belongs to one server, and only a commit of that server changes it. States without a version are those of
0.1.0: the same keys, fewer of them. Keys that are not known here are left alone.
"""

from __future__ import annotations

import base64
import datetime
import functools
import json
import threading
import typing as t
import zlib

from tap_iiko import tables
from tap_iiko.days.bookmark import (
    FIELDS_KEY,
    FIRST_KEY,
    HELD_KEY,
    LACKING_KEY,
    LEDGER_KEY,
    MARK_LENGTH,
    MARKS_KEY,
    OPEN_KEY,
    UNDATED_KEY,
    UNLOGGED_KEY,
)
from tap_iiko.proof.kinds import KINDS
from tap_iiko.singer.batches import STATE_KEY as BATCHES_KEY

if t.TYPE_CHECKING:
    from tap_iiko.proof.late_changes import Kept

VERSION = 2
VERSION_KEY = "version"
ROWS_KEY = "rows"
CONTENT_KEY = "content"
DOUBTED_KEY = "doubted"
LAST_STAMP_KEY = "last_synced_at"
LIKE_KEY = "fingerprints_as"
REMEDY = (
    "The state was changed or cut by something else. Remove that part of it (meltano state edit), "
    "or run once with --full-refresh."
)
MOST_TOTALS_BYTES = 1 << 26  # unpacked; ours have at most a hundredth of it


class State:
    """The state of a run, which the SDK owns and writes."""

    def __init__(self, value: t.Any, write: t.Callable[[t.Any], None]) -> None:
        """``write`` emits a STATE message."""
        self.value = value
        self._write = write
        _spread(value)
        self._shape = threading.Lock()  # one server may take a new partition while another's commit is written
        value[VERSION_KEY] = VERSION

    def of(self, table: str, server_id: str) -> dict[str, t.Any]:
        """The partition of a table and server, writable."""
        with self._shape:
            partitions = self.value.setdefault("bookmarks", {}).setdefault(table, {}).setdefault("partitions", [])
            for partition in partitions:
                if partition["context"] == {"server_id": server_id}:
                    return t.cast("dict[str, t.Any]", partition)
            partitions.append({"context": {"server_id": server_id}})
            return t.cast("dict[str, t.Any]", partitions[-1])

    def write(self) -> None:
        """STATE."""
        with self._shape:
            self._write({**self.value, "bookmarks": _gathered(self.value.get("bookmarks", {}))})


def _spread(value: t.Any) -> None:
    """Give every table fingerprints of its own."""
    for name, bookmark in value.get("bookmarks", {}).items():
        for partition in bookmark.get("partitions", ()):
            if leader := partition.pop(LIKE_KEY, None):
                others = value["bookmarks"].get(leader, {}).get("partitions", ())
                like = (
                    each[MARKS_KEY] for each in others if each["context"] == partition["context"] and leader != name
                )
                partition[MARKS_KEY] = dict(next(like, {}))


def _gathered(bookmarks: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Fingerprints that tables of a group have in common once: they are most of a state, which every commit writes."""
    leaders = {group: next((name for name in names if name in bookmarks), "") for group, names in _groups().items()}
    leader_of = {name: leaders[group] for group, names in _groups().items() for name in names}
    result = dict(bookmarks)
    for name, bookmark in bookmarks.items():
        leader = leader_of.get(name, name)
        if leader != name:
            known = {_server(each): each.get(MARKS_KEY) for each in bookmarks[leader].get("partitions", ())}
            result[name] = {
                **bookmark,
                "partitions": [
                    {key: value for key, value in each.items() if key != MARKS_KEY} | {LIKE_KEY: leader}
                    if each.get(MARKS_KEY) and each[MARKS_KEY] == known.get(_server(each))
                    else each
                    for each in bookmark.get("partitions", ())
                ],
            }
    return result


@functools.cache
def _groups() -> t.Mapping[str, tuple[str, ...]]:
    """The tables of each group that has several."""
    named = {table.group: tables.of_group(table.group) for table in tables.catalogue().values() if table.group}
    return {group: names for group, names in named.items() if len(names) > 1}


def _server(partition: t.Mapping[str, t.Any]) -> t.Any:
    return partition["context"].get("server_id")


class WholeMark:
    """What a run remembers of a whole table."""

    def __init__(self, state: dict[str, t.Any]) -> None:
        """Read a partition, which ``save`` will write."""
        self._state = state
        self.rows: int = state.get(ROWS_KEY, 0)
        self.content: str = state.get(CONTENT_KEY, "")
        self.doubted: list[str] = state.get(DOUBTED_KEY, [])

    def save(self) -> None:
        """Write the partition."""
        self._state[ROWS_KEY] = self.rows
        for key, value in ((CONTENT_KEY, self.content), (DOUBTED_KEY, self.doubted)):
            self._state.pop(key, None)
            if value:
                self._state[key] = value


def problems_of(state: t.Any) -> list[str]:
    """A sentence for each part that has another shape; none for a state of this tap, or an empty one."""
    places = list(_wrong_places(state))
    return [f"state: {place}. {REMEDY}" for place in places]


def _wrong_places(state: t.Any) -> t.Iterator[str]:
    if not isinstance(state, dict):
        yield "it is no object"
        return
    version = state.get(VERSION_KEY, 1)
    if not _is_count(version) or version > VERSION:
        yield f"version {version!r} was written by a later tap-iiko than this one"
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


def _are_totals(kept: Kept, value: t.Any) -> bool:
    """Figures of days as ``tap_iiko.proof.late_changes`` packs them."""
    kinds: list[tuple[int, t.Any]] = [
        (len(kept.figures), {int}),
        (len(kept.counts), {int, type(None)}),
        (len(kept.splits), {str}),
    ]
    shape = [types for size, types in kinds for _ in range(size)]
    if not value:
        return value is None or value == ""
    unpack = zlib.decompressobj()
    text = unpack.decompress(base64.b85decode(value), MOST_TOTALS_BYTES)
    if not unpack.eof:
        return False
    places, days = json.loads(text)
    for day, rows in days.items():
        datetime.date.fromisoformat(day)
        for index, *figures in rows:
            if not isinstance(places[index], str) or index < 0:
                return False
            if not all(type(each) in types for each, types in zip(figures, shape, strict=True)):
                return False
    return True


CHECKS: t.Final[t.Mapping[str, t.Callable[[t.Any], bool]]] = {
    "replication_key_value": _is_day,
    FIRST_KEY: _is_day,
    MARKS_KEY: _are_marks,
    OPEN_KEY: _are_marks,
    HELD_KEY: _are_marks,
    LEDGER_KEY: _are_marks,
    FIELDS_KEY: _is_text,
    UNLOGGED_KEY: _are_days,
    UNDATED_KEY: _are_days,
    **{kind.kept.state_key: functools.partial(_are_totals, kind.kept) for kind in KINDS.values() if kind.kept},
    LACKING_KEY: _is_text,
    LIKE_KEY: _is_text,
    ROWS_KEY: _is_count,
    CONTENT_KEY: _is_text,
    DOUBTED_KEY: lambda value: all(map(_is_day, value)),
    LAST_STAMP_KEY: _is_moment,
    BATCHES_KEY: _is_text,
}
