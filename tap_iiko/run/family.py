"""Tables whose rows come from one answer: how it is asked for and read."""

from __future__ import annotations

import logging
import typing as t

from tap_iiko.iiko.olap import Decoders

if t.TYPE_CHECKING:
    import datetime
    from concurrent.futures import Future

    from tap_iiko.days.calendar import Range
    from tap_iiko.iiko.client import Answer, Client
    from tap_iiko.iiko.sources import Get
    from tap_iiko.rows.reader import TableReader
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
