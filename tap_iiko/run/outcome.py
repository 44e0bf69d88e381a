"""How a run says what came of it: one line for each table, then one for the worst that happened.

*Written* means handed to the target; whether it is loaded, only the target knows.
"""

from __future__ import annotations

import logging
import signal
import typing as t
from dataclasses import dataclass, field

if t.TYPE_CHECKING:
    import datetime

    from tap_iiko.iiko import errors
    from tap_iiko.run.load import Load


logger = logging.getLogger("tap-iiko")

WRITTEN: t.Final = {"loaded": "written", "made": "written"}
SAMPLED: t.Final = {"loaded": "read", "made": "made"}
SHOWN_MESSAGES = 3
ON = "what the target has confirmed stays, and the next run goes on from there"


class Run(t.Protocol):
    """What is told of a server's part of a run."""

    server_id: str
    has_begun: bool
    is_done: bool
    fatal: errors.IikoError | None
    """Why the server could not be read on."""

    @property
    def failed(self) -> bool:
        """Whether the exit code has to say so."""

    @property
    def unproved(self) -> t.Collection[datetime.date]:
        """Closed days that do not agree with iiko's totals."""

    @property
    def differing(self) -> int:
        """How many checks between tables do not agree."""

    @property
    def outcomes(self) -> t.Collection[Outcome]:
        """How every table came out."""


@dataclass
class Outcome:
    """How one table of one server came out, for the closing table."""

    server_id: str
    stream: str
    rows: int = 0
    """Of the loads that ``sync_log`` has."""
    written: int = 0
    """Of the rows that went through the recorder; late changes and ``sync_log`` itself have no loads."""
    seconds: float = 0.0
    """That its loads took, together."""
    by_day: bool = False
    statuses: dict[str, int] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    lack: str = ""
    """Why it was skipped, in words that other tables share."""

    @property
    def is_skipped(self) -> bool:
        """Whether nothing of it was read, for want of something that may be wanting for others too."""
        return bool(self.lack) and set(self.statuses) == {"skipped"}

    def add(self, load: Load) -> None:
        """Count one load."""
        if load.status != "unchanged":
            self.rows += load.rows
        self.seconds += load.seconds
        self.by_day = load.day is not None
        self.lack = load.lack
        self.statuses[load.status] = self.statuses.get(load.status, 0) + 1
        if load.message and load.message not in self.messages:
            self.messages.append(load.message)

    def lines(self, told: set[str], words: t.Mapping[str, str], idle: str) -> t.Iterator[str]:
        """For the closing table, statuses in its ``words``; messages in ``told`` are not repeated."""
        counts = ", ".join(
            f"{self._days(count)}{words.get(status, status)}" for status, count in sorted(self.statuses.items())
        )
        if not counts:
            counts = words["made"] if self.written else idle
        yield f"{self.server_id:<12} {self.stream:<18} {max(self.rows, self.written):>11,}  {counts}"
        for message in [each for each in self.messages if each not in told][:SHOWN_MESSAGES]:
            told.add(message)
            yield f"{'':<44} {message}"

    def _days(self, count: int) -> str:
        return f"{count} {'day' if count == 1 else 'days'} " if self.by_day else ""


@dataclass
class Ending:
    """Why a run ended before its time."""

    code: int
    words: str

    @classmethod
    def of(cls, error: BaseException) -> Ending:
        """From what was raised; an error that nobody expected is logged with its place in the code."""
        match error:
            case SystemExit():
                code = int(error.code or 0)
                return cls(code, f"STOPPED: by {signal.Signals(code - 128).name}; {ON}")
            case BrokenPipeError():
                return cls(
                    1,
                    "NOT LOADED: the target ended and closed the pipe; its own message says why. "
                    "What it has not confirmed is written again in the next run",
                )
            case OSError():
                what = f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}"
            case _:
                logger.error("This is an error in tap-iiko: please report it with these lines.", exc_info=error)
                what = f"{type(error).__name__}: {error}"
        return cls(1, f"ENDED EARLY: {what}; {ON}")


def report(
    runs: t.Sequence[Run],
    *,
    ending: Ending | None,
    wrong: t.Sequence[str],
    seconds: float,
    sample: bool,
) -> None:
    """Log the closing table and the last line; ``wrong`` is what else makes the run a failure."""
    logger.info("%-12s %-18s %11s  %s", "server", "table", "rows", "outcome")
    missing = [run.server_id for run in runs if not run.has_begun]
    runs = [run for run in runs if run.has_begun]
    told = {str(run.fatal) for run in runs if run.fatal}  # the last line says it
    for run in runs:
        idle = "nothing to do" if run.is_done else "not reached"
        for outcome in run.outcomes:
            if not outcome.is_skipped:
                for line in outcome.lines(told, SAMPLED if sample else WRITTEN, idle):
                    logger.info("%s", line)
        for line in _skipped(run):
            logger.info("%s", line)
    level, verdict = _verdict(runs, ending, missing, wrong, sample=sample)
    logger.log(level, "%.1f s; %s", seconds, verdict)


def _skipped(run: Run) -> t.Iterator[str]:
    """A line for each right or path that is lacking: a user without rights has dozens of tables, and few lacks."""
    lacks: dict[str, list[str]] = {}
    for outcome in run.outcomes:
        if outcome.is_skipped:
            lacks.setdefault(outcome.lack, []).append(outcome.stream)
    yield from (f"{run.server_id:<12} skipped: {', '.join(names)}: {lack}" for lack, names in lacks.items())


def _verdict(
    runs: t.Sequence[Run],
    ending: Ending | None,
    missing: t.Sequence[str],
    wrong: t.Sequence[str],
    *,
    sample: bool,
) -> tuple[int, str]:
    """The worst first; what else went wrong stands behind it."""
    failed = [f"{run.server_id}: {run.fatal}" if run.fatal else run.server_id for run in runs if run.failed]
    failed += [sentence.removesuffix(".") for sentence in wrong]
    notes = _notes(runs)
    if ending:
        parts = [ending.words, *([f"not reached: {', '.join(missing)}"] if missing else [])]
        parts += [f"FAILED before that: {', '.join(failed)}"] if failed else []
        return logging.ERROR, "; ".join(parts)
    if failed:
        return logging.ERROR, "; ".join([f"FAILED: {', '.join(failed)}", *notes])
    good = "The connection works" if sample else "all read and written"
    if notes:
        return logging.WARNING, f"{good}, but {'; '.join(notes)}"
    return logging.INFO, f"{good}." if sample else f"{good}; whether it is loaded, the target tells"


def _notes(runs: t.Sequence[Run]) -> list[str]:
    notes = []
    for status in ("skipped", "suspicious"):
        names = {outcome.stream for run in runs for outcome in run.outcomes if status in outcome.statuses}
        if names:
            notes.append(f"{status}: {', '.join(sorted(names))}")
    if unproved := sum(len(run.unproved) for run in runs):
        notes.append(f"days that do not agree with iiko's totals: {unproved} (see the table reconciliation)")
    if differing := sum(run.differing for run in runs):
        notes.append(f"checks between tables that differ: {differing} (see the table checks)")
    return notes
