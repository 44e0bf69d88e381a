"""Neither password, hash nor token is ever seen: not in a log, a URL, a message or the state."""

from __future__ import annotations

import typing as t

import pytest
from conftest import TapProcess, config_for

from simulator import Simulator
from tap_iiko.iiko.client import sha1_of

if t.TYPE_CHECKING:
    from pathlib import Path

PASSWORD = "correct-horse-battery"


@pytest.mark.parametrize("fault", ["none", "reset", "expire", "restart", "slots_full", "wrong"])
@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
def test_no_secret_in_any_output(fault: str, level: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAP_IIKO_LOGLEVEL", level)
    folder = tmp_path / "logs"
    with Simulator(departments=1, days=3, receipts_per_day=3, password=PASSWORD, token_lifetime=3600) as sim:
        tokens: set[str] = set()
        issue = sim.sessions.log_in

        def remember(*arguments: t.Any, **options: t.Any) -> t.Any:
            answer = issue(*arguments, **options)
            tokens.update(sim.sessions._tokens)
            return answer

        monkeypatch.setattr(sim.sessions, "log_in", remember)
        if fault not in {"none", "wrong"}:
            sim.faults.add(fault, times=1 if fault == "expire" else 3, after=0 if fault == "slots_full" else 4)
        password = PASSWORD if fault != "wrong" else PASSWORD + "-2"
        tap = TapProcess(tmp_path, config_for(sim, password=password, licence_wait=20, log_dir=str(folder)))
        out, _ = tap.process.communicate(timeout=120)
        assert tap.process.returncode == (1 if fault == "wrong" else 0)
        assert tokens or fault == "wrong"
        text = out.decode() + tap.said() + "".join(file.read_text() for file in folder.iterdir())
        for secret in (password, sha1_of(password), *tokens):
            assert secret not in text
        for record in sim.log:
            assert "pass=" not in record.query
            assert "key=" not in record.query
