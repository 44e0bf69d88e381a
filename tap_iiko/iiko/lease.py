"""The session tokens that hold a licence slot, on disk, so that the run after one killed with -9 can give them back.

Otherwise a slot is lost for an hour. The file is private (0600), and beside it lies one that is locked as long as its
run lives, so a token is released only when its owner is dead. One that cannot be released stays in the file, from run
to run.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import typing as t
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

if t.TYPE_CHECKING:
    from filelock import BaseFileLock

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
        self._lock: BaseFileLock | None = None

    def take(self) -> None:
        """Lock a file for this run, and take over the tokens that dead runs left in theirs."""
        dead: list[BaseFileLock] = []
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for lock in filter(None, map(self._lock_of, range(MOST_RUNS))):
                is_ours = self._lock is None
                if is_ours:
                    self._lock = lock
                else:
                    dead.append(lock)
                left_over = _tokens_in(_file_of(lock))
                self.tokens += left_over
                if not is_ours and not left_over:
                    break
            self._save()
            for lock in dead:  # their tokens are in this run's file now
                _file_of(lock).unlink(missing_ok=True)
        except OSError as error:
            self._give_up(error)
        for lock in dead:
            lock.release()

    def _lock_of(self, number: int) -> BaseFileLock | None:
        """None if a living run holds it."""
        # Whoever closes the session may be another thread than the one that opened it.
        lock = FileLock(self.folder / f"{self.digest}-{number}.lock", mode=0o600, thread_local=False)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return None
        return lock

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
        if self._lock is None:
            return
        descriptor = os.open(_file_of(self._lock), os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            file.write("\n".join(self.tokens).encode("ascii", "replace"))
            file.truncate()
            os.fsync(file.fileno())

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
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()


def _file_of(lock: BaseFileLock) -> Path:
    """Where the tokens of the run stand that holds it."""
    return Path(lock.lock_file).with_suffix("")


def _tokens_in(file: Path) -> list[str]:
    return file.read_bytes().decode("ascii", "replace").split() if file.exists() else []
