"""Documents with lines: watched by their content, moved, drafted, deleted, dated ahead; and what they did to stores."""

from __future__ import annotations

import datetime
import typing as t
from collections import defaultdict

import pytest

from simulator import Readings, Simulator
from support.catalogs import catalog_of
from support.taps import ZONE, Result, config_for, run_tap
from support.truth import assert_equal_to_books
from support.warehouse import Warehouse

if t.TYPE_CHECKING:
    from collections.abc import Iterator

# By table: the end of its path, and what the simulator calls one.
FAMILIES = {
    "writeoffs": ("v2/documents/writeoff", "writeoff"),
    "internal_transfers": ("v2/documents/internalTransfer", "internal_transfer"),
    "incoming_invoices": ("documents/export/incomingInvoice", "incoming_invoice"),
    "outgoing_invoices": ("documents/export/outgoingInvoice", "outgoing_invoice"),
}
LINES = {table: f"{kind}_items" for table, (_, kind) in FAMILIES.items()}
MOVEMENTS = "store_documents"
TABLES = (*FAMILIES, *LINES.values(), MOVEMENTS)
CATALOG = catalog_of(*TABLES, "sync_log")
VERBS = ("add", "edit", "unpost", "delete")
UNLIKE = Readings(
    document_end="exclusive",
    outgoing_end="exclusive",
    document_moments="seconds",
    incoming_dates="date",
    outgoing_dates="naive",
    no_due_date="absent",
    invoice_decimals="nine",
    invoice_sums="without_vat",
    element_order="reversed",
    vat_accounting="apart",
    document_day="accounting",
    report_decimals="bare",
)
ODD = Readings(document_moments="millis", json_spacing="spaced", outgoing_dates="date", undated_documents=True)


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """As small as documents allow."""
    with Simulator(seed=7, departments=2, days=12, receipts_per_day=1) as simulator:
        yield simulator
        assert (simulator.open_tokens, simulator.refused_concurrent) == (0, 0)


def load(sim: Simulator, warehouse: Warehouse, state: t.Any = None, **settings: t.Any) -> Result:
    """A run that reads nothing but documents."""
    result = run_tap(config_for(sim, **settings), state, CATALOG)
    warehouse.load(result)
    return result


def asked(sim: Simulator, table: str) -> list[str]:
    path = FAMILIES[table][0] if table in FAMILIES else "reports/storeOperations"
    return [record.query for record in sim.log if record.path.endswith(path)]


def days(result: Result, status: str = "loaded") -> dict[str, set[str]]:
    """By table those of which that is said."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for row in result.records("sync_log"):
        if row["status"] == status:
            found[row["stream"]].add(row["business_date"])
    return found


@pytest.mark.parametrize("readings", [Readings(), UNLIKE, ODD], ids=["usual", "unlike", "odd"])
def test_documents_and_lines_equal_the_books(readings: Readings) -> None:
    with Simulator(seed=3, departments=2, days=40, receipts_per_day=1, readings=readings) as sim:
        warehouse = Warehouse()
        result = load(sim, warehouse, timezone=ZONE)
        assert result.code == 0
        assert_equal_to_books(warehouse.current, sim, TABLES)
        for table in FAMILIES:
            assert {row["status"] for row in result.records(table)} == {"NEW", "PROCESSED", "DELETED"}, table
        for table in ("writeoff_items", "internal_transfer_items", "incoming_invoice_items"):
            lines = result.records(table)
            assert any(row["num_occurrence"] for row in lines), "a number that repeats is two lines"
            assert len({row["id"] for row in lines}) == len(lines) == len(sim.books.rows(table))
        ahead = [row for row in result.records("writeoffs") if row["business_date"] > sim.last_day.isoformat()]
        assert len(ahead) == 3, "documents dated ahead are there"


def test_deleted_documents_that_are_hidden_are_gone_when_they_are() -> None:
    hidden = Readings(deleted_documents="hidden")
    with Simulator(seed=3, departments=2, days=10, receipts_per_day=1, readings=hidden) as sim:
        warehouse = Warehouse()
        first = load(sim, warehouse)
        gone = [sim.business.do(f"delete_{kind}")["documents"][0] for _, kind in FAMILIES.values()]
        load(sim, warehouse, first.state)
        for table, document in zip(FAMILIES, gone, strict=True):
            assert document in {row["id"] for row in first.records(table)}
            assert document not in {row["id"] for row in warehouse.current(table)}
            assert document not in {row["document_id"] for row in warehouse.current(LINES[table])}


def test_a_quiet_night_writes_nothing_and_asks_for_little(sim: Simulator) -> None:
    warehouse = Warehouse()
    first = load(sim, warehouse)
    sim.reset_log()
    second = load(sim, warehouse, first.state)
    assert not days(second)
    for table in TABLES:
        assert not second.records(table)
        assert len(days(second, "unchanged")[table] | days(second, "empty")[table]) >= 12
    for table in FAMILIES:
        assert len(asked(sim, table)) == 2, "the look-back in one request, what is to come in another"
    assert len(asked(sim, MOVEMENTS)) == 1, "nothing is posted ahead"


def test_a_look_back_of_sixty_days_is_two_requests_and_one_ahead() -> None:
    with Simulator(seed=3, departments=1, days=70, receipts_per_day=1) as sim:
        warehouse = Warehouse()
        first = load(sim, warehouse)
        for table in FAMILIES:
            assert len(asked(sim, table)) <= 5, "weeks that grow to months, since nobody knew how much there is"
        sim.reset_log()
        second = load(sim, warehouse, first.state)
        assert not days(second)
        assert {table: len(asked(sim, table)) for table in FAMILIES} == dict.fromkeys(FAMILIES, 3)
        assert len(asked(sim, MOVEMENTS)) == 2
        hourly = load(sim, warehouse, second.state, lookback_days=3)
        assert not days(load(sim, warehouse, hourly.state)), "a run that looks at less does not forget the rest"


@pytest.mark.parametrize("verb", VERBS)
def test_a_change_writes_its_day_and_no_other(sim: Simulator, verb: str) -> None:
    warehouse = Warehouse()
    first = load(sim, warehouse)
    touched = {table: sim.business.do(f"{verb}_{kind}") for table, (_, kind) in FAMILIES.items()}
    second = load(sim, warehouse, first.state)
    written = days(second)
    for table in FAMILIES:
        assert written[table] == written[LINES[table]] == set(touched[table]["days"]), table
    assert_equal_to_books(warehouse.current, sim, TABLES)
    warehouse.prune()
    assert_equal_to_books(warehouse.current, sim, TABLES)


def test_a_cost_that_is_found_anew_writes_its_day_and_no_other(sim: Simulator) -> None:
    """Nobody has edited the document."""
    warehouse = Warehouse()
    first = load(sim, warehouse)
    touched = sim.business.do("recalculate_writeoff")
    second = load(sim, warehouse, first.state)
    assert days(second)["writeoffs"] == set(touched["days"])
    assert_equal_to_books(warehouse.current, sim, TABLES)


def test_a_late_inventory_is_a_shortage_and_a_surplus(sim: Simulator) -> None:
    """No other table names it."""
    warehouse = Warehouse()
    first = load(sim, warehouse)
    touched = sim.business.do("add_inventory")
    second = load(sim, warehouse, first.state)
    (document,) = touched["documents"]
    found = [row for row in second.records(MOVEMENTS) if row["document_id"] == document]
    assert {row["business_date"] for row in found} == set(touched["days"])
    assert {row["incoming"] for row in found} == {False, True}
    assert {row["document_type"] for row in found} == {"INCOMING_INVENTORY"}
    assert len({row["id"] for row in found}) == len(found) == 2
    assert_equal_to_books(warehouse.current, sim, TABLES)


def test_a_document_that_moves_and_loses_a_line_leaves_nothing_behind(sim: Simulator) -> None:
    warehouse = Warehouse()
    first = load(sim, warehouse)
    before = {table: len(warehouse.current(LINES[table])) for table in FAMILIES}
    touched = {}
    for table, (_, kind) in FAMILIES.items():
        among = [each for each in sim.ledger.stock.families[kind] if len(each.lines) > 1]
        document = next(each for each in among if sim.first_day.isoformat() < each.day < sim.last_day.isoformat())
        touched[table] = sim.business.do(f"move_{kind}", document=document.id)
    second = load(sim, warehouse, first.state)
    for table in FAMILIES:
        assert len(touched[table]["days"]) == 2
        assert days(second)[table] <= set(touched[table]["days"]) <= days(second)[table] | days(second, "empty")[table]
    assert_equal_to_books(warehouse.current, sim, TABLES)
    warehouse.prune()
    assert_equal_to_books(warehouse.current, sim, TABLES)
    for table, lines in before.items():
        assert len(warehouse.tables[LINES[table]]) == lines - 1


@pytest.mark.parametrize(
    ("version", "skipped"),
    [
        ("7.9.2.0", {"writeoffs", "writeoff_items", "internal_transfers", "internal_transfer_items"}),
        ("5.3.1.0", {*FAMILIES, *LINES.values()}),
    ],
)
def test_a_server_before_their_time_skips_them(version: str, skipped: set[str]) -> None:
    with Simulator(seed=7, departments=1, days=3, receipts_per_day=2, version=version) as sim:
        result = load(sim, Warehouse())
        assert result.code == 0
        assert set(days(result, "skipped")) == skipped
        assert MOVEMENTS in days(result)


@pytest.mark.parametrize("status", [403, 409])
def test_a_missing_right_skips_all_of_them_and_fails_nothing(status: t.Literal[403, 409]) -> None:
    denied = Readings(missing_rights=frozenset({"B_DOC", "B_SR"}), denied_status=status)
    with Simulator(seed=7, departments=1, days=3, receipts_per_day=2, readings=denied) as sim:
        result = load(sim, Warehouse())
        assert result.code == 0
        assert set(days(result, "skipped")) == set(TABLES)
        assert sum(len(asked(sim, table)) for table in (*FAMILIES, MOVEMENTS)) <= 2 * len(FAMILIES) + 1


def test_a_day_whose_lines_cannot_be_read_is_failed_whole_and_no_other(sim: Simulator) -> None:
    """A newer document alone would hide all its lines; that of another day comes in the same answer."""
    warehouse = Warehouse()
    first = load(sim, warehouse)
    before = {name: len(warehouse.current(name)) for name in TABLES}
    spoiled = {}
    for table in ("writeoffs", "internal_transfers", "incoming_invoices"):
        documents = sim.ledger.stock.families[FAMILIES[table][1]]
        closed = [each for each in documents if each.lines and each.day < sim.last_day.isoformat()]
        spoiled[table] = closed[-1]
        spoiled[table].comment = "changed"
        spoiled[table].lines[0].num = "many"
    second = load(sim, warehouse, first.state)
    assert second.code == 1
    failed = days(second, "failed")
    assert set(failed) == {name for table in spoiled for name in (table, LINES[table])}
    for table, document in spoiled.items():
        assert failed[table] == failed[LINES[table]] == {document.day}
        assert not [row for row in second.records(table) if row["id"] == document.id]
    assert {name: len(warehouse.current(name)) for name in TABLES} == before


def test_lines_alone_bring_their_documents(sim: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    result = run_tap(config_for(sim), catalog=catalog_of("incoming_invoice_items", "sync_log"))
    assert result.records("incoming_invoices")
    assert "incoming_invoices is selected with incoming_invoice_items" in caplog.text


def test_a_long_history_comes_newest_first() -> None:
    with Simulator(seed=3, departments=1, days=120, receipts_per_day=1) as sim:
        first = sim.last_day - datetime.timedelta(days=110)
        tables = ("receipts", "writeoffs", "incoming_invoices")
        settings = config_for(sim, start_date=first.isoformat(), lookback_days=20)
        result = run_tap(settings, catalog=catalog_of(*tables, "sync_log"))
        rows = [(m["stream"], m["record"].get("business_date")) for m in result.messages if m["type"] == "RECORD"]
        of_days = [day for stream, day in rows if stream in tables]
        week_ago = (sim.last_day - datetime.timedelta(days=6)).isoformat()
        long_ago = (sim.last_day - datetime.timedelta(days=45)).isoformat()
        last_of_new = max(place for place, day in enumerate(of_days) if day >= week_ago)
        first_of_old = min(place for place, day in enumerate(of_days) if day < long_ago)
        assert last_of_new < first_of_old, "the last days of every table come before the history of any"
