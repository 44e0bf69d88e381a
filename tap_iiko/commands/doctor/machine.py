"""This machine: the settings that it has, and room for what a run writes beside the pipe."""

from __future__ import annotations

import shutil
import tempfile
import typing as t
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tap_iiko import tables
from tap_iiko.commands.doctor import selected
from tap_iiko.commands.doctor.checks import bad, doubtful, good

if t.TYPE_CHECKING:
    from tap_iiko.commands.doctor.checks import Finding
    from tap_iiko.settings.server import ServerSettings

MEGABYTE = 1 << 20
LEAST = 200 * MEGABYTE  # for lists, rows that wait, and a report that nobody has measured
WINDOWS = 2  # answers on disk: one is being read while the next one arrives


class Configured(selected.Selecting, t.Protocol):
    """The tap, as far as its settings are looked at."""

    servers: t.Sequence[ServerSettings]
    strange: t.Sequence[str]

    @property
    def config(self) -> t.Mapping[str, t.Any]:
        """All settings."""


def settings(tap: Configured) -> t.Iterator[Finding]:
    """Those that nobody knows, and what the others come to; wrong ones never get so far."""
    for sentence in tap.strange:
        yield bad(sentence.rstrip("."), "Correct the name: nobody reads this setting.")
    streams = selected.of(tap)
    if tables.JOURNAL not in streams:
        yield doubtful(
            f"{tables.JOURNAL} is not selected: what iiko no longer has cannot be taken for gone",
            f"Add {tables.JOURNAL}.* to the selection.",
        )
    if not tap.strange:
        count = len(tap.servers)
        yield good(f"{count} server{'s' if count != 1 else ''}, {len(streams)} tables selected")


@dataclass
class Machine:
    """What a run needs of this machine."""

    window_bytes: int = 0
    """The answers of a window, of all servers that are read at the same time, as far as they were measured."""


def room(machine: Machine) -> t.Iterator[Finding]:
    """Is there a folder for temporary files, and room in it?"""
    remedy = "Make room there, or let TMPDIR name another folder."
    try:
        folder = tempfile.gettempdir()
        with tempfile.TemporaryFile() as file:
            file.write(bytes(MEGABYTE))
        free = shutil.disk_usage(folder).free
    except OSError as error:
        yield bad(f"temporary files cannot be written ({error.strerror or error})", remedy)
        return
    needed = max(LEAST, WINDOWS * machine.window_bytes)
    words = f"{free / MEGABYTE:,.0f} MB are free for temporary files in {folder}; a run needs up to"
    if free < needed:
        yield bad(f"{words} {needed / MEGABYTE:,.0f} MB", remedy)
    else:
        yield good(f"{words} {needed / MEGABYTE:,.0f} MB")


def folders(tap: Configured) -> t.Iterator[Finding]:
    """Can the folders be written that settings name?"""
    batch = tap.config.get("batch_config") or {}
    given = {"log_dir": tap.config.get("log_dir"), "batch_config": (batch.get("storage") or {}).get("root")}
    named = {setting: Path(_path(str(value))).expanduser() for setting, value in given.items() if value}
    for setting, folder in named.items():
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            yield bad(f"{setting}: {folder} cannot be written ({error.strerror})", f"Let {setting} name another one.")
        else:
            yield good(f"{setting}: {folder} can be written")
    if not named:
        yield good("no setting names a folder")


def _path(value: str) -> str:
    return unquote(urlsplit(value).path) if value.startswith("file:") else value
