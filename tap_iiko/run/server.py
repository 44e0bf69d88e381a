"""One server of a run: log in, whole tables, groups of tables with days, log out."""

from __future__ import annotations

import contextlib
import logging
import typing as t
from functools import partial

from tap_iiko.days import clock
from tap_iiko.days.calendar import ONE_DAY, Calendar
from tap_iiko.iiko import errors
from tap_iiko.iiko.client import Client
from tap_iiko.run.checking import Checks
from tap_iiko.run.context import ServerContext
from tap_iiko.run.groups import day_runs
from tap_iiko.run.whole import WholeRun
from tap_iiko.singer import metrics

if t.TYPE_CHECKING:
    import datetime

    from tap_iiko.run.by_day import DayRun
    from tap_iiko.run.commit import Commit
    from tap_iiko.run.context import RunOptions
    from tap_iiko.run.outcome import Outcome
    from tap_iiko.settings.server import ServerSettings
    from tap_iiko.singer.stream import IikoStream

logger = logging.getLogger("tap-iiko")

FIRST_DAYS = 7  # of every table of days they are read before the older ones of any


class ServerRun:
    """Reads one server and writes what it read. A failure of one part never stops the others."""

    def __init__(
        self,
        settings: ServerSettings,
        streams: t.Mapping[str, IikoStream],
        commit: Commit,
        options: RunOptions,
        on_session: t.Callable[[Client], None] = lambda _: None,
    ) -> None:
        """``streams`` are the selected ones."""
        self.server_id = settings.server_id
        self.streams = streams
        self.commit = commit
        self.options = options
        self.fatal: errors.IikoError | None = None
        self.has_begun = self.is_done = False
        self.client = Client(settings.account, on_answer=partial(metrics.log_request, self.server_id))
        self.context = ServerContext(settings, streams, self.client, commit, options)
        self._on_session = on_session
        self._days: list[DayRun] = []
        self._checks: Checks | None = None

    @property
    def place(self) -> str:
        """Where it answers."""
        return self.client.account.root.lower()

    @property
    def failed(self) -> bool:
        """Whether the exit code has to say so."""
        disagrees = self.options.reconcile == "fail" and bool(self.unproved)
        return self.commit.failed or self.fatal is not None or disagrees

    @property
    def outcomes(self) -> t.Collection[Outcome]:
        """How every table came out."""
        return self.commit.outcomes.values()

    @property
    def unproved(self) -> t.Collection[datetime.date]:
        """Closed days that do not agree with iiko's totals."""
        return set().union(*(run.unproved for run in self._days))

    @property
    def differing(self) -> int:
        """How many checks between tables do not agree."""
        return self._checks.differing if self._checks else 0

    def run(self) -> None:
        """Read everything; log out whatever happens."""
        self.has_begun = True
        with self.client as client:
            try:
                self._on_session(client)
                self.context.version = str(client.server_info()["version"])
                client.login()
                clock.warn_if_behind(self.commit.last_stamp, self.server_id)
                WholeRun(self.context).run()
                self._read_days()
                self.commit.at_once(lambda: None)
            except errors.Stopped:
                pass  # whoever has ended the run tells it
            except errors.IikoError as error:
                self._fail_rest(error)
            except Exception as error:  # noqa: BLE001 - whatever it is, the other servers go on
                self._fail_rest(errors.unexpected(error))
            else:
                self.is_done = True

    def stop(self) -> None:
        """Log out from outside: the run is ending."""
        self.client.close()

    def _read_days(self) -> None:
        """First the last days of all tables, then the history of one after the other."""
        now = clock.present(self.client.server_time, self.server_id)
        calendar = Calendar(self.context.settings.timezone, now)
        self._checks = Checks(self.context, calendar)
        self._days = day_runs(self.context, calendar, self._checks)
        try:
            for days in self._days:
                days.choose()
            for oldest in (calendar.today - ONE_DAY * FIRST_DAYS, None):
                for days in self._days:
                    days.read(oldest)
        finally:
            for days in self._days:
                days.close()
        for days in self._days:
            days.tell()
        self._checks.run()

    def _fail_rest(self, error: errors.IikoError) -> None:
        """The server cannot be read on: what was not read has failed, the other servers go on."""
        logger.error("Server %s: %s", self.server_id, error)
        self.fatal = error
        unread = [
            name
            for name, outcome in self.commit.outcomes.items()
            if self.streams[name].table.source and not outcome.statuses
        ]
        with contextlib.suppress(errors.Stopped):  # whoever has ended the run tells it
            self.commit.unread(unread, "failed", error, said=True)
            self.is_done = True
