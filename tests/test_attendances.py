"""Staff time: rows of another day than the asked ones, rows that nobody closes, ids that change."""

from __future__ import annotations

import contextlib
import datetime
import typing as t

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from simulator import Readings, Simulator
from support.catalogs import catalog_of
from support.taps import ZONE, Result, config_for, run_tap
from support.truth import assert_equal_to_books
from support.warehouse import Warehouse
from tap_iiko.days import watch

TIMES = ("attendances", "schedules")
TYPES = ("attendance_types", "schedule_types")
STAFF = (*TIMES, *TYPES)
CHANGES = ("add_attendance", "edit_attendance", "move_attendance", "edit_shift")
REMARK = "болел ребёнок"


class Nights:
    """The same tables, night after night."""

    def __init__(self, sim: Simulator, *tables: str, **settings: t.Any) -> None:
        self.sim = sim
        self.config = config_for(sim, timezone=ZONE, **{"personal_data": "load", **settings})
        self.catalog = catalog_of(*(tables or STAFF), "sync_log")
        self.warehouse = Warehouse()
        self.state: t.Any = None

    def run(self, code: int = 0) -> Result:
        self.sim.reset_log()
        result = run_tap(self.config, self.state, self.catalog)
        self.warehouse.load(result)
        self.state = result.state
        assert result.code == code
        return result

    def asked(self, path: str) -> list[str]:
        return [record.query for record in self.sim.log if record.path.endswith(path)]

    def held(self) -> dict[str, str]:
        (partition,) = self.state["bookmarks"]["attendances"]["partitions"]
        return t.cast("dict[str, str]", partition.get("held_fingerprints", {}))

    def assert_equal(self) -> None:
        assert_equal_to_books(self.warehouse.current, self.sim, STAFF)


def days_of(result: Result, table: str, status: str = "loaded") -> set[str]:
    return {row["business_date"] for row in result.log(table) if row["status"] == status}


def before(sim: Simulator, days: int) -> str:
    return (sim.last_day - datetime.timedelta(days=days)).isoformat()


@pytest.fixture
def staffed() -> t.Iterator[Simulator]:
    """Two departments, twelve days."""
    with Simulator(seed=7, departments=2, days=12, receipts_per_day=3) as sim:
        yield sim
        assert (sim.open_tokens, sim.max_in_flight) == (0, 1)


@pytest.mark.parametrize(
    "readings",
    [
        Readings(),
        Readings(staff_roots="plain", overtime="payment", staff_moments="minutes", attendance_type="code"),
        Readings(staff_moments="millis", schedule="elsewhere"),
    ],
    ids=["usual", "other names, no seconds", "planned elsewhere"],
)
def test_every_row_equals_the_books(readings: Readings) -> None:
    with Simulator(seed=7, departments=4, days=40, receipts_per_day=2, readings=readings) as sim:
        nights = Nights(sim)
        result = nights.run()
        nights.assert_equal()
        rows = result.records("attendances")
        assert [row for row in rows if row["date_to"] and row["date_to"][:10] > row["business_date"]], "night shifts"
        assert [row for row in rows if row["overtime_payed_sum"]], "overtime, under either of its names"
        assert [row for row in rows if row["date_to"] and row["regular_payment_sum"] is None], "salaries"
        ahead = [row for row in result.records("schedules") if row["business_date"] > sim.last_day.isoformat()]
        assert bool(ahead) == (readings.schedule == "here")


def test_everybody_who_served_was_there(staffed: Simulator) -> None:
    """Of any receipt of the database, its waiter has an attendance around it."""
    nights = Nights(staffed, "attendances", "receipts")
    nights.run()
    there = nights.warehouse.current("attendances")
    for receipt in nights.warehouse.current("receipts"):
        for person in {receipt["order_waiter_id"], receipt["cashier_id"]} - {None}:
            assert any(
                row["employee_id"] == person and row["date_from"] <= receipt["open_time"]
                for row in there
                if row["business_date"] == receipt["business_date"]
            ), receipt


def test_a_quiet_night_asks_for_little_and_writes_nothing(staffed: Simulator) -> None:
    nights = Nights(staffed)
    nights.run()
    result = nights.run()
    assert not any(result.records(table) for table in STAFF)
    two_years, before_the_look_back = before(staffed, 730), before(staffed, 75)
    assert {two_years, before_the_look_back} < days_of(result, "attendances", "unchanged")
    ranges = [query.split("&")[1:] for query in nights.asked("employees/attendance")]
    assert ranges == [
        [f"from={before(staffed, 12)}", f"to={staffed.last_day}"],
        [f"from={before(staffed, 76)}", f"to={before_the_look_back}"],
        [f"from={before(staffed, 731)}", f"to={two_years}"],
    ], "the look-back, and each open day by its own date"
    assert len(nights.asked("employees/schedule")) == 2, "the look-back, and what is planned"


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_writes_its_days_and_leaves_no_ghost(staffed: Simulator, kind: str) -> None:
    nights = Nights(staffed)
    first = nights.run()
    touched = staffed.business.do(kind)
    second = nights.run()
    table = "schedules" if kind == "edit_shift" else "attendances"
    assert days_of(second, table) == set(touched["days"])
    assert touched["id"] in {row["id"] for row in second.records(table)}
    assert touched["id"] not in {row["id"] for row in first.records(table)}
    nights.assert_equal()
    nights.warehouse.prune()
    nights.assert_equal()


# Open since long ago


def test_an_open_attendance_is_watched_until_it_is_closed(staffed: Simulator) -> None:
    """Once closed it is in no answer but that of its own day."""
    nights = Nights(staffed)
    nights.run()
    assert sorted(nights.held()) == sorted([before(staffed, 730)[:7], before(staffed, 75)[:7]])
    assert not nights.run().records("attendances"), "the second night: still open"
    touched = staffed.business.close_attendance()
    third = nights.run()
    assert days_of(third, "attendances") == set(touched["days"]) == {before(staffed, 730)}
    (row,) = third.records("attendances")
    assert (row["id"], bool(row["date_to"])) == (touched["id"], True)
    nights.assert_equal()
    assert list(nights.held()) == [before(staffed, 75)[:7]]
    fourth = nights.run()
    assert before(staffed, 730) not in {row["business_date"] for row in fourth.log("attendances")}
    assert len(nights.asked("employees/attendance")) == 2


def test_one_that_the_look_back_leaves_behind_is_held(staffed: Simulator) -> None:
    """Closed between two nights while its day was falling out of the look-back."""
    row = next(each for each in staffed.ledger.presence.attendances() if str(each.start)[:10] == before(staffed, 8))
    left, row.end = row.end, None
    nights = Nights(staffed, "attendances", lookback_days=3, end_date=before(staffed, 6))
    nights.run()
    row.end = left
    nights.config["end_date"] = staffed.last_day.isoformat()
    result = nights.run()
    assert before(staffed, 8) in days_of(result, "attendances")
    assert before(staffed, 7) not in {row["business_date"] for row in result.log("attendances")}
    assert_equal_to_books(nights.warehouse.current, staffed, ("attendances",))


def test_no_more_than_so_many_days_are_held(
    staffed: Simulator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(watch, "MOST_HELD", 3)
    presence = staffed.ledger.presence
    presence.look_back(staffed.last_day - datetime.timedelta(days=100))
    older = presence.forgotten
    presence.look_back(staffed.last_day)
    presence.forgotten += older  # 75, 175, 730, 830 days ago
    nights = Nights(staffed, "attendances")
    nights.run()
    assert "more than 3 days before the look-back are not over" in caplog.text
    assert before(staffed, 730)[:7] in nights.held()
    assert before(staffed, 830)[:7] not in nights.held()
    assert not nights.run().records("attendances")
    assert len(nights.asked("employees/attendance")) == 4


def test_a_state_from_before_there_were_such_tables_finds_them_again(staffed: Simulator) -> None:
    nights = Nights(staffed)
    nights.run()
    (partition,) = nights.state["bookmarks"]["attendances"]["partitions"]
    del partition["held_fingerprints"]
    assert days_of(nights.run(), "attendances") == {before(staffed, 730), before(staffed, 75)}
    nights.assert_equal()


@pytest.mark.usefixtures("no_waiting")
def test_a_day_of_an_open_one_that_cannot_be_read_stays_watched(staffed: Simulator) -> None:
    nights = Nights(staffed, "attendances")
    nights.run()
    staffed.business.close_attendance()
    staffed.faults.add("http_500", path="employees/attendance", after=2, times=99)
    assert days_of(nights.run(code=1), "attendances", "failed") == {before(staffed, 730)}
    staffed.faults.clear()
    assert days_of(nights.run(), "attendances") == {before(staffed, 730)}


def test_closed_rows_of_other_days_are_left_out_without_a_word(
    staffed: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """A leave of a week and a night are in the answer, and belong to days that nobody asked for."""
    leave = next(each for each in staffed.ledger.presence.attendances() if each.kind == "О")
    start = leave.start.date() + datetime.timedelta(days=2)
    result = Nights(staffed, "attendances", start_date=start.isoformat()).run()
    closed = [row for row in result.records("attendances") if row["date_to"]]
    assert min(row["business_date"] for row in closed) == start.isoformat()
    assert leave.id not in {row["id"] for row in closed}
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


# Whatever happens

EVENTS = (*CHANGES, "close_attendance", "run", "http_500", "kill")


@pytest.mark.usefixtures("no_waiting")
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(0, 5)), max_size=8))
def test_in_the_end_all_of_it_equals_the_books(history: list[tuple[str, int]]) -> None:
    with Simulator(seed=3, departments=2, days=9, receipts_per_day=2) as sim:
        nights = Nights(sim)
        nights.run()  # what was closed before anybody asked is in no answer
        for event, number in history:
            match event:
                case "run":
                    nights.run()
                case "http_500":
                    sim.faults.add(event, after=number, times=99)
                    result = run_tap(nights.config, nights.state, nights.catalog)
                    nights.warehouse.load(result)  # what came before the fault, and after its last hit
                    nights.state = result.state
                    sim.faults.clear()
                case "kill":
                    taken = run_tap(nights.config, nights.state, nights.catalog).messages[: 40 + 100 * number]
                    nights.warehouse.load(taken)
                    states = [message["value"] for message in taken if message["type"] == "STATE"]
                    nights.state = states[-1] if states else nights.state
                case _:
                    with contextlib.suppress(ValueError):  # all are closed
                        sim.business.do(event)
        nights.run()
        nights.assert_equal()
        assert not any(nights.run().records(table) for table in STAFF)


# What only some may know, and what some servers refuse


def test_what_was_remarked_on_a_person_is_private(staffed: Simulator) -> None:
    assert any(REMARK in row["comment"] for row in staffed.books.rows("attendances"))
    assert REMARK not in Nights(staffed, personal_data="drop").run().output.decode()
    assert REMARK in Nights(staffed).run().output.decode()


def test_the_schedule_is_read_while_somebody_has_not_gone(staffed: Simulator) -> None:
    """With pay iiko refuses it then; there is always somebody."""
    person = next(each.person for each in staffed.ledger.presence.shifts())
    staffed.ledger.presence.forgotten[0].person = person
    assert days_of(Nights(staffed, "schedules").run(), "schedules")


def test_a_user_without_the_right_skips_all_of_it() -> None:
    rights = Readings(missing_rights=frozenset({"B_EMP"}))
    with Simulator(seed=7, departments=1, days=3, receipts_per_day=1, readings=rights) as sim:
        result = Nights(sim).run()
        assert {(row["stream"], row["status"]) for row in result.records("sync_log")} == {
            (table, "skipped") for table in STAFF
        }
