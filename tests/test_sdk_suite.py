"""The SDK's own test suite against the simulator, none of it switched off."""

from __future__ import annotations

import datetime
import typing as t

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from simulator import Simulator
from simulator.world.stock_changes import FAMILIES
from support.schemas import extra_tables
from support.taps import ZONE, config_for, run_tap
from tap_iiko.tap import TapIiko

if t.TYPE_CHECKING:
    from pathlib import Path

# late_changes has rows only when a known day has changed, write-offs only when their day has: the suite starts from
# a state, and both change after it.
_sim = Simulator(seed=21, departments=2, days=10, receipts_per_day=6)
_sim.start()
NEW_IN_A_LATER_VERSION = {"brandNew": {"colour": "red"}}
_entities, _accounts = _sim.served.lists.entities, _sim.served.lists.accounts


def _later_entities() -> dict[str, list[dict[str, t.Any]]]:
    return {kind: [item | NEW_IN_A_LATER_VERSION for item in items] for kind, items in _entities().items()}


def _later_accounts() -> list[dict[str, t.Any]]:
    return [item | NEW_IN_A_LATER_VERSION for item in _accounts()]


_sim.served.lists.entities = _later_entities  # type: ignore[method-assign]
_sim.served.lists.accounts = _later_accounts  # type: ignore[method-assign]
_own = {"name": "hours", "groups": ["Department.Id", "HourClose"], "aggregates": ["DishDiscountSumInt"]}
_config = config_for(_sim, timezone=ZONE, extra_tables=extra_tables(), personal_data="load", reports=[_own])


@pytest.fixture(scope="module", autouse=True)
def business() -> t.Iterator[None]:
    """The simulator lives as long as the suite."""
    yield
    _sim.stop()
    assert (_sim.open_tokens, _sim.refused_concurrent) == (0, 0)
    assert _sim.max_in_flight == 1
    assert _sim.logins == _sim.logouts


@pytest.fixture(autouse=True)
def state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in conftest; class-wide fixtures of the suite come before it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def _state() -> dict[str, t.Any]:
    state = run_tap(_config).state
    for bookmark in state["bookmarks"].values():
        for partition in bookmark["partitions"]:
            partition.pop("content", None)  # else lists that have not changed would not be written
            partition.pop("open_fingerprints", None)  # nor would the last day of attendances and schedules
    _sim.business.lose_order(day=_sim.last_day - datetime.timedelta(days=5))
    for family in FAMILIES:
        _sim.business.do(f"add_{family}", day=_sim.last_day)
    _sim.business.sell(count=6)  # in the shifts of today
    return state


TestTapIiko = get_tap_test_class(
    TapIiko,
    config=_config,
    state=_state(),
    suite_config=SuiteConfig(max_records_limit=None),
)
