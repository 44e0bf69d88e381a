"""The only writer: rows, what ``sync_log`` says of them, and the state, of one server."""

from __future__ import annotations

import datetime
import logging
import typing as t

from tap_iiko import tables
from tap_iiko.iiko import errors
from tap_iiko.run.load import QUIET, Load, LoadContext
from tap_iiko.run.outcome import Outcome
from tap_iiko.run.state import LAST_STAMP_KEY

if t.TYPE_CHECKING:
    from tap_iiko.rows.reader import Record, WindowRows
    from tap_iiko.rows.spool import Day
    from tap_iiko.run.desk import Desk
    from tap_iiko.run.load import Status
    from tap_iiko.run.state import State
    from tap_iiko.singer.stream import IikoStream
    from tap_iiko.singer.writer import BlockWriter

logger = logging.getLogger("tap-iiko")


class Commit:
    """Writes for one server. What is written within one ``at_once`` stands together in the output."""

    def __init__(  # noqa: PLR0913 - all that a commit touches
        self,
        server_id: str,
        streams: t.Mapping[str, IikoStream],
        writer: BlockWriter,
        state: State,
        desk: Desk,
        *,
        run_id: str,
        mask: t.Callable[[str], str] = str,
    ) -> None:
        """``streams`` are the selected ones; ``mask`` hides secrets."""
        self.server_id = server_id
        self.streams = streams
        self.outcomes = {name: Outcome(server_id, name) for name in streams}
        self.failed = False
        self._writer = writer
        self._state = state
        self._desk = desk
        self._run_id = run_id
        self._mask = mask
        self._is_logged = tables.JOURNAL in streams
        last = state.of(tables.JOURNAL, server_id).get(LAST_STAMP_KEY) if self._is_logged else None
        self.last_stamp = datetime.datetime.fromisoformat(last) if last else None

    @property
    def is_logged(self) -> bool:
        """Whether ``sync_log`` is written: without it nobody learns what is gone."""
        return self._is_logged

    def stamp(self) -> datetime.datetime:
        """A new ``synced_at``, later than all before it even if the clock was set back."""
        now = datetime.datetime.now(datetime.UTC)
        if self.last_stamp is not None and now <= self.last_stamp:
            now = self.last_stamp + datetime.timedelta(microseconds=1)
        self.last_stamp = now
        return now

    def at_once(self, job: t.Callable[[], None]) -> None:
        """Do ``job``, which writes by the methods below, and write the state behind it.

        Raises:
            Stopped: the run is ending.
        """

        def commit() -> None:
            job()
            if self.last_stamp is not None and self._is_logged:
                self._state.of(tables.JOURNAL, self.server_id)[LAST_STAMP_KEY] = self.last_stamp.isoformat()
            self._state.write()

        self._desk.do(commit)

    def partition(self, table: str) -> dict[str, t.Any]:
        """The state of a table; to be changed within ``at_once`` only."""
        return self._state.of(table, self.server_id)

    def rows(self, table: str, window: WindowRows, days: t.Sequence[Day] = (None,)) -> None:
        """The rows of these days of a window."""
        stream = self.streams[table]
        blocks = (block for day in days for block in window.spool.blocks(day))
        if stream.batch_files is not None:
            stream.write_batches(blocks, sum(window.rows[day] for day in days))
            return
        for block in blocks:
            self._writer.write_block(block)

    def records(self, table: str, records: t.Sequence[Record], synced_at: datetime.datetime) -> None:
        """Rows of one of the tap's own tables, if it is selected."""
        if table in self.streams and records:
            self.outcomes[table].written += len(records)
            self._writer.write_block(self.streams[table].lines_of(records, self.server_id, synced_at))

    def log(self, load: Load, *, said: bool = False) -> None:
        """A row of ``sync_log``, behind the rows it speaks of.

        ``said``: the log of the run has the reason already.
        """
        if load.stream not in self.outcomes:
            return  # not selected: none of its rows were written
        if load.message is not None:
            load.message = self._mask(load.message)  # a server may quote what it was sent
        if load.status == "failed":
            self.failed = True
        if load.status not in QUIET and not said:
            self._say(f"{load.stream} {self.server_id} {load.day or ''}".rstrip(), load.status, load.message)
        record = load.record(self.stamp(), self._run_id)
        self.outcomes[load.stream].add(load)
        self.records(tables.JOURNAL, [record], load.context.synced_at)

    def log_unread(
        self, table: str, status: Status, error: Exception, day: datetime.date | None = None, *, said: bool = False
    ) -> None:
        """A partition of which nothing was written."""
        now = self.stamp()
        context = LoadContext(self.server_id, synced_at=now, started_at=now)
        load = Load(stream=table, day=day, status=status, context=context, message=str(error))
        if isinstance(error, errors.Unavailable) and table in self.streams:
            load.lack = self._mask(error.lack(self.streams[table].table.right))
        self.log(load, said=said)

    def unread(self, names: t.Iterable[str], status: Status, error: Exception, *, said: bool = False) -> None:
        """Tables of which nothing can be read in this run."""
        names = [name for name in names if name in self.outcomes]

        def log() -> None:
            for name in names:
                self.log_unread(name, status, error, said=True)

        self.at_once(log)
        if names and not said:
            self._say(f"{', '.join(names)} {self.server_id}", status, self._mask(str(error)))

    @staticmethod
    def _say(place: str, status: Status, message: str | None) -> None:
        level = logging.ERROR if status == "failed" else logging.WARNING
        logger.log(level, "%s %s: %s", place, status, message)
