"""An HTTP connection that bounds a whole answer, where the library bounds a single read.

The read time-out of a request, ``seconds``, then means: the answer begins within it (its headers, however many
``100 Continue`` come before), nothing is silent for longer, and the body takes no longer either, unless it keeps coming
with ``SLOWEST`` bytes a second. Never longer than ``MOST_TIMES`` of it, whatever comes.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import time
import typing as t

import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

if t.TYPE_CHECKING:
    import socket

SLOWEST = 10_000  # bytes a second: a large report over a bad line is still waited for, a byte a second is not
MOST_TIMES = 10


class _BoundedFile(io.RawIOBase):
    """What a socket receives, until the time is over."""

    def __init__(self, sock: socket.socket, file: io.RawIOBase) -> None:
        super().__init__()
        self._socket = sock
        self._file = file
        self._seconds = sock.gettimeout() or 0.0
        self._started = time.monotonic()
        self._received: int | None = None  # of the body; before it every byte counts as waiting

    def begin_body(self) -> None:
        """The headers are here."""
        self._started = time.monotonic()
        self._received = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int | None:
        allowed = min(self._seconds + (self._received or 0) / SLOWEST, self._seconds * MOST_TIMES)
        left = self._started + allowed - time.monotonic()
        if left <= 0:
            message = "timed out"
            raise TimeoutError(message)
        self._socket.settimeout(min(left, self._seconds))
        size = t.cast("int | None", self._file.readinto(buffer))
        if self._received is not None:
            self._received += size or 0
        return size

    def close(self) -> None:
        if not self.closed:
            with contextlib.suppress(OSError):  # the next request on this connection has its time again
                self._socket.settimeout(self._seconds)
            self._file.close()
        super().close()


class _BoundedResponse(http.client.HTTPResponse):
    """Reads status, headers and body from a bounded file."""

    def __init__(self, sock: socket.socket, *args: t.Any, **options: t.Any) -> None:
        super().__init__(sock, *args, **options)
        self._bounded = _BoundedFile(sock, self.fp.detach())
        self.fp = io.BufferedReader(self._bounded)

    def begin(self) -> None:
        super().begin()
        self._bounded.begin_body()


class _BoundedConnection(HTTPConnection):
    response_class = _BoundedResponse


class _BoundedTlsConnection(HTTPSConnection):
    response_class = _BoundedResponse


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _BoundedConnection


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _BoundedTlsConnection


POOLS = {"http": _Pool, "https": _TlsPool}


class BoundedAdapter(HTTPAdapter):
    """Lets a ``requests`` session use such connections, through a proxy too."""

    def init_poolmanager(self, *args: t.Any, **options: t.Any) -> None:
        """Make the pools."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **options: t.Any) -> urllib3.ProxyManager:
        """Make the pools of a proxy."""
        manager: urllib3.ProxyManager = super().proxy_manager_for(proxy, **options)
        if isinstance(manager, urllib3.ProxyManager):  # one for SOCKS has connections of its own
            manager.pool_classes_by_scheme = POOLS
        return manager
