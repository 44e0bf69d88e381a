"""The simulator's invoices: XML as servers send it, equal to the books, and what happens to them (3.8.1, 3.8.2)."""

from __future__ import annotations

import datetime
import typing as t
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest

from simulator import Simulator
from simulator.world.stock_changes import DOCUMENT_KINDS
from support.api_user import LAST_DAY, Iiko, with_readings

if t.TYPE_CHECKING:
    from collections.abc import Iterator

Row = dict[str, t.Any]
FAMILIES = {"incoming": "incoming_invoice", "outgoing": "outgoing_invoice"}
AHEAD = datetime.timedelta(days=365)
NUMBERS = {"price", "priceWithoutVat", "sum", "discountSum", "vatPercent", "vatSum", "amount", "actualAmount"}
CHANGES = [kind for kind in DOCUMENT_KINDS if kind.endswith("_invoice")]


@pytest.fixture(scope="module")
def iiko() -> Iterator[Iiko]:
    """A small group with two months of documents, which nobody changes."""
    sim = Simulator(seed=5, departments=2, days=60, receipts_per_day=1, last_day=LAST_DAY)
    with sim, Iiko(sim) as user:
        yield user


@pytest.fixture
def changing() -> Iterator[Iiko]:
    sim = Simulator(seed=5, departments=2, days=16, receipts_per_day=1, last_day=LAST_DAY)
    with sim, Iiko(sim) as user:
        yield user


def text(iiko: Iiko, kind: str, first: t.Any = None, last: t.Any = None, **params: t.Any) -> str:
    days = {
        "from": str(first or iiko.sim.first_day - datetime.timedelta(days=9)),
        "to": str(last or iiko.sim.last_day + AHEAD),
    }
    answer = iiko.get(f"documents/export/{kind}Invoice", **days, **params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/xml;charset=UTF-8"
    return answer.text


def documents(iiko: Iiko, kind: str, *days: t.Any, **params: t.Any) -> list[Row]:
    """Documents as rows of texts, their lines in ``items``."""
    root = ET.fromstring(text(iiko, kind, *days, **params))
    assert root.tag == f"{kind}InvoiceDtoes"
    assert {each.tag for each in root} <= {"document"}
    return [
        {each.tag: each.text or "" for each in node if each.tag != "items"}
        | {"items": [{each.tag: each.text or "" for each in item} for item in node.findall("items/item")]}
        for node in root
    ]


def truth(sim: Simulator, kind: str) -> list[Row]:
    """The books in the same form."""
    found = {row["id"]: row | {"items": []} for row in sim.books.rows(f"{kind}_invoices")}
    for line in sim.books.rows(f"{kind}_invoice_items"):
        found[line["../id"]]["items"].append(line)
    return list(found.values())


def assert_told(shown: Row, true: Row) -> None:
    """Each element is in the books, and each value of the books that is not null is an element."""
    told = {name: value for name, value in true.items() if name[0] not in "(.#" and value is not None}
    assert shown.keys() - {"dueDate"} == told.keys() - {"dueDate"}
    for name, value in shown.items():
        if name in NUMBERS:
            assert Decimal(value) == told[name], name
        elif name == "items":
            for one, other in zip(value, told[name], strict=True):
                assert_told(one, other)
        elif name == "dueDate":
            assert value == (told.get(name) or "null")
        else:
            right = told[name]
            assert value.removesuffix("+03:00") == (str(right).lower() if isinstance(right, bool) else str(right)), name


@pytest.mark.parametrize("kind", FAMILIES)
def test_invoices_and_lines_are_the_books(iiko: Iiko, kind: str) -> None:
    rows, true = documents(iiko, kind), truth(iiko.sim, kind)
    assert len(rows) == len(true)
    for row, right in zip(rows, true, strict=True):
        assert_told(row, right)
    assert {row["status"] for row in rows} == {"NEW", "PROCESSED", "DELETED"}


def test_about_three_purchases_a_week_in_each_department(iiko: Iiko) -> None:
    assert 60 * 2 / 7 * 2 < len(documents(iiko, "incoming")) < 60 * 2 / 7 * 4


def test_purchases_have_the_traps_of_real_ones(iiko: Iiko) -> None:
    rows = documents(iiko, "incoming")
    lines = [line for row in rows for line in row["items"]]
    nums = [[line["num"] for line in row["items"]] for row in rows]
    assert any(len(set(each)) < len(each) for each in nums), "a number repeats"
    assert any(sorted(each) != each for each in nums), "lines in no order"
    assert any(len(each) == 1 for each in nums), "a single line"
    assert {"dateIncoming" in row for row in rows} == {True, False}
    assert {len(row["incomingDate"]) for row in rows} == {10, 19}
    dues = {row["dueDate"] for row in rows}
    assert "null" in dues
    assert {len(due) for due in dues - {"null"}} == {10, 19}
    for name in ("product", "containerId", "supplierProduct", "producer"):
        assert {name in line for line in lines} == {True, False}, name
    expenses = [line for line in lines if line["isAdditionalExpense"] == "true"]
    assert expenses
    assert not any("product" in line for line in expenses)
    assert {line["vatPercent"] for line in lines} >= {"0", "20"}
    assert any(Decimal(line["discountSum"]) for line in lines)
    assert {"supplier" in row for row in rows} == {True, False}
    xml = text(iiko, "incoming")
    assert "<invoice/>" in xml
    assert "<comment></comment>" in xml


def test_digits_of_numbers(iiko: Iiko) -> None:
    line = documents(iiko, "incoming")[0]["items"][0]
    digits = {name: len(line[name].partition(".")[2]) for name in NUMBERS}
    assert digits == {
        "price": 9,
        "priceWithoutVat": 9,
        "amount": 3,
        "actualAmount": 3,
        "sum": 2,
        "discountSum": 2,
        "vatSum": 2,
        "vatPercent": 0,
    }


def test_a_line_is_price_times_amount(iiko: Iiko) -> None:
    boxes = {
        box["id"]: box["count"]
        for product in iiko.json("v2/entities/products/list", includeDeleted="true")
        for box in product["containers"]
    }
    for kind in FAMILIES:
        for line in (line for row in documents(iiko, kind) for line in row["items"]):
            count = boxes[line["containerId"]] if kind == "incoming" and "containerId" in line else 1
            whole = Decimal(line["price"]) * Decimal(line["amount"]) / count
            assert abs(whole - Decimal(line["sum"]) - Decimal(line["discountSum"])) <= Decimal("0.01")


def test_every_id_is_in_its_list(iiko: Iiko) -> None:
    lists = {
        "incoming": {"supplier": "suppliers", "defaultStore": "stores", "conception": "conceptions"},
        "outgoing": {"counteragentId": "suppliers", "defaultStoreId": "stores", "accountToId": "accounts"},
    }
    for kind, names in lists.items():
        for name, table in names.items():
            found = {row.get(name) for row in documents(iiko, kind)} - {None}
            assert set() < found <= {row["id"] for row in iiko.sim.books.rows(table)}, name
    known = {row["id"] for row in iiko.sim.books.rows("products")}
    assert {line.get("product") for row in documents(iiko, "incoming") for line in row["items"]} - {None} <= known


def test_the_days_of_a_range_belong_to_it(iiko: Iiko) -> None:
    for kind in FAMILIES:
        day = truth(iiko.sim, kind)[1]["(day)"]
        asked = [row["id"] for row in documents(iiko, kind, day, day)]
        assert asked == [row["id"] for row in truth(iiko.sim, kind) if row["(day)"] == day]
    assert text(iiko, "incoming", "2020-01-01", "2020-01-31").endswith("<incomingInvoiceDtoes/>")


def test_one_is_dated_ahead(iiko: Iiko) -> None:
    for kind in FAMILIES:
        (row,) = documents(iiko, kind, iiko.sim.last_day + datetime.timedelta(days=1))
        assert row["status"] == "NEW"


def test_purchases_of_some_suppliers(iiko: Iiko) -> None:
    rows = documents(iiko, "incoming")
    wanted = sorted({row["supplier"] for row in rows if "supplier" in row})[:2]
    found = documents(iiko, "incoming", supplierId=[wanted[0], wanted[1].upper()])
    assert found == [row for row in rows if row.get("supplier") in wanted] != rows


@pytest.mark.parametrize(
    ("params", "status", "words"),
    [
        ({}, 400, "from"),
        ({"from": "2026-05-01"}, 400, "to"),
        ({"from": "01.05.2026", "to": "02.05.2026"}, 409, "01.05.2026"),
        ({"from": "yesterday", "to": "2026-05-02"}, 400, "yesterday"),
    ],
)
def test_a_wrong_request_is_refused_by_name(iiko: Iiko, params: Row, status: int, words: str) -> None:
    for kind in FAMILIES:
        refused = iiko.get(f"documents/export/{kind}Invoice", **params)
        assert (refused.status_code, words in refused.text) == (status, True)


@pytest.mark.parametrize(
    "readings",
    [
        {"incoming_dates": "date", "outgoing_dates": "date", "no_due_date": "absent"},
        {"undated_documents": True, "outgoing_dates": "naive", "deleted_documents": "hidden"},
        {"invoice_decimals": "nine", "invoice_sums": "without_vat", "element_order": "reversed"},
    ],
    ids=["dates", "no dates", "nine digits"],
)
def test_every_reading_equals_the_books(readings: Row) -> None:
    sim = with_readings(**readings)
    for family in FAMILIES.values():
        sim.business.do(f"add_{family}", count=15)
    with sim, Iiko(sim) as user:
        for kind in FAMILIES:
            for row, right in zip(documents(user, kind), truth(sim, kind), strict=True):
                dues = {"dueDate": "null"} if "no_due_date" in readings and "dueDate" not in row else {}
                assert_told(row | dues, right)
        first = documents(user, "incoming")[0]
        if "invoice_decimals" in readings:
            assert list(first)[-2] == "id"
            assert {len(first["items"][0][name].partition(".")[2]) for name in NUMBERS} == {9}
        if "undated_documents" in readings:
            dates = [{"dateIncoming", "incomingDate"} & row.keys() for row in documents(user, "incoming")]
            assert set() in dates
        if "incoming_dates" in readings:
            assert len(first["incomingDate"]) == 10 or "dateIncoming" in first
            assert "<dueDate>null</dueDate>" not in text(user, "incoming")


def test_the_last_day_of_sales_belongs_to_the_range_or_not() -> None:
    with with_readings(outgoing_end="exclusive") as sim, Iiko(sim) as user:
        day = truth(sim, "outgoing")[0]["(day)"]
        after = datetime.date.fromisoformat(day) + datetime.timedelta(days=1)
        assert not documents(user, "outgoing", day, day)
        assert documents(user, "outgoing", day, after)


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_concerns_one_invoice_and_the_days_it_tells(changing: Iiko, kind: str) -> None:
    family = kind.partition("_")[2].partition("_")[0]
    before = {row["id"]: row for row in truth(changing.sim, family)}
    revision = changing.sim.ledger.revision
    touched = changing.sim.business.do(kind)
    after = {row["id"]: row for row in truth(changing.sim, family)}
    (changed,) = (key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    assert touched["documents"] == [changed]
    assert touched["days"] == sorted({each[changed]["(day)"] for each in (before, after) if changed in each})
    assert max(touched["days"]) < changing.sim.last_day.isoformat(), "a closed day"
    assert [row["id"] for row in documents(changing, family, revisionFrom=revision)] == [changed]
    if kind.startswith("edit"):
        was, now = before[changed], after[changed]
        assert {name for name in was if was[name] != now[name]} == {"comment"}
    if kind.startswith("move"):
        assert len(after[changed]["items"]) == len(before[changed]["items"]) - 1
        assert len(touched["days"]) == 2


def test_a_large_answer_on_demand(changing: Iiko) -> None:
    changing.sim.business.do("add_incoming_invoice", day="2026-05-10", count=3, lines=400)
    rows = documents(changing, "incoming", "2026-05-10", "2026-05-10")
    assert sum(len(row["items"]) >= 400 for row in rows) == 3
