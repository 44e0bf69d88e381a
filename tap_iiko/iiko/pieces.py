"""The rows of an OLAP answer, piece by piece: cut at row boundaries, decoded, as columns (API reference 4.2)."""

from __future__ import annotations

import json
import re
import typing as t

import msgspec

from tap_iiko.iiko import errors, formats

# No text can hold this: a quote inside a text has a backslash before it.
DATA = re.compile(rb'"data"\s*:\s*\[')
END_OF_ROWS = re.compile(rb"\s*\]")
PIECE_BYTES = 1 << 18
MOST_BYTES = 1 << 22  # of one row, which is a kilobyte, and of all that stands around the rows
MOST_FUTILE_BYTES = 1 << 26  # decoded in search of the end of a row

# When remembering a column pays: a new text costs decoding its piece twice, and a new decoder.
FIRST_LOOK = 48  # pieces, in the last quarter of which a column should bring hardly anything new
MOST_TEXTS = 2_000  # of a column
TEXTS_PER_PIECE = 1_000  # that many in a decoder cost as much as decoding a piece

Page = dict[str, t.Sequence[t.Any]]
"""Some rows as columns, by field; all of one length."""


class Decoder(t.Protocol):
    """Makes rows of a JSON array."""

    def decode(self, piece: bytes | bytearray, /) -> t.Sequence[t.Any]:
        """The rows.

        Raises:
            ValueError: no JSON, or (``msgspec.ValidationError``) no rows.
        """


class RowDecoder:
    """Rows of known fields as structs, a third cheaper than dictionaries: iiko's keys are compared and never made.

    Most values of a row are texts that earlier rows had: names and ids of dishes, groups, waiters, stores. Those are
    looked up by their bytes and not made again, and whoever checks or encodes them finds the same object, its hash
    and its UTF-8 form. To that end such a column is declared as ``Literal`` of its texts so far; a piece with a new
    text does not decode, is decoded without that, and its texts are remembered from then on.
    """

    def __init__(self, fields: t.Sequence[str]) -> None:
        """Nothing is remembered yet."""
        self.fields = tuple(fields)
        self._texts: dict[str, set[str | None]] = {field: {None} for field in fields}
        self._surprises = dict.fromkeys(fields, 0)
        self._plain = self._build(remember=False)
        self._remembering: msgspec.json.Decoder[t.Any] | None = None
        self._pieces = self._misses = 0
        self._next_build = FIRST_LOOK

    def decode(self, piece: bytes | bytearray, /) -> t.Sequence[t.Any]:
        """The rows of a JSON array; a field that a row lacks is ``None``."""
        self._pieces += 1
        if self._remembering is not None:
            try:
                return t.cast("list[t.Any]", self._remembering.decode(piece))
            except msgspec.ValidationError:
                self._misses += 1
        rows = self._plain.decode(piece)
        if rows and self._texts and len(piece) <= 4 * PIECE_BYTES:  # texts as long as that do not come again
            self._learn(rows)
        return t.cast("list[t.Any]", rows)

    def page(self, rows: t.Sequence[t.Any]) -> Page:
        """Rows as columns."""
        return dict(zip(self.fields, zip(*map(msgspec.structs.astuple, rows), strict=True), strict=True))

    def _build(self, *, remember: bool) -> msgspec.json.Decoder[t.Any]:
        names = {field: f"f{number}" for number, field in enumerate(self.fields)}
        kinds = {field: t.Literal[tuple(texts)] for field, texts in self._texts.items()} if remember else {}
        columns = [(name, kinds.get(field, t.Any), None) for field, name in names.items()]
        row = msgspec.defstruct("Row", columns, rename={name: field for field, name in names.items()}, gc=False)
        return formats.json_decoder(list[row])  # type: ignore[valid-type]

    def _learn(self, rows: t.Sequence[t.Any]) -> None:
        page = self.page(rows)
        for field, texts in list(self._texts.items()):
            if not {str, type(None)}.issuperset(map(type, page[field])):
                del self._texts[field]
                continue
            known = len(texts)
            texts.update(page[field])
            self._surprises[field] += len(texts) > known and self._pieces > FIRST_LOOK * 3 // 4
        if self._pieces >= self._next_build:
            self._rebuild()

    def _rebuild(self) -> None:
        # Bounds that grow with what was read: a new text now and then is paid for by the pieces between.
        most = 4 + self._pieces // 64
        self._texts = {
            field: texts
            for field, texts in self._texts.items()
            if len(texts) <= MOST_TEXTS and self._surprises[field] <= most
        }
        if self._misses > 16 + self._pieces // 8:
            self._texts = {}  # every column is quiet, but there are too many of them
        self._next_build = self._pieces + sum(map(len, self._texts.values())) // TEXTS_PER_PIECE
        self._remembering = self._build(remember=True) if self._texts else None


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


def read_rows(body: t.IO[bytes], where: str, decoder: Decoder) -> t.Iterator[t.Sequence[t.Any]]:
    """The rows of an answer ``{"data": […], "summary": […]}``, piece by piece.

    ``decoder`` takes a list of rows. Keys come in any order. Memory is bounded by a piece, not by the answer.

    Raises:
        BadAnswer: not that shape, or cut off.
    """
    try:
        before, buffer = _up_to_rows(body)
        while not END_OF_ROWS.match(buffer := _begun(buffer, body)):
            rows, buffer = _cut(decoder, buffer, body)
            yield rows
        end = t.cast("re.Match[bytes]", END_OF_ROWS.match(buffer)).end()
        _check_frame(before, buffer[end:] + body.read(MOST_BYTES + 1))
    except (ValueError, RecursionError) as error:
        reason = errors.quote(str(error))
        raise errors.BadAnswer(f"{where}: the answer is not a whole report ({reason}).") from None


def _up_to_rows(body: t.IO[bytes]) -> tuple[bytes, bytes]:
    """What stands before the first row, and some bytes from there on."""
    buffer = body.read(PIECE_BYTES)
    while (start := DATA.search(buffer)) is None:
        chunk = body.read(PIECE_BYTES)
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


def _begun(buffer: bytes, body: t.IO[bytes]) -> bytes:
    """The buffer without leading blanks, read on until something else comes."""
    while not (rest := buffer.lstrip()) and (chunk := body.read(PIECE_BYTES)):
        buffer = chunk
    return rest


def _cut(decoder: Decoder, begun: bytes, body: t.IO[bytes]) -> tuple[t.Sequence[t.Any], bytes]:
    """The rows that are whole in a piece that is begun, and the bytes behind them.

    A piece ends at a ``}``. One that stands inside a text leaves that text open, so the piece does not decode and the
    ``}`` before it is tried: what decodes is cut at a row boundary.
    """
    piece = bytearray(b"[")  # grows and shrinks in place: copies would cost as much as half the decoding
    piece += begun
    problem, at_end, tried, futile = "", False, 0, 0
    while not at_end:
        if len(piece) > MOST_BYTES:
            raise ValueError(f"one row is larger than {MOST_BYTES >> 20} MB")
        chunk = body.read(PIECE_BYTES)
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
            return rows, _begun(rest, body).removeprefix(b",")
        piece += rest
        tried = len(piece)  # what was no end is none with more behind it
    raise ValueError(f"the rows end in the middle{problem}")
