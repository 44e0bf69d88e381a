"""Balances against the simulator's books: every closing that was read is what the business comes to now."""

from __future__ import annotations

import datetime
import typing as t

import pytest

from simulator import Readings, Simulator
from support.catalogs import catalog_of
from support.taps import ZONE, Result, config_for, run_tap
from support.truth import differences
from support.warehouse import Warehouse

PATHS = {"store_balances": "reports/balance/stores", "counteragent_balances": "reports/balance/counteragents"}
CHANGES = (
    "add_incoming_invoice",
    "move_incoming_invoice",
    "delete_internal_transfer",
    "recalculate_writeoff",
    "edit_writeoff",
)
READINGS = {
    "usual": Readings(),
    "by the clock": Readings(balance_clock="wall", document_day="accounting", json_spacing="spaced"),
}


class Closings:
    """A business that is read again and again; what was read of it, and at which moments."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self.warehouse = Warehouse()
        self.state: t.Any = None
        self.moments: dict[str, dict[str, str]] = {table: {} for table in PATHS}
        """By table and day when its balance was last asked for."""

    def run(self, **settings: t.Any) -> Result:
        """Read, and take note of what was asked for."""
        self.sim.reset_log()
        config = config_for(self.sim, timezone=ZONE, **settings)
        result = run_tap(config, self.state, catalog_of(*PATHS, "sync_log"))
        self.warehouse.load(result)
        self.state = result.state
        for table in PATHS:
            for moment in self.asked(table):
                at = datetime.datetime.fromisoformat(moment)
                self.moments[table][(at - datetime.timedelta(microseconds=1)).date().isoformat()] = moment
        return result

    def asked(self, table: str) -> list[str]:
        """The moments."""
        queries = [record.query for record in self.sim.log if record.path.endswith(PATHS[table])]
        assert all(query.startswith("timestamp=") and "&" not in query for query in queries)
        return [query.removeprefix("timestamp=").replace("%3A", ":") for query in queries]

    def books(self, table: str) -> dict[str, list[t.Any]]:
        """What each of these days comes to now."""
        return {day: self.sim.books.balances(table, moment) for day, moment in self.moments[table].items()}

    def assert_equal(self) -> None:
        """Row by row, field by field."""
        for table in PATHS:
            right = [row for rows in self.books(table).values() for row in rows]
            assert right
            found = differences(self.warehouse.current(table), right, table)
            assert not found, "\n".join(found[:12])


@pytest.mark.parametrize("readings", READINGS.values(), ids=READINGS)
def test_balances_equal_the_books(readings: Readings) -> None:
    with Simulator(seed=3, departments=3, days=40, receipts_per_day=1, readings=readings) as sim:
        closings = Closings(sim)
        assert closings.run().code == 0
        closings.assert_equal()
        counteragents = closings.warehouse.current("counteragent_balances")
        for column in ("department_id", "counteragent_id"):
            assert {row[column] is None for row in counteragents} == {True, False}, column
        assert min(row["amount"] for row in closings.warehouse.current("store_balances")) < 0


def test_every_change_is_found_in_the_closings_that_it_concerns_and_in_no_other() -> None:
    with Simulator(seed=3, departments=2, days=12, receipts_per_day=1) as sim:
        closings = Closings(sim)
        for back in (9, 6, 4, 3, 2):
            closings.run(end_date=(sim.last_day - datetime.timedelta(days=back)).isoformat(), lookback_days=0)
        closings.run()
        days = closings.moments["store_balances"].keys()
        assert len(days) >= 7
        concerned = set()
        for kind in CHANGES:
            before = {table: closings.books(table) for table in PATHS}
            sim.business.do(kind)
            after = {table: closings.books(table) for table in PATHS}
            result = closings.run()
            for table in PATHS:
                changed = {day for day, rows in after[table].items() if rows != before[table][day]}
                written = {row["business_date"] for row in result.log(table) if row["status"] == "loaded"}
                assert written - {sim.last_day.isoformat()} == changed - {sim.last_day.isoformat()}, (kind, table)
                assert len(closings.asked(table)) == len(days), "one request for each"
                concerned.add(len(changed))
            closings.assert_equal()
        assert concerned >= {0, len(days)}, "some concern none, some all"
        assert any(0 < number < len(days) for number in concerned)


@pytest.mark.parametrize(
    ("fault", "status"), [("http_500", "failed"), ("business_rule", "failed"), ("missing", "skipped")]
)
@pytest.mark.usefixtures("no_waiting")
def test_a_balance_that_cannot_be_read_costs_itself_alone(sim: Simulator, fault: t.Any, status: str) -> None:
    closings = Closings(sim)
    sim.faults.add(fault, times=1000, path=PATHS["store_balances"], text="Неверный запрос")
    result = closings.run()
    assert {row["status"] for row in result.log("store_balances")} == {status}
    assert {row["status"] for row in result.log("counteragent_balances")} == {"loaded"}
    assert result.code == (status == "failed")


def test_a_closing_whose_request_fails_is_failed_for_its_day(sim: Simulator) -> None:
    closings = Closings(sim)
    sim.faults.add("business_rule", times=1, path=PATHS["store_balances"], after=1, text="Неверный запрос")
    first = closings.run()
    failed = [row["business_date"] for row in first.log("store_balances") if row["status"] == "failed"]
    assert failed == [(sim.last_day - datetime.timedelta(days=1)).isoformat()], "the newest comes first"
    assert first.code == 1
    assert closings.run().code == 0
    closings.assert_equal()
