"""What iiko's refusals mean (API reference 1.5), each as one clear sentence.

``IikoError`` is everything that a server, the way to it, or its answer can do wrong. The subclasses are what callers
decide on: retry, log in again, skip the stream, ask for less, or give up.
"""

from __future__ import annotations

import html
import logging
import re

logger = logging.getLogger("tap-iiko")

SLOTS_FULL = "no connections available"
MODULE_BLOCKED = "is blocked within current license"
NO_RIGHT = "Permission denied"
LONGEST_QUOTE = 300
HTML = re.compile(r"(?:\s|\ufeff|<\?[^<>]*>|<!--[^<>]*-->)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
STYLE = re.compile(r"<(?:style|script)\b", re.IGNORECASE)
TAG = re.compile(r"<[^<>]*>")


class IikoError(Exception):
    """The base of all: its text is one sentence for the user."""

    said = ""
    """What iiko said, if it did."""


class CannotConnect(IikoError):
    """Host, port or certificate: no request reached an iiko server."""


class NotIiko(IikoError):
    """Something answered, but it is not an iiko server (or not yet: HTML during a restart)."""


class LoginRefused(IikoError):
    """Wrong login or password, or a server that is still starting (both answer 401)."""


class NoLicenceSlot(IikoError):
    """All API connections of the licence are taken."""


class Unavailable(IikoError):
    """A stream cannot be read here: a right is missing or this version lacks the path. The others go on."""


class RightMissing(Unavailable):
    """403 for one path."""


class PathMissing(Unavailable):
    """404: this version of iiko does not know the path."""


class PartFailed(IikoError):
    """This part failed; the others go on."""


class Rejected(PartFailed):
    """400 or 409: repeating the same request would not help."""


class SessionExpired(IikoError):
    """401 in mid-run: log in again once and repeat."""


class Overloaded(PartFailed):
    """5xx, reset, time-out or a cut body: try again later, or ask for less."""


class NotReady(Overloaded):
    """Something else answered, or iiko is not up yet: a page with status 200, a 401 where no session is needed.

    It may pass (a restart) or not (a wrong address, a proxy): reference 1.3, 1.5.
    """


class TimedOut(Overloaded):
    """No answer in time: the request may still be running there, so pause and ask for less."""


class TooLarge(Overloaded):
    """More than an answer of its kind ever is: ask for less, the same request would bring the same."""


class BadAnswer(PartFailed):
    """The answer arrived but is not the documented shape, or a value in it is not of its type."""


class CutAnswer(BadAnswer):
    """The answer is no whole document: worth asking once more."""


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
    is_ours = status == 401 or (status == 403 and any(each in body for each in (SLOTS_FULL, MODULE_BLOCKED, NO_RIGHT)))  # noqa: PLR2004
    if is_page and not is_ours:
        text = f"{where} answered an HTML page with status {status}, so something in front of iiko answered"
        return Overloaded(text) if status >= 500 else NotIiko(f"{text}: check the address.")  # noqa: PLR2004
    error = _meaning(status, body, said, where)
    error.said = said
    return error


def _meaning(status: int, body: str, said: str, where: str) -> IikoError:
    match status:
        case 401:
            return SessionExpired(f"{where}: iiko no longer accepts the session ({said}).")
        case 403 if SLOTS_FULL in body:
            return NoLicenceSlot(f"{where}: all API connections of the iiko licence are in use ({said}).")
        case 403:
            right = "the licence lacks a module" if MODULE_BLOCKED in body else "the iiko user lacks a right"
            return RightMissing(f"{where}: {right} ({said}).")
        case 404:
            return PathMissing(f"{where}: this version of iiko has no such path ({said}).")
        case 409 if "Доступ запрещен" in body or "Access denied" in body:
            return RightMissing(f"{where}: the iiko user lacks a right ({said}).")
        case 400 | 409:
            return Rejected(f"{where}: iiko refused the request ({said}).")
        case _ if status >= 500:  # noqa: PLR2004
            return Overloaded(f"{where}: iiko failed with status {status} ({said}).")
        case _:
            return Rejected(f"{where}: iiko answered status {status} ({said}).")
