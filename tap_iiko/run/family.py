"""Tables whose rows come from one answer: how it is asked for and read."""

from __future__ import annotations

import contextlib
import logging
import typing as t
from dataclasses import dataclass

from tap_iiko.days.calendar import ONE_DAY
from tap_iiko.iiko import errors, values
from tap_iiko.iiko.olap import Decoders
from tap_iiko.rows.projection import ASKED_DAY, DAY

if t.TYPE_CHECKING:
    import datetime
    from concurrent.futures import Future

    from tap_iiko.days.calendar import Range
    from tap_iiko.days.periods import Period
    from tap_iiko.iiko.client import Answer, Client
    from tap_iiko.iiko.sources import Get, Item, Per
    from tap_iiko.rows.reader import TableReader
    from tap_iiko.streams.forms import ReportForm
    from tap_iiko.tables import Table

logger = logging.getLogger("tap-iiko")

Part = tuple[str | None, ...]


@dataclass(frozen=True)
class Asked:
    """What an answer is about."""

    days: t.Sequence[datetime.date]
    day_of_undated: datetime.date | None
    """The day of a row that has no date; ``None`` where it may be any of them."""
    has_future: bool = False
    """Whether the days reach so far ahead that nothing is asked for behind them."""


class Family:
    """Tables whose rows come from one answer."""

    def __init__(self, readers: t.Sequence[TableReader]) -> None:
        """A table, and those whose rows lie inside its rows."""
        self.readers = readers

    @property
    def parts(self) -> t.Sequence[Part | None]:
        """Of an answer: each is a request of its own."""
        return (None,)

    def prepare(self) -> None:
        """Find out what has to be asked for; may ask iiko.

        Raises:
            Unavailable: this server or user has no such table.
            PartFailed: it cannot be said.
        """

    def fetch(self, client: Client, days: Range, part: Part | None) -> Future[Answer]:
        """Queue the request."""
        raise NotImplementedError

    def result(self, future: Future[Answer], number: int) -> Answer:  # noqa: ARG002 - all are alike
        """The answer of a part."""
        return future.result()

    def look_behind(self, client: Client, last: datetime.date) -> bool:  # noqa: ARG002 - who has no dates to miss
        """Ask what tells whose the rows without a date are in an answer up to ``last``; whether that is new."""
        return False

    def pages(self, body: t.IO[bytes], asked: Asked) -> t.Iterator[t.Any]:
        """The answer, piece by piece."""
        raise NotImplementedError

    def read(self, answers: t.Sequence[Answer], asked: Asked, synced_at: datetime.datetime) -> t.Sequence[TableReader]:
        """Decode, type, key, sum and encode the answers of a window; once more, merging, if two rows have one key.

        Raises:
            BadAnswer: an answer is not what the API reference describes.
        """
        merges: set[TableReader] = set()
        while True:
            for reader in self.readers:
                reader.begin(asked.days, synced_at, merges=reader in merges)
            for number, answer in enumerate(answers):
                answer.body.seek(0)
                for page in self.pages(answer.body, asked):
                    stamped = self.stamp(page, number)
                    for reader in self.readers:
                        reader.take(stamped)
            found = {reader for reader in self.readers if reader.has_duplicates}
            if not found:
                break
            merges |= found
        if any(reader.ids_on_several_days for reader in self.readers):
            logger.warning("An order has rows on several business days: a target keeps those of the last one.")
        return self.readers

    def stamp(self, page: t.Any, number: int) -> t.Any:  # noqa: ARG002
        """A page of the answer of a part, with what the answer itself does not say."""
        return page

    def close(self) -> None:
        """Give the space back."""
        for reader in self.readers:
            reader.close()


class ReportFamily(Family):
    """A report is one table."""

    def __init__(self, reader: TableReader, form: ReportForm, period: Period) -> None:
        """``form`` knows what to ask for, ``period`` what the days of a run stand for."""
        super().__init__([reader])
        self.form = form
        self.period = period
        self._decoders = Decoders()

    def fetch(self, client: Client, days: Range, part: Part | None) -> Future[Answer]:
        """Queue the report."""
        first, last = days
        return self.form.report.for_part(part).fetch(client, first, self.period.last(last))

    def pages(self, body: t.IO[bytes], asked: Asked) -> t.Iterator[t.Any]:
        """Rows as columns; where the report does not tell days apart, with the first one of its period."""
        report = self.form.report
        pages = report.pages(body, f"{self.form.table.name} report", self._decoders)
        if report.day in report.groups:
            return pages
        day = asked.days[0].isoformat()
        return ({**page, ASKED_DAY: [day] * len(next(iter(page.values())))} for page in pages)


class ListFamily(Family):
    """A list of documents, and the tables of their parts.

    A document without a date belongs to the day that it is listed by, which a request for that day alone tells. Where
    a day more is asked for, since nobody knows whether the server leaves the last one out, it comes with the day before
    as well: what the day behind names, too, belongs there. That holds whether the last day is left out or not.
    """

    def __init__(self, readers: t.Sequence[TableReader], parent: Table, source: Get) -> None:
        """``source`` is that of the parent."""
        super().__init__(readers)
        self.parent = parent
        self.source = source
        self._date, *self._other_dates = next(column.fields for column in parent.columns if column.name == DAY)
        self._has_told = False
        self._is_cut_later = bool(source.days and source.days.beyond[1])
        self._answered: set[datetime.date] = set()
        self._undated: dict[str, datetime.date] = {}
        """By id the day that a document without a date belongs to, or one before that."""

    def fetch(self, client: Client, days: Range, part: Part | None) -> Future[Answer]:  # noqa: ARG002 - has no parts
        """Queue the list."""
        return self.source.fetch(client, days)

    def read(self, answers: t.Sequence[Answer], asked: Asked, synced_at: datetime.datetime) -> t.Sequence[TableReader]:
        """As any family, and take note of what was answered."""
        readers = super().read(answers, asked, synced_at)
        self._answered.update(asked.days)
        return readers

    def look_behind(self, client: Client, last: datetime.date) -> bool:
        """Which documents without a date belong to the day behind, if that was not read in this run."""
        behind = last + ONE_DAY
        if not self._is_cut_later or behind in self._answered:
            return False
        with contextlib.closing(self.source.fetch(client, (behind, behind)).result()) as answer:
            for items in self.source.pages(answer.body):
                for item in items:
                    if self._has_no_day(item, ()):
                        self._undated.setdefault(item["id"], behind)
        self._answered.add(behind)
        return True

    def pages(self, body: t.IO[bytes], asked: Asked) -> t.Iterator[t.Any]:
        """Items, each with a date that says which of the asked days is its own."""
        days = {day.isoformat() for day in asked.days}
        for items in self.source.pages(body):
            if ASKED_DAY in self._other_dates:
                for item in items:
                    if self._has_no_day(item, days):
                        item[ASKED_DAY] = self._asked_day(item, asked)
            if self.parent.open_field:
                self._note_open(items)
            yield [item for item in items if self._is_asked_for(item, days)]

    def _note_open(self, items: t.Iterable[Item]) -> None:
        """The days of what is not over, of other days too: nothing else of those items is looked at here."""
        for item in items:
            if values.is_blank(item.get(self.parent.open_field)):
                with contextlib.suppress(ValueError):  # refused, if it is of an asked day
                    day = values.day_of(item.get(self._date)) or self._other_day(item)
                    for reader in self.readers:
                        if day and reader.table is self.parent:
                            reader.window.open_days.add(day)

    def _is_asked_for(self, item: Item, days: t.Container[str]) -> bool:
        """Another day's item is not looked at: what is wrong in it would cost a day that is not its own."""
        try:
            day = values.day_of(item.get(self._date)) or item.get(ASKED_DAY)
        except ValueError:
            return True  # and will be refused
        return day is None or day in days

    def _other_day(self, item: Item) -> str | None:
        """By a date that stands for the missing one: it need not be the one that iiko has listed the item by."""
        for field in self._other_dates:
            with contextlib.suppress(ValueError):  # told where it is loaded
                if day := values.day_of(item.get(field)):
                    return day
        return None

    def _has_no_day(self, item: Item, days: t.Container[str]) -> bool:
        return values.is_blank(item.get(self._date)) and self._other_day(item) not in days

    def _asked_day(self, item: Item, asked: Asked) -> str:
        last = asked.days[-1]
        known = self._undated.get(item["id"]) if self._is_cut_later else None
        if known and known > last:
            return known.isoformat()  # and is left out here
        whose = f"{self.parent.name}: {errors.quote(str(item.get('id') or item))} has no {self._date}"
        if not self._has_told:
            self._has_told = True
            logger.warning("%s, so it counts for the day that is asked for; of those to come, for today.", whose)
        is_clear = not self._is_cut_later or asked.has_future or last + ONE_DAY in self._answered
        if asked.day_of_undated is None or not is_clear:
            raise errors.Undated(f"{whose}, and several days were asked for.")
        if self._is_cut_later:
            self._undated[item["id"]] = asked.day_of_undated
        for reader in self.readers:
            reader.window.undated_days.add(asked.day_of_undated.isoformat())
        return asked.day_of_undated.isoformat()


class BalanceFamily(Family):
    """What there is at the end of a day. Its rows name no day."""

    def __init__(self, readers: t.Sequence[TableReader], source: Get, now: datetime.datetime) -> None:
        """``now`` by the clock on iiko's wall."""
        super().__init__(readers)
        self.source = source
        self.now = now

    def fetch(self, client: Client, days: Range, part: Part | None) -> Future[Answer]:  # noqa: ARG002 - has no parts
        """Queue the balance of the window's one day."""
        return self.source.fetch(client, days, now=self.now)

    def pages(self, body: t.IO[bytes], asked: Asked) -> t.Iterator[t.Any]:
        """Items, each with the day that it is of."""
        (day,) = asked.days
        of_day = {ASKED_DAY: day.isoformat()}
        return ([{**item, **of_day} for item in items] for items in self.source.pages(body))


class EachFamily(ListFamily):
    """A list that is asked for once for each row of another table.

    A day is all or nothing, over these answers too: rows of the one that is missing would be taken for gone.
    """

    def __init__(
        self,
        readers: t.Sequence[TableReader],
        parent: Table,
        source: Get,
        per: Per,
        ids: t.Callable[[Per], t.Sequence[str]],
    ) -> None:
        """``ids`` tells which rows there are."""
        super().__init__(readers, parent, source)
        self.per = per
        self._find = ids
        self._ids: t.Sequence[str] = ()

    @property
    def parts(self) -> t.Sequence[Part | None]:
        """One for each."""
        return [(each,) for each in self._ids]

    def prepare(self) -> None:
        """Find the rows."""
        self._ids = self._find(self.per)

    def fetch(self, client: Client, days: Range, part: Part | None) -> Future[Answer]:
        """Queue the request for one of them."""
        return self.source.fetch(client, days, asked=part[0] if part else None)

    def result(self, future: Future[Answer], number: int) -> Answer:
        """The answer, or a failure that says of which one.

        Raises:
            PartFailed: this one is refused; where the first has answered, it is no lack of a right or of a path.
        """
        try:
            return future.result()
        except errors.Unavailable as error:
            if not number:
                raise
            raise errors.Rejected(self._of(number, error), error.remedy) from None
        except errors.PartFailed as error:
            raise type(error)(self._of(number, error), error.remedy) from None

    def _of(self, number: int, error: errors.IikoError) -> str:
        return f"{self.per.param} {self._ids[number]}: {error.what}"

    def stamp(self, page: t.Any, number: int) -> t.Any:
        """With the id that was asked for."""
        return [{**item, self.per.field: self._ids[number]} for item in page]
