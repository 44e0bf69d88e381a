"""Which tables are selected. For a command Meltano makes no catalog; its rules are in the environment all the same."""

from __future__ import annotations

import json
import os
import typing as t
from fnmatch import fnmatchcase

if t.TYPE_CHECKING:
    from tap_iiko.singer.stream import IikoStream

RULES = "TAP_IIKO__SELECT"  # as JSON, by Meltano, whether they come from meltano.yml, .env or the environment
EXCLUDES = "!"


class Selecting(t.Protocol):
    """The tap, which knows its catalog."""

    def selected_streams(self) -> t.Mapping[str, IikoStream]:
        """In the order of a run."""


def of(tap: Selecting) -> dict[str, IikoStream]:
    """The tables that a run would read."""
    rules = json.loads(os.environ.get(RULES) or "[]") or ["*.*"]
    return {name: stream for name, stream in tap.selected_streams().items() if _is_selected(name, rules)}


def _is_selected(name: str, rules: t.Sequence[str]) -> bool:
    """A rule names a table, and mostly columns: a table without any of them is none."""
    named = [rule for rule in rules if not rule.startswith(EXCLUDES) and _names(rule, name)]
    excluded = any(rule.startswith(EXCLUDES) and rule.endswith(".*") and _names(rule[1:], name) for rule in rules)
    return bool(named) and not excluded


def _names(rule: str, name: str) -> bool:
    return fnmatchcase(name, rule.partition(".")[0])
