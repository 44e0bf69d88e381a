"""The simulator: a restaurant group that lives in memory and the iikoServer that it is seen through."""

from __future__ import annotations

import datetime
import random
import threading
import typing as t

from simulator.api.json_lists import JsonLists
from simulator.api.method import Served
from simulator.api.reports import OLAP
from simulator.api.service import Api
from simulator.olap.engine import Olap
from simulator.olap.request import Reader
from simulator.readings import Readings
from simulator.server.control import Control
from simulator.server.faults import Faults
from simulator.server.http import Record, Server
from simulator.server.sessions import Sessions
from simulator.truth.books import Books
from simulator.world.business import Business
from simulator.world.corporation import build_corporation
from simulator.world.ledger import Ledger
from simulator.world.menu import build_menu
from simulator.world.units import Ids

SUMMARY_OFF: t.Final = (9, 1, 2)
"""The version since which ``buildSummary`` is off by default (API reference 4.2)."""
CLONE_PRICES: t.Final = 107


class Simulator:
    """An iikoServer over HTTP, for use in a ``with`` block."""

    def __init__(  # noqa: PLR0913, PLR0917 - the knobs of a whole server
        self,
        seed: int = 1,
        departments: int = 4,
        days: int = 90,
        receipts_per_day: int = 150,
        last_day: datetime.date | None = None,
        slots: int = 1,
        login: str = "demo",
        password: str = "demo-password",  # noqa: S107 - of a demo
        version: str = "9.1.7014.0",
        fields: int = 279,
        edition: str = "chain",
        readings: Readings | None = None,
        token_lifetime: float = 3600.0,
        clone_of: Simulator | None = None,
        port: int = 0,
        host: str = "127.0.0.1",
        tls: tuple[str, str] | None = None,
    ) -> None:
        """Bring the business to life; the server starts with the ``with`` block.

        Args:
            seed: the same seed gives the same data and the same ids.
            departments: points of sale.
            days: business days up to ``last_day``.
            receipts_per_day: of an average department.
            last_day: the open business day; today if not given.
            slots: API connections of the licence.
            login: the only user.
            password: the user's password.
            version: as the server info tells it.
            fields: how many SALES fields this version has: 285, 279 or 229.
            edition: ``chain`` or ``default``.
            readings: what the API reference leaves open.
            token_lifetime: seconds from login on.
            clone_of: another simulator whose database this one was cloned from: all ids are the same, the sums are not.
            port: 0 takes a free one.
            host: the address to listen on.
            tls: files of a certificate and its key, for https.
        """
        self.login = login
        self.password = password
        self.fields = fields
        self.edition = edition
        self.readings = readings or Readings()
        self.seed = seed
        self.id_seed: int = clone_of.id_seed if clone_of else seed
        own = f"{seed}/clone" if clone_of else str(seed)
        trade_seed = random.Random(own).getrandbits(32)
        ids = Ids(self.id_seed)
        menu = build_menu(ids, CLONE_PRICES if clone_of else 100)
        for product in menu.products:
            product.report_blanks = self.readings.report_blanks
            product.taxed = self.readings.tax_categories
        group = build_corporation(ids, self.id_seed, departments)
        self.ledger = Ledger(
            ids,
            trade_seed,
            group,
            menu,
            self.readings,
            last_day=last_day or datetime.datetime.now().date(),  # noqa: DTZ005 - iiko's clock is the wall clock
            days=days,
            receipts_per_day=receipts_per_day,
        )
        summary = self.readings.summary_default
        if summary is None:
            summary = tuple(int(part) for part in version.split(".")[:3]) < SUMMARY_OFF
        self.olap = Olap(self.ledger, self.readings, Reader(self.readings, version=fields, summary_default=summary))
        self.books = Books(self.ledger, self.readings)
        self.business = Business(self.ledger, self.olap.store.refresh_names, random.Random(f"{own}/changes"))
        self.sessions = Sessions(login, password, slots, token_lifetime)
        self.faults = Faults()
        self.served = Served(
            self.ledger,
            JsonLists(ids, group, menu, self.readings, self.ledger.account_names),
            self.olap,
            self.sessions,
            self.faults,
            self.readings,
            version,
            edition,
            fields,
        )
        self.api = Api(self.served)
        self.control = Control(self)
        self.log: list[Record] = []
        self._address = (host, port)
        self._tls = tls
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
        self._server = Server(self._address, self, self._tls)
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
    def url(self) -> str:
        """The address of the server; the API is below ``/resto/api``."""
        host, port = self._address
        return f"{'https' if self._tls else 'http'}://{host}:{port}"

    @property
    def version(self) -> str:
        """Of iiko; it may be changed while the server runs."""
        return self.served.version

    @version.setter
    def version(self, version: str) -> None:
        self.served.version = version

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
        return sum(1 for record in self.log if record.path.endswith(OLAP))

    def note(self, record: Record) -> None:
        """Write a request to the log."""
        self.log.append(record)

    def reset_log(self) -> None:
        """Forget the requests so far."""
        self.log.clear()
        self.sessions.reset()
