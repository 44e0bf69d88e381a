"""The session token in use, on disk, so that the run after one killed with -9 can give its licence slot back.

Otherwise the slot is lost for an hour. The file is private (0600) and locked as long as its run lives, so a token is
released only when its owner is dead.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import typing as t

import platformdirs

if t.TYPE_CHECKING:
    from pathlib import Path

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no such lock; there a leaked slot waits for its hour
    fcntl = None  # type: ignore[assignment]

MOST_RUNS = 16  # of one login at the same time on one machine


def state_folder() -> Path:
    """The user's private folder for the tap's state."""
    return platformdirs.user_state_path("tap-iiko", appauthor=False)


class Lease:
    """The file of one run; empty while no session is open."""

    def __init__(self, base_url: str, login: str, folder: Path | None = None) -> None:
        """Name the file by a hash: neither host nor login shows in it."""
        digest = hashlib.sha256(f"{base_url}\n{login}".encode()).hexdigest()[:24]
        self.folder = folder or state_folder()
        self.digest = digest
        self._file: t.BinaryIO | None = None

    def take(self) -> list[str]:
        """Lock a file for this run.

        Returns:
            The tokens that dead runs left behind; they still hold licence slots.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        left_over = []
        for number in range(MOST_RUNS):
            file = self._lock(self.folder / f"{self.digest}-{number}")
            if file is None:
                continue  # a living run holds it
            if token := file.read().decode("ascii", "replace").strip():
                left_over.append(token)
            if self._file is None:
                self._file = file
            else:
                file.close()
                if not token:
                    break
        return left_over

    def _lock(self, path: Path) -> t.BinaryIO | None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        file = os.fdopen(descriptor, "r+b")
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.close()
                return None
        return file

    def write(self, *tokens: str) -> None:
        """Remember the token in use (or none), at once on disk."""
        if self._file is None:
            return
        self._file.seek(0)
        self._file.truncate()
        self._file.write("\n".join(tokens).encode("ascii"))
        self._file.flush()
        os.fsync(self._file.fileno())

    def clear_left_over(self, token: str) -> None:
        """Forget a dead run's token, after it was released."""
        for path in self.folder.glob(f"{self.digest}-*"):
            with contextlib.suppress(OSError):
                if path.read_text("ascii").strip() == token:
                    path.write_text("")

    def close(self) -> None:
        """Unlock."""
        if self._file is not None:
            self._file.close()
            self._file = None
