"""The tap: settings, streams, the servers of a run, and how it ends."""

from __future__ import annotations

import contextlib
import gc
import logging
import time
import typing as t
import uuid

from tap_iiko import tables
from tap_iiko.logs.files import FolderError, run_log
from tap_iiko.logs.live import live_lines
from tap_iiko.logs.redact import Redactor
from tap_iiko.rows.personal import PersonalData
from tap_iiko.run import outcome
from tap_iiko.run.commit import Commit
from tap_iiko.run.context import RunOptions
from tap_iiko.run.desk import Desk
from tap_iiko.run.outcome import Ending
from tap_iiko.run.server import ServerRun
from tap_iiko.run.state import State
from tap_iiko.run.state import problems_of as problems_of_state
from tap_iiko.run.stopping import Stop
from tap_iiko.settings.reports import problems_of_servers, read_reports
from tap_iiko.settings.server import CONFIG_SCHEMA, problems_of_run, read_servers
from tap_iiko.singer import batches, metrics, selection
from tap_iiko.singer.command_line import CommandLine, refuse, told_together

if t.TYPE_CHECKING:
    from tap_iiko.settings.given import Given
    from tap_iiko.settings.server import ServerSettings
    from tap_iiko.singer.stream import IikoStream

logger = logging.getLogger("tap-iiko")


class TapIiko(CommandLine):
    """Singer tap for iiko (Syrve): restaurant sales, receipts and reference data, exact and proved."""

    config_jsonschema = CONFIG_SCHEMA
    strange: t.Sequence[str] = ()
    """A sentence for each setting that nobody knows."""
    remarks: t.Sequence[str] = ()
    """A sentence for what a report of the user's own does not mean."""
    servers: t.Sequence[ServerSettings] = ()

    def prepare(self, given: Given, state: t.Any, *, is_checked: bool) -> None:
        """Before the SDK looks at anything: what is wrong with settings and state, in plain words."""
        self.strange = given.strange
        self.redactor = Redactor()
        self._stop = Stop(self.writer)
        own = read_reports(given.config)
        self.reports, self.remarks = own.reports, own.remarks
        if not is_checked:
            refuse(own.problems)  # a catalog without a table would say that there is none
            return
        with told_together(self.strange):
            refuse([*given.problems, *own.problems])
            refuse(problems_of_state({} if state is None else state))

    def check_config(self) -> None:
        """What the settings come to, together."""
        with told_together(self.strange):
            refuse([*problems_of_run(self.config), *batches.problems_of(self.config)])
            self.servers = read_servers(self.config)
            refuse(problems_of_servers(self.reports, [server.server_id for server in self.servers]))
        self.redactor.add(self._configured_secrets)

    def stop(self, signum: int) -> None:
        """SIGTERM or SIGINT has come."""
        self._stop.ask(signum)

    # The run. The SDK's loop takes one stream after the other; ours goes by server and day, across streams.

    def read(self, *, sample: bool, most_rows: int | None = None) -> int:
        """Read every server.

        Returns:
            The exit code: 1 if anything failed.
        """
        self.redactor.install()
        try:
            with run_log(self.config.get("log_dir")), live_lines(), _seldom_collecting_garbage():
                return self._read_servers(sample, most_rows)
        except FolderError as error:
            logger.error("%s", error)
            return 1
        finally:
            self.redactor.uninstall()

    def _read_servers(self, sample: bool, most_rows: int | None) -> int:  # noqa: FBT001
        started = time.monotonic()
        for sentence in (*self.strange, *self.remarks):
            logger.warning("%s", sentence)
        selected = self.selected_streams()
        selection.say_what_is_left_out(selected)
        state = State(self.state, self.writer.write_state)
        if not sample:
            self._prepare_batches(selected, state)
        desk = Desk()
        options = RunOptions(
            reconcile=self.config.get("reconcile") or RunOptions.reconcile,
            personal=PersonalData(
                self.config.get("personal_data") or PersonalData.mode, self.config.get("personal_data_key") or ""
            ),
            is_sample=sample,
            most_rows=most_rows,
        )
        runs = list(self._runs(selected, state, desk, options))
        ending = None
        try:
            for stream in selected.values():
                stream.write_schema()
            desk.serve(runs, int(self.config["parallel_servers"]))
            self.writer.flush()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it is, it is told
            ending = Ending.of(error)
        seconds = time.monotonic() - started
        if not sample:
            for run in runs:
                metrics.log_tables(run.server_id, run.outcomes)
        outcome.report(runs, ending=ending, wrong=self.strange if sample else (), seconds=seconds, sample=sample)
        if ending:
            return ending.code
        return int(any(run.failed for run in runs) or (sample and bool(self.strange)))

    def _runs(
        self, selected: t.Mapping[str, IikoStream], state: State, desk: Desk, options: RunOptions
    ) -> t.Iterator[ServerRun]:
        run_id = str(uuid.uuid4())
        for server in self.servers:
            name = server.server_id
            streams = {each: stream for each, stream in selected.items() if stream.table.is_of(name)}
            commit = Commit(name, streams, self.writer, state, desk, run_id=run_id, mask=self.redactor.mask)
            yield ServerRun(server, streams, commit, options, on_session=self.watch_session)

    def selected_streams(self) -> dict[str, IikoStream]:
        """In the order of a run; parts with their parents, rare tables only if they are named."""
        extra = set(self.config.get("extra_tables") or ())
        read = [stream.table for stream in self.tables.values() if stream.selected and stream.table.is_read(extra)]
        return {table.name: self.tables[table.name] for table in tables.in_order(read)}

    def _prepare_batches(self, selected: t.Mapping[str, IikoStream], state: State) -> None:
        """Remove BATCH files that are loaded; let rows of days go in new ones, if that is configured and possible."""
        states = [state.of(tables.JOURNAL, server.server_id) for server in self.servers]
        by_day = [stream for stream in selected.values() if stream.table.partition == "day"]
        owner = "\n".join(sorted(f"{server.server_id} {server.account.root}" for server in self.servers))
        try:
            batches.prepare(states, by_day, self.config, owner)
        except OSError as error:
            raise FolderError("batch_config", error) from error

    def _configured_secrets(self) -> list[str]:
        places = [self.config, *(self.config.get("servers") or ())]
        names = ("password", "password_sha1", "personal_data_key")
        return [str(place[name]) for place in places for name in names if place.get(name)]


@contextlib.contextmanager
def _seldom_collecting_garbage() -> t.Iterator[None]:
    """Rows are many small objects without cycles: looking for cycles among them is work for nothing."""
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


if __name__ == "__main__":
    TapIiko.cli()
