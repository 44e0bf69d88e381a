"""How long is waited for a server, and what is worth asking it once more."""

from __future__ import annotations

import logging
import time
import typing as t
from dataclasses import dataclass

import backoff

from tap_iiko.iiko import errors

logger = logging.getLogger("tap-iiko")

TRIES = 4
LONGEST_WAIT = 30.0  # between two tries

T = t.TypeVar("T")
Errors = type[Exception] | tuple[type[Exception], ...]


@dataclass(frozen=True)
class Pacing:
    """In seconds."""

    first_wait: float = 1.0
    """After a first try that failed; it doubles from try to try."""
    slot_wait: float = 3.0
    """Until a licence that has no free slot is asked again."""
    quiet: float = 30.0
    """After a time-out: the report may still be running there."""
    session_age: float = 50 * 60.0
    """Then the login is renewed: a token dies an hour after it, even while in use (API reference 1.3)."""
    logout_grace: float = 10.0
    """How long a run that is told to stop waits for the request in flight."""
    clock: t.Callable[[], float] = time.monotonic

    def retry(
        self,
        job: t.Callable[[], T],
        *,
        tries: int = TRIES,
        on: Errors = (errors.Transient, errors.CutAnswer),
        jitter: bool = True,
    ) -> T:
        """Do a job, again where it failed in a way that may pass, with exponential back-off."""
        again = backoff.on_exception(
            backoff.expo,
            on,
            max_tries=tries,
            factor=self.first_wait,
            max_value=LONGEST_WAIT,
            on_backoff=_tell,
            jitter=backoff.full_jitter if jitter else None,
            logger=None,
        )
        return again(job)()


def _tell(details: t.Any) -> None:
    logger.warning("%s Trying again in %.1f s.", details["exception"], details["wait"])
