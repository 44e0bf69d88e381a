"""Whatever happens to documents and to the runs: in the end they and their lines are those of the books."""

from __future__ import annotations

import datetime
import typing as t

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from simulator import Readings, Simulator
from simulator.world.stock_changes import DOCUMENT_KINDS
from support.catalogs import catalog_of
from support.histories import FAULTS, run, runs
from support.taps import ZONE, config_for, run_tap
from support.truth import assert_equal_to_books
from support.warehouse import Warehouse

DAYS = 9
FAMILIES = ("incoming_invoices", "outgoing_invoices", "internal_transfers", "writeoffs")
TABLES = (*FAMILIES, *(f"{name[:-1]}_items" for name in FAMILIES), "store_documents")
PATHS = ("incomingInvoice", "outgoingInvoice", "internalTransfer", "writeoff", "storeOperations")
CATALOG = catalog_of(*TABLES, "sync_log")
READINGS = {
    "usual": Readings(),
    "exclusive": Readings(document_end="exclusive", outgoing_end="exclusive", deleted_documents="hidden"),
    "undated": Readings(undated_documents=True, document_day="accounting", element_order="reversed"),
}
# Each with a day, as far back as that: below zero it is still to come.
changes = st.tuples(
    st.sampled_from([*DOCUMENT_KINDS, "recalculate_writeoff", "add_inventory"]), st.integers(-3, DAYS - 1)
)
histories = st.lists(st.one_of(changes, changes, runs), max_size=12)


def live(sim: Simulator, kind: str, days_back: int) -> None:
    """One thing that happens; without a fitting document business just goes on."""
    day = (sim.last_day - datetime.timedelta(days=days_back)).isoformat()
    options: dict[str, t.Any] = {"day": day} if kind.startswith("add_") else {}
    if kind.startswith("move_"):
        options = {"to": day, "drop_line": bool(days_back % 2)}
    try:
        sim.business.do(kind, **options)
    except ValueError as error:
        assert "no such" in str(error)  # noqa: PT017 - the only reason there is


@pytest.mark.usefixtures("no_waiting")
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), history=histories, readings=st.sampled_from(sorted(READINGS)))
def test_in_the_end_documents_and_lines_equal_the_books(
    seed: int, history: list[tuple[str, int]], readings: str
) -> None:
    with Simulator(seed=seed, departments=2, days=DAYS, receipts_per_day=1, readings=READINGS[readings]) as sim:
        warehouse = Warehouse()
        config = config_for(sim, timezone=ZONE)
        state: t.Any = None
        for kind, number in history:
            if kind in {"run", *FAULTS}:
                state = run(sim, warehouse, state, kind, number, config, CATALOG)
            else:
                live(sim, kind, number)
        final = run_tap(config, state, CATALOG)
        warehouse.load(final)
        assert final.code == 0
        # What is posted ahead has moved nothing yet: store operations are read up to today.
        known = TABLES[:-1] if any(number < 0 for _, number in history) else TABLES
        assert_equal_to_books(warehouse.current, sim, known)
        warehouse.prune()
        assert_equal_to_books(warehouse.current, sim, known)
        assert (sim.open_tokens, sim.refused_concurrent) == (0, 0)

        # And the night after, which is quiet, writes nothing and asks for the look-back and for what is to come.
        sim.reset_log()
        quiet = run_tap(config, final.state, CATALOG)
        assert not [row for row in quiet.records("sync_log") if row["status"] not in {"unchanged", "empty"}]
        assert not [name for name in TABLES if quiet.records(name)]
        if readings != "undated":
            asked = [sum(record.path.endswith(path) for record in sim.log) for path in PATHS]
            assert asked == [2, 2, 2, 2, 1]
