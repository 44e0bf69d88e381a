"""Singer messages on their way out: in large blocks, and always out before a STATE."""

from __future__ import annotations

import os
import sys
import tempfile
import typing as t
from collections import defaultdict

import msgspec
from singer_sdk.contrib.msgspec import MsgSpecWriter, encoder

if t.TYPE_CHECKING:
    import datetime

    from singer_sdk.singerlib.encoding.simple import Message

BLOCK_BYTES = 1 << 18
SPOOL_MEMORY_BYTES = 1 << 22


class BlockWriter(MsgSpecWriter):
    """The SDK's writer with a buffer: under Meltano a line that is flushed alone costs three times one in a block."""

    def __init__(self) -> None:
        """Begin empty."""
        super().__init__()
        self._buffer = bytearray()
        self.is_writing = False
        self.is_held = False
        """Whether nothing goes out: a test of the connection has no target, and a broken pipe takes no more."""
        self.after_block: t.Callable[[], None] = lambda: None
        """Called when a block has gone out whole: the place where a run may end."""

    def write_message(self, message: Message) -> None:
        """Write a message that comes alone, and all that is queued before it."""
        self.write_block(self.format_message(message))
        self.flush()

    def write_block(self, block: bytes | bytearray) -> None:
        """Queue whole lines."""
        self._buffer += block
        if len(self._buffer) >= BLOCK_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what is queued.

        Raises:
            BrokenPipeError: nobody reads any more.
        """
        if not self._buffer or self.is_held:
            return
        block, self._buffer = self._buffer, bytearray()
        self.is_writing = True
        try:
            rest = memoryview(block)
            while rest:  # without Python's own buffer (PYTHONUNBUFFERED) a signal cuts a write short
                rest = rest[sys.stdout.buffer.write(rest) :]
            sys.stdout.buffer.flush()
        except BaseException:
            self._give_up()
            raise
        finally:
            self.is_writing = False
        self.after_block()

    def _give_up(self) -> None:
        """A block went out in part: nothing may follow it, and the interpreter must not wait for its rest."""
        self.is_held = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Record(msgspec.Struct, gc=False):
    """A RECORD message, its parts in the order in which the SDK's writer puts them."""

    type: str
    stream: str
    record: t.Any
    time_extracted: datetime.datetime


def encode_records(stream: str, records: t.Iterable[t.Any], extracted: datetime.datetime) -> bytes:
    """RECORD messages of one stream, one line each, as the SDK's writer would write them one by one."""
    return encoder.encode_lines([_Record("RECORD", stream, record, extracted) for record in records])


def encode_rows(records: t.Iterable[t.Any]) -> bytes:
    """Bare rows, one line each, as in the RECORD messages."""
    return encoder.encode_lines(records)


class Spool:
    """Encoded rows by business day, on disk beyond a few megabytes, until the whole window is proved and written."""

    def __init__(self) -> None:
        """Begin empty."""
        self._file = tempfile.SpooledTemporaryFile(max_size=SPOOL_MEMORY_BYTES)  # noqa: SIM115 - closed by close()
        self.clear()

    def clear(self) -> None:
        """Begin anew in the same place: writing over a file costs a third of making one."""
        self._places: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        self._end = 0
        self._file.seek(0)

    def add(self, day: str, block: bytes) -> None:
        """Keep a block of lines of a day."""
        self._file.write(block)
        self._places[day].append((self._end, len(block)))
        self._end += len(block)

    def blocks(self, day: str) -> t.Iterator[bytes]:
        """The blocks of a day, in the order they came."""
        for start, length in self._places[day]:
            self._file.seek(start)
            yield self._file.read(length)

    def close(self) -> None:
        """Give the space back."""
        self._file.close()
