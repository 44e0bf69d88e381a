"""Runs with something going wrong in them, drawn by hypothesis."""

from __future__ import annotations

import typing as t

import hypothesis.strategies as st

from support.taps import Result, run_tap

if t.TYPE_CHECKING:
    from simulator import Simulator
    from support.warehouse import Warehouse

FAULTS = ("http_500", "reset", "truncate", "html_200", "expire", "stop", "kill")
runs = st.one_of(
    st.just(("run", 0)),
    st.tuples(st.sampled_from(FAULTS), st.integers(0, 24)),
)


def cut(result: Result, lines: int) -> tuple[list[dict[str, t.Any]], t.Any]:
    """What a target took of a run that was killed after some lines, and the last state among it."""
    taken = result.messages[:lines]
    states = [message["value"] for message in taken if message["type"] == "STATE"]
    return taken, states[-1] if states else None


def run(
    sim: Simulator,
    warehouse: Warehouse,
    state: t.Any,
    kind: str,
    after: int,
    config: dict[str, t.Any],
    catalog: t.Any = None,
) -> t.Any:
    """A run with something going wrong in it; the state that its target has confirmed."""
    if kind in {"run", "stop", "kill"}:
        result = run_tap(config, state, catalog)
    else:
        sim.faults.add(kind, after=after)
        result = run_tap(config, state, catalog)
        sim.faults.clear()
    if kind in {"stop", "kill"}:
        taken, confirmed = cut(result, after * 40)
        warehouse.load(taken)
        return confirmed or state
    warehouse.load(result)
    return result.state
