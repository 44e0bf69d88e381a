"""``schemas/<table>.json`` as values: where a table's rows come from, how it is kept current, what its columns hold.

A file is a Singer schema in short form. A column that is not ``required`` may be null, the columns of ``common.json``
are added, and the description of a column begins with iiko's name for it. Keywords of our own, of a table:

====================  ================================================================================================
``x-row``             what one row is, in English and in Russian
``x-subject``         the page of docs/tables that it stands on; that of its parent by default
``x-source``          how the rows are asked for: ``get`` (a list, JSON or XML), ``olap`` (a report) or ``of`` (rows
                      inside the rows of another table, which is its parent); see ``tap_iiko.iiko.sources``. ``per`` of
                      a ``get`` with days is a request for each row of another table: the ``param`` that takes its id,
                      the ``table``, ``where`` (a value by column). Its id is the field ``(param)``.
                      ``get`` and ``of`` together: a request for each row of the parent, whose ``id`` the path holds, in
                      days that are written. Without one the tap itself writes the table
``x-partition``       what one load replaces: ``whole``, ``day``, ``feed`` (nothing is ever gone), ``own``
``x-replaced``        of a table of the tap itself: ``day`` if a day's rows are replaced; otherwise it only grows
``x-watch``           how a change is seen: ``content`` (the default), ``totals``, or ``closing`` (a
                      balance, of which some days are read)
``x-group``           tables whose days are chosen, read and proved together
``x-id``              the fields that identify a row; a UUIDv5 of them where iiko has no id. ``../x`` is the field of
                      the parent's row, ``#`` the position inside it, ``#x`` which one of equal ``x``; where there is no
                      parent, ``#`` is which one it is of rows that are equal in all other fields of ``x-id``
``x-id-otherwise``    the same where a server lacks a field of ``x-id``
``x-open``            the field that is blank while a row is not over: its day is read and watched as long as it is,
                      however long ago it began, since an answer of any later day has the row
``x-elsewhere``       iiko fields that are loaded into another table or column
``x-since``           the version of iiko that has the source
``x-right``           the right that it needs, where an ordinary back-office user may lack it
``x-edition``         ``CHAIN``: elsewhere the table is skipped without a request
``x-place``           the columns by which sums are told apart where they are held against others, ``department_id`` by
                      default; ``../x`` of the parent
``x-extra``           read only if the setting ``extra_tables`` names it
``x-order``           smaller is read earlier
``x-reference``       the section of the API reference
====================  ================================================================================================

Of a column:

====================  ================================================================================================
``x-iiko``            the field that fills it, ``a/b`` inside an object; a list are spellings of which one is used, the
                      first that is not blank. ``(day)`` is the asked day where ``business_date`` has no other date
``x-olap``            ``group`` (the report groups by it), ``sum`` (an aggregate that adds up, as two rows of one key of
                      a list do), ``max`` (one of the whole order or group, which must not be added) or ``ratio`` (of
                      two rows nobody can tell it)
``x-blank``           ``null`` where a blank text means nothing (references)
``x-caption``         what iikoOffice calls it; a list: in English and in Russian
``x-joins``           the table (or tables) whose ``id`` it is
``x-private``         governed by the setting ``personal_data``; a column's name: in rows where that one is true
``x-proved``          an amount that is added up by day and ``x-place``: of reports held against iiko's totals, which
                      every table of the group comes to; of lists by the rules between tables
``x-counted``         a count of whole orders that only this table knows
====================  ================================================================================================
"""

from __future__ import annotations

import functools
import json
import typing as t
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

if t.TYPE_CHECKING:
    from importlib.resources.abc import Traversable

JsonSchema = dict[str, t.Any]
Partition = t.Literal["whole", "day", "feed", "own"]

KEY = ("server_id", "id")
COMMON = "common"
JOURNAL = "sync_log"
FIRST, LAST = ("server_id",), ("synced_at",)
PARTITIONS: t.Final = ("whole", "day", "feed", "own")  # in the order of a run
OURS: t.Final = ("../", "#", "(")  # fields that iiko does not send begin so
USUAL_ORDER = 50
INHERITED: t.Final = ("partition", "watch", "group", "edition", "order")  # by a part


@dataclass(frozen=True)
class Column:
    """One column and where it comes from."""

    name: str
    kind: str
    """text, reference, uuid, number, integer, boolean, date, moment, object or array."""
    fields: tuple[str, ...] = ()
    """iiko's field, or its spellings; empty when the tap itself fills the column."""
    role: str | None = None
    required: bool = False
    captions: tuple[str, ...] = ()
    private: str = ""
    """When the value is personal: ``always``, or the name of the column that says so; never if empty."""
    proved: bool = False
    counted: bool = False
    joins: tuple[str, ...] = ()
    """The tables one of whose ids it is."""
    description: str = ""


@dataclass(frozen=True, eq=False)
class Table:
    """One table as its schema file describes it."""

    name: str
    description: str
    schema: JsonSchema
    columns: tuple[Column, ...]
    partition: Partition
    source: t.Mapping[str, t.Any]
    parent: str | None = None
    """The table inside whose rows the rows of this one lie."""
    watch: str = "content"
    group: str = ""
    id_fields: tuple[str, ...] = ()
    id_otherwise: tuple[str, ...] = ()
    open_field: str = ""
    elsewhere: frozenset[str] = frozenset()
    place: tuple[str, ...] = ()
    """By these the sums of proved columns are told apart, within a day."""
    replaced: str = ""
    """Of a table of the tap itself: the partition that it is replaced by; none if it only grows."""
    since: str = ""
    right: str = ""
    edition: str = ""
    is_extra: bool = False
    order: int = USUAL_ORDER
    reference: str = ""
    row: tuple[str, ...] = ()
    """What one row is, in English and in Russian."""
    subject: str = ""

    @property
    def family(self) -> str:
        """The table whose answer the rows come from, or whose rows are asked for one by one."""
        return self.parent or self.name

    @property
    def is_asked_by_row(self) -> bool:
        """Whether each row of the parent has a request of its own."""
        return bool(self.parent) and "get" in self.source

    def is_read(self, extra: t.Container[str]) -> bool:
        """Whether it is, where the setting ``extra_tables`` names these: a part of an extra table comes with it."""
        return not self.is_extra or self.name in extra or self.family in extra

    def is_of(self, server_id: str) -> bool:
        """Whether this server has it: a report of a user's own may be that of some servers."""
        return server_id in self.source.get("servers", (server_id,))

    @property
    def only_grows(self) -> bool:
        """Whether nothing of it is ever gone."""
        return self.partition in {"feed", "own"} and not self.replaced

    @property
    def column_names(self) -> tuple[str, ...]:
        """In the order of the schema."""
        return tuple(column.name for column in self.columns)

    def column_of(self, field: str) -> str | None:
        """The column that a field fills."""
        return next((column.name for column in self.columns if field in column.fields), None)

    def figures(self, *, counted: bool = False) -> dict[str, str]:
        """What is held against iiko's totals (or only counted here): iiko's field by column."""
        return {column.name: column.fields[0] for column in self.columns if (column.proved, column.counted)[counted]}


def folder() -> Path | Traversable:
    """``schemas`` inside the installed package, or beside it in a checkout."""
    inside = files("tap_iiko") / "schemas"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "schemas"


def described(name: str, source: JsonSchema) -> Table:
    """What a schema file, or one that was never written, says of a table."""
    common = _common()
    origin = source.get("x-source", {})
    definitions = _with_common(source["properties"], common["properties"], reports="olap" in origin or not origin)
    required = {*KEY, *LAST, *source.get("required", ())}
    columns = tuple(_column(name, definition, name in required) for name, definition in definitions.items())
    return Table(
        name=name,
        description=source["description"],
        schema={
            "title": name,
            "description": source["description"],
            "type": "object",
            "required": [column.name for column in columns if column.required],
            "properties": {column.name: _singer(column, definitions[column.name]) for column in columns},
        },
        columns=columns,
        partition=source.get("x-partition", "own"),
        source=origin,
        parent=origin.get("of"),
        watch=source.get("x-watch", "content"),
        group=source.get("x-group", origin.get("of", name)),
        id_fields=tuple(source.get("x-id", ())),
        id_otherwise=tuple(source.get("x-id-otherwise", ())),
        open_field=source.get("x-open", ""),
        elsewhere=frozenset(source.get("x-elsewhere", ())),
        place=tuple(source.get("x-place", ("department_id",))),
        replaced=source.get("x-replaced", ""),
        since=source.get("x-since", ""),
        right=source.get("x-right", ""),
        edition=source.get("x-edition", ""),
        is_extra=bool(source.get("x-extra")),
        order=source.get("x-order", USUAL_ORDER),
        reference=source.get("x-reference", ""),
        row=tuple(source["x-row"]),
        subject=source.get("x-subject", ""),
    )


def _with_common(ours: JsonSchema, common: JsonSchema, *, reports: bool) -> dict[str, JsonSchema]:
    names = [*FIRST, *ours, *(name for name in common if name not in {*FIRST, *LAST} and not reports), *LAST]
    return {name: ours.get(name) or common[name] for name in dict.fromkeys(names)}


def _names(given: str | t.Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _column(name: str, definition: JsonSchema, required: bool) -> Column:  # noqa: FBT001
    private = definition.get("x-private", "")
    return Column(
        name=name,
        kind=_kind(definition),
        fields=_names(definition.get("x-iiko", ())),
        role=definition.get("x-olap"),
        required=required,
        captions=_names(definition.get("x-caption", ())),
        private="always" if private is True else private,
        proved=bool(definition.get("x-proved")),
        counted=bool(definition.get("x-counted")),
        joins=_names(definition.get("x-joins", ())),
        description=definition.get("description", ""),
    )


def _kind(definition: JsonSchema) -> str:
    if definition["type"] != "string":
        return str(definition["type"])
    match definition.get("format"):
        case "uuid" | "date" as form:
            return str(form)
        case "date-time":
            return "moment"
        case _:
            return "reference" if definition.get("x-blank") == "null" else "text"


def _singer(column: Column, definition: JsonSchema) -> JsonSchema:
    """The property of the catalog."""
    kind = definition["type"]
    form = {"format": definition["format"]} if "format" in definition else {}
    return {"type": kind if column.required else [kind, "null"], **form, "description": describe(column)}


def describe(column: Column) -> str:
    """Iiko's name, what iikoOffice calls it, what there is to say beyond that, and what it joins."""
    names = [f"iiko: {field}" for field in column.fields[:1] if not field.startswith(OURS)]
    origin = ", ".join([*names, *(f'"{caption}"' for caption in column.captions)])
    keys = [f"{table}.id" for table in column.joins]
    joins = "" if any(key in column.description for key in keys) else " or ".join(keys)
    return " ".join(filter(None, [origin and f"{origin}.", column.description, joins and f"Joins {joins}."]))


@functools.cache
def catalogue() -> t.Mapping[str, Table]:
    """All tables by name, in the order of a run and of the SCHEMA messages: parts behind their parents, sync_log last.

    A target which drains one table after the other never has an entry of ``sync_log`` before the rows that it speaks
    of. target-postgres drains them side by side: for a moment its views hide rows of a day that is being replaced, and
    prune leaves that day alone.
    """
    here = {path.name.removesuffix(".json"): path for path in folder().iterdir() if path.name.endswith(".json")}
    del here[COMMON]
    tables = {name: described(name, _read(path)) for name, path in here.items()}
    for name, table in tables.items():
        if table.parent:
            tables[name] = _part(table, tables[table.parent])
    return {table.name: table for table in in_order(tables.values())}


def _read(path: Path | Traversable) -> JsonSchema:
    return t.cast("JsonSchema", json.loads(path.read_text(encoding="utf-8")))


@functools.cache
def _common() -> JsonSchema:
    return _read(folder() / f"{COMMON}.json")


def in_order(tables: t.Iterable[Table]) -> list[Table]:
    """In that of ``catalogue``."""
    return sorted(tables, key=_place)


def _part(table: Table, parent: Table) -> Table:
    """A part is kept current with its parent."""
    return replace(
        table,
        subject=table.subject or parent.subject,
        since=table.since or parent.since,
        right=table.right or parent.right,
        is_extra=table.is_extra or parent.is_extra,
        **{name: getattr(parent, name) for name in INHERITED},
    )


def _place(table: Table) -> tuple[t.Any, ...]:
    return (
        table.name == JOURNAL,
        PARTITIONS.index(table.partition),
        table.order,
        table.family,
        bool(table.parent),
        table.name,
    )


def of_group(group: str) -> tuple[str, ...]:
    """The names of the tables of a group."""
    return tuple(table.name for table in catalogue().values() if table.group == group)


def extra() -> set[str]:
    """What the setting ``extra_tables`` may name: parts come with their parents."""
    known = catalogue()
    return {
        table.name for table in known.values() if table.is_extra and not (table.parent and known[table.parent].is_extra)
    }


def figures(group: str, *, counted: bool = False) -> dict[str, str]:
    """What the tables of a group are held against iiko's totals by (or count alone): iiko's field by column."""
    found: dict[str, str] = {}
    for table in catalogue().values():
        if table.group == group:
            found |= table.figures(counted=counted)
    return found


def load(name: str) -> Table:
    """The table of that name."""
    return catalogue()[name]
