"""iiko's rows as columns of a table: typed, exact, checked, and column by column, since a page is one kind of work."""

from __future__ import annotations

import logging
import typing as t

from tap_iiko.iiko import errors, values
from tap_iiko.tables import OURS

if t.TYPE_CHECKING:
    from tap_iiko.iiko.sources import Item
    from tap_iiko.iiko.values import Page
    from tap_iiko.tables import Column, Table

logger = logging.getLogger("tap-iiko")

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
    "day": values.day_of,
}
# What the decoder makes of a number needs no conversion.
ARE_NUMBERS: t.Final[dict[str, t.Callable[[t.Sequence[t.Any]], bool]]] = {
    "number": values.are_numbers,
    "integer": values.are_integers,
}
KEYS = {"id", "receipt_id"}  # where iiko has none, one is made
DAY = "business_date"
ASKED_DAY = "(day)"
DEPARTMENT = "department_id"  # by it reports are proved
REPEATING_KINDS = {"text", "reference", "uuid", "date", "boolean", "day"}


class OddValues:
    """What was not of its column's type and is loaded as null: told once for each column of a run."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def is_news(self, column: str) -> bool:
        """Whether nothing was said of a column yet: real servers have such a value in every row."""
        return column not in self._told

    def tell(self, column: str, where: str, problem: str) -> None:
        """Say it."""
        self._told.add(column)
        logger.warning("%s: %s. Such values of this column are loaded as null.", where, problem)


class _Reader:
    """Reads one column of every page. Most values stay as they are: those pass at C speed."""

    def __init__(self, column: Column, kind: str) -> None:
        self.field, *self.otherwise = column.fields
        self.kind = kind
        self.convert = CONVERTERS[kind]
        self.are_numbers = ARE_NUMBERS.get(kind)
        self.repeats = kind in REPEATING_KINDS and column.name not in KEYS
        self.required = column.required and column.name not in KEYS
        self.memo = values.Memo(self.convert)
        self.unchanged: set[t.Any] = set()

    def __call__(self, page: Page) -> t.Sequence[t.Any]:
        """The column.

        Raises:
            ValueError: a value is not of its type.
            TypeError: likewise.
        """
        raw = self.first_of(page) if self.otherwise else page[self.field]
        if self.are_numbers is not None and self.are_numbers(raw):
            return raw
        try:
            if self.unchanged and self.unchanged.issuperset(raw):
                return raw
            result = self._remembered(raw) if self.repeats else self._one_by_one(raw)
        except TypeError:  # an object where a text should be; empty, it stands for a blank
            result = list(map(self.convert, raw))
        if self.required and None in result:
            message = "a value is missing"
            raise ValueError(message)
        return result

    def first_of(self, page: Page) -> t.Sequence[t.Any]:
        """The raw values: of the field, or of the next one where that is null; but a blank text is a text."""
        raw = page[self.field]
        for field in self.otherwise:
            pairs = zip(raw, page[field], strict=True)
            raw = [otherwise if self._is_absent(value) else value for value, otherwise in pairs]
        return raw

    def _is_absent(self, value: t.Any) -> bool:
        return value is None or (self.kind != "text" and values.is_blank(value))

    def lenient(self, value: t.Any) -> t.Any:
        """The value, or null if it is not of the column's type; a list of plain values is a text (reference 4.6).

        ``FiscalChequeNumber`` comes as text, number or list of numbers.
        """
        if self.kind == "text" and isinstance(value, list):
            value = ", ".join(filter(None, map(values.as_text, value)))
        return self.convert(value)

    def _one_by_one(self, raw: t.Sequence[t.Any]) -> t.Sequence[t.Any]:
        """Values that hardly repeat; those of the usual form are checked all at once."""
        if self.kind == "uuid" and values.are_uuids(raw):
            return raw
        if self.kind == "moment" and (moments := values.usual_moments(raw)) is not None:
            return moments
        return list(map(self.convert, raw))

    def _remembered(self, raw: t.Sequence[t.Any]) -> t.Sequence[t.Any]:
        if self.kind == "uuid" and values.are_uuids(raw):
            self._keep(raw)
            return raw
        known = len(self.memo)
        result = self.memo.column(raw)
        if len(self.memo) != known:
            self._keep(value for value, converted in zip(raw, result, strict=True) if converted is value)
        return result

    def _keep(self, unchanged: t.Iterable[t.Any]) -> None:
        if len(self.unchanged) > self.memo.limit:
            self.unchanged.clear()
        self.unchanged.update(unchanged)
        if self.required:
            self.unchanged.discard(None)


class Projection:
    """Turns pages of iiko's rows into columns.

    The tap guarantees what a target no longer checks: every value is of its column's type. Where it is not, the page is
    refused with a sentence that names table, day, column and value, if the column is a key, a business day or a proved
    figure. In a column that only describes, the value becomes null.
    """

    def __init__(
        self,
        table: Table,
        odd_values: OddValues,
        *,
        fields: t.Container[str] | None = None,
        proved: t.Container[str] = (),
    ) -> None:
        """Prepare a reader for each column.

        Args:
            table: says which field fills which column.
            odd_values: of this table in this run.
            fields: those that were asked for, if not all.
            proved: the columns whose figures are proved.
        """
        self.table = table
        self.odd_values = odd_values
        self.columns = tuple(
            column for column in table.columns if column.fields and (fields is None or column.fields[0] in fields)
        )
        self._known = _tree_of({field for column in self.columns for field in column.fields} | table.elsewhere)
        is_report = "olap" in table.source
        self._readers = {
            # The day of a document is the date of its moment; that of a report is a date and nothing else.
            column.name: _Reader(column, "day" if column.name == DAY and not is_report else column.kind)
            for column in self.columns
        }
        self._strict = {column.name for column in self.columns if self._is_strict(column) or column.name in proved}
        self._paths = {field: field.split("/") for column in self.columns for field in column.fields if _is_path(field)}

    def page_of(self, items: t.Sequence[Item]) -> Page:
        """Whole items as columns, by field; an object's parts too."""
        fields = {field for column in self.columns for field in column.fields}
        return {
            field: [_inside(item, self._paths[field]) for item in items]
            if field in self._paths
            else [item.get(field) for item in items]
            for field in fields
        }

    def convert(self, page: Page) -> Page:
        """The columns that iiko fills, from iiko's fields.

        Raises:
            BadAnswer: a value is not of its column's type.
        """
        columns = {}
        for name, reader in self._readers.items():
            try:
                columns[name] = reader(page)
            except (ValueError, TypeError):
                if name in self._strict:
                    self._refuse(name, reader, page)
                columns[name] = self._without_odd_values(name, reader, page)
        return columns

    def _is_strict(self, column: Column) -> bool:
        if column.required or column.name in KEYS or (column.name == DEPARTMENT and "olap" in self.table.source):
            return True
        return column.fields[0] in self.table.id_fields and column.kind != "boolean"  # a flag describes, there too

    def _without_odd_values(self, name: str, reader: _Reader, page: Page) -> t.Sequence[t.Any]:
        result = []
        for index, value in enumerate(reader.first_of(page)):
            try:
                result.append(reader.lenient(value))
            except (ValueError, TypeError) as error:
                result.append(None)
                if self.odd_values.is_news(name):
                    where = f"{self._where(page, index)}: column {name} (iiko: {reader.field})"
                    self.odd_values.tell(name, where, errors.quote(str(error)))
        return result

    def _refuse(self, name: str, reader: _Reader, page: Page) -> t.NoReturn:
        for index, value in enumerate(reader.first_of(page)):
            where = f"{self._where(page, index)}: column {name} (iiko: {reader.field})"
            try:
                result = reader.convert(value)
            except (ValueError, TypeError) as error:
                message = f"{where}: {errors.quote(str(error))}."
                raise errors.BadAnswer(message) from None
            if reader.required and result is None:
                message = f"{where} is blank."
                raise errors.BadAnswer(message)
        message = f"{self.table.name}: column {name} cannot be read."
        raise errors.BadAnswer(message)

    def _where(self, page: Page, index: int) -> str:
        day = self._readers.get(DAY)
        if day is not None and day.field in page:
            return f"{self.table.name}, business day {str(day.first_of(page)[index])[:10]}"
        return f"{self.table.name}, id {page['id'][index] if 'id' in page else None}"

    def beyond(self, item: Item) -> dict[str, t.Any] | None:
        """What iiko sent that the schema does not name, for ``additional_info``."""
        try:
            return values.clean(_without(item, self._known)) or None
        except ValueError as error:
            message = f"{self.table.name}, id {item.get('id')}: {error}."
            raise errors.BadAnswer(message) from None


def _is_path(field: str) -> bool:
    return "/" in field and not field.startswith("../")


def _inside(item: t.Any, path: t.Sequence[str]) -> t.Any:
    for name in path:
        item = item.get(name) if isinstance(item, dict) else None
    return item


def _tree_of(fields: t.Iterable[str]) -> dict[str, t.Any]:
    """Known fields; those of an object inside it."""
    tree: dict[str, t.Any] = {}
    for field in fields:
        inner = tree
        names = field.split("/") if _is_path(field) else [field]
        for name in names[:-1]:
            inner = inner.setdefault(name, {})
        inner.setdefault(names[-1], {})
    return tree


def _without(item: Item, known: t.Mapping[str, t.Any]) -> Item:
    rest = {}
    for field, value in item.items():
        if field.startswith(OURS):
            continue
        inner = known.get(field)
        if inner is None:
            rest[field] = value
        elif inner and isinstance(value, dict) and (more := _without(value, inner)):
            rest[field] = more
    return rest
