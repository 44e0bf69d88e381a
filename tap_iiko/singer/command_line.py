"""What the command line adds to the SDK's: plain words for input that cannot be used, and commands of our own."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import sys
import typing as t
from functools import partial
from pathlib import Path

import click
from singer_sdk.exceptions import ConfigValidationError, MappingError
from singer_sdk.tap_base import CliTestOptionValue

from tap_iiko.commands import asked_for, options
from tap_iiko.settings.given import json_problem
from tap_iiko.singer.plugin import SingerTap

if t.TYPE_CHECKING:
    from tap_iiko.iiko.client import Client

logger = logging.getLogger("tap-iiko")


@contextlib.contextmanager
def plain_words() -> t.Iterator[None]:
    """Settings, a state or a catalog that cannot be used end in a sentence each and in exit code 1."""
    try:
        yield
    except ConfigValidationError as error:
        for problem in error.errors:
            logger.error("%s", problem)
        sys.exit(1)
    except MappingError as error:
        logger.error("stream_maps: %s", error)
        sys.exit(1)


def refuse(problems: t.Sequence[str]) -> None:
    """Nothing, if there is no problem.

    Raises:
        ConfigValidationError: a sentence for each.
    """
    if problems:
        message = "Config validation failed"
        raise ConfigValidationError(message, errors=list(problems), schema={})


@contextlib.contextmanager
def told_together(strange: t.Sequence[str]) -> t.Iterator[None]:
    """Names that are no settings stand behind the problems: what is missing may only be misspelt.

    Raises:
        ConfigValidationError: that of the body, with them.
    """
    try:
        yield
    except ConfigValidationError as error:
        refuse([*error.errors, *strange])


def check_config_files(paths: t.Sequence[str]) -> None:
    """Refuse files that are missing or no JSON objects; ``ENV`` is none."""
    for path in paths:
        if path == "ENV":
            continue
        try:
            text = Path(path).read_bytes()
        except OSError as error:
            refuse([f"--config {path}: {error.strerror}."])
        _parse(text, f"--config {path}")


def checked_json(file: t.IO[str] | None, name: str) -> t.IO[str] | None:
    """The same text, if it is a JSON object."""
    if file is None:
        return None
    try:
        text = file.read()
    except UnicodeDecodeError:
        refuse([f"{name} is no UTF-8 text."])
    _parse(text, name)
    return io.StringIO(text)


def checked_catalog(file: t.IO[str] | None) -> t.IO[str] | None:
    """The same text, if it has the shape of a catalog."""
    checked = checked_json(file, "--catalog")
    if checked is not None:
        catalog = json.load(checked)
        checked.seek(0)
        if not _is_catalog(catalog):
            refuse(
                ["--catalog is no catalog: make a new one with --discover, and change nothing but what is selected."]
            )
    return checked


def _is_catalog(catalog: dict[str, t.Any]) -> bool:
    streams = catalog.get("streams")
    return isinstance(streams, list) and all(
        isinstance(stream, dict)
        and isinstance(stream.get("tap_stream_id"), str)
        and isinstance(stream.get("schema", {}), dict)
        and isinstance(stream.get("metadata", []), list)
        and all(
            isinstance(entry, dict)
            and isinstance(entry.get("breadcrumb"), list)
            and isinstance(entry.get("metadata"), dict)
            for entry in stream.get("metadata", [])
        )
        for stream in streams
    )


def _parse(text: str | bytes, name: str) -> None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        refuse([f"{name} is no valid JSON: {json_problem(error)}."])
    else:
        if not isinstance(value, dict):
            refuse([f"{name} must be a JSON object, {{…}}."])


class CommandLine(SingerTap):
    """The commands of the tap."""

    @classmethod
    def invoke(
        cls,
        *,
        state: t.IO[str] | None = None,
        catalog: t.IO[str] | None = None,
        **options: t.Any,
    ) -> None:
        """Run, or do the command that was asked for, with plain words for files that cannot be used."""
        ctx = click.get_current_context()
        with plain_words():
            if command := asked_for(ctx.meta):
                ctx.exit(command.run(partial(cls.from_command, ctx, checked_catalog(catalog)), ctx.meta))
            super().invoke(state=checked_json(state, "--state"), catalog=checked_catalog(catalog), **options)

    @classmethod
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> t.Any:
        """Read the files of ``--config``."""
        with plain_words():
            check_config_files(value)
        return super().cb_config(ctx, param, value)

    @classmethod
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """Prove the connection: log in, read a few rows of every table, log out; nothing goes to stdout."""
        if value != CliTestOptionValue.All.value:
            super().cb_test(ctx, param, value)
            return
        with contextlib.closing(ctx):  # else an exit leaves the files of --catalog and --state open, and Python says so
            with plain_words():
                tap = cls.from_command(ctx)
            tap.writer.is_held = True
            tap.run_connection_test()
        ctx.exit()

    @classmethod
    def from_command(cls, ctx: click.Context, catalog: t.IO[str] | None = None) -> t.Self:
        """The tap with the settings of a command line, and the selection of a catalog.

        Raises:
            ConfigValidationError: one sentence for each thing that is wrong.
        """
        config = ctx.params["config"]
        selection = json.load(catalog) if catalog else None
        return cls(config=config.config, parse_env_config=config.parse_env, catalog=selection)

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """The SDK's command with ours."""
        command = super().get_singer_command()
        command.params += options()
        return command

    def watch_session(self, client: Client) -> None:
        """Keep the tokens of a session out of all logs and rows."""
        self.redactor.add(lambda: client.secrets)
