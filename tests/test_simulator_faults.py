"""The simulator's sessions, faults and readings, seen at the socket."""

from __future__ import annotations

import dataclasses
import json
import signal
import subprocess
import sys
import threading
import time
import typing as t
import xml.etree.ElementTree as ET

import pytest
import requests

from simulator import Simulator
from simulator.api.method import METHODS
from simulator.options import ServerOptions
from simulator.server.faults import KINDS, LIMITS
from support.api_user import KEY, LAST_DAY, Iiko, figures, values, with_readings

if t.TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def iiko() -> Iterator[Iiko]:
    """A small group."""
    with with_readings() as sim, Iiko(sim) as user:
        yield user


# Sessions


def test_login_by_form_and_by_query_and_logout() -> None:
    with with_readings() as sim:
        user = Iiko(sim)
        by_query = user.get("auth", **user.login)
        assert (by_query.status_code, user.http.cookies["key"]) == (200, by_query.text)
        assert by_query.headers["Content-Type"].startswith("text/plain")
        assert user.get("logout").text == f"Connection released: {by_query.text}"
        assert user.get("logout").status_code == 401
        token = user.post("auth", data=user.login).text
        plain = requests.get(f"{sim.url}/resto/api/version", params={"key": token}, timeout=5)
        assert plain.text == "9.1.7014.0"
        assert user.post("logout").text == f"Connection released: {token}"
        assert token != by_query.text
        assert (sim.logins, sim.logouts, sim.open_tokens) == (2, 2, 0)


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_wrong_password_is_refused(status: t.Literal[400, 401, 403]) -> None:
    with with_readings(wrong_login_status=status) as sim:
        user = Iiko(sim, "wrong")
        assert user.post("auth", data=user.login).status_code == status
        assert user.get("corporation/stores").status_code == 401
        assert (sim.logins, sim.open_tokens) == (0, 0)


def test_a_slot_is_taken_until_logout_or_expiry() -> None:
    with with_readings() as sim:
        first, second = Iiko(sim), Iiko(sim)
        first.post("auth", data=first.login)
        full = second.post("auth", data=second.login)
        assert (full.status_code, full.text.startswith("License enhancement is required")) == (403, True)
        assert first.get("corporation/stores").status_code == 200
        sim.sessions.lifetime = -1.0
        late = first.get("corporation/stores")
        assert (late.status_code, late.text) == (401, "Token is expired or invalid")
        sim.sessions.lifetime = 3600.0
        assert second.post("auth", data=second.login).status_code == 200


def test_a_second_request_beside_the_first_is_refused_and_counted(iiko: Iiko) -> None:
    sim = iiko.sim
    sim.faults.add("slow", seconds=1)
    answers: list[requests.Response] = []
    body = iiko.body(["Storned"], ["DishSumInt"])
    slow = threading.Thread(target=lambda: answers.append(iiko.olap(body)))
    slow.start()
    while not sim.sessions.in_flight:
        time.sleep(0.01)
    other = requests.get(f"{sim.url}/resto/api/version", cookies=iiko.http.cookies.get_dict(), timeout=5)
    slow.join()
    assert (other.status_code, answers[0].status_code) == (500, 200)
    assert (sim.refused_concurrent, sim.max_in_flight) == (1, 2)
    assert iiko.get("version").status_code == 200
    sim.reset_log()
    assert (sim.refused_concurrent, sim.log) == (0, [])


# The server


def test_wrong_paths_are_html_outside_the_api_and_text_inside(iiko: Iiko) -> None:
    for path in ("/", "/resto", "/resto/nothing", "/api/auth"):
        page = requests.get(iiko.sim.url + path, timeout=5)
        assert (page.status_code, page.headers["Content-Type"][:9]) == (404, "text/html")
    inside = iiko.get("entities/products/list")
    assert (inside.status_code, inside.headers["Content-Type"][:10]) == (404, "text/plain")


def test_the_server_tells_about_itself_without_a_login(iiko: Iiko) -> None:
    answer = requests.get(f"{iiko.sim.url}/resto/get_server_info.jsp", timeout=5)
    assert answer.text.startswith("<r><serverName>"), "no prolog"
    info = ET.fromstring(answer.content)
    assert (info.findtext("edition"), info.findtext("version"), len(info)) == ("chain", "9.1.7014.0", 10)
    assert [each.tag for each in info if each.get("null") == "1"] == ["protocol", "serverAddr", "serverSubUrl"]
    assert iiko.get("replication/serverType").text.endswith("?><serverType>CHAIN</serverType>")


def test_the_process_announces_itself_and_ends_on_sigterm() -> None:
    command = [sys.executable, "-m", "simulator", "--port", "0", "--departments", "1", "--days", "3", "--receipts", "5"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        ready = json.loads(process.stdout.readline())
        days = requests.get(f"{ready['url']}/simulator/books/days", timeout=5).json()
        assert [days[0]["business_date"], days[-1]["business_date"]] == [ready["first_day"], ready["last_day"]]
        assert sum(day["receipts"] for day in days) == ready["receipts"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stdout.read() == ""


def test_the_command_line_has_an_option_for_whatever_a_server_can_be_told() -> None:
    words = subprocess.run([sys.executable, "-m", "simulator", "--help"], capture_output=True, text=True, check=True)
    options = {word.removeprefix("[") for word in words.stdout.partition("options:")[0].split()}
    known = {field.name for field in dataclasses.fields(ServerOptions)} - {"clone_of", "tls", "readings"}
    known = known - {"receipts_per_day"} | {"receipts", "reading"}
    assert options >= {"--" + name.replace("_", "-") for name in known}


def test_a_server_can_be_as_slow_as_a_real_one() -> None:
    """Its reports alone, by waiting: no sooner than the first byte of a real one, and no more rows a second."""
    size: dict[str, t.Any] = {"seed": 5, "departments": 1, "days": 3, "receipts_per_day": 20, "last_day": LAST_DAY}
    with Simulator(**size) as sim, Iiko(sim) as user:
        whole = report(user).content
    with Simulator(**size, first_byte_seconds=0.1, rows_per_second=1000) as sim, Iiko(sim) as user:
        begin = time.monotonic()
        with report(user, stream=True) as answer:
            assert time.monotonic() - begin >= 0.1
            assert answer.content == whole
        assert time.monotonic() - begin >= 0.1 + len(json.loads(whole)["data"]) / 1000


# Faults


def report(iiko: Iiko, **more: t.Any) -> requests.Response:
    """A report of which a server can break something."""
    return iiko.post("v2/reports/olap", json=iiko.body([*KEY, "ItemSaleEvent.Id"], ["DishSumInt"]), **more)


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        ("http_500", 500, "NullPointerException"),
        ("html_200", 200, "<html>"),
        ("expire", 401, "Token is expired or invalid"),
        ("forbidden", 403, "Permission denied"),
        ("missing", 404, "404"),
        ("business_rule", 409, "Доступ запрещен"),
    ],
)
def test_a_told_fault_is_told_once(iiko: Iiko, kind: str, status: int, words: str) -> None:
    iiko.sim.faults.add(kind, path="corporation/stores")
    assert iiko.get("corporation/departments").status_code == 200
    answer = iiko.get("corporation/stores")
    assert (answer.status_code, iiko.sim.log[-1].fault) == (status, kind)
    assert words in answer.content.decode()
    assert answer.headers["Content-Type"].startswith("text/html" if kind == "html_200" else "text/plain")
    assert iiko.sim.open_tokens == (0 if kind == "expire" else 1)
    if kind == "expire":
        assert iiko.post("auth", data=iiko.login).status_code == 200
    assert ET.fromstring(iiko.get("corporation/stores").content).tag == "corporateItemDtoes"


def test_a_fault_says_what_it_is_told_to_say(iiko: Iiko) -> None:
    iiko.sim.faults.add("http_500", status=502, text="upstream", times=2, after=1, path="corporation")
    answers = [iiko.get("corporation/stores") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 502, 502, 200]
    assert answers[1].text == "upstream"
    iiko.sim.faults.add("http_500", match=lambda body: body["groupByRowFields"] == ["Storned"])
    assert report(iiko).status_code == 200
    assert iiko.olap(iiko.body(["Storned"], ["DishSumInt"])).status_code == 500
    iiko.sim.faults.add("http_500")
    iiko.sim.faults.clear()
    assert report(iiko).status_code == 200
    with pytest.raises(ValueError, match="no fault"):
        iiko.sim.faults.add("meteor")


def test_a_connection_breaks_in_the_middle_of_a_body(iiko: Iiko) -> None:
    iiko.sim.faults.add("reset")
    with iiko.http.post(
        f"{iiko.sim.url}/resto/api/v2/reports/olap", json=iiko.body(KEY, ["DishSumInt"]), stream=True, timeout=5
    ) as answer:
        assert (answer.status_code, int(answer.headers["Content-Length"]) > 1000) == (200, True)
        with pytest.raises(requests.RequestException):
            list(answer.iter_content())
    assert report(iiko).status_code == 200


def test_a_body_ends_too_early(iiko: Iiko) -> None:
    whole = report(iiko).content
    iiko.sim.faults.add("truncate")
    half = report(iiko)
    assert (half.status_code, len(half.content)) == (200, len(whole) // 2)
    assert whole.startswith(half.content)
    assert report(iiko).content == whole


@pytest.mark.parametrize(
    ("path", "params", "empty"),
    [
        ("documents/export/incomingInvoice", {"from": "2026-05-01", "to": "2026-05-17"}, "<incomingInvoiceDtoes/>"),
        ("v2/documents/writeoff", {"dateFrom": "2026-05-01", "dateTo": "2026-05-17"}, '"response": []'),
        ("v2/reports/balance/stores", {"timestamp": "2026-05-17"}, "[]"),
    ],
)
def test_a_list_comes_empty_that_is_not(iiko: Iiko, path: str, params: dict[str, str], empty: str) -> None:
    whole = iiko.get(path, **params)
    iiko.sim.faults.add("empty", path=path)
    answer = iiko.get(path, **params)
    assert (answer.status_code, empty in answer.text) == (200, True)
    assert len(answer.content) < 100 < len(whole.content)
    assert iiko.get(path, **params).content == whole.content


def test_a_stalled_report_goes_on_running_there(iiko: Iiko) -> None:
    iiko.sim.faults.add("stall", seconds=60)
    with pytest.raises(requests.RequestException):
        report(iiko, timeout=0.5)
    assert report(iiko).status_code == 500
    assert iiko.sim.refused_concurrent == 1


def test_a_slow_report_is_right(iiko: Iiko) -> None:
    whole = report(iiko).content
    iiko.sim.faults.add("slow", seconds=0.05)
    assert report(iiko).content == whole
    assert (iiko.sim.log[-1].fault, iiko.sim.log[-2].fault) == ("slow", None)


def test_slots_are_full_for_logins_only(iiko: Iiko) -> None:
    iiko.sim.faults.add("slots_full")
    assert report(iiko).status_code == 200
    iiko.post("logout")
    refused = iiko.post("auth", data=iiko.login)
    assert (refused.status_code, "no connections available" in refused.text) == (403, True)
    assert iiko.post("auth", data=iiko.login).status_code == 200


def test_a_restart_breaks_the_connection_and_forgets_the_logins(iiko: Iiko) -> None:
    iiko.sim.faults.add("restart")
    with pytest.raises(requests.ConnectionError):
        iiko.get("corporation/stores")
    assert iiko.sim.open_tokens == 0
    assert [iiko.post("auth", data=iiko.login).status_code for _ in range(3)] == [401, 401, 200]
    assert report(iiko).status_code == 200


def test_a_weak_server_answers_small_reports_only(iiko: Iiko) -> None:
    faults, sim = iiko.sim.faults, iiko.sim
    faults.add("max_days", days=4)
    assert (report(iiko).status_code, "OutOfMemoryError" in report(iiko).text) == (500, True)
    faults.add("max_days", days=5)
    rows = len(report(iiko).json()["data"])
    faults.clear()
    faults.add("max_rows", rows=rows - 1)
    assert report(iiko).status_code == 500
    department = sim.books.days()[0]["department_id"]
    assert iiko.rows([*KEY, "ItemSaleEvent.Id"], **{"Department.Id": values(department)})
    faults.clear()
    assert len(report(iiko).json()["data"]) == rows


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("rename_supplier", {"supplier": "nobody"}),
        ("rename_account", {"account": "nobody"}),
        ("edit_writeoff", {"document": "nobody"}),
    ],
)
def test_a_change_of_what_there_is_not_is_refused_in_one_sentence(
    iiko: Iiko, kind: str, options: dict[str, str]
) -> None:
    refused = requests.post(f"{iiko.sim.url}/simulator/change", json={"kind": kind, **options}, timeout=5)
    assert (refused.status_code, "no such" in refused.text, len(refused.text.splitlines())) == (400, True, 1)


def test_an_account_that_is_a_store_keeps_the_name_of_the_store(iiko: Iiko) -> None:
    store = iiko.sim.books.rows("stores")[0]["id"]
    with pytest.raises(ValueError, match="no such account but a store's"):
        iiko.sim.business.rename_account(store, "Другое имя")


def test_a_method_answers_only_to_who_is_logged_in(iiko: Iiko) -> None:
    answers = {
        path: requests.request(each.verbs[0], f"{iiko.sim.url}/resto/api/{path}", timeout=5).status_code
        for path, each in METHODS.items()
    }
    assert {path for path, status in answers.items() if status != 401} == {"version"}


def test_every_fault_has_been_seen() -> None:
    told = {"http_500", "html_200", "expire", "forbidden", "missing", "business_rule"}
    assert {*told, "reset", "truncate", "empty", "stall", "slow", "slots_full", "restart", *LIMITS} == set(KINDS)


def test_a_server_that_stops_comes_back_at_the_same_address(iiko: Iiko) -> None:
    iiko.sim.stop()
    with pytest.raises(requests.ConnectionError):
        report(iiko)
    iiko.sim.start()
    assert report(iiko).status_code == 200


def test_the_remote_control(iiko: Iiko) -> None:
    sim = iiko.sim
    control = f"{sim.url}/simulator"
    before = figures(sim)
    touched = requests.post(f"{control}/change", json={"kind": "change_guests", "guests": 99}, timeout=5).json()
    assert len(touched["orders"]) == 1
    assert figures(sim) != before
    assert requests.post(f"{control}/change", json={"kind": "nonsense"}, timeout=5).status_code == 400
    requests.post(f"{control}/fault", json={"kind": "forbidden", "path": "stores"}, timeout=5)
    assert iiko.get("corporation/stores").status_code == 403
    rows = requests.get(f"{control}/books/rows", params={"table": "stores"}, timeout=5).json()
    assert rows == sim.books.rows("stores")
    asked = {"table": "store_balances", "moment": "2026-05-17T00:00:00"}
    balances = requests.get(f"{control}/books/balances", params=asked, timeout=5).json()
    assert len(balances) == len(sim.books.balances(**asked)) > 0
    told = requests.get(f"{control}/requests", timeout=5).json()
    assert [each["path"] for each in told["log"]] == ["/resto/api/auth", "/resto/api/corporation/stores"]
    assert (told["logins"], told["open_tokens"]) == (1, 1)
