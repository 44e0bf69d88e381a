"""Reports of a user's own that are wrong: one sentence for each mistake, before a server is asked."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from singer_sdk.exceptions import ConfigValidationError

from support.taps import TapProcess
from tap_iiko.iiko.olap_fields import OLD_NAMES, known_fields
from tap_iiko.settings.report_tables import table_of
from tap_iiko.settings.reports import PROPERTIES, read_reports
from tap_iiko.tap import TapIiko

if t.TYPE_CHECKING:
    from pathlib import Path

SERVER = {"base_url": "http://127.0.0.1:9", "login": "demo", "password": "demo-password"}
GOOD: dict[str, t.Any] = {
    "name": "by_hour",
    "groups": ["Department.Id", "HourClose"],
    "aggregates": ["DishDiscountSumInt"],
}
LEDGER: dict[str, t.Any] = {
    "name": "ledger",
    "report": "TRANSACTIONS",
    "groups": ["Account.Id"],
    "aggregates": ["Sum.ResignedSum"],
}
NONE = None  # the key is left out
WORDS = [each.name for each in PROPERTIES] + ["from", "to", "except"]

MISTAKES: list[tuple[dict[str, t.Any], str]] = [
    # shape
    ({**GOOD, "name": NONE}, "reports, entry 1: name is missing: the table is report_<name>."),
    (
        {**GOOD, "name": "By hour"},
        "reports, entry 1: name must be small letters, digits and _, at most 41, and begin with a letter.",
    ),
    ({**GOOD, "name": 7}, "reports, entry 1: name must be text, not a number: put it in quotes."),
    ({**GOOD, "group": ["HourClose"]}, "report 'by_hour': 'group' is no key of a report: did you mean groups?"),
    ({**GOOD, "report": "STOCK"}, "report 'by_hour': report must be SALES, DELIVERIES or TRANSACTIONS."),
    ({**GOOD, "by": "year"}, "report 'by_hour': by must be day, week or month."),
    ({**GOOD, "watch": "totals"}, "report 'by_hour': watch must be shared or own."),
    ({**GOOD, "groups": "HourClose"}, "report 'by_hour': groups is no valid JSON"),
    ({**GOOD, "groups": [None]}, "report 'by_hour': groups must be a list of texts, but entry 1 is null."),
    ({**GOOD, "aggregates": NONE}, "report 'by_hour': aggregates is missing: name at least one field"),
    ({**GOOD, "aggregates": []}, "report 'by_hour': aggregates is missing: name at least one field"),
    ({**GOOD, "filters": ["NOT_DELETED"]}, "report 'by_hour': filters must be an object, not a list."),
    ({**GOOD, "columns": ["hour"]}, "report 'by_hour': columns must be an object, not a list."),
    ({**GOOD, "lookback_days": 900}, "report 'by_hour': lookback_days must be between 0 and 800."),
    ({**GOOD, "max_window_days": 0}, "report 'by_hour': max_window_days must be between 1 and 31."),
    ({**GOOD, "heavy": "perhaps"}, "report 'by_hour': heavy must be true or false."),
    ({**GOOD, "servers": ["nord"]}, "report 'by_hour': there is no server 'nord': there are main."),
    # fields
    (
        {**GOOD, "groups": ["department.id"]},
        "report 'by_hour': iiko has no field 'department.id' in SALES; did you mean Department.Id?",
    ),
    (
        {**GOOD, "groups": ["OpenDate"]},
        "report 'by_hour': iiko has no field 'OpenDate' in SALES; did you mean OpenDate.Typed?",
    ),
    (
        {**LEDGER, "groups": ["OpenDate.Typed"]},
        "report 'ledger': iiko has no field 'OpenDate.Typed' in TRANSACTIONS; did you mean DateTime.DateTyped?",
    ),
    (
        {**LEDGER, "groups": ["Department.Id"]},
        "report 'ledger': iiko has no field 'Department.Id' in TRANSACTIONS; did you mean Department.Code?",
    ),
    (
        {**GOOD, "groups": ["Account.Name"]},
        "report 'by_hour': iiko has no field 'Account.Name' in SALES",
    ),
    ({**GOOD, "groups": ["HourClose", "HourClose"]}, "report 'by_hour': 'HourClose' stands there twice."),
    (
        {**GOOD, "groups": ["OrderNum"], "aggregates": ["OrderNum"]},
        "report 'by_hour': 'OrderNum' cannot be a group and an aggregate at once.",
    ),
    ({**GOOD, "groups": ["DishSumInt"]}, "'DishSumInt' cannot be a group in SALES: it is an aggregate."),
    ({**GOOD, "aggregates": ["DishName"]}, "'DishName' cannot be an aggregate in SALES: it is a group."),
    ({**GOOD, "aggregates": ["PercentOfSummary.ByRow"]}, "'PercentOfSummary.ByRow' depends on the layout of a report"),
    ({**LEDGER, "aggregates": ["Sum.PartOfIncome"]}, "'Sum.PartOfIncome' depends on the layout of a report"),
    ({**LEDGER, "aggregates": ["FinalBalance.Money"]}, "'FinalBalance.Money' sums the whole ledger and may overload"),
    ({**GOOD, "aggregates": ["Currencies.SumInCurrency"]}, "'Currencies.SumInCurrency' arrives as no number"),
    ({**GOOD, "aggregates": ["OrderNum"]}, "'OrderNum' arrives as no number"),
    (
        {**GOOD, "by": "month", "groups": ["OpenDate.Typed"]},
        "report 'by_hour': by month, the day OpenDate.Typed cannot be a group: leave it out.",
    ),
    # filters
    (
        {**GOOD, "filters": {"OpenDate.Typed": {"from": "2026-01-01", "to": "2026-02-01"}}},
        "filters: 'OpenDate.Typed' is the day, which the tap itself asks for: leave it out.",
    ),
    (
        {**LEDGER, "filters": {"DateTime.OperDayFilter": ["2026-01-01"]}},
        "filters: 'DateTime.OperDayFilter' is the day, which the tap itself asks for",
    ),
    (
        {**GOOD, "filters": {"DishSumInt": {"from": 1, "to": 2}}},
        "filters: 'DishSumInt' cannot be filtered by in SALES.",
    ),
    ({**GOOD, "filters": {"orderdeleted": ["DELETED"]}}, "iiko has no field 'orderdeleted' in SALES; did you mean"),
    ({**GOOD, "filters": {"OrderDeleted": []}}, "filters: 'OrderDeleted' has an empty list: no row would come."),
    ({**GOOD, "filters": {"OrderDeleted": "DELETED"}}, "filters: 'OrderDeleted' must be a list of values, "),
    ({**GOOD, "filters": {"OrderDeleted": [1]}}, "filters: 'OrderDeleted' must have texts or null in its list."),
    (
        {**GOOD, "filters": {"OrderDeleted": {"except": ["DELETED"], "from": 1}}},
        "filters: 'OrderDeleted' must be a list of values, ",
    ),
    (
        {**GOOD, "filters": {"OrderDeleted": {"from": 1, "to": 2}}},
        "filters: 'OrderDeleted' is of type ENUM: write a list of values.",
    ),
    (
        {**GOOD, "filters": {"OrderNum": ["1"]}},
        'filters: \'OrderNum\' is of type INTEGER: write {"from": …, "to": …}.',
    ),
    ({**GOOD, "filters": {"OrderNum": {"from": 1}}}, "filters: 'OrderNum' must be a list of values, "),
    ({**GOOD, "filters": {"OrderNum": {"from": "1", "to": "9"}}}, "'OrderNum' must have numbers as from and to."),
    ({**GOOD, "filters": {"OrderNum": {"from": 9, "to": 1}}}, "'OrderNum' has a from that is larger than its to."),
    (
        {**GOOD, "filters": {"CloseTime": {"from": "1 May", "to": "2 May"}}},
        "'CloseTime' must have dates, YYYY-MM-DD, as from and to.",
    ),
    (
        {**LEDGER, "filters": {"DateSecondary.DateTyped": {"from": "2026-05-01", "to": "2026-05-02"}}},
        "filters: 'DateSecondary.DateTyped' has brought a server down",
    ),
    # key and columns
    ({**GOOD, "key": []}, "report 'by_hour': key is empty: leave it out, or name the groups that identify a row."),
    ({**GOOD, "key": ["DishId"]}, "report 'by_hour': key: 'DishId' is none of the groups."),
    (
        {**GOOD, "groups": ["Delivery.CustomerPhone"]},
        "'Delivery.CustomerPhone' tells of persons, and personal_data is drop: without it rows cannot be told apart.",
    ),
    ({**GOOD, "columns": {"HourOpen": "hour"}}, "columns: 'HourOpen' is none of the groups and aggregates."),
    ({**GOOD, "columns": {"HourClose": "Hour!"}}, "columns: the name for 'HourClose' must be small letters"),
    ({**GOOD, "columns": {"HourClose": "synced_at"}}, "columns: 'synced_at' is a column of every table"),
    (
        {**GOOD, "groups": ["Delivery.DiffBetweenActualDeliveryTimeAndPredictedDeliveryTime"]},
        "would have a name of 70 letters: give it a shorter one in columns.",
    ),
    (
        {**GOOD, "columns": {"HourClose": "department_id"}},
        "'Department.Id' and 'HourClose' would both be the column 'department_id': rename one in columns.",
    ),
]


def settings_with(*entries: t.Any) -> dict[str, t.Any]:
    return {**SERVER, "reports": [_without_none(entry) if isinstance(entry, dict) else entry for entry in entries]}


def _without_none(entry: dict[str, t.Any]) -> dict[str, t.Any]:
    return {name: value for name, value in entry.items() if value is not NONE}


def problems_of(config: dict[str, t.Any]) -> list[str]:
    with pytest.raises(ConfigValidationError) as caught:
        TapIiko(config=config)
    return list(caught.value.errors)


def test_what_the_mistakes_are_made_of_is_right() -> None:
    assert set(TapIiko(config=settings_with(GOOD, LEDGER)).tables) >= {"report_by_hour", "report_ledger"}


@pytest.mark.parametrize(("entry", "sentence"), MISTAKES, ids=[sentence for _, sentence in MISTAKES])
def test_each_mistake_is_one_sentence(entry: dict[str, t.Any], sentence: str) -> None:
    (problem,) = problems_of(settings_with(entry))
    assert sentence in problem
    assert problem[-1] in ".?"
    assert "\n" not in problem


PLAIN = (
    st.none() | st.booleans() | st.integers(-2, 40) | st.sampled_from([*GOOD["groups"], "by_hour", "day", "month", ""])
)
VALUES = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3)
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(WORDS[:-3], VALUES)) | VALUES, max_size=3))
def test_whatever_stands_there_is_right_or_a_sentence(entries: list[t.Any]) -> None:
    found = read_reports({"reports": entries})
    assert len(found.reports) + len(found.problems) >= len(entries)
    assert all(len(table_of(report).columns) > len(report.groups) + len(report.aggregates) for report in found.reports)


FIELDS = sorted({*known_fields("SALES"), *known_fields("TRANSACTIONS"), *OLD_NAMES, "Brand.New"})
NAMED = st.lists(st.sampled_from(FIELDS), max_size=3)
SHAPED = st.fixed_dictionaries(
    {"name": st.just("x"), "report": st.sampled_from(["SALES", "DELIVERIES", "TRANSACTIONS"]), "aggregates": NAMED},
    optional={
        "groups": NAMED,
        "by": st.sampled_from(["day", "week", "month"]),
        "filters": st.dictionaries(
            st.sampled_from(FIELDS),
            st.sampled_from(
                [["A", None], {"except": ["A"]}, {"from": 1, "to": 2}, {"from": "2026-05-01", "to": "2026-05-02"}]
            ),
            max_size=2,
        ),
        "heavy": st.booleans(),
    },
)


@settings(max_examples=100, deadline=None)
@given(SHAPED)
def test_whatever_is_asked_for_is_a_table_or_a_sentence(entry: dict[str, t.Any]) -> None:
    found = read_reports({"reports": [entry], "personal_data": "load"})
    if not found.problems:
        (report,) = found.reports
        fields = {field for column in table_of(report).columns for field in column.fields} - {"(day)"}
        assert fields >= {*entry.get("groups", ()), *entry["aggregates"]}


def test_what_is_no_object() -> None:
    assert problems_of(settings_with(["by_hour"])) == ["reports, entry 1: it must be an object, {…}."]


def test_two_reports_of_one_name() -> None:
    assert problems_of(settings_with(GOOD, LEDGER, {**LEDGER, "name": "by_hour"})) == [
        "report 'by_hour': another report has that name too; the table of each needs its own."
    ]


def test_every_mistake_of_every_report_is_told_at_once() -> None:
    problems = problems_of(
        settings_with({**GOOD, "groups": ["DishSumInt", "hourclose"]}, {**LEDGER, "key": ["Product.Id"]})
    )
    assert [problem.split(":")[0] for problem in problems] == ["report 'by_hour'"] * 2 + ["report 'ledger'"]


@pytest.mark.parametrize("command", ["--discover", "--test", "--analyze", "--doctor"])
def test_every_command_says_it_and_fails(command: str, tmp_path: Path) -> None:
    """A catalog without the table would say that there is none."""
    config = settings_with({**GOOD, "groups": ["DishSumInt"]})
    tap = TapProcess(tmp_path, config, None, command)
    out, _ = tap.process.communicate(timeout=60)
    said = out.decode() + tap.said()
    assert tap.process.returncode == 1
    assert "report 'by_hour': 'DishSumInt' cannot be a group in SALES: it is an aggregate" in said
    assert "Traceback" not in said


def test_a_text_that_is_no_list() -> None:
    (problem,) = problems_of({**SERVER, "reports": json.dumps([GOOD])[:-1]})
    assert problem.startswith("reports is no valid JSON")
