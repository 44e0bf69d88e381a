"""Plans of revenue: one request for each department, all of them or none."""

from __future__ import annotations

import typing as t

import pytest

from simulator import Simulator
from support.catalogs import catalog_of
from support.taps import ZONE, Result, TapProcess, config_for, run_tap
from support.truth import assert_equal_to_books
from support.warehouse import Warehouse

if t.TYPE_CHECKING:
    from pathlib import Path

PATH = "reports/monthlyIncomePlan"
TABLES = ("departments", "income_plans", "sync_log")


@pytest.fixture
def planned() -> t.Iterator[Simulator]:
    """Five departments, of which one has no plans."""
    with Simulator(seed=7, departments=5, days=8, receipts_per_day=1) as sim:
        yield sim
        assert (sim.open_tokens, sim.max_in_flight) == (0, 1)


def run(sim: Simulator, state: t.Any = None, *tables: str) -> Result:
    return run_tap(config_for(sim, timezone=ZONE), state, catalog_of(*(tables or TABLES)))


def asked(sim: Simulator, path: str = PATH) -> list[str]:
    return [record.query for record in sim.log if record.path.endswith(path)]


def days_of(result: Result, status: str) -> set[str]:
    return {row["business_date"] for row in result.log("income_plans") if row["status"] == status}


def test_plans_equal_the_books_and_a_quiet_night_asks_twice_for_each_department(planned: Simulator) -> None:
    warehouse = Warehouse()
    first = run(planned)
    warehouse.load(first)
    assert_equal_to_books(warehouse.current, planned, ("income_plans",))
    rows = first.records("income_plans")
    assert {row["value_type"] for row in rows} == {"ABSOLUTE", "PERCENT", "AUTOMATIC"}
    assert max(row["business_date"] for row in rows) > planned.last_day.isoformat()
    assert len({row["department_id"] for row in rows}) == 4
    planned.reset_log()
    second = run(planned, first.state)
    assert not second.records("income_plans")
    assert len(asked(planned)) == 2 * 5
    assert len(asked(planned, "corporation/departments")) == 1, "their list was read already"


def test_a_changed_plan_writes_its_day(planned: Simulator) -> None:
    warehouse = Warehouse()
    first = run(planned)
    warehouse.load(first)
    touched = planned.business.change_plan()
    second = run(planned, first.state)
    warehouse.load(second)
    assert days_of(second, "loaded") == set(touched["days"])
    assert_equal_to_books(warehouse.current, planned, ("income_plans",))


def test_departments_are_asked_for_where_their_table_is_not_selected(planned: Simulator) -> None:
    assert len(run(planned, None, "income_plans", "sync_log").records("income_plans")) == len(
        planned.books.rows("income_plans")
    )
    assert len(asked(planned, "corporation/departments")) == 1


@pytest.mark.parametrize("fault", ["business_rule", "missing", "forbidden"])
def test_a_department_that_is_refused_takes_nothing_away(planned: Simulator, fault: str) -> None:
    """Written without it, the day would say that its plan is gone."""
    warehouse = Warehouse()
    first = run(planned)
    warehouse.load(first)
    planned.business.change_plan()
    planned.faults.add(fault, path=PATH, after=3, times=999)
    second = run(planned, first.state)
    warehouse.load(second)
    assert second.code == 1
    assert not second.records("income_plans")
    assert len(warehouse.current("income_plans")) == len(planned.books.rows("income_plans"))
    (message,) = {row["message"] for row in second.log("income_plans") if row["status"] == "failed"}
    ids = [each.id for each in planned.ledger.group.departments]
    assert any(message.startswith(f"department {each}: {PATH}: ") for each in ids), message


def test_a_server_before_their_time_skips_them() -> None:
    with Simulator(seed=7, departments=2, days=3, receipts_per_day=1, version="3.8.1.0", fields=229) as sim:
        result = run(sim)
        assert [(row["status"], row["business_date"]) for row in result.log("income_plans")] == [("skipped", None)]


def test_a_list_of_departments_that_is_doubted_asks_for_none(planned: Simulator) -> None:
    """Half of them would be gone."""
    first = run(planned)
    planned.ledger.group.departments[1:] = []
    planned.ledger.group.companies[1:] = []
    second = run(planned, first.state)
    (said,) = [row["message"] for row in second.log("income_plans") if row["status"] == "failed"]
    assert said == "the list of departments is doubted in this run, so it is not known for which to ask."
    assert not asked(planned)[10:]
    assert second.code == 1


def test_a_server_without_a_department_says_so(planned: Simulator) -> None:
    planned.ledger.group.departments.clear()
    (row,) = run(planned, None, "income_plans", "sync_log").log("income_plans")
    assert row["message"] == (
        "the list of departments has none with the type DEPARTMENT, so there is nothing to ask for."
    )


def test_a_test_asks_for_one_department(planned: Simulator, tmp_path: Path) -> None:
    tap = TapProcess(tmp_path, config_for(planned), None, "--test")
    tap.finish()
    assert tap.process.returncode == 0
    assert len(asked(planned)) == 1
