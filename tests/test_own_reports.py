"""Reports of a user's own as tables: what the catalog has, without a server, and what is said of them at the start."""

from __future__ import annotations

import datetime
import json
import logging
import typing as t

import pytest

from support.catalogs import catalog_with
from support.doctor import visit
from support.schemas import columns_of, read, tables
from support.taps import config_for, run_tap
from tap_iiko.tap import TapIiko

if t.TYPE_CHECKING:
    from pathlib import Path

    from simulator import Simulator

HOURS: dict[str, t.Any] = {
    "name": "revenue_by_hour",
    "groups": ["Department.Id", "HourClose", "OrderServiceType"],
    "aggregates": ["DishDiscountSumInt", "UniqOrderId.OrdersCount"],
    "columns": {"HourClose": "hour"},
}
PROFIT: dict[str, t.Any] = {
    "name": "pnl",
    "report": "TRANSACTIONS",
    "groups": ["Account.Id", "Account.Name"],
    "aggregates": ["Sum.ResignedSum"],
    "by": "month",
}


def catalog_of(*reports: t.Any, **settings: t.Any) -> dict[str, dict[str, t.Any]]:
    """The catalog's own tables by name; no server is named, so none is asked."""
    tap = TapIiko(config={"reports": list(reports), **settings}, validate_config=False)
    entries = tap.catalog_dict["streams"]
    return {each["tap_stream_id"]: each for each in entries if each["tap_stream_id"].startswith("report_")}


def kinds(entry: dict[str, t.Any]) -> dict[str, str]:
    """Type and format by column, in order."""
    columns = entry["schema"]["properties"]
    return {name: _kind(each) for name, each in columns.items()}


def _kind(column: dict[str, t.Any]) -> str:
    kinds = [column["type"]] if isinstance(column["type"], str) else sorted(column["type"], key="null".__eq__)
    return " ".join([*kinds, *filter(None, [column.get("format")])])


# The catalog


def test_a_report_is_a_table_with_names_and_types_of_its_fields() -> None:
    entry = catalog_of(HOURS)["report_revenue_by_hour"]
    assert kinds(entry) == {
        "server_id": "string",
        "id": "string uuid",
        "business_date": "string date",
        "department_id": "string null uuid",
        "hour": "string null",
        "order_service_type": "string null",
        "dish_discount_sum": "number null",
        "orders_count": "number null",
        "synced_at": "string date-time",
    }
    assert [*entry["key_properties"]] == ["server_id", "id"]
    said = {name: each["description"] for name, each in entry["schema"]["properties"].items()}
    assert said["department_id"] == 'iiko: Department.Id, "Department ID". Joins departments.id.'
    assert said["dish_discount_sum"].endswith("Adds up.")
    assert said["orders_count"].endswith("A distinct count: never add it.")


def test_a_report_by_month_has_the_first_day_of_the_month() -> None:
    (entry,) = catalog_of(PROFIT).values()
    assert list(kinds(entry)) == [
        "server_id",
        "id",
        "business_date",
        "account_id",
        "account_name",
        "sum_resigned_sum",
        "synced_at",
    ]
    assert entry["schema"]["properties"]["business_date"]["description"] == "The first day of the month."


TYPES = {
    "Storned": "string null",
    "DishName": "string null",
    "SessionID": "string null uuid",
    "DishId": "string null uuid",
    "TableNum": "integer null",
    "DishAmountInt": "number null",
    "IncreaseSum": "number null",
    "VAT.Percent": "number null",
    "Delivery.CustomerCreatedDateTyped": "string null date",
    "OpenTime": "string null date-time",
    "BrandNew.Field": "string null",
}
MEASURES = {
    "OrderItems": "number null",
    "Cooking.KitchenTime.Avg": "number null",
    "DishServicePrintTime.Max": "string null date-time",
    "BrandNew.Sum": "number null",
}


def test_each_type_of_iiko_has_one_of_ours_whatever_the_server() -> None:
    report = {"name": "all", "groups": [*TYPES], "aggregates": [*MEASURES]}
    found = list(kinds(catalog_of(report)["report_all"]).values())
    assert found[3:-1] == [*TYPES.values(), *MEASURES.values()]


def test_a_report_joins_our_tables_by_name() -> None:
    """A field has one name, in our tables and in those of a user."""
    ours: dict[str, str] = {}
    for table in tables():
        if read(table).get("x-source", {}).get("olap") == "SALES":
            roles = {name: each.get("x-olap") for name, each in read(table)["properties"].items()}
            ours |= {
                column.fields[0]: column.name
                for column in columns_of(table)
                if roles[column.name] == "group" and column.name not in {"id", "business_date"}
            }
    report = {"name": "all", "groups": sorted(ours), "aggregates": ["DishSumInt"]}
    found = list(kinds(catalog_of(report, personal_data="load")["report_all"]))
    assert found[3:-2] == [ours[field] for field in sorted(ours)]
    assert len(ours) > 100


def test_own_tables_come_behind_ours_and_before_the_log(sim: Simulator) -> None:
    months = {"name": "months", "aggregates": ["UniqOrderId.OrdersCount"], "by": "month"}
    names = ("report_months", "report_revenue_by_hour", "sales", "products", "sync_log")
    catalog = catalog_with([HOURS, months], *names)
    result = run_tap(config_for(sim, reports=[HOURS, months]), catalog=catalog)
    assert [each["stream"] for each in result.messages if each["type"] == "SCHEMA"] == [
        "products",
        "sales",
        "report_months",
        "report_revenue_by_hour",
        "sync_log",
    ]


def test_some_columns_of_a_report_may_be_selected(sim: Simulator) -> None:
    """Its rows stay those of all its groups."""
    whole = run_tap(config_for(sim, reports=[HOURS]), catalog=catalog_with([HOURS], "report_revenue_by_hour"))
    catalog = catalog_with([HOURS], "report_revenue_by_hour")
    for entry in catalog["streams"]:
        for item in entry["metadata"]:
            if item["breadcrumb"][-1:] in (["hour"], ["order_service_type"]):
                item["metadata"]["selected"] = False
    some = run_tap(config_for(sim, reports=[HOURS]), catalog=catalog)
    keys = [{row["id"] for row in each.records("report_revenue_by_hour")} for each in (whole, some)]
    assert keys[0] == keys[1] != set()
    assert {*some.records("report_revenue_by_hour")[0]} == {
        "server_id",
        "id",
        "business_date",
        "department_id",
        "dish_discount_sum",
        "orders_count",
        "synced_at",
    }


def test_reports_may_be_a_text_as_in_a_file_of_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAP_IIKO_REPORTS", json.dumps([HOURS]))
    tap = TapIiko(config={}, parse_env_config=True, validate_config=False)
    assert "report_revenue_by_hour" in tap.tables


# What is said at the start


def said_of(*reports: dict[str, t.Any], **settings: t.Any) -> list[str]:
    server = {"base_url": "http://127.0.0.1:9", "login": "demo", "password": "demo-password"}
    return list(TapIiko(config={**server, "reports": list(reports), **settings}).remarks)


PLAIN: dict[str, t.Any] = {"name": "x", "groups": ["Department.Id"], "aggregates": ["DishDiscountSumInt"]}
REMARKS: list[tuple[dict[str, t.Any], str]] = [
    (
        {"groups": ["Department.Name"]},
        "report 'x': iiko has no field 'Department.Name' in SALES; did you mean Department, Department.Id?",
    ),
    (
        {"groups": ["PayTypes"], "aggregates": ["DishAmountInt"]},
        "report 'x': 'PayTypes' may have several values for one line or order, which iiko then splits",
    ),
    ({"groups": ["DishTag.Name", "DishId"]}, "report 'x': 'DishTag.Name' may have several values for one line"),
    ({"aggregates": ["GuestNum"]}, "report 'x': never add up 'GuestNum': of the whole order"),
    ({"aggregates": ["UniqOrderId"]}, "report 'x': never add up 'UniqOrderId': an order counts once in each row"),
    (
        {"aggregates": ["VAT.Percent", "GuestNum.Avg"]},
        "report 'x': never add up 'VAT.Percent', 'GuestNum.Avg': ratios and averages",
    ),
    ({"filters": {"Department": ["Бистро"]}}, "on some servers 'Department' finds nothing, being a name"),
    ({"filters": {"RestorauntGroup": {"except": ["Зал"]}}}, "on some servers 'RestorauntGroup' finds nothing"),
    (
        {"filters": {"OrderDeleted": ["NOT_DELETED"], "DeletedWithWriteoff": ["NOT_DELETED"]}},
        "filters: what is refunded later is flagged as deleted and falls out of this revenue.",
    ),
    (
        {"filters": {"OrderDeleted": ["NOT_DELETD"]}},
        "filters: 'OrderDeleted' is known to be NOT_DELETED, DELETED, not 'NOT_DELETD'.",
    ),
    (
        {"report": "TRANSACTIONS", "groups": ["TransactionType.Code"], "aggregates": ["Amount"]},
        "'TransactionType.Code' is an object for iiko and mostly empty.",
    ),
    (
        {"report": "TRANSACTIONS", "groups": [], "aggregates": ["StartBalance.Money"], "heavy": True},
        "never add up 'StartBalance.Money': a balance.",
    ),
    (
        {"groups": ["UniqOrderId.Id", "Delivery.Phone"], "key": ["UniqOrderId.Id"]},
        "'Delivery.Phone' tells of persons, and personal_data is drop.",
    ),
]


@pytest.mark.parametrize(("change", "sentence"), REMARKS, ids=[sentence for _, sentence in REMARKS])
def test_what_means_less_than_it_seems_is_said(change: dict[str, t.Any], sentence: str) -> None:
    (remark,) = said_of({**PLAIN, **change})
    assert sentence in remark


def test_many_groups_are_said_to_be_many() -> None:
    groups = [f"Department.Category{number}" for number in range(1, 6)] + list(TYPES)[:-1]
    more = ["HourOpen", "HourClose", "YearOpen", "Mounth", "QuarterOpen", "DayOfWeekOpen"]
    assert "it has 21 groups" in "\n".join(said_of({**PLAIN, "groups": [*groups, *more]}))


@pytest.mark.parametrize("groups", [["PayTypes"], ["PayTypes.Combo", "DishId"], ["DishName"], []])
def test_a_report_of_which_nothing_is_to_be_said(groups: list[str]) -> None:
    assert said_of({**PLAIN, "groups": groups}) == []


def test_it_is_said_in_the_log_of_a_run(sim: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    report = {**PLAIN, "aggregates": ["GuestNum"]}
    with caplog.at_level(logging.WARNING):
        assert run_tap(config_for(sim, reports=[report]), catalog=catalog_with([report], "sync_log")).code == 0
    assert [each.message for each in caplog.records if "never add up" in each.message] == said_of(report)


# What only a server can tell


def test_what_a_server_lacks_fails_there_and_the_others_load(sim: Simulator) -> None:
    """A field that is null would merge rows that differ by it, and no list of this version is the last word."""
    reports = [
        {**PLAIN, "name": "typo", "groups": ["Department.Name"]},
        {**PLAIN, "name": "newer", "groups": ["CouponInfos"]},
        {**PLAIN, "name": "good"},
    ]
    names = [f"report_{each['name']}" for each in reports]
    result = run_tap(config_for(sim, reports=reports), catalog=catalog_with(reports, *names, "sync_log"))
    assert result.code == 1
    assert {row["status"] for row in result.log("report_good")} == {"loaded"}
    (typo,), (newer,) = result.log("report_typo"), result.log("report_newer")
    sentence = "iiko has no field 'Department.Name' in SALES; did you mean Department, Department.Id?"
    assert (typo["status"], typo["message"]) == ("failed", sentence)
    sentence = "this server has no field 'CouponInfos' in SALES: it came with a newer version of iiko."
    assert (newer["status"], newer["message"]) == ("failed", sentence)


def test_a_report_of_some_servers_is_asked_of_no_other(sim: Simulator) -> None:
    account = {name: value for name, value in config_for(sim).items() if name in {"base_url", "login", "password"}}
    servers = [{**account, "server_id": name} for name in ("north", "south")]
    reports = [{**PLAIN, "name": "of_north", "servers": ["north"]}, {**PLAIN, "name": "of_all"}]
    catalog = catalog_with(reports, "report_of_north", "report_of_all", "sync_log")
    result = run_tap({"servers": servers, "start_date": sim.last_day.isoformat(), "reports": reports}, catalog=catalog)
    assert result.code == 0
    assert {row["server_id"] for row in result.log("report_of_north")} == {"north"}
    assert {row["server_id"] for row in result.log("report_of_all")} == {"north", "south"}


def test_the_doctor_looks_at_own_reports_too(sim: Simulator, tmp_path: Path) -> None:
    departments = [sim.books.rows("departments")[0]["id"]]
    reports = [
        {**PLAIN, "name": "good"},
        {**PLAIN, "name": "of_all", "groups": ["HourClose"]},
        {**PLAIN, "name": "typo", "groups": ["Department.Name"]},
        {**PLAIN, "name": "elsewhere", "groups": ["Strange.Field"], "servers": ["other"]},
    ]
    servers = [config_for(sim, server_id="main"), config_for(sim, server_id="other", base_url="http://127.0.0.1:9")]
    names = ("base_url", "login", "password", "server_id")
    accounts = [{name: each[name] for name in names} for each in servers]
    seen = visit(tmp_path, {"servers": accounts, "departments": departments, "reports": reports})
    (finding,) = [each for each in seen.of("columns") if "report_" in each["words"]]
    assert finding["words"] == (
        "report_typo: iiko has no field 'Department.Name' in SALES; did you mean Department, Department.Id?"
    )
    assert finding["remedy"] == "Update iiko, or correct it in the setting reports."
    assert [each["status"] for each in seen.of("rights")] == ["good"]


def test_a_report_has_a_window_and_a_look_back_of_its_own(sim: Simulator) -> None:
    reports = [{**PLAIN, "name": "small", "max_window_days": 1, "lookback_days": 1}, {**PLAIN, "name": "usual"}]
    names = ("report_small", "report_usual")
    config = config_for(sim, reports=reports, reread_days=0)
    first = run_tap(config, catalog=catalog_with(reports, *names, "sync_log"))
    days = {name: len({row["business_date"] for row in first.log(name)}) for name in names}
    assert days["report_small"] == days["report_usual"] > 2
    lengths = [
        _days_of(record.body)
        for record in sim.log
        if record.body and "Department.Id" in record.body["groupByRowFields"]
    ]
    assert lengths.count(1) >= days["report_small"]
    assert max(lengths) > 1
    changed = sim.last_day - datetime.timedelta(days=4)
    sim.business.lose_order(day=changed)
    second = run_tap(config, first.state, catalog_with(reports, *names, "sync_log"))
    again = {name: {row["business_date"] for row in second.log(name)} for name in names}
    assert changed.isoformat() in again["report_usual"]
    assert changed.isoformat() not in again["report_small"]


def _days_of(body: t.Any) -> int:
    (asked,) = [each for each in body["filters"].values() if each["filterType"] == "DateRange"]
    first, last = (datetime.date.fromisoformat(asked[limit][:10]) for limit in ("from", "to"))
    return (last - first).days
