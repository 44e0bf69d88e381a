"""A Meltano project of its own for each test: its ``.env``, memory and logs are nobody else's."""

from __future__ import annotations

import json
import shutil
import subprocess
import typing as t

from support.databases import clean_environment
from support.paths import MELTANO, ROOT

if t.TYPE_CHECKING:
    from pathlib import Path


class MeltanoProject:
    """The project's meltano.yml with the plugins that are installed for it."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        (folder / ".meltano").mkdir(parents=True)
        for name in ("meltano.yml", "loader-logging.yml"):
            shutil.copy(ROOT / name, folder)
        for kind in ("extractors", "loaders", "utilities"):
            (folder / ".meltano" / kind).symlink_to(ROOT / ".meltano" / kind)
        (folder / "transform").symlink_to(ROOT / "transform")
        self.settings = {**clean_environment(), "MELTANO_ENVIRONMENT": "dev", **settings}

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
        return self._command(arguments, settings, log=subprocess.STDOUT)

    def messages(self, *arguments: str, **settings: str) -> list[dict[str, t.Any]]:
        """What the tap writes; the log comes apart, since it may come in the midst of a long line."""
        done = self._command(arguments, settings, log=subprocess.PIPE)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def _command(
        self, arguments: t.Sequence[str], settings: t.Mapping[str, str], *, log: int
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(MELTANO), *arguments],
            cwd=self.folder,
            env={**self.settings, **settings},
            check=False,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            errors="replace",  # the log may come in the midst of a letter of the output
            timeout=300,
        )

    def logged(self) -> str:
        """All log files of the runs."""
        return "".join(file.read_text(encoding="utf-8") for file in sorted((self.folder / "logs").glob("*.log")))


def lines_of(done: subprocess.CompletedProcess[str], level: str) -> list[str]:
    """What the log says at a level."""
    return [line for line in done.stdout.splitlines() if f"[{level}" in line]
