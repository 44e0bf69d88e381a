"""One thread that does one job after the other.

No ``ThreadPoolExecutor`` of one thread: the interpreter joins such threads before it ends, so a report that hangs would
hold a process that is told to stop, logged out or not.
"""

from __future__ import annotations

import queue
import threading
import typing as t
from concurrent.futures import Future

from tap_iiko.iiko import errors

T = t.TypeVar("T")


class Worker:
    """Begins with the first job. Jobs may come from several threads."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[tuple[t.Callable[[], t.Any], Future[t.Any]] | None] = queue.SimpleQueue()
        self._one_at_a_time = threading.Lock()
        self._has_begun = self._has_ended = False

    def submit(self, job: t.Callable[[], T]) -> Future[T]:
        """Queue a job behind those already queued; after the end its outcome is ``Stopped``."""
        with self._one_at_a_time:
            future: Future[T] = Future()
            if self._has_ended:
                _refuse(future)
            else:
                self._put(job, future)
            return future

    def end(self, last: t.Callable[[], T]) -> Future[T]:
        """Do one more job after the one under way; those that wait are refused, and so is what comes later."""
        with self._one_at_a_time:
            self._has_ended = True
            while (waiting := self._next()) is not None:
                _refuse(waiting)
            future: Future[T] = Future()
            self._put(last, future)
            self._jobs.put(None)
            return future

    def _put(self, job: t.Callable[[], T], future: Future[T]) -> None:
        self._jobs.put((job, future))
        if not self._has_begun:
            self._has_begun = True
            threading.Thread(target=self._work, name="iiko", daemon=True).start()

    def _next(self) -> Future[t.Any] | None:
        try:
            item = self._jobs.get_nowait()
        except queue.Empty:
            return None
        return item and item[1]

    def _work(self) -> None:
        while (item := self._jobs.get()) is not None:
            job, future = item
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(job())
            except BaseException as error:  # noqa: BLE001 - handed to whoever waits for the result
                future.set_exception(error)


def _refuse(future: Future[t.Any]) -> None:
    if future.set_running_or_notify_cancel():
        future.set_exception(errors.Stopped("The run is ending."))
