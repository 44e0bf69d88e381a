"""The sockets: HTTP/1.1 with kept connections, and the faults that only a socket can show."""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import socket
import ssl
import struct
import sys
import threading
import time
import typing as t
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from simulator.api.method import Answer, Call, html
from simulator.api.reports import OLAP
from simulator.server.record import Record
from simulator.server.sessions import BUSY, EXPIRED, NO_SLOT

if t.TYPE_CHECKING:
    from simulator.api.service import Api
    from simulator.server.control import Control
    from simulator.server.faults import Fault
    from simulator.server.sessions import Visit

DENIED: t.Final = "Permission denied"
RULE: t.Final = "Доступ запрещен B_EN"
CRASH: t.Final = "java.lang.NullPointerException: product == null"
TOLD: t.Final = {
    "http_500": (500, CRASH),
    "slots_full": (403, NO_SLOT),
    "forbidden": (403, DENIED),
    "missing": (404, "HTTP 404 Not Found"),
    "business_rule": (409, RULE),
}
"""Faults that are a text: its status and what it says (1.5)."""
ROOT: t.Final = re.compile(rb"(<\?xml[^>]*\?>)<(\w+)")
PIECE_SECONDS: t.Final = 0.02
"""How often a slow answer goes on."""


class Server(ThreadingHTTPServer):
    """Listens for one simulator."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(
        self, address: tuple[str, int], api: Api, control: Control, log: list[Record], tls: tuple[str, str] | None
    ) -> None:
        """Bind; ``tls`` are the files of a certificate and its key."""
        super().__init__(address, Handler)
        self.api = api
        self.control = control
        self.log = log
        self.stopping = threading.Event()
        self._connections: set[socket.socket] = set()
        self._guard = threading.Lock()
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            # The handshake belongs to the connection's thread: a slow client must not keep others out.
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def process_request(self, request: t.Any, client_address: t.Any) -> None:
        """Remember the connection, to close it at the end."""
        with self._guard:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: t.Any) -> None:
        """Forget a connection that ended."""
        with self._guard:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: t.Any, client_address: t.Any) -> None:
        """Clients that go away are no news; a mistake of the simulator is."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        """Close everything."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        with self._guard:
            connections = list(self._connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "Apache-Coyote/1.1"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server

    def log_message(self, format: str, *args: t.Any) -> None:  # noqa: A002 - the name in the base class
        """Say nothing: the simulator has its own log."""

    def do_GET(self) -> None:
        """Answer a request."""
        self._serve()

    def do_POST(self) -> None:
        """Answer a request."""
        self._serve()

    def _serve(self) -> None:
        started = time.time()
        parts = urlsplit(self.path)
        length = self.headers.get("Content-Length") or "0"
        body = self.rfile.read(int(length)) if length.isdigit() else b""
        call = Call(self.command, parts.path, parts.query, self.headers, body)
        if call.path.startswith("/simulator/"):
            self._send(self.server.control.answer(call))
            return
        if not call.path.startswith("/resto/"):
            self._send(html("404 Not Found", 404))
            return
        visit = self.server.api.served.sessions.enter(call.token)
        try:
            self._visit(call, visit, started)
        finally:
            visit.end()

    def _visit(self, call: Call, visit: Visit, started: float) -> None:
        api = self.server.api
        content: dict[str, t.Any] | None = None
        if call.path.endswith(OLAP):
            with contextlib.suppress(ValueError):
                content = json.loads(call.body)
        faults = [] if visit.refused else api.served.faults.hits(call.path, content)
        for fault in faults:
            if fault.kind == "slow":
                self.server.stopping.wait(float(fault.options.get("seconds", 1)))
        answer: Answer | None
        if visit.refused:
            answer = api.error(BUSY, api.served.readings.concurrent_status)
        else:
            answer = self._fail(call, faults)
            if answer is None and not any(_hangs_up(fault) for fault in faults):
                answer = api.answer(call)
        kinds = [fault.kind for fault in faults]
        if answer and "truncate" in kinds:
            answer.body = answer.body[: len(answer.body) // 2]
        if answer and "empty" in kinds:
            answer.body, answer.rows = emptied(answer.body), 0
        self._note(call, started, content, answer, kinds)
        if answer is None:
            visit.end()
            self._hang_up()
        elif "reset" in kinds:
            self._send(answer, cut=True)
            visit.end()
            self._hang_up()
        else:
            stall = next((float(f.options.get("seconds", 5)) for f in faults if f.kind == "stall"), 0.0)
            self._send(answer, visit=visit, stall=stall)

    def _note(
        self, call: Call, started: float, content: dict[str, t.Any] | None, answer: Answer | None, kinds: list[str]
    ) -> None:
        record = Record(
            call.method,
            call.path,
            call.query,
            answer.status if answer else 0,
            started,
            time.time(),
            content,
            answer.rows if answer else None,
            len(answer.body) if answer else 0,
            kinds[0] if kinds else None,
        )
        self.server.log.append(record)

    def _fail(self, call: Call, faults: list[Fault]) -> Answer | None:
        """The answer of a fault that comes instead of the right one."""
        sessions, error = self.server.api.served.sessions, self.server.api.error
        for fault in faults:
            words = fault.options.get("text")
            status = fault.options.get("status")
            if fault.kind in TOLD:
                usual_status, usual_words = TOLD[fault.kind]
                return error(words or usual_words, status or usual_status)
            if fault.kind == "html_200":
                return html(words or "502 Bad Gateway", status or 200)
            if fault.kind == "expire":
                sessions.drop(call.token)
                return error(EXPIRED, 401)
            if fault.kind == "restart":
                if not _hangs_up(fault):
                    return error(EXPIRED, 401)
                sessions.drop()
        return None

    def _send(self, answer: Answer, *, visit: Visit | None = None, cut: bool = False, stall: float = 0) -> None:
        body = memoryview(answer.body)
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        if self.server.api.served.readings.gzip and "gzip" in (self.headers.get("Accept-Encoding") or ""):
            body = memoryview(gzip.compress(answer.body, 1))
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        body = self._trickle(answer, body)
        if cut:
            self.wfile.write(body[: max(1, len(body) // 2)])
            self.wfile.flush()
            return
        if stall:
            half = len(body) // 2
            self.wfile.write(body[:half])
            self.wfile.flush()
            self.server.stopping.wait(stall)
            body = body[half:]
        # The client has no whole answer before the last byte: what comes earlier from it is a second request.
        self.wfile.write(body[:-1])
        self.wfile.flush()
        if visit:
            visit.end()
        self.wfile.write(body[-1:])
        self.wfile.flush()

    def _trickle(self, answer: Answer, body: memoryview) -> memoryview:
        """Send a body as slowly as it must be, by waiting, up to its last piece; that is left."""
        self.server.stopping.wait(max(0.0, answer.not_before - time.monotonic()))
        begin, pieces = time.monotonic(), int(answer.seconds / PIECE_SECONDS) + 1
        size = len(body) // pieces
        for number in range(1, pieces):
            self.server.stopping.wait(max(0.0, begin + answer.seconds * number / pieces - time.monotonic()))
            self.wfile.write(body[:size])
            self.wfile.flush()
            body = body[size:]
        self.server.stopping.wait(max(0.0, begin + answer.seconds - time.monotonic()))
        return body

    def _hang_up(self) -> None:
        """Reset the connection."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()


def emptied(body: bytes) -> bytes:
    """A list without its rows: of XML the root element alone, of JSON ``[]``, in its wrapper if it has one."""
    if root := ROOT.match(body):
        return root[1] + b"<" + root[2] + b"/>"
    content = json.loads(body)
    return json.dumps(content | {"response": []} if isinstance(content, dict) else []).encode()


def _hangs_up(fault: Fault) -> bool:
    """A restarting server refuses connections first, then answers 401 until it is up (API reference 1.3)."""
    return fault.kind == "restart" and fault.hits == 1
