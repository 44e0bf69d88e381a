"""``schemas/<table>.json``: the only place that names columns and iiko fields.

From one file come the Singer schema, the OLAP request and the projection of iiko's answer. Keywords of our own:

==================  ====================================================================================================
``x-iiko``          on a column: the iiko field that fills it, or a list of spellings of which a server uses one
``x-olap``          on a column: ``group`` (the report groups by it), ``sum`` (an aggregate that adds up) or ``max``
                    (an aggregate of the whole order or group, which must not be added)
``x-blank``         on a text column: ``null`` when a blank means nothing (references)
``x-report``        on a table: the OLAP report type
``x-grain``         on a table: the iiko fields that identify a row; ``x-grain-otherwise`` where a server lacks them
``x-elsewhere``     on a table: iiko fields that are loaded into another table or column
``x-source``        on a table: the API path and the section of the API reference
==================  ====================================================================================================
"""

from __future__ import annotations

import functools
import json
import typing as t
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

if t.TYPE_CHECKING:
    from importlib.resources.abc import Traversable

JsonSchema = dict[str, t.Any]
KEY = ("server_id", "id")


@dataclass(frozen=True)
class Column:
    """One column and where it comes from."""

    name: str
    kind: str
    """text, reference, uuid, number, integer, boolean, date, moment, object or array."""
    fields: tuple[str, ...]
    """iiko's field, or its spellings; empty when the tap itself fills the column."""
    role: str | None
    required: bool


@dataclass(frozen=True)
class Table:
    """One table as its schema file describes it."""

    name: str
    schema: JsonSchema
    columns: tuple[Column, ...]
    report_type: str | None
    grain: tuple[str, ...]
    grain_otherwise: tuple[str, ...]
    elsewhere: frozenset[str]

    def fields(self, *roles: str) -> tuple[str, ...]:
        """The iiko fields of the columns with one of these OLAP roles, each once."""
        return tuple(dict.fromkeys(column.fields[0] for column in self.columns if column.role in roles))

    def column_of(self, field: str) -> str | None:
        """The column that a field fills."""
        return next((column.name for column in self.columns if field in column.fields), None)


def folder() -> Path | Traversable:
    """``schemas`` inside the installed package, or beside it in a checkout."""
    inside = files("tap_iiko") / "schemas"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "schemas"


def _kind(definition: JsonSchema) -> str:
    types = definition["type"] if isinstance(definition["type"], list) else [definition["type"]]
    kind = next(each for each in types if each != "null")
    if kind != "string":
        return str(kind)
    match definition.get("format"):
        case "uuid" | "date" as form:
            return str(form)
        case "date-time":
            return "moment"
        case _:
            return "reference" if definition.get("x-blank") == "null" else "text"


def _without_ours(definition: JsonSchema) -> JsonSchema:
    return {key: value for key, value in definition.items() if not key.startswith("x-")}


@functools.cache
def load(name: str) -> Table:
    """Read one schema file."""
    source: JsonSchema = json.loads((folder() / f"{name}.json").read_text(encoding="utf-8"))
    required = set(source["required"])
    columns = []
    for column, definition in source["properties"].items():
        fields = definition.get("x-iiko", ())
        columns.append(
            Column(
                name=column,
                kind=_kind(definition),
                fields=(fields,) if isinstance(fields, str) else tuple(fields),
                role=definition.get("x-olap"),
                required=column in required,
            )
        )
    schema = _without_ours(source)
    schema["properties"] = {column: _without_ours(definition) for column, definition in source["properties"].items()}
    return Table(
        name=name,
        schema=schema,
        columns=tuple(columns),
        report_type=source.get("x-report"),
        grain=tuple(source.get("x-grain", ())),
        grain_otherwise=tuple(source.get("x-grain-otherwise", ())),
        elsewhere=frozenset(source.get("x-elsewhere", ())),
    )
