"""Secrets never reach a log line, whoever writes it."""

from __future__ import annotations

import json
import logging
import threading
import traceback
import typing as t
from urllib.parse import quote

MASK = "***"
# A shorter secret would mask ordinary words and figures. None is lost by that: passwords are never sent, only their
# hashes, and no message of ours repeats a setting that may hold one.
SHORTEST = 4


class Redactor:
    """Masks secrets in every log record of the process, its traceback included, and in what rows say of errors."""

    def __init__(self) -> None:
        self._sources: list[t.Callable[[], t.Iterable[str]]] = []
        self._told: set[str] = set()
        self._known: tuple[str, ...] = ()  # in every form; the longest first, since one may hold another
        # Servers that are read side by side log at the same time, and a signal logs in the middle of it.
        self._learning = threading.RLock()
        self._previous = logging.getLogRecordFactory()

    def install(self) -> None:
        """Stand in front of the record factory, so that every handler is covered."""
        self._previous = logging.getLogRecordFactory()
        logging.setLogRecordFactory(self._make)

    def uninstall(self) -> None:
        """Step aside."""
        logging.setLogRecordFactory(self._previous)

    def add(self, source: t.Callable[[], t.Iterable[str]]) -> None:
        """``source`` tells the secrets of the moment, since a token changes; what it told once is never forgotten."""
        self._sources.append(source)

    def mask(self, text: str) -> str:
        """The text without secrets, also as they stand in JSON, in a URL or in a form."""
        self._learn()
        for secret in self._known:
            text = text.replace(secret, MASK)
        return text

    def _learn(self) -> None:
        """Ask the sources, and take in what is new."""
        with self._learning:
            told = {secret for source in self._sources for secret in source() if len(secret) >= SHORTEST}
            new = told - self._told
            if new:
                self._told |= new
                forms = set(self._known).union(*map(_forms, new))
                self._known = tuple(sorted(forms, key=len, reverse=True))

    def _make(self, *args: t.Any, **kwargs: t.Any) -> logging.LogRecord:
        record = self._previous(*args, **kwargs)
        message = record.getMessage()
        masked = self.mask(message)
        if masked != message:
            record.msg, record.args = masked, ()
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = self.mask("".join(traceback.format_exception(*record.exc_info)).rstrip())
        return record


def _forms(secret: str) -> set[str]:
    """As it stands in JSON, in a message of Python, in a URL or in a form; a hash is the same in either case."""
    quoted = {secret, json.dumps(secret)[1:-1], repr(secret)[1:-1], quote(secret, safe="")}
    return quoted | {secret.lower(), secret.upper()}
