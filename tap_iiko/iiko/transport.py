"""What goes wrong between the tap and a server, before iiko answers."""

from __future__ import annotations

import requests

from tap_iiko.iiko import errors

CONNECT_SECONDS = 20.0


def meaning_of(error: requests.RequestException, root: str, where: str, request_timeout: float) -> errors.IikoError:
    """The error as one sentence, which never quotes the request.

    Args:
        error: of the HTTP library.
        root: the server's address.
        where: what was asked for.
        request_timeout: seconds that were waited for an answer.
    """
    reason = str(error)
    match error:
        case requests.exceptions.SSLError():
            return errors.CannotConnect(
                f"The certificate of {root} is not trusted. On-premises servers sign their own: set ca_bundle to "
                "the file of the server's certificate, or verify_ssl to false inside a trusted network."
            )
        case requests.exceptions.InvalidURL() | requests.exceptions.MissingSchema():
            return errors.CannotConnect(f"{root} is not an address: base_url must look like https://my-chain.iiko.it.")
        case requests.exceptions.ConnectTimeout():
            return errors.Overloaded(f"{root} did not accept a connection within {CONNECT_SECONDS:.0f} s.")
        case requests.exceptions.Timeout():
            return errors.TimedOut(f"{where}: no answer within {request_timeout:.0f} s.")
        case requests.exceptions.ConnectionError() if "resolve" in reason or "Name or service" in reason:
            return errors.CannotConnect(f"The host of {root} is unknown: check base_url and the network.")
        case requests.exceptions.ConnectionError() if "Read timed out" in reason:
            return errors.TimedOut(f"{where}: no answer within {request_timeout:.0f} s.")
        case requests.exceptions.ConnectionError() if "refused" in reason:
            return errors.Overloaded(f"{root}: nothing listens at this host and port, or it is restarting.")
        case _:
            return errors.Overloaded(f"{where}: the connection broke ({type(error).__name__}).")
