"""What is changed late in an iiko that was written from the API reference alone: each change is found in one night.

The books are those of that iiko, and a night costs what a quiet one costs: what more it asks is said at its change.
"""

from __future__ import annotations

import contextlib
import copy
import datetime
import functools
import typing as t
from collections import Counter
from dataclasses import dataclass, field, fields
from decimal import Decimal

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from support.catalogs import catalog_of
from support.clocks import server_says
from support.other_balances import PATHS
from support.other_business import Business, Doubts, Line, Paper, Presence, Shift
from support.other_cash import PAYMENTS
from support.other_ledger import DEPARTMENT, config
from support.other_office import OtherOffice
from support.other_staff import SECOND
from support.taps import Record, run_tap
from support.warehouse import Warehouse

if t.TYPE_CHECKING:
    from collections.abc import Iterator

FAMILIES = ("incoming_invoices", "outgoing_invoices", "internal_transfers", "writeoffs")
BALANCES = tuple(PATHS)
PARTS = {family: f"{family[:-1]}_items" for family in FAMILIES} | {"cash_shifts": "cash_shift_payments"}
TABLES = (
    *FAMILIES,
    "store_documents",
    "cash_shifts",
    *PARTS.values(),
    "attendances",
    "schedules",
    "income_plans",
    *BALANCES,
)
CATALOG = catalog_of(*TABLES, "sync_log")
TODAY = datetime.datetime.now(datetime.UTC).date()
DAYS = 45
"""Read at first; there is the end of a month in them."""
FIRST_NIGHT = 1
"""Days ago: no server's clock may be off by much more."""
DOUBTS_OF_DAYS = (
    "ends_are_exclusive",
    "early_is_yesterday",
    "stock_by_the_wall",
    "hides_deleted",
    "shifts_by_business_day",
    "planned_elsewhere",
)
"""What is listed at all, and under which day; those of single values meet nothing else."""
READINGS = {
    "likely": Doubts(),
    "other": Doubts(**{each.name: True for each in fields(Doubts)}),
    **{doubt: Doubts(**{doubt: True}) for doubt in DOUBTS_OF_DAYS},
}

pytestmark = pytest.mark.usefixtures("no_waiting", "afternoon")


@pytest.fixture
def afternoon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Yesterday is over."""
    it_is_afternoon(monkeypatch, 0)


def it_is_afternoon(patch: pytest.MonkeyPatch, back: int) -> None:
    server_says(patch, f"{at(back, 13, 30):%a, %d %b %Y %H:%M:%S} GMT")


def day(back: int) -> datetime.date:
    """So many days ago."""
    return TODAY - datetime.timedelta(days=back)


def at(back: int, hour: int = 12, minute: int = 0) -> datetime.datetime:
    """A moment of it."""
    return datetime.datetime.combine(day(back), datetime.time(hour, minute))


def closings() -> set[str]:
    """Balances that are read: of two nights today so far and yesterday, and the ends of months in the look-back."""
    return {f"{day(back)}" for back in range(DAYS + 1) if back <= FIRST_NIGHT + 1 or day(back - 1).day == 1}


def line(product: int, amount: str, worth: str, vat: str = "0") -> Line:
    return Line(product, Decimal(amount), Decimal(worth), Decimal(vat))


def business(doubts: Doubts) -> Business:
    """Papers of each kind, shifts, people who came and who are to come, plans.

    What iiko may list by another day than its own is also where ranges that are asked for end: yesterday, a week ago.
    """
    goods = [line(11, "12.000", "950.00", "190"), line(12, "3.5", "70.25", "14.05")]
    papers = [
        Paper("incoming_invoices", 101, at(44), [line(11, "100", "8000", "1600"), line(12, "50", "1000", "200")]),
        Paper("incoming_invoices", 102, at(20), [*goods, line(13, "1", "5")]),
        Paper("incoming_invoices", 103, at(12, 1, 30), [line(11, "1", "80", "16")], comment="ночью"),
        Paper("incoming_invoices", 104, at(3), [line(12, "2", "41")], status="NEW"),
        Paper("outgoing_invoices", 201, at(18), [line(11, "2", "160", "32"), line(11, "2", "160", "32")]),
        Paper("outgoing_invoices", 202, at(9), [line(12, "1.5", "30")]),
        Paper("outgoing_invoices", 203, at(1), [line(11, "3", "240", "48")]),
        Paper("internal_transfers", 301, at(22), [line(11, "30", "2400"), line(12, "10", "200")]),
        Paper("writeoffs", 401, at(16), [line(11, "0.35", "28"), line(12, "0.001", "0.02")]),
        Paper("internal_transfers", 302, at(1), [line(12, "1", "20")]),
        Paper("writeoffs", 402, at(1), [line(11, "1", "80")], status="NEW"),
        Paper("inventories", 501, at(30), [line(11, "-1", "-80"), line(12, "2", "40")]),
    ]
    shifts = [
        Shift(2000, at(25, 9), at(25, 23), Decimal(240), {71: Decimal("60.10")}),
        Shift(2010, at(19, 23, 25), at(18, 1, 15), Decimal("120.5"), {71: Decimal(30)}, accepted=at(17)),
        Shift(2020, at(19, 9), at(19, 22), Decimal(75), {71: Decimal(20), 72: Decimal(5)}, accepted=at(17)),
        Shift(2030, at(7, 23, 25), at(6, 3), Decimal(15), {71: Decimal(1)}),
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


@dataclass(frozen=True)
class Touched:
    """What the night after a change should write."""

    tables: dict[str, set[datetime.date]] = field(default_factory=dict)
    """The days of each; lines and payments go with what they are of."""
    since: dict[str, datetime.date] = field(default_factory=dict)
    """Of balances, the closings of this day and later."""
    more: Counter[str] = field(default_factory=Counter)
    """Requests that a quiet night does not make."""

    def days(self) -> set[tuple[str, str]]:
        """Table and day, of balances those that are read."""
        found = {(table, f"{each}") for table, days in self.tables.items() for each in days}
        found |= {(PARTS[table], each) for table, each in found if table in PARTS}
        return found | {(table, each) for table, day in self.since.items() for each in closings() if each >= f"{day}"}


# The changes


def paper_of(business: Business, number: int) -> Paper:
    return next(paper for paper in business.papers if paper.number == number)


def add_an_invoice_at_night_in_the_past(business: Business) -> Touched:
    paper = Paper("incoming_invoices", 105, at(27, 1, 30), [line(11, "6", "500", "100")])
    business.papers.append(paper)
    since = business.posting_day(paper) if not business.doubts.stock_by_the_wall else day(27)
    return Touched(
        {"incoming_invoices": {day(27)}, "store_documents": {business.posting_day(paper)}},
        dict.fromkeys(BALANCES, since),
    )


def move_an_invoice_and_drop_a_line(business: Business) -> Touched:
    paper = paper_of(business, 102)
    paper.moment = at(7)
    del paper.lines[-1]
    days = {day(20), day(7)}
    return Touched({"incoming_invoices": days, "store_documents": days}, dict.fromkeys(BALANCES, day(20)))


def unpost_an_invoice(business: Business) -> Touched:
    paper_of(business, 102).status = "NEW"
    days = {day(20)}
    return Touched({"incoming_invoices": days, "store_documents": days}, dict.fromkeys(BALANCES, day(20)))


def delete_an_outgoing_invoice(business: Business) -> Touched:
    paper_of(business, 201).status = "DELETED"
    days = {day(18)}
    return Touched({"outgoing_invoices": days, "store_documents": days}, dict.fromkeys(BALANCES, day(18)))


def change_a_comment_only(business: Business) -> Touched:
    paper_of(business, 202).comment = "поздно"
    return Touched({"outgoing_invoices": {day(9)}, "store_documents": {day(9)}})


def recalculate_the_cost_of_a_writeoff(business: Business) -> Touched:
    """Nobody edits it."""
    paper_of(business, 401).lines[0].worth = Decimal("27.999")
    business.recalculations += 1
    return Touched({"writeoffs": {day(16)}, "store_documents": {day(16)}}, {"store_balances": day(16)})


def change_the_amount_of_a_transfer(business: Business) -> Touched:
    paper_of(business, 301).lines[0] = line(11, "31", "2480")
    return Touched({"internal_transfers": {day(22)}, "store_documents": {day(22)}}, {"store_balances": day(22)})


def add_an_inventory_in_the_past(business: Business) -> Touched:
    """Only a report tells of it."""
    counted = [line(11, "-0.5", "-40"), line(12, "0.25", "5"), line(14, "1", "9.99")]
    business.papers.append(Paper("inventories", 502, at(28), counted))
    return Touched({"store_documents": {day(28)}}, {"store_balances": day(28)})


def accept_a_shift_after_weeks(business: Business) -> Touched:
    """One shift on its day."""
    business.shifts[0].accepted = at(1)
    return Touched({"cash_shifts": {day(25)}}, {"counteragent_balances": day(25)}, Counter({PAYMENTS: 1}))


def change_how_a_shift_was_paid(business: Business) -> Touched:
    """Two shifts on its day: what belongs to a day is read and written together."""
    shift = business.shifts[2]
    shift.cash, shift.cards = Decimal(70), {72: Decimal(30)}
    return Touched({"cash_shifts": {day(19)}}, {"counteragent_balances": day(19)}, Counter({PAYMENTS: 2}))


def edit_an_attendance(business: Business) -> Touched:
    business.attendances[2] = Presence(3013, at(14, 22), at(13, 7), 540)
    return Touched({"attendances": {day(14)}})


def close_an_attendance_of_two_years(business: Business) -> Touched:
    business.attendances[0] = Presence(3011, at(730, 9), at(730, 19), 600)
    return Touched({"attendances": {day(730)}})


def plan_otherwise(business: Business) -> Touched:
    """Of the past and of what is to come; a planned shift gets another id, as an attendance does."""
    business.plans[SECOND, day(14)] = Decimal(106)
    business.plans[DEPARTMENT, day(-100)] = Decimal(1)
    business.schedules[:] = [Presence(4011, at(14, 10), at(14, 20)), Presence(4012, at(-9, 22), at(-10, 6), 30)]
    moved = set() if business.doubts.planned_elsewhere else {day(14), day(-10), day(-9)}
    return Touched({"income_plans": {day(14), day(-100)}, "schedules": moved})


Change = t.Callable[[Business], Touched]
CHANGES: tuple[Change, ...] = (
    add_an_invoice_at_night_in_the_past,
    move_an_invoice_and_drop_a_line,
    unpost_an_invoice,
    delete_an_outgoing_invoice,
    change_a_comment_only,
    recalculate_the_cost_of_a_writeoff,
    change_the_amount_of_a_transfer,
    add_an_inventory_in_the_past,
    accept_a_shift_after_weeks,
    change_how_a_shift_was_paid,
    edit_an_attendance,
    close_an_attendance_of_two_years,
    plan_otherwise,
)


# Nights


class Nights:
    """The same tables, night after night."""

    def __init__(self, office: OtherOffice) -> None:
        self.office = office
        self.warehouse = Warehouse()
        self.state: t.Any = None
        self.moments: dict[str, str] = {}
        """By day the moment of its closing; today's is now."""
        self.log: list[Record] = []
        """What ``sync_log`` says of the last night."""

    def run(self) -> Counter[str]:
        """One night, and what it asked for."""
        self.office.requests.clear()
        settings = {"start_date": day(DAYS).isoformat(), "extra_tables": ["cash_shift_payments"], "timezone": "UTC"}
        result = run_tap(config(self.office, **settings), self.state, CATALOG)
        self.warehouse.load(result)
        self.state = result.state
        self.log = result.records("sync_log")
        for moment in map(datetime.datetime.fromisoformat, self.office.postings.asked["store_balances"]):
            self.moments[f"{(moment - datetime.timedelta(seconds=1)).date()}"] = moment.isoformat()
        assert result.code == 0
        return self.office.requests.copy()

    @property
    def written(self) -> set[tuple[str, str]]:
        """The table and day of all that ``sync_log`` calls written; each other day that it names is unchanged."""
        log = [(row["status"], (row["stream"], row["business_date"])) for row in self.log]
        assert {status for status, _ in log} <= {"loaded", "empty", "unchanged"}
        # A day that is not over and of which there is nothing is said to be empty by every run.
        return {place for status, place in log if status != "unchanged" and (status, place[1]) != ("empty", f"{TODAY}")}

    def assert_equal_to_the_books(self) -> None:
        """All tables, in the columns of the books."""
        for table in TABLES:
            right = self.office.business.books(table, self.moments)
            names = right[0].keys() if right else ()
            loaded = [{name: row[name] for name in names} for row in self.warehouse.current(table)]
            assert sorted(map(comparable, loaded)) == sorted(map(comparable, right)), table


def comparable(row: t.Mapping[str, t.Any]) -> str:
    """Numbers by their value, however they are written."""
    return str([(name, _plain(row[name])) for name in sorted(row)])


def _plain(value: t.Any) -> t.Any:
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    return f"{Decimal(str(value)).normalize():f}" if is_number else value


@functools.cache
def loaded(reading: str) -> tuple[Warehouse, t.Any, dict[str, str], Counter[str]]:
    """Tables, state and closings after a first load, a night and a quiet one, and what that asked for."""
    with OtherOffice(business(READINGS[reading])) as office:
        nights = Nights(office)
        with pytest.MonkeyPatch.context() as patch:
            it_is_afternoon(patch, FIRST_NIGHT)
            nights.run()
        nights.run()
        assert nights.moments.keys() == closings()
        nights.assert_equal_to_the_books()
        quiet = nights.run()
        assert not nights.written
    return nights.warehouse, nights.state, nights.moments, quiet


@contextlib.contextmanager
def after_a_quiet_night(reading: str) -> Iterator[tuple[Nights, Counter[str]]]:
    """The next one, and what the quiet one asked for; it ends in the books."""
    with OtherOffice(business(READINGS[reading])) as office:
        nights = Nights(office)
        nights.warehouse, nights.state, nights.moments, quiet = copy.deepcopy(loaded(reading))
        yield nights, quiet
        nights.assert_equal_to_the_books()
        assert office.token is None, "a licence slot leaked"
        assert (office.most_in_flight, office.secrets_in_urls) == (1, [])


@pytest.mark.parametrize("reading", ["likely", "other"])
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_is_found_in_one_night(change: Change, reading: str) -> None:
    with after_a_quiet_night(reading) as (nights, quiet):
        touched = change(nights.office.business)
        assert nights.run() == quiet + touched.more
        assert nights.written == touched.days()


def assert_found_in_one_night(changes: t.Sequence[Change], reading: str) -> None:
    """Each day that was touched may be as it was in the end, but no other day is written."""
    with after_a_quiet_night(reading) as (nights, quiet):
        touched = [change(nights.office.business) for change in changes]
        assert nights.run() == sum((each.more for each in touched), quiet)
        assert nights.written <= set().union(*(each.days() for each in touched))


@pytest.mark.parametrize("reading", DOUBTS_OF_DAYS)
def test_all_of_them_are_found_in_one_night_whatever_the_doubt(reading: str) -> None:
    assert_found_in_one_night(CHANGES, reading)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    two=st.lists(st.sampled_from(CHANGES), min_size=2, max_size=2, unique=True), reading=st.sampled_from([*READINGS])
)
def test_two_of_them_are_found_in_any_order(two: list[Change], reading: str) -> None:
    assert_found_in_one_night(two, reading)
