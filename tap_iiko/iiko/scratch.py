"""Temporary files for answers, used again: to write over a file is cheaper than to make one."""

from __future__ import annotations

import contextlib
import tempfile
import threading
import typing as t


class ScratchFiles:
    """Files of one client; each stays in memory until an answer is larger than that."""

    def __init__(self, memory_bytes: int) -> None:
        self.memory_bytes = memory_bytes
        self._free: list[t.IO[bytes]] = []
        self._is_closed = False
        self._one_at_a_time = threading.Lock()  # one thread fills them, another reads them

    def take(self) -> t.IO[bytes]:
        """A file at its start; whoever has written into it truncates it."""
        with self._one_at_a_time:
            file = self._free.pop() if self._free else None
        if file is not None:
            file.seek(0)
            return file
        return t.cast("t.IO[bytes]", tempfile.SpooledTemporaryFile(max_size=self.memory_bytes))

    def discard(self, file: t.IO[bytes]) -> None:
        """What is in it is of no use, and may be large."""
        with contextlib.suppress(OSError):  # it may be full
            file.close()

    def give_back(self, file: t.IO[bytes]) -> None:
        """Nobody reads it any more."""
        with self._one_at_a_time:
            if not self._is_closed:
                self._free.append(file)
                return
        file.close()

    def close(self) -> None:
        """Give the space back; files that are still being read follow when they are given back."""
        with self._one_at_a_time:
            self._is_closed = True
            free, self._free = self._free, []
        for file in free:
            file.close()
