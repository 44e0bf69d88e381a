"""The simulator: a restaurant group that lives in memory and the iikoServer that it is seen through."""

from __future__ import annotations

import dataclasses
import datetime
import random
import threading
import typing as t

from simulator.api.method import Served
from simulator.api.service import Api
from simulator.olap.engine import Olap
from simulator.olap.request import Reader
from simulator.options import ServerOptions
from simulator.server.control import Control
from simulator.server.faults import Faults
from simulator.server.http import Server
from simulator.server.sessions import Sessions
from simulator.truth.books import Books
from simulator.world.book import Book
from simulator.world.business import Business
from simulator.world.corporation import build_corporation
from simulator.world.ledger import Ledger
from simulator.world.menu import build_menu
from simulator.world.units import Ids

if t.TYPE_CHECKING:
    from simulator.server.record import Record

SUMMARY_OFF: t.Final = (9, 1, 2)
"""The version since which ``buildSummary`` is off by default (API reference 4.2)."""
CLONE_PRICES: t.Final = 107


class Simulator:
    """An iikoServer over HTTP, for use in a ``with`` block."""

    def __init__(self, *given: t.Any, **named: t.Any) -> None:
        """Bring the business to life; the server starts with the ``with`` block.

        Args:
            *given: of ``ServerOptions``, in their order.
            **named: of ``ServerOptions``.
        """
        options = ServerOptions(*given, **named)
        self.login, self.password, self.readings = options.login, options.password, options.readings
        own = f"{options.seed}/clone" if options.clone_of else str(options.seed)
        self.ledger = _live(options, random.Random(own).getrandbits(32))
        self.book = Book(self.ledger)
        self.olap = Olap(self.ledger, self.book, self.readings, _reader(options))
        self.books = Books(self.ledger, self.readings)
        self.business = Business(self.ledger, self.olap.store.refresh_names, random.Random(f"{own}/changes"))
        self.sessions = Sessions(options.login, options.password, options.slots, options.token_lifetime)
        self.faults = Faults()
        self.log: list[Record] = []
        self.served = Served(options, self.ledger, self.book, self.olap, self.sessions, self.faults)
        self.api = Api(self.served)
        self.control = Control(self.served, self.books, self.business, self.log)
        self._address = (options.host, options.port)
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> t.Self:
        """Start to serve."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def start(self) -> None:
        """Listen, in a thread of its own."""
        self._server = Server(self._address, self.api, self.control, self.log, self.options.tls)
        self._address = (self._address[0], self._server.server_address[1])
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="simulator", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Close all connections; ``start`` listens on the same port again."""
        if self._server and self._thread:
            self._server.stop()
            self._thread.join()
        self._server = self._thread = None

    @property
    def options(self) -> ServerOptions:
        """What it was told at its start."""
        return self.served.options

    @property
    def version(self) -> str:
        """The version of iiko; a server may be updated while it lives."""
        return self.options.version

    @version.setter
    def version(self, version: str) -> None:
        self.served.options = dataclasses.replace(self.options, version=version)

    @property
    def url(self) -> str:
        """The address of the server; the API is below ``/resto/api``."""
        host, port = self._address
        return f"{'https' if self.options.tls else 'http'}://{host}:{port}"

    @property
    def first_day(self) -> datetime.date:
        """The oldest business day."""
        return self.ledger.first_day

    @property
    def last_day(self) -> datetime.date:
        """The open business day."""
        return self.ledger.last_day

    @property
    def logins(self) -> int:
        """How often somebody logged in."""
        return self.sessions.logins

    @property
    def logouts(self) -> int:
        """How often somebody logged out."""
        return self.sessions.logouts

    @property
    def open_tokens(self) -> int:
        """How many licence slots are taken."""
        return self.sessions.open_tokens

    @property
    def max_in_flight(self) -> int:
        """The most requests that were ever under way at the same time."""
        return self.sessions.max_in_flight

    @property
    def refused_concurrent(self) -> int:
        """How many requests came beside another one of the same session."""
        return self.sessions.refused_concurrent

    @property
    def olap_requests(self) -> int:
        """How many reports were asked for."""
        return self.control.olap_requests

    def reset_log(self) -> None:
        """Forget the requests so far."""
        self.control.reset_log()


def _live(options: ServerOptions, trade_seed: int) -> Ledger:
    """The business up to its open day; a clone has the ids and other prices and sales."""
    ids = Ids(options.id_seed)
    menu = build_menu(ids, CLONE_PRICES if options.clone_of else 100)
    for product in menu.products:
        product.report_blanks = options.readings.report_blanks
        product.taxed = options.readings.tax_categories
    return Ledger(
        ids,
        trade_seed,
        build_corporation(ids, options.id_seed, options.departments),
        menu,
        options.readings,
        last_day=options.last_day or datetime.datetime.now().date(),  # noqa: DTZ005 - iiko's clock is the wall clock
        days=options.days,
        receipts_per_day=options.receipts_per_day,
    )


def _reader(options: ServerOptions) -> Reader:
    summary = options.readings.summary_default
    if summary is None:
        summary = options.version_parts < SUMMARY_OFF
    return Reader(options.readings, version=options.fields, summary_default=summary)
