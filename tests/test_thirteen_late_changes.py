"""What is changed late in an iiko that was written from the API reference alone: each change is found in one night.

The books are those of that iiko, and a night costs what a quiet one costs: what more it asks is said at its change.
"""

from __future__ import annotations

import datetime
import typing as t
from collections import Counter
from dataclasses import dataclass, field, fields
from decimal import Decimal

import pytest

from support.catalogs import catalog_of
from support.clocks import server_says
from support.other_balances import PATHS
from support.other_business import Business, Doubts, Line, Paper, Presence, Shift
from support.other_cash import PAYMENTS
from support.other_office import OtherOffice
from support.other_staff import SECOND
from support.other_ledger import DEPARTMENT
from support.taps import Result, run_tap
from support.warehouse import Warehouse

if t.TYPE_CHECKING:
    from collections.abc import Iterator

FAMILIES = ("incoming_invoices", "outgoing_invoices", "internal_transfers", "writeoffs")
BALANCES = tuple(PATHS)
TABLES = (
    *FAMILIES,
    *(f"{family[:-1]}_items" for family in FAMILIES),
    "store_documents",
    "cash_shifts",
    "cash_shift_payments",
    "attendances",
    "schedules",
    "income_plans",
    *BALANCES,
)
PARTS = {table for table in TABLES if table.endswith("_items")}
CATALOG = catalog_of(*TABLES, "sync_log")
TODAY = datetime.datetime.now(datetime.UTC).date()
DAYS = 45
"""Read at first; there is the end of a month in them."""
ALL_DOUBTS = Doubts(**{each.name: True for each in fields(Doubts)})

pytestmark = pytest.mark.usefixtures("no_waiting", "afternoon")


def day(back: int) -> datetime.date:
    """So many days ago."""
    return TODAY - datetime.timedelta(days=back)


def at(back: int, hour: int = 12, minute: int = 0) -> datetime.datetime:
    """A moment of it."""
    return datetime.datetime.combine(day(back), datetime.time(hour, minute))


def line(product: int, amount: str, worth: str, vat: str = "0") -> Line:
    return Line(product, Decimal(amount), Decimal(worth), Decimal(vat))


def business(doubts: Doubts) -> Business:
    """Papers of each kind, two shifts of one night, people who came and who are to come, plans."""
    goods = [line(11, "12.000", "950.00", "190"), line(12, "3.5", "70.25", "14.05")]
    papers = [
        Paper("incoming_invoices", 101, at(44), [line(11, "100", "8000", "1600"), line(12, "50", "1000", "200")]),
        Paper("incoming_invoices", 102, at(20), [*goods, line(13, "1", "5")]),
        Paper("incoming_invoices", 103, at(12, 1, 30), [line(11, "1", "80", "16")], comment="ночью"),
        Paper("incoming_invoices", 104, at(3), [line(12, "2", "41")], status="NEW"),
        Paper("outgoing_invoices", 201, at(18), [line(11, "2", "160", "32"), line(11, "2", "160", "32")]),
        Paper("outgoing_invoices", 202, at(9), [line(12, "1.5", "30")]),
        Paper("internal_transfers", 301, at(22), [line(11, "30", "2400"), line(12, "10", "200")]),
        Paper("writeoffs", 401, at(16), [line(11, "0.35", "28"), line(12, "0.001", "0.02")]),
        Paper("writeoffs", 402, at(2), [line(11, "1", "80")], status="NEW"),
        Paper("inventories", 501, at(30), [line(11, "-1", "-80"), line(12, "2", "40")]),
    ]
    shifts = [
        Shift(2000, at(25, 9), at(25, 23), Decimal(240), {71: Decimal("60.10")}),
        Shift(2010, at(19, 23, 25), at(18, 1, 15), Decimal("120.5"), {71: Decimal(30)}, accepted=at(17)),
        Shift(2020, at(19, 9), at(19, 22), Decimal(75), {71: Decimal(20), 72: Decimal(5)}, accepted=at(17)),
    ]
    attendances = [
        Presence(3001, at(730, 9), None),
        Presence(3002, at(730, 10), at(730, 18), 480),
        Presence(3003, at(14, 22), at(13, 6), 480),
        Presence(3004, at(14, 9), at(14, 18), 540),
    ]
    schedules = [Presence(4001, at(14, 9), at(14, 21), 30), Presence(4002, at(-10, 22), at(-11, 6), 30)]
    plans = {
        (DEPARTMENT, day(14)): Decimal(1000),
        (SECOND, day(14)): Decimal("105.5"),
        (SECOND, day(-100)): Decimal(7),
    }
    return Business(doubts, papers, shifts, attendances, schedules, plans)


@dataclass
class Touched:
    """What a change should write: by table the days; and from which day on the closings, by table of balances."""

    days: dict[str, set[datetime.date]]
    closings: dict[str, datetime.date] = field(default_factory=dict)
    more: Counter[str] = field(default_factory=Counter)
    """Requests more than in a quiet night."""


class Nights:
    """The same tables, night after night."""

    def __init__(self, office: OtherOffice) -> None:
        self.office = office
        self.warehouse = Warehouse()
        self.state: t.Any = None

    def run(self) -> Result:
        """One night."""
        self.office.requests.clear()
        config = {"base_url": self.office.url, "login": "demo", "password": "demo-password", "timezone": "UTC"}
        config |= {"start_date": day(DAYS).isoformat(), "extra_tables": ["cash_shift_payments"]}
        result = run_tap(config, self.state, CATALOG)
        self.warehouse.load(result)
        self.state = result.state
        assert result.code == 0
        return result

    @property
    def moments(self) -> dict[str, str]:
        """The moment by which each day was asked for as a closing."""
        asked = map(datetime.datetime.fromisoformat, self.office.postings.asked["store_balances"])
        return {f"{(each - datetime.timedelta(seconds=1)).date()}": each.isoformat() for each in asked}

    def assert_equal_to_the_books(self) -> None:
        """All tables, in the columns of the books."""
        for table in TABLES:
            right = self.office.business.books(table, self.moments)
            names = right[0].keys() if right else ()
            loaded = [{name: row[name] for name in names} for row in self.warehouse.current(table)]
            assert sorted(map(comparable, loaded)) == sorted(map(comparable, right)), table


def comparable(row: t.Mapping[str, t.Any]) -> str:
    """Numbers by their value, however they are written."""
    return str(sorted((name, plain(value)) for name, value in row.items()))


def plain(value: t.Any) -> str:
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return f"{Decimal(str(value)).normalize():f}"
    return repr(value)


def written(result: Result) -> dict[str, set[str]]:
    """By table the days that were loaded or found empty, unless they were empty before: those have no row to lose."""
    found: dict[str, set[str]] = {}
    for row in result.records("sync_log"):
        if row["status"] != "unchanged":
            found.setdefault(row["stream"], set()).add(f"{row['business_date']} {row['status']}")
    return found


@pytest.fixture
def afternoon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Yesterday is over."""
    server_says(monkeypatch, f"{at(0, 13, 30):%a, %d %b %Y %H:%M:%S} GMT")


def served(doubts: Doubts) -> Iterator[Nights]:
    with OtherOffice(business(doubts)) as office:
        yield Nights(office)
        assert office.token is None, "a licence slot leaked"
        assert (office.most_in_flight, office.secrets_in_urls) == (1, [])


@pytest.fixture(params=[Doubts(), ALL_DOUBTS], ids=["likely", "other"])
def nights(request: pytest.FixtureRequest) -> Iterator[Nights]:
    yield from served(request.param)


def test_it(nights: Nights) -> None:
    nights.run()
    nights.assert_equal_to_the_books()
    r = nights.run()
    print(written(r)); print(nights.office.requests)
    nights.assert_equal_to_the_books()
