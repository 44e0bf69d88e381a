"""``tap-iiko --doctor``: one check after the other, and what to do about each trouble."""

from __future__ import annotations

import contextlib
import logging
import os
import typing as t
from dataclasses import replace

from singer_sdk.exceptions import ConfigValidationError, MappingError

from tap_iiko.commands.doctor import database, machine, network, reading, selected, server
from tap_iiko.commands.doctor.checks import Check, bad, examine, unchecked
from tap_iiko.commands.doctor.telling import TELLERS, Told
from tap_iiko.iiko.client import Client

if t.TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from tap_iiko.logs.redact import Redactor
    from tap_iiko.settings.server import ServerSettings

logger = logging.getLogger("tap-iiko")

MOST_LICENCE_WAIT = 5.0  # seconds: whoever asks wants an answer
BYTES_A_ROW = 1_000  # in PostgreSQL, with its indexes

SETTINGS: t.Final = (
    Check("settings", machine.settings),
    Check("folders", machine.folders),
)
SERVER: t.Final = (
    Check("name", network.name, needs="settings"),
    Check("port", network.port, needs="name"),
    Check("TLS", server.tls, needs="port"),
    Check("iiko", server.iiko, needs="TLS"),
    Check("login", server.login, needs="iiko"),
    Check("licence", server.licence, needs="login"),
    Check("type", server.kind, needs="login"),
    Check("departments", server.departments, needs="login"),
    Check("columns", reading.columns, needs="login"),
    Check("rights", reading.rights, needs="login"),
    Check("speed", reading.speed, needs="login"),
    Check("time", server.time, needs="login"),
    Check("replication", server.replication, needs="login"),
)
MACHINE: t.Final = (Check("room", machine.room),)
DATABASE: t.Final = (
    Check("settings", database.settings),
    Check("name", network.name, needs="settings"),
    Check("port", network.port, needs="name"),
    Check("login", database.login, needs="port"),
    Check("version", database.version, needs="login"),
    Check("rights", database.rights, needs="version"),
    Check("size", database.size, needs="login"),
)


class Tap(machine.Configured, t.Protocol):
    """For whom it is asked."""

    redactor: Redactor

    def watch_session(self, client: Client) -> None:
        """Keep the tokens of a session out of all logs."""


def run(tap_of: Callable[[], Tap], form: str, _: t.Any) -> int:
    """Examine everything and tell it.

    Returns:
        The exit code: 0 only if a run would work.
    """
    with _quiet(), contextlib.closing(_Doctor().look(tap_of)) as found:
        return TELLERS[form](found)


class _Doctor:
    """Goes from one subject to the next, and takes along what was measured."""

    def __init__(self) -> None:
        self.window_bytes: list[float] = []
        self.rows = 0.0

    def look(self, tap_of: Callable[[], Tap]) -> Generator[Told]:
        """All findings, as soon as they are made."""
        most_servers = 1
        try:
            tap = tap_of()
        except ConfigValidationError as error:
            yield from self._unusable(error.errors)
        except MappingError as error:
            yield from self._unusable([f"stream_maps: {error}"])
        else:
            most_servers = int(tap.config["parallel_servers"])
            yield from self._servers(tap)
        windows = sorted(self.window_bytes)[-most_servers:]
        yield from _told("this machine", MACHINE, machine.Machine(int(sum(windows))))
        yield from self._database()

    @staticmethod
    def _unusable(problems: t.Sequence[str]) -> Iterator[Told]:
        """No server is known then."""
        for problem in problems:
            yield Told("tap-iiko", "settings", bad(problem.rstrip("."), "Correct it in .env, or in meltano.yml."))
        yield from _told("iiko", SERVER, None, failed="settings")

    def _servers(self, tap: Tap) -> Iterator[Told]:
        tap.redactor.install()
        try:
            for told in _told("tap-iiko", SETTINGS, tap):
                yield told.masked(tap.redactor.mask)
            for settings in tap.servers:
                for told in self._server(tap, settings):
                    yield told.masked(tap.redactor.mask)
        finally:
            tap.redactor.uninstall()

    def _server(self, tap: Tap, settings: ServerSettings) -> Iterator[Told]:
        """One licence slot, given back at the end."""
        account = replace(settings.account, licence_wait=min(settings.account.licence_wait, MOST_LICENCE_WAIT))
        with Client(account) as client:
            tap.watch_session(client)
            streams = {name: each for name, each in selected.of(tap).items() if each.table.is_of(settings.server_id)}
            subject = server.Server(settings, streams, client, network.Way.to(account))
            yield from _told(settings.server_id, SERVER, subject)
        sample = subject.measured
        days = max(1, sample.days)
        self.window_bytes.append(sample.bytes / days * settings.max_window_days)
        self.rows += sample.rows / days * subject.days_to_load

    def _database(self) -> Iterator[Told]:
        subject = database.Database(os.environ, int(self.rows * BYTES_A_ROW))
        if not subject.is_given:
            words = "not looked at: neither TARGET_POSTGRES_* nor DB_* is in the environment"
            yield Told("database", "settings", unchecked(words))
            return
        with subject.stack:
            yield from _told("database", DATABASE, subject)


def _told(subject: str, checks: t.Any, examined: t.Any, *, failed: str = "") -> Iterator[Told]:
    return (Told(subject, name, finding) for name, finding in examine(checks, examined, failed=failed))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """What a run logs as it goes on would stand between the findings; warnings and a wish for more stay."""
    level = logger.level
    if logger.getEffectiveLevel() == logging.INFO:
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
