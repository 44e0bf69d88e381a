"""Settings in any form and shape: each means what it says, and a wrong one is named without being shown."""

from __future__ import annotations

import itertools
import json
import math
import typing as t

import pytest
from singer_sdk.exceptions import ConfigValidationError

from support.taps import TapProcess, config_for, run_tap
from tap_iiko.tap import TapIiko

if t.TYPE_CHECKING:
    from pathlib import Path

    from simulator import Simulator

GOOD = {"base_url": "http://127.0.0.1:9", "login": "demo", "password": "demo-password"}
SECRET = "hunter2-hunter2"


def problems_of(**settings: t.Any) -> list[str]:
    """What the tap says of its settings."""
    with pytest.raises(ConfigValidationError) as caught:
        TapIiko(config={**GOOD, **settings})
    return list(caught.value.errors)


@pytest.mark.parametrize("form", ["{:%Y-%m-%d}", "{:%d.%m.%Y}", "{:%Y-%m-%d}T00:00:00", "{:%Y-%m-%d}T00:00:00.000Z"])
def test_days_in_the_forms_that_people_write(sim: Simulator, form: str) -> None:
    first = sim.first_day.replace(day=11) if sim.first_day.day > 11 else sim.first_day
    config = config_for(sim, start_date=form.format(first), end_date=form.format(sim.last_day))
    assert run_tap(config).code == 0
    asked = [days for record in sim.log if record.body for days in record.body["filters"].values() if "from" in days]
    assert min(each["from"] for each in asked)[:10] == first.isoformat()


@pytest.mark.parametrize(
    "text", ["11/01/2026", "2026-13-01", "31.02.2026", "1.11.26", "1.11.2026", "2026-11-01x", "٢٠٢٦-١١-٠١"]
)
def test_anything_else_is_no_day(text: str) -> None:
    assert problems_of(start_date=text) == [f"start_date {text!r} is not a date: write YYYY-MM-DD or DD.MM.YYYY."]


@pytest.mark.parametrize("name", ["start_date", "end_date"])
def test_days_that_iiko_cannot_have(name: str) -> None:
    assert problems_of(**{name: "0001-01-01"}) == [f"{name} 0001-01-01 is before 2000-01-01: iiko has no such days."]


ODD: dict[str, list[t.Any]] = {
    "request_timeout": [1e300, math.nan, math.inf, 0, True, [], {}, "x"],
    "licence_wait": [-1, math.nan, 10**9],
    "lookback_days": [2.5, "1e3", "٣", -1, 801, False],
    "log_dir": ["logs\0", "logs\n", 5, []],
    "server_id": ["a\0b", "a\tb", 7],
    "base_url": ["http://\0", 5, ["http://a"]],
    "login": ["a\rb", 12, {}],
    "password": [SECRET + "\0", 1234567, [SECRET], {"a": SECRET}, True],
    "password_sha1": [SECRET, 5, [SECRET]],
    "timezone": ["../../etc/passwd", 3],
    "departments": ["x", [1], [["a"]], {"a": 1}, 5],
    "reports": [5, {}, "{"],
    "batch_config": [5, [], "x", {"storage": {"root": "a\0b"}, "encoding": {"format": "jsonl"}}],
    "servers": [
        5,
        SECRET,
        {"password": SECRET},
        [SECRET],
        [[SECRET]],
        [{"server_id": "a", **GOOD, "password": 99999999}],
        [{"server_id": "a", **GOOD, "password_sha1": SECRET}],
        [{"server_id": "a", **GOOD, "timezone": SECRET}],
        [{"server_id": "a", **GOOD, "start_date": SECRET}],
        [{"server_id": "a", **GOOD, "departments": [SECRET]}],
        [{"server_id": "a", **GOOD, "ca_bundle": SECRET}],
        [{"server_id": "a", **GOOD, "lookback_days": SECRET}],
        [{**GOOD, "password": SECRET}],
        f'[{{"server_id": "a", "password": "{SECRET}\\q"}}]',
        "[" * 100_000,
    ],
}
CASES = [(name, value) for name, values in ODD.items() for value in values]


@pytest.mark.parametrize(("name", "value"), CASES, ids=map(str, range(len(CASES))))
def test_an_odd_value_is_named_and_not_shown(name: str, value: t.Any) -> None:
    said = problems_of(**{name: value})
    assert said
    assert all(each.startswith((name, "server 'a': ")) and each.endswith(".") for each in said)
    assert not [each for each in said if SECRET in each or "99999999" in each or "1234567" in each]


ADDRESSES = [
    "https://user:hunter2-hunter2@my-chain.iiko.it",
    "http:///user:hunter2-hunter2@my-chain.iiko.it",
    "https://my-chain.iiko.it/resto?key=hunter2-hunter2",
    "https://my-chain.iiko.it/resto#hunter2-hunter2",
    "https://my-chain.iiko.it:hunter2-hunter2",
    "https://[hunter2-hunter2",
    "https://",
    "ftp://hunter2-hunter2",
]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("in_servers", [True, False])
def test_an_address_with_more_than_an_address_is_not_shown(address: str, *, in_servers: bool) -> None:
    settings = {"servers": [{**GOOD, "server_id": "a", "base_url": address}]} if in_servers else {"base_url": address}
    (problem,) = problems_of(**settings)
    assert "base_url" in problem
    assert SECRET not in problem


def test_unknown_names_are_told_with_the_closest_one(sim: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    config = config_for(sim)
    account = {name: config.pop(name) for name in ("base_url", "login", "password")}
    config["servers"] = [{"server_id": "a", **account, "time_zone": "UTC", "reconcile": "off"}]
    with caplog.at_level("INFO"):
        result = run_tap({**config, "lookback": 5, "colour": "red"})
    assert result.code == 0
    for sentence in (
        "lookback is no setting: did you mean lookback_days?",
        "colour is no setting: tap-iiko --about lists them all.",
        "servers, entry 1: time_zone is no setting: did you mean timezone?",
        "servers, entry 1: reconcile is set for all servers at once: it belongs beside servers.",
    ):
        assert [record.levelname for record in caplog.records if record.getMessage() == sentence] == ["WARNING"]


def test_a_missing_setting_that_is_misspelt_is_told_with_its_name() -> None:
    account = {"base_ur": "http://127.0.0.1:9", "login": "demo", "password": SECRET}
    with pytest.raises(ConfigValidationError) as caught:
        TapIiko(config=account)
    assert list(caught.value.errors) == [
        "base_url is missing: the address of the iiko server.",
        "base_ur is no setting: did you mean base_url?",
    ]
    with pytest.raises(ConfigValidationError) as caught:
        TapIiko(config={"servers": [{"server_id": "north", **account}]})
    assert list(caught.value.errors) == [
        "server 'north': base_url is missing: the address of the iiko server.",
        "servers, entry 1: base_ur is no setting: did you mean base_url?",
    ]


def test_a_missing_password_of_several_is_told_with_its_variable() -> None:
    account = {"base_url": "http://127.0.0.1:9", "login": "demo"}
    (problem,) = problems_of(servers=[{"server_id": "south-2", **account}])
    assert problem == (
        "server 'south-2': password is missing "
        "(or password_sha1, its SHA-1, or the variable TAP_IIKO_PASSWORD_SOUTH_2)."
    )


def test_the_environment_alone(sim: Simulator, tmp_path: Path) -> None:
    """``--config ENV``: the SDK's way without Meltano and without a file."""
    config = config_for(sim)
    variables = {f"TAP_IIKO_{name.upper()}": str(value) for name, value in config.items()}
    good = TapProcess(tmp_path / "good", {}, None, "--config", "ENV", environment=variables)
    assert good.finish()[0] == 0
    wrong = {**variables, "TAP_IIKO_LOOKBACK_DAYS": "x", "TAP_IIKO_SERVERS": "[", "TAP_IIKO_VERIFY_SSL": "nope"}
    bad = TapProcess(tmp_path / "bad", {}, None, "--config", "ENV", environment=wrong)
    assert bad.finish() == (1, "")
    for name in ("lookback_days must be", "servers is no valid JSON", "verify_ssl must be"):
        assert name in bad.said()
    assert "Traceback" not in bad.said()


def test_two_servers_never_share_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAP_IIKO_PASSWORD_A_B", SECRET)
    servers = [{"server_id": name, "base_url": "http://127.0.0.1:9", "login": "x"} for name in ("a-b", "a.b")]
    (problem,) = problems_of(servers=servers)
    assert problem.startswith("TAP_IIKO_PASSWORD_A_B would be the variable of two servers, 'a-b' and 'a.b'")
    assert SECRET not in problem


def test_a_password_in_a_variable_goes_before_the_file_and_is_kept_secret(sim: Simulator, tmp_path: Path) -> None:
    config = {**config_for(sim), "password": "an old one", "server_id": "north-2"}
    right = {"TAP_IIKO_PASSWORD_NORTH_2": "demo-password"}
    tap = TapProcess(tmp_path, config, None, "--test", environment=right)
    assert tap.finish() == (0, "")
    wrong = TapProcess(tmp_path, config, None, "--test", environment={"TAP_IIKO_PASSWORD_NORTH_2": SECRET})
    assert wrong.finish() == (1, "")
    assert "did not accept the login" in wrong.said()
    assert SECRET not in wrong.said()


BROKEN = {"nothing": "", "cut": '{"a": ', "list": "[]", "number": "5", "text": "\x00\x01", "null": "null"}
COMMANDS = (("--test",), ("--analyze",), ())


@pytest.mark.parametrize("option", ["--config", "--state", "--catalog"])
def test_a_broken_file_costs_a_sentence(tmp_path: Path, option: str) -> None:
    for number, (content, command) in enumerate(itertools.product(BROKEN.values(), COMMANDS)):
        if option != "--config" and command:
            continue  # only a run reads them
        file = tmp_path / f"{number}.json"
        file.write_text(content)
        tap = TapProcess(tmp_path / str(number), GOOD, None, option, str(file), *command)
        code, output = tap.finish()
        assert (code, output) == (1, "")
        assert option in tap.last_line()
        assert "JSON" in tap.last_line()
        assert "Traceback" not in tap.said()


NO_CATALOGS = (
    '{"streams": null}',
    '{"streams": [null]}',
    '{"streams": ["x"]}',
    '{"streams": [{"tap_stream_id": "receipts", "schema": []}]}',
    '{"streams": [{"tap_stream_id": "receipts", "schema": {}, "metadata": "x"}]}',
    '{"streams": [{"tap_stream_id": "receipts", "schema": {}, "metadata": [{"metadata": {}}]}]}',
)


def test_a_catalog_of_another_shape_costs_a_sentence(tmp_path: Path) -> None:
    for number, content in enumerate(NO_CATALOGS):
        file = tmp_path / f"{number}.json"
        file.write_text(content)
        tap = TapProcess(tmp_path / str(number), GOOD, None, "--catalog", str(file))
        assert tap.finish() == (1, ""), content
        assert "--catalog is no catalog" in tap.last_line()
        assert "Traceback" not in tap.said()


def test_a_missing_config_file(tmp_path: Path) -> None:
    tap = TapProcess(tmp_path, GOOD, None, "--config", str(tmp_path / "nowhere.json"))
    assert tap.finish() == (1, "")
    assert tap.last_line().endswith("nowhere.json: No such file or directory.")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_missing_setting_is_named_by_every_command(tmp_path: Path, command: tuple[str, ...]) -> None:
    tap = TapProcess(tmp_path, {"login": "demo"}, None, *command)
    assert tap.finish() == (1, "")
    lines = [line for line in tap.said().splitlines() if "ERROR" in line]
    assert [line.split("|")[-1].strip() for line in lines] == [
        "base_url is missing: the address of the iiko server.",
        "password is missing (or password_sha1, its SHA-1).",
    ]
    assert "Traceback" not in tap.said()


@pytest.mark.parametrize("command", ["--test", "--analyze"])
def test_a_sentence_is_not_followed_by_words_of_python(tmp_path: Path, command: str) -> None:
    """Meltano hands over a state and lets Python warn of files that are left open."""
    tap = TapProcess(tmp_path, {**GOOD, "password": ""}, None, command, environment={"PYTHONWARNINGS": "once"})
    assert tap.finish() == (1, "")
    assert tap.last_line().endswith("password is missing (or password_sha1, its SHA-1).")


def test_a_number_as_password_in_a_file(tmp_path: Path) -> None:
    tap = TapProcess(tmp_path, json.loads(json.dumps({**GOOD, "password": 123456789})))
    assert tap.finish() == (1, "")
    assert tap.last_line().endswith("password must be text, not a number: put it in quotes.")
    assert "123456789" not in tap.said()
