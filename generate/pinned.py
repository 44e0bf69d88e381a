"""``make pinned``: the newest versions that go together, for each environment that is made here."""

from __future__ import annotations

import os
import subprocess
import sys
import typing as t
from pathlib import Path

import yaml

ROOT: t.Final = Path(__file__).parent.parent
# One version of a package for all Pythons and systems; its name, and not from where it comes.
COMPILE: t.Final = (
    *("pip", "compile", "--quiet", "--upgrade", "--no-header", "--no-annotate"),
    *("--universal", "--python-version", "3.11", "--fork-strategy", "fewest"),
)
PROJECT: t.Final = {
    "project": ["pyproject.toml", "--all-extras"],
    "tap-iiko": ["pyproject.toml", "--extra", "postgres", "--constraint", "pinned/project.txt"],
    **{name: ["--group", name] for name in ("build", "meltano", "bench")},
}


def plugins() -> dict[str, list[str]]:
    """What meltano.yml requires for each plugin that is not ours."""
    kinds = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))["plugins"].values()
    found = {each["name"]: each["pip_url"] for kind in kinds for each in kind}
    return {name: url.split(" -r ")[0].split() for name, url in found.items() if name not in PROJECT}


def pin(name: str, wanted: t.Sequence[str], requirements: t.Sequence[str] = ()) -> None:
    """Write one file, within the limits that the machine's owner has set for pip or uv."""
    limits = " ".join(os.environ.get(each, "") for each in ("UV_CONSTRAINT", "PIP_CONSTRAINT"))
    subprocess.run(
        [Path(sys.executable).with_name("uv"), *COMPILE, *wanted, "--output-file", f"pinned/{name}.txt"],
        cwd=ROOT,
        env={**os.environ, "UV_CONSTRAINT": limits},
        input="\n".join(requirements),
        stdout=subprocess.DEVNULL,  # the file once more
        text=True,
        check=True,
    )


if __name__ == "__main__":
    for name, arguments in PROJECT.items():
        pin(name, arguments)
    for name, requirements in plugins().items():
        pin(name, ["-"], requirements)
