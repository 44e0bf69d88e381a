"""``tap-iiko --doctor``."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import subprocess
import typing as t
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from unittest import mock

from support.databases import clean_environment
from support.paths import TAP
from support.taps import config_for
from tap_iiko.tap import TapIiko

if t.TYPE_CHECKING:
    from pathlib import Path

    from simulator import Simulator

ZONE = "Europe/Moscow"  # whose offset the simulator writes
NOWHERE = "no-such-host.invalid"


@dataclass
class Visit:
    """What it told of a server, this machine and the database."""

    code: int
    checks: list[dict[str, str]]
    said: str
    """All that came to stdout and stderr."""

    def of(self, check: str, subject: str = "main") -> list[dict[str, str]]:
        """The findings of a check."""
        return [each for each in self.checks if (each["subject"], each["check"]) == (subject, check)]

    @property
    def bad(self) -> list[tuple[str, str]]:
        """Subjects and checks that have failed."""
        return list(dict.fromkeys((each["subject"], each["check"]) for each in self.checks if each["status"] == "bad"))

    def remedy(self, check: str, subject: str = "main") -> str:
        """Of the only trouble that a check has."""
        (finding,) = (each for each in self.of(check, subject) if each["status"] in {"bad", "doubtful"})
        return finding["remedy"]


def told(
    folder: Path,
    config: t.Mapping[str, t.Any],
    form: str = "json",
    *,
    environment: t.Mapping[str, str] | None = None,
    **options: t.Any,
) -> subprocess.CompletedProcess[str]:
    """By a process of its own: exit code, stdout and stderr."""
    return subprocess.run(
        [str(TAP), *_arguments(folder, config, form)],
        check=False,
        capture_output=True,
        text=True,
        env={**clean_environment(), **(environment or {})},
        timeout=120,
        **options,
    )


def visit_alone(folder: Path, config: t.Mapping[str, t.Any], **options: t.Any) -> Visit:
    """By a process of its own, for what only that shows."""
    done = told(folder, config, **options)
    return _understood(done.returncode, done.stdout, done.stderr)


def visit(
    folder: Path,
    config: t.Mapping[str, t.Any],
    *,
    catalog: t.Mapping[str, t.Any] | None = None,
    environment: t.Mapping[str, str] | None = None,
) -> Visit:
    """By the command in this process, which is three times as fast."""
    arguments = _arguments(folder, config, "json")
    if catalog:
        (folder / "catalog.json").write_text(json.dumps(catalog))
        arguments += ["--catalog", str(folder / "catalog.json")]
    out, log = io.StringIO(), io.StringIO()
    with (
        mock.patch.dict(os.environ, {**clean_environment(), **(environment or {})}, clear=True),
        redirect_stdout(out),
        redirect_stderr(log),
        _own_log(),
    ):
        code = TapIiko.cli.main(arguments, standalone_mode=False)
    return _understood(code, out.getvalue(), log.getvalue())


@contextlib.contextmanager
def _own_log() -> t.Iterator[None]:
    """A command sets the log of its process up; the tests after it have theirs."""
    root = logging.getLogger()
    before = root.level, root.handlers[:]
    levels = {
        each: each.level for each in logging.Logger.manager.loggerDict.values() if isinstance(each, logging.Logger)
    }
    try:
        yield
    finally:
        root.level, root.handlers[:] = before
        for each, level in levels.items():
            each.setLevel(level)


def _arguments(folder: Path, config: t.Mapping[str, t.Any], form: str) -> list[str]:
    folder.mkdir(exist_ok=True)
    (folder / "doctor.json").write_text(json.dumps(dict(config)))
    return ["--config", str(folder / "doctor.json"), f"--doctor={form}"]


def _understood(code: int, out: str, log: str) -> Visit:
    """Stdout is for machines alone."""
    answer = json.loads(out)
    assert answer["works"] == (code == 0)
    return Visit(code, answer["checks"], out + log)


def healthy(sim: Simulator, **settings: t.Any) -> dict[str, t.Any]:
    """Settings that nothing is to be said against."""
    return config_for(sim, timezone=ZONE, **settings)


def assert_found(broken: Visit, check: str, *words: str, subject: str = "main") -> None:
    """One check has failed, and its remedy says these words; what rests on it is not called a failure."""
    assert broken.code == 1
    assert broken.bad == [(subject, check)], broken.said
    for each in words:
        assert each in broken.remedy(check, subject)


def assert_healed(found: Visit) -> None:
    """A run would work."""
    assert found.code == 0, found.said
    assert found.bad == []
