"""A table that cannot be read, or is not selected, changes nothing for the others."""

from __future__ import annotations

import datetime
import json
import re
import typing as t

import pytest

from simulator import Readings, Simulator
from simulator.api.method import text
from support.catalogs import catalog_of
from support.tampering import is_report_of, tamper
from support.taps import ZONE, config_for, run_tap
from support.truth import assert_equal_to_books
from support.warehouse import Warehouse

if t.TYPE_CHECKING:
    from simulator.api.method import Answer, Call

OF_PEOPLE = ("employee_roles", "employee_salaries", "employees")
WITH_ORDERS = {"receipts", "receipt_items", "receipt_payments", "receipt_item_discounts"}


def forbid_receipts(call: Call, answer: Answer) -> Answer:
    return text("Permission denied [B_RECEIPTS]", 403) if is_report_of(call, "receipts") else answer


def lose_order_id(call: Call, answer: Answer) -> Answer:
    if call.path.endswith("olap/columns") and call.param("reportType") == "SALES":
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


def skipped_lines(log: str) -> list[str]:
    """Of the closing table, which comes last."""
    return re.findall(r"^main +skipped: (.*)$", log, flags=re.MULTILINE)


@pytest.mark.parametrize(("status", "said"), [(403, "Permission denied"), (409, "Доступ запрещен B_EMP")])
def test_tables_that_lack_one_right_are_told_in_one_line(
    status: t.Literal[403, 409], said: str, caplog: pytest.LogCaptureFixture
) -> None:
    """However many tables need it, and whether or not iiko itself names it; ``sync_log`` has a row for each of them."""
    rights = Readings(missing_rights=frozenset({"B_EMP"}), denied_status=status)
    with (
        Simulator(seed=7, departments=1, days=2, receipts_per_day=2, readings=rights, version="7.9.2.0") as sim,
        caplog.at_level("INFO"),
    ):
        result = run_tap(
            config_for(sim, extra_tables=["employee_salaries"]), None, catalog_of(*OF_PEOPLE, "writeoffs", "sync_log")
        )
    assert result.code == 0
    lines = skipped_lines("\n".join(record.getMessage() for record in caplog.records))
    assert lines == [
        f"{', '.join(OF_PEOPLE)}: the right B_EMP is missing ({said}): give it to the iiko user.",
        "writeoffs: this version of iiko does not have that.",
    ]
    logged = {row["stream"]: row["message"] for row in result.records("sync_log") if row["status"] == "skipped"}
    assert logged.keys() == {*OF_PEOPLE, "writeoffs"}
    assert logged["employees"] == f"employees: the iiko user lacks a right ({said})."


def test_a_user_without_any_right_is_told_so_in_few_lines(caplog: pytest.LogCaptureFixture) -> None:
    with Simulator(seed=7, departments=1, days=2, receipts_per_day=2) as sim, caplog.at_level("INFO"):
        sim.faults.add("forbidden", times=10_000, path="/api/v2/")
        sim.faults.add("forbidden", times=10_000, path="/api/employees")
        sim.faults.add("forbidden", times=10_000, path="/api/suppliers")
        result = run_tap(config_for(sim))
    skipped = {row["stream"] for row in result.records("sync_log") if row["status"] == "skipped"}
    assert len(skipped) > 20
    lines = skipped_lines("\n".join(record.getMessage() for record in caplog.records))
    assert sorted(name for line in lines for name in line.split(": ")[0].split(", ")) == sorted(skipped)
    named = [re.findall(r"the right (\w+) is missing|a right is missing", line) for line in lines]
    assert sorted(named) == [[""], ["B_EMP"], ["B_EN"]]
