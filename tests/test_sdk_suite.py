"""The SDK's own test suite against the simulator, none of it switched off."""

from __future__ import annotations

import datetime
import typing as t

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from simulator import Simulator
from support.taps import ZONE, config_for, run_tap
from tap_iiko.tap import TapIiko

if t.TYPE_CHECKING:
    from pathlib import Path

# late_changes has rows only when a known day has changed: the suite starts from a state, and a day changed after it.
_sim = Simulator(seed=21, departments=2, days=10, receipts_per_day=6)
_sim.start()
_entities = _sim.api.lists.entities


def _entities_of_a_later_version() -> dict[str, list[dict[str, t.Any]]]:
    lists = _entities()
    for item in lists["ProductCategory"]:
        item["brandNew"] = {"colour": "red"}
    return lists


_sim.api.lists.entities = _entities_of_a_later_version  # type: ignore[method-assign]
_config = config_for(_sim, timezone=ZONE)


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
    _sim.business.lose_order(day=_sim.last_day - datetime.timedelta(days=5))
    return state


TestTapIiko = get_tap_test_class(
    TapIiko,
    config=_config,
    state=_state(),
    suite_config=SuiteConfig(max_records_limit=None),
)
