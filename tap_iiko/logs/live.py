"""Whether a run shows live lines."""

from __future__ import annotations

import contextlib
import sys
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def live_lines() -> Iterator[None]:
    """As long as it lasts, live lines if there is a terminal, and the messages do not go there."""
    if not sys.stderr.isatty() or sys.stdout.isatty():
        yield
        return
    from tap_iiko.logs import terminal  # noqa: PLC0415 - its library costs every other run a tenth of its start

    with terminal.lines():
        yield
