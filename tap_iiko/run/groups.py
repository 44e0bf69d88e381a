"""The groups of tables with days of one server: which watch they have, and what they are read from."""

from __future__ import annotations

import logging
import typing as t

from tap_iiko import tables
from tap_iiko.days.bookmark import KEPT_CONTENTS, KEPT_DAYS, Bookmark
from tap_iiko.days.calendar import ONE_DAY, days_between
from tap_iiko.days.choice import Choice
from tap_iiko.days.watch import ContentWatch
from tap_iiko.iiko.olap import Decoders
from tap_iiko.proof.late_changes import LateChanges
from tap_iiko.proof.watch import TotalsWatch
from tap_iiko.run.by_day import DayGroup, DayRun
from tap_iiko.streams.registry import get_source, report_form

if t.TYPE_CHECKING:
    import datetime
    from concurrent.futures import Future

    from tap_iiko.days.calendar import Calendar, Range
    from tap_iiko.iiko.client import Answer, Client
    from tap_iiko.iiko.sources import Get
    from tap_iiko.rows.reader import TableReader
    from tap_iiko.run.server import ServerRun
    from tap_iiko.singer.stream import IikoStream
    from tap_iiko.streams.forms import ReportForm

logger = logging.getLogger("tap-iiko")

Part = tuple[str | None, ...]


class Family:
    """Tables whose rows come from one answer."""

    def __init__(self, readers: t.Sequence[TableReader]) -> None:
        """A table, and those whose rows lie inside its rows."""
        self.readers = readers

    def fetch(self, client: Client, days: Range, part: Part | None) -> Future[Answer]:
        """Queue the request."""
        raise NotImplementedError

    def pages(self, body: t.IO[bytes]) -> t.Iterator[t.Any]:
        """The answer, piece by piece."""
        raise NotImplementedError

    def read(
        self, answers: t.Sequence[Answer], days: t.Sequence[datetime.date], synced_at: datetime.datetime
    ) -> t.Sequence[TableReader]:
        """Decode, type, key, sum and encode the answers of a window; once more, merging, if two rows have one key.

        Raises:
            BadAnswer: an answer is not what the API reference describes.
        """
        merges: set[TableReader] = set()
        while True:
            for reader in self.readers:
                reader.begin(days, synced_at, merges=reader in merges)
            for answer in answers:
                answer.body.seek(0)
                for page in self.pages(answer.body):
                    for reader in self.readers:
                        reader.take(page)
            found = {reader for reader in self.readers if reader.has_duplicates}
            if not found:
                break
            merges |= found
        if any(reader.ids_on_several_days for reader in self.readers):
            logger.warning("An order has rows on several business days: a target keeps those of the last one.")
        return self.readers

    def close(self) -> None:
        """Give the space back."""
        for reader in self.readers:
            reader.close()


class ReportFamily(Family):
    """A report is one table."""

    def __init__(self, reader: TableReader, form: ReportForm) -> None:
        """``form`` knows what to ask for."""
        super().__init__([reader])
        self.form = form
        self._decoders = Decoders()

    def fetch(self, client: Client, days: Range, part: Part | None) -> Future[Answer]:
        """Queue the report."""
        return self.form.report.for_part(part).fetch(client, *days)

    def pages(self, body: t.IO[bytes]) -> t.Iterator[t.Any]:
        """Rows as columns."""
        return self.form.report.pages(body, f"{self.form.table.name} report", self._decoders)


class ListFamily(Family):
    """A list of documents, and the tables of their parts."""

    def __init__(self, readers: t.Sequence[TableReader], source: Get) -> None:
        """``source`` is that of the parent."""
        super().__init__(readers)
        self.source = source

    def fetch(self, client: Client, days: Range, part: Part | None) -> Future[Answer]:  # noqa: ARG002 - has no parts
        """Queue the list."""
        return self.source.fetch(client, days)

    def pages(self, body: t.IO[bytes]) -> t.Iterator[t.Any]:
        """Items."""
        return self.source.pages(body)


def day_runs(run: ServerRun, calendar: Calendar) -> list[DayRun]:
    """The groups whose tables are selected, in the order of the tables."""
    groups: dict[str, list[IikoStream]] = {}
    for stream in run.streams.values():
        if stream.table.partition == "day":
            groups.setdefault(stream.table.group, []).append(stream)
    runs = []
    for name, streams in groups.items():
        make = _report_group if streams[0].table.watch == "totals" else _list_group
        runs.append(DayRun(make(run, name, streams, calendar), run.client, run.commit, calendar.is_closed))
    return runs


def _bookmarks(run: ServerRun, streams: t.Sequence[IikoStream], kept_days: int) -> dict[str, Bookmark]:
    return {
        stream.name: Bookmark(run.commit.partition(stream.name), logged=run.commit.is_logged, kept_days=kept_days)
        for stream in streams
    }


def _choice(run: ServerRun, bookmarks: t.Mapping[str, Bookmark], calendar: Calendar, reread_days: int) -> Choice:
    """The days of the past; without a configured first day, what was read before stays watched."""
    settings, known = run.settings, [bookmark.first for bookmark in bookmarks.values() if bookmark.first]
    first = settings.first_day(calendar.now)
    return Choice(
        first=first if settings.start_date or not known else min(known),
        last=min(settings.end_date or calendar.today, calendar.today),
        today=calendar.now.date(),
        lookback_days=settings.lookback_days,
        reread_days=reread_days,
        bookmarks=bookmarks,
        sample=run.options.is_sample,
    )


def _report_group(run: ServerRun, name: str, streams: t.Sequence[IikoStream], calendar: Calendar) -> DayGroup:
    """Reports, watched by iiko's totals."""
    settings, options = run.settings, run.options
    bookmarks = _bookmarks(run, streams, KEPT_DAYS)
    forms = {
        stream.name: report_form(stream.table, stream.odd_values, settings.server_id, stream.selected_columns)
        for stream in streams
    }
    has_late = "late_changes" in run.streams
    watch = TotalsWatch(
        settings,
        run.client,
        calendar,
        _choice(run, bookmarks, calendar, settings.reread_days),
        forms,
        late=LateChanges(run.commit.partition("late_changes")) if has_late else None,
        proves=options.reconcile != "off",
        version=run.version,
        departments=run.departments,
        ask_departments=lambda: _department_ids(run.client),
    )
    families: dict[str, Family] = {
        table: ReportFamily(run.reader_of(form.table, form, hashed=False), form) for table, form in forms.items()
    }
    return DayGroup(name, families, bookmarks, watch, settings.max_window_days)


def _department_ids(client: Client) -> list[str]:
    source = get_source(tables.load("departments"))
    return [str(item["id"]) for page in source.read(client) for item in page]


def _list_group(run: ServerRun, name: str, streams: t.Sequence[IikoStream], calendar: Calendar) -> DayGroup:
    """Documents, watched by their content."""
    kept = run.settings.lookback_days + KEPT_CONTENTS
    bookmarks = _bookmarks(run, streams, kept)
    choice = _choice(run, bookmarks, calendar, reread_days=0)
    families: dict[str, list[IikoStream]] = {}
    for stream in streams:
        families.setdefault(stream.table.family, []).append(stream)
    sources = {family: get_source(tables.load(family)) for family in families}
    days = [source.days for source in sources.values() if source.days]
    ahead = 0 if run.settings.end_date or run.options.is_sample else max(each.ahead for each in days)
    return DayGroup(
        name,
        {
            family: ListFamily([run.reader_of(stream.table, hashed=True) for stream in some], sources[family])
            for family, some in families.items()
        },
        bookmarks,
        ContentWatch(choice, calendar, {stream.name: stream.table.family for stream in streams}),
        longest_window=min(each.longest for each in days),
        to_come=days_between(choice.last, choice.last + ONE_DAY * ahead) if ahead else (),
    )
