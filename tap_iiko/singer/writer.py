"""Singer messages on their way out: in large blocks, and always out before a STATE."""

from __future__ import annotations

import os
import sys
import typing as t

import msgspec
from singer_sdk.contrib.msgspec import MsgSpecWriter, encoder

if t.TYPE_CHECKING:
    import datetime

    from singer_sdk.singerlib.encoding.simple import Message

BLOCK_BYTES = 1 << 18


class BlockWriter(MsgSpecWriter):
    """The SDK's writer with a buffer: a flush for each line costs a reader more than the line itself."""

    def __init__(self) -> None:
        super().__init__()
        self._buffer = bytearray()
        self._last_state = b""
        self.is_writing = False
        self.is_held = False
        """Whether nothing goes out: a test of the connection has no target, and a broken pipe takes no more."""
        self.after_block: t.Callable[[], None] = lambda: None
        """Called when a block has gone out whole: the place where a run may end."""

    def write_message(self, message: Message) -> None:
        """Write a message that comes alone, and all that is queued before it."""
        self.write_block(self.format_message(message))
        self.flush()

    def write_state(self, value: t.Any) -> None:
        """Write STATE, if it says something new: the SDK's own writer copies all of it twice to find that out."""
        line = encoder.encode_lines([{"type": "STATE", "value": value}])
        if line != self._last_state:
            self._last_state = line
            self.write_block(line)
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
