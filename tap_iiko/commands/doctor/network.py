"""The way to a server: name, port, TLS. No request is sent yet."""

from __future__ import annotations

import datetime
import socket
import ssl
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests
import urllib3
from requests.utils import DEFAULT_CA_BUNDLE_PATH, select_proxy

from tap_iiko.commands.doctor.checks import bad, doubtful, good

if t.TYPE_CHECKING:
    from tap_iiko.commands.doctor.checks import Finding
    from tap_iiko.iiko.wire import Account

SECONDS = 10.0
SOON = datetime.timedelta(days=21)
# What OpenSSL calls it.
EXPIRED, NOT_YET_VALID = 10, 9
OTHER_NAME, OTHER_ADDRESS = 62, 64
TRUST = (
    "On-premises servers sign their own: set ca_bundle to the file of the server's certificate, or verify_ssl to false "
    "inside a trusted network."
)


@dataclass(frozen=True)
class Place:
    """Where something should listen, and what to correct if it does not."""

    host: str
    port: int
    correct_host: str
    correct_port: str


class Placed(t.Protocol):
    """What is examined."""

    @property
    def place(self) -> Place | None:
        """Where it should listen; ``None`` if it is reached without a network."""


@dataclass(frozen=True)
class Way:
    """How ``requests`` would go to an iiko server: directly or by a proxy, and what it trusts."""

    place: Place
    is_tls: bool
    proxy: bool
    verify: bool | str | None

    @classmethod
    def to(cls, account: Account) -> Way:
        """By the same rules: variables such as HTTPS_PROXY, NO_PROXY and REQUESTS_CA_BUNDLE count."""
        with requests.Session() as session:
            merged = session.merge_environment_settings(account.root, {}, None, account.verify, None)
        proxy = select_proxy(account.root, merged["proxies"])
        parts = urlsplit(proxy or account.root)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 1080)
        place = Place(
            parts.hostname or "",
            port,
            "Correct the variable HTTPS_PROXY (HTTP_PROXY), or name the server in NO_PROXY."
            if proxy
            else "Correct the host in base_url, or the DNS of this machine.",
            "Is the proxy of HTTPS_PROXY (HTTP_PROXY) right?"
            if proxy
            else "Is the server running? Take host and port of base_url from iikoOffice's connection window.",
        )
        return cls(place, account.root.startswith("https"), bool(proxy), merged["verify"])


def name(examined: Placed) -> t.Iterator[Finding]:
    """Is there such a host?"""
    place = examined.place
    if place is None:
        yield good("a socket of this machine: it needs no name")
        return
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "no name of a host"
        yield bad(f"the host {place.host} cannot be found ({reason})", place.correct_host)
        return
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    yield good(f"{place.host} is {', '.join(addresses)}" if addresses != [place.host] else f"{place.host}, an address")


def port(examined: Placed) -> t.Iterator[Finding]:
    """Does anybody listen there?"""
    place = examined.place
    if place is None:
        yield good("a socket of this machine: it needs no port")
        return
    where = f"{place.host}:{place.port}"
    started = time.monotonic()
    try:
        socket.create_connection((place.host, place.port), timeout=SECONDS).close()
    except ConnectionRefusedError:
        yield bad(f"nothing listens at {where}", place.correct_port)
    except TimeoutError:
        yield bad(f"{where} does not answer within {SECONDS:.0f} s", f"Is a firewall between? {place.correct_port}")
    except OSError as error:
        yield bad(f"{where} cannot be reached ({error.strerror or error})", place.correct_port)
    else:
        yield good(f"{where} takes connections, within {1000 * (time.monotonic() - started):.0f} ms")


def tls(way: Way) -> t.Iterator[Finding]:
    """Is the line private, and is the server who it says it is?"""
    if not way.is_tls:
        yield doubtful(
            "none: base_url begins with http://, so the password's hash and all figures travel as everybody can read "
            "them",
            "Write https:// if the server offers it; inside a trusted network leave it.",
        )
    elif way.proxy:
        yield good("through a proxy: the next check shows whether the certificate is trusted")
    else:
        yield _certificate(way)


def _certificate(way: Way) -> Finding:
    try:
        version, certificate = _shake_hands(way.place, way.verify or None)
    except ssl.SSLCertVerificationError as error:
        return _distrust(way, error)
    except ssl.SSLError as error:
        if error.reason in {"NO_CERTIFICATE_OR_CRL_FOUND", "PEM_LIB", "BAD_BASE64_DECODE"}:
            return bad("the file of ca_bundle holds no certificate", "It must be in PEM form: -----BEGIN CERTIFICATE…")
        return bad(
            f"{way.place.host}:{way.place.port} does not speak TLS ({error.reason or error})",
            "Write http:// in base_url, or take the port that speaks TLS.",
        )
    except OSError as error:
        return bad(f"the connection broke before TLS was agreed on ({error})", way.place.correct_port)
    if way.verify is False:
        return doubtful(
            f"{version}, and verify_ssl is false: any certificate is taken",
            "Outside a trusted network set ca_bundle to the file of the server's certificate, and verify_ssl to true.",
        )
    end = datetime.datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), datetime.UTC)
    left = end - datetime.datetime.now(datetime.UTC)
    words = f"{version}, certificate of {_issuer(certificate)}, valid until {end:%Y-%m-%d}"
    if left < SOON:
        return doubtful(f"{words}: {left.days} days", "Renew the certificate on the server in time.")
    return good(words)


def _shake_hands(place: Place, verify: bool | str | None) -> tuple[str, t.Mapping[str, t.Any]]:  # noqa: FBT001
    """TLS's version and the certificate; without a check of the name if ``verify`` is ``None``."""
    context = urllib3.util.ssl_.create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED if verify else ssl.CERT_NONE)
    if verify:
        trusted = DEFAULT_CA_BUNDLE_PATH if verify is True else str(verify)
        is_folder = Path(trusted).is_dir()
        context.load_verify_locations(capath=trusted if is_folder else None, cafile=None if is_folder else trusted)
    context.check_hostname = bool(verify)
    with (
        socket.create_connection((place.host, place.port), timeout=SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=place.host) as secure,
    ):
        return secure.version() or "TLS", secure.getpeercert() or {}


def _distrust(way: Way, error: ssl.SSLCertVerificationError) -> Finding:
    if error.verify_code in {EXPIRED, NOT_YET_VALID}:
        return bad(
            f"the certificate {'has run out' if error.verify_code == EXPIRED else 'is not valid yet'}",
            "Is this machine's clock right? Then renew the certificate on the server; until that is done, and inside "
            "a trusted network only, set verify_ssl to false.",
        )
    if error.verify_code in {OTHER_NAME, OTHER_ADDRESS}:
        return bad(
            f"the certificate is not that of {way.place.host}",
            "Write the name that stands in the certificate into base_url, or inside a trusted network set verify_ssl "
            "to false.",
        )
    if isinstance(way.verify, str):
        return bad(f"the certificate is not one of those in {way.verify} ({error.verify_message})", TRUST)
    return bad(f"the certificate is not trusted ({error.verify_message})", TRUST)


def _issuer(certificate: t.Mapping[str, t.Any]) -> str:
    names = {key: value for entry in certificate.get("issuer", ()) for key, value in entry}
    return str(names.get("organizationName") or names.get("commonName") or "an unnamed issuer")


def speaks_tls(place: Place) -> bool:
    """Whether a port that was asked in plain HTTP wants TLS."""
    try:
        _shake_hands(place, None)
    except OSError:
        return False
    return True
