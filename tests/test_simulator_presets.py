"""What is saved in iikoOffice, which reports there are, and that deliveries are reported by themselves (4.1, 4.10)."""

from __future__ import annotations

import typing as t

import pytest

from simulator import Readings, Simulator
from simulator.olap.fields import REPORTS, directory
from support.api_user import LAST_DAY, Iiko, values

if t.TYPE_CHECKING:
    from collections.abc import Iterator

PRESETS = "v2/reports/olap/presets"
DELIVERIES = [
    "CloseTime",
    "Delivery.ActualTime",
    "Delivery.Address",
    "Delivery.BillTime",
    "Delivery.CancelCause",
    "Delivery.City",
    "Delivery.CloseTime",
    "Delivery.Courier",
    "Delivery.CustomerCardNumber",
    "Delivery.CustomerCardType",
    "Delivery.CustomerComment",
    "Delivery.CustomerCreatedDateTyped",
    "Delivery.CustomerMarketingSource",
    "Delivery.CustomerName",
    "Delivery.Delay",
    "Delivery.DeliveryComment",
    "Delivery.DeliveryOperator",
    "Delivery.Email",
    "Delivery.ExpectedTime",
    "Delivery.MarketingSource",
    "Delivery.Number",
    "Delivery.Phone",
    "Delivery.PrintTime",
    "Delivery.Region",
    "Delivery.SendTime",
    "Delivery.ServiceType",
    "Delivery.SourceKey",
    "Delivery.Street",
    "Delivery.WayDuration",
]
SUMS = ["Delivery.CookingToSendDuration", "Delivery.DelayAvg", "Delivery.WayDurationAvg", "Delivery.WayDurationSum"]
FIGURES = ["DishDiscountSumInt", "DishServicePrintTime.Max", "UniqOrderId.OrdersCount", *SUMS]


@pytest.fixture(scope="module")
def iiko() -> Iterator[Iiko]:
    sim = Simulator(seed=5, departments=3, days=5, receipts_per_day=12, last_day=LAST_DAY)
    with sim, Iiko(sim) as user:
        yield user


def test_presets_are_the_books(iiko: Iiko) -> None:
    found = iiko.json(PRESETS)
    assert found == iiko.sim.books.rows("olap_presets")
    assert len({row["id"] for row in found}) == len(found) > len({row["name"] for row in found})
    for report in REPORTS:
        wanted = [row for row in found if row["reportType"] == report]
        assert iiko.json(f"{PRESETS}/{report.lower()}") == wanted != []
    assert iiko.get(f"{PRESETS}/labour").status_code == 404


def test_presets_are_as_odd_as_live_ones(iiko: Iiko) -> None:
    found = iiko.json(PRESETS)
    assert {"buildSummary" in row for row in found} == {True, False}
    assert {row.get("buildSummary") for row in found} == {None}
    assert any(row["groupByColFields"] for row in found)
    dated = [any(each["filterType"] == "DateRange" for each in row["filters"].values()) for row in found]
    assert {*dated} == {True, False}
    listed = {report: directory(report, iiko.sim.options.fields) or {} for report in REPORTS}
    named = [
        (row["reportType"], name)
        for row in found
        for name in (*row["groupByRowFields"], *row["groupByColFields"], *row["aggregateFields"], *row["filters"])
    ]
    assert {name for report, name in named if name not in listed[report]} == {
        "MarketingSource",
        "OpenDate",
        "DateTime.OperDayFilter",
    }


def test_what_is_saved_can_be_asked_for(iiko: Iiko) -> None:
    """With a date where it has none, as a client must do it; of shelf life there is nothing to tell."""
    for row in iiko.json(PRESETS):
        body = {name: value for name, value in row.items() if name not in {"id", "name"}}
        day = "DateTime.DateTyped" if row["reportType"] == "TRANSACTIONS" else "OpenDate.Typed"
        if row["reportType"] != "STOCK" and not any("Date" in name for name in row["filters"]):
            assert iiko.olap(body).status_code == 400, row["name"]
            dates = {"filterType": "DateRange", "periodType": "CUSTOM", "from": "2026-04-01", "to": "2026-06-01"}
            body["filters"] = row["filters"] | {day: dates}
        answer = iiko.olap(body)
        assert answer.status_code == 200, answer.text
        has_rows = row["reportType"] != "STOCK" and "LAST_MONTH" not in str(row["filters"])
        assert bool(answer.json()["data"]) == has_rows, row["name"]


def test_presets_came_with_a_version() -> None:
    sim = Simulator(seed=5, departments=1, days=2, receipts_per_day=3, last_day=LAST_DAY, version="4.1.0.1")
    with sim, Iiko(sim) as user:
        assert user.get(PRESETS).status_code == 404


def test_a_report_that_there_is_not_is_missing_or_refused(iiko: Iiko) -> None:
    assert iiko.get("v2/reports/olap/columns", reportType="LABOUR").status_code == 404
    sim = Simulator(seed=5, departments=1, days=2, receipts_per_day=3, readings=Readings(unknown_report="refused"))
    with sim, Iiko(sim) as user:
        assert user.get("v2/reports/olap/columns", reportType="LABOUR").status_code == 400
        assert user.get("v2/reports/olap/columns", reportType="DELIVERIES").status_code == 200


def test_deliveries_are_reported_as_the_same_orders_among_all(iiko: Iiko) -> None:
    for name in DELIVERIES:
        body = iiko.body(["UniqOrderId.Id", name], FIGURES)
        found = iiko.olap(body | {"reportType": "DELIVERIES"}).json()["data"]
        body["filters"]["Delivery.IsDelivery"] = values("DELIVERY_ORDER")
        assert found == iiko.olap(body).json()["data"] != [], name
