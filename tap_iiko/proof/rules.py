"""The rules between tables, each a module of its own beside this one."""

from __future__ import annotations

import typing as t

from tap_iiko.proof.ledger_rules import R2, R3, R4, R5
from tap_iiko.proof.shifts import R1

if t.TYPE_CHECKING:
    from tap_iiko.proof.checks import Rule

RULES: t.Final[tuple[Rule, ...]] = (R1, R2, *R3, R4, R5)
