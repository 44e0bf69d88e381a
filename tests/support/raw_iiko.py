"""The second iiko, some of whose answers are written byte by byte: what only a broken or hostile server sends."""

from __future__ import annotations

import contextlib
import copy
import functools
import json
import subprocess
import sys
import threading
import typing as t
import zlib

from support.other_iiko import OtherIiko
from support.other_ledger import D1, LISTS, config, ledger
from support.paths import TAP

if t.TYPE_CHECKING:
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

Sender = t.Callable[["BaseHTTPRequestHandler"], None]

LOGIN = "/api/auth"
LOGOUT = "/api/logout"
INFO = "/get_server_info.jsp"
PRODUCTS = "/products/list"
STORES = "/corporation/stores"
TYPE = "/replication/serverType"
DIRECTORY = "/olap/columns"
REPORT = "/reports/olap"


class RawIiko(OtherIiko):
    """``raw`` says which paths are answered otherwise, by their end, and ``left`` how often (always, if not named)."""

    def __init__(self) -> None:
        super().__init__(ledger(), lists=copy.deepcopy(LISTS))
        self.raw: dict[str, Sender] = {}
        self.left: dict[str, int] = {}
        self.ending = threading.Event()
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]  # the tap hangs up

    def __exit__(self, *_: object) -> None:
        self.ending.set()
        super().__exit__()

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        path = request.path.partition("?")[0]
        end = next((end for end in self.raw if path.endswith(end)), None)
        if end is None or self.left.get(end, 1) <= 0:
            super().handle(request)
            return
        if end in self.left:
            self.left[end] -= 1
        request.rfile.read(int(request.headers.get("Content-Length") or 0))
        if end == LOGIN:
            self.token = "token-that-is-on-its-way"
            self.logins += 1
        request.close_connection = True
        with contextlib.suppress(OSError):  # the tap hung up
            self.raw[end](request)
            request.wfile.flush()


def answer(body: bytes, status: int = 200, kind: str = "text/plain", **headers: str) -> Sender:
    """A whole answer."""

    def send(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return send


def bomb(beginning: bytes, megabytes: int, status: int = 200) -> Sender:
    """Much in little: an answer of blanks, packed."""

    def send(request: BaseHTTPRequestHandler) -> None:
        answer(_packed(beginning, megabytes), status, Content_Encoding="gzip")(request)

    return send


@functools.cache
def _packed(beginning: bytes, megabytes: int) -> bytes:
    packer = zlib.compressobj(1, wbits=31)
    parts = [packer.compress(beginning), *(packer.compress(b" " * (1 << 20)) for _ in range(megabytes))]
    return b"".join(parts) + packer.flush()


def in_parts(server: RawIiko, parts: t.Iterable[bytes], pause: float) -> Sender:
    """Bytes as they are, the status line first, with pauses."""

    def send(request: BaseHTTPRequestHandler) -> None:
        for part in parts:
            request.wfile.write(part)
            request.wfile.flush()
            if server.ending.wait(pause):
                return

    return send


# In a process between: the peak of a child counts from its parent's size on, and pytest is large.
MEASURED = """
import pathlib, resource, subprocess, sys
done = subprocess.run(sys.argv[2:], stdout=subprocess.DEVNULL, timeout=120)
pathlib.Path(sys.argv[1]).write_text(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10))
sys.exit(done.returncode)
"""


def run_command(folder: Path, server: RawIiko, **settings: t.Any) -> tuple[int, str, int]:
    """A run of one day as a process: exit code, log, and the most memory it took, in megabytes."""
    config_file, peak = folder / "config.json", folder / "peak"
    config_file.write_text(json.dumps(config(server, end_date=D1.isoformat(), **settings)))
    command = [sys.executable, "-c", MEASURED, str(peak), str(TAP), "--config", str(config_file)]
    done = subprocess.run(command, check=False, stderr=subprocess.PIPE, text=True)
    return done.returncode, done.stderr, int(peak.read_text())
