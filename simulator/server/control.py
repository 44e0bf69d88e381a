"""The remote control below ``/simulator/`` for whoever runs the simulator as a process of its own."""

from __future__ import annotations

import datetime
import json
import typing as t
from decimal import Decimal
from urllib.parse import parse_qs

from simulator.api.method import JSON, Answer, Call, text

if t.TYPE_CHECKING:
    from simulator.core import Simulator


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

    def __init__(self, simulator: Simulator) -> None:
        """Of one simulator."""
        self.sim = simulator

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
                return as_json(self.sim.books.days())
            case "GET", "books/rows":
                return as_json(self.sim.books.rows(parse_qs(call.query)["table"][0]))
            case "GET", "requests":
                return as_json(self._requests())
            case "POST", "change":
                return as_json(self.sim.business.do(content.pop("kind"), **content))
            case "POST", "fault":
                kind = content.pop("kind")
                if kind == "clear":
                    self.sim.faults.clear()
                else:
                    self.sim.faults.add(kind, **content)
                return as_json({"ok": True})
            case "POST", "reset_log":
                self.sim.reset_log()
                return as_json({"ok": True})
            case _:
                return text("not a command of the simulator", 404)

    def _requests(self) -> dict[str, t.Any]:
        sim = self.sim
        return {
            "log": [record.as_dict() for record in sim.log],
            "logins": sim.logins,
            "logouts": sim.logouts,
            "open_tokens": sim.open_tokens,
            "max_in_flight": sim.max_in_flight,
            "refused_concurrent": sim.refused_concurrent,
            "olap_requests": sim.olap_requests,
        }
