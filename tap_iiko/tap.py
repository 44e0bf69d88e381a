"""The tap: settings, streams, the order of a run, and how it ends."""

from __future__ import annotations

import gc
import itertools
import logging
import os
import sys
import time
import typing as t

import click
from singer_sdk import Tap
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities

from tap_iiko.redact import Redactor
from tap_iiko.run import ServerRun
from tap_iiko.run_log import FolderError, run_log
from tap_iiko.settings import CONFIG_SCHEMA, read_servers
from tap_iiko.streams import batches, selection
from tap_iiko.streams.journal import LateChangesStream, ReconciliationStream, SyncLogStream
from tap_iiko.streams.organization import DepartmentsStream, ServersStream, StoresStream
from tap_iiko.streams.output import BlockWriter
from tap_iiko.streams.products import CategoriesStream, ProductGroupsStream, ProductModifiersStream, ProductsStream
from tap_iiko.streams.sales import FactStream, ReceiptItemsStream, ReceiptPaymentsStream, ReceiptsStream, SalesStream

if t.TYPE_CHECKING:
    from types import FrameType

    from singer_sdk.helpers._batch import BatchConfig
    from singer_sdk.streams import Stream

    from tap_iiko.iiko.client import Client
    from tap_iiko.recorder import Outcome
    from tap_iiko.streams.base import IikoStream

logger = logging.getLogger("tap-iiko")

# The order of a run, and of the SCHEMA messages: a target drains its tables in that order, so an entry of sync_log
# never arrives before the rows that it speaks of.
STREAMS: t.Final[tuple[type[IikoStream], ...]] = (
    ServersStream,
    DepartmentsStream,
    StoresStream,
    ProductGroupsStream,
    ProductsStream,
    ProductModifiersStream,
    CategoriesStream,
    ReceiptsStream,
    ReceiptItemsStream,
    ReceiptPaymentsStream,
    SalesStream,
    ReconciliationStream,
    LateChangesStream,
    SyncLogStream,
)


class TapIiko(Tap):
    """Singer tap for iiko (Syrve): restaurant sales, receipts and reference data, exact and proved."""

    name = "tap-iiko"
    package_name = "tap-iiko"
    config_jsonschema = CONFIG_SCHEMA
    message_writer_class = BlockWriter
    # No ACTIVATE_VERSION: the SDK sends it before the rows, and a hard-deleting target would show a table half empty.
    capabilities: t.ClassVar = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.BATCH,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    def __init__(self, *, validate_config: bool = True, **options: t.Any) -> None:
        """Check the settings, unless only the catalog is wanted.

        Raises:
            ConfigValidationError: one sentence for each setting that is wrong.
        """
        super().__init__(validate_config=validate_config, **options)
        self.servers = read_servers(self.config) if validate_config else []
        self.redactor = Redactor()
        self._stop_signal: int | None = None

    def discover_streams(self) -> t.Sequence[Stream]:
        """All tables; needs neither settings nor network."""
        return [stream(self) for stream in STREAMS]

    def setup_mapper(self) -> None:
        """Stream maps: of what is selected; those that would break deletion are refused."""
        super(Tap, self).setup_mapper()
        streams = t.cast("dict[str, IikoStream]", self.streams)  # first: they complete the catalog
        selection.register_maps(self.mapper, self.catalog, streams, self.config)

    # The run. The SDK's loop takes one stream after the other; ours goes by server and day, across streams.

    def sync_all(self) -> None:  # type: ignore[misc]
        """Read every server and exit with code 1 if anything failed."""
        self._set_compatible_replication_methods()
        self._run(sample=False)

    def run_sync_dry_run(  # type: ignore[misc]
        self,
        dry_run_record_limit: int | None = 1,
        streams: t.Iterable[Stream] | None = None,
    ) -> bool:
        """Prove the connection: log in, read a few rows of every table, log out.

        Returns:
            True; exits with code 1 and plain words if anything is wrong.
        """
        for stream in streams or self.streams.values():
            stream.selected = True
            t.cast("IikoStream", stream).record_limit = dry_run_record_limit
        self._run(sample=True)
        logger.info("The connection works.")
        return True

    def _run(self, *, sample: bool) -> None:
        self.redactor.add(self._configured_secrets)
        self.redactor.install()
        try:
            with run_log(self.config.get("log_dir")):
                self._read_servers(sample=sample)
        except FolderError as error:
            logger.error("%s", error)
            sys.exit(1)
        finally:
            self.redactor.uninstall()

    def _read_servers(self, *, sample: bool) -> None:
        started = time.monotonic()
        # Rows are many small objects without cycles: looking for cycles among them costs a tenth of the run.
        gc.set_threshold(100_000, 50, 100)
        selected = self._selected_streams()
        selection.say_what_is_left_out(selected)
        writer = t.cast("BlockWriter", self.message_writer)
        if not sample:
            self._prepare_batches(selected)
        runs: list[ServerRun] = []
        try:
            for stream in selected.values():
                stream._write_schema_message()  # noqa: SLF001 - the SDK has no public way to write one
            for settings in self.servers:
                run = ServerRun(
                    settings,
                    selected,
                    self._write_state,
                    reconcile=self.config.get("reconcile") or "warn",
                    sample=sample,
                    on_session=self._watch_session,
                )
                runs.append(run)
                run.run()
            writer.flush()
        except BrokenPipeError:
            self._abandon_output(writer)
            logger.error("The target closed the pipe: what it has not confirmed is read again in the next run.")
            sys.exit(1)
        finally:
            self._report(runs, started)
        if any(run.failed for run in runs):
            sys.exit(1)

    def _selected_streams(self) -> dict[str, IikoStream]:
        streams = t.cast("dict[str, IikoStream]", self.streams)
        timezones = {server.server_id: server.timezone for server in self.servers}
        t.cast("ServersStream", streams["servers"]).timezones = timezones
        in_order = sorted(streams.values(), key=lambda stream: STREAMS.index(type(stream)))
        return {stream.name: stream for stream in in_order if stream.selected}

    def _prepare_batches(self, selected: t.Mapping[str, IikoStream]) -> None:
        """Remove BATCH files that are loaded; let the facts go in new ones, if that is configured and possible."""
        states = [t.cast("IikoStream", self.streams["sync_log"]).server_state(each.server_id) for each in self.servers]
        for beginning in {state.pop(batches.STATE_KEY, None) for state in states} - {None}:
            batches.remove(beginning)  # in the state, so they are loaded
        facts = [stream for stream in selected.values() if isinstance(stream, FactStream)]
        if not self.config.get("batch_config") or not facts:
            return
        if not all(stream.goes_by_page for stream in facts):
            logger.warning("batch_config is not used: stream maps and flattening need RECORD messages.")
            return
        config = t.cast("BatchConfig", facts[0].get_batch_config(self.config))
        owner = "\n".join(sorted(f"{server.server_id} {server.account.root}" for server in self.servers))
        files = batches.BatchFiles(config, owner)
        files.prepare()
        for stream in facts:
            stream.batch_files = files
        for state in states:
            state[batches.STATE_KEY] = files.beginning

    def _configured_secrets(self) -> list[str]:
        places = [self.config, *(self.config.get("servers") or ())]
        return [str(place[name]) for place in places for name in ("password", "password_sha1") if place.get(name)]

    def _watch_session(self, client: Client) -> None:
        self.redactor.add(lambda: client.secrets)

    def _write_state(self) -> None:
        self.state_writer.write_state(self.state)
        if self._stop_signal is not None:
            sys.exit(128 + self._stop_signal)

    @staticmethod
    def _report(runs: t.Sequence[ServerRun], started: float) -> None:
        outcomes: t.Iterable[Outcome] = itertools.chain.from_iterable(run.outcomes for run in runs)
        logger.info("%-12s %-18s %11s  %s", "server", "table", "rows", "outcome")
        told: set[str] = set()
        for outcome in outcomes:
            for line in outcome.lines(told):
                logger.info("%s", line)
        unproved = sum(len(run.unproved) for run in runs)
        if unproved:
            logger.warning("%d business days do not agree with iiko's totals: see the table reconciliation.", unproved)
        failed = [run.settings.server_id for run in runs if run.failed]
        logger.info("%.1f s; %s", time.monotonic() - started, f"FAILED: {', '.join(failed)}" if failed else "all good")

    @staticmethod
    def _abandon_output(writer: BlockWriter) -> None:
        """Nobody reads: keep the interpreter from flushing into the closed pipe once more."""
        writer.discard()
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """End with a logout and a code that is no success; never in the middle of a line.

        A second signal does not wait for the line.
        """
        if t.cast("BlockWriter", self.message_writer).is_writing and self._stop_signal is None:
            self._stop_signal = signum
            return
        logger.warning("Stopped by signal %d: logging out.", signum)
        sys.exit(128 + signum)

    # More commands

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """The SDK's command with ``--analyze``."""
        command = super().get_singer_command()
        command.params.append(
            click.Option(
                ["--analyze"],
                is_flag=True,
                help="List the server's OLAP fields and the columns that the tables make of them.",
                callback=cls.cb_analyze,
                expose_value=False,
            )
        )
        return command

    @classmethod
    def cb_analyze(cls, ctx: click.Context, _: click.Option, value: bool) -> None:  # noqa: FBT001
        """Run ``--analyze``."""
        if not value:
            return
        from tap_iiko.analyze import analyze  # noqa: PLC0415 - only this command needs it
        from tap_iiko.iiko.errors import IikoError  # noqa: PLC0415

        config = ctx.params["config"]
        tap = cls(config=config.config, parse_env_config=config.parse_env)
        try:
            for line in itertools.chain.from_iterable(analyze(server) for server in tap.servers):
                click.echo(line)
        except IikoError as error:
            logger.error("%s", error)
            ctx.exit(1)
        ctx.exit()


if __name__ == "__main__":
    TapIiko.cli()
