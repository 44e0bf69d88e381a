"""What the commands share that ask every server something and print the answer."""

from __future__ import annotations

import logging
import typing as t

import click

from tap_iiko.iiko.client import Client
from tap_iiko.iiko.errors import IikoError

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tap_iiko.logs.redact import Redactor
    from tap_iiko.settings.reports import OwnReport
    from tap_iiko.settings.server import ServerSettings

logger = logging.getLogger("tap-iiko")


class Asking(t.Protocol):
    """The tap, for whom it is asked."""

    servers: t.Sequence[ServerSettings]
    reports: t.Sequence[OwnReport]
    redactor: Redactor

    def watch_session(self, client: Client) -> None:
        """Keep the tokens of a session out of all logs."""


def ask(tap: Asking, question: Callable[[Asking, ServerSettings, Client], Iterable[str]]) -> int:
    """Print the lines that ``question`` gives for each server, one after the other.

    Returns:
        The exit code.
    """
    tap.redactor.install()
    try:
        for settings in tap.servers:
            with Client(settings.account) as client:
                tap.watch_session(client)
                lines = list(question(tap, settings, client))
            for line in lines:
                click.echo(line)
    except IikoError as error:
        logger.error("%s", error)
        return 1
    finally:
        tap.redactor.uninstall()
    return 0
