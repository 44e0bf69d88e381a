"""Bad settings and unreachable servers: one clear sentence each, before anything is read or written."""

from __future__ import annotations

import datetime
import os
import subprocess
import threading
import typing as t
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from singer_sdk.exceptions import ConfigValidationError

from simulator import Simulator
from support.certificates import self_signed
from support.paths import TAP
from support.taps import TapProcess, config_for, run_tap
from tap_iiko.iiko.wire import sha1_of
from tap_iiko.tap import TapIiko

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GOOD = {"base_url": "http://127.0.0.1:9", "login": "demo", "password": "demo-password"}
TOMORROW = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=3)).date().isoformat()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"base_url": None}, "base_url is missing: the address of the iiko server."),
        ({"login": None}, "login is missing: the back-office user."),
        ({"password": None}, "password is missing (or password_sha1, its SHA-1)."),
        ({"base_url": "my-chain.iiko.it"}, "base_url must begin with http:// or https://"),
        ({"base_url": "https://user:secret@my-chain.iiko.it"}, "base_url must not contain a login"),
        ({"start_date": TOMORROW}, f"start_date {TOMORROW} is in the future"),
        ({"start_date": "11/01/2026"}, "start_date '11/01/2026' is not a date: write YYYY-MM-DD or DD.MM.YYYY."),
        ({"start_date": "2026-10-02", "end_date": "2026-10-01"}, "start_date 2026-10-02 is after end_date 2026-10-01"),
        ({"timezone": "Almaty"}, "timezone 'Almaty' is not an IANA name"),
        ({"ca_bundle": "/nowhere/server.pem"}, "ca_bundle '/nowhere/server.pem' is not a file."),
        ({"password": None, "password_sha1": "abc"}, "password_sha1"),
        ({"departments": ["Бистро"]}, "departments: 'Бистро' is not the id of a department"),
        ({"lookback_days": -1}, "lookback_days"),
        ({"max_window_days": 0}, "max_window_days"),
        ({"reconcile": "maybe"}, "reconcile"),
        ({"servers": [{"server_id": "a", **GOOD}, {"server_id": "a", **GOOD}]}, "two of them have the same server_id"),
        ({"servers": [{"server_id": "a", "login": "x", "password": "y"}]}, "server 'a': base_url is missing"),
    ],
)
def test_each_mistake_is_named(settings: dict[str, t.Any], sentence: str) -> None:
    config = {name: value for name, value in {**GOOD, **settings}.items() if value is not None}
    with pytest.raises(ConfigValidationError) as caught:
        TapIiko(config=config)
    problems = "\n".join(caught.value.errors)
    assert sentence in problems
    assert len(caught.value.errors) == 1


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(ConfigValidationError) as caught:
        TapIiko(config={"timezone": "x"})
    assert len(caught.value.errors) == 4


def said_by_test_command(config: dict[str, t.Any], folder: Path) -> tuple[int, str]:
    """What ``tap-iiko --test`` says."""
    tap = TapProcess(folder, config, None, "--test")
    tap.process.communicate(timeout=60)
    return tap.process.returncode, tap.said()


def test_the_test_command_says_that_all_is_well(sim: Simulator, tmp_path: Path) -> None:
    code, said = said_by_test_command(config_for(sim), tmp_path)
    assert code == 0
    assert "The connection works." in said
    assert (sim.logins, sim.logouts) == (1, 1)


class Stranger(BaseHTTPRequestHandler):
    """Something that is no iiko server."""

    kind, body = "text/html", b"<html><body>nginx</body></html>"

    location = ""

    def do_GET(self) -> None:
        self.send_response(302 if self.location else 200)
        self.send_header("Location", self.location)
        self.send_header("Content-Type", self.kind)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    do_POST = do_GET  # noqa: N815 - the name that http.server calls

    def log_message(self, *_: t.Any) -> None:
        pass


@pytest.fixture
def stranger() -> Iterator[str]:
    """Its address."""
    server = HTTPServer(("127.0.0.1", 0), Stranger)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_what_is_no_iiko_server_is_said_so(stranger: str, tmp_path: Path) -> None:
    code, said = said_by_test_command({**GOOD, "base_url": stranger}, tmp_path)
    assert code == 1
    assert "is not an iiko server, or not its address" in said
    assert "Traceback" not in said


def test_a_redirect_is_told_and_not_followed(
    stranger: str, sim: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A login that follows a redirect would hand the password's hash to another host."""
    monkeypatch.setattr(Stranger, "location", f"{sim.url}/resto/api")
    code, said = said_by_test_command({**GOOD, "base_url": stranger}, tmp_path)
    assert code == 1
    assert f"redirects to {sim.url}/resto/api" in said
    assert not sim.log


def test_nobody_listens(tmp_path: Path) -> None:
    code, said = said_by_test_command(GOOD, tmp_path)
    assert code == 1
    assert "http://127.0.0.1:9/resto: nothing listens at this host and port" in said


def test_an_unknown_host(tmp_path: Path) -> None:
    code, said = said_by_test_command({**GOOD, "base_url": "http://no-such-host.invalid"}, tmp_path)
    assert code == 1
    assert "The host of http://no-such-host.invalid/resto is unknown" in said


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_wrong_password(status: t.Any, tmp_path: Path) -> None:
    from simulator import Readings  # noqa: PLC0415

    with Simulator(departments=1, days=2, receipts_per_day=2, readings=Readings(wrong_login_status=status)) as sim:
        code, said = said_by_test_command(config_for(sim, password="wrong-password"), tmp_path)
        assert code == 1
        assert "iiko did not accept the login 'demo'" in said
        assert said.count("did not accept") == 2, "once where it happened, once in the closing table"
        assert "wrong-password" not in said


@pytest.mark.parametrize("ending", ["", "/", "/resto", "/resto/", "/resto/api", "/resto/api/"])
def test_the_address_in_any_form(sim: Simulator, ending: str) -> None:
    assert run_tap(config_for(sim, base_url=sim.url + ending)).code == 0


def test_a_hash_instead_of_the_password(sim: Simulator) -> None:
    config = config_for(sim, password_sha1=sha1_of("demo-password"))
    del config["password"]
    assert run_tap(config).code == 0


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, str, str]:
    """Its file, that of its key, and that which would make it trusted."""
    return self_signed(tmp_path)


def test_an_unknown_certificate(certificate: tuple[str, str, str], tmp_path: Path) -> None:
    with Simulator(departments=1, days=3, receipts_per_day=3, tls=certificate[:2]) as sim:
        code, said = said_by_test_command(config_for(sim), tmp_path)
        assert code == 1
        assert "is not trusted" in said
        assert "ca_bundle" in said
        assert "verify_ssl" in said
        assert run_tap(config_for(sim, ca_bundle=certificate[2])).code == 0
        assert run_tap(config_for(sim, verify_ssl=False)).code == 0


@pytest.mark.parametrize("command", ["--about", "--discover", "--version", "--help"])
def test_what_needs_no_settings(command: str) -> None:
    done = subprocess.run([str(TAP), command], check=True, capture_output=True, text=True)
    assert "tap-iiko" in done.stdout or "receipts" in done.stdout


def test_analyze_tells_what_the_server_offers_and_what_we_take(sim: Simulator, tmp_path: Path) -> None:
    tap = TapProcess(tmp_path, config_for(sim), None, "--analyze")
    out, _ = tap.process.communicate(timeout=60)
    assert tap.process.returncode == 0
    text = out.decode()
    line = next(line for line in text.splitlines() if line.startswith("DishDiscountSumInt "))
    assert "receipts.dish_discount_sum" in line
    assert "sales.dish_discount_sum" in line
    assert (sim.logins, sim.logouts) == (1, 1)


def test_a_log_folder_gets_a_file_for_each_run(sim: Simulator, tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    tap = TapProcess(tmp_path, config_for(sim, log_dir=str(folder)))
    list(tap.messages())
    assert tap.wait() == 0
    (file,) = folder.iterdir()
    text = file.read_text(encoding="utf-8")
    assert "Logged in to" in text
    assert "all read and written" in text


def test_what_lies_in_a_log_folder_stops_no_run(sim: Simulator, tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "tap-iiko-dangling.log").symlink_to(tmp_path / "nowhere")
    (folder / "tap-iiko-folder.log").mkdir()
    (folder / "tap-iiko-old.log").write_text("")
    for name in ("tap-iiko-folder.log", "tap-iiko-old.log"):
        os.utime(folder / name, (0, 0))
    assert TapProcess(tmp_path, config_for(sim, log_dir=str(folder))).finish()[0] == 0
    names = {file.name for file in folder.iterdir()}
    assert "tap-iiko-old.log" not in names
    assert len(names) == 3


def test_a_log_folder_that_cannot_be_made(sim: Simulator, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    tap = TapProcess(tmp_path / "run", config_for(sim, log_dir=str(tmp_path / "file" / "logs")))
    list(tap.messages())
    assert tap.wait() == 1
    assert "log_dir: Not a directory" in tap.said()
    assert sim.logins == 0
