"""Whatever a server sends, a run ends: in bounded time, in bounded memory, with a sentence and without its slot."""

from __future__ import annotations

import itertools
import json
import typing as t
import uuid

import pytest

from support.documents_by_hand import BOUGHT, INVOICE
from support.lists_by_hand import DAY
from support.other_ledger import D1, config
from support.raw_iiko import (
    DIRECTORY,
    INFO,
    LOGIN,
    LOGOUT,
    PRODUCTS,
    REPORT,
    STORES,
    RawIiko,
    answer,
    bomb,
    in_parts,
    run_command,
)
from support.taps import run_tap
from tap_iiko.iiko import bodies

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
BODY = HEAD + b"Content-Length: 1000000\r\n\r\n"
COOKIE = HEAD + b"Set-Cookie: key=token-that-is-on-its-way\r\nContent-Length: 1000000\r\n\r\n"
MOST_MEGABYTES = 300
MOST_MEGABYTES_OF_A_LIST = 110  # so 20 MB are never held as values


@pytest.fixture
def server() -> Iterator[RawIiko]:
    with RawIiko() as each:
        yield each


def drip(beginning: bytes, drop: bytes) -> t.Iterable[bytes]:
    """Never silent for long, and never at an end."""
    return itertools.chain([beginning], itertools.repeat(drop))


DRIPS = {
    "server info": (INFO, BODY + b"<r>", b" "),
    "login": (LOGIN, COOKIE, b"t"),
    "list": (PRODUCTS, BODY + b"[", b" "),
    "directory": (DIRECTORY, BODY + b"{", b" "),
    "report": (REPORT, BODY + b"{", b" "),
    "chunks": (REPORT, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n{\r\n"),
    "headers": (PRODUCTS, b"HTTP/1.1 200 OK\r\nX: ", b"x"),
    "status": (REPORT, b"HTTP/1.1 ", b"2"),
    "100 Continue": (PRODUCTS, b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "an error": (PRODUCTS, BODY.replace(b"200 OK", b"400 Bad Request"), b"x"),
    "trailers": (REPORT, HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", b"X: x\r\n"),
}


@pytest.mark.parametrize("name", DRIPS)
def test_an_answer_that_never_ends_is_given_up(name: str, server: RawIiko, tmp_path: Path) -> None:
    path, beginning, drop = DRIPS[name]
    server.raw[path] = in_parts(server, drip(beginning, drop), 0.05)
    code, said, _ = run_command(tmp_path, server, request_timeout=1)
    assert code == 1
    assert "no answer within 1 s" in said
    assert "Traceback" not in said
    assert server.token is None, "the slot of a request that was given up"


def test_a_flood_of_continuations_is_given_up(server: RawIiko, tmp_path: Path) -> None:
    """They come at any speed, and speed is no answer."""
    server.raw[STORES] = in_parts(server, itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000), 0)
    code, said, _ = run_command(tmp_path, server, request_timeout=1)
    assert code == 1
    assert "no answer within 1 s" in said
    assert server.token is None


def test_a_logout_that_never_ends_does_not_hold_the_run(server: RawIiko, tmp_path: Path) -> None:
    server.raw[LOGOUT] = in_parts(server, drip(BODY, b"x"), 0.05)
    code, said, _ = run_command(tmp_path, server, request_timeout=1)
    assert code == 0
    assert "Logging out failed, the next run will try again" in said


def test_a_large_answer_that_keeps_coming_is_waited_for(server: RawIiko) -> None:
    """Longer than ``request_timeout``, since iiko's lines may be slow; never silent for as long."""
    products = json.dumps(server.lists["v2/entities/products/list"]).encode()
    parts = [HEAD + b"Connection: close\r\n\r\n" + products, *[b" " * 100_000] * 8]
    server.raw[PRODUCTS] = in_parts(server, parts, 0.5)
    result = run_tap(config(server, request_timeout=2))
    assert result.code == 0
    assert result.records("products")


BOMBS = {
    "server info": (INFO, bomb(b"<r>", 400), "larger than 100 KB"),
    "login": (LOGIN, bomb(b"token", 400), "larger than 100 KB"),
    "error": (PRODUCTS, bomb(b"Malformed Product id", 400, status=400), "Malformed Product id"),
    "list": (PRODUCTS, bomb(b"[", 400), "larger than 64 MB"),
    "xml": (STORES, bomb(b"<corporateItemDtoes>", 400), "larger than 64 MB"),
    "directory": (DIRECTORY, bomb(b"{", 400), "larger than 64 MB"),
    "many values": (PRODUCTS, answer(b"[" + b"{}," * 10_000_000 + b"{}]"), "more than 3,000,000 values"),
    "many elements": (STORES, answer(b"<r>" + b"<a/>" * 10_000_000 + b"</r>"), "more than 3,000,000 values"),
    "report without rows": (REPORT, bomb(b"{", 400), "there is no data"),
    "report with a tail": (REPORT, bomb(b'{"data":[]', 400), "too much behind the rows"),
    "one long text": (
        REPORT,
        answer(b'{"data":[{"OpenDate.Typed":"' + b"x" * (30 << 20) + b'"}]}'),
        "one row is larger than 4 MB",
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_an_answer_without_measure_is_refused_in_bounded_memory(name: str, server: RawIiko, tmp_path: Path) -> None:
    path, sender, sentence = BOMBS[name]
    server.raw[path] = sender
    if path == INFO:
        server.left[path] = 1
    code, said, megabytes = run_command(tmp_path, server)
    assert code == 1
    assert sentence in said
    assert "Traceback" not in said
    assert megabytes < MOST_MEGABYTES
    assert server.token is None or path == LOGIN


def test_twenty_megabytes_of_invoices_take_little_memory(server: RawIiko, tmp_path: Path) -> None:
    """A month of forty restaurants, some of whose invoices have hundreds of lines."""
    line = BOUGHT[BOUGHT.index("<item>") : BOUGHT.index("</items>")]
    head, tail = BOUGHT.split(line)
    document = (head.removeprefix("<incomingInvoiceDtoes>") + line * 200).replace(DAY, D1.isoformat())
    document += tail.removesuffix("</incomingInvoiceDtoes>")
    key = uuid.UUID(INVOICE)
    count = (20 << 20) // len(document.encode())
    documents = (document.replace(INVOICE, str(uuid.UUID(int=key.int + number))) for number in range(count))
    server.raw["/documents/export/incomingInvoice"] = answer(
        f"<incomingInvoiceDtoes>{''.join(documents)}</incomingInvoiceDtoes>".encode()
    )
    code, said, megabytes = run_command(tmp_path, server)
    assert code == 0, said
    assert megabytes < MOST_MEGABYTES_OF_A_LIST


def test_a_report_has_a_bound_on_disk_too(
    server: RawIiko, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(bodies, "REPORT_BYTES", 1 << 20)
    server.raw[REPORT] = bomb(b'{"data":[', 3)
    assert run_tap(config(server)).code == 1
    assert "larger than 1 MB" in caplog.text
    assert server.token is None


@pytest.mark.parametrize("path", [PRODUCTS, REPORT])
def test_a_chunk_of_a_size_below_zero_is_a_broken_connection(
    path: str, server: RawIiko, caplog: pytest.LogCaptureFixture
) -> None:
    server.raw[path] = in_parts(server, [HEAD + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nabc\r\n"], 0)
    assert run_tap(config(server, end_date=D1.isoformat())).code == 1
    assert "the connection broke" in caplog.text
    assert "unexpected failure" not in caplog.text


def test_a_page_that_answers_the_logout_is_no_logout(server: RawIiko) -> None:
    """A proxy that answers for an iiko which restarts: the slot stays taken there."""
    server.raw[LOGOUT] = answer(b"<html><body>Please wait</body></html>", kind="text/html")
    server.left[LOGOUT] = 1
    assert run_tap(config(server, end_date=D1.isoformat())).code == 0
    assert server.token is None
