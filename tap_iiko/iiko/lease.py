"""The session tokens that hold a licence slot, on disk, so that the run after one killed with -9 can give them back.

Otherwise a slot is lost for an hour. The file is private (0600) and locked as long as its run lives, so a token is
released only when its owner is dead. One that cannot be released stays in the file, from run to run.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import typing as t

import platformdirs

if t.TYPE_CHECKING:
    from io import FileIO
    from pathlib import Path

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no such lock; there a leaked slot waits for its hour
    fcntl = None  # type: ignore[assignment]

logger = logging.getLogger("tap-iiko")

MOST_RUNS = 16  # of one login at the same time on one machine
MOST_TOKENS = 16  # the oldest of so many has died by itself


def state_folder() -> Path:
    """The user's private folder for the tap's state."""
    return platformdirs.user_state_path("tap-iiko", appauthor=False)


class Lease:
    """The file of one run; without a folder that can be written, nothing is remembered and the run goes on."""

    def __init__(self, base_url: str, login: str, folder: Path | None = None) -> None:
        """Name the file by a hash: neither host nor login shows in it."""
        digest = hashlib.sha256(f"{base_url}\n{login}".encode()).hexdigest()[:24]
        self.folder = folder or state_folder()
        self.digest = digest
        self.tokens: list[str] = []  # which hold, or may hold, a slot
        self._file: FileIO | None = None

    def take(self) -> None:
        """Lock a file for this run, and take over the tokens that dead runs left in theirs."""
        dead: list[FileIO] = []
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for number in range(MOST_RUNS):
                file = self._lock(self.folder / f"{self.digest}-{number}")
                if file is None:
                    continue  # a living run holds it
                left_over = file.read().decode("ascii", "replace").split()
                self.tokens += left_over
                if self._file is None:
                    self._file = file
                else:
                    dead.append(file)
                    if not left_over:
                        break
            self._save()
            for file in dead:  # their tokens are in this run's file now
                file.truncate(0)
        except OSError as error:
            self._give_up(error)
        for file in dead:
            file.close()

    def _lock(self, path: Path) -> FileIO | None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        file = os.fdopen(descriptor, "r+b", buffering=0)
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.close()
                return None
        return file

    def add(self, token: str) -> None:
        """Remember the token of a new session, at once on disk."""
        self._keep([*self.tokens, token][-MOST_TOKENS:])

    def forget(self, token: str) -> None:
        """Its slot was given back."""
        self._keep([each for each in self.tokens if each != token])

    def _keep(self, tokens: list[str]) -> None:
        self.tokens = tokens
        try:
            self._save()
        except OSError as error:
            self._give_up(error)

    def _save(self) -> None:
        if self._file is None:
            return
        self._file.seek(0)
        self._file.write("\n".join(self.tokens).encode("ascii", "replace"))
        self._file.truncate()
        os.fsync(self._file.fileno())

    def _give_up(self, error: OSError) -> None:
        logger.warning(
            "The session cannot be remembered in %s (%s). The run goes on; should it be killed, its licence slot stays "
            "taken for an hour.",
            self.folder,
            error.strerror,
        )
        with contextlib.suppress(OSError):
            self.close()

    def close(self) -> None:
        """Unlock."""
        file, self._file = self._file, None
        if file is not None:
            file.close()
