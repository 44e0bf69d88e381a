"""One odd value costs that value, not the day: strict where it counts, lenient where it describes."""

from __future__ import annotations

import typing as t

import pytest

from support.other_iiko import SUMMED, OtherIiko
from support.other_ledger import D1, ORDER_1, config
from support.taps import run_tap
from support.truth import FACTS

# What an order's field holds, and what its column gets.
ODD = {
    "TableNum": ("12A", "receipts", "table_num", None),
    "SessionNum": (3.5, "receipts", "session_num", None),
    "GroupOrderNum": (2**70, "receipts", "group_order_num", None),
    "OpenTime": ("yesterday", "receipts", "open_time", None),
    "PrechequeTime": ({}, "receipts", "precheque_time", None),
    "Banquet": ("MAYBE", "receipts", "banquet", None),
    "Storned": ("MAYBE", "sales", "storned", None),
    "OrderComment": ({"text": "fast"}, "receipts", "order_comment", None),
    "Currencies.SumInCurrency": ({"RUB": 432.5}, "receipt_payments", "currencies_sum_in_currency", None),
    "VAT.Percent": ({"a": [1]}, "receipt_items", "vat_percent", None),
}


def offer(other: OtherIiko, field: str, value: t.Any) -> None:
    """Let every answer about the first day hold this value."""
    for line in other.lines:
        line.setdefault(field, 0 if field in SUMMED else None)
    other.bad_value = (ORDER_1, field, value)


@pytest.mark.parametrize("field", ODD)
def test_an_odd_value_is_null_and_told_once(other: OtherIiko, field: str, caplog: pytest.LogCaptureFixture) -> None:
    value, table, column, expected = ODD[field]
    offer(other, field, value)
    result = run_tap(config(other))
    assert result.code == 0
    assert {row["status"] for row in result.records("sync_log")} <= {"loaded", "empty"}
    rows = result.records(table)
    assert rows
    assert {row[column] for row in rows if row["business_date"] == D1.isoformat()} == {expected}
    told = [each for each in caplog.messages if f"column {column} (iiko: {field})" in each and f"{table}, " in each]
    assert len(told) == 1, "one warning for each table, column and run"
    assert str(value) in told[0].replace("Decimal('432.5')", "432.5")


@pytest.mark.parametrize(
    ("sent", "loaded"),
    [("00012", "00012"), (12, "12"), ([12, 13], "12, 13"), (["0012", None, 13], "0012, 13"), ([], "")],
)
def test_a_receipt_number_is_text_number_or_list(
    other: OtherIiko, sent: t.Any, loaded: str, caplog: pytest.LogCaptureFixture
) -> None:
    offer(other, "FiscalChequeNumber", sent)
    result = run_tap(config(other))
    assert result.code == 0
    by_order = {row["id"]: row["fiscal_cheque_number"] for row in result.records("receipts")}
    assert by_order[ORDER_1] == loaded
    assert "fiscal_cheque_number" not in caplog.text


def test_an_odd_value_in_a_list_costs_nothing_else(other: OtherIiko, caplog: pytest.LogCaptureFixture) -> None:
    other.lists["v2/entities/products/list"][0].update(defaultSalePrice={"KZT": 1}, barcodes=[{"barcode": "1"}])
    result = run_tap(config(other))
    assert result.code == 0
    (row,) = result.records("products")
    assert (row["default_sale_price"], row["name"]) == (None, "Капучино 300")
    assert "products, id " in caplog.text
    assert "default_sale_price" in caplog.text


def test_the_other_columns_of_such_rows_are_untouched(other: OtherIiko) -> None:
    offer(other, "TableNum", 12)
    before = run_tap(config(other))
    offer(other, "TableNum", {"odd": True})
    after = run_tap(config(other))
    for table in FACTS:
        rows = [
            [{**row, "synced_at": None, "table_num": None} for row in run.records(table)] for run in (before, after)
        ]
        assert rows[0] == rows[1]
