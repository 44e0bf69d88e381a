"""--doctor: each trouble is found by its own check, and the remedy that it names heals it."""

from __future__ import annotations

import dataclasses
import datetime
import json
import re
import resource
import shutil
import signal
import time
import typing as t

import pytest

from demo.postgres import free_port
from simulator import Simulator
from support.catalogs import catalog_of
from support.certificates import self_signed
from support.clocks import server_says, shifted
from support.doctor import NOWHERE, ZONE, assert_found, assert_healed, healthy, told, visit, visit_alone
from support.taps import TapProcess, config_for, run_tap
from support.truth import FACTS, SALES
from tap_iiko import tables
from tap_iiko.commands.doctor import MACHINE, SERVER, SETTINGS, machine
from tap_iiko.iiko.client import Client
from tap_iiko.iiko.pacing import Pacing
from tap_iiko.iiko.wire import Account, sha1_of
from tap_iiko.tables import of_group

if t.TYPE_CHECKING:
    from pathlib import Path


def test_a_healthy_server_passes_every_check_with_one_login(sim: Simulator, tmp_path: Path) -> None:
    found = visit_alone(tmp_path, healthy(sim))
    assert_healed(found)
    names = {(each["subject"], each["check"]) for each in found.checks}
    assert names == {
        *(("tap-iiko", each.name) for each in SETTINGS),
        *(("main", each.name) for each in SERVER),
        *(("this machine", each.name) for each in MACHINE),
        ("database", "settings"),
    }
    assert {each["status"] for each in found.checks if each["subject"] == "main"} == {"good", "doubtful"}
    assert (sim.logins, sim.logouts, sim.open_tokens) == (1, 1, 0)
    assert sim.version in found.of("iiko")[0]["words"]


def test_words_for_people_are_lines_without_colours_in_a_pipe(sim: Simulator, tmp_path: Path) -> None:
    done = told(tmp_path, healthy(sim, password="wrong"), "text")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert any(line.startswith("  ✓ port") for line in lines)
    place = next(number for number, line in enumerate(lines) if line.startswith("  ✗ login"))
    assert "→ Check login and password" in lines[place + 1]
    assert any(line.startswith("  - rights") and "login comes first" in line for line in lines)
    assert "\x1b" not in done.stdout
    assert "{" not in done.stdout, "nothing of Singer"
    assert lines[-1].startswith("A run would not work")


def test_a_stdout_that_knows_no_signs_gets_letters(sim: Simulator, tmp_path: Path) -> None:
    done = told(tmp_path, healthy(sim), "text", environment={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert done.returncode == 0
    assert any(line.startswith("  ok port") for line in done.stdout.splitlines())


# What can be wrong with the settings and the way to the server


def test_a_misspelt_setting(sim: Simulator, tmp_path: Path) -> None:
    broken = visit(tmp_path, healthy(sim, lokback_days=10))
    assert_found(broken, "settings", "Correct the name", subject="tap-iiko")
    assert "did you mean lookback_days" in broken.of("settings", "tap-iiko")[0]["words"]
    assert_healed(visit(tmp_path, healthy(sim, lookback_days=10)))


def test_settings_that_are_missing(sim: Simulator, tmp_path: Path) -> None:
    config = healthy(sim)
    del config["password"]
    broken = visit(tmp_path, config)
    assert_found(broken, "settings", ".env", subject="tap-iiko")
    assert "password is missing" in broken.of("settings", "tap-iiko")[0]["words"]
    servers = [each for each in broken.checks if each["subject"] == "iiko"]
    assert {each["check"] for each in servers} == {each.name for each in SERVER}
    assert {each["status"] for each in servers} == {"unchecked"}
    assert_healed(visit(tmp_path, healthy(sim)))


def test_a_host_that_nobody_knows(sim: Simulator, tmp_path: Path) -> None:
    broken = visit(tmp_path, healthy(sim, base_url=f"http://{NOWHERE}:8080"))
    assert_found(broken, "name", "host in base_url")
    assert NOWHERE in broken.of("name")[0]["words"]
    later = [each for each in broken.checks if each["subject"] == "main"][1:]
    assert {each["status"] for each in later} == {"unchecked"}
    assert {each["words"] for each in later} == {"not checked: name comes first"}
    assert_healed(visit(tmp_path, healthy(sim)))


def test_a_port_where_nothing_listens(sim: Simulator, tmp_path: Path) -> None:
    broken = visit(tmp_path, healthy(sim, base_url=f"http://127.0.0.1:{free_port()}"))
    assert_found(broken, "port", "host and port of base_url")
    assert_healed(visit(tmp_path, healthy(sim)))


@pytest.fixture
def secure(tmp_path: Path) -> t.Iterator[tuple[Simulator, str]]:
    """A server that signed its own certificate, and the file of that."""
    certificate, key, authority = self_signed(tmp_path)
    with Simulator(departments=1, days=9, receipts_per_day=3, tls=(certificate, key)) as sim:
        yield sim, authority


def test_a_certificate_that_nobody_signed(secure: tuple[Simulator, str], tmp_path: Path) -> None:
    sim, authority = secure
    assert_found(visit(tmp_path, healthy(sim)), "TLS", "ca_bundle", "verify_ssl")
    healed = visit(tmp_path, healthy(sim, ca_bundle=authority))
    assert_healed(healed)
    assert "valid until" in healed.of("TLS")[0]["words"]
    assert_healed(visit(tmp_path, healthy(sim, verify_ssl=False)))


def test_a_certificate_of_another_name(secure: tuple[Simulator, str], tmp_path: Path) -> None:
    sim, authority = secure
    elsewhere = healthy(sim, base_url=sim.url.replace("127.0.0.1", "localhost"), ca_bundle=authority)
    assert_found(visit(tmp_path, elsewhere), "TLS", "name that stands in the certificate into base_url")
    assert_healed(visit(tmp_path, healthy(sim, ca_bundle=authority)))


def test_a_file_that_is_no_certificate(secure: tuple[Simulator, str], tmp_path: Path) -> None:
    sim, authority = secure
    (tmp_path / "empty.pem").write_text("no certificate")
    assert_found(visit(tmp_path, healthy(sim, ca_bundle=str(tmp_path / "empty.pem"))), "TLS", "PEM")
    assert_healed(visit(tmp_path, healthy(sim, ca_bundle=authority)))


@pytest.mark.parametrize(("scheme", "check"), [("http", "iiko"), ("https", "TLS")])
def test_the_wrong_scheme(
    sim: Simulator, secure: tuple[Simulator, str], scheme: str, check: str, tmp_path: Path
) -> None:
    """Plain HTTP to a port of TLS, and the other way round."""
    server, settings = (secure[0], {"ca_bundle": secure[1]}) if scheme == "http" else (sim, {})
    address = server.url.partition("://")[2]
    broken = visit(tmp_path, healthy(server, base_url=f"{scheme}://{address}", **settings))
    other = {"http": "https", "https": "http"}[scheme]
    assert_found(broken, check, f"{other}://")
    assert_healed(visit(tmp_path, healthy(server, base_url=f"{other}://{address}", **settings)))


def test_an_address_where_a_page_answers(sim: Simulator, tmp_path: Path) -> None:
    sim.faults.add("html_200", times=100, path="get_server_info")
    assert_found(visit(tmp_path, healthy(sim)), "iiko", "host and port")
    sim.faults.clear()
    assert_healed(visit(tmp_path, healthy(sim)))


# Login, licence, rights


def test_a_wrong_password(sim: Simulator, tmp_path: Path) -> None:
    assert_found(visit(tmp_path, healthy(sim, password="not-this-one")), "login", "Check login and password")
    assert_healed(visit(tmp_path, healthy(sim)))


def test_a_licence_whose_only_connection_is_taken(sim: Simulator, tmp_path: Path) -> None:
    with Client(Account(sim.url, sim.login, sha1_of(sim.password)), lease_folder=tmp_path / "theirs") as other:
        other.login()
        broken = visit(tmp_path, healthy(sim))
        assert_found(broken, "login", "Close the other integration", "licence_wait")
    healed = visit(tmp_path, healthy(sim))
    assert_healed(healed)
    assert "last free" in healed.of("licence")[0]["words"]


@pytest.mark.parametrize("status", [403, 409])
def test_a_right_that_the_user_lacks(sim: Simulator, status: t.Any, tmp_path: Path) -> None:
    """The remedy has two ways: the right is given, or the tables are left out."""
    everything = sim.served.options
    readings = dataclasses.replace(sim.readings, missing_rights=frozenset({"B_EMP"}), denied_status=status)
    sim.served.options = dataclasses.replace(everything, readings=readings)
    broken = visit(tmp_path, healthy(sim))
    assert_found(broken, "rights", "Give demo the right B_EMP in iikoOffice", "selection")
    (finding,) = broken.of("rights")
    lacking = {table.name for table in tables.catalogue().values() if table.right == "B_EMP" and not table.is_extra}
    assert set(finding["words"].partition(":")[0].split(", ")) == lacking
    assert_healed(visit(tmp_path, healthy(sim), catalog=catalog_of("stores", *FACTS, "sync_log")))
    rules = ["*.*", "!receipts.cash_register_name", *(f"!{name}.*" for name in lacking)]
    by_meltano = {"TAP_IIKO__SELECT": json.dumps(rules)}
    left_out = visit(tmp_path, healthy(sim), environment=by_meltano)
    assert_healed(left_out)
    others = [name for name, each in tables.catalogue().items() if not each.is_extra and name not in lacking]
    assert f"{len(others)} tables selected" in left_out.of("settings", "tap-iiko")[0]["words"]
    sim.served.options = everything
    assert_healed(visit(tmp_path, healthy(sim)))


@pytest.mark.parametrize("fault", ["forbidden", "missing", "http_500"])
def test_payments_of_a_shift_are_asked_for_too(sim: Simulator, fault: str, tmp_path: Path) -> None:
    """An extra table, whose path needs the id of a shift: one list, one shift of it."""
    config = healthy(sim, extra_tables=["cash_shift_payments"])
    sim.faults.add(fault, times=100, path="cashshifts/payments")
    broken = visit(tmp_path, config)
    found = {each["words"].partition(":")[0]: each for each in broken.of("rights")}
    assert "cash_shift_payments" in found, broken.of("rights")
    told_of = found["cash_shift_payments"]
    assert broken.bad == ([] if fault == "missing" else [("main", "rights")]), "an old version is no trouble of a run"
    remedy = {"forbidden": "leave this out of the selection", "missing": "An update of iiko", "http_500": "restart it"}
    assert remedy[fault] in told_of["remedy"]
    sim.faults.clear()
    sim.reset_log()
    healed = visit(tmp_path, config)
    assert_healed(healed)
    assert [each["status"] for each in healed.of("rights")] == ["good"]
    asked = [record.path.partition("v2/cashshifts/")[2] for record in sim.log if "cashshifts" in record.path]
    assert [path.rpartition("/")[0] for path in asked] == ["", "payments/list"]
    assert asked[1].rpartition("/")[2] in {row["id"] for row in sim.books.rows("cash_shifts")}


def test_payments_of_days_without_a_shift_cannot_be_asked_for(sim: Simulator, tmp_path: Path) -> None:
    before = sim.first_day - datetime.timedelta(days=30)
    span = {"start_date": before.isoformat(), "end_date": before.isoformat()}
    found = visit(tmp_path, healthy(sim, extra_tables=["cash_shift_payments"], **span))
    assert_healed(found)
    unasked, readable = found.of("rights")
    assert unasked["status"] == "unchecked"
    assert f"cash_shift_payments: not asked: cash_shifts has no row of {before}" in unasked["words"]
    others = [each for each in tables.catalogue().values() if each.source and not each.is_extra]
    assert f"all {len(others)} tables can be read" in readable["words"]


def test_reports_that_the_user_may_not_see(sim: Simulator, tmp_path: Path) -> None:
    sim.faults.add("forbidden", times=100, path="reports/olap")
    broken = visit(tmp_path, healthy(sim))
    assert broken.bad == [("main", "columns"), ("main", "rights")], "nor what is saved of them in iikoOffice"
    for check in ("columns", "rights"):
        assert "Give demo the right" in broken.remedy(check)
        assert "selection" in broken.remedy(check)
    assert broken.of("speed")[0]["status"] == "unchecked"
    sim.faults.clear()
    assert_healed(visit(tmp_path, healthy(sim)))


def test_departments_that_are_none(sim: Simulator, tmp_path: Path) -> None:
    known = str(sim.books.rows("receipts")[0]["Department.Id"])
    broken = visit(tmp_path, healthy(sim, departments=[known.replace(known[0], "f" if known[0] != "f" else "e")]))
    assert_found(broken, "departments", known)
    assert_healed(visit(tmp_path, healthy(sim, departments=[known])))


# What only an older or slower server shows


def test_what_an_old_version_lacks_is_told_and_a_run_works(tmp_path: Path) -> None:
    with Simulator(seed=7, departments=2, days=12, receipts_per_day=12, version="6.1.1000.0", fields=229) as sim:
        found = visit(tmp_path, healthy(sim))
        assert_healed(found)
        (finding,) = (each for each in found.of("rights") if "writeoffs" in each["words"])
        assert finding["status"] == "doubtful"
        assert "7.9.3" in finding["words"]
        assert "stores" not in "".join(each["words"] for each in found.of("rights"))
        lines = next(each for each in found.of("columns") if each["words"].startswith("receipt_items: "))
        assert lines["status"] == "doubtful"
        result = run_tap(config_for(sim))
        assert result.code == 0
        skipped = {row["stream"] for row in result.records("sync_log") if row["status"] == "skipped"}
        assert skipped == {name for each in found.of("rights") for name in each["words"].split(": ")[0].split(", ")}


def test_a_server_that_is_too_slow_for_the_time_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Client, "pacing", Pacing(first_wait=0.001, quiet=1.0))  # the report is still running there
    catalog = catalog_of("sales", "sync_log")
    with Simulator(departments=1, days=9, receipts_per_day=3) as sim:
        sim.faults.add("slow", times=100, path="v2/reports/olap", match=lambda body: True, seconds=1.5)
        broken = visit(tmp_path, healthy(sim, request_timeout=1), catalog=catalog)
        assert_found(broken, "rights", "raise request_timeout")
        assert_healed(visit(tmp_path, healthy(sim, request_timeout=10), catalog=catalog))


def test_speed_counts_the_rows_of_the_books(sim: Simulator, tmp_path: Path) -> None:
    (finding,) = visit(tmp_path, healthy(sim, max_window_days=3)).of("speed")
    counts: dict[str, int] = {}
    for table in (*SALES, *of_group("ledger")):
        for row in sim.books.rows(table):
            day = row.get("OpenDate.Typed") or row["DateTime.DateTyped"]
            counts[day] = counts.get(day, 0) + 1
    sums = {sum(counts[day] for day in sorted(counts)[place : place + 3]) for place in range(len(counts) - 2)}
    assert int(finding["words"].split(" rows ")[0].replace(",", "")) in sums
    assert f"first load of {(sim.last_day - sim.first_day).days + 1} days" in finding["words"]


def test_a_slow_server_is_told_in_hours(tmp_path: Path) -> None:
    """One report of a bit more than 1 s for 7 days, over 25 years: 1 / 7 * 9,131 s are 0.4 hours."""
    with Simulator(seed=7, departments=1, days=12, receipts_per_day=3, first_byte_seconds=1.0) as sim:
        config = healthy(sim, start_date=sim.last_day.replace(year=sim.last_day.year - 25, day=1).isoformat())
        (finding,) = visit(tmp_path, config, catalog=catalog_of("sales", "sync_log")).of("speed")
        told_hours = re.search(r"first load of 9,?\d\d\d days takes about ([\d.]+) hours", finding["words"])
        assert told_hours, finding["words"]
        assert 0.3 < float(told_hours[1]) < 0.9


def test_a_window_that_is_too_much_for_the_server(sim: Simulator, tmp_path: Path) -> None:
    sim.faults.add("max_days", days=2)
    found = visit(tmp_path, healthy(sim))
    assert_healed(found)
    assert "max_window_days" in found.remedy("speed")
    assert found.of("speed")[-1]["status"] == "good"


def test_a_clock_that_is_wrong(sim: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        server_says(patch, shifted(1))
        broken = visit(tmp_path, healthy(sim))
        assert broken.code == 0
        assert "Set the wrong one right" in broken.remedy("time")
    assert {each["status"] for each in visit(tmp_path, healthy(sim)).of("time")} == {"good"}


def test_a_zone_that_is_not_that_of_the_server(sim: Simulator, tmp_path: Path) -> None:
    missing = visit(tmp_path, config_for(sim))
    assert "Set timezone" in missing.remedy("time")
    wrong = visit(tmp_path, config_for(sim, timezone="Asia/Almaty"))
    assert "+03:00, not +05:00" in wrong.of("time")[-1]["words"]
    assert {each["status"] for each in visit(tmp_path, healthy(sim)).of("time")} == {"good"}


def test_a_restaurant_that_the_chain_does_not_hear_of(sim: Simulator, tmp_path: Path) -> None:
    silent = sim.ledger.group.departments[-1].name
    (finding,) = visit(tmp_path, healthy(sim)).of("replication")
    assert finding["status"] == "doubtful"
    assert silent in finding["words"]
    with Simulator(seed=7, departments=1, days=9, receipts_per_day=3, edition="default") as single:
        assert visit(tmp_path, healthy(single)).of("replication")[0]["status"] == "good"


# This machine


def test_a_log_folder_that_cannot_be_made(sim: Simulator, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    broken = visit(tmp_path, healthy(sim, log_dir=str(tmp_path / "file" / "logs")))
    assert_found(broken, "folders", "Let log_dir name another one", subject="tap-iiko")
    assert_healed(visit(tmp_path, healthy(sim, log_dir=str(tmp_path / "logs"))))


def test_no_room_for_temporary_files(sim: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))

    config = healthy(sim, max_window_days=1)  # a report fits
    assert_found(visit_alone(tmp_path, config, preexec_fn=limit), "room", "TMPDIR", subject="this machine")
    assert_healed(visit(tmp_path, healthy(sim)))
    full = shutil.disk_usage("/")._replace(free=machine.LEAST // 2)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    (finding,) = machine.room(machine.Machine())
    assert (finding.status, finding.remedy) == ("bad", "Make room there, or let TMPDIR name another folder.")


# Secrets, signals, several servers


@pytest.mark.parametrize("fault", ["none", "wrong", "reset", "expire", "quoted"])
def test_no_secret_is_told(sim: Simulator, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens: set[str] = set()
    issue = sim.sessions.log_in

    def remember(*arguments: t.Any) -> str:
        token = issue(*arguments)
        tokens.add(token)
        return token

    monkeypatch.setattr(sim.sessions, "log_in", remember)
    if fault in {"reset", "expire"}:
        sim.faults.add(fault, times=2, after=2)
    if fault == "quoted":
        sim.faults.add("business_rule", times=5, path="stores", text=f"debug: pass={sha1_of('demo-password')}")
    password = "another-secret" if fault == "wrong" else "demo-password"
    found = visit_alone(tmp_path, healthy(sim, password=password), environment={"TAP_IIKO_LOGLEVEL": "DEBUG"})
    assert ("debug: pass=***" in found.said) == (fault == "quoted")
    for secret in (password, sha1_of(password), *tokens):
        assert secret not in found.said


def test_a_stop_gives_the_slot_back(sim: Simulator, tmp_path: Path) -> None:
    sim.faults.add("slow", times=10, path="v2/reports/olap", match=lambda body: True, seconds=3.0)
    tap = TapProcess(tmp_path, healthy(sim), None, "--doctor")
    deadline = time.monotonic() + 30
    while not sim.open_tokens and time.monotonic() < deadline:
        time.sleep(0.05)
    tap.process.send_signal(signal.SIGTERM)
    assert tap.finish()[0] == 143
    assert (sim.logins, sim.logouts, sim.open_tokens) == (1, 1, 0)


def test_servers_are_examined_in_turn_and_one_that_is_down_hides_no_other(sim: Simulator, tmp_path: Path) -> None:
    with Simulator(seed=8, departments=1, days=9, receipts_per_day=3) as second:
        servers = [
            {"server_id": "down", "base_url": f"http://127.0.0.1:{free_port()}"},
            {"server_id": "north", "base_url": sim.url, "start_date": sim.first_day.isoformat()},
            {"server_id": "south", "base_url": second.url},
        ]
        common = {"login": "demo", "password": "demo-password"}
        config = {"servers": [{**each, **common} for each in servers], "timezone": ZONE}
        broken = visit(tmp_path, config)
        assert broken.bad == [("down", "port")]
        order = [each["subject"] for each in broken.checks]
        assert list(dict.fromkeys(order)) == ["tap-iiko", "down", "north", "south", "this machine", "database"]
        assert {each["status"] for each in broken.checks if each["subject"] in {"north", "south"}} <= {
            "good",
            "doubtful",
        }
        assert (sim.logins, sim.logouts, second.logins, second.logouts) == (1, 1, 1, 1)
        assert_healed(visit(tmp_path, {**config, "servers": config["servers"][1:]}))
