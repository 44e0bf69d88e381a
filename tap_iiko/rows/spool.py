"""Encoded rows by business day, until all of a window is read and proved."""

from __future__ import annotations

import tempfile
import typing as t
from collections import defaultdict

MEMORY_BYTES = 1 << 22

Day = str | None
"""A business day, or ``None`` in a table that has none."""


class Spool:
    """On disk beyond a few megabytes."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES)  # noqa: SIM115 - closed by close()
        self.clear()

    def clear(self) -> None:
        """Begin anew in the same place: writing over a file is cheaper than making one."""
        self._places: defaultdict[Day, list[tuple[int, int]]] = defaultdict(list)
        self._end = 0
        self._file.seek(0)

    def add(self, day: Day, block: bytes) -> None:
        """Keep a block of lines of a day."""
        self._file.write(block)
        self._places[day].append((self._end, len(block)))
        self._end += len(block)

    def blocks(self, day: Day) -> t.Iterator[bytes]:
        """The blocks of a day, in the order they came."""
        for start, length in self._places[day]:
            self._file.seek(start)
            yield self._file.read(length)

    def close(self) -> None:
        """Give the space back."""
        self._file.close()
