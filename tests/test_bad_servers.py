"""What goes wrong between the tap and iiko: each has one outcome and loses nothing (API reference 1.5, 6)."""

from __future__ import annotations

import datetime
import typing as t

import pytest

from support.catalogs import catalog_of
from support.taps import ZONE, config_for, run_tap
from support.truth import FACTS, SALES, assert_equal_to_books
from support.warehouse import Warehouse
from tap_iiko.streams.products import ProductModifierForm
from tap_iiko.streams.sales import ReceiptForm
from tap_iiko.tables import of_group

if t.TYPE_CHECKING:
    from simulator import Simulator

OLAP = "v2/reports/olap"
REPORTS = "reports/olap"
COLUMNS = "v2/reports/olap/columns"


quickly = pytest.mark.usefixtures("no_waiting")


def is_about(column: str) -> t.Callable[[t.Any], bool]:
    """Whether a report groups by a field."""
    return lambda body: column in body["groupByRowFields"]


def has_day(day: str) -> t.Callable[[t.Any], bool]:
    """Whether a report of lines covers a day."""

    def match(body: t.Any) -> bool:
        if "ItemSaleEvent.Id" not in body["groupByRowFields"]:
            return False
        days = body["filters"]["OpenDate.Typed"]
        return bool(days["from"][:10] <= day < days["to"][:10])

    return match


def windows_of(sim: Simulator) -> list[t.Any]:
    """The days of all reports that were asked for."""
    filters = [each for record in sim.log if record.body for each in record.body["filters"].values()]
    return [each for each in filters if "from" in each]


@quickly
@pytest.mark.parametrize("kind", ["http_500", "html_200", "reset", "truncate", "expire", "restart"])
@pytest.mark.parametrize("after", [0, 3, 9])
def test_a_passing_fault_costs_nothing_but_a_repetition(sim: Simulator, kind: str, after: int) -> None:
    sim.faults.add(kind, after=after)
    warehouse = Warehouse()
    result = run_tap(config_for(sim, max_window_days=4))
    warehouse.load(result)
    assert result.code == 0
    assert_equal_to_books(warehouse.current, sim)


def test_a_stalled_report_is_asked_for_in_smaller_windows(sim: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    sim.faults.add("stall", path=REPORTS, match=is_about("ItemSaleEvent.Id"), seconds=1.7)
    warehouse = Warehouse()
    result = run_tap(config_for(sim, request_timeout=1, max_window_days=12))
    warehouse.load(result)
    assert result.code == 0
    assert "Asking for less" in caplog.text
    assert_equal_to_books(warehouse.current, sim)


@quickly
@pytest.mark.parametrize(("kind", "limit"), [("max_days", {"days": 3}), ("max_rows", {"rows": 60})])
def test_a_weak_server_is_asked_for_what_it_can_give(sim: Simulator, kind: str, limit: dict[str, int]) -> None:
    """Windows are halved, a day that is still too large is split by department."""
    sim.faults.add(kind, **t.cast("t.Any", limit))
    warehouse = Warehouse()
    result = run_tap(config_for(sim))
    warehouse.load(result)
    assert_equal_to_books(warehouse.current, sim)
    assert sim.max_in_flight == 1
    assert result.code == 0


@quickly
def test_a_day_that_cannot_be_read_fails_alone(sim: Simulator) -> None:
    days = sorted({row["business_date"] for row in sim.books.days()})
    bad = days[4]
    fault = sim.faults.add("http_500", times=10_000, path=REPORTS, match=has_day(bad))
    warehouse = Warehouse()
    first = run_tap(config_for(sim))
    warehouse.load(first)
    assert first.code == 1
    assert fault.hits > 0
    failed = {row["business_date"] for row in first.log("receipts") if row["status"] == "failed"}
    assert failed == {bad}
    assert not [row for table in FACTS for row in first.records(table) if row["business_date"] == bad]
    assert {row["business_date"] for row in first.records("receipts")} == set(days) - {bad}
    sim.faults.clear()
    sim.reset_log()
    second = run_tap(config_for(sim, reread_days=0), first.state)
    warehouse.load(second)
    assert second.code == 0
    assert_equal_to_books(warehouse.current, sim)
    first_day = datetime.date.fromisoformat(days[0])
    asked = {each["from"][:10] for each in windows_of(sim)}
    asked -= {days[0]}
    assert bad in asked
    assert (first_day + datetime.timedelta(days=1)).isoformat() not in asked


@quickly
def test_a_failed_day_keeps_its_old_rows(sim: Simulator) -> None:
    """What was loaded before stays current until the day is read again."""
    warehouse = Warehouse()
    first = run_tap(config_for(sim))
    warehouse.load(first)
    before = len(warehouse.current("receipts"))
    lost = sim.business.lose_order()["days"][0]
    sim.faults.add("http_500", times=10_000, path=REPORTS, match=has_day(lost))
    second = run_tap(config_for(sim, reread_days=0), first.state)
    warehouse.load(second)
    assert second.code == 1
    assert len(warehouse.current("receipts")) == before
    sim.faults.clear()
    third = run_tap(config_for(sim, reread_days=0), second.state)
    warehouse.load(third)
    assert third.code == 0
    assert len(warehouse.current("receipts")) == before - 1
    assert_equal_to_books(warehouse.current, sim)


@quickly
@pytest.mark.parametrize(
    ("path", "tables"),
    [
        ("corporation/stores", {"stores"}),
        ("v2/entities/products/list", {"products", "product_modifiers"}),
        (REPORTS, {*SALES, *of_group("ledger"), "olap_presets"}),
    ],
)
@pytest.mark.parametrize("kind", ["forbidden", "missing", "business_rule"])
def test_a_missing_right_skips_its_tables_alone(sim: Simulator, kind: str, path: str, tables: set[str]) -> None:
    sim.faults.add(kind, times=10_000, path=path)
    result = run_tap(config_for(sim))
    skipped = {row["stream"] for row in result.records("sync_log") if row["status"] == "skipped"}
    assert skipped == tables
    assert result.code == 0
    loaded = {row["stream"] for row in result.records("sync_log") if row["status"] == "loaded"}
    assert {"departments", "product_groups", "categories"} <= loaded


@quickly
def test_a_right_taken_away_makes_no_row_look_gone(sim: Simulator) -> None:
    warehouse = Warehouse()
    first = run_tap(config_for(sim))
    warehouse.load(first)
    before = {table: len(warehouse.current(table)) for table in (*FACTS, "products", "stores")}
    sim.faults.add("forbidden", times=10_000, path=REPORTS)
    sim.faults.add("forbidden", times=10_000, path="v2/entities/products/list")
    sim.faults.add("forbidden", times=10_000, path="corporation/stores")
    warehouse.load(run_tap(config_for(sim), first.state))
    assert {table: len(warehouse.current(table)) for table in before} == before


@quickly
def test_a_probe_that_fails_is_said_and_new_days_are_read_all_the_same(
    sim: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    first = run_tap(config_for(sim))
    sim.business.next_day()

    def is_probe(body: t.Any) -> bool:
        return "UniqOrderId.Id" not in body["groupByRowFields"] and "DishId" not in body["groupByRowFields"]

    sim.faults.add("http_500", times=10_000, path=REPORTS, match=is_probe)
    second = run_tap(config_for(sim, reread_days=0), first.state)
    assert second.code == 1
    assert "probe failed" in caplog.text
    read = {row["business_date"] for row in second.log("receipts") if row["status"] == "loaded"}
    last_but_one = sim.ledger.last_day - datetime.timedelta(days=1)
    assert last_but_one.isoformat() in read
    assert sim.ledger.first_day.isoformat() not in read


@quickly
def test_a_probe_too_large_is_split_only_as_far_as_needed(sim: Simulator) -> None:
    sim.faults.add("max_days", days=6)
    first = run_tap(config_for(sim, max_window_days=6))
    sim.reset_log()
    second = run_tap(config_for(sim, max_window_days=6, reread_days=0, timezone=ZONE), first.state)
    assert (first.code, second.code) == (0, 0)
    probes = [record for record in sim.log if record.body and "PayTypes.GUID" in record.body["groupByRowFields"]]
    assert 2 <= len([record for record in probes if record.status == 200]) <= 4


@quickly
@pytest.mark.parametrize("kind", ["html_200", "http_500"])
def test_a_server_that_never_answers_right_is_a_failure_and_never_empty(sim: Simulator, kind: str) -> None:
    sim.faults.add(kind, times=10_000, path="/resto/api/v2")
    result = run_tap(config_for(sim))
    assert result.code == 1
    statuses = {row["stream"]: row["status"] for row in result.records("sync_log")}
    assert statuses["products"] == "failed"
    assert "empty" not in {status for stream, status in statuses.items() if stream in {*FACTS, "products"}}
    assert not result.records("receipts")


@quickly
@pytest.mark.parametrize("kind", ["html_200", "http_500"])
@pytest.mark.parametrize(
    ("path", "table", "others"),
    [("v2/documents", "writeoffs", "receipts"), (OLAP, "receipts", "writeoffs"), (COLUMNS, "receipts", "writeoffs")],
)
def test_a_path_that_never_answers_right_is_given_up_soon(
    sim: Simulator, kind: str, path: str, table: str, others: str
) -> None:
    """Its days are not asked for one by one, of which documents have a year ahead; the other tables go on."""
    sim.faults.add(kind, times=10_000, path=path, match=None if path != OLAP else is_about("ItemSaleEvent.Id"))
    result = run_tap(config_for(sim, start_date="2025-01-01", lookback_days=60))
    assert result.code == 1
    assert "failed" in {row["status"] for row in result.log(table)}
    assert not result.records(table)
    assert {row["status"] for row in result.log(others)} <= {"loaded", "empty"}
    assert result.records(others)
    ranges = {record.query or str(record.body) for record in sim.log if record.fault}
    assert len(ranges) < 70


UNKNOWN = "0f7b6a55-2a4c-4e0b-8d7a-000000000000"


@pytest.mark.parametrize("selected", [True, False], ids=["with departments", "without"])
def test_a_department_that_the_server_does_not_have(
    sim: Simulator, caplog: pytest.LogCaptureFixture, *, selected: bool
) -> None:
    catalog = None if selected else catalog_of("receipts", "sync_log")
    result = run_tap(config_for(sim, departments=[UNKNOWN]), catalog=catalog)
    assert result.code == 1
    assert f"departments: {UNKNOWN} is no department of this server" in caplog.text
    assert {row["status"] for row in result.log("receipts")} == {"failed"}


def test_one_unknown_department_beside_a_known_one(sim: Simulator) -> None:
    known = sim.books.days()[0]["department_id"]
    result = run_tap(config_for(sim, departments=[UNKNOWN, known.upper()]))
    assert result.code == 1
    assert {row["department_id"] for row in result.records("receipts")} == {known}


def broken(*_: t.Any) -> t.NoReturn:
    message = "a mistake of ours"
    raise RuntimeError(message)


def test_a_mistake_of_ours_fails_its_table_and_no_other(
    sim: Simulator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ProductModifierForm, "split", broken)
    monkeypatch.setattr(ReceiptForm, "add_keys", broken)
    result = run_tap(config_for(sim))
    assert result.code == 1
    assert {row["status"] for table in ("products", "receipts") for row in result.log(table)} == {"failed"}
    assert {row["status"] for table in ("stores", "categories") for row in result.log(table)} == {"loaded"}
    assert "RuntimeError: a mistake of ours" in caplog.text
    assert "Traceback" not in "\n".join(each.message for each in caplog.records if each.levelname != "DEBUG")
