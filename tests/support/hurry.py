"""Waiting that takes no time."""

from __future__ import annotations

import typing as t

from tap_iiko.iiko.client import Client
from tap_iiko.iiko.pacing import Pacing

if t.TYPE_CHECKING:
    import pytest


def hurry(patch: pytest.MonkeyPatch) -> None:
    """Back-off and pauses end at once: what a test asserts is that they come, not how long they last."""
    patch.setattr(Client, "pacing", Pacing(first_wait=0.001, slot_wait=0.05, quiet=0.05))
