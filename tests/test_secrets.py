"""Neither password, hash nor token is ever seen: not in a log, a URL, a message or the state."""

from __future__ import annotations

import os
import typing as t
from http.cookies import SimpleCookie

import pytest

from simulator import Simulator
from simulator.api.method import text
from support.tampering import tamper
from support.taps import TapProcess, config_for
from tap_iiko.iiko.wire import sha1_of

if t.TYPE_CHECKING:
    from pathlib import Path

    from simulator.api.method import Answer, Call

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


def test_what_a_server_quotes_is_masked_in_rows_logs_and_the_closing_table(tmp_path: Path) -> None:
    """Proxies and debug pages repeat the request in their errors, with the cookie and the form of the login."""
    folder = tmp_path / "logs"
    quoted: set[str] = set()

    def quote(call: Call, answer: Answer) -> Answer:
        session = SimpleCookie(call.headers.get("Cookie", "")).get("key")
        form = call.params.get("pass", [])
        quoted.update(form, [session.value] if session else [])
        if call.path.endswith(("products/list", "entities/list")) or call.path.endswith("logout"):
            sha1 = sha1_of(PASSWORD)
            return text(f"debug page: Cookie: {call.headers.get('Cookie')}; pass={sha1}, {sha1.upper()}", 400)
        return answer

    with Simulator(departments=1, days=3, receipts_per_day=3, password=PASSWORD) as sim:
        tamper(sim, quote)
        tap = TapProcess(tmp_path, config_for(sim, password=PASSWORD, log_dir=str(folder)))
        code, output = tap.finish()
        assert code == 1
    assert len(quoted) >= 2, "a token and the hash"
    assert "debug page: Cookie: key=***" in output, "the message itself is in sync_log"
    seen = output + tap.said() + "".join(file.read_text() for file in folder.iterdir())
    assert "debug page" in tap.said()[tap.said().index("outcome\n") :]
    for secret in (*quoted, sha1_of(PASSWORD), sha1_of(PASSWORD).upper(), PASSWORD):
        assert secret not in seen


def test_log_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    previous = os.umask(0o022)
    try:
        with Simulator(departments=1, days=2, receipts_per_day=2) as sim:
            assert TapProcess(tmp_path, config_for(sim, log_dir=str(folder))).finish()[0] == 0
    finally:
        os.umask(previous)
    (file,) = folder.iterdir()
    assert (folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
