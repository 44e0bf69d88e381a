"""What a run of one server writes besides rows: the log of its loads, its state, and how each table came out."""

from __future__ import annotations

import datetime
import logging
import typing as t
from dataclasses import dataclass, field

from tap_iiko.proof.reconciliation import GOOD, Load

if t.TYPE_CHECKING:
    from tap_iiko.singer.stream import IikoStream, Record

logger = logging.getLogger("tap-iiko")

LAST_STAMP_KEY = "last_synced_at"
SHOWN_MESSAGES = 3


@dataclass
class Outcome:
    """How one table of one server came out, for the closing table."""

    server_id: str
    stream: str
    rows: int = 0
    """Of the loads that ``sync_log`` has."""
    written: int = 0
    """Of the rows that went through the recorder; late changes and ``sync_log`` itself have no loads."""
    by_day: bool = False
    statuses: dict[str, int] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)

    def add(self, load: Load) -> None:
        """Count one load."""
        self.rows += load.rows
        self.by_day = load.day is not None
        self.statuses[load.status] = self.statuses.get(load.status, 0) + 1
        if load.message and load.message not in self.messages:
            self.messages.append(load.message)

    def lines(self, told: set[str], words: t.Mapping[str, str], idle: str) -> t.Iterator[str]:
        """For the closing table, statuses in its ``words``; messages in ``told`` are not repeated."""
        counts = ", ".join(
            f"{self._days(count)}{words.get(status, status)}" for status, count in sorted(self.statuses.items())
        )
        if not counts:
            counts = words["made"] if self.written else idle
        yield f"{self.server_id:<12} {self.stream:<18} {max(self.rows, self.written):>11,}  {counts}"
        for message in [each for each in self.messages if each not in told][:SHOWN_MESSAGES]:
            told.add(message)
            yield f"{'':<44} {message}"

    def _days(self, count: int) -> str:
        return f"{count} {'day' if count == 1 else 'days'} " if self.by_day else ""


class Recorder:
    """Writes for one server."""

    def __init__(
        self,
        server_id: str,
        streams: t.Mapping[str, IikoStream],
        write_state: t.Callable[[], None],
        mask: t.Callable[[str], str] = str,
    ) -> None:
        """``streams`` are the selected ones; ``write_state`` emits a STATE message; ``mask`` hides secrets."""
        self.server_id = server_id
        self.streams = streams
        self.outcomes = {name: Outcome(server_id, name) for name in streams}
        self.failed = False
        self._mask = mask
        self._write_state = write_state
        self.last_stamp: datetime.datetime | None = None
        if "sync_log" in streams and (last := streams["sync_log"].server_state(server_id).get(LAST_STAMP_KEY)):
            self.last_stamp = datetime.datetime.fromisoformat(last)

    def stamp(self) -> datetime.datetime:
        """A new ``synced_at``, later than all before it even if the clock was set back."""
        now = datetime.datetime.now(datetime.UTC)
        if self.last_stamp is not None and now <= self.last_stamp:
            now = self.last_stamp + datetime.timedelta(microseconds=1)
        self.last_stamp = now
        return now

    def write(self, stream: str, records: t.Sequence[Record], synced_at: datetime.datetime) -> None:
        """Write rows of a table, if it is selected."""
        if stream in self.streams and records:
            self.outcomes[stream].written += len(records)
            self.streams[stream].write(records, self.server_id, synced_at)

    def log(self, load: Load, *, said: bool = False) -> None:
        """Write a row of ``sync_log``, behind the rows it speaks of, and remember the outcome.

        ``said``: the log of the run has the reason already.
        """
        if load.stream not in self.outcomes:
            return  # not selected: none of its rows were written
        if load.message is not None:
            load.message = self._mask(load.message)  # a server may quote what it was sent
        self.outcomes[load.stream].add(load)
        if load.status == "failed":
            self.failed = True
        if load.status not in GOOD and not said:
            level = logging.ERROR if load.status == "failed" else logging.WARNING
            place = f"{load.stream} {self.server_id} {load.day or ''}".rstrip()
            logger.log(level, "%s %s: %s", place, load.status, load.message)
        self.write("sync_log", [load.record(self.server_id)], load.synced_at)

    def log_unread(
        self, stream: str, status: str, error: Exception, day: datetime.date | None = None, *, said: bool = False
    ) -> None:
        """A partition of which nothing was written."""
        now = self.stamp()
        self.log(
            Load(
                stream=stream,
                day=day,
                status=status,
                synced_at=now,
                started_at=now,
                finished_at=now,
                message=str(error),
            ),
            said=said,
        )

    def save_state(self) -> None:
        """STATE: everything before it is complete."""
        if self.last_stamp is not None and "sync_log" in self.streams:
            self.streams["sync_log"].server_state(self.server_id)[LAST_STAMP_KEY] = self.last_stamp.isoformat()
        self._write_state()
