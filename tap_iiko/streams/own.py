"""The tables that the tap itself fills: what was read when, what changed late, what was proved."""

from __future__ import annotations

from tap_iiko.singer.stream import IikoStream


class SyncLogStream(IikoStream):
    """One row per load of one partition."""

    name = "sync_log"


class LateChangesStream(IikoStream):
    """What changed in closed days."""

    name = "late_changes"


class ReconciliationStream(IikoStream):
    """The proof by day, department and metric."""

    name = "reconciliation"
