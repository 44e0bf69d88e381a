"""A table that cannot be read, or is not selected, changes nothing for the others."""

from __future__ import annotations

import datetime
import json
import typing as t

import pytest

from simulator import Simulator
from simulator.api.method import text
from support.catalogs import catalog_of
from support.tampering import is_report_of, tamper
from support.taps import ZONE, config_for, run_tap
from support.truth import assert_equal_to_books
from support.warehouse import Warehouse

if t.TYPE_CHECKING:
    from simulator.api.method import Answer, Call

WITH_ORDERS = {"receipts", "receipt_items", "receipt_payments"}


def forbid_receipts(call: Call, answer: Answer) -> Answer:
    return text("Permission denied [B_RECEIPTS]", 403) if is_report_of(call, "receipts") else answer


def lose_order_id(call: Call, answer: Answer) -> Answer:
    if call.path.endswith("olap/columns"):
        fields = json.loads(answer.body)
        del fields["UniqOrderId.Id"]
        answer.body = json.dumps(fields).encode()
    return answer


def test_a_skipped_table_leaves_no_day_of_the_others_unread() -> None:
    """It may need many more days than they do: windows that no table wants any more are passed over."""
    with Simulator(seed=9, departments=1, days=30, receipts_per_day=2) as sim:
        config = config_for(sim, timezone=ZONE, max_window_days=3)
        first = run_tap(config, None, catalog_of("receipt_items", "sync_log"))
        tamper(sim, forbid_receipts)
        second = run_tap(config, first.state, catalog_of("receipts", "receipt_items", "sync_log"))
        assert [row["status"] for row in second.log("receipts")] == ["skipped"]
        last_days = {(sim.last_day - datetime.timedelta(days=back)).isoformat() for back in range(3)}
        assert {row["business_date"] for row in second.log("receipt_items")} == last_days


def test_without_the_id_of_orders_the_tables_of_orders_fail_alone(
    sim: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    warehouse = Warehouse()
    honest = tamper(sim, lose_order_id)
    first = run_tap(config_for(sim, timezone=ZONE))
    warehouse.load(first)
    assert first.code == 1
    assert {row["stream"] for row in first.records("sync_log") if row["status"] == "failed"} == WITH_ORDERS
    assert first.records("sales")
    assert {row["status"] for row in first.log("sales")} <= {"loaded", "empty"}
    assert "the directory has no UniqOrderId.Id to group by" in caplog.text
    assert "unexpected failure" not in caplog.text
    honest()
    second = run_tap(config_for(sim, timezone=ZONE), first.state)
    warehouse.load(second)
    assert second.code == 0
    assert_equal_to_books(warehouse.current, sim)


@pytest.mark.parametrize("field", ["Department.Id", "UniqOrderId.Id"])
def test_a_field_of_the_key_is_never_done_without(sim: Simulator, field: str, caplog: pytest.LogCaptureFixture) -> None:
    """Other fields that iiko lists but does not know are loaded as null."""

    def deny(call: Call, answer: Answer) -> Answer:
        return text(f"Unknown OLAP field '{field}'", 409) if is_report_of(call, "receipts") else answer

    tamper(sim, deny)
    result = run_tap(config_for(sim))
    assert result.code == 1
    assert {row["status"] for row in result.log("receipts")} == {"failed"}
    assert f"iiko refused the request (Unknown OLAP field '{field}')" in caplog.text
    assert "unexpected failure" not in caplog.text


@pytest.mark.parametrize("change", [forbid_receipts, lose_order_id])
def test_counts_of_receipts_that_were_not_read_are_no_late_change(
    sim: Simulator, change: t.Callable[[Call, Answer], Answer]
) -> None:
    state = run_tap(config_for(sim, timezone=ZONE)).state
    honest = tamper(sim, change)
    without = run_tap(config_for(sim, timezone=ZONE), state)
    honest()
    after = run_tap(config_for(sim, timezone=ZONE), without.state)
    assert not without.records("late_changes")
    assert not after.records("late_changes")


def test_receipts_that_are_selected_later_are_no_late_change(sim: Simulator) -> None:
    without = run_tap(config_for(sim, timezone=ZONE), None, catalog_of("sales", "late_changes", "sync_log"))
    assert without.code == 0
    every = run_tap(config_for(sim, timezone=ZONE), without.state)
    assert every.code == 0
    assert not every.records("late_changes")
    sim.business.lose_order(day=sim.first_day)
    changed = run_tap(config_for(sim, timezone=ZONE), every.state)
    assert "receipts_count" in {row["metric"] for row in changed.records("late_changes")}
