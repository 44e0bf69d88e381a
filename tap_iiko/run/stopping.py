"""How a run ends when it is told to."""

from __future__ import annotations

import logging
import signal
import sys
import typing as t

if t.TYPE_CHECKING:
    from tap_iiko.singer.writer import BlockWriter

logger = logging.getLogger("tap-iiko")

STUCK_SECONDS = 3  # of those ten that a container has; the logout needs some of them


class Stop:
    """Ends the run with a logout and a code that is no success, between two blocks of output.

    A reader that takes nothing more must not keep the licence slot, and whoever stops a container kills it after ten
    seconds: the block under way gets a moment, or until a second signal. What it leaves in the pipe may end in the
    middle of a line. A target refuses that line, and nothing is lost by it: no STATE stands behind it.
    """

    def __init__(self, writer: BlockWriter) -> None:
        """Watch what ``writer`` is doing."""
        self._writer = writer
        self._signal: int | None = None
        self._is_ending = False
        writer.after_block = self._obey

    def ask(self, signum: int) -> None:
        """A signal has come.

        Raises:
            SystemExit: now, if no block is under way.
        """
        if self._is_ending:
            return  # logging out already, in bounded time
        if self._writer.is_writing and self._signal is None:
            self._signal = signum
            signal.signal(signal.SIGALRM, lambda *_: self.ask(signum))
            signal.alarm(STUCK_SECONDS)
            return
        self._signal = self._signal or signum
        self._obey()

    def _obey(self) -> None:
        if self._signal is None or self._is_ending:
            return
        self._is_ending = True
        logger.warning("Stopped by %s: logging out.", signal.Signals(self._signal).name)
        sys.exit(128 + self._signal)
