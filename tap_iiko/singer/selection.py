"""What no selection, stream map or flattening takes away: the columns and rows that deletion rests on.

A row is gone at iiko when its day was read without it. That is told by ``synced_at``, ``business_date`` and the key of
each row, by ``sync_log``, and by every row that ``sync_log`` counts being there.
"""

from __future__ import annotations

import fnmatch
import logging
import typing as t

from singer_sdk.exceptions import ConfigValidationError, MapExpressionError, StreamMapConfigError
from singer_sdk.mapper import RemoveRecordTransform
from singer_sdk.singerlib import Catalog, Metadata, Schema

from tap_iiko import tables

if t.TYPE_CHECKING:
    from singer_sdk.mapper import PluginMapper
    from singer_sdk.singerlib import CatalogEntry, MetadataMapping


logger = logging.getLogger("tap-iiko")

DAY = "business_date"
ALWAYS = frozenset({*tables.KEY, "synced_at", DAY})


class Selectable(t.Protocol):
    """A stream, as far as selection is concerned."""

    name: str
    table: tables.Table
    selected: bool

    @property
    def selected_columns(self) -> tuple[str, ...]:
        """In the schema's order."""

    @property
    def stream_maps(self) -> t.Sequence[t.Any]:
        """The SDK's, one for the stream itself and one for each copy."""


def automatic_columns(table: tables.Table) -> tuple[str, ...]:
    """The columns of a table that are written whatever is selected."""
    of_parent = {table.column_of("../id")} if table.parent else set()
    return tuple(
        name for name in table.column_names if table.name == tables.JOURNAL or name in ALWAYS or name in of_parent
    )


def make_automatic(metadata: MetadataMapping, columns: t.Iterable[str]) -> None:
    """Say so in a catalog; without any metadata everything is selected anyway."""
    if metadata:
        for name in columns:
            metadata["properties", name].inclusion = Metadata.InclusionType.AUTOMATIC


def complete(entry: CatalogEntry, table: tables.Table) -> None:
    """A catalog that was cut by hand, or made by an earlier version, gets back what is automatic."""
    ours = Schema.from_dict(table.schema).properties or {}
    theirs = entry.schema.properties = entry.schema.properties or {}
    columns = automatic_columns(table)
    theirs.update({name: ours[name] for name in columns})
    make_automatic(entry.metadata, columns)
    entry.key_properties = list(tables.KEY)


def select_parents(streams: t.Mapping[str, Selectable], extra: t.Container[str]) -> None:
    """A part is current when its parent's row is: without that nobody could tell.

    Of extra tables those count that the setting ``extra`` names: Meltano selects all.
    """
    for stream in streams.values():
        parent = streams[stream.table.family]
        if stream.selected and not parent.selected and stream.table.is_read(extra):
            logger.warning("%s is selected with %s, to which its rows belong.", parent.name, stream.name)
            parent.selected = True


# Stream maps


def register_maps(
    mapper: PluginMapper, catalog: Catalog, streams: t.Mapping[str, Selectable], config: t.Mapping[str, t.Any]
) -> None:
    """The stream maps of the selected tables. They may change what describes; what deletion rests on stays.

    The SDK would register the others too, and fail where a map for ``*`` meets a table without columns.

    Raises:
        ConfigValidationError: one sentence for each table and mistake.
    """
    selected = {name: stream for name, stream in streams.items() if stream.selected}
    definitions = config.get("stream_maps") or {}
    try:
        mapper.register_raw_streams_from_catalog(Catalog({name: catalog[name] for name in selected}))
    except (StreamMapConfigError, MapExpressionError, NotImplementedError, LookupError, TypeError, ValueError) as error:
        message = f"stream_maps or flattening: {error}"
        raise ConfigValidationError(message, errors=[message]) from error
    problems = [
        problem
        for stream in selected.values()
        for problem in (*_lost_rows(stream, definitions, streams), *_lost_columns(stream, definitions))
    ]
    if problems:
        raise ConfigValidationError("Stream maps would break deletion.", errors=problems)


def _lost_rows(stream: Selectable, definitions: t.Mapping[str, t.Any], names: t.Container[str]) -> t.Iterator[str]:
    name, (mapped, *copies) = stream.name, stream.stream_maps
    for copy in copies:
        if copy.stream_alias in names:
            yield f"stream_maps copies {name} into {copy.stream_alias}, which has rows of its own: rename the copy."
    if stream.table.only_grows and name != tables.JOURNAL:
        return
    if isinstance(mapped, RemoveRecordTransform):
        yield f"stream_maps drops {name}: its rows would count as gone. Leave a table out by selection instead."
    elif mapped.stream_alias != name:
        yield f"stream_maps renames {name}: its rows would count as gone, found under that name no more. Use a view."
    if _definition_of(name, definitions).get("__filter__") is not None:
        yield f"stream_maps filters {name}: the rows held back would count as gone. Filter in a view instead."


def _definition_of(table: str, definitions: t.Mapping[str, t.Any]) -> t.Mapping[str, t.Any]:
    """The definition that holds for a table: of those that name it, by name or pattern, the last."""
    found = [
        definition
        for pattern, definition in definitions.items()
        if isinstance(definition, dict) and "__source__" not in definition and fnmatch.fnmatch(table, pattern)
    ]
    return found[-1] if found else {}


def _lost_columns(stream: Selectable, definitions: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    name, mapped, definition = stream.name, stream.stream_maps[0], _definition_of(stream.name, definitions)
    if isinstance(mapped, RemoveRecordTransform):
        return
    if tuple(mapped.transformed_key_properties or ()) != tables.KEY:
        yield f"stream_maps changes the key of {name}, by which a row is found again: leave __key_properties__ out."
    before, after = stream.table.schema["properties"], mapped.transformed_schema["properties"]
    lost = [
        column
        for column in automatic_columns(stream.table)
        if _kinds(after.get(column, {})) != _kinds(before[column])
        or definition.get(column, column) not in {column, "self"}
    ]
    if lost:
        yield f"stream_maps or flattening removes or changes {', '.join(lost)} of {name}: deletion rests on that."


def _kinds(definition: tables.JsonSchema) -> set[str]:
    """The types; the SDK makes what a map names nullable."""
    kinds = definition.get("type", [])
    return {kinds} - {"null"} if isinstance(kinds, str) else set(kinds) - {"null"}


# What is left out


def say_what_is_left_out(selected: t.Mapping[str, Selectable]) -> None:
    """A selection is obeyed; what follows from it for the target is said."""
    if tables.JOURNAL not in selected and not all(stream.table.only_grows for stream in selected.values()):
        logger.warning(
            "%s is not selected: what iiko no longer has cannot be taken for gone. Add %s.* to the selection.",
            tables.JOURNAL,
            tables.JOURNAL,
        )
    partly = [
        f"{name} ({len(stream.selected_columns)} of {len(stream.table.columns)} columns)"
        for name, stream in selected.items()
        if len(stream.selected_columns) < len(stream.table.columns)
    ]
    if partly:
        logger.info(
            "Selected in part: %s. The other columns of rows that are there stay as they are.", ", ".join(partly)
        )
