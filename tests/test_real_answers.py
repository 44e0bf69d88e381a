"""Answers in the forms that real servers give them: body and status decide what they mean, not the Content-Type."""

from __future__ import annotations

import json
import typing as t
from decimal import Decimal

import pytest

from support.other_ledger import DEPARTMENT, STORE, config
from support.raw_iiko import DIRECTORY, INFO, LOGIN, PRODUCTS, REPORT, STORES, TYPE, RawIiko, answer
from support.taps import Result, run_tap
from support.truth import FACTS

if t.TYPE_CHECKING:
    from http.server import BaseHTTPRequestHandler

HTML = "text/html;charset=utf-8"
REAL_INFO = (
    "<r><serverName>Кафе</serverName><edition>chain</edition><version>8.2.7014.0</version><computerName>SRV</computerName>"
    '<serverState>STARTED_SUCCESSFULLY</serverState><protocol null="1"></protocol><serverAddr null="1"/>'
    "<serverSubUrl></serverSubUrl><port>0</port><isPresent>false</isPresent></r>"
)


def tomcat_page(text: str) -> bytes:
    """How Tomcat shows an error, whatever the application said."""
    return (
        "<!doctype html><html lang='en'><head><title>HTTP Status</title><style type='text/css'>body "
        f"{{font-family:Tahoma}}</style></head><body><h1>HTTP Status</h1><p><b>Message</b> {text}</p></body></html>"
    ).encode()


pytestmark = pytest.mark.usefixtures("no_waiting")


def statuses(result: Result) -> dict[str, set[str]]:
    """How each table came out."""
    found: dict[str, set[str]] = {}
    for row in result.records("sync_log"):
        found.setdefault(row["stream"], set()).add(row["status"])
    return found


@pytest.mark.parametrize(
    "body",
    [
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><serverType>CHAIN</serverType>',
        "<serverType>CHAIN</serverType>\n",
        '"CHAIN"',
        '{"serverType":"CHAIN"}',
        "CHAIN\n",
    ],
)
@pytest.mark.parametrize("kind", ["text/plain", HTML])
def test_the_kind_of_server_comes_in_any_form(server: RawIiko, body: str, kind: str) -> None:
    server.raw[TYPE] = answer(body.encode(), kind=kind)
    result = run_tap(config(server))
    assert result.code == 0
    assert [row["server_type"] for row in result.records("servers")] == ["CHAIN"]


@pytest.mark.parametrize("body", [tomcat_page("CHAIN"), b"<serverType><a>CHAIN</a></serverType>", b'{"a":1,"b":2}'])
def test_what_is_no_kind_of_server_is_none(server: RawIiko, body: bytes) -> None:
    server.raw[TYPE] = answer(body)
    result = run_tap(config(server))
    assert result.code == 1
    assert statuses(result)["servers"] == {"failed"}
    assert statuses(result)["receipts"] == {"loaded", "empty"}


def test_what_is_unset_is_null_and_kinds_are_kept(server: RawIiko) -> None:
    server.raw[INFO] = answer(REAL_INFO.encode(), kind=HTML)
    (row,) = run_tap(config(server)).records("servers")
    assert (row["server_name"], row["edition"], row["version"]) == ("Кафе", "chain", "8.2.7014.0")
    assert row["additional_info"] == {
        "protocol": None,
        "serverAddr": None,
        "serverSubUrl": "",
        "port": 0,
        "isPresent": False,
    }


def test_an_xml_list_keeps_kinds_beyond_the_columns_and_texts_in_them(server: RawIiko) -> None:
    beyond = {
        "zero": "0",
        "twelve": "12",
        "money": "-9905.5",
        "padded": "007",
        "power": "1e5",
        "cents": "1.50",
        "long": "1234567890123456",
        "yes": "true",
        "word": "null",
        "empty": "",
    }
    elements = "".join(f"<{name}>{text}</{name}>" for name, text in beyond.items())
    item = (
        f"<id>{STORE}</id><parentId>null</parentId><code>0012</code><name>12</name><type null='1'/>{elements}"
        "<gone xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:nil='true'/>"
        "<part><no>3</no><no>false</no></part>"
    )
    body = f"<corporateItemDtoes><corporateItemDto>{item}</corporateItemDto></corporateItemDtoes>"
    server.raw[STORES] = answer(body.encode(), kind=HTML)
    (row,) = run_tap(config(server)).records("stores")
    assert (row["id"], row["parent_id"], row["code"], row["name"], row["type"]) == (STORE, None, "0012", "12", None)
    assert row["additional_info"] == {
        **beyond,
        "zero": 0,
        "twelve": 12,
        "money": Decimal("-9905.5"),
        "yes": True,
        "gone": None,
        "part": {"no": [3, False]},
    }


def test_data_are_data_whatever_they_are_called(server: RawIiko) -> None:
    honest = server.answer

    def mislabelled(*asked: t.Any) -> tuple[int, str, str]:
        status, _, body = honest(*asked)
        return status, HTML, body

    server.answer = mislabelled  # type: ignore[method-assign,assignment]
    result = run_tap(config(server))
    assert result.code == 0
    assert all(result.records(table) for table in (*FACTS, "products", "stores"))


@pytest.mark.parametrize("path", [PRODUCTS, STORES, REPORT, DIRECTORY])
@pytest.mark.parametrize("beginning", ["", "\ufeff\n", '<?xml version="1.0"?>\n<!-- page -->\n'])
def test_a_page_is_never_data(server: RawIiko, path: str, beginning: str, caplog: pytest.LogCaptureFixture) -> None:
    server.raw[path] = answer(beginning.encode() + tomcat_page("Bad Gateway"), kind="application/json")
    result = run_tap(config(server))
    assert result.code == 1
    assert "an HTML page came instead of" in caplog.text
    table = {PRODUCTS: "products", STORES: "stores"}.get(path, "receipts")
    assert statuses(result)[table] == {"failed"}


def test_a_page_that_says_that_all_slots_are_taken_is_waited_out(server: RawIiko) -> None:
    text = "License enhancement is required: no connections available for module 2000"

    def full(request: BaseHTTPRequestHandler) -> None:
        server.token = None
        answer(tomcat_page(text), 403, HTML)(request)

    server.raw[LOGIN], server.left[LOGIN] = full, 2
    result = run_tap(config(server, licence_wait=30))
    assert result.code == 0
    assert all(result.records(table) for table in FACTS)


def test_a_page_that_says_that_the_session_has_ended_means_a_new_login(server: RawIiko) -> None:
    server.raw[PRODUCTS] = answer(tomcat_page("Token is expired or invalid"), 401, HTML)
    server.left[PRODUCTS] = 1
    result = run_tap(config(server))
    assert result.code == 0
    assert server.logins == 2
    assert result.records("products")


def test_a_page_that_says_that_a_right_is_missing_skips_its_table(server: RawIiko) -> None:
    server.raw[PRODUCTS] = answer(tomcat_page("Permission denied"), 403, HTML)
    result = run_tap(config(server))
    assert result.code == 0
    assert statuses(result)["products"] == {"skipped"}
    assert all(result.records(table) for table in FACTS)


def test_a_page_that_says_nothing_of_iiko_is_not_iiko(server: RawIiko, caplog: pytest.LogCaptureFixture) -> None:
    server.raw[PRODUCTS] = answer(tomcat_page("Forbidden by the firewall"), 403, HTML)
    assert run_tap(config(server)).code == 1
    assert "something in front of iiko answered" in caplog.text


@pytest.mark.parametrize("prolog", ["", '<?xml version="1.0" encoding="UTF-8"?>'])
def test_a_token_in_xml_opens_a_session_and_is_given_back(server: RawIiko, prolog: str) -> None:
    def log_in(request: BaseHTTPRequestHandler) -> None:
        answer(f"{prolog}<string>{server.token}</string>".encode(), kind=HTML)(request)

    server.raw[LOGIN] = log_in
    result = run_tap(config(server))
    assert result.code == 0
    assert (server.logins, server.logouts) == (1, 1)


@pytest.mark.parametrize("text", ["Token is expired or invalid", ""])
def test_a_refused_login_speaks_of_login_and_password_alone(
    server: RawIiko, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(request: BaseHTTPRequestHandler) -> None:
        server.token = None
        answer(text.encode(), 401)(request)

    server.raw[LOGIN] = refuse
    assert run_tap(config(server)).code == 1
    assert "iiko did not accept the login 'demo'" in caplog.text
    assert "Check login and password (a server that is just starting refuses every login)." in caplog.text
    assert "no longer accepts the session" not in caplog.text


def test_iikos_own_words_are_told(server: RawIiko, caplog: pytest.LogCaptureFixture) -> None:
    errors = {"result": "ERROR", "errors": [{"code": "E1", "value": "The base is being updated"}], "response": None}
    server.raw[PRODUCTS] = answer(json.dumps(errors).encode())
    server.raw[DIRECTORY] = answer(b'{"message":"Come back later"}')
    result = run_tap(config(server))
    assert result.code == 1
    assert "The base is being updated" in caplog.text
    assert "Come back later" in caplog.text
    assert statuses(result)["products"] == {"failed"}
    assert statuses(result)["stores"] == {"loaded"}


@pytest.mark.parametrize("lacking", ["Department.Id", "OpenDate.Typed"])
def test_a_directory_without_day_or_department_is_refused(
    server: RawIiko, lacking: str, caplog: pytest.LogCaptureFixture
) -> None:
    directory = server.directory()
    del directory[lacking]
    server.raw[DIRECTORY] = answer(json.dumps(directory).encode())
    result = run_tap(config(server))
    assert result.code == 1
    assert f"the directory has no {lacking} to group by" in caplog.text
    assert {row["id"] for row in result.records("departments")} == {DEPARTMENT}
