"""Questions that a user may ask beside a run: one module each."""

from __future__ import annotations

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
    usual: str | None = None
    """The value where none is given; without it there has to be one."""
    more: tuple[str, str] | None = None
    """Name and help of an option that goes with it."""
    needs_settings: bool = True
    judges_settings: bool = False
    """Whether it makes the tap itself, to tell what is wrong with the settings in its own way."""

    def options(self) -> list[click.Parameter]:
        """For click, which only remembers what was given: other options may stand behind them."""
        kind: dict[str, t.Any] = {"type": click.Choice(self.choices)} if self.choices else {"is_flag": True}
        if self.usual:
            kind |= {"is_flag": False, "flag_value": self.usual}
        found = [_remembered(self.name, self.help, **kind)]
        return [*found, _remembered(*self.more)] if self.more else found

    def run(self, tap_of: Callable[[], t.Any], given: t.Mapping[str, t.Any]) -> int:
        """Do it.

        Returns:
            The exit code.
        """
        module = importlib.import_module(self.module)  # only this command needs it
        asked = tap_of if self.judges_settings else tap_of() if self.needs_settings else None
        return int(module.run(asked, given[self.name], given.get(self.more[0]) if self.more else None))


def _remembered(name: str, words: str, **kind: t.Any) -> click.Parameter:
    def remember(ctx: click.Context, _: click.Parameter, value: t.Any) -> None:
        ctx.meta[name] = value

    return click.Option([name], help=words, callback=remember, expose_value=False, **kind)


def asked_for(given: t.Mapping[str, t.Any]) -> Command | None:
    """The command among the options that were given."""
    return next((each for each in COMMANDS if given.get(each.name)), None)


COMMANDS: t.Final = (
    Command(
        "--analyze",
        "tap_iiko.commands.analyze",
        "List the server's OLAP fields and the columns that the tables make of them.",
    ),
    Command(
        "--doctor",
        "tap_iiko.commands.doctor",
        "Check settings, servers, rights, speed and the database, and say what to do about each trouble; "
        "--doctor=json for machines.",
        choices=("text", "json"),
        usual="text",
        judges_settings=True,
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
