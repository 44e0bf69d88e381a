"""Rules between tables: R1, a shift's sums against the payments of its receipts."""

from __future__ import annotations

import datetime
import logging
import typing as t
from collections import Counter
from decimal import Decimal

import pytest

from simulator import Readings, Simulator
from support.catalogs import catalog_of
from support.taps import config_for, run_tap
from support.warehouse import Warehouse

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from support.taps import Result

MEASURES = {"cash": ("CASH", "salesCash"), "card": ("CARD", "salesCard"), "credit": ("NON_CASH", "salesCredit")}
REFUNDS, MISSING = "a later refund", "are not loaded"
TABLES = ("cash_shifts", "receipt_payments", "receipts", "checks", "sync_log")


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """Two weeks of a small chain."""
    with Simulator(seed=7, departments=2, days=14, receipts_per_day=8) as simulator:
        yield simulator
        assert simulator.open_tokens == 0
        assert simulator.refused_concurrent == 0


def run(sim: Simulator, state: t.Any = None, **settings: t.Any) -> Result:
    return run_tap(config_for(sim, **settings), state, catalog_of(*TABLES))


def is_of_checks(body: t.Any) -> bool:
    """Whether a request is the small report of R1."""
    return "SessionID" in body["groupByRowFields"] and "UniqOrderId.Id" not in body["groupByRowFields"]


def verdicts(result: Result) -> Counter[t.Any]:
    return Counter(row["proved"] for row in result.records("checks"))


@pytest.mark.parametrize(
    "readings",
    [
        Readings(),
        Readings(deleted_revenue="kept", refunds="negative", shift_days="operation", documented_spelling=True),
    ],
    ids=["usual", "other readings"],
)
def test_an_honest_server_is_proved(readings: Readings) -> None:
    with Simulator(seed=7, departments=2, days=14, receipts_per_day=8, readings=readings) as sim:
        sim.business.refund(day=sim.ledger.days[3], on_day=sim.ledger.days[6])
        result = run(sim)
        closed = {row["id"]: row for row in sim.books.rows("cash_shifts") if row["closeDate"]}
        found = {(row["subject"], row["measure"]): row for row in result.records("checks")}
        assert found.keys() == {(shift, measure) for shift in closed for measure in MEASURES}
        for (shift, measure), row in found.items():
            assert row["expected"] == closed[shift][MEASURES[measure][1]]
            assert row["business_date"] == closed[shift]["(day)"]
            assert row["rule"] == "R1"
        assert False not in verdicts(result)
        assert verdicts(result)[True] > verdicts(result)[None] * 3 > 0
        refunded = {row["SessionID"] for row in sim.books.rows("receipts") if row["SourceOrderId"]}
        undecided = {row["subject"] for row in result.records("checks") if row["proved"] is None}
        assert undecided == refunded & closed.keys()
        assert all(REFUNDS in row["reason"] for row in result.records("checks") if row["proved"] is None)


def test_what_is_found_is_what_the_payments_of_the_receipts_come_to(sim: Simulator) -> None:
    result = run(sim)
    sessions = {row["id"]: row["session_id"] for row in result.records("receipts")}
    sums: Counter[t.Any] = Counter()
    for row in result.records("receipt_payments"):
        sums[sessions[row["receipt_id"]], row["pay_types_group"]] += row["dish_discount_sum"] or 0
    for row in result.records("checks"):
        assert abs(row["found"] - sums[row["subject"], MEASURES[row["measure"]][0]]) < Decimal("0.0001")


def test_a_server_that_is_not_honest_is_caught_and_fails_nothing(
    sim: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    first = run(sim)
    touched = sim.business.miscount_shift()
    caplog.clear()
    sim.reset_log()
    second = run(sim, first.state)
    assert second.code == 0
    (wrong,) = [row for row in second.records("checks") if row["proved"] is False]
    assert (wrong["subject"], wrong["measure"], wrong["difference"]) == (touched["shift"], "cash", -100)
    (line,) = [record for record in caplog.records if "R1" in record.message]
    assert line.levelno == logging.WARNING
    assert f"{touched['days'][0]} cash of {touched['shift']}" in line.message
    assert "checks between tables that differ: 1 (see the table checks)" in caplog.messages[-1]
    logged = {row["business_date"] for row in second.log("checks")}
    assert logged == {row["business_date"] for row in second.records("checks")} | {sim.last_day.isoformat()}
    assert set(touched["days"]) < logged
    assert len(logged) < 8, "only days that were written, and their neighbours"


def test_a_payment_that_changes_in_receipts_alone_is_caught(sim: Simulator) -> None:
    """Shifts of the days around receipts that were written are checked again, though none of them has changed."""
    first = run(sim)
    rows = {row["subject"]: row for row in first.records("checks")}
    day = sim.ledger.days[3]
    for order in sim.ledger.visible():  # what the shifts say stays as it is
        if order.session and order.day == day and order.counts and order.session.id in rows:
            order.session = None
            sim.ledger.touch(order)
            break
    second = run(sim, first.state)
    assert day in {row["business_date"] for row in second.records("checks")}


def test_a_quiet_night_checks_what_is_open_by_one_report(sim: Simulator) -> None:
    warehouse = Warehouse()
    first = run(sim)
    warehouse.load(first)
    sim.reset_log()
    second = run(sim, first.state)
    warehouse.load(second)
    recent = (sim.last_day - datetime.timedelta(days=4)).isoformat()
    assert {row["business_date"] for row in second.records("checks")} <= {d for d in sim.ledger.days if d > recent}
    assert {row["requests"] for row in second.log("checks")} == {1}
    assert len(warehouse.current("checks")) == len(first.records("checks"))


def test_shifts_whose_days_are_not_all_loaded_are_undecided(sim: Simulator) -> None:
    end = sim.last_day - datetime.timedelta(days=3)
    result = run(sim, end_date=end.isoformat())
    over_the_end = [row for row in result.records("checks") if MISSING in (row["reason"] or "")]
    assert {row["business_date"] for row in over_the_end} == {end.isoformat()}
    assert {row["proved"] for row in over_the_end} == {None}


def test_shifts_of_departments_that_are_not_read_are_left_alone(sim: Simulator) -> None:
    department = sim.ledger.group.departments[0]
    result = run(sim, departments=[department.id])
    ours = {row["SessionID"] for row in sim.books.rows("receipts") if row["Department.Id"] == department.id}
    assert {row["subject"] for row in result.records("checks")} <= ours
    assert False not in verdicts(result)


def test_without_their_tables_there_are_no_checks(sim: Simulator) -> None:
    lone = run_tap(config_for(sim), catalog=catalog_of("cash_shifts", "checks", "sync_log"))
    assert lone.code == 0
    assert lone.records("cash_shifts")
    assert not lone.records("checks")


@pytest.mark.parametrize(("field", "outcome"), [("SourceOrderId", "loaded"), ("PayTypes.Group", "skipped")])
def test_a_server_that_lacks_a_field_is_asked_without_it_or_not_checked(
    sim: Simulator, field: str, outcome: str
) -> None:
    words = f"java.lang.IllegalArgumentException: Unknown OLAP field '{field}'"
    sim.faults.add("business_rule", path="reports/olap", match=is_of_checks, text=words)
    sim.business.refund(day=sim.ledger.days[3], on_day=sim.ledger.days[6])
    result = run(sim)
    assert result.code == 0
    assert outcome in {row["status"] for row in result.log("checks")}
    assert (None in verdicts(result)) == (outcome == "loaded"), "a later refund is seen by its lines, too"


@pytest.mark.usefixtures("no_waiting")
def test_a_report_that_cannot_be_had_fails_the_checks_and_nothing_else(sim: Simulator) -> None:
    sim.faults.add("http_500", path="reports/olap", times=10_000, match=is_of_checks)
    catalog = catalog_of("cash_shifts", "receipt_payments", "checks", "sync_log")
    first = run_tap(config_for(sim), catalog=catalog)
    assert first.code == 1
    assert {row["status"] for row in first.log("checks")} == {"failed"}
    assert first.records("cash_shifts")
    assert first.records("receipt_payments")


def test_a_shift_that_nobody_closed_for_ages_is_undecided_and_asks_for_no_century(sim: Simulator) -> None:
    shift = sim.ledger.cash.all()[4]
    shift.closes = "2500-01-01T00:00:00"
    result = run(sim)
    rows = [row for row in result.records("checks") if row["subject"] == shift.id]
    assert {row["reason"] for row in rows} == {"the shift lasted more than 31 days."}
    assert {row["requests"] for row in result.log("checks")} == {1}
