"""The SDK's Tap as this project uses it. What is private or final there, and still used, is used in this room only."""

from __future__ import annotations

import os
import stat
import sys
import typing as t

from singer_sdk import Tap
from singer_sdk.configuration._dict_config import parse_environment_config
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities

from tap_iiko import tables
from tap_iiko.settings.given import PREFIX, Given, read
from tap_iiko.settings.report_tables import table_of
from tap_iiko.settings.server import ENOUGH
from tap_iiko.singer import selection
from tap_iiko.singer.stream import IikoStream
from tap_iiko.singer.writer import BlockWriter

if t.TYPE_CHECKING:
    from types import FrameType

    from singer_sdk.about import AboutInfo
    from singer_sdk.streams import Stream

    from tap_iiko.logs.redact import Redactor
    from tap_iiko.settings.reports import OwnReport


class SingerTap(Tap):
    """A tap whose run goes by server and day, not by stream."""

    name = "tap-iiko"
    package_name = "tap-iiko"
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
    redactor: Redactor
    reports: t.Sequence[OwnReport] = ()
    """A user's own, of the setting ``reports``."""

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
        self.writer = BlockWriter()
        self.prepare(given, state, is_checked=validate_config)  # before the SDK installs the handlers of signals
        super().__init__(
            config=given.config, state=state, validate_config=validate_config, message_writer=self.writer, **options
        )
        if validate_config:
            self.check_config()

    @classmethod
    def _get_about_info(cls) -> AboutInfo:
        """What --about shows: what one server cannot do without is required.

        The schema by which settings are checked does not say so, since ``servers`` may hold it instead.
        """
        info = super()._get_about_info()
        info.settings = {**info.settings, "required": list(ENOUGH[0])}
        return info

    def prepare(self, given: Given, state: t.Any, *, is_checked: bool) -> None:
        """Called before the SDK looks at anything."""
        raise NotImplementedError

    def check_config(self) -> None:
        """Called when the SDK has its settings."""
        raise NotImplementedError

    def read(self, *, sample: bool, most_rows: int | None = None) -> int:
        """The run, or a ``sample`` of it: a day or two, and at most so many rows of each table.

        Returns:
            The exit code.
        """
        raise NotImplementedError

    def stop(self, signum: int) -> None:
        """A signal has come."""
        raise NotImplementedError

    @property
    def tables(self) -> dict[str, IikoStream]:
        """All streams by name."""
        return t.cast("dict[str, IikoStream]", self.streams)

    def discover_streams(self) -> t.Sequence[Stream]:
        """All tables, and those of a user's own reports; needs no network."""
        own = [table_of(report) for report in self.reports]
        return [IikoStream(self, table) for table in tables.in_order([*tables.catalogue().values(), *own])]

    def setup_mapper(self) -> None:
        """Stream maps: of what is selected; those that would break deletion are refused."""
        super(Tap, self).setup_mapper()
        extra = self.config.get("extra_tables") or ()
        selection.select_parents(self.tables, extra)  # first: the streams complete the catalog
        selection.register_maps(self.mapper, self.catalog, self.tables, self.config)

    # Final in the SDK, whose loop takes one stream after the other. It would read every day of a table before the next
    # table, and each server as many times as there are tables.

    def sync_all(self) -> None:  # type: ignore[misc]
        """Read every server and exit with code 1 if anything failed."""
        if not is_meltano_check():
            _exit(self.read(sample=False))
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
        _exit(self.read(sample=True, most_rows=dry_run_record_limit))
        return True

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """The SDK's hook for SIGTERM and SIGINT."""
        self.stop(signum)


def _exit(code: int) -> None:
    if code:
        sys.exit(code)


def is_meltano_check() -> bool:
    """Whether this is ``meltano config test``: it takes the log and the messages through one pipe.

    It believes in the first record and ends the tap there; a failed login has records too, those of ``sync_log``.
    """
    if "MELTANO_EXTRACTOR_NAME" not in os.environ:
        return False
    try:
        out, log = os.fstat(sys.stdout.fileno()), os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):  # not a file of the system
        return False
    return stat.S_ISFIFO(out.st_mode) and (out.st_dev, out.st_ino) == (log.st_dev, log.st_ino)
