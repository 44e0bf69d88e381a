"""iiko's rows as columns of a table: typed, exact, checked, and column by column, since a page is one kind of work."""

from __future__ import annotations

import typing as t
from decimal import Decimal

from tap_iiko.iiko import errors, values
from tap_iiko.iiko.olap import DAY

if t.TYPE_CHECKING:
    from tap_iiko.iiko.olap import Page, Row
    from tap_iiko.schema_source import Column, Table

CONVERTERS: t.Final[dict[str, t.Callable[[t.Any], t.Any]]] = {
    "text": values.as_text,
    "reference": values.as_reference,
    "uuid": values.as_uuid,
    "number": values.as_number,
    "integer": values.as_integer,
    "boolean": values.as_boolean,
    "date": values.as_date,
    "moment": values.as_moment,
    "object": values.as_object,
    "array": values.as_list,
}
# What the decoder makes of a number needs no conversion.
NUMBER_TYPES: t.Final[dict[str, set[type]]] = {"number": {int, Decimal, type(None)}, "integer": {int, type(None)}}
KEYS = {"id", "receipt_id"}  # where iiko has none, the stream makes one
REPEATING_KINDS = {"text", "reference", "uuid", "date", "boolean"}


class _Converter:
    """One column's conversion, which for most values is none: those that stay as they are pass at C speed."""

    def __init__(self, column: Column) -> None:
        self.convert = CONVERTERS[column.kind]
        self.number_types = NUMBER_TYPES.get(column.kind)
        self.repeats = column.kind in REPEATING_KINDS and column.name not in KEYS
        self.kind = column.kind
        self.memo = values.Memo(self.convert)
        self.unchanged: set[t.Any] = set()

    def __call__(self, raw: t.Sequence[t.Any]) -> t.Sequence[t.Any]:
        if self.number_types is not None and self.number_types.issuperset(map(type, raw)):
            return raw
        if not self.repeats:
            return self._one_by_one(raw)
        try:
            if self.unchanged.issuperset(raw):
                return raw
            result = list(map(self.memo.__getitem__, raw))
        except TypeError:  # an object where a text should be; empty, it stands for a blank
            return list(map(self.convert, raw))
        if len(self.unchanged) > self.memo.limit:
            self.unchanged.clear()
        self.unchanged.update(value for value, converted in zip(raw, result, strict=True) if converted is value)
        return result

    def _one_by_one(self, raw: t.Sequence[t.Any]) -> t.Sequence[t.Any]:
        """Values that hardly repeat; those of the usual form are checked all at once."""
        if self.kind == "uuid" and values.are_uuids(raw):
            return raw
        if self.kind == "moment" and (moments := values.usual_moments(raw)) is not None:
            return moments
        return list(map(self.convert, raw))


class Projection:
    """Turns pages of iiko's rows into columns.

    The tap guarantees what a target no longer checks: every value is of its column's type, or the page is refused with
    a sentence that names table, day, column and value.
    """

    def __init__(self, table: Table, fields: t.Container[str] | None = None) -> None:
        """``table`` says which field fills which column; ``fields`` are those that were asked for, if not all."""
        self.table = table
        self.columns = tuple(
            column for column in table.columns if column.fields and (fields is None or column.fields[0] in fields)
        )
        self._known = frozenset(field for column in self.columns for field in column.fields) | table.elsewhere
        self._converters = {column.name: _Converter(column) for column in self.columns}

    def page_of(self, rows: t.Sequence[Row]) -> Page:
        """Whole items as columns."""
        fields = {field for column in self.columns for field in column.fields}
        return {field: [row.get(field) for row in rows] for field in fields}

    def convert(self, page: Page) -> Page:
        """The columns that iiko fills, from iiko's fields.

        Raises:
            BadAnswer: a value is not of its column's type.
        """
        return {column.name: self._convert(column, page) for column in self.columns}

    @staticmethod
    def _raw(column: Column, page: Page) -> t.Sequence[t.Any]:
        first, *others = column.fields
        raw = page[first]
        for other in others:
            raw = [otherwise if value is None else value for value, otherwise in zip(raw, page[other], strict=True)]
        return raw

    def _convert(self, column: Column, page: Page) -> t.Sequence[t.Any]:
        raw = self._raw(column, page)
        try:
            result = self._converters[column.name](raw)
        except (ValueError, TypeError):
            self._refuse(column, page, raw)
        if column.required and column.name not in KEYS and None in result:
            where = self._where(page, result.index(None))
            message = f"{where}: column {column.name} (iiko: {column.fields[0]}) is blank."
            raise errors.BadAnswer(message)
        return result

    def _refuse(self, column: Column, page: Page, raw: t.Sequence[t.Any]) -> t.NoReturn:
        convert = CONVERTERS[column.kind]
        for index, value in enumerate(raw):
            try:
                convert(value)
            except (ValueError, TypeError) as error:
                where, field = self._where(page, index), column.fields[0]
                message = f"{where}: column {column.name} (iiko: {field}): {errors.quote(str(error))}."
                raise errors.BadAnswer(message) from None
        message = f"{self.table.name}: column {column.name} cannot be read."
        raise errors.BadAnswer(message)

    def _where(self, page: Page, index: int) -> str:
        if DAY in page:
            return f"{self.table.name}, business day {str(page[DAY][index])[:10]}"
        return f"{self.table.name}, id {page['id'][index] if 'id' in page else None}"

    def beyond(self, row: Row) -> dict[str, t.Any] | None:
        """What iiko sent that the schema does not name, for ``additional_info``."""
        return {field: value for field, value in row.items() if field not in self._known} or None
