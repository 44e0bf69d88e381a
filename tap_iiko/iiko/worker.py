"""One thread that does one job after the other."""

from __future__ import annotations

import queue
import threading
import typing as t
from concurrent.futures import Future

from tap_iiko.iiko.errors import Stopped

T = t.TypeVar("T")


class Worker:
    """Begins with the first job."""

    def __init__(self) -> None:
        """Nothing to do yet."""
        self._jobs: queue.SimpleQueue[tuple[t.Callable[[], t.Any], Future[t.Any]] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    @property
    def has_begun(self) -> bool:
        """Whether there was any job, and no end yet."""
        return self._thread is not None

    def submit(self, job: t.Callable[[], T]) -> Future[T]:
        """Queue a job behind those already queued."""
        future: Future[T] = Future()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="iiko", daemon=True)
            self._thread.start()
        self._jobs.put((job, future))
        return future

    def cancel_waiting(self) -> None:
        """Drop the jobs that have not begun."""
        while not self._jobs.empty():
            item = self._jobs.get()
            if item is not None:
                item[1].set_exception(Stopped("The run is ending."))

    def end(self) -> None:
        """No more jobs after those that are queued."""
        self._jobs.put(None)
        self._thread = None

    def _work(self) -> None:
        while (item := self._jobs.get()) is not None:
            job, future = item
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(job())
            except BaseException as error:  # noqa: BLE001 - handed to whoever waits for the result
                future.set_exception(error)
