"""Settings by way of a real Meltano: each reaches the tap as the user meant it, and a wrong one costs a sentence."""

from __future__ import annotations

import json
import typing as t

import pytest

from support.meltano_project import MeltanoProject, lines_of
from support.taps import config_for
from tap_iiko.iiko.wire import sha1_of
from tap_iiko.settings.server import PROPERTIES

if t.TYPE_CHECKING:
    from pathlib import Path

    from simulator import Simulator

PASSWORD = "demo-password"
OTHER = "a-secret-in-broken-json"


@pytest.fixture
def project(sim: Simulator, tmp_path: Path) -> MeltanoProject:
    """With the settings that a user cannot do without."""
    return MeltanoProject(
        tmp_path / "project",
        TAP_IIKO_BASE_URL=sim.url,
        TAP_IIKO_LOGIN="demo",
        TAP_IIKO_PASSWORD=PASSWORD,
    )


def days_asked_for(sim: Simulator) -> tuple[str, str]:
    """The first day of any report of sales, and the day behind the last one: shifts are looked for a day beyond."""
    reports = [record.body for record in sim.log if record.body]
    asked = [each["filters"]["OpenDate.Typed"] for each in reports if "PayTypes.GUID" in each["groupByRowFields"]]
    return min(each["from"] for each in asked)[:10], max(each["to"] for each in asked)[:10]


def test_every_setting_may_stand_in_the_environment(sim: Simulator, project: MeltanoProject, tmp_path: Path) -> None:
    department = str(sim.books.rows("receipts")[0]["Department.Id"])
    settings = {
        "base_url": sim.url,
        "login": "demo",
        "password": "not this one",
        "password_sha1": sha1_of(PASSWORD),
        "server_id": "north-1",
        "servers": "",
        "timezone": "UTC",
        "verify_ssl": "false",
        "ca_bundle": "",
        "start_date": sim.first_day.strftime("%d.%m.%Y"),
        "end_date": sim.last_day.isoformat(),
        "lookback_days": "5",
        "reread_days": "2",
        "max_window_days": "4",
        "request_timeout": "600",
        "licence_wait": "60",
        "departments": json.dumps([department]),
        "reconcile": "fail",
        "reports": "[]",
        "extra_tables": '["employee_salaries"]',
        "personal_data": "hash",
        "personal_data_key": "a long secret",
        "parallel_servers": "1",
        "log_dir": str(tmp_path / "elsewhere"),
    }
    assert set(settings) == {each.name for each in PROPERTIES}
    variables = {f"TAP_IIKO_{name.upper()}": value for name, value in settings.items()}
    del variables["TAP_IIKO_PASSWORD"]
    rows = [each for each in project.messages("invoke", "tap-iiko", **variables) if each["type"] == "RECORD"]
    assert {row["record"]["server_id"] for row in rows} == {"north-1"}
    assert {row["record"]["department_id"] for row in rows if row["stream"] == "receipts"} == {department}
    assert days_asked_for(sim)[0] == sim.first_day.isoformat()
    assert "employee_salaries" in {row["stream"] for row in rows}
    phones = {row["record"]["cell_phone"] for row in rows if row["stream"] == "employees"} - {None}
    assert {len(phone) for phone in phones} == {64}, "hashed"
    assert list((tmp_path / "elsewhere").glob("tap-iiko-*.log"))


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d.%m.%Y"])
def test_a_day_means_what_it_says(sim: Simulator, project: MeltanoProject, form: str) -> None:
    """01.11.2026 is the first of November, on every day of a month."""
    done = project.run("invoke", "tap-iiko", TAP_IIKO_START_DATE=sim.last_day.replace(day=1).strftime(form))
    assert done.returncode == 0, done.stdout
    assert f"business days {sim.last_day.replace(day=1)}.." in done.stdout
    assert days_asked_for(sim)[0] == sim.last_day.replace(day=1).isoformat()


WRONG = {
    "LOOKBACK_DAYS": ("7x", "lookback_days must be a whole number."),
    "REQUEST_TIMEOUT": ("soon", "request_timeout must be a number."),
    "LICENCE_WAIT": ("-1", "licence_wait must be between 0 and 86400."),
    "VERIFY_SSL": ("nope", "verify_ssl must be true or false."),
    "RECONCILE": ("maybe", "reconcile must be off, warn or fail."),
    "DEPARTMENTS": ('["a', "departments is no valid JSON: Unterminated string at line 1, column 2."),
    "BATCH_CONFIG": ("{a: 1}", "batch_config is no valid JSON: Expecting property name enclosed in double quotes"),
    "STREAM_MAPS": ("[]", "stream_maps must be an object, not a list."),
    "REPORTS": ("{}", "reports must be a list, not an object."),
}
SENSELESS = {
    "START_DATE": ("11/01/2026", "start_date '11/01/2026' is not a date: write YYYY-MM-DD or DD.MM.YYYY."),
    "LOGIN": ("", "login is missing: the back-office user."),
    "PASSWORD": ("", "password is missing (or password_sha1, its SHA-1)."),
}


@pytest.mark.parametrize("arguments", [("invoke", "tap-iiko"), ("invoke", "tap-iiko", "--test")])
@pytest.mark.parametrize("wrong", [WRONG, SENSELESS], ids=["wrong", "senseless"])
def test_a_wrong_setting_costs_one_sentence(
    project: MeltanoProject, wrong: dict[str, tuple[str, str]], arguments: tuple[str, ...]
) -> None:
    done = project.run(*arguments, **{f"TAP_IIKO_{name}": value for name, (value, _) in wrong.items()})
    assert done.returncode == 1
    errors = lines_of(done, "error")
    assert len(errors) == len(wrong), done.stdout
    for _, sentence in wrong.values():
        assert any(sentence in line for line in errors), sentence
    assert "Traceback" not in done.stdout


def test_broken_json_shows_no_password(project: MeltanoProject) -> None:
    text = f'[{{"server_id": "north",\n "password": "{OTHER}",}}]'
    done = project.run("invoke", "tap-iiko", "--test", TAP_IIKO_SERVERS=text)
    assert done.returncode == 1
    (error,) = lines_of(done, "error")
    assert "servers is no valid JSON: Expecting property name enclosed in double quotes at line 2, column 40." in error
    assert OTHER not in done.stdout
    assert "Traceback" not in done.stdout


def servers_of(sim: Simulator, **more: t.Any) -> list[dict[str, t.Any]]:
    """Two names for one server."""
    config = config_for(sim)
    return [
        {"server_id": name, "base_url": config["base_url"], "login": config["login"], **more}
        for name in ("north", "south-1")
    ]


def test_each_servers_password_may_stand_in_a_variable_of_its_own(sim: Simulator, project: MeltanoProject) -> None:
    project.write_env(TAP_IIKO_PASSWORD_NORTH=PASSWORD, TAP_IIKO_SERVERS=json.dumps(servers_of(sim)))
    done = project.run("invoke", "tap-iiko", "--test", TAP_IIKO_PASSWORD_SHA1_SOUTH_1=sha1_of(PASSWORD))
    assert done.returncode == 0, done.stdout
    assert "The connection works." in done.stdout
    assert "is no setting" not in done.stdout
    assert sim.logins == sim.logouts == 2


def test_servers_may_be_a_list_in_meltano_yml(sim: Simulator, project: MeltanoProject) -> None:
    north, south = servers_of(sim)
    project.configure(f"servers: {json.dumps([{**north, 'password': PASSWORD}, {**south, 'password': '$SOUTH'}])}")
    project.configure(f"start_date: {sim.first_day}")
    done = project.run("invoke", "tap-iiko", SOUTH=PASSWORD)
    assert done.returncode == 0, done.stdout
    assert sim.logins == 2
    assert days_asked_for(sim)[0] == sim.first_day.isoformat()


def test_unknown_settings_are_named_and_a_run_goes_on(sim: Simulator, project: MeltanoProject) -> None:
    project.write_env(TAP_IIKO_LOOKBACK="5", TAP_IIKO_PASSWORD_NORTH=PASSWORD)
    project.configure("windows: 3")
    sentences = [
        "TAP_IIKO_LOOKBACK is no setting: did you mean lookback_days?",
        "TAP_IIKO_PASSWORD_NORTH belongs to no server: did you mean TAP_IIKO_PASSWORD_MAIN?",
        "windows is no setting: did you mean max_window_days?",
    ]
    run = project.run("invoke", "tap-iiko")
    assert run.returncode == 0
    warnings = "\n".join(lines_of(run, "warning"))
    for sentence in sentences:
        assert warnings.count(sentence) == 1
        assert sentence in project.logged()
    tested = project.run("invoke", "tap-iiko", "--test")
    assert tested.returncode == 1
    assert "The connection works" not in tested.stdout
    assert sentences[0] in lines_of(tested, "error")[-1]
    assert sim.open_tokens == 0


def test_what_is_meltanos_own_is_no_unknown_setting(project: MeltanoProject) -> None:
    done = project.run(
        "invoke",
        "tap-iiko",
        "--test",
        TAP_IIKO__SELECT='["receipts.*", "sync_log.*"]',
        TAP_IIKO__METADATA="{}",
        TAP_IIKO_LOGLEVEL="INFO",
        TAP_IIKO_STREAM_MAP_CONFIG_HASH_SEED="x",
        TAP_IIKO_NORTH_BASE_URL="https://an.inherited.plugin",
        TAP_IIKO_NORTH_LOGIN="its own",
    )
    assert done.returncode == 0, done.stdout
    assert "The connection works." in done.stdout
    assert "is no setting" not in done.stdout


def test_meltanos_own_test_tells_the_truth(sim: Simulator, project: MeltanoProject) -> None:
    good = project.run("config", "test", "tap-iiko")
    assert good.returncode == 0, good.stdout
    assert "Plugin configuration is valid" in good.stdout
    for name, value, sentence in [
        ("PASSWORD", "wrong", "did not accept the login"),
        ("BASE_URL", "http://127.0.0.1:9", "nothing listens at this host and port"),
        ("LOGIN", "", "login is missing"),
    ]:
        bad = project.run("config", "test", "tap-iiko", **{f"TAP_IIKO_{name}": value})
        assert bad.returncode == 1
        assert "Plugin configuration is invalid" in bad.stdout
        assert sentence in bad.stdout
        assert "Traceback" not in bad.stdout
    assert sim.open_tokens == 0
