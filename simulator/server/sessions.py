"""Logins: tokens, their age, the slots of the licence, one request at a time (API reference 1.3)."""

from __future__ import annotations

import hashlib
import threading
import time
import typing as t
import uuid
from dataclasses import dataclass

from simulator.olap.request import Refusal

MODULE: t.Final = 2000
EXPIRED: t.Final = "Token is expired or invalid"
NO_SLOT: t.Final = f"License enhancement is required: no connections available for module {MODULE}"
WRONG: t.Final = "Unauthorized: invalid login or password"
BUSY: t.Final = "java.lang.IllegalStateException: another request of this session is being executed"


@dataclass(slots=True)
class _Token:
    issued: float
    busy: bool = False


class Sessions:
    """The logins of one server and what happens on it at the same time."""

    def __init__(self, login: str, password: str, slots: int, lifetime: float) -> None:
        """A server with one user."""
        self._login = login
        self._hash = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest()
        self.slots = slots
        self.lifetime = lifetime
        self._lock = threading.Lock()
        self._tokens: dict[str, _Token] = {}
        self.logins = 0
        self.logouts = 0
        self.in_flight = 0
        self.max_in_flight = 0
        self.refused_concurrent = 0

    @property
    def open_tokens(self) -> int:
        """How many slots are taken."""
        with self._lock:
            self._drop_old()
            return len(self._tokens)

    def _drop_old(self) -> None:
        oldest = time.monotonic() - self.lifetime
        for token in [token for token, each in self._tokens.items() if each.issued < oldest]:
            del self._tokens[token]

    def log_in(self, login: str, password_hash: str, wrong_status: int) -> str:
        """A new token.

        Raises:
            Refusal: wrong login, or no slot is free.
        """
        if (login, password_hash) != (self._login, self._hash):
            raise Refusal(wrong_status, WRONG)
        with self._lock:
            self._drop_old()
            if len(self._tokens) >= self.slots:
                raise Refusal(403, NO_SLOT)
            token = str(uuid.uuid4())
            self._tokens[token] = _Token(time.monotonic())
            self.logins += 1
            return token

    def log_out(self, token: str | None) -> str:
        """Give a slot back.

        Raises:
            Refusal: the token was not valid any more.
        """
        with self._lock:
            self._drop_old()
            if token is None or self._tokens.pop(token, None) is None:
                raise Refusal(401, EXPIRED)
            self.logouts += 1
            return token

    def check(self, token: str | None) -> None:
        """Let a request in.

        Raises:
            Refusal: no token, or an old one.
        """
        with self._lock:
            self._drop_old()
            if token not in self._tokens:
                raise Refusal(401, EXPIRED)

    def drop(self, token: str | None = None) -> None:
        """Forget a token, or all of them: the server was restarted."""
        with self._lock:
            if token is None:
                self._tokens.clear()
            else:
                self._tokens.pop(token, None)

    def enter(self, token: str | None) -> Visit:
        """A request begins."""
        with self._lock:
            self.in_flight += 1
            self.max_in_flight = max(self.max_in_flight, self.in_flight)
            each = self._tokens.get(token) if token else None
            refused = each is not None and each.busy
            if refused:
                self.refused_concurrent += 1
            elif each is not None:
                each.busy = True
            return Visit(self, None if refused else each, refused=refused)

    def leave(self, token: _Token | None) -> None:
        """A request is over."""
        with self._lock:
            self.in_flight -= 1
            if token is not None:
                token.busy = False

    def reset(self) -> None:
        """Count from zero."""
        with self._lock:
            self.logins = self.logouts = self.refused_concurrent = 0
            self.max_in_flight = self.in_flight


class Visit:
    """A request from its headers to its last byte."""

    def __init__(self, sessions: Sessions, token: _Token | None, *, refused: bool) -> None:
        """As ``Sessions.enter`` makes it."""
        self.refused = refused
        self._sessions = sessions
        self._token = token
        self._over = False

    def end(self) -> None:
        """The request is over; more than once does no harm."""
        if not self._over:
            self._over = True
            self._sessions.leave(self._token)
