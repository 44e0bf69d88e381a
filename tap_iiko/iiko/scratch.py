"""Temporary files for answers, used again: writing over a file costs a third of making one."""

from __future__ import annotations

import contextlib
import tempfile
import typing as t


class ScratchFiles:
    """Files of one client; each stays in memory until an answer is larger than that."""

    def __init__(self, memory_bytes: int) -> None:
        """None yet."""
        self.memory_bytes = memory_bytes
        self._free: list[t.IO[bytes]] = []
        self._closed = False

    def take(self) -> t.IO[bytes]:
        """A file at its start; whoever has written into it truncates it."""
        if self._free:
            file = self._free.pop()
            file.seek(0)
            return file
        return t.cast("t.IO[bytes]", tempfile.SpooledTemporaryFile(max_size=self.memory_bytes))

    def discard(self, file: t.IO[bytes]) -> None:
        """What is in it is of no use, and may be large."""
        with contextlib.suppress(OSError):  # it may be full
            file.close()

    def give_back(self, file: t.IO[bytes]) -> None:
        """Nobody reads it any more."""
        if self._closed:
            file.close()
        else:
            self._free.append(file)

    def close(self) -> None:
        """Give the space back; files that are still being read follow when they are given back."""
        self._closed = True
        while self._free:
            self._free.pop().close()
