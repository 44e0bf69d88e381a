"""Cash shifts: equal to the books, accepted weeks later, their payments asked for one by one; how they join."""

from __future__ import annotations

import typing as t

import pytest

from simulator import Readings, Simulator
from support.catalogs import catalog_of
from support.taps import config_for, run_tap
from support.truth import assert_equal_to_books
from support.warehouse import Warehouse

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from support.taps import Result

GROUPS = ("restaurant_groups", "points_of_sale", "restaurant_sections")
SHIFTS, PAYMENTS = "cash_shifts", "cash_shift_payments"
NAMED = {"extra_tables": [PAYMENTS]}
OTHER = Readings(
    documented_spelling=True,
    shift_days="operation",
    shift_departments=True,
    shift_payment_ids="own",
    cash_diff="counted",
    group_departments=False,
)


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """A month, so that shifts wait to be accepted for weeks."""
    with Simulator(seed=7, departments=2, days=26, receipts_per_day=2) as simulator:
        yield simulator
        assert (simulator.open_tokens, simulator.refused_concurrent) == (0, 0)
        assert simulator.max_in_flight <= 1


def asked(sim: Simulator, path: str) -> list[str]:
    return [record.query for record in sim.log if f"/v2/cashshifts/{path}" in record.path]


def days(result: Result, table: str, status: str = "loaded") -> set[str]:
    return {row["business_date"] for row in result.log(table) if row["status"] == status}


@pytest.mark.parametrize("readings", [Readings(), OTHER], ids=["usual", "the other readings"])
def test_shifts_payments_and_groups_equal_the_books(readings: Readings) -> None:
    with Simulator(seed=7, departments=3, days=26, receipts_per_day=2, readings=readings) as sim:
        warehouse = Warehouse()
        result = run_tap(config_for(sim, personal_data="load", **NAMED))
        warehouse.load(result)
        assert result.code == 0
        assert_equal_to_books(warehouse.current, sim, (*GROUPS, SHIFTS, PAYMENTS))
        rows = warehouse.current(SHIFTS)
        assert {row["session_status"] for row in rows} == {"OPEN", "UNACCEPTED", "HASWARNINGS", "ACCEPTED"}
        assert [row for row in rows if row["open_date"][11:16] == "23:25"], "opened in the evening before"
        assert [row for row in rows if row["close_date"] and row["close_date"][:10] > row["business_date"]]
        assert {row["record_type"] for row in warehouse.current(PAYMENTS)} == {"CASHLESS", "PAYIN", "PAYOUT"}


def test_a_shift_a_receipt_and_a_department_join(sim: Simulator) -> None:
    result = run_tap(config_for(sim, **NAMED))
    points = {row["id"]: row["restaurant_group_id"] for row in result.records("points_of_sale")}
    groups = {row["id"]: row["department_id"] for row in result.records("restaurant_groups")}
    departments = {row["id"]: groups[points[row["point_of_sale_id"]]] for row in result.records(SHIFTS)}
    receipts = [row for row in result.records("receipts") if row["session_id"]]
    assert receipts
    assert {row["session_id"] for row in receipts} == set(departments)
    assert all(departments[row["session_id"]] == row["department_id"] for row in receipts)
    assert {row["restoraunt_group_id"] for row in receipts} == set(groups) - {None}
    sections = {row["id"] for row in result.records("restaurant_sections")}
    assert {row["restaurant_section_id"] for row in receipts} <= sections
    paid = {row["payment_transaction_id"] for row in result.records("receipt_payments")}
    cashless = {row["info_id"] for row in result.records(PAYMENTS) if row["record_type"] == "CASHLESS"}
    assert set() < cashless <= paid


def test_a_shift_that_is_accepted_weeks_later_is_found_in_one_night(sim: Simulator) -> None:
    warehouse = Warehouse()
    first = run_tap(config_for(sim, **NAMED))
    warehouse.load(first)
    assert len(asked(sim, "payments/")) == len(first.records(SHIFTS)), "one for each shift, once"
    sim.reset_log()
    quiet = run_tap(config_for(sim, **NAMED), first.state)
    assert not quiet.records(SHIFTS)
    assert not quiet.records(PAYMENTS)
    assert (len(asked(sim, "list")), len(asked(sim, "payments/"))) == (1, 0)
    touched = sim.business.accept_shift()
    (day,) = touched["days"]
    assert (sim.last_day - sim.first_day).days - 5 > sim.ledger.days.index(day), "weeks ago"
    sim.reset_log()
    second = run_tap(config_for(sim, **NAMED), quiet.state)
    warehouse.load(second)
    assert days(second, SHIFTS) == days(second, PAYMENTS) == {day}
    assert len(asked(sim, "list")) == 1
    of_day = [row for row in second.records(SHIFTS) if row["business_date"] == day]
    assert len(asked(sim, "payments/")) == len(of_day)
    assert {row["synced_at"] for row in (*of_day, *second.records(PAYMENTS))} == {of_day[0]["synced_at"]}
    assert next(row for row in of_day if row["id"] == touched["shift"])["accept_date"] is not None
    assert_equal_to_books(warehouse.current, sim, (SHIFTS,))


def test_a_payment_that_the_acceptance_changes_is_found_in_shifts_and_receipts(sim: Simulator) -> None:
    warehouse = Warehouse()
    settings = config_for(sim, personal_data="load", **NAMED)
    first = run_tap(settings)
    warehouse.load(first)
    touched = sim.business.correct_in_acceptance()
    second = run_tap(settings, first.state)
    warehouse.load(second)
    assert days(second, SHIFTS) == set(touched["days"])
    assert set(touched["order_days"]) <= days(second, "receipt_payments")
    assert_equal_to_books(warehouse.current, sim, (SHIFTS, PAYMENTS, "receipt_payments"))
    edited = [row for row in warehouse.current(PAYMENTS) if row["status"] == "EDITED"]
    assert [row["edited_pay_account_id"] != row["original_pay_account_id"] for row in edited] == [True]


def test_a_comment_inside_the_list_is_not_seen_until_its_shift_changes(sim: Simulator) -> None:
    settings = config_for(sim, personal_data="load", **NAMED)
    first = run_tap(settings)
    touched = sim.business.comment_payment()
    second = run_tap(settings, first.state)
    assert not second.records(PAYMENTS)
    sim.business.miscount_shift(touched["shift"])
    third = run_tap(settings, second.state)
    assert "согласовано с Петровой" in {row["editable_comment"] for row in third.records(PAYMENTS)}


def test_nothing_private_is_written_unless_it_is_asked_for(sim: Simulator) -> None:
    result = run_tap(config_for(sim, **NAMED))
    assert result.records(PAYMENTS)
    for words in ("Ивановой", "************"):
        assert words.encode() not in result.output


def test_payments_that_are_selected_later_fill_the_look_back(sim: Simulator) -> None:
    warehouse = Warehouse()
    first = run_tap(config_for(sim))
    warehouse.load(first)
    assert not asked(sim, "payments/"), "a request per shift is asked for only by who names the table"
    assert PAYMENTS not in {message.get("stream") for message in first.messages}
    second = run_tap(config_for(sim, personal_data="load", **NAMED), first.state)
    warehouse.load(second)
    assert_equal_to_books(warehouse.current, sim, (SHIFTS, PAYMENTS))
    third = run_tap(config_for(sim, personal_data="load", **NAMED), second.state)
    assert not third.records(PAYMENTS)


def test_other_columns_of_payments_are_filled_when_they_are_selected(sim: Simulator) -> None:
    first = run_tap(config_for(sim, **NAMED))
    second = run_tap(config_for(sim, personal_data="load", **NAMED), first.state)
    assert len(second.records(PAYMENTS)) == len(first.records(PAYMENTS))


def test_payments_alone_bring_their_shifts(sim: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    result = run_tap(config_for(sim, **NAMED), catalog=catalog_of(PAYMENTS, "sync_log"))
    assert result.records(SHIFTS)
    assert f"{SHIFTS} is selected with {PAYMENTS}" in caplog.text
    unnamed = run_tap(config_for(sim), catalog=catalog_of(PAYMENTS, "sync_log"))
    assert not unnamed.records(SHIFTS), "an extra table that nobody names brings nothing"


@pytest.mark.usefixtures("no_waiting")
def test_a_shift_whose_payments_fail_fails_its_day_whole(sim: Simulator) -> None:
    warehouse = Warehouse()
    first = run_tap(config_for(sim, **NAMED))
    warehouse.load(first)
    before = len(warehouse.current(PAYMENTS))
    touched = sim.business.accept_shift()
    sim.faults.add("http_500", path=f"payments/list/{touched['shift']}", times=9)
    second = run_tap(config_for(sim, **NAMED), first.state)
    warehouse.load(second)
    assert second.code == 1
    failed = {(row["stream"], row["business_date"]) for row in second.records("sync_log") if row["status"] == "failed"}
    assert failed == {(table, touched["days"][0]) for table in (SHIFTS, PAYMENTS)}
    assert not second.records(SHIFTS)
    assert len(warehouse.current(PAYMENTS)) == before
    sim.faults.clear()
    third = run_tap(config_for(sim, **NAMED), second.state)
    warehouse.load(third)
    assert days(third, SHIFTS) == days(third, PAYMENTS) == set(touched["days"])


def test_who_may_not_see_shifts_or_has_an_older_iiko_skips_them() -> None:
    denied = Readings(missing_rights=frozenset({"B_CASH"}))
    for more in ({"readings": denied}, {"version": "5.3.1.0"}):
        with Simulator(seed=7, departments=1, days=4, receipts_per_day=2, **more) as sim:
            first = run_tap(config_for(sim, **NAMED))
            assert first.code == 0
            assert days(first, PAYMENTS, "skipped") == {None}
            if "version" in more:  # before payments were there, shifts were
                assert first.records(SHIFTS)
                second = run_tap(config_for(sim, **NAMED), first.state)
                assert {row["status"] for row in second.log(SHIFTS)} <= {"empty", "loaded", "unchanged"}
            else:
                assert days(first, SHIFTS, "skipped") == {None}
