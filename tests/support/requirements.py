"""What pyproject.toml requires."""

from __future__ import annotations

import re
import tomllib
import typing as t

from support.paths import read

_PYPROJECT: t.Final[dict[str, t.Any]] = tomllib.loads(read("pyproject.toml"))
PROJECT: t.Final[dict[str, t.Any]] = _PYPROJECT["project"]
EXTRAS: t.Final[dict[str, list[str]]] = PROJECT["optional-dependencies"]
GROUPS: t.Final[dict[str, list[str]]] = _PYPROJECT["dependency-groups"]


def names_of(requirements: t.Iterable[str]) -> set[str]:
    """Of distributions, in one spelling."""
    found = (re.match(r"[\w.-]+", each) for each in requirements)
    return {re.sub(r"[-_.]+", "-", each[0]).lower() for each in found if each}
