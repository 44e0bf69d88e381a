"""The tap: settings, streams, the order of a run, and how it ends."""

from __future__ import annotations

import gc
import logging
import os
import sys
import time
import typing as t

from singer_sdk import Tap
from singer_sdk.configuration._dict_config import parse_environment_config
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities

from tap_iiko.logs.files import FolderError, run_log
from tap_iiko.logs.redact import Redactor
from tap_iiko.run import outcome as closing
from tap_iiko.run.outcome import Ending
from tap_iiko.run.server import ServerRun
from tap_iiko.run.state import problems_of as problems_of_state
from tap_iiko.run.stopping import Stop
from tap_iiko.settings.given import PREFIX, read
from tap_iiko.settings.server import CONFIG_SCHEMA, read_servers
from tap_iiko.singer import batches, selection
from tap_iiko.singer.command_line import CommandLine, is_meltano_check, refuse, told_together
from tap_iiko.singer.writer import BlockWriter
from tap_iiko.streams.organization import DepartmentsStream, ServersStream, StoresStream
from tap_iiko.streams.own import LateChangesStream, ReconciliationStream, SyncLogStream
from tap_iiko.streams.products import CategoriesStream, ProductGroupsStream, ProductModifiersStream, ProductsStream
from tap_iiko.streams.sales import FactStream, ReceiptItemsStream, ReceiptPaymentsStream, ReceiptsStream, SalesStream

if t.TYPE_CHECKING:
    from types import FrameType

    from singer_sdk.streams import Stream

    from tap_iiko.settings.server import ServerSettings
    from tap_iiko.singer.stream import IikoStream

logger = logging.getLogger("tap-iiko")

# The order of a run, and of the SCHEMA messages: sync_log last, so that a target which drains one table after the other
# never has an entry before the rows that it speaks of. target-postgres drains them side by side: for a moment its views
# hide rows of a day that is being replaced, and prune leaves that day alone.
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


class TapIiko(CommandLine):
    """Singer tap for iiko (Syrve): restaurant sales, receipts and reference data, exact and proved."""

    name = "tap-iiko"
    package_name = "tap-iiko"
    config_jsonschema = CONFIG_SCHEMA
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

    strange: t.Sequence[str] = ()
    """A sentence for each setting that nobody knows."""

    def __init__(
        self,
        *,
        config: dict[str, t.Any] | None = None,
        state: dict[str, t.Any] | None = None,
        parse_env_config: bool = False,
        validate_config: bool = True,
        **options: t.Any,
    ) -> None:
        """Check settings and state, unless only the catalog is wanted.

        Raises:
            ConfigValidationError: one sentence for each thing that is wrong.
        """
        self.append_builtin_config(self.config_jsonschema)
        texts = {name: {"type": "string"} for name in self.config_jsonschema["properties"]}
        from_environment = parse_environment_config({"properties": texts}, PREFIX) if parse_env_config else {}
        given = read({**(config or {}), **from_environment}, self.config_jsonschema, os.environ)
        self.strange = given.strange
        self.writer = BlockWriter()
        self._stop = Stop(self.writer)  # before the SDK installs the handlers
        with told_together(self.strange):
            if validate_config:
                refuse(given.problems)
                refuse(problems_of_state({} if state is None else state))
            super().__init__(
                config=given.config, state=state, validate_config=validate_config, message_writer=self.writer, **options
            )
            self.servers = read_servers(self.config) if validate_config else []
        self.redactor = Redactor()

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
        if not is_meltano_check():
            self._run(sample=False)
            return
        self.writer.is_held = True
        self.run_connection_test()
        self.writer.is_held = False
        self.writer.flush()

    def run_sync_dry_run(  # type: ignore[misc]
        self,
        dry_run_record_limit: int | None = 1,
        streams: t.Iterable[Stream] | None = None,
    ) -> bool:
        """Read a few rows of every table.

        Returns:
            True; exits with code 1 and plain words if anything is wrong.
        """
        for stream in streams or self.streams.values():
            stream.selected = True
            t.cast("IikoStream", stream).record_limit = dry_run_record_limit
        self._run(sample=True)
        return True

    def _run(self, *, sample: bool) -> None:
        self.redactor.add(self._configured_secrets)
        self.redactor.install()
        try:
            with run_log(self.config.get("log_dir")):
                code = self._read_servers(sample=sample)
        except FolderError as error:
            logger.error("%s", error)
            code = 1
        finally:
            self.redactor.uninstall()
        if code:
            sys.exit(code)

    def _read_servers(self, *, sample: bool) -> int:
        """Read them one after the other, and tell how each table came out.

        Returns:
            The exit code.
        """
        started = time.monotonic()
        # Rows are many small objects without cycles: looking for cycles among them costs a tenth of the run.
        gc.set_threshold(100_000, 50, 100)
        for sentence in self.strange:
            logger.warning("%s", sentence)
        selected = self._selected_streams()
        selection.say_what_is_left_out(selected)
        if not sample:
            self._prepare_batches(selected)
        runs: list[ServerRun] = []
        ending = None
        try:
            for stream in selected.values():
                stream._write_schema_message()  # noqa: SLF001 - the SDK has no public way to write one
            for settings in self.servers:
                runs.append(self._server_run(settings, selected, sample=sample))
                runs[-1].run()
            self.writer.flush()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it is, it is told
            ending = Ending.of(error)
        closing.report(
            runs,
            ending=ending,
            missing=[settings.server_id for settings in self.servers[len(runs) :]],
            wrong=self.strange if sample else (),
            seconds=time.monotonic() - started,
            sample=sample,
        )
        if ending:
            return ending.code
        return int(any(run.failed for run in runs) or (sample and bool(self.strange)))

    def _server_run(self, settings: ServerSettings, selected: t.Mapping[str, IikoStream], *, sample: bool) -> ServerRun:
        return ServerRun(
            settings,
            selected,
            self._write_state,
            reconcile=self.config.get("reconcile") or "warn",
            sample=sample,
            on_session=self.watch_session,
            mask=self.redactor.mask,
        )

    def _selected_streams(self) -> dict[str, IikoStream]:
        streams = t.cast("dict[str, IikoStream]", self.streams)
        timezones = {server.server_id: server.timezone for server in self.servers}
        t.cast("ServersStream", streams["servers"]).timezones = timezones
        in_order = sorted(streams.values(), key=lambda stream: STREAMS.index(type(stream)))
        return {stream.name: stream for stream in in_order if stream.selected}

    def _prepare_batches(self, selected: t.Mapping[str, IikoStream]) -> None:
        """Remove BATCH files that are loaded; let the facts go in new ones, if that is configured and possible."""
        states = [t.cast("IikoStream", self.streams["sync_log"]).server_state(each.server_id) for each in self.servers]
        facts = [stream for stream in selected.values() if isinstance(stream, FactStream)]
        owner = "\n".join(sorted(f"{server.server_id} {server.account.root}" for server in self.servers))
        try:
            files = batches.prepare(states, facts, self.config, owner)
        except OSError as error:
            raise FolderError("batch_config", error) from error
        for stream in facts:
            stream.batch_files = files

    def _configured_secrets(self) -> list[str]:
        places = [self.config, *(self.config.get("servers") or ())]
        return [str(place[name]) for place in places for name in ("password", "password_sha1") if place.get(name)]

    def _write_state(self) -> None:
        self.state_writer.write_state(self.state)

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """The SDK's hook for SIGTERM and SIGINT."""
        self._stop.ask(signum)


if __name__ == "__main__":
    TapIiko.cli()
