"""Texts that repeat from row to row of a report, made once.

Most values of a row are texts that earlier rows had: names and ids of dishes, groups, waiters, stores. What has been
done with one is remembered on three levels, each of which helps the next:

1. Here, by bytes and column: the text is not made again, so the next levels meet the same object, whose hash and UTF-8
   form are there already.
2. ``tap_iiko.iiko.formats``: fractions, by their text, as exact decimals.
3. The readers of ``tap_iiko.rows.projection``, by value: what it is in its column's type, and that it need not change.

``python -m bench --only parse,tap`` shows what they are worth together: the step ``tap`` does all that a row needs for
about what the step ``parse`` pays for plain objects.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

import msgspec

from tap_iiko.iiko import formats

if t.TYPE_CHECKING:
    from tap_iiko.iiko.values import Page


@dataclass(frozen=True)
class Tuning:
    """When remembering a column pays: a new text costs decoding its piece twice, and a new decoder."""

    first_look: int = 48
    """Pieces, in the last quarter of which a column should bring hardly anything new."""
    most_texts: int = 2_000
    """Of a column."""
    texts_per_piece: int = 1_000
    """That many in a decoder cost as much as decoding a piece."""
    longest_piece: int = 1 << 20
    """In bytes; texts as long as that do not come again."""
    surprises: int = 4
    """Pieces that bring a column something new after the first look; and one more for each so many pieces:"""
    pieces_per_surprise: int = 64
    misses: int = 16
    """Pieces that are decoded twice; and one more for each so many pieces:"""
    pieces_per_miss: int = 8


USUAL = Tuning()


class RowDecoder:
    """Rows of known fields as structs: iiko's keys are compared and never made.

    A column whose texts are remembered is declared as ``Literal`` of its texts so far, which are looked up by their
    bytes. A piece with a new text does not decode, is decoded without that, and its texts are remembered from then on.
    """

    def __init__(self, fields: t.Sequence[str], tuning: Tuning = USUAL) -> None:
        self.fields = tuple(fields)
        self._tuning = tuning
        self._texts: dict[str, set[str | None]] = {field: {None} for field in fields}
        self._surprises = dict.fromkeys(fields, 0)
        self._plain = self._build(remember=False)
        self._remembering: msgspec.json.Decoder[list[t.Any]] | None = None
        self._pieces = self._misses = 0
        self._next_build = tuning.first_look

    def decode(self, piece: bytes | bytearray, /) -> t.Sequence[t.Any]:
        """The rows of a JSON array; a field that a row lacks is ``None``."""
        self._pieces += 1
        if self._remembering is not None:
            try:
                return self._remembering.decode(piece)
            except msgspec.ValidationError:
                self._misses += 1
        rows = self._plain.decode(piece)
        if rows and self._texts and len(piece) <= self._tuning.longest_piece:
            self._learn(rows)
        return rows

    def page(self, rows: t.Sequence[t.Any]) -> Page:
        """Rows as columns."""
        return dict(zip(self.fields, zip(*map(msgspec.structs.astuple, rows), strict=True), strict=True))

    def _build(self, *, remember: bool) -> msgspec.json.Decoder[list[t.Any]]:
        names = {field: f"f{number}" for number, field in enumerate(self.fields)}
        kinds = {field: t.Literal[tuple(texts)] for field, texts in self._texts.items()} if remember else {}
        columns = [(name, kinds.get(field, t.Any), None) for field, name in names.items()]
        row = msgspec.defstruct("Row", columns, rename={name: field for field, name in names.items()}, gc=False)
        return formats.json_decoder(list[row])  # type: ignore[valid-type]

    def _learn(self, rows: t.Sequence[t.Any]) -> None:
        page = self.page(rows)
        is_settled = self._pieces > self._tuning.first_look * 3 // 4
        for field, texts in list(self._texts.items()):
            if not {str, type(None)}.issuperset(map(type, page[field])):
                del self._texts[field]
                continue
            known = len(texts)
            texts.update(page[field])
            self._surprises[field] += is_settled and len(texts) > known
        if self._pieces >= self._next_build:
            self._rebuild()

    def _rebuild(self) -> None:
        # Bounds that grow with what was read: a new text now and then is paid for by the pieces between.
        tuning = self._tuning
        most = tuning.surprises + self._pieces // tuning.pieces_per_surprise
        self._texts = {
            field: texts
            for field, texts in self._texts.items()
            if len(texts) <= tuning.most_texts and self._surprises[field] <= most
        }
        if self._misses > tuning.misses + self._pieces // tuning.pieces_per_miss:
            self._texts = {}  # every column is quiet, but there are too many of them
        self._next_build = self._pieces + sum(map(len, self._texts.values())) // tuning.texts_per_piece
        self._remembering = self._build(remember=True) if self._texts else None
