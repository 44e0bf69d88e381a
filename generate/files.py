"""Which files they are."""

from __future__ import annotations

import tomllib
from pathlib import Path

from generate import catalog, pages, plugins
from generate.blocks import fill
from tap_iiko.commands.sql import statements

ROOT = Path(__file__).parent.parent


def contents() -> dict[str, str]:
    """The text of each, by its name from the root of the project."""
    version = tomllib.loads(_read("pyproject.toml"))["project"]["version"]
    return {
        **{f"sql/{name}.sql": statements(name) for name in ("views", "prune")},
        "meltano.yml": fill(_read("meltano.yml"), "settings", plugins.as_lines(plugins.settings())),
        "tests/catalog.json": catalog.snapshot(),
        plugins.EXTRACTOR: plugins.as_file(plugins.extractor(version)),
        plugins.LOADER: plugins.as_file(plugins.loader(_read("meltano.yml"))),
        **{
            name: pages.page(_read(name), subject, place)
            for place in range(len(pages.ENDINGS))
            for subject, name in pages.names(place).items()
        },
    }


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")
