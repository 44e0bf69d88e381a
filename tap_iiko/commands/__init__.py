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
    """Name and help of an option that goes with it."""
    needs_settings: bool = True

    def options(self, tap_of: Callable[[click.Context], t.Any]) -> list[click.Parameter]:
        """For click."""

        def run(ctx: click.Context, _: click.Parameter, value: t.Any) -> None:
            if not value:
                return
            module = importlib.import_module(self.module)  # only this command needs it
            with contextlib.closing(ctx):
                code = module.run(tap_of(ctx) if self.needs_settings else None, value, ctx.meta.get(self.name))
            ctx.exit(code)

        def remember(ctx: click.Context, _: click.Parameter, value: t.Any) -> None:
            ctx.meta[self.name] = value

        kind: dict[str, t.Any] = {"type": click.Choice(self.choices)} if self.choices else {"is_flag": True}
        found: list[click.Parameter] = [
            click.Option([self.name], help=self.help, callback=run, expose_value=False, **kind)
        ]
        if self.more:
            name, words = self.more
            found.append(click.Option([name], help=words, callback=remember, expose_value=False, is_eager=True))
        return found


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
        more=("--reader", "With --sql views: a role that may read all of it."),
        needs_settings=False,
    ),
)
