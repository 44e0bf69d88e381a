"""What a run remembers of one table and server between runs: which days it has, and how they looked.

All of it lives in the Singer state's partition of the server::

    {"context": {"server_id": "main"}, "replication_key": "business_date",
     "replication_key_value": "2026-11-20",            the last closed day of the unbroken row that is read
     "first_business_date": "2026-10-01",              the first of it
     "fingerprints": {"2026-11": "19Zk3J…20Ab9x…"},    by month: two digits of the day, eight of its fingerprint
     "fields": "k3Zq0a9x",                             of the fields that were asked for when that began
     "period": "month",                                what its days are the first ones of; a day where it is absent
     "lacking_fields": "9.1.7014.0 q0a9xk3Z",          what was said of fields that this version of iiko lacks
     "unlogged": {"2026-11": "1920"},                  days that were read while sync_log was not selected
     "open_fingerprints": {"2026-11": "25x0Aa1…"},     of documents of days that are not closed, or are to come
     "held_fingerprints": {"2024-01": "17x0Aa1…"},     of closed days a row of which is not over, however old
     "undated": {"2026-11": "1820"},                   days with rows without a date: they are asked for alone
     "ledger_fingerprints": {"2026-11": "2019Zk3J…"}}  of the postings of days when the closings since were read
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import typing as t

from tap_iiko.days.periods import DAY

if t.TYPE_CHECKING:
    from tap_iiko.days.periods import Period

FIRST_KEY = "first_business_date"
MARKS_KEY = "fingerprints"
FIELDS_KEY = "fields"
PERIOD_KEY = "period"
LACKING_KEY = "lacking_fields"
UNLOGGED_KEY = "unlogged"
OPEN_KEY = "open_fingerprints"
HELD_KEY = "held_fingerprints"
UNDATED_KEY = "undated"
LEDGER_KEY = "ledger_fingerprints"
REPLICATION_KEY = "business_date"
MARK_BYTES = 6
MARK_LENGTH = 8
KEPT_DAYS = 800  # beyond any look-back, so that turning it up finds what changed in days read long ago
KEPT_CONTENTS = 31  # days before the look-back of which contents are remembered: they are many tables

NO_MARK = " " * MARK_LENGTH
NOT_PROVED = "?" * MARK_LENGTH


def digest(parts: t.Iterable[str], size: int) -> str:
    """A short hash of texts, independent of their order."""
    hashed = hashlib.blake2b("\x1e".join(sorted(parts)).encode(), digest_size=size)
    return base64.urlsafe_b64encode(hashed.digest()).decode("ascii")


EMPTY_MARK = digest((), MARK_BYTES)


class Bookmark:
    """The closed days that a table has of a server."""

    def __init__(
        self,
        state: dict[str, t.Any],
        *,
        logged: bool = True,
        kept_days: int = KEPT_DAYS,
        sparse: bool = False,
        period: Period = DAY,
    ) -> None:
        """Read a state partition, which ``save`` will write, and nothing else.

        Args:
            state: the partition.
            logged: whether ``sync_log`` is written in this run: without it nobody learns what is gone.
            kept_days: how long fingerprints are kept.
            sparse: not every day is read, so that one which is forgotten is not missing.
            period: what a day stands for.
        """
        self.state = state
        self.logged = logged
        last = state.get("replication_key_value")
        first = state.get(FIRST_KEY, last)
        self.last = datetime.date.fromisoformat(str(last)[:10]) if last else None
        self.first = datetime.date.fromisoformat(str(first)[:10]) if first else None
        self.marks = _unpack(state.get(MARKS_KEY, {}), MARK_LENGTH)
        self.open = _unpack(state.get(OPEN_KEY, {}), MARK_LENGTH)
        self.held = _unpack(state.get(HELD_KEY, {}), MARK_LENGTH)
        self.ledger: t.Mapping[datetime.date, str] = _unpack(state.get(LEDGER_KEY, {}), MARK_LENGTH)
        """Of a balance: the fingerprints of the ledger's days when the closings since then were read."""
        self.unlogged = set(_unpack(state.get(UNLOGGED_KEY, {}), 0))
        self.undated = set(_unpack(state.get(UNDATED_KEY, {}), 0))
        self.lacking = state.get(LACKING_KEY)
        """What was said of fields that this server lacks."""
        self._kept_days = kept_days
        self._is_sparse = sparse
        self._period = period
        self.period_name = state.get(PERIOD_KEY, DAY.name) if last else period.name
        """Of what was read so far."""
        self._began_with = state.get(FIELDS_KEY)
        self._fields = ""

    @property
    def is_of_its_period(self) -> bool:
        """Whether what was read so far is cut as it is now: days and months in one table would be added up."""
        return self.period_name == self._period.name

    def ask_for(self, fields: t.Iterable[str]) -> None:
        """Take note of the fields of this run: a day that was read with others does not count as read.

        A field can be missing from a server's directory for once, and a column can be selected later.
        """
        fields = digest(fields, MARK_BYTES)
        self._began_with = self._began_with or fields
        self._fields = "" if fields == self._began_with else fields

    def begin_anew(self) -> bool:
        """Read every day again if other fields are asked for than before; whether that is so.

        What is known so far stays a day that is there, as one that is not proved: a run that is broken off goes on.
        """
        if not self._fields:
            return False
        self._began_with, self._fields = self._fields, ""
        row = self._period.between(self.first, self.last) if self.first and self.last else ()
        self.marks = dict.fromkeys({*row, *self.marks}, NOT_PROVED)
        self.open.clear()
        return True

    def has(self, day: datetime.date) -> bool:
        """Whether the day was read after it had closed."""
        return day in self.marks or day in self.held or self._in_row(day)

    def needs(self, day: datetime.date) -> bool:
        """Whether the day has to be read whatever iiko's totals say: never read, not proved, or unknown to the log."""
        return not self.has(day) or self.is_unproved(day) or (self.logged and day in self.unlogged)

    def is_unproved(self, day: datetime.date) -> bool:
        """Whether the day did not agree with iiko's totals when it was read."""
        return self.marks.get(day) == NOT_PROVED

    @property
    def unproved(self) -> set[datetime.date]:
        """All such days."""
        return {day for day in self.marks if self.is_unproved(day)}

    def is_as_read(self, day: datetime.date, mark: str) -> bool:
        """Whether iiko's totals have the fingerprint that the day had when it was read."""
        known = self.held.get(day) or self.marks.get(day) or self.open.get(day)
        return known == self._sealed(mark)

    def had_rows_ahead(self, day: datetime.date) -> bool:
        """Whether a day that is not closed had documents when it was read."""
        return day in self.open

    def had_sales(self, day: datetime.date) -> bool:
        """Whether anything had been sold when the day was read, as far as that is known."""
        return self.marks.get(day, NO_MARK) not in {NO_MARK, NOT_PROVED, EMPTY_MARK}

    def record(self, day: datetime.date, mark: str | None, *, proved: bool = True) -> None:
        """The closed day was read; ``mark`` is its fingerprint, if the probe gave one."""
        if not proved:
            self.marks[day] = NOT_PROVED
        else:
            self.marks[day] = self._sealed(mark) if mark else NO_MARK
        self._note_log(day)

    def hold(self, day: datetime.date, mark: str) -> None:
        """The closed day was read, and a row of it is not over: it stays watched, before the look-back too."""
        self.held[day] = self._sealed(mark)
        self._note_log(day)

    def release(self, day: datetime.date) -> None:
        """All rows of the day are over."""
        self.held.pop(day, None)

    def held_before(self, first: datetime.date) -> list[datetime.date]:
        """The days that are held and would not be read otherwise, newest first."""
        return sorted((day for day in self.held if day < first), reverse=True)

    def note_undated(self, day: datetime.date, *, has_any: bool) -> None:
        """Whether the day has rows whose day only a request for it alone tells."""
        if has_any:
            self.undated.add(day)
        else:
            self.undated.discard(day)

    def _note_log(self, day: datetime.date) -> None:
        if self.logged:
            self.unlogged.discard(day)
        else:
            self.unlogged.add(day)

    def knows(self, day: datetime.date) -> bool:
        """Whether the day was read at all."""
        return self.has(day) or day in self.open

    def record_open(self, day: datetime.date, mark: str, *, keeps_empty: bool = False) -> None:
        """A day that is not closed was read, of which nothing has to be known but whether it changes."""
        if mark == EMPTY_MARK and not keeps_empty:
            self.open.pop(day, None)
        else:
            self.open[day] = self._sealed(mark)

    def _sealed(self, mark: str) -> str:
        """The fingerprint together with the fields, if those are not the ones that it all began with."""
        if not self._fields or mark == EMPTY_MARK:
            return mark
        return digest((mark, self._fields), MARK_BYTES)

    def save(self) -> None:
        """Write the state, in the form above."""
        self._join()
        newest = max(self.marks, default=datetime.date.min)
        kept = {day: mark for day, mark in self.marks.items() if self._is_kept(day, newest) or mark == NOT_PROVED}
        optional = {
            FIELDS_KEY: self._began_with,
            PERIOD_KEY: self.period_name if self.period_name != DAY.name else None,
            LACKING_KEY: self.lacking,
            UNLOGGED_KEY: _pack(dict.fromkeys(self.unlogged, "")),
            HELD_KEY: _pack(self.held),
            UNDATED_KEY: _pack({day: "" for day in self.undated if self._is_recent(day, newest)}),
            LEDGER_KEY: _pack({day: mark for day, mark in self.ledger.items() if self._is_recent(day, newest)}),
            OPEN_KEY: _pack(
                {day: mark for day, mark in self.open.items() if not self.has(day) and self._is_kept(day, newest)}
            ),
        }
        for key in optional:
            self.state.pop(key, None)
        self.state.update({MARKS_KEY: _pack(kept), **{key: value for key, value in optional.items() if value}})
        if self.first is not None and self.last is not None:
            self.state["replication_key"] = REPLICATION_KEY
            self.state["replication_key_value"] = self.last.isoformat()
            self.state[FIRST_KEY] = self.first.isoformat()

    def _is_recent(self, day: datetime.date, newest: datetime.date) -> bool:
        return (newest - day).days < self._kept_days

    def _is_kept(self, day: datetime.date, newest: datetime.date) -> bool:
        """Whether it may be asked about; a day beside the unbroken row would be read again if it were forgotten."""
        return self._is_recent(day, newest) or not (self._is_sparse or self._in_row(day))

    def _in_row(self, day: datetime.date) -> bool:
        return self.first is not None and self.last is not None and self.first <= day <= self.last

    def _join(self) -> None:
        """Let the unbroken row grow over the days that were read beside it."""
        if not self.marks and self.last is None:
            return
        if self.first is None or self.last is None:
            self.first = self.last = min(self.marks)
        period = self._period
        while (day := period.following(self.last)) in self.marks:
            self.last = day
        while (day := period.preceding(self.first)) in self.marks:
            self.first = day


def _unpack(months: t.Mapping[str, str], length: int) -> dict[datetime.date, str]:
    """Texts of a length by day."""
    result = {}
    for month, packed in months.items():
        for start in range(0, len(packed), 2 + length):
            day = datetime.date.fromisoformat(f"{month}-{packed[start : start + 2]}")
            result[day] = packed[start + 2 : start + 2 + length]
    return result


def _pack(days: t.Mapping[datetime.date, str]) -> dict[str, str]:
    months: dict[str, str] = {}
    for day, text in sorted(days.items()):
        month = f"{day:%Y-%m}"
        months[month] = f"{months.get(month, '')}{day:%d}{text}"
    return months
