"""Single values that would stop everything: each is cleaned, or costs its value or its day, never the other tables."""

from __future__ import annotations

import typing as t

import pytest

from support.databases import into_postgres
from support.other_ledger import D1, DISH, config
from support.raw_iiko import DIRECTORY, PRODUCTS, REPORT, STORES, TYPE, RawIiko, answer
from support.tampering import is_report_of, tamper, with_rows
from support.taps import config_for, run_tap
from support.truth import FACTS
from tap_iiko.iiko import values
from tap_iiko.iiko.client import Client
from tap_iiko.iiko.wire import Account, sha1_of

if t.TYPE_CHECKING:
    from pathlib import Path

    from demo.postgres import Postgres
    from simulator import Simulator
    from simulator.api.method import Answer, Call
    from support.databases import Connection

NUL, HALF = "\\u0000", "\\ud800"


pytestmark = pytest.mark.usefixtures("no_waiting")


def product(**fields: str) -> bytes:
    """A list of one product; the fields are JSON."""
    more = "".join(f',"{name}":{value}' for name, value in fields.items())
    return f'[{{"id":"{DISH}","name":"Капучино"{more}}}]'.encode()


def test_what_postgresql_cannot_store_is_cleaned_wherever_it_stands(
    server: RawIiko, postgres: Postgres, schema: str, database: Connection, tmp_path: Path
) -> None:
    server.raw[PRODUCTS] = answer(
        product(
            num=f'"1{NUL}2{HALF}"',
            barcodes=f'[{{"barcode":"a{NUL}b","k{NUL}":["{HALF}x"]}}]',
            color=f'{{"red{NUL}":"{HALF}"}}',
            unknown=f'{{"a{NUL}":["b{NUL}c",{{"{HALF}":null}}]}}',
            huge="9" * 4000,
            power="1e99999999",
            pair='"\\ud83d\\ude00 \\\\ud800"',
        )
    )
    server.raw[STORES] = answer(f"No{chr(0)}{chr(27)}[31m such store".encode(), 409)
    result = run_tap(config(server))
    assert "\\u0000" not in result.output.decode()
    into_postgres(result.output, postgres, schema, tmp_path)
    (row,) = database.execute("select num, barcodes, color, additional_info from products").fetchall()
    assert row[0] == "12\ufffd"
    assert row[1] == [{"barcode": "ab", "k": ["\ufffdx"]}]
    assert row[2] == {"red": "\ufffd"}
    assert row[3] == {
        "unknown": {"a": ["bc", {"\ufffd": None}]},
        "huge": "9" * 4000,
        "power": "1e99999999",
        "pair": "\U0001f600 \\ud800",
    }
    (message,) = database.execute("select message from sync_log where stream = 'stores'").fetchone() or ("",)
    assert "No [31m such store" in message
    (count,) = database.execute("select count(*) from receipts").fetchone() or (0,)
    assert count


@pytest.mark.parametrize("text", ["1e400", "1e99999999", "-1E+999999999", "9" * 31, "9" * 5000, "1e-99999999"])
def test_a_number_of_too_many_digits_costs_its_day_and_no_time(sim: Simulator, text: str) -> None:
    bad = sim.ledger.first_day.isoformat()

    def blow_up(call: Call, honest: Answer) -> Answer:
        if is_report_of(call, "receipt_items"):

            def change(rows: list[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
                return [{**row, "DishSumInt": "?"} if row["OpenDate.Typed"] == bad else row for row in rows]

            honest = with_rows(honest, change)
            honest.body = honest.body.replace(b'"?"', text.encode())
        return honest

    tamper(sim, blow_up)
    result = run_tap(config_for(sim))
    days = {row["business_date"]: row["status"] for row in result.log("receipt_items")}
    if text == "1e-99999999":  # nothing, exactly
        assert days.pop(bad) == "loaded"
    else:
        assert result.code == 1
        assert days.pop(bad) == "failed"
    assert days
    assert set(days.values()) <= {"loaded", "empty"}
    assert not [row for row in result.records("receipt_items") if row["dish_sum"] and row["dish_sum"] > 10**9]


@pytest.mark.parametrize("text", ["1_000", "١٢", "１２", "0x10", "NaN", "Infinity", "1e400", "9" * 31, "--1", "1 000"])
def test_what_only_python_takes_for_a_number_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        values.as_number(text)


@pytest.mark.parametrize("number", [10**30, -(10**30), 10**4000])
def test_a_whole_number_of_too_many_digits_is_none(number: int) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        values.as_number(number)
    assert not values.are_numbers([1, None, number])
    assert values.are_numbers([1, None, number // abs(number) * (10**30 - 1)])


DEEP = b"[" * 100_000 + b"]" * 100_000
BAD_LISTS = {
    "nested without end": product(x="[" * 100_000 + "]" * 100_000),
    "nested too deep": product(x="[" * 900 + "]" * 900),
    "modifiers of null": product(modifiers="[null]"),
    "modifiers of texts": product(modifiers='["a"]'),
    "modifiers without modifier": product(modifiers='[{"defaultAmount":1}]'),
    "modifiers in modifiers": product(modifiers='[{"modifier":"a","childModifiers":' * 60 + "[]" + "}]" * 60),
    "an id that is an object": b'[{"id":{"a":1},"modifiers":[{"modifier":"a"}]}]',
    "numbers of 5000 digits": product(x="9" * 5000),
    "null": b"null",
    "bytes that are no text": product(x='"?"').replace(b"?", b"\xff\xfe"),
}


@pytest.mark.parametrize("name", BAD_LISTS)
def test_a_list_that_cannot_be_read_stops_nothing_else(
    server: RawIiko, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    server.raw[PRODUCTS] = answer(BAD_LISTS[name])
    result = run_tap(config(server))
    assert result.code == 1
    failed = {row["stream"] for row in result.records("sync_log") if row["status"] == "failed"}
    assert failed
    assert failed <= {"products", "product_modifiers"}
    assert all(result.records(table) for table in (*FACTS, "stores"))
    assert "unexpected failure" not in caplog.text
    if "modifiers" in name:
        assert f"the modifiers of {DISH} " in caplog.text
        assert failed == {"products", "product_modifiers"}, "a part that cannot be read leaves its parent as it was"


BAD_XML = {
    "an unknown encoding": b'<?xml version="1.0" encoding="klingon"?><corporateItemDtoes/>',
    "a bomb": b'<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><r>&b;</r>',
    "nested without end": b"<corporateItemDtoes>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</corporateItemDtoes>",
    "a character that is none": b"<corporateItemDtoes><a>&#xD800;</a></corporateItemDtoes>",
    "cut": b"<corporateItemDtoes><a>",
    "another root": b"<a/>",
}


@pytest.mark.parametrize("name", BAD_XML)
@pytest.mark.parametrize("path", [STORES, TYPE])
def test_xml_that_cannot_be_read_stops_nothing_else(
    server: RawIiko, path: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    server.raw[path] = answer(BAD_XML[name])
    result = run_tap(config(server))
    failed = {row["stream"] for row in result.records("sync_log") if row["status"] == "failed"}
    if (path, name) != (TYPE, "another root"):
        assert result.code == 1
        assert failed == (
            {"stores"} if path == STORES else {"servers", "replication_statuses"}
        )  # what only a Chain has
    assert all(result.records(table) for table in (*FACTS, "products"))
    assert "unexpected failure" not in caplog.text


BAD_REPORTS = {
    "nested without end": b'{"data":[{"OpenDate.Typed":' + DEEP + b"}]}",
    "nested behind the rows": b'{"data":[],"summary":' + DEEP + b"}",
    "nested before the rows": b'{"summary":' + DEEP + b',"data":[]}',
    "two datas": b'{"data":[],"data":[{"OpenDate.Typed":"2026-05-04"}]}',
    "a second data in other letters": b'{"data":[],"d\\u0061ta":[]}',
    "null and data": b'{"data":null,"data":[]}',
    "data inside": b'{"a":{"data":[]},"data":[]}',
    "no data": b'{"data":null}',
    "rows of null": b'{"data":[null]}',
    "an object for the day": b'{"data":[{"OpenDate.Typed":{}}]}',
    "an error": b'{"result":"ERROR","errors":[]}',
    "nothing": b"{}",
    "braces": b'{"data":[{"OpenDate.Typed":"' + b"}" * (5 << 20) + b'"}]}',
}


@pytest.mark.parametrize("name", BAD_REPORTS)
def test_a_report_that_cannot_be_read_is_a_failure_and_never_empty(
    server: RawIiko, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    server.raw[REPORT] = answer(BAD_REPORTS[name])
    result = run_tap(config(server, end_date=D1.isoformat()))
    assert result.code == 1
    assert {row["status"] for row in result.log("receipts")} == {"failed"}
    assert "unexpected failure" not in caplog.text
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(
    "body",
    [b"[]", b"[1]", b'{"DishId":null}', b'{"DishId":["a"]}', b'{"DishId":"a"}', b"{}", DEEP, b'{"a":1e400}', b"null"],
)
def test_a_directory_of_another_shape_is_one_sentence(
    server: RawIiko, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    server.raw[DIRECTORY] = answer(body)
    result = run_tap(config(server))
    assert result.code == 1
    assert {row["status"] for row in result.log("receipts")} == {"failed"}
    assert {row["status"] for row in result.log("products")} == {"loaded"}
    assert "unexpected failure" not in caplog.text
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("seconds", [1e300, 1e9])
def test_a_time_out_beyond_all_clocks_is_a_long_one(server: RawIiko, seconds: float, tmp_path: Path) -> None:
    """The settings refuse it; who uses the client alone may still ask for it."""
    password = sha1_of("demo-password")
    account = Account(server.url, "demo", password, request_timeout=seconds, licence_wait=seconds)
    with Client(account, lease_folder=tmp_path) as iiko:
        assert iiko.server_info()["version"]
        assert iiko.get_json("v2/entities/products/list")
