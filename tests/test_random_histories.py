"""Whatever happens to a business and to the runs: in the end what is current equals the books, at no more requests."""

from __future__ import annotations

import datetime
import typing as t

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from simulator import Simulator
from support.catalogs import sales_catalog
from support.histories import FAULTS, run, runs
from support.taps import ZONE, config_for, run_tap
from support.truth import SALES, assert_equal_to_books
from support.warehouse import Warehouse

DAYS = 9
# Each with the place in time it happens at: days back from the open one.
CHANGES = (
    *("sell", "refund", "delete_order", "delete_line", "correct_payment", "change_cost", "lose_order"),
    *("change_guests", "add_surcharge", "change_vat", "hold_back", "deliver_late", "rename_dish"),
)

changes = st.tuples(st.sampled_from(CHANGES), st.integers(0, DAYS - 1))
histories = st.lists(st.one_of(changes, changes, runs), max_size=14)


def live(sim: Simulator, kind: str, days_back: int) -> None:
    """One thing that happens; a business without a fitting order just goes on."""
    day = (sim.last_day - datetime.timedelta(days=days_back)).isoformat()
    options: dict[str, t.Any] = {} if kind == "rename_dish" else {"day": day}
    if kind == "refund" and days_back % 2:
        options["on_day"] = day  # inside its order; else on the open day, as an order of its own
    try:
        sim.business.do(kind, **options)
    except ValueError as error:
        assert "no such order" in str(error)  # noqa: PT017 - the only reason there is


@pytest.mark.usefixtures("no_waiting")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), history=histories)
def test_in_the_end_everything_equals_the_books(seed: int, history: list[tuple[str, int]]) -> None:
    with Simulator(seed=seed, departments=2, days=DAYS, receipts_per_day=4) as sim:
        warehouse = Warehouse()
        config = config_for(sim, timezone=ZONE, reread_days=1, max_window_days=3)
        state: t.Any = None
        catalog = sales_catalog()
        for kind, number in history:
            if kind in {"run", *FAULTS}:
                state = run(sim, warehouse, state, kind, number, config, catalog)
            else:
                live(sim, kind, number)
        final = run_tap(config, state, catalog)
        warehouse.load(final)
        assert final.code == 0
        # A new name alone changes no sum: facts keep the name of the moment of reading (design 4).
        renamed = any(kind == "rename_dish" for kind, _ in history)
        if renamed:
            fresh = run_tap(config, catalog=catalog)
            warehouse.load(fresh)
        assert_equal_to_books(warehouse.current, sim)
        assert {row["proved"] for row in warehouse.current("reconciliation")} == {True}
        assert (sim.open_tokens, sim.max_in_flight) == (0, 1)

        # And the night after, which is quiet, asks for the probe and the last day.
        sim.reset_log()
        quiet = run_tap(config, fresh.state if renamed else final.state, catalog)
        asked = [record for record in sim.log if record.body]
        sold = any(row["business_date"] == sim.last_day.isoformat() for row in sim.books.days())
        assert len(asked) == 1 + len(SALES) * sold, "the probe tells that a day has no sales"
        assert {row["business_date"] for row in quiet.log("receipts")} == {sim.last_day.isoformat()}


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    changed=st.sets(st.integers(2, DAYS - 1), max_size=3),
    kind=st.sampled_from(CHANGES[:7]),
)
def test_only_changed_days_are_read_again(seed: int, changed: set[int], kind: str) -> None:
    with Simulator(seed=seed, departments=2, days=DAYS, receipts_per_day=4) as sim:
        config = config_for(sim, timezone=ZONE, reread_days=0, max_window_days=1)
        first = run_tap(config, catalog=sales_catalog())
        touched: set[str] = set()
        for days_back in changed:
            day = (sim.last_day - datetime.timedelta(days=days_back)).isoformat()
            options = {"on_day": day} if kind == "refund" else {}
            try:
                touched |= set(sim.business.do(kind, day=day, **options)["days"])
            except ValueError:
                continue
        sim.reset_log()
        second = run_tap(config, first.state, sales_catalog())
        open_days = {sim.last_day.isoformat()}
        if datetime.datetime.now(datetime.UTC).hour < 12:
            open_days.add((sim.last_day - datetime.timedelta(days=1)).isoformat())
        read = {row["business_date"] for row in second.log("receipts")}
        assert touched - open_days <= read | open_days
        assert read <= touched | open_days
        reports = [record for record in sim.log if record.body]
        assert len(reports) == 1 + len(SALES) * len(read)
