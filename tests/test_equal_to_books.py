"""After a run, every current row equals the simulator's books, field by field, whatever iiko's version or edition."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from simulator import Readings, Simulator
from support.catalogs import catalog_of
from support.schemas import column_of
from support.taps import config_for, run_tap
from support.truth import FACTS, SALES, TOLERANCE, assert_equal_to_books, by_day_and_department, differences, number
from support.warehouse import Warehouse

SUMS = {
    "dish_sum": "DishSumInt",
    "dish_discount_sum": "DishDiscountSumInt",
    "discount_sum": "DiscountSum",
    "increase_sum": "IncreaseSum",
    "vat_sum": "VAT.Sum",
    "dish_return_sum": "DishReturnSum",
    "product_cost": "ProductCostBase.ProductCost",
}

READINGS = {
    "refunds as orders with minus revenue": Readings(refunds="negative", exact_net=True),
    "refunds without revenue": Readings(refunds="zero", refund_marks_source=True),
    "blanks as text": Readings(blank="empty", no_payment="null"),
    "days with a time": Readings(date_form="datetime", key_order="shuffled", json_spacing="spaced", summary_first=True),
    "documented spelling": Readings(documented_spelling=True, token_form="quoted", wrong_login_status=400),
    "compressed": Readings(gzip=True, unposted_cost="zero", undiscounted="absent"),
    "summary on": Readings(summary_default=True),
    "deleted with revenue": Readings(deleted_revenue="kept", past_names="former", fast_food_guests=False),
    "all values of their types": Readings(fiscal="text", objects="number", odd_values=False, report_blanks=True),
    "older answers": Readings(server_type="text", server_info="short", logout="token", tax_categories=False),
    "other answers": Readings(server_type="json", token_form="element", content_type="html", error_form="page"),
    "refusals": Readings(empty_range="conflict", missing_date_status=409, concurrent_status=403),
}


def small(**options: Any) -> Simulator:
    return Simulator(seed=11, departments=2, days=8, receipts_per_day=10, **options)


def assert_sums_equal_books(warehouse: Warehouse, sim: Simulator) -> None:
    for table in FACTS:
        rows = warehouse.current(table)
        for column in SUMS:
            if all(row.get(column) is None for row in rows):
                continue  # receipt_payments has no cost, and old versions lack some fields
            mine = by_day_and_department(rows, column)
            for day in sim.books.days():
                key = (day["business_date"], day["department_id"])
                assert abs(mine.get(key, Decimal(0)) - number(day[column])) < TOLERANCE, (table, key, column)


def test_every_row_of_every_table(sim: Simulator) -> None:
    warehouse = Warehouse()
    result = run_tap(config_for(sim))
    assert result.code == 0
    warehouse.load(result)
    assert_equal_to_books(warehouse.current, sim)
    assert_sums_equal_books(warehouse, sim)
    assert sim.logins == sim.logouts == 1


def test_keys_are_unique_and_a_second_load_changes_nothing(sim: Simulator) -> None:
    first, second = run_tap(config_for(sim)), run_tap(config_for(sim))
    for table in (*FACTS, "products", "product_modifiers", "sync_log", "reconciliation"):
        keys = [(row["server_id"], row["id"]) for row in first.records(table)]
        assert len(keys) == len(set(keys)) > 0, table
    once, twice = Warehouse(), Warehouse()
    once.load(first)
    twice.load(first)
    twice.load(second)
    for table in FACTS:
        assert len(once.current(table)) == len(twice.current(table))
    assert_equal_to_books(twice.current, sim)


@pytest.mark.parametrize("reading", READINGS)
def test_every_reading_of_what_the_api_reference_leaves_open(reading: str) -> None:
    with small(readings=READINGS[reading]) as sim:
        warehouse = Warehouse()
        result = run_tap(config_for(sim))
        assert result.code == 0
        warehouse.load(result)
        assert_equal_to_books(warehouse.current, sim)
        (server,) = result.records("servers")
        assert (server["server_type"], server["server_name"]) == ("CHAIN", "Ресторанная группа «Маяк»")
        assert {row["proved"] for row in result.records("reconciliation")} == {True}
        assert (sim.logins, sim.logouts, sim.max_in_flight) == (1, 1, 1)


@pytest.mark.parametrize("edition", ["default", "chain"])
@pytest.mark.parametrize("fields", [279, 229])
def test_an_older_version_loads_what_it_has(fields: int, edition: str) -> None:
    with small(fields=fields, edition=edition, version="7.6.1000.0") as sim:
        warehouse = Warehouse()
        result = run_tap(config_for(sim))
        assert result.code == 0
        warehouse.load(result)
        assert_sums_equal_books(warehouse, sim)
        assert (sim.logins, sim.logouts, sim.max_in_flight) == (1, 1, 1)


@pytest.mark.parametrize("fields", [285, 279])
def test_no_column_splits_a_row(fields: int) -> None:
    """What is asked for beside a key says nothing that differs inside it: iiko's rows are ours, one for one."""
    with small(fields=fields) as sim:
        result = run_tap(config_for(sim, personal_data="load"), catalog=catalog_of(*SALES, "sync_log"))
        assert result.code == 0
        for table in SALES:
            assert {row["merged_rows"] for row in result.log(table)} == {0}, table
            assert not differences(result.records(table), sim.books.rows(table), table)
        assert any(row["delivery_delivery_comment"] for row in result.records("receipts"))
        assert any(row["cooking_public_external_data"] for row in result.records("receipt_items"))


def test_a_field_that_differs_inside_an_order_splits_no_receipt() -> None:
    """Rows of one key are merged without losing money, and counted."""
    with small(readings=Readings(line_dependent=frozenset({"OrderComment", "TableNum"}))) as sim:
        warehouse = Warehouse()
        result = run_tap(config_for(sim))
        assert result.code == 0
        warehouse.load(result)
        assert_sums_equal_books(warehouse, sim)
        books = {row["UniqOrderId.Id"]: row for row in sim.books.rows("receipts") if row["UniqOrderId.Id"]}
        mine = {row["id"]: row for row in warehouse.current("receipts") if row["id"] in books}
        assert mine.keys() == books.keys()
        assert all(row["guest_num"] == books[key]["GuestNum"] for key, row in mine.items())


@pytest.fixture
def chosen(sim: Simulator) -> tuple[Simulator, str]:
    """A chain of which one department is read."""
    return sim, sim.books.days()[0]["department_id"]


def test_departments_can_be_chosen(chosen: tuple[Simulator, str]) -> None:
    sim, department = chosen
    result = run_tap(config_for(sim, departments=[department]))
    assert result.code == 0
    for table in FACTS:
        assert {row["department_id"] for row in result.records(table)} == {department}
    truth = sum(number(day["dish_sum"]) for day in sim.books.days() if day["department_id"] == department)
    assert sum(number(row["dish_sum"]) for row in result.records("sales")) == truth


def test_guests_are_counted_once_per_order(sim: Simulator) -> None:
    result = run_tap(config_for(sim))
    column = column_of("receipts", "GuestNum")
    mine = by_day_and_department(result.records("receipts"), column)
    assert mine == {(day["business_date"], day["department_id"]): day["guests"] for day in sim.books.days()}
