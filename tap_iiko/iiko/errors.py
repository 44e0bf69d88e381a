"""What iiko's refusals mean (API reference 1.5), each as one clear sentence.

What callers do about them::

    IikoError             whatever a server, the way to it, or its answer can do wrong
    │
    ├ CannotConnect       this server is given up: host, port or certificate are wrong
    ├ NotIiko             this server is given up: something else answers there
    ├ LoginRefused        this server is given up
    ├ NoLicenceSlot       the session waits, then this server is given up
    ├ NoRoom              this server is given up: this machine cannot hold an answer
    ├ Stopped             the run is ending: nothing is told
    ├ SessionExpired      the client logs in again, once
    │
    ├ Unavailable         the table is skipped, the others go on
    │  ├ RightMissing
    │  └ PathMissing
    │
    └ PartFailed          the table or its day has failed, the others go on; but before that
       ├ Unanswered       ask for less: fewer days, fewer departments
       │  ├ Transient     and before that the same again, with back-off
       │  │  └ NotReady
       │  ├ TimedOut      after a pause
       │  └ TooLarge
       ├ Rejected         ask otherwise, if there is another way
       └ BadAnswer        find the bad day, ask for it once more
          ├ CutAnswer     and before that the same again, with back-off
          └ Undated       ask for one day: then it is known
"""

from __future__ import annotations

import html
import logging
import re
from http import HTTPStatus

logger = logging.getLogger("tap-iiko")

SLOTS_FULL = "no connections available"
MODULE_BLOCKED = "is blocked within current license"
NO_RIGHT = "Permission denied"
RIGHT = re.compile(r"\b[BF]_[A-Z]+\b")  # what iiko calls them (reference 1.4)
LONGEST_QUOTE = 300
HTML = re.compile(r"(?:\s|\ufeff|<\?[^<>]*>|<!--[^<>]*-->)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
STYLE = re.compile(r"<(?:style|script)\b", re.IGNORECASE)
TAG = re.compile(r"<[^<>]*>")


class IikoError(Exception):
    """Its text is for the user: what is wrong and, where that is known, what to do."""

    said = ""
    """What iiko said, if it did."""

    def __init__(self, what: str, remedy: str = "") -> None:
        """Both are sentences."""
        super().__init__(f"{what} {remedy}".rstrip())
        self.what = what
        self.remedy = remedy


class CannotConnect(IikoError):
    """Host, port or certificate: no request reached an iiko server."""


class NotIiko(IikoError):
    """Something answered, but it is not an iiko server (or not yet: HTML during a restart)."""


class LoginRefused(IikoError):
    """Wrong login or password, or a server that is still starting (both answer 401)."""


class NoLicenceSlot(IikoError):
    """All API connections of the licence are taken."""


class Unavailable(IikoError):
    """A table cannot be read here."""

    def lack(self, right: str) -> str:  # noqa: ARG002 - only one of several lacks is that of a right
        """Why, in words that are the same for all tables that lack the same; ``right`` is what this one needs."""
        return str(self)


class RightMissing(Unavailable):
    """403 for one path."""

    def right(self, needed: str) -> str:
        """The right that iiko names, or the one that is known to be ``needed``; empty if neither."""
        named = RIGHT.search(self.said)
        return named[0] if named else needed

    @property
    def is_of_licence(self) -> bool:
        """Whether it is not the user who lacks it."""
        return MODULE_BLOCKED in self.said

    def lack(self, right: str) -> str:
        """By the right, not by the path."""
        if self.is_of_licence:
            return f"the licence lacks a module ({self.said})."
        name = self.right(right)
        return f"{f'the right {name}' if name else 'a right'} is missing ({self.said}): give it to the iiko user."


class PathMissing(Unavailable):
    """404: this version of iiko does not know the path."""

    def lack(self, right: str) -> str:  # noqa: ARG002
        """Whatever the path."""
        return "this version of iiko does not have that."


class PartFailed(IikoError):
    """Something of a server could not be read, which says nothing of the rest."""


class Rejected(PartFailed):
    """400 or 409: repeating the same request would not help."""


class SessionExpired(IikoError):
    """401 in mid-run."""


class Unanswered(PartFailed):
    """No answer that could be read to its end."""


class Transient(Unanswered):
    """5xx, reset, nothing listens, a cut body: it may pass."""


class NotReady(Transient):
    """Something else answered, or iiko is not up yet: a page with status 200, a 401 where no session is needed.

    It may pass (a restart) or not (a wrong address, a proxy): reference 1.3, 1.5.
    """


class TimedOut(Unanswered):
    """No answer in time: the request may still be running there."""


class TooLarge(Unanswered):
    """More than an answer of its kind ever is; the same request would bring the same."""


class BadAnswer(PartFailed):
    """The answer arrived but is not the documented shape, or a value in it is not of its type."""


class CutAnswer(BadAnswer):
    """The answer is no whole document."""


class Undated(BadAnswer):
    """A row without a date came with those of several days: which one it belongs to, only a request for it tells."""


class Stopped(IikoError):
    """The run is ending: nothing more is asked."""


class NoRoom(IikoError):
    """This machine cannot hold an answer: its folder for temporary files is full or not writable."""


def unexpected(error: Exception) -> BadAnswer:
    """A failure that nobody has foreseen, as one sentence; its traceback is for the log of those who debug."""
    logger.debug("Unexpected failure.", exc_info=error)
    return BadAnswer(f"an unexpected failure, please report it: {type(error).__name__}: {quote(str(error))}")


def quote(body: str) -> str:
    """One line of a server's message, short enough for a log and without what would garble it."""
    line = "".join(each if each.isprintable() else " " for each in body[: 10 * LONGEST_QUOTE])
    line = " ".join(line.split())
    return line if len(line) <= LONGEST_QUOTE else line[:LONGEST_QUOTE] + "…"


def is_html(body: str) -> bool:
    """Whether a page came; what a body is called says nothing (reference 1.2, 1.5)."""
    return HTML.match(body) is not None


def text_of_page(page: str) -> str:
    """What a reader sees of it."""
    head, *parts = STYLE.split(page)
    return html.unescape(TAG.sub(" ", head + " ".join(part.partition("</")[2] for part in parts)))


def from_status(status: int, body: str, where: str) -> IikoError:
    """The error for an HTTP answer with status 400 or above.

    Tomcat may put iiko's text into a page of its own: status and text say what it means, and only where neither fits
    is it something in front of iiko that answered (reference 1.5).

    Args:
        status: HTTP status.
        body: the answer's text; iiko's whole body is its message.
        where: the path, for the sentence.
    """
    is_page = is_html(body)
    said = quote(text_of_page(body) if is_page else body)
    is_ours = status == HTTPStatus.UNAUTHORIZED or (
        status == HTTPStatus.FORBIDDEN and any(each in body for each in (SLOTS_FULL, MODULE_BLOCKED, NO_RIGHT))
    )
    if is_page and not is_ours:
        text = f"{where} answered an HTML page with status {status}, so something in front of iiko answered"
        is_failure = status >= HTTPStatus.INTERNAL_SERVER_ERROR
        return Transient(text) if is_failure else NotIiko(f"{text}: check the address.")
    error = _meaning(status, body, said, where)
    error.said = said
    return error


def _meaning(status: int, body: str, said: str, where: str) -> IikoError:
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return SessionExpired(f"{where}: iiko no longer accepts the session ({said}).")
        case HTTPStatus.FORBIDDEN if SLOTS_FULL in body:
            return NoLicenceSlot(f"{where}: all API connections of the iiko licence are in use ({said}).")
        case HTTPStatus.FORBIDDEN:
            right = "the licence lacks a module" if MODULE_BLOCKED in body else "the iiko user lacks a right"
            return RightMissing(f"{where}: {right} ({said}).")
        case HTTPStatus.NOT_FOUND:
            return PathMissing(f"{where}: this version of iiko has no such path ({said}).")
        case HTTPStatus.CONFLICT if "Доступ запрещен" in body or "Access denied" in body:
            return RightMissing(f"{where}: the iiko user lacks a right ({said}).")
        case HTTPStatus.BAD_REQUEST | HTTPStatus.CONFLICT:
            return Rejected(f"{where}: iiko refused the request ({said}).")
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Transient(f"{where}: iiko failed with status {status} ({said}).")
        case _:
            return Rejected(f"{where}: iiko answered status {status} ({said}).")
