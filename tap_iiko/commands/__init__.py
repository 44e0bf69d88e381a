"""Questions that a user may ask beside a run: one module each."""

from __future__ import annotations

import contextlib
import importlib
import typing as t
from dataclasses import dataclass

import click

if t.TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Command:
    """An option of the command line that does something else than a run."""

    name: str
    """``--analyze``"""
    module: str
    """Whose ``run`` does it: it takes the tap and the values of the options, and returns the exit code."""
    help: str
    choices: tuple[str, ...] = ()
    """The values that it takes; without any it is a flag."""
    more: tuple[str, str] | None = None
    """Name and help of an option that goes with it, and perhaps with others."""
    needs_settings: bool = True
    extra: str = ""
    """The extra of this package that brings what it needs."""

    def option(self, tap_of: Callable[[click.Context], t.Any]) -> click.Parameter:
        """For click."""

        def run(ctx: click.Context, _: click.Parameter, value: t.Any) -> None:
            if not value:
                return
            with contextlib.closing(ctx):
                module = self._load()
                code = module.run(tap_of(ctx) if self.needs_settings else None, value, ctx.meta)
            ctx.exit(code)

        kind: dict[str, t.Any] = {"type": click.Choice(self.choices)} if self.choices else {"is_flag": True}
        return click.Option([self.name], help=self.help, callback=run, expose_value=False, **kind)

    def _load(self) -> t.Any:
        """Only this command needs its module, and what that imports."""
        try:
            return importlib.import_module(self.module)
        except ModuleNotFoundError as error:
            if not self.extra:
                raise
            message = f"{self.name} needs {error.name}, which is not installed: install tap-iiko[{self.extra}]."
            raise click.ClickException(message) from error


def options(tap_of: Callable[[click.Context], t.Any]) -> list[click.Parameter]:
    """All of them for click; what goes with several commands stands there once."""

    def remember(ctx: click.Context, param: click.Parameter, value: t.Any) -> None:
        ctx.meta[param.opts[0]] = value

    more = dict(command.more for command in COMMANDS if command.more)
    return [
        *(command.option(tap_of) for command in COMMANDS),
        *(
            click.Option([name], help=words, callback=remember, expose_value=False, is_eager=True)
            for name, words in more.items()
        ),
    ]


READER = ("--reader", "With views: a role that may read all of it.")
COMMANDS: t.Final = (
    Command(
        "--analyze",
        "tap_iiko.commands.analyze",
        "List the server's OLAP fields and the columns that the tables make of them.",
    ),
    Command(
        "--sql",
        "tap_iiko.commands.sql",
        "Print the SQL that makes the tables readable (views) or removes what iiko no longer has (prune).",
        choices=("views", "prune"),
        more=READER,
        needs_settings=False,
    ),
    Command(
        "--apply",
        "tap_iiko.commands.apply",
        "Run that SQL in the PostgreSQL that TARGET_POSTGRES_HOST … name, in the environment or in .env.",
        choices=("views", "prune"),
        more=READER,
        needs_settings=False,
        extra="postgres",
    ),
)
