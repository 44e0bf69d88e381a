"""The remote control below ``/simulator/`` for whoever runs the simulator as a process of its own."""

from __future__ import annotations

import datetime
import json
import typing as t
from decimal import Decimal

from simulator.api.method import JSON, Answer, Call, text
from simulator.api.reports import OLAP

if t.TYPE_CHECKING:
    from simulator.api.method import Served
    from simulator.server.record import Record
    from simulator.truth.books import Books
    from simulator.world.business import Business


def _plain(value: t.Any) -> str:
    if isinstance(value, (Decimal, datetime.date)):
        return str(value)
    raise TypeError(value)


def as_json(content: t.Any) -> Answer:
    """Decimals and dates as strings."""
    body = json.dumps(content, ensure_ascii=False, default=_plain).encode()
    return Answer(200, JSON, body)


class Control:
    """What can be asked and told."""

    def __init__(self, served: Served, books: Books, business: Business, log: list[Record]) -> None:
        """Of one simulator."""
        self.served = served
        self.books = books
        self.business = business
        self.log = log

    @property
    def olap_requests(self) -> int:
        """How many reports were asked for."""
        return sum(1 for record in self.log if record.path.endswith(OLAP))

    def reset_log(self) -> None:
        """Forget the requests so far."""
        self.log.clear()
        self.served.sessions.reset()

    def answer(self, call: Call) -> Answer:
        """Do what a request says; a mistake in it is told as 400."""
        try:
            return self._answer(call)
        except (KeyError, TypeError, ValueError) as error:
            return text(f"{type(error).__name__}: {error}", 400)

    def _answer(self, call: Call) -> Answer:
        content: dict[str, t.Any] = json.loads(call.body) if call.body else {}
        match call.method, call.path.removeprefix("/simulator/").rstrip("/"):
            case "GET", "books/days":
                return as_json(self.books.days())
            case "GET", "books/rows":
                return as_json(self.books.rows(call.params["table"][0]))
            case "GET", "books/balances":
                return as_json(self.books.balances(call.params["table"][0], call.params["moment"][0]))
            case "GET", "requests":
                return as_json(self._requests())
            case "POST", "change":
                return as_json(self.business.do(content.pop("kind"), **content))
            case "POST", "fault":
                kind = content.pop("kind")
                if kind == "clear":
                    self.served.faults.clear()
                else:
                    self.served.faults.add(kind, **content)
                return as_json({"ok": True})
            case "POST", "reset_log":
                self.reset_log()
                return as_json({"ok": True})
            case _:
                return text("not a command of the simulator", 404)

    def _requests(self) -> dict[str, t.Any]:
        sessions = self.served.sessions
        return {
            "log": [record.as_dict() for record in self.log],
            "logins": sessions.logins,
            "logouts": sessions.logouts,
            "open_tokens": sessions.open_tokens,
            "max_in_flight": sessions.max_in_flight,
            "refused_concurrent": sessions.refused_concurrent,
            "olap_requests": self.olap_requests,
        }
