"""Secrets never reach a log line, whoever writes it."""

from __future__ import annotations

import logging
import traceback
import typing as t

MASK = "***"
SHORTEST = 4  # a shorter secret would mask ordinary words


class Redactor:
    """Masks known secrets in every log record of the process, its traceback included."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._sources: list[t.Callable[[], t.Iterable[str]]] = []
        self._previous = logging.getLogRecordFactory()

    def install(self) -> None:
        """Stand in front of the record factory, so that every handler is covered."""
        self._previous = logging.getLogRecordFactory()
        logging.setLogRecordFactory(self._make)

    def uninstall(self) -> None:
        """Step aside."""
        logging.setLogRecordFactory(self._previous)

    def add(self, source: t.Callable[[], t.Iterable[str]]) -> None:
        """``source`` tells the secrets of the moment, since a token changes."""
        self._sources.append(source)

    def mask(self, text: str) -> str:
        """The text without secrets."""
        for source in self._sources:
            for secret in source():
                if len(secret) >= SHORTEST:
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
