"""iiko's rows as columns of a table: typed, exact, checked, and column by column, since a page is one kind of work."""

from __future__ import annotations

import typing as t
from decimal import Decimal

from tap_iiko.iiko import errors, values
from tap_iiko.iiko.olap import DAY

if t.TYPE_CHECKING:
    from tap_iiko.iiko.olap import Row
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
NUMBERS = {int, Decimal, type(None)}
INTEGERS = {int, type(None)}
KEYS = {"id", "receipt_id"}  # where iiko has none, the stream makes one
HASHABLE_KINDS = {"text", "reference", "uuid", "date", "moment", "boolean"}


class Projection:
    """Turns pages of iiko's rows into columns.

    The tap guarantees what a target no longer checks: every value is of its column's type, or the page is refused with
    a sentence that names table, day, column and value.
    """

    def __init__(self, table: Table) -> None:
        """``table`` says which field fills which column."""
        self.table = table
        self.columns = tuple(column for column in table.columns if column.fields)
        self._known = frozenset(field for column in self.columns for field in column.fields) | table.elsewhere
        self._converters: dict[str, t.Callable[[t.Any], t.Any]] = {
            column.name: values.Memo(CONVERTERS[column.kind]).__getitem__
            if column.kind in HASHABLE_KINDS
            else CONVERTERS[column.kind]
            for column in self.columns
        }

    def convert(self, rows: t.Sequence[Row]) -> dict[str, list[t.Any]]:
        """The columns that iiko fills, each a list as long as ``rows``.

        Raises:
            BadAnswer: a value is not of its column's type.
        """
        return {column.name: self._column(column, rows) for column in self.columns}

    def _column(self, column: Column, rows: t.Sequence[Row]) -> list[t.Any]:
        raw = self._raw(column, rows)
        types = set(map(type, raw))
        if (column.kind == "number" and types <= NUMBERS) or (column.kind == "integer" and types <= INTEGERS):
            return raw
        if types == {type(None)}:
            result = raw
        else:
            try:
                result = list(map(self._converters[column.name], raw))
            except (ValueError, TypeError):
                self._refuse(column, rows, raw)
        if column.required and column.name not in KEYS and None in result:
            row = rows[result.index(None)]
            message = f"{self._where(row)}: column {column.name} (iiko: {column.fields[0]}) is blank."
            raise errors.BadAnswer(message)
        return result

    @staticmethod
    def _raw(column: Column, rows: t.Sequence[Row]) -> list[t.Any]:
        first, *others = column.fields
        raw = [row.get(first) for row in rows]
        for other in others:
            raw = [row.get(other) if value is None else value for value, row in zip(raw, rows, strict=True)]
        return raw

    def _refuse(self, column: Column, rows: t.Sequence[Row], raw: t.Sequence[t.Any]) -> t.NoReturn:
        convert = CONVERTERS[column.kind]
        for row, value in zip(rows, raw, strict=True):
            try:
                convert(value)
            except (ValueError, TypeError) as error:
                field = column.fields[0]
                message = f"{self._where(row)}: column {column.name} (iiko: {field}): {errors.quote(str(error))}."
                raise errors.BadAnswer(message) from None
        message = f"{self.table.name}: column {column.name} cannot be read."
        raise errors.BadAnswer(message)

    def _where(self, row: Row) -> str:
        if DAY in row:
            return f"{self.table.name}, business day {str(row[DAY])[:10]}"
        return f"{self.table.name}, id {row.get('id')}"

    def beyond(self, row: Row) -> dict[str, t.Any] | None:
        """What iiko sent that the schema does not name, for ``additional_info``."""
        return {field: value for field, value in row.items() if field not in self._known} or None
