"""The client alone, as another program may use it: from several threads, and with waits of its own."""

from __future__ import annotations

import contextlib
import logging
import threading
import typing as t

import pytest

from tap_iiko.iiko import errors
from tap_iiko.iiko.client import Client
from tap_iiko.iiko.pacing import Pacing
from tap_iiko.iiko.wire import Account, sha1_of
from tap_iiko.logs.redact import MASK, Redactor

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from simulator import Simulator

LIST = "v2/entities/products/list"
REPORT = "v2/reports/olap"
NO_REPORT: dict[str, t.Any] = {}


def account_of(sim: Simulator) -> Account:
    return Account(sim.url, "demo", sha1_of("demo-password"), licence_wait=30)


def client_of(sim: Simulator, folder: Path, **pacing: t.Any) -> Client:
    return Client(account_of(sim), lease_folder=folder, pacing=Pacing(first_wait=0, **pacing))


def in_background(job: Callable[[], t.Any]) -> tuple[threading.Thread, list[BaseException]]:
    raised: list[BaseException] = []

    def run() -> None:
        try:
            job()
        except BaseException as error:  # noqa: BLE001 - what it raises is what is asserted
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, raised


def test_what_waits_for_an_answer_ends_when_another_thread_closes(sim: Simulator, tmp_path: Path) -> None:
    iiko = client_of(sim, tmp_path)
    iiko.login()
    sim.faults.add("slow", seconds=0.5)
    futures = [iiko.fetch_report(REPORT, NO_REPORT) for _ in range(3)]
    waiting, raised = in_background(futures[2].result)
    closing = [threading.Thread(target=iiko.close) for _ in range(2)]
    for thread in closing:
        thread.start()
    for thread in (*closing, waiting):
        thread.join()
    assert isinstance(raised[0], errors.Stopped)
    assert (sim.logins, sim.logouts, sim.open_tokens) == (1, 1, 0)


def test_a_client_that_is_closed_asks_nothing_more(sim: Simulator, tmp_path: Path) -> None:
    iiko = client_of(sim, tmp_path)
    iiko.login()
    iiko.close()
    asked = len(sim.log)
    for ask in (iiko.login, iiko.server_info, lambda: iiko.get_json(LIST), lambda: iiko.fetch_list(LIST).result()):
        with pytest.raises(errors.Stopped):
            ask()
    iiko.close()
    assert len(sim.log) == asked


def test_a_client_that_asked_for_nothing_closes(sim: Simulator, tmp_path: Path) -> None:
    with client_of(sim, tmp_path):
        pass
    assert not sim.log


def test_a_run_that_waits_for_a_slot_can_be_stopped(sim: Simulator, tmp_path: Path) -> None:
    refused = threading.Event()
    sim.faults.add("slots_full", times=1_000)
    pacing = Pacing(slot_wait=20)
    iiko = Client(account_of(sim), lease_folder=tmp_path, pacing=pacing, on_answer=lambda *_: refused.set())
    waiting, raised = in_background(iiko.login)
    assert refused.wait(10)
    iiko.close()
    waiting.join()
    assert isinstance(raised[0], errors.Stopped)


def test_a_login_that_ends_after_the_stop_gives_its_slot_back(sim: Simulator, tmp_path: Path) -> None:
    """The stop could not wait for it, and nobody else knows its token."""
    logged_in = threading.Event()
    iiko = client_of(sim, tmp_path, logout_grace=0.1)
    log_in = sim.sessions.log_in

    def log_in_at_last(*args: t.Any) -> t.Any:
        answer = log_in(*args)
        logged_in.set()
        assert stopped.wait(10)
        return answer

    stopped = threading.Event()
    sim.sessions.log_in = log_in_at_last  # type: ignore[assignment,method-assign]
    waiting, raised = in_background(iiko.login)
    assert logged_in.wait(10)
    iiko.close()
    stopped.set()
    waiting.join()
    assert isinstance(raised[0], errors.Stopped)
    assert (sim.logins, sim.logouts, sim.open_tokens) == (1, 1, 0)


def test_the_login_is_renewed_by_the_clock_that_is_given(sim: Simulator, tmp_path: Path) -> None:
    now = 0.0
    with client_of(sim, tmp_path, clock=lambda: now) as iiko:
        for now in (0.0, 3000.0, 3001.0, 6001.0, 6003.0):  # noqa: B007 - the clock reads it
            iiko.get_json(LIST)
    assert (sim.logins, sim.logouts) == (3, 3)


def test_a_list_is_asked_for_otherwise_where_iiko_refuses_it(sim: Simulator, tmp_path: Path) -> None:
    known, unknown = [("rootType", "Conception")], [("rootType", "NoSuchType")]
    with client_of(sim, tmp_path) as iiko:
        with pytest.raises(errors.Rejected):
            iiko.fetch_list("v2/entities/list", unknown).result()
        with contextlib.closing(iiko.fetch_list("v2/entities/list", unknown, otherwise=known).result()) as answer:
            body = answer.body.read()
    assert body.startswith(b"[")
    assert len(body) == answer.bytes


def test_secrets_are_masked_whichever_thread_learns_them() -> None:
    redactor = Redactor()
    tokens: list[str] = []
    redactor.add(lambda: list(tokens))
    raised: list[BaseException] = []
    unmasked: list[str] = []

    def log_in_and_tell(number: int) -> None:
        for each in range(200):
            token = f"token-{number}-{each:04}"
            tokens.append(token)
            if redactor.mask(f"key={token}.") != f"key={MASK}.":
                unmasked.append(token)

    threads = [in_background(lambda number=number: log_in_and_tell(number)) for number in range(8)]  # type: ignore[misc]
    for thread, errors_of_it in threads:
        thread.join()
        raised += errors_of_it
    assert (raised, unmasked) == ([], [])


def test_a_source_of_secrets_may_log(caplog: pytest.LogCaptureFixture) -> None:
    """As a signal does, which may come in the middle of any line."""
    redactor = Redactor()
    signals = ["Stopped, with secret-token."]

    def telling() -> list[str]:
        if signals:
            logging.getLogger("tap-iiko").warning(signals.pop())
        return ["secret-token"]

    redactor.install()
    try:
        redactor.add(telling)
        logging.getLogger("tap-iiko").warning("Logged in with secret-token.")
    finally:
        redactor.uninstall()
    assert [record.getMessage() for record in caplog.records] == [f"Stopped, with {MASK}.", f"Logged in with {MASK}."]
