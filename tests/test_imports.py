"""What the tests share lives in ``support``; a test module is nobody's library."""

from __future__ import annotations

import ast
from pathlib import Path

HERE = Path(__file__).parent
TESTS = {path.stem for path in HERE.glob("*.py")}


def imported(path: Path) -> set[str]:
    """The modules that a file imports, by the first part of their names, at whatever place."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_no_test_module_is_imported() -> None:
    wrong = {path.name: sorted(names) for path in HERE.rglob("*.py") if (names := imported(path) & TESTS)}
    assert not wrong
