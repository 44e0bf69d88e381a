"""Where servers that are read side by side hand in what they have: one commit after the other, in the main thread.

The main thread alone writes, so that a signal finds it either waiting here or inside a block of output, never between
the two of a lock; and rows, log and state of one commit stand together.
"""

from __future__ import annotations

import queue
import threading
import time
import typing as t
from concurrent.futures import Future

from tap_iiko.iiko import errors

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable

JOIN_SECONDS = 15.0  # a logout is given ten


class Reading(t.Protocol):
    """One server's part of a run."""

    @property
    def place(self) -> str:
        """Its address: two parts of one place would take two licence slots, so they are never read at once."""

    def run(self) -> None:
        """Read it all; whatever goes wrong is told there."""

    def stop(self) -> None:
        """End it from outside: log out."""


class Desk:
    """Takes commits in."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[tuple[Callable[[], None], Future[None]] | Reading] = queue.SimpleQueue()
        self._is_closed = False

    def do(self, job: Callable[[], None]) -> None:
        """Called by a server's thread: have a commit done, and wait for it.

        Raises:
            Stopped: the run is ending; nothing of it is written.
        """
        done: Future[None] = Future()
        self._jobs.put((job, done))
        if self._is_closed:
            self._refuse()
        done.result()

    def serve(self, readings: Iterable[Reading], most: int) -> None:
        """Called by the main thread: read all servers, ``most`` at a time, and do their commits.

        Raises:
            BaseException: what a commit could not be done for, or a signal; all servers are logged out then.
        """
        waiting = list(readings)
        running: dict[Reading, threading.Thread] = {}
        try:
            while waiting or running:
                while len(running) < most and (reading := self._take(waiting, running)):
                    running[reading] = threading.Thread(target=self._read, args=(reading,), daemon=True)
                    running[reading].start()
                job = self._jobs.get()
                if isinstance(job, tuple):
                    self._do(*job)
                else:
                    running.pop(job).join()
        except BaseException:
            self._is_closed = True
            self._refuse()
            self._stop(running)
            raise

    @staticmethod
    def _take(waiting: list[Reading], running: Iterable[Reading]) -> Reading | None:
        taken = {reading.place for reading in running}
        free = next((reading for reading in waiting if reading.place not in taken), None)
        if free:
            waiting.remove(free)
        return free

    def _read(self, reading: Reading) -> None:
        try:
            reading.run()
        finally:
            self._jobs.put(reading)

    @staticmethod
    def _do(job: Callable[[], None], done: Future[None]) -> None:
        try:
            job()
        except BaseException:
            done.set_exception(errors.Stopped("The run is ending."))
            raise
        done.set_result(None)

    def _refuse(self) -> None:
        while not self._jobs.empty():
            job = self._jobs.get()
            if isinstance(job, tuple):
                job[1].set_exception(errors.Stopped("The run is ending."))

    @staticmethod
    def _stop(running: dict[Reading, threading.Thread]) -> None:
        """All at once: each logout may have to wait for a request in flight."""
        stopping = [threading.Thread(target=reading.stop, daemon=True) for reading in running]
        for thread in stopping:
            thread.start()
        deadline = time.monotonic() + JOIN_SECONDS
        for thread in (*stopping, *running.values()):
            thread.join(max(0.0, deadline - time.monotonic()))
