"""From pages of an answer to encoded rows by day: typed, keyed, added up, each row once."""

from __future__ import annotations

import hashlib
import typing as t
from collections import defaultdict
from dataclasses import dataclass, field

from tap_iiko.iiko.errors import BadAnswer
from tap_iiko.iiko.values import moment
from tap_iiko.rows.spool import Spool
from tap_iiko.rows.tally import Tally

if t.TYPE_CHECKING:
    import datetime

    from tap_iiko.iiko.values import Page
    from tap_iiko.rows.personal import PersonalData
    from tap_iiko.rows.spool import Day
    from tap_iiko.tables import Table

Record = dict[str, t.Any]
DIGEST_BYTES = 16


class Form(t.Protocol):
    """How the rows of one table come out of an answer; see ``tap_iiko.streams``."""

    table: Table

    def begin(self) -> None:
        """A new answer: what is remembered of the values of the last one goes."""

    def page(self, raw: t.Any) -> Page:
        """A part of the answer as columns, by iiko's fields."""

    def columns(self, page: Page) -> Page:
        """Typed columns, those included that no single field fills."""

    def summed(self) -> t.Sequence[str]:
        """The columns to add up by day and department."""


class Encoder(t.Protocol):
    """What makes lines of rows; see ``tap_iiko.singer.stream``."""

    def records_of(self, columns: Page, size: int) -> list[t.Any]:
        """Rows of the selected columns."""

    def encode(self, records: t.Sequence[t.Any], extracted: datetime.datetime) -> bytes:
        """Lines for the target."""

    def content_of(self, columns: Page, size: int) -> t.Sequence[bytes]:
        """Each row without what changes from load to load."""


@dataclass
class WindowRows:
    """What one table's part of an answer came to; a table without days has one day, ``None``."""

    tally: Tally
    spool: Spool
    rows: defaultdict[Day, int] = field(default_factory=lambda: defaultdict(int))
    merged: defaultdict[Day, int] = field(default_factory=lambda: defaultdict(int))
    contents: defaultdict[Day, int] = field(default_factory=lambda: defaultdict(int))
    """By day the sum of its rows' hashes: the same whatever their order."""
    open_days: set[str] = field(default_factory=set)
    """Days of rows that are not over, of other days than the asked ones too."""
    undated_days: set[str] = field(default_factory=set)
    """Days that have rows without a date of their own."""
    kept: dict[str, Record] = field(default_factory=dict)
    """By id the columns that ``keeps`` names."""

    def kept_of(self, day: Day) -> list[Record]:
        """Of the rows of a day, if ``keeps`` names ``business_date``."""
        return [row for row in self.kept.values() if row.get("business_date") == day]

    def content(self, day: Day) -> str:
        """A hash of the day's rows."""
        return f"{self.contents[day] % (1 << 8 * DIGEST_BYTES):0{2 * DIGEST_BYTES}x}" if self.rows[day] else ""


class TableReader:
    """Reads one table of one server."""

    def __init__(  # noqa: PLR0913 - all that a row depends on
        self,
        form: Form,
        encoder: Encoder,
        server_id: str,
        *,
        personal: PersonalData,
        most_rows: int | None = None,
        hashed: bool = False,
        keeps: t.Collection[str] = (),
    ) -> None:
        """``hashed``: rows are compared with those of the last run; ``most_rows`` are enough for a test.

        ``keeps``: columns that others of this run need.
        """
        self.form = form
        self.table = form.table
        self.encoder = encoder
        self.server_id = server_id
        self.spool = Spool()
        self._personal = personal
        self._private = [column for column in self.table.columns if column.private]
        self._most_rows = most_rows
        self._hashed = hashed
        self._keeps = keeps
        self._has_days = self.table.partition == "day"
        self._roles = {column.name: column.role for column in self.table.columns}
        self.merges = False
        self.begin((), None)

    @property
    def has_duplicates(self) -> bool:
        """Whether two rows had one key, so that the answer has to be read again, merging."""
        return self._has_duplicates

    def begin(
        self, days: t.Iterable[datetime.date], synced_at: datetime.datetime | None, *, merges: bool = False
    ) -> None:
        """Begin a window anew; rows of other days than these are not its own."""
        self.spool.clear()
        self.form.begin()
        self.window = WindowRows(Tally(self.form.summed()), self.spool)
        self.merges = merges
        self._asked = {day.isoformat() for day in days}
        self._synced_at = synced_at
        self._has_duplicates = False
        self._keys: set[int] = set()  # hashes: half the memory, and two that are equal cost no more than a merge
        self._kept: dict[tuple[Day, str], Record] = {}

    def take(self, raw: t.Any) -> None:
        """A part of the answer.

        Raises:
            BadAnswer: it is not what the API reference describes.
        """
        if self._has_duplicates:
            return
        page = self.form.page(raw)
        size = len(next(iter(page.values()), ()))
        if not size:
            return
        columns = self._of_asked_days(dict(self.form.columns(page)))
        size = len(columns["id"])
        self._personal.treat(columns, self._private)
        columns["server_id"] = [self.server_id] * size
        days: t.Sequence[Day] = columns["business_date"] if self._has_days else [None] * size
        window = self.window
        if window.tally.columns:
            figures = [columns[name] for name in window.tally.columns]
            places = [columns[name] for name in self.table.place]
            by_place = places[0] if len(places) == 1 else list(zip(*places, strict=True))
            window.tally.add(t.cast("t.Sequence[str]", days), by_place, figures)
        if self._keeps:
            rows = zip(*(columns[name] for name in self._keeps), strict=True)
            kept = (dict(zip(self._keeps, row, strict=True)) for row in rows)
            window.kept.update(zip(columns["id"], kept, strict=True))
        if self.merges:
            self._merge(columns, days)
            return
        expected = len(self._keys) + size
        self._keys.update(map(hash, columns["id"]))
        if len(self._keys) != expected:
            self._has_duplicates = True
            return
        self._encode(days, columns, size)

    def end(self) -> WindowRows:
        """The window, complete."""
        if self._kept:
            records = list(self._kept.values())
            columns: Page = {name: [record[name] for record in records] for name in records[0]}
            self._encode([day for day, _ in self._kept], columns, len(records))
        return self.window

    def close(self) -> None:
        """Give the space back."""
        self.spool.close()

    @property
    def ids_on_several_days(self) -> bool:
        """Whether a target, which has one row for a key, will keep those of the last day only."""
        return len({key for _, key in self._kept}) != len(self._kept)

    def _of_asked_days(self, columns: dict[str, t.Sequence[t.Any]]) -> dict[str, t.Sequence[t.Any]]:
        """The rows of the asked days: an answer may have others where it was asked for more, or cuts elsewhere."""
        if not self._has_days or self._asked.issuperset(days := columns["business_date"]):
            return columns
        if "olap" in self.table.source:
            stray = next(day for day in days if day not in self._asked)
            raise BadAnswer(f"{self.table.name}: the report has rows of {stray}, which was not asked for.")
        places = [place for place, day in enumerate(days) if day in self._asked]
        return {name: [values[place] for place in places] for name, values in columns.items()}

    def _merge(self, columns: Page, days: t.Sequence[Day]) -> None:
        """Lossless: sums are added, figures of the whole order taken once, text is the first in order.

        In a table without sums the last row of a key stays.
        """
        has_sums = any(self._roles.values())
        for day, row in zip(days, zip(*columns.values(), strict=True), strict=True):
            record = dict(zip(columns, row, strict=True))
            key = (day, record["id"])
            known = self._kept.setdefault(key, record)
            if known is record:
                continue
            self.window.merged[day] += 1
            if not has_sums:
                self._kept[key] = record
                continue
            for name, value in record.items():
                if value is None or known[name] is None:
                    known[name] = value if known[name] is None else known[name]
                elif self._roles[name] == "sum":
                    known[name] += value
                elif self._roles[name] == "ratio":
                    message = f"two rows of {day} have one key, and their {name} cannot be added up"
                    raise BadAnswer(f"{self.table.name}: {message}.")
                elif not isinstance(value, dict):  # of objects the first
                    known[name] = (max if self._roles[name] == "max" else min)(known[name], value)

    def _encode(self, days: t.Sequence[Day], columns: Page, size: int) -> None:
        window, synced_at = self.window, t.cast("datetime.datetime", self._synced_at)
        if self._hashed:
            for day, content in zip(days, self.encoder.content_of(columns, size), strict=True):
                window.contents[day] += int.from_bytes(hashlib.blake2b(content, digest_size=DIGEST_BYTES).digest())
        records = self.encoder.records_of({**columns, "synced_at": [moment(synced_at)] * size}, size)
        by_day: defaultdict[Day, list[t.Any]] = defaultdict(list)
        for day, record in zip(days, records, strict=True):
            by_day[day].append(record)
        for day, some in by_day.items():
            if self._most_rows is not None:
                del some[max(0, self._most_rows - sum(window.rows.values())) :]
            if not some:
                continue
            window.rows[day] += len(some)
            window.spool.add(day, self.encoder.encode(some, synced_at))
