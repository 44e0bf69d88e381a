"""A method of the API: one function with its path, the version that introduced it and the right that it needs."""

from __future__ import annotations

import json
import time
import typing as t
from dataclasses import dataclass, field
from functools import cached_property
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from simulator.api.json_lists import JsonLists
from simulator.olap.request import Refusal
from simulator.world.ledger import FIRST_REVISION

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message

    from simulator.olap.engine import Olap
    from simulator.options import ServerOptions
    from simulator.readings import Readings
    from simulator.server.faults import Faults
    from simulator.server.sessions import Sessions
    from simulator.world.book import Book
    from simulator.world.ledger import Ledger

TEXT: t.Final = "text/plain;charset=UTF-8"
JSON: t.Final = "application/json;charset=UTF-8"
XML: t.Final = "application/xml;charset=UTF-8"
HTML: t.Final = "text/html;charset=UTF-8"
BOTH: t.Final = ("GET", "POST")
"""For what may be asked for by a form, too (1.3, 3.1)."""

Row = dict[str, t.Any]
Thing = t.TypeVar("Thing")


@dataclass(slots=True)
class Call:
    """A request."""

    method: str
    path: str
    query: str
    headers: Message
    body: bytes = b""
    started: float = field(default_factory=time.monotonic)

    @property
    def params(self) -> dict[str, list[str]]:
        """The parameters of the query, and of the body if that is a form (3.1.1)."""
        text = self.query
        if "x-www-form-urlencoded" in (self.headers.get("Content-Type") or ""):
            text += "&" + self.body.decode("utf-8", "replace")
        return parse_qs(text, keep_blank_values=True)

    def param(self, name: str, default: str = "") -> str:
        """The first value of a parameter."""
        return self.params.get(name, [default])[0]

    @property
    def token(self) -> str | None:
        """The token of the cookie or of the query (1.3)."""
        given = parse_qs(self.query).get("key")
        if given:
            return given[0]
        try:
            morsel = SimpleCookie(self.headers.get("Cookie") or "").get("key")
        except CookieError:
            return None
        return morsel.value if morsel else None


@dataclass(slots=True)
class Answer:
    """An answer."""

    status: int
    kind: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    rows: int | None = None
    not_before: float = 0.0
    """The moment of its first byte, on the monotonic clock."""
    seconds: float = 0.0
    """From its first byte to its last."""


def text(body: str, status: int = 200) -> Answer:
    """A text; the whole of it is the message (1.5)."""
    return Answer(status, TEXT, body.encode())


def html(message: str, status: int = 200) -> Answer:
    """A page of something that stands before the application (1.5)."""
    page = f"<!DOCTYPE html><html><head><title>{message}</title></head><body><h1>{message}</h1></body></html>"
    return Answer(status, HTML, page.encode())


@dataclass
class Served:
    """What the methods of one server answer from."""

    options: ServerOptions
    ledger: Ledger
    book: Book
    olap: Olap
    sessions: Sessions
    faults: Faults

    @property
    def readings(self) -> Readings:
        """Where servers differ."""
        return self.options.readings

    @cached_property
    def lists(self) -> JsonLists:
        """The JSON lists."""
        return JsonLists(self.ledger, self.readings)

    @cached_property
    def stores(self) -> dict[str, str]:
        """The department of each store."""
        return {store.id: each.id for each in self.ledger.group.departments for store in each.stores}

    def json(self, content: t.Any, rows: int | None = None) -> Answer:
        """A v2 answer."""
        spaced = self.readings.json_spacing == "spaced"
        separators = (", ", ": ") if spaced else (",", ":")
        body = json.dumps(content, ensure_ascii=False, separators=separators).encode()
        return Answer(200, JSON, body, rows=rows)

    def wrapped(self, rows: list[Row]) -> Answer:
        """The wrapper of the methods added in 7.8 and later (2.3)."""
        content = {"result": "SUCCESS", "errors": [], "response": rows, "revision": self.ledger.revision}
        return self.json(content, len(rows))

    def since(self, call: Call, rows: list[Row]) -> list[Row]:
        """Rows that changed since."""
        return self.newer(call, rows, lambda row: str(row["id"]))

    def newer(self, call: Call, things: list[Thing], identity: Callable[[Thing], str]) -> list[Thing]:
        """``revisionFrom`` is exclusive; all that never changed has the first revision (2.4)."""
        given = call.param("revisionFrom", "-1")
        if not given.removeprefix("-").isdigit():
            raise Refusal(400, f"Malformed revisionFrom: '{given}'")
        revisions = self.ledger.revisions
        return [each for each in things if revisions.get(identity(each), FIRST_REVISION) > int(given)]


@dataclass(frozen=True)
class Method:
    """A path below ``/resto/api``."""

    path: str
    answer: Callable[[Served, Call], Answer]
    since: tuple[int, ...]
    right: str
    verbs: tuple[str, ...]
    session: bool


METHODS: t.Final[dict[str, Method]] = {}


def method(
    path: str,
    *,
    since: tuple[int, ...] = (),
    right: str = "",
    verbs: tuple[str, ...] = ("GET",),
    session: bool = True,
) -> Callable[[Callable[[Served, Call], Answer]], Callable[[Served, Call], Answer]]:
    """Serve ``path`` by a function.

    Args:
        path: below ``/resto/api``.
        since: the version that introduced it; before it the path does not exist.
        right: needed beyond those of an ordinary back-office user (1.4).
        verbs: of HTTP.
        session: whether it answers only to who is logged in.
    """

    def register(function: Callable[[Served, Call], Answer]) -> Callable[[Served, Call], Answer]:
        METHODS[path] = Method(path, function, since, right, verbs, session)
        return function

    return register
