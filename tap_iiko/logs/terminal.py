"""The live lines of a run, one for each server; the lines about its windows go to a log file only."""

from __future__ import annotations

import contextlib
import logging
import sys
import typing as t

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from tap_iiko.logs.steps import ATTRIBUTE, Step

if t.TYPE_CHECKING:
    from collections.abc import Iterator

METRICS = "singer_sdk.metrics"  # for machines: a line for each request
MINUTE, HOUR = 60, 3600
ENOUGH = 1.5  # of a unit, to be told in it
COLUMNS = (
    TextColumn("{task.description}"),
    BarColumn(),
    TextColumn("{task.completed:.0f} of {task.total:.0f} days, {task.fields[speed]:,.0f} rows/s{task.fields[left]}"),
)


@contextlib.contextmanager
def lines() -> Iterator[None]:
    """Show them on stderr, if that can; other lines of the log go above them."""
    console = Console(stderr=True)
    if console.is_dumb_terminal:
        yield
        return
    root, stderr = logging.getLogger(), sys.stderr
    handlers = [each for each in root.handlers if isinstance(each, logging.StreamHandler) and each.stream is stderr]
    with contextlib.ExitStack() as stack:
        progress = stack.enter_context(Progress(*COLUMNS, console=console, transient=True, redirect_stdout=False))
        for handler in handlers:
            handler.setStream(t.cast("t.TextIO", _Above(console)))
            stack.callback(handler.setStream, stderr)
            handler.addFilter(_is_for_people)
            stack.callback(handler.removeFilter, _is_for_people)
        ours = _Lines(progress)
        root.addHandler(ours)
        stack.callback(root.removeHandler, ours)
        yield


def _is_for_people(record: logging.LogRecord) -> bool:
    return not hasattr(record, ATTRIBUTE) and record.name != METRICS


class _Above:
    """Where lines of the log go: above the live ones, and as they are, the terminal folds them where it wants."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def write(self, text: str) -> None:
        """A line, with its end."""
        self._console.print(text, end="", soft_wrap=True, markup=False, highlight=False, emoji=False)

    def flush(self) -> None:
        """Nothing is kept back."""


class _Lines(logging.Handler):
    """Takes the steps out of the log; servers are read side by side."""

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Under the lock of the handler."""
        if not hasattr(record, ATTRIBUTE):
            return
        step = Step(**getattr(record, ATTRIBUTE))
        shown: dict[str, t.Any] = {
            "description": f"{step.server_id} {step.group}",
            "completed": step.done,
            "total": step.total,
            "speed": step.speed,
            "left": _in_words(step.left),
        }
        if step.server_id in self._tasks:
            self._progress.update(self._tasks[step.server_id], **shown)
        else:
            self._tasks[step.server_id] = self._progress.add_task(**shown)


def _in_words(seconds: float) -> str:
    if seconds <= 0:
        return ""
    if seconds < ENOUGH * MINUTE:
        return f", about {seconds:.0f} s left"
    if seconds < ENOUGH * HOUR:
        return f", about {seconds / MINUTE:.0f} min left"
    return f", about {seconds / HOUR:.1f} h left"
