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
    """Whose ``run`` does it: it takes the tap and the option's value, and returns the exit code."""
    help: str
    choices: tuple[str, ...] = ()
    """The values that it takes; without any it is a flag."""
    needs_settings: bool = True

    def options(self, tap_of: Callable[[click.Context], t.Any]) -> list[click.Parameter]:
        """For click."""

        def run(ctx: click.Context, _: click.Parameter, value: t.Any) -> None:
            if not value:
                return
            module = importlib.import_module(self.module)  # only this command needs it
            with contextlib.closing(ctx):
                code = module.run(tap_of(ctx) if self.needs_settings else None, value)
            ctx.exit(code)

        kind = {"type": click.Choice(self.choices)} if self.choices else {"is_flag": True}
        return [click.Option([self.name], help=self.help, callback=run, expose_value=False, **kind)]


COMMANDS: t.Final = (
    Command(
        "--analyze",
        "tap_iiko.commands.analyze",
        "List the server's OLAP fields and the columns that the tables make of them.",
    ),
)
