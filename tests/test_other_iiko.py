"""The tap against a second, independent implementation of the API that reads every [guess] the other way."""

from __future__ import annotations

import copy
from decimal import Decimal

import hypothesis.strategies as st
import pytest
from hypothesis import example, given, settings

from support.other_iiko import OtherIiko
from support.other_ledger import CARD, CASH, D1, D2, DISH, LISTS, ORDER_1, ORDER_2, STORE, SYRUP, config, ledger, line
from support.taps import Record, Result, run_tap
from support.truth import FACTS
from support.warehouse import Warehouse


def revenue(result: Result, stream: str, column: str = "dish_discount_sum") -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for row in result.records(stream):
        day = row["business_date"]
        sums[day] = sums.get(day, Decimal(0)) + Decimal(row[column] or 0)
    return {day: round(value, 6) for day, value in sums.items()}


def test_all_tables_add_up_to_the_ledger(other: OtherIiko) -> None:
    result = run_tap(config(other))
    assert result.code == 0
    gross = {D1.isoformat(): Decimal("1041.035"), D2.isoformat(): Decimal(-240)}
    net = {D1.isoformat(): Decimal("801.035"), D2.isoformat(): Decimal(-240)}
    for stream in FACTS:
        assert revenue(result, stream) == net, stream
        assert revenue(result, stream, "dish_sum") == gross, stream
    assert {row["proved"] for row in result.records("reconciliation")} == {True}
    assert other.logins == other.logouts == 1


def test_rows_mean_what_iiko_means(other: OtherIiko) -> None:
    result = run_tap(config(other))
    first = next(row for row in result.records("receipts") if row["id"] == ORDER_1)
    assert first["department"] == "Бистро на Лесной"
    assert first["open_time"] == f"{D1}T13:12:44.120000"
    assert (first["guest_num"], first["storned"], first["source_receipt_id"]) == (2, False, None)
    assert first["fiscal_cheque_number"] == "101, 102"
    (server,) = result.records("servers")
    assert server["server_type"] == "STANDALONE_RMS"
    assert {row["currencies_sum_in_currency"] for row in result.records("receipt_payments")} == {None}
    refund = next(row for row in result.records("receipts") if row["id"] == ORDER_2)
    assert (refund["storned"], refund["source_receipt_id"], refund["dish_return_sum"]) == (True, ORDER_1, 240)
    without_order = next(row for row in result.records("receipts") if row["id"] not in {ORDER_1, ORDER_2})
    assert without_order["dish_sum"] == 300
    assert without_order["id"] in {row["receipt_id"] for row in result.records("receipt_items")}
    syrup = next(row for row in result.records("receipt_items") if row["dish_id"] == SYRUP)
    assert syrup["dish_amount"] == Decimal("0.35")
    assert syrup["sold_with_item_id"] == f"e81c6d3e-0d55-4bfb-9f10-{1:012}"
    assert {row["pay_type"] for row in result.records("receipt_payments") if row["receipt_id"] == ORDER_1} == {
        "Наличные",
        "Visa",
    }


def test_reference_tables_take_older_spellings_and_keep_what_is_new(other: OtherIiko) -> None:
    result = run_tap(config(other))
    (product,) = result.records("products")
    assert (product["name"], product["default_included_in_menu"], product["unit_weight"]) == (
        "Капучино 300",
        True,
        Decimal("0.3"),
    )
    assert product["additional_info"] == {"brandNew": {"x": 1}}
    modifiers = {row["path"]: row for row in result.records("product_modifiers")}
    assert list(modifiers) == ["0", "1", "1.0"]
    assert modifiers["1.0"]["parent_id"] == modifiers["1"]["id"]
    assert (modifiers["1.0"]["modifier_id"], modifiers["1.0"]["group_modifier_id"]) == (SYRUP, STORE)
    (category,) = result.records("categories")
    assert (category["category_type"], category["vat_percent"]) == ("tax", 20)
    (department,) = result.records("departments")
    assert department["jur_person_additional_properties"] == {"iban": "KZ1"}
    assert [row["status"] for row in result.log("product_groups")] == ["empty"]


def test_an_old_server_without_line_ids_loses_no_money(other: OtherIiko) -> None:
    for each in other.lines:
        del each["ItemSaleEvent.Id"]
    result = run_tap(config(other))
    assert result.code == 0
    assert revenue(result, "receipt_items") == revenue(result, "receipts")
    ids = [row["id"] for row in result.records("receipt_items")]
    assert len(set(ids)) == len(ids)


TWO_DISCOUNTS = [
    {"ItemSaleEventDiscountType": "Карта гостя", "DiscountSum": "24", "IncreaseSum": 0},
    {"ItemSaleEventDiscountType": "Обслуживание", "DiscountSum": 0, "IncreaseSum": "45.6"},
]


@pytest.mark.parametrize("has_line_ids", [True, False])
def test_discounts_of_a_line_are_rows_and_add_up(other: OtherIiko, *, has_line_ids: bool) -> None:
    """Lines without one have no row here (the simulator has them with a blank type), some lines no id."""
    for each in (other.lines[0], other.lines[3]):
        each |= {"DiscountSum": 24, "IncreaseSum": "45.6", "Discounts": TWO_DISCOUNTS}
    for each in other.lines:
        if not has_line_ids:
            del each["ItemSaleEvent.Id"]
    result = run_tap(config(other))
    assert result.code == 0
    assert {row["status"] for row in result.log("receipt_item_discounts")} == {"loaded", "empty"}
    rows = result.records("receipt_item_discounts")
    assert len({row["id"] for row in rows}) == len(rows) == 4
    assert {(row["discount_type"], row["discount_sum"], row["increase_sum"]) for row in rows} == {
        ("Карта гостя", 24, 0),
        ("Обслуживание", 0, Decimal("45.6")),
    }
    lines = {row["id"] for row in result.records("receipt_items")}
    assert {row["receipt_item_id"] in lines for row in rows} == {has_line_ids}
    assert {row["receipt_id"] for row in rows} <= {row["id"] for row in result.records("receipts")}
    compared = [row for row in result.records("reconciliation") if row["receipt_item_discounts"] is not None]
    assert {row["metric"] for row in compared} == {"discount_sum", "increase_sum"}
    assert {row["proved"] for row in result.records("reconciliation")} == {True}


def test_a_changed_day_is_found_and_a_vanished_order_is_gone(other: OtherIiko) -> None:
    warehouse = Warehouse()
    settings = config(other, reread_days=0)
    first = run_tap(settings)
    warehouse.load(first)
    other.lines[:] = [each for each in other.lines if each["UniqOrderId.Id"] != ORDER_2]
    other.reports.clear()
    second = run_tap(settings, first.state)
    warehouse.load(second)
    asked = {report["filters"]["OpenDate.Typed"]["from"][:10] for report in other.reports[1:]}
    assert D1.isoformat() not in asked
    assert ORDER_2 not in {row["id"] for row in warehouse.current("receipts")}
    assert ORDER_1 in {row["id"] for row in warehouse.current("receipts")}


BAD = {
    "DishAmountInt": ("abc", "dish_amount"),
    "DishDiscountSumInt": ({"RUB": 432.5}, "dish_discount_sum"),
    "Department.Id": ({"a": 1}, "department_id"),
    "GuestNum": ({"a": 1}, "guest_num"),
}


@pytest.mark.parametrize("field", BAD)
def test_a_bad_value_is_named_by_stream_day_and_column(
    other: OtherIiko, field: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It never reaches the database, whose own message would say neither."""
    value, column = BAD[field]
    other.bad_value = (ORDER_2, field, value)
    result = run_tap(config(other))
    assert result.code == 1
    failed = [row for row in result.records("sync_log") if row["status"] == "failed"]
    assert {row["business_date"] for row in failed} == {D2.isoformat()}
    said = failed[0]["message"]
    assert column in said
    assert D2.isoformat() in said
    assert any(stream in said for stream in FACTS)
    assert not [row for stream in FACTS for row in result.records(stream) if row["business_date"] == D2.isoformat()]
    assert [row for row in result.records("receipts") if row["business_date"] == D1.isoformat()]


def test_text_is_safe_for_postgres(other: OtherIiko) -> None:
    """NUL characters end a load in PostgreSQL; wide text does not."""
    wide = "☕" * 20_000
    for each in other.lines:
        each["OrderComment"] = f" a\x00b {wide} "
    result = run_tap(config(other))
    assert result.code == 0
    comments = {row["order_comment"] for row in result.records("receipts")}
    assert comments == {f"ab {wide}"}
    assert b"\\u0000" not in result.output


# A history of this other iiko: what happens, and to which line.
MUTATIONS = ("lose", "delete", "reprice", "pay_otherwise", "cost", "add", "guests")
mutations = st.lists(st.tuples(st.sampled_from((*MUTATIONS, "run")), st.integers(0, 100)), max_size=10)


def mutate(other: OtherIiko, kind: str, number: int) -> None:
    """Change one line of the ledger in place."""
    if kind == "add" or not other.lines:
        day = (D1, D2)[number % 2]
        order = f"0f7b6a55-2a4c-4e0b-8d7a-{number:012}"
        other.lines.append(line(1000 + next(other.numbers), order, day, DISH, "1.125", "99.99"))
        return
    place = number % len(other.lines)
    old = other.lines[place]
    changes: dict[str, Record] = {
        "delete": {"DeletedWithWriteoff": "DELETED_WITHOUT_WRITEOFF", "DishDiscountSumInt": 0},
        "reprice": {
            "DishSumInt": Decimal("77.77"),
            "DishDiscountSumInt": Decimal("70.07"),
            "DiscountSum": Decimal("7.7"),
            "Discounts": [{"ItemSaleEventDiscountType": "Карта гостя", "DiscountSum": "7.7"}],
        },
        "pay_otherwise": {"Payments": [("0.3", CARD), ("0.7", CASH)]},
        "cost": {"ProductCostBase.ProductCost": str(number + 1)},
        "guests": {},
    }
    if kind == "lose":
        del other.lines[place]
    elif kind == "guests":
        for each in other.lines:
            if each["UniqOrderId.Id"] == old["UniqOrderId.Id"]:
                each["GuestNum"] += 1
    else:
        other.lines[place] = {**old, **changes[kind]}


@settings(max_examples=40, deadline=None)
@given(history=mutations)
@example(history=[("run", 0), *[("lose", 0)] * 5])
def test_any_history_ends_in_the_ledger(history: list[tuple[str, int]]) -> None:
    with OtherIiko(ledger(), lists=copy.deepcopy(LISTS)) as other:
        warehouse, state = Warehouse(), None
        for kind, number in [*history, ("run", 0)]:
            if kind == "run":
                result = run_tap(config(other, reread_days=0), state)
                assert result.code == 0
                warehouse.load(result)
                state = result.state
            else:
                mutate(other, kind, number)
        lines = {each["ItemSaleEvent.Id"]: each for each in other.lines}
        current = {row["id"]: row for row in warehouse.current("receipt_items")}
        assert current.keys() == lines.keys()
        for key, row in current.items():
            assert round(row["dish_sum"], 6) == round(lines[key]["DishSumInt"], 6)
            assert round(row["product_cost"], 6) == round(Decimal(lines[key]["ProductCostBase.ProductCost"]), 6)
            assert row["deleted_with_writeoff"] == lines[key]["DeletedWithWriteoff"]
        paid = sum((Decimal(row["dish_sum"]) for row in warehouse.current("receipt_payments")), Decimal(0))
        sold = sum((Decimal(str(each["DishSumInt"])) for each in other.lines), Decimal(0))
        assert abs(paid - sold) < Decimal("0.0001")
        orders = {each["UniqOrderId.Id"]: each for each in other.lines if each["UniqOrderId.Id"]}
        guests = {row["id"]: row["guest_num"] for row in warehouse.current("receipts") if row["id"] in orders}
        assert guests.keys() == orders.keys()
        other.reports.clear()
        quiet = run_tap(config(other, reread_days=0), state)
        assert len(other.reports) == 1, "a quiet night costs the probe"
        assert not quiet.records("receipt_items")
