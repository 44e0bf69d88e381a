"""Rows leave by page where that is the same, by the SDK's records where a user's configuration needs it: same lines."""

from __future__ import annotations

import json
import re
import typing as t

from support.catalogs import deselected
from support.taps import Result, config_for, run_tap
from support.truth import FACTS

if t.TYPE_CHECKING:
    from simulator import Simulator

TABLES = (*FACTS, "products", "product_modifiers", "categories", "stores", "departments", "servers")


def lines_of(result: Result, *tables: str) -> list[bytes]:
    """RECORD lines, byte for byte but for the moment of the run."""
    wanted = tuple(f'{{"type":"RECORD","stream":"{table}"'.encode() for table in tables)
    return [
        re.sub(rb'("synced_at":|"time_extracted":)"[^"]*"', rb"\1", line)
        for line in result.output.splitlines()
        if line.startswith(wanted)
    ]


ONE_BY_ONE: dict[str, t.Any] = {"*": {}}  # a map that changes nothing sends every row through the SDK


def test_both_ways_give_the_same_bytes(sim: Simulator) -> None:
    paged = run_tap(config_for(sim))
    single = run_tap(config_for(sim, stream_maps=ONE_BY_ONE))
    assert lines_of(paged, *TABLES)
    assert sorted(lines_of(single, *TABLES)) == sorted(lines_of(paged, *TABLES))
    schemas = [[m for m in result.messages if m["type"] == "SCHEMA"] for result in (paged, single)]
    assert schemas[0] == schemas[1]


def test_deselected_columns_leave_both_ways_alike(sim: Simulator) -> None:
    catalog = deselected(receipts={"order_comment", "waiter", "open_time"}, receipt_items={"dish_name"})
    paged = run_tap(config_for(sim), catalog=catalog)
    asked = [record.body["groupByRowFields"] for record in sim.log if record.body]
    assert not [fields for fields in asked if "ItemSaleEvent.Id" in fields and "DishName" in fields]
    single = run_tap(config_for(sim, stream_maps=ONE_BY_ONE), catalog=catalog)
    assert sorted(lines_of(single, *TABLES)) == sorted(lines_of(paged, *TABLES))
    assert "dish_name" not in paged.records("receipt_items")[0]
    assert "dish_code" in paged.records("receipt_items")[0]


def test_stream_maps_work(sim: Simulator) -> None:
    maps = {"receipts": {"total": "dish_discount_sum", "department": "department.upper()", "order_comment": None}}
    result = run_tap(config_for(sim, stream_maps=maps))
    plain = run_tap(config_for(sim))
    mapped = {row["id"]: row for row in result.records("receipts")}
    for row in plain.records("receipts"):
        assert mapped[row["id"]]["total"] == row["dish_discount_sum"]
        assert mapped[row["id"]]["department"] == row["department"].upper()
        assert "order_comment" not in mapped[row["id"]]
    assert lines_of(result, "receipt_items") == lines_of(plain, "receipt_items")
    schema = next(m for m in result.messages if m["type"] == "SCHEMA" and m["stream"] == "receipts")
    assert "total" in schema["schema"]["properties"]


def test_flattening_works(sim: Simulator) -> None:
    result = run_tap(config_for(sim, flattening_enabled=True, flattening_max_depth=1))
    (schema,) = [m for m in result.messages if m["type"] == "SCHEMA" and m["stream"] == "products"]
    for row in result.records("products"):
        assert row.keys() <= schema["schema"]["properties"].keys()
        assert not any(isinstance(value, dict) for value in row.values())
    assert result.code == 0


def test_every_row_fits_its_schema(sim: Simulator) -> None:
    """The loader does not check again: every value is of its column's type."""
    from jsonschema import Draft7Validator, FormatChecker  # noqa: PLC0415

    result = run_tap(config_for(sim))
    messages = [json.loads(line) for line in result.output.splitlines()]
    validators = {
        m["stream"]: Draft7Validator(m["schema"], format_checker=FormatChecker(["date", "uuid"]))
        for m in messages
        if m["type"] == "SCHEMA"
    }
    columns = {m["stream"]: m["schema"]["properties"].keys() for m in messages if m["type"] == "SCHEMA"}
    seen = set()
    for message in messages:
        if message["type"] == "RECORD":
            seen.add(message["stream"])
            assert not list(validators[message["stream"]].iter_errors(message["record"]))
            assert message["record"].keys() == columns[message["stream"]]
    assert seen >= {*TABLES, "reconciliation", "sync_log"}
