"""A Meltano project of its own for each test: its ``.env``, memory and logs are nobody else's."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from support.databases import clean_environment
from support.paths import MELTANO, ROOT

if TYPE_CHECKING:
    from pathlib import Path

OURS = ("TAP_IIKO_", "TARGET_", "IIKO_", "DB_", "MELTANO_", "PG")


class MeltanoProject:
    """The project's meltano.yml with the plugins that are installed for it."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        (folder / ".meltano").mkdir(parents=True)
        shutil.copy(ROOT / "meltano.yml", folder)
        for kind in ("extractors", "loaders"):
            (folder / ".meltano" / kind).symlink_to(ROOT / ".meltano" / kind)
        self.settings = {name: value for name, value in os.environ.items() if not name.startswith(OURS)} | {
            "MELTANO_ENVIRONMENT": "dev",
            **settings,
        }

    def write_env(self, **settings: str) -> None:
        """The file ``.env``."""
        (self.folder / ".env").write_text("".join(f"{name}='{value}'\n" for name, value in settings.items()))

    def configure(self, lines: str) -> None:
        """Add lines to the tap's ``config`` in meltano.yml."""
        file = self.folder / "meltano.yml"
        anchor = "        log_dir: $MELTANO_PROJECT_ROOT/logs\n"
        text = file.read_text(encoding="utf-8")
        assert anchor in text
        file.write_text(text.replace(anchor, anchor + "".join(f"        {line}\n" for line in lines.splitlines())))

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """A command of Meltano; log and output come together."""
        return subprocess.run(
            [str(MELTANO), *arguments],
            cwd=self.folder,
            env=self.settings | settings,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )

    def logged(self) -> str:
        """All log files of the runs."""
        return "".join(file.read_text(encoding="utf-8") for file in sorted((self.folder / "logs").glob("*.log")))


def lines_of(done: subprocess.CompletedProcess[str], level: str) -> list[str]:
    """What the log says at a level."""
    return [line for line in done.stdout.splitlines() if f"[{level}" in line]


class Project:
    """The Meltano project with settings of a test."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self.folder = folder
        self.settings = clean_environment() | {
            "MELTANO_DATABASE_URI": f"sqlite:///{folder / 'meltano.db'}",
            "MELTANO_ENVIRONMENT": "dev",
            "TAP_IIKO_LOG_DIR": str(folder / "logs"),
            **settings,
        }

    def meltano(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a command of Meltano."""
        return subprocess.run(
            [str(MELTANO), *arguments],
            cwd=ROOT,
            env=self.settings | settings,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
