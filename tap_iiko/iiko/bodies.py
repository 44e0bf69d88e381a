"""The body of an answer, unpacked while it arrives and bounded: 1.5 MB of gzip can be 1.5 GB."""

from __future__ import annotations

import typing as t
import zlib

from tap_iiko.iiko import errors

if t.TYPE_CHECKING:
    import urllib3

WIRE_BYTES = 1 << 18
CHUNK_BYTES = 1 << 20
GZIP = 16 + zlib.MAX_WBITS

# The most that an answer may come to, unpacked.
TEXT_BYTES = 100_000  # server information, login, errors and other texts
LIST_BYTES = 64 << 20  # real ones reach 20 MB (reference 4.4); as objects that is two to four times as much
REPORT_BYTES = 4 << 30  # on disk


def chunks(raw: urllib3.BaseHTTPResponse, where: str) -> t.Iterator[bytes]:
    """The body in pieces of at most ``CHUNK_BYTES``.

    Raises:
        Transient: cut off, or no gzip although its header says so.
        BadAnswer: packed in a way that was not asked for.
    """
    encoding = raw.headers.get("Content-Encoding", "").strip().lower()
    packed = _received(raw, where)
    match encoding:
        case "" | "identity":
            yield from packed
        case "gzip" | "x-gzip":
            yield from _unpacked(packed, where)
        case _:
            message = f"{where}: the answer is packed as {errors.quote(encoding)!r}, which nobody asked for."
            raise errors.BadAnswer(message)


def _received(raw: urllib3.BaseHTTPResponse, where: str) -> t.Iterator[bytes]:
    try:
        while piece := raw.read(WIRE_BYTES, decode_content=False):
            yield piece
    except ValueError as error:  # the library's own, of a chunk whose size is below zero
        raise errors.Transient(f"{where}: the connection broke ({error}).") from None


def _unpacked(packed: t.Iterator[bytes], where: str) -> t.Iterator[bytes]:
    decoder = zlib.decompressobj(GZIP)
    size = 0
    try:
        for piece in packed:
            size += len(piece)
            if size > REPORT_BYTES:  # nothing at all can be packed without end
                raise too_large(where, REPORT_BYTES)
            rest = piece
            while rest and not decoder.eof:
                if chunk := decoder.decompress(rest, CHUNK_BYTES):
                    yield chunk
                rest = decoder.unconsumed_tail
    except zlib.error as error:
        raise errors.Transient(f"{where}: the answer is no valid gzip ({error}).") from None
    if size and not decoder.eof:
        raise errors.Transient(f"{where}: the answer ends in the middle.")


def bounded(raw: urllib3.BaseHTTPResponse, where: str, most: int) -> t.Iterator[bytes]:
    """``chunks`` up to a size.

    Raises:
        TooLarge: there is more.
    """
    size = 0
    for chunk in chunks(raw, where):
        size += len(chunk)
        if size > most:
            raise too_large(where, most)
        yield chunk


def beginning(raw: urllib3.BaseHTTPResponse, where: str) -> bytes:
    """What an error says: whatever comes behind ``TEXT_BYTES`` is left unread."""
    text = bytearray()
    for chunk in chunks(raw, where):
        text += chunk
        if len(text) >= TEXT_BYTES:
            break
    return bytes(text[:TEXT_BYTES])


def too_large(where: str, most: int) -> errors.TooLarge:
    """The sentence."""
    size = f"{most >> 20:,} MB" if most >> 20 else f"{most // 1000} KB"
    return errors.TooLarge(f"{where}: the answer is larger than {size}, so it is not read to its end.")
