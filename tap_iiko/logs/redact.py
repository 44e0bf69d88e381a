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
        self._known: set[str] = set()
        # Servers that are read side by side log at the same time, and a signal may log while its thread is logging.
        self._one_at_a_time = threading.RLock()
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
        with self._one_at_a_time:
            for source in self._sources:
                for secret in source():
                    if len(secret) >= SHORTEST and secret not in self._known:
                        quoted = {secret, json.dumps(secret)[1:-1], repr(secret)[1:-1], quote(secret, safe="")}
                        self._known.update(quoted, {secret.lower(), secret.upper()})  # a hash is the same in either
            known = sorted(self._known, key=len, reverse=True)
        for secret in known:
            text = text.replace(secret, MASK)
        return text

    def _make(self, *args: t.Any, **kwargs: t.Any) -> logging.LogRecord:
        record = self._previous(*args, **kwargs)
        message = record.getMessage()
        masked = self.mask(message)
        if masked != message:
            record.msg, record.args = masked, ()
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = self.mask("".join(traceback.format_exception(*record.exc_info)).rstrip())
        return record
