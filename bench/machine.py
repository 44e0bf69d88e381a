"""The machine and the versions."""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
import typing as t
from pathlib import Path

if t.TYPE_CHECKING:
    from bench.setting import Setting

PACKAGES = ("dlt", "pyarrow", "SQLAlchemy", "psycopg")
ASK = "import importlib.metadata as m, sys; print(', '.join(f'{n} {m.version(n)}' for n in sys.argv[1:]))"


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _ask(*command: t.Any) -> str:
    try:
        result = subprocess.run(
            [str(part) for part in command],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"NO_COLOR": "1"},
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return result.stdout.strip()


def describe(setting: Setting) -> list[str]:
    """Lines about where and when this was measured."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    layout = setting.layout
    versions = [
        f"Python {platform.python_version()}",
        f"PostgreSQL {setting.database.version}",
        _ask(layout.tap, "--version").split("\n")[0].replace(",", ""),
        _ask(layout.target, "--version").split("\n")[0].replace(",", ""),
        _ask(layout.meltano, "--version").replace(", version", ""),
        _ask(layout.bench_python, "-c", ASK, *PACKAGES),
    ]
    return [
        (
            f"Measured on {datetime.datetime.now(datetime.UTC):%Y-%m-%d} on {_cpu()}, {os.cpu_count()} cores, "
            f"{memory:.0f} GB of memory, {platform.system()} (load average at the end: {os.getloadavg()[0]:.1f})."
        ),
        ", ".join(version for version in versions if version) + ".",
    ]
