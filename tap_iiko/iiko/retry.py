"""What is worth asking once more, and when."""

from __future__ import annotations

import logging
import typing as t

import backoff

from tap_iiko.iiko import errors

logger = logging.getLogger("tap-iiko")

T = t.TypeVar("T")
TRIES = 4
WORTH = (errors.Overloaded, errors.CutAnswer)


def retrying(
    tries: int, *, on: type[Exception] | tuple[type[Exception], ...] = WORTH, jitter: bool = True
) -> t.Callable[[t.Callable[..., T]], t.Callable[..., T]]:
    """Repeat on overload and on a cut answer, with exponential back-off and jitter.

    A time-out and an answer that is too large are for the caller, who may ask for less.
    """
    return t.cast(
        "t.Callable[[t.Callable[..., T]], t.Callable[..., T]]",
        backoff.on_exception(
            backoff.expo,
            on,
            max_tries=tries,
            factor=1,
            max_value=30,
            giveup=_would_be_the_same,
            on_backoff=_log_retry,
            jitter=backoff.full_jitter if jitter else None,
            logger=None,
        ),
    )


def _would_be_the_same(error: Exception) -> bool:
    return isinstance(error, (errors.TimedOut, errors.TooLarge))


def _log_retry(details: t.Any) -> None:
    logger.warning("%s Trying again in %.1f s.", details["exception"], details["wait"])
