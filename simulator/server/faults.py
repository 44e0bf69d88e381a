"""Faults on demand: what goes wrong with real servers (API reference 1.5, 6)."""

from __future__ import annotations

import threading
import typing as t
from dataclasses import dataclass, field

Kind = t.Literal[
    "http_500",
    "html_200",
    "reset",
    "truncate",
    "empty",
    "stall",
    "expire",
    "slots_full",
    "forbidden",
    "missing",
    "business_rule",
    "slow",
    "restart",
    "max_days",
    "max_rows",
]
KINDS: t.Final[tuple[str, ...]] = t.get_args(Kind)
LIMITS: t.Final = {"max_days", "max_rows"}
"""What a report may come to on a weak server: in force until they are cleared."""
RESTART_TIMES: t.Final = 3
"""A restart is seen at least so often: a connection that breaks, then logins that are refused (1.3)."""
LOGIN: t.Final = "/auth"
LOGOUT: t.Final = "/logout"
REPORT: t.Final = "v2/reports/olap"
Match = t.Callable[[t.Any], bool]


@dataclass(slots=True)
class Fault:
    """Something that will go wrong.

    ``path`` is a part of the request's path; without it a login fault hits logins, an OLAP limit reports, and any other
    kind every request but login and logout. ``after`` requests of that kind pass first, then ``times`` are hit.
    """

    kind: str
    times: int = 1
    path: str | None = None
    after: int = 0
    match: Match | None = None
    options: dict[str, t.Any] = field(default_factory=dict)
    hits: int = 0

    def concerns(self, path: str, body: t.Any) -> bool:
        """Whether a request is one of those that this fault is for."""
        if self.path is not None:
            if self.path not in path:
                return False
        elif self.kind == "slots_full":
            if not path.endswith(LOGIN):
                return False
        elif self.kind == "slow":
            if not path.endswith(REPORT):
                return False
        elif path.endswith((LOGIN, LOGOUT)) and self.kind != "restart":
            return False
        return self.match is None or (isinstance(body, dict) and bool(self.match(body)))


class Faults:
    """The faults that are still to come."""

    def __init__(self) -> None:
        """None yet."""
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(
        self,
        kind: str,
        times: int = 1,
        path: str | None = None,
        after: int = 0,
        match: Match | None = None,
        **options: t.Any,
    ) -> Fault:
        """Let something go wrong.

        Args:
            kind: what, one of ``KINDS``.
            times: how often.
            path: a part of the paths that are hit.
            after: how many such requests pass first.
            match: for reports, whether this request body is hit.
            **options: ``seconds`` of stall and slow; ``days`` of max_days; ``rows`` of max_rows; ``status``; ``text``.

        Raises:
            ValueError: no such kind.
        """
        if kind not in KINDS:
            message = f"no fault {kind!r}: {', '.join(KINDS)}"
            raise ValueError(message)
        if kind == "restart":
            times = max(times, RESTART_TIMES)
        fault = Fault(kind, times, path, after, match, options)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """All is well again."""
        with self._lock:
            self._faults.clear()

    def limit(self, kind: str, unit: str) -> int | None:
        """The limit of that kind; the last one given counts."""
        with self._lock:
            given = [fault.options[unit] for fault in self._faults if fault.kind == kind]
        return int(given[-1]) if given else None

    def hits(self, path: str, body: t.Any) -> list[Fault]:
        """The faults that hit this request."""
        found: list[Fault] = []
        with self._lock:
            for fault in self._faults:
                if fault.kind in LIMITS or not fault.concerns(path, body):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                elif fault.hits < fault.times:
                    fault.hits += 1
                    found.append(fault)
        return found
