"""The catalog in short: a changed column shows up in review."""

from __future__ import annotations

import json
import typing as t

from tap_iiko.tap import TapIiko


def snapshot() -> str:
    """Each table's key, and one line for each column."""
    streams = TapIiko(config={}, validate_config=False).catalog_dict["streams"]
    return json.dumps({stream["tap_stream_id"]: _in_short(stream) for stream in streams}, indent=1) + "\n"


def _in_short(stream: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {
        "key": list(stream["key_properties"]),
        "replication_method": stream.get("replication_method"),
        "columns": {name: _kind(column) for name, column in stream["schema"]["properties"].items()},
    }


def _kind(column: t.Mapping[str, t.Any]) -> str:
    kinds = column["type"]
    return " ".join([*([kinds] if isinstance(kinds, str) else kinds), column.get("format", "")])
