"""What is served under ``/resto`` (API reference 1): a request in, an answer out; no sockets here."""

from __future__ import annotations

import typing as t
from xml.sax.saxutils import escape

from simulator.api import (
    cash,
    corporation,
    documents_v2,
    entities,
    invoices,
    login,
    nomenclature,
    people,
    plans,
    reports,
    staff_time,
    store_reports,
    xml_lists,
)
from simulator.api.method import HTML, JSON, METHODS, XML, Answer, Call, Served, html, text
from simulator.olap.request import Refusal

FAMILIES: t.Final = (
    cash,
    corporation,
    documents_v2,
    entities,
    invoices,
    login,
    nomenclature,
    people,
    plans,
    reports,
    staff_time,
    store_reports,
)
"""Their functions are in ``METHODS``."""
API: t.Final = "/resto/api/"
DENIALS: t.Final = {403: "Permission denied", 409: "Доступ запрещен {}"}


class Api:
    """The methods of one server."""

    def __init__(self, served: Served) -> None:
        """Over a business."""
        self.served = served

    def answer(self, call: Call) -> Answer:
        """Answer a request."""
        try:
            answer = self._answer(call)
        except Refusal as refusal:
            return self.error(refusal.text, refusal.status)
        if self.served.readings.content_type == "html" and answer.kind in {JSON, XML}:
            answer.kind = HTML
        return answer

    def error(self, words: str, status: int) -> Answer:
        """An error: its text, or a page of the web server's around it (1.5)."""
        return html(words, status) if self.served.readings.error_form == "page" else text(words, status)

    def _answer(self, call: Call) -> Answer:
        if call.path == "/resto/get_server_info.jsp":
            return self._info()
        if call.path == "/resto/login.jsp":
            return html("iikoServer: вход в систему")
        if not call.path.startswith(API):
            return html("404 Not Found", 404)
        path = call.path.removeprefix(API).rstrip("/")
        method = METHODS.get(path) or METHODS.get(f"{path.rpartition('/')[0]}/*")
        if method is None or method.session:
            self.served.sessions.check(call.token)
        if method is None or self.served.options.version_parts < method.since:
            return self.error(f"HTTP 404 Not Found: {path}", 404)
        if call.method not in method.verbs:
            return self.error("HTTP 405 Method Not Allowed", 405)
        if method.right in self.served.readings.missing_rights:
            return self._denied(method.right)
        if not method.session:
            return method.answer(self.served, call)
        with self.served.ledger.lock:  # a change is seen whole or not at all
            return method.answer(self.served, call)

    def _denied(self, right: str) -> Answer:
        """Either status is known; 409 speaks to the user and names the right (1.4, 1.5)."""
        status = self.served.readings.denied_status
        return self.error(DENIALS[status].format(right), status)

    def _info(self) -> Answer:
        """The only XML without a prolog, with null marked as such (1.2)."""
        names = {
            "serverName": self.served.ledger.group.name,
            "edition": self.served.options.edition,
            "version": self.served.options.version,
            "computerName": "SRV-DEMO",
            "serverState": self.served.readings.server_state,
        }
        body = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in names.items())
        if self.served.readings.server_info == "short":
            return Answer(200, XML, f"{xml_lists.HEAD}<r>{body}</r>".encode())
        body += "".join(f'<{name} null="1"></{name}>' for name in ("protocol", "serverAddr", "serverSubUrl"))
        return Answer(200, XML, f"<r>{body}<port>0</port><isPresent>false</isPresent></r>".encode())
