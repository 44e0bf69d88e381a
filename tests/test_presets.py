"""Reports that are saved in iikoOffice: printed as elements of the setting, and found again by --analyze."""

from __future__ import annotations

import json
import typing as t

import pytest

from simulator.olap.fields import directory
from support import saved_reports
from support.catalogs import catalog_with
from support.other_ledger import config
from support.raw_iiko import DIRECTORY, RawIiko, answer
from support.taps import TapProcess, config_for, run_tap
from tap_iiko.tap import TapIiko

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from simulator import Simulator

PRESETS = "/olap/presets"


@pytest.fixture
def server() -> Iterator[RawIiko]:
    """With the fields of a usual server and some saved reports."""
    with RawIiko() as iiko:
        fields = directory("SALES", 279) or {}
        iiko.raw[DIRECTORY] = answer(json.dumps({name: each.as_json() for name, each in fields.items()}).encode())
        iiko.raw[PRESETS] = answer(json.dumps(saved_reports.ALL, ensure_ascii=False).encode())
        yield iiko


def printed(folder: Path, server: RawIiko, command: str, **settings: t.Any) -> tuple[int, str, str]:
    """Exit code, output, log."""
    tap = TapProcess(folder, config(server, **settings), None, command)
    out, _ = tap.process.communicate(timeout=60)
    assert server.logins == server.logouts == 1
    return tap.process.returncode, out.decode(), tap.said()


def test_saved_reports_become_elements_of_the_setting(server: RawIiko, tmp_path: Path) -> None:
    code, out, _ = printed(tmp_path, server, "--presets")
    assert code == 0
    elements = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    assert elements == [
        {"name": "preset_91aa0000", "report": "SALES", "groups": [], "aggregates": ["DishDiscountSumInt"]},
        {
            "name": "preset_92aa0000",
            "report": "DELIVERIES",
            "groups": ["Department", "Delivery.IsDelivery"],
            "aggregates": ["UniqOrderId.OrdersCount", "DishDiscountSumInt"],
            "filters": {"DeletedWithWriteoff": ["NOT_DELETED"], "Delivery.IsDelivery": ["DELIVERY_ORDER"]},
        },
        {
            "name": "preset_93aa0000",
            "report": "SALES",
            "groups": ["TableNum", "Department.Id"],
            "aggregates": ["DishSumInt"],
            "filters": {"PayTypes.Group": {"except": ["WRITEOFF"]}, "OrderNum": {"from": 1, "to": 100}},
        },
    ]
    tap = TapIiko(config=config(server, reports=elements))
    assert {f"report_{element['name']}" for element in elements} <= set(tap.tables)


def test_what_a_live_server_has_saved_loads_as_it_is_printed(sim: Simulator, tmp_path: Path) -> None:
    """Old names, a filter by a name, one with a blank, a column group, a range (API reference 4.1)."""
    tap = TapProcess(tmp_path, config_for(sim), None, "--presets")
    out, _ = tap.process.communicate(timeout=60)
    elements = [json.loads(line) for line in out.decode().splitlines() if line.startswith("{")]
    assert len(elements) == len(sim.books.rows("olap_presets")) - 1, "all but the one of shelf life"
    sales = [each for each in elements if each["report"] != "TRANSACTIONS"]
    names = {f"report_{each['name']}" for each in sales}
    result = run_tap(config_for(sim, reports=sales), catalog=catalog_with(sales, *names, "sync_log"))
    assert result.code == 0
    assert {row["stream"] for row in result.records("sync_log") if row["status"] == "loaded"} == names


@pytest.mark.parametrize(
    "note",
    [
        "# 'Выручка по дням', SALES\n#   The filter of the day (CURRENT_MONTH) is left out: all days are loaded.",
        "'MarketingSource' in DELIVERIES; did you mean Delivery.MarketingSource? Left out of groups.",
        "#   never add up 'UniqOrderId.OrdersCount'",
        "#   'PercentOfSummary.ByRow' depends on the layout of a report",
        "#   The filter of 'CloseTime', DateRange LAST_WEEK, is left out.",
        "#   filters: 'OrderNum' ended before 100, which the setting includes.",
        "# 'Сроки годности', STOCK\n#   STOCK is no report of sales or postings: it cannot be loaded.",
        "Left out of aggregates.\n#   No aggregate is left: it cannot be loaded.",
    ],
)
def test_what_does_not_carry_over_is_noted(server: RawIiko, tmp_path: Path, note: str) -> None:
    assert note in printed(tmp_path, server, "--presets")[1]


def test_analyze_tells_of_each_own_report(server: RawIiko, tmp_path: Path) -> None:
    reports = [
        {"name": "days", "groups": [], "aggregates": ["DishDiscountSumInt"]},
        {"name": "new", "groups": ["CouponInfos", "Strange.Field"], "aggregates": ["GuestNum.Avg"]},
    ]
    code, out, _ = printed(tmp_path, server, "--analyze", reports=reports)
    assert code == 0
    assert_in_order(
        out,
        "# report days: SALES by day, table report_days",
        "OpenDate.Typed  DATE  -G  business_date",
        "DishDiscountSumInt  MONEY  A-  dish_discount_sum  Adds up.",
        "# The same fields are saved in iikoOffice as 'Выручка по дням'.",
        "# report new: SALES by day, table report_new",
        "CouponInfos  not offered  coupon_infos",
        "Strange.Field  not offered  strange_field",
        "GuestNum.Avg  AMOUNT  A-  guest_num_avg  A ratio or an average: never add it.",
        "# This server does not offer all of it: the report fails there, the other tables load.",
    )


def assert_in_order(out: str, *wanted: str) -> None:
    """Each of these lines, blanks aside."""
    lines = [" ".join(line.split()) for line in out.splitlines()]
    places = [lines.index(" ".join(line.split())) for line in wanted]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        (b"", 404, "v2/reports/olap/presets"),
        (b'{"a": 1}', 200, "no list of saved reports came but"),
        (b'[{"name": "x"}]', 200, "no saved report came but"),
        (b'[{"id": 1, "reportType": "SALES", "filters": ["x"]}]', 200, "no saved report came but"),
        (b"[5]", 200, "no saved report came but"),
    ],
)
def test_what_is_no_list_of_saved_reports_is_one_sentence(
    server: RawIiko, tmp_path: Path, body: bytes, status: int, sentence: str
) -> None:
    server.raw[PRESETS] = answer(body, status)
    code, out, said = printed(tmp_path, server, "--presets")
    assert (code, out) == (1, "")
    assert sentence in said
    assert "Traceback" not in said


def test_analyze_goes_on_where_nobody_may_see_what_is_saved(server: RawIiko, tmp_path: Path) -> None:
    server.raw[PRESETS] = answer(b"Permission denied", 403)
    reports = [{"name": "days", "groups": [], "aggregates": ["DishDiscountSumInt"]}]
    code, out, _ = printed(tmp_path, server, "--analyze", reports=reports)
    assert code == 0
    assert "# Whether a report is saved in iikoOffice cannot be told." in out
    assert "# report days: SALES by day" in out
