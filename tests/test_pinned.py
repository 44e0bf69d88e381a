"""The environments that are made here have the versions of the files in pinned/, whoever makes them, and when."""

from __future__ import annotations

import re
import typing as t
from importlib.metadata import distributions

import pytest
import yaml

from support.paths import ROOT, read
from support.requirements import EXTRAS, GROUPS, PROJECT, names_of

if t.TYPE_CHECKING:
    from pathlib import Path

LINE = re.compile(r"([a-z0-9-]+)==([0-9][a-z0-9.+]*)( ; [\w<>=!.' ]+)?")
PLUGINS = {
    each["name"]: (kind, each["pip_url"])
    for kind, found in yaml.safe_load(read("meltano.yml"))["plugins"].items()
    for each in found
}
ENVIRONMENTS = {
    "project": ROOT / ".venv",
    "meltano": ROOT / ".venvs" / "meltano",
    "bench": ROOT / ".venvs" / "bench",
    **{name: ROOT / ".meltano" / kind / name / "venv" for name, (kind, _) in PLUGINS.items()},
}
WANTED = {
    "project": [*PROJECT["dependencies"], *(each for extra in EXTRAS.values() for each in extra)],
    "tap-iiko": [*PROJECT["dependencies"], *EXTRAS["postgres"]],
    **GROUPS,
    **{name: url.split(" -r ")[0].split() for name, (_, url) in PLUGINS.items() if not url.startswith("-e")},
}


def lines_of(name: str) -> list[str]:
    """Of a file."""
    return read(f"pinned/{name}.txt").splitlines()


def pinned(name: str) -> dict[str, str]:
    """The versions in a file."""
    return {line[1]: line[2] for line in map(LINE.fullmatch, lines_of(name)) if line}


def installed(environment: Path) -> dict[str, str]:
    """The versions in an environment."""
    (packages,) = environment.glob("lib/python*/site-packages")
    return {name: each.version for each in distributions(path=[str(packages)]) for name in names_of([each.name])}


def test_each_environment_has_its_file() -> None:
    assert {path.stem for path in (ROOT / "pinned").iterdir()} == set(WANTED) == {*ENVIRONMENTS, "build"}
    for name, (_, url) in PLUGINS.items():
        assert url.endswith(f" -r pinned/{name}.txt"), "Meltano would take the newest"


@pytest.mark.parametrize("name", WANTED)
def test_a_file_has_one_version_of_everything_that_is_wanted_and_no_address(name: str) -> None:
    lines = lines_of(name)
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    assert len(pinned(name)) == len(lines)
    assert names_of(WANTED[name]) - {"tap-iiko"} <= set(pinned(name)), "make pinned"


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_what_is_installed_has_the_version_of_the_file(name: str) -> None:
    if not (ENVIRONMENTS[name] / "bin").exists():
        pytest.skip("not made here: make bench, or make marts with a Python below 3.14, makes it")
    found, wanted = installed(ENVIRONMENTS[name]), pinned(name)
    both = found.keys() & wanted.keys()
    assert {each: found[each] for each in both} == {each: wanted[each] for each in both}
    assert both
    if name != "project":  # to which a developer may add
        assert set(found) - both <= {"pip", "setuptools", "tap-iiko"}, "make pinned"


def test_the_tap_runs_with_the_versions_that_are_tested() -> None:
    assert pinned("tap-iiko").items() <= pinned("project").items()
