"""One request of one server over HTTP: bounded in time and size, and never quoted in an error."""

from __future__ import annotations

import contextlib
import datetime
import email.utils
import hashlib
import threading
import time
import typing as t
from dataclasses import dataclass, field
from http import HTTPStatus

import urllib3

from tap_iiko.iiko import bodies, errors, transport

if t.TYPE_CHECKING:
    import requests

    from tap_iiko.iiko.pacing import Pacing

BEGINNING = 400  # characters of an answer that tell what it is


OnAnswer = t.Callable[[str, float, int], None]
"""Told of each answer: path, seconds, status."""


@dataclass(frozen=True)
class Account:
    """Where a server is and who asks; what ``request_timeout`` bounds is said in ``tap_iiko.iiko.connection``."""

    base_url: str
    login: str
    password_sha1: str = field(repr=False)
    verify: bool | str = True
    request_timeout: float = 300.0
    licence_wait: float = 120.0

    @property
    def root(self) -> str:
        """The address up to ``/resto``, whichever of the three forms was configured."""
        url = self.base_url.strip().rstrip("/")
        for suffix in ("/api", "/resto"):
            url = url.removesuffix(suffix)
        return f"{url.rstrip('/')}/resto"

    @property
    def seconds(self) -> float:
        """``request_timeout``, no longer than any clock can count."""
        return min(self.request_timeout, transport.LONGEST_WAIT)


def sha1_of(password: str) -> str:
    """The hash that iiko takes as password (reference 1.3)."""
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest()


class Wire:
    """The way to a server. Nothing secret is part of a URL, a log line or an exception."""

    def __init__(self, account: Account, pacing: Pacing, on_answer: OnAnswer) -> None:
        self.account = account
        self.pacing = pacing
        self._on_answer = on_answer
        self.requests = 0
        self.bytes = 0
        self.server_time: datetime.datetime | None = None
        self.stopping = threading.Event()
        self._quiet_until = 0.0
        if account.verify is False:  # asked for; the library would repeat its warning in every run
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self.http = transport.new_session()

    def renew(self) -> None:
        """Begin with new connections and without cookies."""
        self.http.close()
        self.http = transport.new_session()

    def abandon(self) -> None:
        """Leave the request under way its connection, and go on with new ones."""
        self.http = transport.new_session()

    def refuse_if_stopping(self) -> None:
        """Ask nothing more once the run is ending."""
        if self.stopping.is_set():
            message = "The run is ending."
            raise errors.Stopped(message)

    def wait_until_quiet(self) -> None:
        """After a time-out: leave the server alone for a moment."""
        self.stopping.wait(max(0.0, self._quiet_until - self.pacing.clock()))

    def send(  # noqa: PLR0913 - all that one request depends on
        self,
        method: str,
        url: str,
        *,
        most: int,
        seconds: float | None = None,
        into: t.IO[bytes] | None = None,
        begins: str = "",
        **options: t.Any,
    ) -> t.Any:
        """One request.

        Args:
            method: of HTTP.
            url: without anything secret.
            most: bytes that the answer may come to.
            seconds: see ``tap_iiko.iiko.connection``; ``request_timeout`` otherwise.
            into: a file for the answer.
            begins: what the first character of the answer may be, if it goes into a file.
            options: of ``requests``.

        Returns:
            The body; its size, if it went into a file.
        """
        where = url.removeprefix(self.account.root).removeprefix("/").removeprefix("api/")
        seconds = seconds or self.account.seconds
        self.requests += 1
        started = time.monotonic()
        try:
            with self.http.request(
                method,
                url,
                timeout=(transport.CONNECT_SECONDS, seconds),
                verify=self.account.verify,
                allow_redirects=False,
                stream=True,
                **options,
            ) as response:
                self._on_answer(where, time.monotonic() - started, response.status_code)
                if response.status_code >= HTTPStatus.MULTIPLE_CHOICES:
                    raise transport.refusal_of(response, where)
                self._read_clock(response)
                chunks = bodies.bounded(response.raw, where, most)
                result = b"".join(chunks) if into is None else _write(chunks, into, where, begins)
        except transport.LIBRARY_ERRORS as error:
            meaning = transport.meaning_of(error, self.account.root, where, seconds)
            if isinstance(meaning, errors.TimedOut):  # it may still be running there
                self._quiet_until = self.pacing.clock() + min(self.pacing.quiet, seconds)
            raise meaning from None
        self.bytes += result if isinstance(result, int) else len(result)
        return result

    def _read_clock(self, response: requests.Response) -> None:
        """What the server takes for the time, in UTC; ``None`` if that is no time."""
        self.server_time = None
        with contextlib.suppress(Exception):  # the parser fails in many ways, and none matters
            moment = email.utils.parsedate_to_datetime(response.headers["Date"][:BEGINNING])
            self.server_time = (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).astimezone(
                datetime.UTC
            )


def beginning(body: bytes) -> str:
    """What tells what an answer is."""
    return body[:BEGINNING].decode("utf-8-sig", "replace").lstrip()


def _write(chunks: t.Iterable[bytes], file: t.IO[bytes], where: str, begins: str) -> int:
    size = 0
    for chunk in chunks:
        if size == 0:
            check_beginning(chunk, where, begins)
        size += file.write(chunk)
    return size


def refuse_page(body: bytes, where: str) -> None:
    """No answer of iiko is a page: something before it has answered, or it is not up (reference 1.5)."""
    if errors.is_html(beginning(body)):
        raise errors.NotReady(f"{where}: an HTML page came instead of data.")


def check_beginning(chunk: bytes, where: str, begins: str) -> None:
    """Refuse what does not even begin as documented: v1 and v2 may answer any text (reference 1.5)."""
    refuse_page(chunk, where)
    text = beginning(chunk)
    if not text or text[0] not in begins:
        raise errors.BadAnswer(f"{where}: no data came but {errors.quote(text)!r}.")
