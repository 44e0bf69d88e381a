"""The three usual ways from an answer to the columns of a table: items of a list, parts of items, rows of a report."""

from __future__ import annotations

import json
import typing as t
from collections import Counter

from tap_iiko import tables
from tap_iiko.iiko import errors, olap
from tap_iiko.iiko.formats import with_kinds
from tap_iiko.iiko.values import is_blank, stable_id, stable_ids
from tap_iiko.rows.projection import ASKED_DAY, DEPARTMENT, Projection

if t.TYPE_CHECKING:
    from tap_iiko.iiko.olap import Directory
    from tap_iiko.iiko.sources import Item, Items
    from tap_iiko.iiko.values import Page
    from tap_iiko.rows.projection import OddValues
    from tap_iiko.tables import Column, Table

BEYOND = "(beyond)"
PLACE = "#"
PARENT = "../"


class ListForm:
    """Each item of a list is a row."""

    def __init__(self, table: Table, odd_values: OddValues, server_id: str) -> None:
        """For one server; ``odd_values`` of the table in this run."""
        self.table = table
        self.odd_values = odd_values
        self.server_id = server_id
        self._of_place = [field for field in table.place if field.startswith(PARENT)]
        self.is_xml = "/" in tables.load(table.family).source.get("rows", "")

    def begin(self) -> None:
        """A new answer: what is remembered of the values of the last one goes."""
        self.projection = Projection(self.table, self.odd_values)
        self._equal: Counter[tuple[t.Any, ...]] = Counter()

    def split(self, item: Item) -> t.Iterable[Item]:
        """The items that become rows."""
        return (item,)

    def page(self, raw: Items) -> Page:
        """Items as columns, by field."""
        return self.page_of([row for item in raw for row in self.split(item)])

    def page_of(self, rows: Items) -> Page:
        """The items that are rows, as columns."""
        fields = {field: [row.get(field) for row in rows] for field in (*self.table.id_fields, *self._of_place)}
        return {**fields, **self.projection.page_of(rows), BEYOND: list(map(self._beyond, rows))}

    def _beyond(self, row: Item) -> t.Any:
        """What the schema does not name; of XML, which knows texts only, as what it means."""
        beyond = self.projection.beyond(row)
        return with_kinds(beyond) if self.is_xml else beyond

    def columns(self, page: Page) -> Page:
        """Typed, with a key; where iiko has none it is made of the fields that ``x-id`` names."""
        columns = dict(self.projection.convert(page))
        columns["additional_info"] = page[BEYOND]
        columns |= {field: page[field] for field in self._of_place}
        if "id" not in columns:
            if (place := self.table.column_of(PLACE)) and not self.table.parent:
                columns[place] = self._places(columns, page)
            columns["id"] = [stable_id(self.server_id, *row) for row in self._grain(columns, page)]
        return columns

    def _grain(self, columns: Page, page: Page, *, without: str = "") -> t.Iterator[tuple[t.Any, ...]]:
        """Row by row what identifies it."""
        fields = [field for field in self.table.id_fields if field != without]
        return zip(*(columns.get(self.table.column_of(field) or "", page[field]) for field in fields), strict=True)

    def _places(self, columns: Page, page: Page) -> list[int]:
        """Which one each row is of those that nothing else tells apart; its place in an answer hangs on the window."""
        places = []
        for row in self._grain(columns, page, without=PLACE):
            places.append(self._equal[row])
            self._equal[row] += 1
        return places

    def summed(self) -> t.Sequence[str]:
        """What the rules between tables need."""
        return [column.name for column in self.table.columns if column.proved]


class PartForm(ListForm):
    """Each row lies inside an item, in a list that ``each`` names, or in one of several (API reference 2.1, 3.8)."""

    def __init__(self, table: Table, odd_values: OddValues, server_id: str) -> None:
        """Take note of the fields that do not lie in the row itself."""
        super().__init__(table, odd_values, server_id)
        each = table.source["each"]
        self.lists = [each] if isinstance(each, str) else each
        fields = {*table.id_fields, *table.place, *(field for column in table.columns for field in column.fields)}
        self.of_parent = {field: field.removeprefix(PARENT) for field in fields if field.startswith(PARENT)}
        self.counted = {field: field.removeprefix("#") for field in fields if field.startswith("#") and field != "#"}

    def split(self, item: Item) -> t.Iterable[Item]:
        """The rows inside, each with its place, its ``(list)`` and with what it takes from its parent.

        ``#num`` is which one of equal ``num`` it is, in the order of the answer.
        """
        parent = {field: item.get(name) for field, name in self.of_parent.items()}
        if len(self.lists) > 1 and not any(name in item for name in self.lists):
            raise self._bad(item, "are not there", ", ".join(self.lists))
        for each in self.lists:
            seen: Counter[tuple[str, t.Any]] = Counter()
            for place, row in enumerate(self._inside(item, each)):
                if not isinstance(row, dict):
                    raise self._bad(item, f"hold {errors.quote(str(row))} at place {place}", each)
                which = {}
                for field, name in self.counted.items():
                    which[field] = seen[field, str(row.get(name))]
                    seen[field, str(row.get(name))] += 1
                yield {**row, **parent, **which, PLACE: place, "(list)": each}

    def _inside(self, item: Item, each: str) -> t.Sequence[t.Any]:
        found: list[t.Any] = [item]
        for name in each.split("/"):
            found = [row for outer in found for row in self._listed(item, outer, name, each)]
        return found

    def _listed(self, item: Item, value: t.Any, name: str, each: str) -> t.Sequence[t.Any]:
        """What stands under a name, which XML repeats or has once; nothing is null, or an empty element."""
        inner = value.get(name) if isinstance(value, dict) else value
        if is_blank(inner):
            return ()
        if isinstance(inner, dict):
            return (inner,)
        if not isinstance(inner, list):
            raise self._bad(item, "are not a list", each)
        return inner

    def _bad(self, item: Item, problem: str, each: str = "") -> errors.BadAnswer:
        whose = errors.quote(str(item.get("id")))
        return errors.BadAnswer(f"{self.table.parent}: the {each or self.lists[0]} of {whose} {problem}.")


class ReportForm:
    """Rows of a report."""

    def __init__(self, table: Table, odd_values: OddValues, server_id: str, wanted: t.Container[str]) -> None:
        """``wanted`` are the columns to ask for, beyond those that keys and proofs need."""
        self.table = table
        self.odd_values = odd_values
        self.server_id = server_id
        self.proved = {*tables.figures(table.group), *tables.figures(table.group, counted=True)}
        needed = [column for column in table.columns if column.role and self._is_needed(column, wanted)]
        source = table.source
        groups = dict.fromkeys(name for column in needed if column.role == "group" for name in column.fields)
        cut = source.get("cut", source.get("department", ""))
        self.report = olap.Report(
            report_type=source["olap"],
            day=source["day"],
            groups=tuple(groups),
            aggregates=tuple(name for column in needed if column.role != "group" for name in column.fields),
            filters={name: _condition(value) for name, value in source.get("filter", {}).items()},
            cut=cut if cut in groups else "",  # parts whose rows could be of one key would have to be added up
        )
        self._places = {self.report.day, cut}.intersection(groups)

    def _is_needed(self, column: Column, wanted: t.Container[str]) -> bool:
        grain = {self.table.column_of(field) for field in (*self.table.id_fields, *self.table.id_otherwise)}
        return column.required or column.name in wanted or column.name in {DEPARTMENT, *grain, *self.proved}

    @property
    def key_fields(self) -> set[str]:
        """Without them no row has a place."""
        keys = [column for column in self.table.columns if column.required and column.fields]
        has_other_key = bool(self.table.id_otherwise)
        fields = {column.fields[0] for column in keys if not (column.name == "id" and has_other_key)}
        return fields | self._places

    is_declared: t.ClassVar[bool] = False
    """Whether a user declares what it is, so that one table would follow two declarations if only some days were."""

    @property
    def asked_for(self) -> tuple[str, ...]:
        """What the rows of a day depend on: a day that was asked for otherwise does not count as read."""
        source = self.table.source
        conditions = [json.dumps([name, value]) for name, value in sorted(source.get("filter", {}).items())]
        return (*self.report.groups, *self.report.aggregates, *conditions)

    def fit(self, directory: Directory) -> list[str]:
        """Cut the report to what the server offers.

        Returns:
            The fields that it lacks.

        Raises:
            BadAnswer: one of ``key_fields`` is missing.
        """
        offered = self.report.offered_by(directory)
        if lost := self.key_fields.difference(offered.groups):
            message = f"{olap.COLUMNS_PATH}: the directory has no {' and no '.join(sorted(lost))} to group by."
            raise errors.BadAnswer(message)
        lacking = sorted(set(self.report.fields).difference(offered.fields))
        self.report = offered
        return lacking

    def begin(self) -> None:
        """A new window: what is remembered of the values of the last one goes."""
        fields = (*self.report.fields, ASKED_DAY)
        self.projection = Projection(self.table, self.odd_values, fields=fields, proved=self.proved)

    def page(self, raw: Page) -> Page:
        """As it came."""
        return raw

    def columns(self, page: Page) -> Page:
        """Typed, with a key."""
        columns = dict(self.projection.convert(page))
        self.add_keys(columns)
        return columns

    def summed(self) -> t.Sequence[str]:
        """The columns of the proof that are asked for."""
        return [
            column.name
            for column in self.table.columns
            if column.name in self.proved and column.fields[0] in self.report.aggregates
        ]

    def add_keys(self, columns: dict[str, t.Sequence[t.Any]]) -> None:
        """Fill ``id`` where iiko has none."""
        server = [self.server_id] * len(columns["business_date"])
        columns["id"] = stable_ids([server, *self._parts_of(columns, self.table.id_fields)])

    def grain_of(self, columns: Page, fields: t.Sequence[str]) -> t.Iterator[tuple[t.Any, ...]]:
        """Row by row the fields that identify it; a UUIDv5 of them is its key."""
        return zip(*self._parts_of(columns, fields), strict=True)

    def _parts_of(self, columns: Page, fields: t.Sequence[str]) -> list[t.Sequence[t.Any]]:
        nothing = [None] * len(columns["business_date"])
        return [columns.get(self.table.column_of(field) or "", nothing) for field in fields]


def _condition(value: t.Any) -> olap.Filter:
    """A filter of ``x-source``: a list of values, or as iiko takes it."""
    return olap.including(value) if isinstance(value, list) else t.cast("olap.Filter", value)
