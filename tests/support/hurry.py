"""Waiting that takes no time."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    import pytest


def hurry(patch: pytest.MonkeyPatch) -> None:
    """Back-off and pauses end at once: what a test asserts is that they come, not how long they last."""
    patch.setattr("time.sleep", lambda _: None)
    patch.setattr("tap_iiko.iiko.session.SLOT_WAIT_SECONDS", 0.05)
    patch.setattr("tap_iiko.iiko.wire.PAUSE_SECONDS", 0.05)
