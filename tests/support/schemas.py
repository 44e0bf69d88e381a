"""The schema files as anybody reads them: JSON, and no line of the tap's code."""

from __future__ import annotations

import functools
import json
import typing as t
from dataclasses import dataclass

from support.paths import ROOT

FOLDER = ROOT / "schemas"
COMMON = "common"


@dataclass(frozen=True)
class Column:
    """One column and the iiko field, or its spellings, that fill it."""

    name: str
    fields: tuple[str, ...]
    kind: str
    is_private: bool = False


@functools.cache
def read(table: str) -> dict[str, t.Any]:
    """One file."""
    return t.cast("dict[str, t.Any]", json.loads((FOLDER / f"{table}.json").read_text(encoding="utf-8")))


def tables() -> list[str]:
    """The names of all tables."""
    return sorted(path.stem for path in FOLDER.glob("*.json") if path.stem != COMMON)


def extra_tables() -> list[str]:
    """Those that are read only if they are named."""
    return [table for table in tables() if read(table).get("x-extra")]


def columns_of(table: str) -> list[Column]:
    """The columns that a file names."""
    return [
        Column(name, _spellings(definition.get("x-iiko", [])), _kind(definition), definition.get("x-private") is True)
        for name, definition in read(table)["properties"].items()
    ]


def column_of(table: str, field: str) -> str:
    """The column that an iiko field fills."""
    (name,) = [column.name for column in columns_of(table) if field in column.fields]
    return name


def parent_of(table: str) -> str | None:
    """The table inside whose rows the rows of this one lie."""
    if table not in tables():
        return None  # made by a stream map
    return t.cast("str | None", read(table).get("x-source", {}).get("of"))


def _spellings(given: str | list[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _kind(definition: dict[str, t.Any]) -> str:
    kind = str(definition["type"])
    return str(definition.get("format", "text")) if kind == "string" else kind
