"""``tap-iiko --analyze``: the OLAP fields that a server offers, and the columns that our tables make of them."""

from __future__ import annotations

import itertools
import logging
import typing as t
from collections import defaultdict

import click

from tap_iiko import tables
from tap_iiko.iiko.client import Client
from tap_iiko.iiko.errors import IikoError
from tap_iiko.iiko.olap import Directory

if t.TYPE_CHECKING:
    from tap_iiko.logs.redact import Redactor
    from tap_iiko.settings.server import ServerSettings

logger = logging.getLogger("tap-iiko")

REPORT_TYPE = "SALES"


class Asking(t.Protocol):
    """The tap, for whom it is asked."""

    servers: t.Sequence[ServerSettings]
    redactor: Redactor

    def watch_session(self, client: Client) -> None:
        """Keep the tokens of a session out of all logs."""


def uses() -> dict[str, list[str]]:
    """Iiko's field -> ``table.column``, over all tables that are such reports."""
    result: defaultdict[str, list[str]] = defaultdict(list)
    reports = [table for table in tables.catalogue().values() if table.source.get("olap") == REPORT_TYPE]
    for table in reports:
        for column in table.columns:
            for field in column.fields:
                result[field].append(f"{table.name}.{column.name}")
    return result


def run(tap: Asking, *_: t.Any) -> int:
    """Print what each server offers.

    Returns:
        The exit code.
    """
    tap.redactor.install()
    try:
        for line in itertools.chain.from_iterable(analyze(server, tap.watch_session) for server in tap.servers):
            click.echo(line)
    except IikoError as error:
        logger.error("%s", error)
        return 1
    finally:
        tap.redactor.uninstall()
    return 0


def analyze(settings: ServerSettings, on_session: t.Callable[[Client], None]) -> t.Iterator[str]:
    """Lines for people."""
    with Client(settings.account) as client:
        on_session(client)
        info = client.server_info()
        directory = Directory.read(client, REPORT_TYPE, ())
    used = uses()
    yield (
        f"# {settings.server_id}: iiko {info.get('version')} ({info.get('edition')}), "
        f"{len(directory)} {REPORT_TYPE} fields, {len(set(used) & set(directory))} of them loaded"
    )
    yield f"{'field':<42} {'type':<10} {'caption':<40} columns"
    for name in sorted(directory, key=str.lower):
        field = directory[name]
        yield f"{name:<42} {field.type:<10} {field.caption[:40]:<40} {', '.join(used.get(name, ['-']))}"
    lacking = sorted(set(used) - set(directory))
    if lacking:
        yield "# not offered by this server, loaded as null:"
        for name in lacking:
            yield f"{name:<42} {'':<10} {'':<40} {', '.join(used[name])}"
