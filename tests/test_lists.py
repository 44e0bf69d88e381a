"""Whole tables: equal to the books, written only when they change, private where they tell of persons."""

from __future__ import annotations

import json
import typing as t

import pytest

from simulator import Readings, Simulator
from support.taps import config_for, run_tap
from support.truth import assert_equal_to_books, differences
from support.warehouse import Warehouse
from tap_iiko import tables

LISTS = (
    "payment_types",
    "discount_types",
    "order_types",
    "measure_units",
    "conceptions",
    "cooking_place_types",
    "allergen_groups",
    "accounts",
    "suppliers",
    "employees",
    "employee_roles",
    "product_scales",
    "product_sizes",
    "price_categories",
    "terminals",
    "replication_statuses",
    "attendance_types",
    "schedule_types",
    "olap_presets",
)
SIMULATED = {"personal_data": "load", "extra_tables": ["employee_salaries"]}


@pytest.mark.parametrize(
    "readings",
    [
        Readings(),
        Readings(suppliers_deleted="refused", no_exchange="nil", json_spacing="spaced", content_type="html"),
    ],
    ids=["usual", "other readings"],
)
def test_every_list_equals_the_books(readings: Readings) -> None:
    with Simulator(seed=7, departments=3, days=3, receipts_per_day=3, readings=readings) as sim:
        warehouse = Warehouse()
        result = run_tap(config_for(sim, **SIMULATED))
        warehouse.load(result)
        assert result.code == 0
        found = [name for name in LISTS if name != "suppliers" or readings.suppliers_deleted == "known"]
        assert_equal_to_books(warehouse.current, sim, (*found, "employee_salaries"))
        living = [row for row in sim.books.rows("suppliers") if not row["deleted"]]
        if readings.suppliers_deleted == "refused":
            assert not differences(warehouse.current("suppliers"), living, "suppliers")


REFERENCES = {
    ("receipt_payments", "pay_type_id"): "payment_types",
    ("receipts", "order_type_id"): "order_types",
    ("receipts", "order_waiter_id"): "employees",
    ("receipts", "cashier_id"): "employees",
    ("products", "main_unit_id"): "measure_units",
    ("products", "place_type_id"): "cooking_place_types",
    ("products", "product_scale_id"): "product_scales",
    ("receipt_items", "dish_size_id"): "product_sizes",
    ("receipt_items", "store_id"): "accounts",
    ("employees", "main_role_id"): "employee_roles",
    ("writeoffs", "account_id"): "accounts",
    ("writeoffs", "conception_id"): "conceptions",
    ("writeoff_items", "measure_unit_id"): "measure_units",
    ("replication_statuses", "department_id"): "departments",
}


def test_every_id_is_found_in_its_list(sim: Simulator) -> None:
    result = run_tap(config_for(sim, personal_data="load"))
    ids = {name: {row["id"] for row in result.records(name)} for name in set(REFERENCES.values())}
    for (table, column), name in REFERENCES.items():
        used = {row[column] for row in result.records(table)} - {None}
        assert used, (table, column)
        assert used <= ids[name], (table, column, used - ids[name])


def statuses(result: t.Any) -> dict[str, str]:
    return {row["stream"]: row["status"] for row in result.records("sync_log") if row["business_date"] is None}


def test_a_list_that_has_not_changed_is_not_written(sim: Simulator) -> None:
    warehouse = Warehouse()
    first = run_tap(config_for(sim))
    warehouse.load(first)
    second = run_tap(config_for(sim), first.state)
    warehouse.load(second)
    whole = {name for name, table in tables.catalogue().items() if table.partition == "whole" and not table.is_extra}
    assert {name for name, status in statuses(second).items() if status == "unchanged"} == whole
    assert not any(second.records(name) for name in whole)
    sim.business.rename_account()
    sim.business.add_role()
    sim.business.rename_supplier()
    third = run_tap(config_for(sim), second.state)
    warehouse.load(third)
    changed = {name for name, status in statuses(third).items() if status == "loaded"}
    assert changed == {"accounts", "employee_roles", "suppliers"}
    assert_equal_to_books(warehouse.current, sim, ("accounts", "employee_roles"))


def test_products_and_their_modifiers_are_written_together(sim: Simulator) -> None:
    """A modifier is current when it is as new as its product."""
    warehouse = Warehouse()
    first = run_tap(config_for(sim))
    warehouse.load(first)
    before = len(warehouse.current("product_modifiers"))
    sim.business.rename_dish()
    second = run_tap(config_for(sim), first.state)
    warehouse.load(second)
    assert len(warehouse.current("product_modifiers")) == before > 0
    assert statuses(second)["product_modifiers"] == "loaded"


PRIVATE = {
    name: {column.name for column in table.columns if column.private == "always"}
    for name, table in tables.catalogue().items()
}


@pytest.mark.parametrize("mode", ["drop", "hash", "load"])
def test_what_tells_of_persons_obeys_the_setting(sim: Simulator, mode: str) -> None:
    result = run_tap(config_for(sim, personal_data=mode, personal_data_key="a long secret"))
    rows = result.records("employees")
    told = {
        name: {row[name] for row in rows if name in row and not isinstance(row[name], dict)}
        for name in PRIVATE["employees"]
    }
    phones = {row["cellPhone"] for row in sim.books.rows("employees") if row.get("cellPhone")}
    assert phones
    assert bool(phones & told["cell_phone"]) == (mode == "load")
    if mode == "drop":
        assert all(values <= {None} for values in told.values())
    if mode == "hash":
        assert {len(each) for each in told["cell_phone"] - {None}} == {64}
        assert told["birthday"] <= {None}
    text = result.output.decode()
    assert ("example.org" in text) == (mode == "load")
    assert "a long secret" not in text + json.dumps(result.state)
    assert all(not row["additional_info"] for row in rows), "nothing private slips in there"


def test_the_same_person_has_the_same_hash_in_every_table_and_run(sim: Simulator) -> None:
    first, second = (
        run_tap(config_for(sim, personal_data="hash", personal_data_key=key)) for key in ("one", "another")
    )
    both = sim.ledger.ids("supplier", "both")

    def hash_of(result: t.Any, table: str) -> t.Any:
        return next(row["taxpayer_id_number"] for row in result.records(table) if row["id"] == both)

    assert hash_of(first, "suppliers") == hash_of(first, "employees")
    assert hash_of(first, "suppliers") != hash_of(second, "suppliers")


def test_the_tax_number_of_a_firm_is_no_personal_data(sim: Simulator) -> None:
    rows = {row["id"]: row["taxpayer_id_number"] for row in run_tap(config_for(sim)).records("suppliers")}
    books = {row["id"]: row for row in sim.books.rows("suppliers")}
    assert rows[sim.ledger.ids("supplier", "both")] is None, "a person"
    firms = [key for key, row in books.items() if row["taxpayerIdNumber"] and not row["employee"]]
    assert firms
    assert all(rows[key] == books[key]["taxpayerIdNumber"] for key in firms)


def test_hashes_need_a_key(sim: Simulator) -> None:
    with pytest.raises(Exception, match="Config validation failed") as error:
        run_tap(config_for(sim, personal_data="hash"))
    assert "personal_data_key is missing" in str(error.value.errors)  # type: ignore[attr-defined]


def test_extra_tables_are_read_only_when_they_are_named(sim: Simulator) -> None:
    usual, named = run_tap(config_for(sim)), run_tap(config_for(sim, extra_tables=["employee_salaries"]))
    assert not usual.records("employee_salaries")
    assert not any(m.get("stream") == "employee_salaries" for m in usual.messages)
    assert named.records("employee_salaries")
    with pytest.raises(Exception, match="Config validation failed") as error:
        run_tap(config_for(sim, extra_tables=["salaries"]))
    assert "did you mean employee_salaries?" in str(error.value.errors)  # type: ignore[attr-defined]


def test_a_missing_right_skips_its_tables_and_no_other() -> None:
    rights = Readings(missing_rights=frozenset({"B_EMP", "B_ADM"}))
    with Simulator(seed=7, departments=1, days=2, receipts_per_day=2, readings=rights) as sim:
        result = run_tap(config_for(sim))
    assert result.code == 0
    skipped = {name for name, status in statuses(result).items() if status == "skipped"}
    assert skipped == {table.name for table in tables.catalogue().values() if table.right == "B_EMP"} - {
        "employee_salaries"
    }
    (server,) = result.records("servers")
    assert server["vat_accounting"] is None


def test_a_list_of_a_chain_is_not_asked_for_elsewhere() -> None:
    with Simulator(seed=7, departments=1, days=2, receipts_per_day=2, edition="default") as sim:
        result = run_tap(config_for(sim))
        assert result.code == 0
        assert statuses(result)["replication_statuses"] == "skipped"
        assert not [record for record in sim.log if record.path.endswith("replication/statuses")]


def test_an_old_server_lacks_some_types_and_has_the_others() -> None:
    with Simulator(seed=7, departments=1, days=2, receipts_per_day=2, version="6.3.1.0", fields=229) as sim:
        result = run_tap(config_for(sim))
        assert result.code == 0
        found = statuses(result)
        lacking = {"order_types", "conceptions", "cooking_place_types", "allergen_groups", "price_categories"}
        assert {name for name, status in found.items() if status == "skipped"} >= lacking
        assert found["payment_types"] == found["measure_units"] == "loaded"


def test_a_list_that_stays_short_for_three_days_is_believed(sim: Simulator) -> None:
    first = run_tap(config_for(sim))
    sim.served.lists.accounts = list  # type: ignore[method-assign]
    second = run_tap(config_for(sim), first.state)
    assert statuses(second)["accounts"] == "suspicious"
    state = second.state
    (partition,) = state["bookmarks"]["accounts"]["partitions"]
    assert "content" not in partition
    partition["doubted"] = ["2026-01-01", "2026-01-02"]
    third = run_tap(config_for(sim), state)
    assert statuses(third)["accounts"] == "empty"
    assert "doubted" not in third.state["bookmarks"]["accounts"]["partitions"][0]
