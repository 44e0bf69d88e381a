"""One iiko server over HTTP: one session, one request in flight, always logged out (API reference 1).

Every request is run by one worker thread, so two can never be in flight, and a report can be fetched while the last
one is being written. Neither password, hash nor token is ever part of a URL, a log line or an exception.
"""

from __future__ import annotations

import contextlib
import datetime
import email.utils
import hashlib
import logging
import re
import threading
import time
import typing as t
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field

import urllib3

from tap_iiko.iiko import bodies, errors, transport, values
from tap_iiko.iiko.lease import Lease
from tap_iiko.iiko.retry import TRIES, retrying
from tap_iiko.iiko.scratch import ScratchFiles
from tap_iiko.iiko.worker import Worker

if t.TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path
    from xml.etree.ElementTree import Element

    import requests

logger = logging.getLogger("tap-iiko")

SESSION_SECONDS = 50 * 60  # a token dies an hour after login even while in use (reference 1.3)
SLOT_WAIT_SECONDS = 3.0
PAUSE_SECONDS = 30.0  # after a time-out: the report may still be running there
LOGOUT_GRACE_SECONDS = 10.0  # how long a run that is told to stop waits for the request in flight
MEMORY_BYTES = 1 << 20  # a larger report waits on disk
IS_TOKEN = re.compile(r"[!#-+\--:<-~]{1,100}").fullmatch  # what a cookie can carry
BEGINNING = 400  # characters of an answer that tell what it is

# What no iiko server answers to the question who it is.
NOT_IIKO = (
    errors.NotIiko,
    errors.NotReady,
    errors.PathMissing,
    errors.BadAnswer,
    errors.SessionExpired,
    errors.Rejected,
    errors.TooLarge,
)

Params = t.Sequence[tuple[str, str]]
T = t.TypeVar("T")


@dataclass(frozen=True)
class Account:
    """Where a server is and who asks; what ``request_timeout`` bounds is said in ``tap_iiko.iiko.pace``."""

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


@dataclass
class Answer:
    """A report's body, whole, at its start."""

    body: t.IO[bytes]
    bytes: int
    _files: ScratchFiles = field(repr=False)
    _is_open: bool = field(default=True, repr=False)

    def close(self) -> None:
        """The body is not needed any more."""
        if self._is_open:
            self._is_open = False
            self._files.give_back(self.body)


class Client:
    """A session with one server, for use in a ``with`` block.

    Errors of every method: the classes of ``tap_iiko.iiko.errors``.
    """

    def __init__(self, account: Account, *, lease_folder: Path | None = None) -> None:
        """Prepare; nothing is sent yet."""
        self.account = account
        self.requests = 0
        self.bytes = 0
        self.server_time: datetime.datetime | None = None
        self._token: str | None = None
        self._tokens: list[str] = []  # all that this client has seen
        self._logged_in_at = 0.0
        self._quiet_until = 0.0
        self._was_in = False
        if account.verify is False:  # asked for; the library would repeat its warning in every run
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self._http = transport.new_session()
        self._files = ScratchFiles(MEMORY_BYTES)
        self._lease = Lease(account.root, account.login, lease_folder)
        self._worker = Worker()
        self._stopping = threading.Event()

    def __enter__(self) -> t.Self:
        """Return the client itself; the session opens at the first request that needs one."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give the licence slot back, whatever happened."""
        self.close()

    @property
    def secrets(self) -> list[str]:
        """What must never be seen in a log, after the logout either."""
        return [secret for secret in (self.account.password_sha1, *self._tokens) if secret]

    # The worker: one request at a time

    def submit(self, job: t.Callable[[], T]) -> Future[T]:
        """Queue a request behind those already queued."""
        return self._worker.submit(job)

    def _do(self, job: t.Callable[[], T]) -> T:
        return self.submit(job).result()

    # The session

    def server_info(self) -> dict[str, t.Any]:
        """``get_server_info.jsp`` (reference 1.2), the only thing a server tells without login.

        Returns:
            Its elements as text or null: ``serverName``, ``edition``, ``version``, ``serverState`` and more.
        """
        return self._do(self._server_info)

    def _server_info(self) -> dict[str, t.Any]:
        where = "get_server_info.jsp"
        try:
            found = values.element_to_dict(self._get_info(where))
        except NOT_IIKO as error:
            message = (
                f"{self.account.root} is not an iiko server, or not its address: {error} "
                "Take base_url from the address bar of iikoOffice's connection window (host and port)."
            )
            raise errors.NotIiko(message) from None
        info = {key: None if value is None else str(value).strip() for key, value in found.items()}
        if not info.get("version"):
            message = f"{self.account.root} answers, but not as an iiko server: {where} names no version."
            raise errors.NotIiko(message)
        return info

    @retrying(TRIES)
    def _get_info(self, where: str) -> Element:
        try:
            body = self._send(
                "GET", f"{self.account.root}/{where}", most=bodies.TEXT_BYTES, params=[("encoding", "UTF-8")]
            )
        except errors.SessionExpired as error:  # nothing to log in for: it is starting (reference 1.3)
            raise errors.NotReady(f"{where}: iiko asks for a session where it needs none ({error.said}).") from None
        self._expect(body, where, "<")
        return values.parse_xml(body, where)

    def login(self) -> None:
        """Open the session now (otherwise the first request does).

        Raises:
            LoginRefused: wrong login or password, or the server is starting.
            NoLicenceSlot: no API connection became free within ``licence_wait``.
        """
        self._do(self._ensure_session)

    def _ensure_session(self) -> str:
        if self._stopping.is_set():
            message = "The run is ending."
            raise errors.Stopped(message)
        if self._token is not None and time.monotonic() - self._logged_in_at > SESSION_SECONDS:
            logger.info("The iiko session is about to reach its age limit: logging in anew.")
            self._logout()
        if self._token is None:
            self._login()
        return t.cast("str", self._token)

    def _login(self) -> None:
        if not self._was_in:
            self._lease.take()
            self._release_left_over()
        deadline = time.monotonic() + self.account.licence_wait
        while True:
            try:
                token = self._login_once()
                break
            except errors.NoLicenceSlot:
                if time.monotonic() + SLOT_WAIT_SECONDS > deadline or self._stopping.is_set():
                    message = (
                        "All API connections of this iiko licence stayed in use for "
                        f"{self.account.licence_wait:.0f} s. Close the other integration that holds one (a leaked "
                        "connection frees itself within an hour), raise licence_wait, or buy another connection."
                    )
                    raise errors.NoLicenceSlot(message) from None
                logger.warning("All API connections of the iiko licence are in use: waiting for a free one.")
                self._stopping.wait(SLOT_WAIT_SECONDS)
                self._release_left_over()
        self._token = token
        self._lease.add(token)
        self._logged_in_at = time.monotonic()
        self._was_in = True
        logger.info("Logged in to %s.", self.account.root)

    def _release_left_over(self) -> None:
        """Give back the slots of sessions that an earlier run, or this one, could not end."""
        for token in self._lease.tokens:
            logger.info("Giving back a licence slot of an earlier session.")
            if not self._release(token):
                break  # the others would fail alike

    def _login_once(self) -> str:
        # After a restart iiko answers 401 until it can check passwords: worth waiting for once a login has worked.
        attempt = retrying(TRIES)(self._login_request)
        return attempt(retry_refusal=self._was_in)

    def _login_request(self, *, retry_refusal: bool) -> str:
        self._http.close()
        self._http = transport.new_session()
        form = {"login": self.account.login, "pass": self.account.password_sha1}
        root = self.account.root
        try:
            token = values.parse_text(
                self._send("POST", f"{root}/api/auth", most=bodies.TEXT_BYTES, data=form), "the answer to the login"
            )
        except (errors.SessionExpired, errors.RightMissing, errors.Rejected) as error:
            if retry_refusal:
                raise errors.Overloaded(str(error)) from None
            reason = f"{error.said or 'status 401'}." if isinstance(error, errors.SessionExpired) else error
            message = (
                f"iiko did not accept the login {self.account.login!r} at {root}: {reason} "
                "Check login and password (a server that is just starting refuses every login)."
            )
            raise errors.LoginRefused(message) from None
        except errors.PathMissing as error:
            raise errors.NotIiko(f"{root} has no iiko API: {error}") from None
        except errors.BadAnswer:
            token = ""
        except errors.Overloaded:
            self._release_unread()
            raise
        if not IS_TOKEN(token):
            raise errors.NotIiko(f"{root}/api/auth answered something that is no session token: not an iiko server?")
        self._tokens.append(token)
        if not any(cookie.name == "key" for cookie in self._http.cookies):
            self._http.cookies.set("key", token)  # servers before 4.3 set none themselves
        return token

    def _release_unread(self) -> None:
        """Give back the slot of a login whose answer did not come to its end: its cookie may have come."""
        token = next((cookie.value for cookie in self._http.cookies if cookie.name == "key"), None)
        if token and IS_TOKEN(token):
            self._lease.add(token)
            self._release(token)

    def close(self) -> None:
        """Log out, confirmed, after the request in flight; wait for that no longer than a moment."""
        self._stopping.set()
        self._worker.cancel_waiting()
        if self._worker.has_begun:
            try:
                self.submit(self._logout).result(timeout=LOGOUT_GRACE_SECONDS)
            except FutureTimeoutError:
                logger.warning("A request to %s is still running: logging out beside it.", self.account.root)
                self._http = transport.new_session()
                self._logout()
            self._worker.end()
        self._lease.close()
        self._files.close()
        self._http.close()

    def _logout(self) -> None:
        token, self._token = self._token, None
        if token is not None and self._release(token):
            logger.info("Logged out of %s.", self.account.root)

    def _release(self, token: str) -> bool:
        """Free a licence slot; false if that could not be confirmed (its token stays in the lease then)."""
        self._tokens.append(token)
        session = self._http
        session.cookies.clear()
        session.cookies.set("key", token)
        # Seven seconds for sure: waits that chance makes short left the slot taken beside a running report.
        try:
            retrying(TRIES, jitter=False)(self._logout_request)()
        except errors.SessionExpired:
            pass  # it had expired by itself
        except errors.TooLarge:
            pass  # the status says that it worked
        except errors.IikoError as error:
            logger.warning("Logging out failed, the next run will try again: %s", error)
            return False
        finally:
            session.cookies.clear()
        self._lease.forget(token)
        return True

    def _logout_request(self) -> None:
        seconds = min(self.account.seconds, LOGOUT_GRACE_SECONDS)
        body = self._send("POST", f"{self.account.root}/api/logout", most=bodies.TEXT_BYTES, seconds=seconds)
        self._refuse_page(body, "logout")  # whoever answered it, iiko was not told

    # Reading

    def get_json(self, path: str, params: Params = ()) -> t.Any:
        """A v2 answer with exact decimals."""
        return self._do(lambda: self._get_json(path, params))

    @retrying(TRIES)
    def _get_json(self, path: str, params: Params) -> t.Any:
        body = self._with_session("GET", path, most=bodies.LIST_BYTES, params=params)
        self._expect(body, path, "{[")
        answer = values.parse_json(body, path)
        if isinstance(answer, dict) and answer.get("result") == "ERROR":
            said = errors.quote(values.as_json(answer.get("errors") or answer))
            raise errors.Rejected(f"{path}: iiko refused the request ({said}).")
        return answer

    def get_xml(self, path: str, params: Params = ()) -> Element:
        """The root element of a v1 answer."""
        return self._do(lambda: self._get_xml(path, params))

    @retrying(TRIES)
    def _get_xml(self, path: str, params: Params) -> Element:
        body = self._with_session("GET", path, most=bodies.LIST_BYTES, params=params)
        self._expect(body, path, "<")
        return values.parse_xml(body, path)

    def get_text(self, path: str, params: Params = ()) -> str:
        """A text, trimmed; it may come bare, as JSON or as XML (reference 1.2)."""
        return self._do(lambda: self._get_text(path, params))

    @retrying(TRIES)
    def _get_text(self, path: str, params: Params) -> str:
        body = self._with_session("GET", path, most=bodies.TEXT_BYTES, params=params)
        self._refuse_page(body, path)
        return values.parse_text(body, path)

    def fetch_report(self, path: str, body: t.Mapping[str, t.Any], *, tries: int = 2) -> Future[Answer]:
        """Queue a report; its whole body waits in memory or on disk when the future is done.

        A time-out is not repeated here: the report may still be running there, and the caller should ask for less.
        """
        return self.submit(lambda: retrying(tries)(self._fetch_report)(path, body))

    def fetch_list(self, path: str, params: Params = (), *, otherwise: Params | None = None) -> Future[Answer]:
        """Temporary."""

        @retrying(TRIES)
        def get(some: Params) -> Answer:
            file = self._files.take()
            body = self._with_session("GET", path, most=bodies.LIST_BYTES, params=some)
            self._expect(body, path, "{[<")
            file.write(body)
            file.truncate()
            file.seek(0)
            return Answer(file, len(body), self._files)

        def ask() -> Answer:
            try:
                return get(params)
            except errors.Rejected:
                if otherwise is None:
                    raise
                return get(otherwise)

        return self.submit(ask)

    def _fetch_report(self, path: str, body: t.Mapping[str, t.Any]) -> Answer:
        file = None
        try:
            file = self._files.take()
            size = self._with_session("POST", path, most=bodies.REPORT_BYTES, into=file, json=body)
            if size == 0:
                raise errors.Overloaded(f"{path}: the answer is empty.")
            file.truncate()
            file.seek(0)
        except BaseException as error:
            if file is not None:
                self._files.discard(file)
            if isinstance(error, OSError):
                message = f"The report cannot be kept in the folder for temporary files ({error.strerror})."
                raise errors.NoRoom(f"{message} Make room there, or let TMPDIR name another folder.") from None
            raise
        return Answer(file, size, self._files)

    def _expect(self, body: bytes, path: str, first: str) -> None:
        """Refuse a body that does not even begin as documented: v1 and v2 may answer any text (reference 1.5)."""
        self._refuse_page(body, path)
        text = _beginning(body)
        if not text or text[0] not in first:
            raise errors.BadAnswer(f"{path}: no data came but {errors.quote(text)!r}.")

    @staticmethod
    def _refuse_page(body: bytes, path: str) -> None:
        if errors.is_html(_beginning(body)):
            raise errors.NotReady(f"{path}: an HTML page came instead of data.")

    # Sending

    def _with_session(self, method: str, path: str, **options: t.Any) -> t.Any:
        """Send with the token, and once more after a new login if iiko no longer knows it."""
        self._stopping.wait(max(0.0, self._quiet_until - time.monotonic()))
        self._ensure_session()
        url = f"{self.account.root}/api/{path}"
        try:
            return self._send(method, url, **options)
        except errors.SessionExpired as error:
            logger.warning("%s Logging in again.", error)
        self._logout()  # should it live after all, it would hold its slot for an hour
        self._ensure_session()
        return self._send(method, url, **options)

    def _send(
        self,
        method: str,
        url: str,
        *,
        most: int,
        seconds: float | None = None,
        into: t.IO[bytes] | None = None,
        **options: t.Any,
    ) -> t.Any:
        """One request.

        Args:
            method: of HTTP.
            url: without anything secret.
            most: bytes that the answer may come to.
            seconds: see ``tap_iiko.iiko.pace``; ``request_timeout`` otherwise.
            into: a file for the answer.
            options: of ``requests``.

        Returns:
            The body; its size, if it went into a file.
        """
        where = url.removeprefix(self.account.root).removeprefix("/").removeprefix("api/")
        seconds = seconds or self.account.seconds
        self.requests += 1
        try:
            with self._http.request(
                method,
                url,
                timeout=(transport.CONNECT_SECONDS, seconds),
                verify=self.account.verify,
                allow_redirects=False,
                stream=True,
                **options,
            ) as response:
                if response.status_code >= 300:  # noqa: PLR2004
                    raise transport.refusal_of(response, where)
                self._read_clock(response)
                chunks = bodies.bounded(response.raw, where, most)
                result = b"".join(chunks) if into is None else _write(chunks, into, where)
        except transport.LIBRARY_ERRORS as error:
            meaning = transport.meaning_of(error, self.account.root, where, seconds)
            if isinstance(meaning, errors.TimedOut):  # it may still be running there
                self._quiet_until = time.monotonic() + min(PAUSE_SECONDS, seconds)
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


def _beginning(body: bytes) -> str:
    return body[:BEGINNING].decode("utf-8-sig", "replace").lstrip()


def _write(chunks: t.Iterable[bytes], file: t.IO[bytes], where: str) -> int:
    size = 0
    for chunk in chunks:
        if size == 0 and chunk.lstrip()[:1] != b"{":
            text = _beginning(chunk)
            if errors.is_html(text):
                raise errors.NotReady(f"{where}: an HTML page came instead of a report.")
            raise errors.BadAnswer(f"{where}: no report came but {errors.quote(text)!r}.")
        size += file.write(chunk)
    return size
