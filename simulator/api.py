"""What is served under ``/resto`` (API reference 1 to 4): a request in, an answer out; no sockets here."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from simulator import xml_lists
from simulator.fields import directory
from simulator.json_lists import ROOT_TYPES_SINCE, JsonLists, kept
from simulator.ledger import FIRST_REVISION
from simulator.request import Refusal

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message

    from simulator.core import Simulator

TEXT: t.Final = "text/plain;charset=UTF-8"
JSON: t.Final = "application/json;charset=UTF-8"
XML: t.Final = "application/xml;charset=UTF-8"
HTML: t.Final = "text/html;charset=UTF-8"
API: t.Final = "/resto/api/"
OLAP: t.Final = "v2/reports/olap"
OVERLOAD: t.Final = "java.lang.OutOfMemoryError: GC overhead limit exceeded"
SINCE: t.Final = {
    "replication/serverType": (5, 0),
    "corporation/groups": (4, 3),
    "corporation/terminals": (4, 3),
    "v2/entities/list": (5, 0),
    "v2/entities/accounts/list": (5, 4),
    "v2/entities/products/list": (6, 1),
    "v2/entities/products/group/list": (6, 2),
    "v2/entities/products/category/list": (6, 2),
    "v2/entities/productScales": (6, 2),
    "v2/entities/products/productScales": (6, 2),
    "v2/corporation/settings": (6, 2),
}
"""The version that introduced a method; before it the path does not exist (3, 9)."""
TOKEN_FORMS: t.Final = {"bare": "{}", "quoted": '"{}"', "element": "<string>{}</string>"}
POSTED: t.Final = {
    "v2/entities/products/list",
    "v2/entities/products/group/list",
    "v2/entities/products/category/list",
    "v2/entities/productScales",
}
"""Lists that may be asked for by a form, too (3.1)."""
FILTERS: t.Final = {
    "ids": "id",
    "nums": "num",
    "codes": "code",
    "types": "type",
    "categoryIds": "category",
    "parentIds": "parent",
}


@dataclass(slots=True)
class Call:
    """A request."""

    method: str
    path: str
    query: str
    headers: Message
    body: bytes = b""

    @property
    def params(self) -> dict[str, list[str]]:
        """The parameters of the query, and of the body if that is a form (3.1.1)."""
        text = self.query
        if "x-www-form-urlencoded" in (self.headers.get("Content-Type") or ""):
            text += "&" + self.body.decode("utf-8", "replace")
        return parse_qs(text, keep_blank_values=True)

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


def text(body: str, status: int = 200) -> Answer:
    """A text; the whole of it is the message (1.5)."""
    return Answer(status, TEXT, body.encode())


def html(message: str, status: int = 200) -> Answer:
    """A page of something that stands before the application (1.5)."""
    page = f"<!DOCTYPE html><html><head><title>{message}</title></head><body><h1>{message}</h1></body></html>"
    return Answer(status, HTML, page.encode())


class Api:
    """The methods of one server."""

    def __init__(self, simulator: Simulator) -> None:
        """Over the simulator's business."""
        self.sim = simulator
        ledger = simulator.ledger
        self.group = ledger.group
        self.version = tuple(int(part) for part in simulator.version.split(".")[:3])
        self.lists = JsonLists(ledger.ids, ledger.group, ledger.menu, simulator.readings)
        self._methods: dict[str, Callable[[Call], Answer]] = {
            "replication/serverType": self._server_type,
            "licence/info": self._licence,
            "corporation/departments": self._departments,
            "corporation/stores": self._stores,
            "corporation/groups": self._groups,
            "corporation/terminals": self._terminals,
            "v2/entities/products/list": lambda call: self._list(call, self.lists.products()),
            "v2/entities/products/group/list": lambda call: self._list(call, self.lists.groups()),
            "v2/entities/products/category/list": lambda call: self._list(call, self.lists.categories()),
            "v2/entities/productScales": lambda call: self._list(call, self.lists.scales()),
            "v2/entities/products/productScales": lambda _: self._json(self.lists.product_scales()),
            "v2/entities/accounts/list": lambda call: self._list(call, self.lists.accounts()),
            "v2/entities/list": self._entities,
            "v2/corporation/settings": lambda _: self._json({"vatAccounting": "VAT_INCLUDED_IN_PRICE"}),
            "v2/reports/olap/columns": self._columns,
            OLAP: self._report,
        }

    def answer(self, call: Call) -> Answer:
        """Answer a request."""
        try:
            answer = self._answer(call)
        except Refusal as refusal:
            return self.error(refusal.text, refusal.status)
        if self.sim.readings.content_type == "html" and answer.kind in {JSON, XML}:
            answer.kind = HTML
        return answer

    def error(self, words: str, status: int) -> Answer:
        """An error: its text, or a page of the web server's around it (1.5)."""
        return html(words, status) if self.sim.readings.error_form == "page" else text(words, status)

    def _answer(self, call: Call) -> Answer:
        if call.path == "/resto/get_server_info.jsp":
            return self._info()
        if call.path == "/resto/login.jsp":
            return html("iikoServer: вход в систему")
        if not call.path.startswith(API):
            return html("404 Not Found", 404)
        path = call.path.removeprefix(API).rstrip("/")
        if path == "auth":
            return self._log_in(call)
        if path == "logout":
            return self._log_out(call)
        if path == "version":
            return text(self.sim.version)
        self.sim.sessions.check(call.token)
        method = self._methods.get(path)
        if method is None or self.version < SINCE.get(path, ()):
            return self.error(f"HTTP 404 Not Found: {path}", 404)
        if call.method != ("POST" if path == OLAP else "GET") and path not in POSTED:
            return self.error("HTTP 405 Method Not Allowed", 405)
        return method(call)

    def _log_in(self, call: Call) -> Answer:
        params = call.params
        login, password = (params.get(name, [""])[0] for name in ("login", "pass"))
        readings = self.sim.readings
        token = self.sim.sessions.log_in(login, password, readings.wrong_login_status)
        answer = text(TOKEN_FORMS[readings.token_form].format(token))
        answer.headers["Set-Cookie"] = f"key={token}; Path=/resto"
        return answer

    def _log_out(self, call: Call) -> Answer:
        token = self.sim.sessions.log_out(call.token)
        return text(f"Connection released: {token}" if self.sim.readings.logout == "released" else token)

    def _info(self) -> Answer:
        """The only XML without a prolog, with null marked as such (1.2)."""
        names = {
            "serverName": self.group.name,
            "edition": self.sim.edition,
            "version": self.sim.version,
            "computerName": "SRV-DEMO",
            "serverState": self.sim.readings.server_state,
        }
        body = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in names.items())
        if self.sim.readings.server_info == "short":
            return Answer(200, XML, f"{xml_lists.HEAD}<r>{body}</r>".encode())
        body += "".join(f'<{name} null="1"></{name}>' for name in ("protocol", "serverAddr", "serverSubUrl"))
        return Answer(200, XML, f"<r>{body}<port>0</port><isPresent>false</isPresent></r>".encode())

    def _server_type(self, _: Call) -> Answer:
        kind = "CHAIN" if self.sim.edition == "chain" else "STANDALONE_RMS"
        match self.sim.readings.server_type:
            case "xml":
                return Answer(200, XML, f"{xml_lists.HEAD}<serverType>{kind}</serverType>".encode())
            case "json":
                return self._json({"serverType": kind})
            case "text":
                return text(kind)

    def _licence(self, _: Call) -> Answer:
        return text(str(self.sim.sessions.slots - self.sim.sessions.open_tokens))

    # Lists

    def _json(self, content: t.Any, rows: int | None = None) -> Answer:
        spaced = self.sim.readings.json_spacing == "spaced"
        separators = (", ", ": ") if spaced else (",", ":")
        body = json.dumps(content, ensure_ascii=False, separators=separators).encode()
        return Answer(200, JSON, body, rows=rows)

    def _list(self, call: Call, rows: list[dict[str, t.Any]]) -> Answer:
        params = call.params
        rows = kept(rows, deleted=params.get("includeDeleted") == ["true"])
        for name, key in FILTERS.items():
            if name in params and rows and key in rows[0]:
                wanted = {value.lower() for value in params[name]}
                rows = [row for row in rows if str(row[key] or "").lower() in wanted]
        rows = self._since(call, rows)
        return self._json(rows, len(rows))

    def _since(self, call: Call, rows: list[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
        """``revisionFrom`` is exclusive; all that never changed has the first revision (2.4)."""
        given = call.params.get("revisionFrom", ["-1"])[0]
        if not given.removeprefix("-").isdigit():
            raise Refusal(400, f"Malformed revisionFrom: '{given}'")
        revisions = self.sim.ledger.revisions
        return [row for row in rows if revisions.get(row["id"], FIRST_REVISION) > int(given)]

    def _entities(self, call: Call) -> Answer:
        params = call.params
        lists = self.lists.entities()
        kinds = params.get("rootType")
        if not kinds:
            raise Refusal(400, "Argument for @NotNull parameter 'rootType' must not be null")
        rows: list[dict[str, t.Any]] = []
        for kind in kinds:
            if kind not in lists or self.version < ROOT_TYPES_SINCE.get(kind, ()):
                raise Refusal(400, f"java.lang.IllegalArgumentException: Unknown root type: {kind}")
            rows += lists[kind]
        rows = self._since(call, kept(rows, deleted=params.get("includeDeleted", ["true"]) != ["false"]))
        return self._json(rows, len(rows))

    def _xml(self, root: str, rows: list[str]) -> Answer:
        return Answer(200, XML, xml_lists.document(root, rows), rows=len(rows))

    def _departments(self, call: Call) -> Answer:
        rows = self._since(call, xml_lists.department_rows(self.group, self.sim.readings))
        return self._xml("corporateItemDtoes", [xml_lists.corporate_item(row) for row in rows])

    def _stores(self, call: Call) -> Answer:
        rows = self._since(call, xml_lists.store_rows(self.group))
        return self._xml("corporateItemDtoes", [xml_lists.corporate_item(row) for row in rows])

    def _groups(self, _: Call) -> Answer:
        return self._xml("groupDtoes", xml_lists.group_rows(self.group))

    def _terminals(self, _: Call) -> Answer:
        return self._xml("terminalDtoes", xml_lists.terminal_rows(self.group, self.sim.ledger.ids))

    # Reports

    def _columns(self, call: Call) -> Answer:
        report = call.params.get("reportType", [""])[0]
        fields = directory(report, self.sim.fields)
        if fields is None:
            raise Refusal(404, f"HTTP 404 Not Found: {report}")
        return self._json({name: each.as_json() for name, each in fields.items()}, len(fields))

    def _report(self, call: Call) -> Answer:
        if not (call.headers.get("Content-Type") or "").startswith("application/json"):
            return self.error("HTTP 415 Unsupported Media Type", 415)
        olap = self.sim.olap
        request = olap.read(call.body, self.sim.ledger.last_day)
        days = self.sim.faults.limit("max_days", "days")
        if days is not None and request.days > days:
            raise Refusal(500, OVERLOAD)
        body, rows = olap.answer(call.body, request)
        most = self.sim.faults.limit("max_rows", "rows")
        if most is not None and rows > most:
            raise Refusal(500, OVERLOAD)
        return Answer(200, JSON, body, rows=rows)
