"""One iiko server over HTTP: one session, one request in flight, always logged out (API reference 1).

Every request is run by one worker thread, so two can never be in flight, and a report can be fetched while the last
one is being written. Neither password, hash nor token is ever part of a URL, a log line or an exception.
"""

from __future__ import annotations

import email.utils
import hashlib
import logging
import queue
import threading
import time
import typing as t
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field

import backoff
import requests
import urllib3

from tap_iiko.iiko import errors, transport, values
from tap_iiko.iiko.lease import Lease
from tap_iiko.iiko.scratch import ScratchFiles

if t.TYPE_CHECKING:
    import datetime
    from pathlib import Path
    from xml.etree.ElementTree import Element

logger = logging.getLogger("tap-iiko")

SESSION_SECONDS = 50 * 60  # a token dies an hour after login even while in use (reference 1.3)
SLOT_WAIT_SECONDS = 3.0
PAUSE_SECONDS = 30.0  # after a time-out: the report may still be running there
LOGOUT_GRACE_SECONDS = 10.0  # how long a run that is told to stop waits for the request in flight
TRIES = 4
MEMORY_BYTES = 1 << 20  # a larger answer waits on disk
CHUNK_BYTES = 1 << 20
BEGINNING = 400  # characters of an answer that tell what it is

# What no iiko server answers to the question who it is.
NOT_IIKO = (
    errors.NotIiko,
    errors.NotReady,
    errors.PathMissing,
    errors.BadAnswer,
    errors.SessionExpired,
    errors.Rejected,
)

Params = t.Sequence[tuple[str, str]]
T = t.TypeVar("T")


@dataclass(frozen=True)
class Account:
    """Where a server is and who asks."""

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


def _log_retry(details: t.Any) -> None:
    logger.warning("%s Trying again in %.1f s.", details["exception"], details["wait"])


def _is_timeout(error: Exception) -> bool:
    return isinstance(error, errors.TimedOut)


def retrying(tries: int, *, jitter: bool = True) -> t.Callable[[t.Callable[..., T]], t.Callable[..., T]]:
    """Repeat on overload and on a cut answer, with exponential back-off and jitter.

    A time-out is for the caller, who may ask for less.
    """
    return t.cast(
        "t.Callable[[t.Callable[..., T]], t.Callable[..., T]]",
        backoff.on_exception(
            backoff.expo,
            (errors.Overloaded, errors.CutAnswer),
            max_tries=tries,
            factor=1,
            max_value=30,
            giveup=_is_timeout,
            on_backoff=_log_retry,
            jitter=backoff.full_jitter if jitter else None,
            logger=None,
        ),
    )


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
        self._logged_in_at = 0.0
        self._quiet_until = 0.0
        self._was_in = False
        if account.verify is False:  # asked for; the library would repeat its warning in every run
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self._http = self._new_session()
        self._files = ScratchFiles(MEMORY_BYTES)
        self._lease = Lease(account.root, account.login, lease_folder)
        self._jobs: queue.SimpleQueue[tuple[t.Callable[[], t.Any], Future[t.Any]] | None] = queue.SimpleQueue()
        self._worker: threading.Thread | None = None
        self._stopping = threading.Event()

    def __enter__(self) -> t.Self:
        """Return the client itself; the session opens at the first request that needs one."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give the licence slot back, whatever happened."""
        self.close()

    @property
    def secrets(self) -> list[str]:
        """What must never be seen in a log."""
        return [secret for secret in (self.account.password_sha1, self._token) if secret]

    # The worker: one request at a time

    def submit(self, job: t.Callable[[], T]) -> Future[T]:
        """Queue a request behind those already queued."""
        future: Future[T] = Future()
        if self._worker is None:
            self._worker = threading.Thread(target=self._work, name="iiko", daemon=True)
            self._worker.start()
        self._jobs.put((job, future))
        return future

    def _work(self) -> None:
        while (item := self._jobs.get()) is not None:
            job, future = item
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(job())
            except BaseException as error:  # noqa: BLE001 - handed to whoever waits for the result
                future.set_exception(error)

    def _do(self, job: t.Callable[[], T]) -> T:
        return self.submit(job).result()

    # The session

    def server_info(self) -> dict[str, str]:
        """``get_server_info.jsp`` (reference 1.2), the only thing a server tells without login.

        Returns:
            Its elements as text: ``serverName``, ``edition``, ``version``, ``computerName``, ``serverState``.
        """
        return self._do(self._server_info)

    def _server_info(self) -> dict[str, str]:
        where = "get_server_info.jsp"
        try:
            root = self._get_info(where)
        except NOT_IIKO as error:
            message = (
                f"{self.account.root} is not an iiko server, or not its address: {error} "
                "Take base_url from the address bar of iikoOffice's connection window (host and port)."
            )
            raise errors.NotIiko(message) from None
        info = {key: str(value).strip() for key, value in values.element_to_dict(root).items()}
        if "version" not in info:
            message = f"{self.account.root} answers, but not as an iiko server: {where} names no version."
            raise errors.NotIiko(message)
        return info

    @retrying(TRIES)
    def _get_info(self, where: str) -> Element:
        try:
            response = self._send("GET", f"{self.account.root}/{where}", params=[("encoding", "UTF-8")])
        except errors.SessionExpired as error:  # nothing to log in for: it is starting (reference 1.3)
            raise errors.NotReady(str(error)) from None
        self._expect(response, where, "<")
        return values.parse_xml(response.content, where)

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
            for token in self._lease.take():
                logger.info("Giving back the licence slot of a run that was killed.")
                if self._release(token):
                    self._lease.clear_left_over(token)
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
        self._token = token
        self._lease.write(token)
        self._logged_in_at = time.monotonic()
        self._was_in = True
        logger.info("Logged in to %s.", self.account.root)

    def _login_once(self) -> str:
        # After a restart iiko answers 401 until it can check passwords: worth waiting for once a login has worked.
        attempt = retrying(TRIES)(self._login_request)
        return attempt(retry_refusal=self._was_in)

    def _login_request(self, *, retry_refusal: bool) -> str:
        self._http.close()
        self._http = self._new_session()
        form = {"login": self.account.login, "pass": self.account.password_sha1}
        try:
            token = self._send("POST", f"{self.account.root}/api/auth", data=form).text.strip().strip('"')
        except (errors.SessionExpired, errors.RightMissing, errors.Rejected) as error:
            if retry_refusal:
                raise errors.Overloaded(str(error)) from None
            message = (
                f"iiko did not accept the login {self.account.login!r} at {self.account.root}: {error} "
                "Check login and password (a server that is just starting refuses every login)."
            )
            raise errors.LoginRefused(message) from None
        except errors.PathMissing as error:
            message = f"{self.account.root} has no iiko API: {error}"
            raise errors.NotIiko(message) from None
        if not token or len(token) > 100 or not token.isascii() or any(c.isspace() for c in token):  # noqa: PLR2004
            message = f"{self.account.root}/api/auth answered something that is no session token: not an iiko server?"
            raise errors.NotIiko(message)
        if not any(cookie.name == "key" for cookie in self._http.cookies):
            self._http.cookies.set("key", token)  # servers before 4.3 set none themselves
        return token

    def close(self) -> None:
        """Log out, confirmed, after the request in flight; wait for that no longer than a moment."""
        self._stopping.set()
        while not self._jobs.empty():
            item = self._jobs.get()
            if item is not None:
                item[1].cancel()
        if self._worker is not None:
            try:
                self.submit(self._logout).result(timeout=LOGOUT_GRACE_SECONDS)
            except FutureTimeoutError:
                logger.warning("A request to %s is still running: logging out beside it.", self.account.root)
                self._http = self._new_session()
                self._logout()
            self._jobs.put(None)
            self._worker = None
        self._lease.close()
        self._files.close()
        self._http.close()

    def _logout(self) -> None:
        token, self._token = self._token, None
        if token is None:
            return
        if self._release(token):
            self._lease.write()
            logger.info("Logged out of %s.", self.account.root)

    def _release(self, token: str) -> bool:
        """Free a licence slot; false if that could not be confirmed (its token stays in the lease then)."""
        session = self._http
        session.cookies.clear()
        session.cookies.set("key", token)
        try:
            # Seven seconds for sure: waits that chance makes short left the slot taken beside a running report.
            retrying(TRIES, jitter=False)(self._send)("POST", f"{self.account.root}/api/logout")
        except errors.SessionExpired:
            return True  # it had expired by itself
        except errors.IikoError as error:
            logger.warning("Logging out failed, the next run will try again: %s", error)
            return False
        finally:
            session.cookies.clear()
        return True

    # Reading

    def get_json(self, path: str, params: Params = ()) -> t.Any:
        """A v2 answer with exact decimals."""
        return self._do(lambda: self._get_json(path, params))

    @retrying(TRIES)
    def _get_json(self, path: str, params: Params) -> t.Any:
        response = self._with_session("GET", path, params=params)
        self._expect(response, path, "{[")
        return values.parse_json(response.content, path)

    def get_xml(self, path: str, params: Params = ()) -> Element:
        """The root element of a v1 answer."""
        return self._do(lambda: self._get_xml(path, params))

    @retrying(TRIES)
    def _get_xml(self, path: str, params: Params) -> Element:
        response = self._with_session("GET", path, params=params)
        self._expect(response, path, "<")
        return values.parse_xml(response.content, path)

    def get_text(self, path: str, params: Params = ()) -> str:
        """A plain text answer, trimmed."""
        return self._do(lambda: self._get_text(path, params))

    @retrying(TRIES)
    def _get_text(self, path: str, params: Params) -> str:
        response = self._with_session("GET", path, params=params)
        if errors.is_html(response.headers.get("Content-Type", ""), response.text):
            message = f"{path}: an HTML page came instead of an answer."
            raise errors.NotReady(message)
        return response.text.strip().strip('"')

    def fetch_report(self, path: str, body: t.Mapping[str, t.Any], *, tries: int = 2) -> Future[Answer]:
        """Queue a report; its whole body waits in memory or on disk when the future is done.

        A time-out is not repeated here: the report may still be running there, and the caller should ask for less.
        """
        return self.submit(lambda: retrying(tries)(self._fetch_report)(path, body))

    def _fetch_report(self, path: str, body: t.Mapping[str, t.Any]) -> Answer:
        response = self._with_session("POST", path, json=body, stream=True)
        file = self._files.take()
        size = 0
        try:
            with response:
                for chunk in response.iter_content(CHUNK_BYTES):
                    if size == 0 and chunk.lstrip()[:1] != b"{":
                        text = chunk.decode("utf-8", "replace")
                        if errors.is_html(response.headers.get("Content-Type", ""), text):
                            message = f"{path}: an HTML page came instead of a report."
                            raise errors.NotReady(message)
                        message = f"{path}: no report came but {errors.quote(text)!r}."
                        raise errors.BadAnswer(message)
                    size += len(chunk)
                    file.write(chunk)
            if size == 0:
                message = f"{path}: the answer is empty."
                raise errors.Overloaded(message)
        except requests.RequestException as error:
            self._files.give_back(file)
            raise self._broken(path, error) from None
        except BaseException:
            self._files.give_back(file)
            raise
        self.bytes += size
        file.truncate()
        file.seek(0)
        return Answer(file, size, self._files)

    def _expect(self, response: requests.Response, path: str, first: str) -> None:
        """Refuse a body that does not even begin as documented: v1 and v2 may answer any text (reference 1.5)."""
        text = response.content.lstrip()[:BEGINNING].decode("utf-8", "replace")
        if text[:1] and text[:1] in first and not errors.is_html(response.headers.get("Content-Type", ""), text):
            return
        if errors.is_html(response.headers.get("Content-Type", ""), text):
            message = f"{path}: an HTML page came instead of data."
            raise errors.NotReady(message)
        message = f"{path}: no data came but {errors.quote(text)!r}."
        raise errors.BadAnswer(message)

    # Sending

    @staticmethod
    def _new_session() -> requests.Session:
        session = requests.Session()
        session.headers["User-Agent"] = "tap-iiko"
        return session

    def _with_session(self, method: str, path: str, **options: t.Any) -> requests.Response:
        """Send with the token, and once more after a new login if iiko no longer knows it."""
        self._stopping.wait(max(0.0, self._quiet_until - time.monotonic()))
        self._ensure_session()
        url = f"{self.account.root}/api/{path}"
        try:
            return self._send(method, url, **options)
        except errors.SessionExpired as error:
            logger.warning("%s Logging in again.", error)
        self._token = None
        self._lease.write()
        self._ensure_session()
        return self._send(method, url, **options)

    def _send(self, method: str, url: str, **options: t.Any) -> requests.Response:
        where = url.removeprefix(self.account.root).removeprefix("/").removeprefix("api/")
        self.requests += 1
        try:
            response = self._http.request(
                method,
                url,
                timeout=(transport.CONNECT_SECONDS, self.account.request_timeout),
                verify=self.account.verify,
                allow_redirects=False,
                **options,
            )
            if response.status_code < 300:  # noqa: PLR2004
                if not options.get("stream"):
                    self.bytes += len(response.content)
                self._read_clock(response)
                return response
            body = response.text
        except requests.RequestException as error:
            raise self._broken(where, error) from None
        if response.status_code < 400:  # noqa: PLR2004
            target = response.headers.get("Location", "elsewhere").split("?")[0]
            message = f"{where}: the server redirects to {target}: use that address as base_url."
            raise errors.NotIiko(message)
        raise errors.from_status(response.status_code, response.headers.get("Content-Type", ""), body, where)

    def _read_clock(self, response: requests.Response) -> None:
        try:
            self.server_time = email.utils.parsedate_to_datetime(response.headers["Date"])
        except (KeyError, ValueError):
            self.server_time = None

    def _broken(self, where: str, error: requests.RequestException) -> errors.IikoError:
        """What a transport error means, and a pause after a time-out: what timed out may still be running there."""
        meaning = transport.meaning_of(error, self.account.root, where, self.account.request_timeout)
        if isinstance(meaning, errors.TimedOut):
            self._quiet_until = time.monotonic() + min(PAUSE_SECONDS, self.account.request_timeout)
        return meaning
