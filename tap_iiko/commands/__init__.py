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
    """Name and help of an option that goes with it, and perhaps with others."""
    needs_settings: bool = True
    judges_settings: bool = False
    """Whether it makes the tap itself, to tell what is wrong with the settings in its own way."""
    extra: str = ""
    """The extra of this package that brings what it needs."""

    def option(self) -> click.Parameter:
        """For click, which only remembers what was given: other options may stand behind it."""
        kind: dict[str, t.Any] = {"type": click.Choice(self.choices)} if self.choices else {"is_flag": True}
        if self.usual:
            kind |= {"is_flag": False, "flag_value": self.usual}
        return _remembered(self.name, self.help, **kind)

    def run(self, tap_of: Callable[[], t.Any], given: t.Mapping[str, t.Any]) -> int:
        """Do it.

        Returns:
            The exit code.
        """
        module = self._load()
        asked = tap_of if self.judges_settings else tap_of() if self.needs_settings else None
        return int(module.run(asked, given[self.name], given))

    def _load(self) -> t.Any:
        """Only this command needs its module, and what that imports."""
        try:
            return importlib.import_module(self.module)
        except ModuleNotFoundError as error:
            if not self.extra:
                raise
            message = f"{self.name} needs {error.name}, which is not installed: install tap-iiko[{self.extra}]."
            raise click.ClickException(message) from error


def _remembered(name: str, words: str, **kind: t.Any) -> click.Parameter:
    def remember(ctx: click.Context, _: click.Parameter, value: t.Any) -> None:
        ctx.meta[name] = value

    return click.Option([name], help=words, callback=remember, expose_value=False, **kind)


def options() -> list[click.Parameter]:
    """All of them for click; what goes with several commands stands there once."""
    more = dict(command.more for command in COMMANDS if command.more)
    return [*(command.option() for command in COMMANDS), *(_remembered(*each) for each in more.items())]


def asked_for(given: t.Mapping[str, t.Any]) -> Command | None:
    """The command among the options that were given."""
    return next((each for each in COMMANDS if given.get(each.name)), None)


READER = ("--reader", "With views: a role that may read all of it.")
COMMANDS: t.Final = (
    Command(
        "--analyze",
        "tap_iiko.commands.analyze",
        "List the server's OLAP fields and the columns that the tables make of them, and your own reports.",
    ),
    Command(
        "--presets",
        "tap_iiko.commands.presets",
        "Print the reports that are saved in iikoOffice as elements of the setting reports.",
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
