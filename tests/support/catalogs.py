"""Catalogs: the tap's own, and what a user selects of it."""

from __future__ import annotations

import functools
import json
import typing as t

from tap_iiko import tables
from tap_iiko.tap import TapIiko


@functools.cache
def _discovered() -> str:
    return TapIiko(config={}, validate_config=False).catalog_json_text


def run_catalog() -> dict[str, t.Any]:
    """The catalog as ``--discover`` prints it."""
    return t.cast("dict[str, t.Any]", json.loads(_discovered()))


def catalog_of(*names: str) -> dict[str, t.Any]:
    """A catalog that selects these tables, whole."""
    return selecting(**dict.fromkeys(names, "*"))


def sales_catalog(*more: str) -> dict[str, t.Any]:
    """What is sold, what is proved of it, and whatever of lists it is named by: half the work of all tables."""
    rest = [each.name for each in tables.catalogue().values() if each.partition in {"whole", "own"}]
    return catalog_of(*tables.of_group("sales"), *rest, *more)


def selecting(**columns: t.Collection[str]) -> dict[str, t.Any]:
    """A catalog of some tables, with all columns (``"*"``) or a few; the others are deselected as Meltano does it."""
    catalog = run_catalog()
    for entry in catalog["streams"]:
        chosen = columns.get(entry["tap_stream_id"])
        for item in entry["metadata"]:
            column = item["breadcrumb"][-1] if item["breadcrumb"] else None
            item["metadata"]["selected"] = chosen is not None and (column is None or "*" in chosen or column in chosen)
    return catalog


def catalog_with(reports: t.Sequence[t.Any], *names: str) -> dict[str, t.Any]:
    """A catalog of a user's own reports and our tables that selects these, whole."""
    catalog = json.loads(TapIiko(config={"reports": list(reports)}, validate_config=False).catalog_json_text)
    for entry in catalog["streams"]:
        for item in entry["metadata"]:
            item["metadata"]["selected"] = entry["tap_stream_id"] in names
    return t.cast("dict[str, t.Any]", catalog)


def deselected(**columns: set[str]) -> dict[str, t.Any]:
    """A catalog without some columns."""
    catalog = run_catalog()
    for entry in catalog["streams"]:
        for item in entry["metadata"]:
            place = item["breadcrumb"]
            if len(place) == 2 and place[1] in columns.get(entry["tap_stream_id"], set()):
                item["metadata"]["selected"] = False
    return catalog
