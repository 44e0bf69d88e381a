"""What a simulated server can be told at its start: written once, for ``Simulator(…)`` and for the command line."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass, field

from simulator.readings import Readings


def option(default: t.Any, words: str, **argument: t.Any) -> t.Any:
    """A field that a command line can give: its default, its help, and what else ``argparse`` must know of it.

    ``flag`` is its name there, if that is another one.
    """
    return field(default=default, metadata={"help": words, **argument})


class Clonable(t.Protocol):
    """A simulator, as far as its clones must know it."""

    @property
    def options(self) -> ServerOptions:
        """What it was told."""


@dataclass(frozen=True, eq=False, repr=False)
class ServerOptions:
    """One server and the business behind it."""

    seed: int = option(1, "the same seed gives the same data and the same ids")
    departments: int = option(4, "points of sale")
    days: int = option(90, "business days up to the last one")
    receipts_per_day: int = option(150, "a day in an average department", flag="--receipts")
    last_day: datetime.date | None = field(
        default=None,
        metadata={"help": "the open business day; today if not given", "type": datetime.date.fromisoformat},
    )
    slots: int = option(1, "API connections of the licence")
    login: str = option("demo", "the only user")
    password: str = option("demo-password", "the user's password")
    version: str = option("9.1.7014.0", "as the server info tells it")
    fields: int = option(279, "SALES fields of the version", choices=(285, 279, 229))
    edition: str = option("chain", "the kind of server", choices=("chain", "default"))
    readings: Readings = field(default_factory=Readings)
    token_lifetime: float = option(3600.0, "seconds from login on")
    clone_of: Clonable | None = None
    """A server whose database this one was cloned from: all ids are the same, the sums are not."""
    port: int = option(0, "0 takes a free one")
    host: str = option("127.0.0.1", "the address to listen on")
    tls: tuple[str, str] | None = None
    """Files of a certificate and its key, for https."""
    first_byte_seconds: float = option(0.0, "a report's time before its first byte; a real server's is about 0.3")
    rows_per_second: float = option(0.0, "of reports; a real server's are about 6000; 0 is as fast as can be")

    @property
    def id_seed(self) -> int:
        """What the ids come from."""
        return self.clone_of.options.id_seed if self.clone_of else self.seed

    @property
    def version_parts(self) -> tuple[int, ...]:
        """The version as numbers, without the build."""
        return tuple(int(part) for part in self.version.split(".")[:3])
