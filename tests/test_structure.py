"""The house: which room may know which, and what of the SDK's inside is used where."""

from __future__ import annotations

import ast
import inspect
import re
import typing as t

import pytest
import singer_sdk
from singer_sdk import Stream, Tap
from singer_sdk.plugin_base import PluginBase

from support.paths import ROOT

if t.TYPE_CHECKING:
    from pathlib import Path

TESTS = ROOT / "tests"
HOUSE = ROOT / "tap_iiko"

# Each room may know those before it in the list, and itself.
ROOMS = (
    "iiko",
    "logs",
    "tables",
    "days",
    "rows",
    "settings",
    "singer",
    "streams",
    "proof",
    "run",
    "tap",
    "commands",
    "report",
)
# What the command line knows of a command is its name.
ALLOWED = {("singer", "tap_iiko.commands")}
FORBIDDEN = {"rows": "singer_sdk", "proof": "singer_sdk", "days": "requests", "iiko": "singer_sdk"}

# Private or final members of the SDK, and the one room that uses them.
PRIVATE = {
    PluginBase: ("_get_about_info",),
    Stream: ("_write_schema_message", "_generate_record_messages", "_write_batch_message", "_tap"),
    Tap: ("_handle_termination", "sync_all", "run_sync_dry_run"),
}


def modules(root: Path) -> list[Path]:
    return sorted(root.rglob("*.py"))


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> t.Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from ([node.module] if node.module.count(".") > 1 else names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def room_of(name: str) -> str:
    return name.split(".")[1]


@pytest.mark.parametrize("path", modules(HOUSE), ids=lambda path: str(path.relative_to(HOUSE)))
def test_arrows_run_one_way(path: Path) -> None:
    room = path.relative_to(HOUSE).parts[0].removesuffix(".py")
    if room == "__init__":
        return
    for name in imports(path):
        if FORBIDDEN.get(room, "?") == name.split(".")[0]:
            pytest.fail(f"{room} imports {name}")
        is_allowed = any((room, each) in ALLOWED for each in (name, name.rpartition(".")[0]))
        if name.startswith("tap_iiko.") and not is_allowed:
            assert ROOMS.index(room_of(name)) <= ROOMS.index(room), f"{path.name} imports {name}"
        if room == "iiko" and name.startswith("tap_iiko"):
            assert room_of(name) == "iiko", name


@pytest.mark.parametrize("package", ["tap_iiko", "simulator"])
def test_no_module_imports_itself_through_others(package: str) -> None:
    graph: dict[str, set[str]] = {}
    known = {dotted(path): path for path in modules(ROOT / package)}
    for name, path in known.items():
        found = {each if each in known else each.rpartition(".")[0] for each in imports(path)}
        graph[name] = {each for each in found & known.keys() if each not in {name, package}}
    while graph:
        free = {name for name, needs in graph.items() if not needs & graph.keys()}
        assert free, f"a circle among {sorted(graph)}"
        graph = {name: needs for name, needs in graph.items() if name not in free}


def test_no_test_module_is_imported() -> None:
    """What tests share lives in ``tests/support``."""
    named = {path.stem for path in TESTS.glob("*.py")}
    for path in modules(TESTS):
        assert not {name.split(".")[0] for name in imports(path)} & named, path.name


@pytest.mark.parametrize(("owner", "name"), [(owner, name) for owner, names in PRIVATE.items() for name in names])
def test_the_sdk_still_has_what_is_used_of_its_inside(owner: type, name: str) -> None:
    source = inspect.getsource(owner)
    assert re.search(rf"\b{name}\b", source), (
        f"singer_sdk {singer_sdk.__name__}: {owner.__name__}.{name} has moved; see tap_iiko/singer"
    )


def test_the_inside_of_the_sdk_is_used_in_one_room() -> None:
    names = [name for names in PRIVATE.values() for name in names if name.startswith("_") and name != "_tap"]
    using = {path for path in modules(HOUSE) if any(name in path.read_text(encoding="utf-8") for name in names)}
    assert using
    assert all(path.parent.name == "singer" for path in using), using
    inside = re.compile(r"from singer_sdk[\w.]*\._")
    private = [path for path in modules(HOUSE) if inside.search(path.read_text(encoding="utf-8"))]
    assert all(path.parent.name == "singer" for path in private), private


def test_no_module_is_longer_than_a_newcomer_reads_at_once() -> None:
    for path in (*modules(HOUSE), *modules(ROOT / "simulator")):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 500, path


def test_tests_share_by_support_and_not_by_importing_each_other() -> None:
    for path in (ROOT / "tests").glob("test_*.py"):
        found = [name for name in imports(path) if re.match(r"(conftest|test_\w+)\b", name)]
        assert not found, f"{path.name} imports {found}"
