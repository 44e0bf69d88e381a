"""Where things are."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
TAP = Path(sys.executable).with_name("tap-iiko")
MELTANO = ROOT / ".venvs" / "meltano" / "bin" / "meltano"
LOADERS = ROOT / ".meltano" / "loaders"
TARGET_POSTGRES = LOADERS / "target-postgres" / "venv" / "bin" / "target-postgres"
TARGET_JSONL = LOADERS / "target-jsonl" / "venv" / "bin" / "target-jsonl"
DBT = ROOT / ".meltano" / "utilities" / "dbt-postgres" / "venv" / "bin" / "dbt"


def read(name: str) -> str:
    """A text of the project."""
    return (ROOT / name).read_text(encoding="utf-8")
