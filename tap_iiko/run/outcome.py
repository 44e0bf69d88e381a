"""How a run says what came of it: one line for each table, then one for the worst that happened.

*Written* means handed to the target; whether it is loaded, only the target knows.
"""

from __future__ import annotations

import logging
import signal
import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from tap_iiko.run.server import ServerRun

logger = logging.getLogger("tap-iiko")

WRITTEN = {"loaded": "written", "made": "written"}
SAMPLED = {"loaded": "read", "made": "made"}
ON = "what the target has confirmed stays, and the next run goes on from there"


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


def report(  # noqa: PLR0913 - a run has that many sides
    runs: t.Sequence[ServerRun],
    *,
    ending: Ending | None,
    missing: t.Sequence[str],
    wrong: t.Sequence[str],
    seconds: float,
    sample: bool,
) -> None:
    """Log the closing table and the last line.

    ``missing`` are the servers that the run did not come to, ``wrong`` what else makes it a failure.
    """
    logger.info("%-12s %-18s %11s  %s", "server", "table", "rows", "outcome")
    told = {str(run.fatal) for run in runs if run.fatal}  # the last line says it
    for run in runs:
        idle = "not reached" if ending and run is runs[-1] else "nothing to do"
        for outcome in run.outcomes:
            for line in outcome.lines(told, SAMPLED if sample else WRITTEN, idle):
                logger.info("%s", line)
    level, verdict = _verdict(runs, ending, missing, wrong, sample=sample)
    logger.log(level, "%.1f s; %s", seconds, verdict)


def _verdict(
    runs: t.Sequence[ServerRun],
    ending: Ending | None,
    missing: t.Sequence[str],
    wrong: t.Sequence[str],
    *,
    sample: bool,
) -> tuple[int, str]:
    """The worst first; what else went wrong stands behind it."""
    failed = [
        f"{run.settings.server_id}: {run.fatal}" if run.fatal else run.settings.server_id for run in runs if run.failed
    ]
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


def _notes(runs: t.Sequence[ServerRun]) -> list[str]:
    notes = []
    for status in ("skipped", "suspicious"):
        names = {outcome.stream for run in runs for outcome in run.outcomes if status in outcome.statuses}
        if names:
            notes.append(f"{status}: {', '.join(sorted(names))}")
    if unproved := sum(len(run.unproved) for run in runs):
        notes.append(f"days that do not agree with iiko's totals: {unproved} (see the table reconciliation)")
    return notes
