"""The proof is data: what disagrees with iiko's own totals is read again, shown, and may fail the run."""

from __future__ import annotations

import datetime
import typing as t
from decimal import Decimal

import pytest

from support.other_iiko import OtherIiko
from support.other_ledger import D1, D2, LISTS, config, ledger
from support.taps import ZONE, config_for, run_tap
from support.truth import FACTS, assert_equal_to_books, number
from support.warehouse import Warehouse

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator import Simulator

METRICS = {
    *("dish_amount", "dish_sum", "discount_sum", "increase_sum", "dish_discount_sum", "vat_sum", "dish_return_sum"),
    "product_cost",
}


def test_every_closed_day_department_and_metric_is_proved(sim: Simulator) -> None:
    result = run_tap(config_for(sim, timezone=ZONE))
    rows = result.records("reconciliation")
    closed = {row["business_date"] for row in result.log("sales") if row["is_final"]}
    books = {(row["business_date"], row["department_id"]): row for row in sim.books.days()}
    expected = {(day, department, metric) for day, department in books if day in closed for metric in METRICS}
    assert {(row["business_date"], row["department_id"], row["metric"]) for row in rows} == expected
    for row in rows:
        truth = number(books[row["business_date"], row["department_id"]][row["metric"]])
        for place in ("probe", "receipts", "receipt_items", "sales"):
            assert abs(number(row[place]) - truth) < Decimal("0.0005"), (place, row)
        assert row["proved"] is True


@pytest.fixture
def liar() -> Iterator[OtherIiko]:
    """An iiko that leaves a line out of its reports of lines, and not out of its totals."""
    with OtherIiko(ledger(), lists=LISTS) as server:
        server.hidden_line = server.lines[0]["ItemSaleEvent.Id"]
        yield server


@pytest.mark.parametrize(("reconcile", "code"), [("warn", 0), ("fail", 1), ("off", 0)])
def test_a_day_that_stays_wrong(liar: OtherIiko, reconcile: str, code: int, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        result = run_tap(config(liar, reconcile=reconcile))
    assert result.code == code
    loaded = {stream: {row["business_date"] for row in result.records(stream)} for stream in FACTS}
    assert all(days == {D1.isoformat(), D2.isoformat()} for days in loaded.values()), "everything is loaded"
    if reconcile == "off":
        assert not result.records("reconciliation")
        return
    wrong = {row["metric"]: row for row in result.records("reconciliation") if not row["proved"]}
    assert {row["business_date"] for row in wrong.values()} == {D1.isoformat()}
    assert wrong["dish_sum"]["probe"] - wrong["dish_sum"]["receipt_items"] == 480
    assert wrong["dish_sum"]["difference"] == 480
    assert wrong["dish_sum"]["probe"] == wrong["dish_sum"]["receipts"]
    assert "NOT PROVED" in caplog.text
    assert f"{D1}: " in caplog.text
    log = next(row for row in result.log("receipt_items") if row["business_date"] == D1.isoformat())
    assert log["dish_sum_difference"] == -480


def test_a_sale_that_comes_between_two_reports_is_no_lasting_difference(sim: Simulator) -> None:
    """The reports of a window are minutes apart at a real server, and somebody posts in between."""
    day = sim.first_day + datetime.timedelta(days=2)
    posted: list[t.Any] = []

    def post_once(body: t.Any) -> bool:
        if "ItemSaleEvent.Id" in body["groupByRowFields"] and not posted:
            posted.append(sim.business.sell(day=day))
        return False

    sim.faults.add("http_500", path="reports/olap", match=post_once)
    warehouse = Warehouse()
    result = run_tap(config_for(sim, timezone=ZONE))
    warehouse.load(result)
    assert posted
    assert result.code == 0
    assert_equal_to_books(warehouse.current, sim)
    assert {row["proved"] for row in warehouse.current("reconciliation")} == {True}


def test_the_tolerance_is_a_kopeck(liar: OtherIiko) -> None:
    liar.lines[0].update({name: Decimal("0.01") for name in ("DishSumInt", "DishDiscountSumInt")})
    liar.lines[0].update({"DishAmountInt": "0", "ProductCostBase.ProductCost": "0", "VAT.Sum": 0, "GuestNum": 0})
    assert {row["proved"] for row in run_tap(config(liar)).records("reconciliation")} == {True}
    liar.lines[0]["DishSumInt"] = Decimal("0.02")
    wrong = [row for row in run_tap(config(liar)).records("reconciliation") if not row["proved"]]
    assert [row["metric"] for row in wrong] == ["dish_sum"]
