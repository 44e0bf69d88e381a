"""One iiko server over HTTP: one session, one request in flight, always logged out (API reference 1).

Every request is run by one worker thread, so two can never be in flight, and a report can be fetched while the last
one is being written. Neither password, hash nor token is ever part of a URL, a log line or an exception.
"""

from __future__ import annotations

import logging
import threading
import typing as t
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field

from tap_iiko.iiko import bodies, errors, formats
from tap_iiko.iiko.pacing import TRIES, Pacing
from tap_iiko.iiko.scratch import ScratchFiles
from tap_iiko.iiko.session import Session
from tap_iiko.iiko.wire import Account, OnAnswer, Wire, check_beginning, refuse_page
from tap_iiko.iiko.worker import Worker

if t.TYPE_CHECKING:
    import datetime
    from concurrent.futures import Future
    from pathlib import Path
    from xml.etree.ElementTree import Element

logger = logging.getLogger("tap-iiko")

MEMORY_BYTES = 1 << 20  # a larger answer waits on disk

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


@dataclass
class Answer:
    """A body, whole, at its start."""

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

    pacing = Pacing()
    """The usual waits."""

    def __init__(
        self,
        account: Account,
        *,
        lease_folder: Path | None = None,
        pacing: Pacing | None = None,
        on_answer: OnAnswer = lambda *_: None,
    ) -> None:
        """``lease_folder`` keeps the token in use for the next run, should this one be killed."""
        self.account = account
        self.pacing = pacing or self.pacing
        self._wire = Wire(account, self.pacing, on_answer)
        self._session = Session(self._wire, lease_folder)
        self._files = ScratchFiles(MEMORY_BYTES)
        self._worker = Worker()
        self._closing = threading.Lock()
        self._is_closed = False

    @property
    def requests(self) -> int:
        """How many were sent."""
        return self._wire.requests

    @property
    def bytes(self) -> int:
        """How many were received."""
        return self._wire.bytes

    @property
    def server_time(self) -> datetime.datetime | None:
        """What the server takes for the time, in UTC; ``None`` if that is no time."""
        return self._wire.server_time

    def __enter__(self) -> t.Self:
        """Return the client itself; the session opens at the first request that needs one."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give the licence slot back, whatever happened."""
        self.close()

    @property
    def secrets(self) -> list[str]:
        """What must never be seen in a log, after the logout either."""
        return self._session.secrets

    # The session

    def server_info(self) -> dict[str, t.Any]:
        """``get_server_info.jsp`` (reference 1.2), the only thing a server tells without login.

        Returns:
            Its elements as text or null: ``serverName``, ``edition``, ``version``, ``serverState`` and more.
        """
        where = "get_server_info.jsp"
        try:
            found = formats.element_to_dict(self._do(lambda: self._get_info(where)))
        except NOT_IIKO as error:
            raise errors.NotIiko(
                f"{self.account.root} is not an iiko server, or not its address: {error}",
                "Take base_url from the address bar of iikoOffice's connection window (host and port).",
            ) from None
        info = {key: None if value is None else str(value).strip() for key, value in found.items()}
        if not info.get("version"):
            message = f"{self.account.root} answers, but not as an iiko server: {where} names no version."
            raise errors.NotIiko(message)
        return info

    def _get_info(self, where: str) -> Element:
        url = f"{self.account.root}/{where}"
        try:
            body = self._wire.send("GET", url, most=bodies.TEXT_BYTES, params=[("encoding", "UTF-8")])
        except errors.SessionExpired as error:  # nothing to log in for: it is starting (reference 1.3)
            raise errors.NotReady(f"{where}: iiko asks for a session where it needs none ({error.said}).") from None
        check_beginning(body, where, "<")
        return formats.parse_xml(body, where)

    def login(self) -> None:
        """Open the session now (otherwise the first request does).

        Raises:
            LoginRefused: wrong login or password, or the server is starting.
            NoLicenceSlot: no API connection became free within ``licence_wait``.
        """
        self._worker.submit(self._session.ensure).result()

    def close(self) -> None:
        """Log out, confirmed, after the request in flight; wait for that no longer than a moment.

        Another thread than the one that reads may call it: what that one waits for ends then, with ``Stopped``. Whoever
        comes second waits until the first is done.
        """
        self._wire.stopping.set()
        with self._closing:
            if not self._is_closed:
                self._is_closed = True
                self._close()

    def _close(self) -> None:
        left = self._worker.end(self._leave)
        try:
            left.result(timeout=self.pacing.logout_grace)
        except FutureTimeoutError:  # the worker leaves when that request has ended, if the process lives so long
            logger.warning("A request to %s is still running: logging out beside it.", self.account.root)
            self._wire.abandon()
            self._session.end()
            self._wire.http.close()

    def _leave(self) -> None:
        self._session.end()
        self._session.close()
        self._files.close()
        self._wire.http.close()

    # Reading

    def get_json(self, path: str, params: Params = ()) -> t.Any:
        """A v2 answer with exact decimals, whole."""

        def get() -> t.Any:
            body = self._with_session("GET", path, most=bodies.LIST_BYTES, params=params)
            check_beginning(body, path, "{[")
            answer = formats.parse_json(body, path)
            formats.refuse_error(answer, path)
            return answer

        return self._do(get)

    def get_text(self, path: str, params: Params = ()) -> str:
        """A text, trimmed; it may come bare, as JSON or as XML (reference 1.2)."""

        def get() -> str:
            body = self._with_session("GET", path, most=bodies.TEXT_BYTES, params=params)
            refuse_page(body, path)
            return formats.parse_text(body, path)

        return self._do(get)

    def _do(self, request: t.Callable[[], T]) -> T:
        """One request after those already queued, and again where it failed in a way that may pass."""
        return self._worker.submit(lambda: self.pacing.retry(request)).result()

    def fetch_report(self, path: str, body: t.Mapping[str, t.Any], *, tries: int = 2) -> Future[Answer]:
        """Queue a report; its whole body waits in memory or on disk when the future is done.

        A time-out is not repeated here: the report may still be running there, and the caller should ask for less.
        """
        options = {"most": bodies.REPORT_BYTES, "begins": "{", "json": body}
        return self._worker.submit(lambda: self._fetch("report", tries, "POST", path, options))

    def fetch_list(self, path: str, params: Params = (), *, otherwise: Params | None = None) -> Future[Answer]:
        """Queue a list, JSON or XML; its body waits as that of a report does.

        A cut body is not seen here: whoever decodes it asks again.

        Args:
            path: below ``/resto/api``.
            params: to ask with.
            otherwise: to ask with where iiko refuses those.
        """

        def ask(some: Params) -> Answer:
            options = {"most": bodies.LIST_BYTES, "begins": "{[<", "params": some}
            return self._fetch("list", TRIES, "GET", path, options)

        def fetch() -> Answer:
            try:
                return ask(params)
            except errors.Rejected:
                if otherwise is None:
                    raise
            return ask(otherwise)

        return self._worker.submit(fetch)

    def _fetch(self, what: str, tries: int, method: str, path: str, options: dict[str, t.Any]) -> Answer:
        """An answer in a file of its own."""

        def once() -> Answer:
            file = self._files.take()
            try:
                size = self._with_session(method, path, into=file, **options)
                if size == 0:
                    raise errors.Transient(f"{path}: the answer is empty.")
                file.truncate()
                file.seek(0)
            except BaseException:
                self._files.discard(file)
                raise
            return Answer(file, size, self._files)

        try:
            return self.pacing.retry(once, tries=tries)
        except OSError as error:
            raise errors.NoRoom(
                f"The {what} cannot be kept in the folder for temporary files ({error.strerror}).",
                "Make room there, or let TMPDIR name another folder.",
            ) from None

    # Sending

    def _with_session(self, method: str, path: str, **options: t.Any) -> t.Any:
        """Send with the token, and once more after a new login if iiko no longer knows it."""
        self._wire.wait_until_quiet()
        self._session.ensure()
        url = f"{self.account.root}/api/{path}"
        try:
            return self._wire.send(method, url, **options)
        except errors.SessionExpired as error:
            logger.warning("%s Logging in again.", error)
        self._session.end()  # should it live after all, it would hold its slot for an hour
        self._session.ensure()
        return self._wire.send(method, url, **options)
