"""A check, what it finds, and how checks follow one another."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from tap_iiko.iiko import errors

Status = t.Literal["good", "doubtful", "bad", "unchecked"]
T = t.TypeVar("T")


@dataclass(frozen=True)
class Finding:
    """One thing that was found."""

    status: Status
    words: str
    remedy: str = ""


def good(words: str) -> Finding:
    """As it should be."""
    return Finding("good", words)


def doubtful(words: str, remedy: str) -> Finding:
    """A run works, but somebody should know."""
    return Finding("doubtful", words, remedy)


def bad(words: str, remedy: str) -> Finding:
    """A run fails, or a selected table stays empty."""
    return Finding("bad", words, remedy)


def unchecked(words: str) -> Finding:
    """Nobody knows."""
    return Finding("unchecked", words)


@dataclass(frozen=True)
class Check(t.Generic[T]):
    """One question about a server, this machine or the database."""

    name: str
    ask: t.Callable[[T], t.Iterable[Finding]]
    needs: str = ""
    """The check without which this one says nothing."""


def examine(checks: t.Iterable[Check[T]], subject: T, *, failed: str = "") -> t.Iterator[tuple[str, Finding]]:
    """One check after the other; what rests on one that has failed is not tried.

    Args:
        checks: in their order.
        subject: what they ask.
        failed: a check that has failed before them.

    Yields:
        Name and finding, as soon as it is made.
    """
    causes = {failed: failed} if failed else {}
    for check in checks:
        if cause := causes.get(check.needs):
            causes[check.name] = cause
            yield check.name, unchecked(f"not checked: {cause} comes first")
            continue
        for finding in _ask(check, subject):
            if finding.status in {"bad", "unchecked"}:
                causes[check.name] = check.name
            yield check.name, finding


def _ask(check: Check[T], subject: T) -> t.Iterator[Finding]:
    """What a check finds; an error that it does not know better is a finding too."""
    try:
        yield from check.ask(subject)
    except errors.IikoError as error:
        yield of_error(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other checks go on
        yield of_error(errors.unexpected(error))


REMEDIES: t.Final[tuple[tuple[type[errors.IikoError], str], ...]] = (
    (errors.NotReady, "If iiko is just starting, wait a minute; else another program answers at this address."),
    (errors.TimedOut, "Is the server overloaded? Try again at a quiet hour, or raise request_timeout."),
    (errors.Transient, "Look whether the server is up and has memory left; restart it if this stays so."),
    (errors.TooLarge, "Look at what answers there: no answer of iiko is so large."),
    (errors.Rejected, "If it comes again, report it with this sentence."),
    (errors.BadAnswer, "If it comes again, report it with this sentence."),
    (errors.RightMissing, "Give the user this right in iikoOffice."),
    (errors.PathMissing, "Update iiko; a run goes on without it."),
    (errors.NotIiko, "Take host and port from iikoOffice's connection window."),
)


def of_error(error: errors.IikoError) -> Finding:
    """An error and what to do about it."""
    usual = next((remedy for kind, remedy in REMEDIES if isinstance(error, kind)), "Try again.")
    return bad(error.what, error.remedy or usual)
