"""The rows of an OLAP answer, piece by piece, cut at row boundaries (API reference 4.2)."""

from __future__ import annotations

import functools
import json
import re
import typing as t

import msgspec

from tap_iiko.iiko import errors, formats

# Cannot occur inside a JSON string, where a quote is escaped.
DATA = re.compile(rb'"data"\s*:\s*\[')
END_OF_ROWS = re.compile(rb"\s*\]")
PIECE_BYTES = 1 << 18
MOST_BYTES = 1 << 22  # of one row, which is a kilobyte, and of all that stands around the rows
MOST_FUTILE_BYTES = 1 << 26  # decoded in search of the end of a row

Read = t.Callable[[], bytes]
"""The next piece of an answer, empty at its end."""


class Decoder(t.Protocol):
    """Makes rows of a JSON array."""

    def decode(self, piece: bytes | bytearray, /) -> t.Sequence[t.Any]:
        """The rows.

        Raises:
            ValueError: no JSON, or (``msgspec.ValidationError``) no rows.
        """


def first_row(body: t.IO[bytes]) -> set[str] | None:
    """The fields of the first row; ``None`` if there is none, or none so near to the beginning.

    The body is left at its start.
    """
    beginning = body.read(PIECE_BYTES)
    body.seek(0)
    start = DATA.search(beginning)
    if start is None:
        return None
    text = beginning[start.end() :].decode("utf-8", "replace").lstrip()
    try:
        row, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return None  # reading the rows will say what is wrong
    return set(row) if isinstance(row, dict) else None


def read_rows(
    body: t.IO[bytes], where: str, decoder: Decoder, piece_bytes: int | None = None
) -> t.Iterator[t.Sequence[t.Any]]:
    """The rows of an answer ``{"data": […], "summary": […]}``, piece by piece.

    Keys come in any order. Memory is bounded by a piece, not by the answer.

    Args:
        body: the answer.
        where: for messages.
        decoder: of a list of rows.
        piece_bytes: how much is decoded at once; ``PIECE_BYTES`` otherwise.

    Raises:
        BadAnswer: not that shape, or cut off.
    """
    read = functools.partial(body.read, piece_bytes or PIECE_BYTES)
    try:
        before, buffer = _up_to_rows(read)
        while (end := END_OF_ROWS.match(buffer := _begun(buffer, read))) is None:
            rows, buffer = _cut(decoder, buffer, read)
            yield rows
        _check_frame(before, buffer[end.end() :] + body.read(MOST_BYTES + 1))
    except (ValueError, RecursionError) as error:
        reason = errors.quote(str(error))
        raise errors.BadAnswer(f"{where}: the answer is not a whole report ({reason}).") from None


def _up_to_rows(read: Read) -> tuple[bytes, bytes]:
    """What stands before the first row, and some bytes from there on."""
    buffer = read()
    while (start := DATA.search(buffer)) is None:
        chunk = read()
        if not chunk or len(buffer) > MOST_BYTES:
            raise ValueError("there is no data")
        buffer += chunk
    return buffer[: start.start()], buffer[start.end() :]


def _check_frame(before: bytes, after: bytes) -> None:
    """What stands around the rows has to be a whole document, and they the only data in it."""
    if len(after) > MOST_BYTES:
        raise ValueError("there is too much behind the rows")
    json.loads(before + b'"data":[]}')  # so they stand at the top
    pairs: list[tuple[str, t.Any]] = json.loads(before + b'"data":[]' + after, object_pairs_hook=list)
    if [key for key, _ in pairs].count("data") != 1:
        raise ValueError("there is more than one data")


def _begun(buffer: bytes, read: Read) -> bytes:
    """The buffer without leading blanks, read on until something else comes."""
    while not (rest := buffer.lstrip()) and (chunk := read()):
        buffer = chunk
    return rest


def _cut(decoder: Decoder, begun: bytes, read: Read) -> tuple[t.Sequence[t.Any], bytes]:
    """The rows that are whole in a piece that is begun, and the bytes behind them.

    A piece ends at a ``}``. One that stands inside a text leaves that text open, so the piece does not decode and the
    ``}`` before it is tried: what decodes is cut at a row boundary.
    """
    piece = bytearray(b"[")  # grows and shrinks in place, without copies
    piece += begun
    problem, at_end, tried, futile = "", False, 0, 0
    while not at_end:
        if len(piece) > MOST_BYTES:
            raise ValueError(f"one row is larger than {MOST_BYTES >> 20} MB")
        chunk = read()
        at_end = not chunk
        piece += chunk
        rest = b""
        while end := piece.rfind(b"}", tried) + 1:
            rest = bytes(piece[end:]) + rest
            piece[end:] = b"]"
            try:
                rows = formats.decode(decoder.decode, piece)
            except msgspec.ValidationError:
                raise  # no cut makes a row of it
            except msgspec.DecodeError as error:
                problem = f": {error}"  # the error itself would keep this frame alive
                piece[end - 1 :] = b""
                rest = b"}" + rest
                futile += end
                if futile > MOST_FUTILE_BYTES:
                    raise ValueError(f"no row has an end{problem}") from None
                continue
            return rows, _begun(rest, read).removeprefix(b",")
        piece += rest
        tried = len(piece)  # what was no end is none with more behind it
    raise ValueError(f"the rows end in the middle{problem}")
