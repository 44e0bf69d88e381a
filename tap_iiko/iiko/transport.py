"""What goes wrong between the tap and a server, before iiko answers."""

from __future__ import annotations

from http import HTTPStatus

import requests
import urllib3

from tap_iiko.iiko import bodies, errors
from tap_iiko.iiko.connection import BoundedAdapter

CONNECT_SECONDS = 20.0
LONGEST_WAIT = 24 * 3600.0  # more seconds than this are taken for this many
LIBRARY_ERRORS = (requests.RequestException, urllib3.exceptions.HTTPError)


def new_session() -> requests.Session:
    """A session whose answers are bounded in time and never unpacked by the library."""
    session = requests.Session()
    session.headers["User-Agent"] = "tap-iiko"
    session.headers["Accept-Encoding"] = "gzip"
    for scheme in ("http://", "https://"):
        session.mount(scheme, BoundedAdapter())
    return session


def refusal_of(response: requests.Response, where: str) -> errors.IikoError:
    """What an answer with a status of 300 or above means."""
    if response.status_code < HTTPStatus.BAD_REQUEST:
        target = errors.quote(response.headers.get("Location", "elsewhere").split("?")[0])
        return errors.NotIiko(f"{where}: the server redirects to {target}: use that address as base_url.")
    body = bodies.beginning(response.raw, where).decode("utf-8", "replace")
    return errors.from_status(response.status_code, body, where)


def meaning_of(error: Exception, root: str, where: str, seconds: float) -> errors.IikoError:
    """The error as one sentence, which never quotes the request.

    Args:
        error: one of ``LIBRARY_ERRORS``.
        root: the server's address.
        where: what was asked for.
        seconds: how long an answer was waited for.
    """
    reason = str(error)
    match error:
        case requests.exceptions.SSLError():
            return errors.CannotConnect(
                f"The certificate of {root} is not trusted.",
                "On-premises servers sign their own: set ca_bundle to the file of the server's certificate, or "
                "verify_ssl to false inside a trusted network.",
            )
        case requests.exceptions.InvalidURL() | requests.exceptions.MissingSchema():
            return errors.CannotConnect(f"{root} is not an address: base_url must look like https://my-chain.iiko.it.")
        case requests.exceptions.ConnectTimeout():
            return errors.Transient(f"{root} did not accept a connection within {CONNECT_SECONDS:.0f} s.")
        case requests.exceptions.Timeout() | urllib3.exceptions.ReadTimeoutError():
            return errors.TimedOut(f"{where}: no answer within {seconds:.0f} s.")
        case requests.exceptions.ConnectionError() if "resolve" in reason or "Name or service" in reason:
            return errors.CannotConnect(f"The host of {root} is unknown: check base_url and the network.")
        case requests.exceptions.ConnectionError() if "Read timed out" in reason:
            return errors.TimedOut(f"{where}: no answer within {seconds:.0f} s.")
        case requests.exceptions.ConnectionError() if "refused" in reason:
            return errors.Transient(f"{root}: nothing listens at this host and port, or it is restarting.")
        case _:
            return errors.Transient(f"{where}: the connection broke ({type(error).__name__}).")
