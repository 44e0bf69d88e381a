"""Documents of the second iiko: rows by hand, late changes, and what makes real answers hard to read."""

from __future__ import annotations

import datetime
import typing as t
from decimal import Decimal

import pytest

from support.catalogs import catalog_of
from support.other_documents import EXCLUSIVE, INCOMING, OPERATIONS, OUTGOING, TRANSFERS, WRITEOFFS, OtherDocuments
from support.other_ledger import D1, D2, config
from support.taps import Result, run_tap
from support.warehouse import Warehouse

if t.TYPE_CHECKING:
    from support.other_iiko import OtherIiko

TABLES = (
    *("incoming_invoices", "incoming_invoice_items", "outgoing_invoices", "outgoing_invoice_items"),
    *("internal_transfers", "internal_transfer_items", "writeoffs", "writeoff_items", "store_documents"),
)
CATALOG = catalog_of(*TABLES, "sync_log")
TODAY = datetime.datetime.now(datetime.UTC).date()
SOON = TODAY + datetime.timedelta(days=40)
Row = dict[str, t.Any]

pytestmark = pytest.mark.usefixtures("no_waiting")


def uuid(number: int) -> str:
    return f"9a7b0000-0000-4000-8000-{number:012}"


@pytest.fixture
def documents(other: OtherIiko) -> OtherDocuments:
    return OtherDocuments(other)


def load(other: OtherIiko, warehouse: Warehouse, state: t.Any = None, days: int = 20) -> Result:
    start = (TODAY - datetime.timedelta(days=days)).isoformat()
    result = run_tap(config(other, start_date=start, timezone="UTC"), state, CATALOG)
    warehouse.load(result)
    return result


def invoice(number: int, **more: t.Any) -> Row:
    lines = [{"num": 1, "product": uuid(31), "amount": "1.000", "sum": "10.50"}]
    return {"id": uuid(number), "status": "PROCESSED", "items": {"item": lines}, **more}


def values(row: Row, *names: str) -> tuple[t.Any, ...]:
    return tuple(row[name] for name in names)


# Rows by hand


def test_incoming_invoices_are_as_they_were_written_by_hand(other: OtherIiko, documents: OtherDocuments) -> None:
    lines = [
        {
            "num": 2,
            "product": uuid(31),
            "vatPercent": "20",
            "sum": "1140.00",
            "amount": "12.000",
            "price": "95.123456789",
        },
        {
            "num": 1,
            "productId": uuid(32).upper(),
            "ndsPercent": "10.000000000",
            "storeId": uuid(9),
            "sum": "0.000000000",
        },
        {"num": 2, "product": None, "isAdditionalExpense": "true", "sum": "350.5", "code": "", "container": "x"},
    ]
    documents.add(
        INCOMING,
        D1,
        {
            "status": "NEW",
            "dueDate": "null",
            "incomingDate": f"{D1}T00:00:00",
            "dateIncoming": f"{D1}T23:59:59.5+03:00",
            "supplier": uuid(62),
            "defaultStore": "null",
            "invoice": "",
            "conception": None,
            "comment": " акт & печать ",
            "items": {"item": lines},
            "id": uuid(1).upper(),
        },
    )
    documents.add(INCOMING, D2, {"id": uuid(2), "dateIncoming": D2, "dueDate": D2, "items": {"item": lines[:1]}})
    documents.add(INCOMING, D2, {"id": uuid(3), "incomingDate": D2, "items": {}})
    result = load(other, Warehouse())
    assert result.code == 0
    one, two, three = sorted(result.records("incoming_invoices"), key=lambda row: str(row["id"]))
    assert values(one, "id", "business_date", "date_incoming") == (uuid(1), f"{D1}", f"{D1}T23:59:59.500000")
    assert values(one, "due_date", "default_store_id", "conception_id", "invoice") == (None, None, None, "")
    assert values(one, "status", "comment", "supplier_id") == ("NEW", "акт & печать", uuid(62))
    assert values(two, "business_date", "due_date", "status") == (f"{D2}", f"{D2}T00:00:00.000000", None)
    assert values(three, "business_date", "date_incoming", "incoming_date") == (f"{D2}", None, f"{D2}T00:00:00.000000")
    first, second, third, single = result.records("incoming_invoice_items")
    assert values(first, "num", "num_occurrence", "vat_percent", "price") == (2, 0, 20, Decimal("95.123456789"))
    assert values(second, "num", "product_id", "vat_percent", "store_id") == (1, uuid(32), 10, uuid(9))
    assert values(third, "num", "num_occurrence", "product_id", "sum") == (2, 1, None, Decimal("350.5"))
    assert values(third, "is_additional_expense", "code", "additional_info") == (True, "", {"container": "x"})
    assert values(single, "document_id", "business_date", "num") == (uuid(2), f"{D2}", 2)
    assert len({row["id"] for row in (first, second, third, single)}) == 4


def test_outgoing_invoices_are_as_they_were_written_by_hand(other: OtherIiko, documents: OtherDocuments) -> None:
    """An offset keeps the day of the clock on the wall, and the last day of the range is not left out."""
    line = {"productId": uuid(31), "amount": "2.000000000", "sum": "2000.000000000", "priceWithoutNds": "1.5"}
    late = {"id": uuid(1), "dateIncoming": f"{D1}T23:30:00+12:00", "counteragentId": uuid(62), "comment": ""}
    documents.add(OUTGOING, D1, {**late, "items": {"item": [line, line]}})
    documents.add(OUTGOING, D2, {"id": uuid(2), "dateIncoming": D2, "items": {"item": line}, "counteragentId": "null"})
    documents.add(OUTGOING, TODAY, {"id": uuid(3), "dateIncoming": f"{TODAY}T00:00:00", "items": ""})
    result = load(other, Warehouse())
    one, two, three = sorted(result.records("outgoing_invoices"), key=lambda row: str(row["id"]))
    assert values(one, "business_date", "date_incoming") == (f"{D1}", f"{D1}T23:30:00.000000")
    assert values(two, "business_date", "counteragent_id") == (f"{D2}", None)
    assert three["business_date"] == f"{TODAY}"
    lines = sorted(result.records("outgoing_invoice_items"), key=lambda row: (row["document_id"], row["position"]))
    assert [values(each, "document_id", "position") for each in lines] == [(uuid(1), 0), (uuid(1), 1), (uuid(2), 0)]
    assert {values(each, "sum", "price_without_vat") for each in lines} == {(2000, Decimal("1.5"))}
    assert len({row["id"] for row in lines}) == 3, "equal lines are two"


def test_transfers_are_as_they_were_written_by_hand(other: OtherIiko, documents: OtherDocuments) -> None:
    moved = {"num": 1, "productId": uuid(31), "amount": 0.000000001, "cost": None, "measureUnitId": uuid(4)}
    document = {"id": uuid(1), "storeFromId": uuid(9), "storeToId": uuid(10), "items": [moved, {**moved, "amount": 2}]}
    documents.add(TRANSFERS, D1, {**document, "dateIncoming": f"{D1}T10:15"})
    documents.add(TRANSFERS, D2, {"id": uuid(2), "dateIncoming": f"{D2}T00:00:00.001", "items": []})
    result = load(other, Warehouse())
    one, two = sorted(result.records("internal_transfers"), key=lambda row: str(row["id"]))
    assert values(one, "business_date", "store_from_id", "store_to_id") == (f"{D1}", uuid(9), uuid(10))
    assert values(two, "business_date", "date_incoming") == (f"{D2}", f"{D2}T00:00:00.001000")
    lines = [
        values(each, "num", "num_occurrence", "amount", "cost") for each in result.records("internal_transfer_items")
    ]
    assert lines == [(1, 0, Decimal("0.000000001"), None), (1, 1, 2, None)]


def test_store_documents_are_as_they_were_written_by_hand(other: OtherIiko, documents: OtherDocuments) -> None:
    dotted = f"{D1:%d.%m.%Y}"
    counted = {
        "documentId": uuid(1),
        "documentType": "INCOMING_INVENTORY",
        "type": "INVENTORY_CORRECTION",
        "date": dotted,
    }
    documents.add(OPERATIONS, D1, {**counted, "documentNum": "2115", "incoming": "false", "sum": "-9905.579000000"})
    documents.add(OPERATIONS, D1, {**counted, "documentNum": "2115", "incoming": "true", "sum": "12"})
    corrected = {
        "type": "STORE_COST_CORRECTION",
        "incoming": "true",
        "date": f"{D1}",
        "documentId": "",
        "secondaryAccount": "null",
    }
    documents.add(OPERATIONS, D1, {**corrected, "sum": "0.010000000"})
    documents.add(OPERATIONS, D1, {**corrected, "sum": "0.020000000"})
    warehouse = Warehouse()
    first = load(other, warehouse)
    rows = warehouse.current("store_documents")
    assert len(rows) == 4
    assert {row["business_date"] for row in rows} == {f"{D1}"}
    inventory = {row["incoming"]: row["sum"] for row in rows if row["document_id"] == uuid(1)}
    assert inventory == {False: Decimal("-9905.579"), True: 12}
    equal = [values(row, "occurrence", "sum") for row in rows if row["document_id"] is None]
    assert sorted(equal) == [(0, Decimal("0.01")), (1, Decimal("0.02"))]
    documents.add(OPERATIONS, D2, {**corrected, "date": f"{D2}", "sum": "5"})
    load(other, warehouse, first.state, days=12)
    ids = {row["id"] for row in rows}
    assert {row["id"] for row in warehouse.current("store_documents") if row["business_date"] == f"{D1}"} == ids


# Late changes


def change_comment(documents: OtherDocuments) -> set[str]:
    documents.listed[INCOMING][0][1]["comment"] = "a late word"
    return {f"{D1}"}


def change_line(documents: OtherDocuments) -> set[str]:
    documents.listed[INCOMING][0][1]["items"]["item"][0]["sum"] = "10.51"
    return {f"{D1}"}


def drop_line(documents: OtherDocuments) -> set[str]:
    del documents.listed[INCOMING][0][1]["items"]["item"][0]
    return {f"{D1}"}


def add_line(documents: OtherDocuments) -> set[str]:
    lines = documents.listed[INCOMING][0][1]["items"]["item"]
    lines.append({**lines[0]})
    return {f"{D1}"}


def unpost(documents: OtherDocuments) -> set[str]:
    documents.listed[INCOMING][0][1]["status"] = "NEW"
    return {f"{D1}"}


def delete(documents: OtherDocuments) -> set[str]:
    documents.listed[INCOMING][0][1]["status"] = "DELETED"
    return {f"{D1}"}


def move(documents: OtherDocuments) -> set[str]:
    _, document = documents.listed[INCOMING].pop(0)
    documents.add(INCOMING, D2, {**document, "dateIncoming": f"{D2}T01:30:00"})
    return {f"{D1}", f"{D2}"}


def change_hour(documents: OtherDocuments) -> set[str]:
    documents.listed[INCOMING][0][1]["dateIncoming"] = f"{D1}T04:00:00"
    return {f"{D1}"}


def back_date(documents: OtherDocuments) -> set[str]:
    day = D1 - datetime.timedelta(days=3)
    documents.add(INCOMING, day, invoice(9, dateIncoming=f"{day}T10:00:00"))
    return {f"{day}"}


def plan(documents: OtherDocuments) -> set[str]:
    documents.add(INCOMING, SOON, invoice(9, dateIncoming=f"{SOON}T10:00:00"))
    return {f"{SOON}"}


@pytest.mark.parametrize(
    "change",
    [change_comment, change_line, drop_line, add_line, unpost, delete, move, change_hour, back_date, plan],
    ids=lambda change: change.__name__,
)
def test_a_late_change_is_found_in_one_run_and_writes_its_days(
    other: OtherIiko, documents: OtherDocuments, change: t.Callable[[OtherDocuments], set[str]]
) -> None:
    documents.add(INCOMING, D1, invoice(1, dateIncoming=f"{D1}T10:00:00"))
    documents.add(INCOMING, D2, invoice(2, dateIncoming=f"{D2}T10:00:00"))
    warehouse = Warehouse()
    first = load(other, warehouse)
    touched = change(documents)
    documents.asked[INCOMING].clear()
    second = load(other, warehouse, first.state)
    told = {row["business_date"] for row in second.log("incoming_invoices") if row["status"] in {"loaded", "empty"}} - {
        f"{TODAY}"
    }
    assert told == touched
    assert len(documents.asked[INCOMING]) == 2
    there = {document["id"]: document for _, document in documents.listed[INCOMING] if document["status"] != "DELETED"}
    rows = {row["id"]: row for row in warehouse.current("incoming_invoices")}
    assert rows.keys() == there.keys()
    lines = [row["document_id"] for row in warehouse.current("incoming_invoice_items")]
    for key, document in there.items():
        assert rows[key]["comment"] == document.get("comment")
        assert rows[key]["business_date"] == document["dateIncoming"][:10]
        assert lines.count(key) == len(document["items"]["item"])


# Documents without a date


@pytest.mark.parametrize("missing", [{}, {"dateIncoming": None}, {"dateIncoming": ""}, {"dateIncoming": "null"}])
def test_a_document_without_a_date_belongs_to_the_asked_day(
    other: OtherIiko, documents: OtherDocuments, missing: Row, caplog: pytest.LogCaptureFixture
) -> None:
    documents.add(INCOMING, D1, invoice(1, **missing))
    documents.add(INCOMING, D2, invoice(2, dateIncoming=f"{D2}T10:00"))
    documents.add(INCOMING, D2, invoice(3, incomingDate=None, **missing))
    warehouse = Warehouse()
    assert load(other, warehouse).code == 0
    days = {uuid(1): f"{D1}", uuid(2): f"{D2}", uuid(3): f"{D2}"}
    assert {row["id"]: row["business_date"] for row in warehouse.current("incoming_invoices")} == days
    assert {row["document_id"]: row["business_date"] for row in warehouse.current("incoming_invoice_items")} == days
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert sum("has no dateIncoming" in text for text in warnings) == 1, "one warning, however many there are"


def test_a_date_of_the_paper_counts_only_where_it_was_asked_for(other: OtherIiko, documents: OtherDocuments) -> None:
    """Otherwise the day that iiko lists it by would never have it."""
    paper = D1 - datetime.timedelta(days=90)
    documents.add(INCOMING, D1, invoice(1, incomingDate=f"{paper}"))
    warehouse = Warehouse()
    load(other, warehouse)
    (row,) = warehouse.current("incoming_invoices")
    assert values(row, "business_date", "incoming_date") == (f"{D1}", f"{paper}T00:00:00.000000")


UNDATED = {
    INCOMING: "incoming_invoices",
    OUTGOING: "outgoing_invoices",
    TRANSFERS: "internal_transfers",
    WRITEOFFS: "writeoffs",
}


def undated(path: str, number: int) -> Row:
    line = {"num": 1, "product" if path == INCOMING else "productId": uuid(31), "amount": "1.000"}
    return {"id": uuid(number), "status": "PROCESSED", "items": {"item": [line]} if "export" in path else [line]}


@pytest.mark.parametrize("exclusive", [frozenset(), EXCLUSIVE], ids=["inclusive", "exclusive"])
@pytest.mark.parametrize("path", UNDATED)
def test_it_is_one_row_on_the_day_that_iiko_lists_it_by(
    other: OtherIiko, documents: OtherDocuments, path: str, exclusive: frozenset[str]
) -> None:
    """Whether the last day of a range is left out or not, alone or beside another, at the edge of a window or not."""
    documents.exclusive = exclusive
    ages = {1: 1, 2: 5, 3: 6, 4: 7, 5: 8, 6: 15, 7: 31}
    for number, age in ages.items():
        documents.add(path, TODAY - datetime.timedelta(days=age), undated(path, number))
    warehouse, table = Warehouse(), UNDATED[path]
    first = load(other, warehouse, days=40)
    assert first.code == 0
    days = {uuid(number): f"{TODAY - datetime.timedelta(days=age)}" for number, age in ages.items()}
    assert {row["id"]: row["business_date"] for row in warehouse.current(table)} == days
    assert {row["document_id"]: row["business_date"] for row in warehouse.current(f"{table[:-1]}_items")} == days
    documents.asked[path].clear()
    second = load(other, warehouse, first.state, days=40)
    assert not second.records(table), "nothing has changed"
    assert {row["status"] for row in second.records("sync_log") if row["stream"] == table} <= {"unchanged", "empty"}
    assert len(documents.asked[path]) <= 1 + 7 + 5, "each alone, what lies between them, and what is to come"


@pytest.mark.parametrize("path", UNDATED)
def test_it_costs_two_requests_a_night(other: OtherIiko, documents: OtherDocuments, path: str) -> None:
    documents.add(path, TODAY - datetime.timedelta(days=12), undated(path, 1))
    first = load(other, Warehouse(), days=28)
    documents.asked[path].clear()
    second = load(other, Warehouse(), first.state, days=28)
    assert len(documents.asked[path]) == 1 + 1 + 2, "without it the look-back is one, and what is to come another"
    documents.listed[path][0][1]["dateIncoming"] = f"{TODAY - datetime.timedelta(days=12)}T10:00"
    third = load(other, Warehouse(), second.state, days=28)
    documents.asked[path].clear()
    load(other, Warehouse(), third.state, days=28)
    assert len(documents.asked[path]) == 2, "it has a date now"


@pytest.mark.parametrize("path", [OUTGOING, WRITEOFFS])
def test_the_day_behind_the_last_one_that_is_read_is_asked_whose_it_is(
    other: OtherIiko, documents: OtherDocuments, path: str
) -> None:
    documents.exclusive = frozenset()
    last = TODAY - datetime.timedelta(days=9)
    documents.add(path, last, undated(path, 1))
    documents.add(path, last + datetime.timedelta(days=1), undated(path, 2))
    start = (last - datetime.timedelta(days=9)).isoformat()
    settings = config(other, start_date=start, end_date=last.isoformat(), timezone="UTC")
    result = run_tap(settings, None, CATALOG)
    assert result.code == 0
    assert [(row["id"], row["business_date"]) for row in result.records(UNDATED[path])] == [(uuid(1), f"{last}")]


def test_what_it_belongs_to_does_not_change_and_is_found_again(other: OtherIiko, documents: OtherDocuments) -> None:
    documents.add(INCOMING, D1, invoice(1))
    warehouse = Warehouse()
    first = load(other, warehouse, days=40)
    documents.asked[INCOMING].clear()
    second = load(other, warehouse, first.state, days=40)
    assert not second.records("incoming_invoices"), "nothing has changed"
    assert len(documents.asked[INCOMING]) <= 1 + 2 + 2, "only the window that holds it is cut, around its day"
    documents.listed[INCOMING][0][1]["comment"] = "a late word"
    third = load(other, warehouse, second.state, days=40)
    assert [row["business_date"] for row in third.records("incoming_invoices")] == [f"{D1}"]
    documents.listed[INCOMING].clear()
    load(other, warehouse, third.state, days=40)
    assert not warehouse.current("incoming_invoices")
    assert not warehouse.current("incoming_invoice_items")


def test_one_of_those_to_come_counts_for_today(other: OtherIiko, documents: OtherDocuments) -> None:
    documents.add(INCOMING, SOON, invoice(1))
    documents.add(INCOMING, SOON, invoice(2, dateIncoming=f"{SOON}T10:00"))
    result = load(other, Warehouse())
    assert result.code == 0
    by_id = {row["id"]: row["business_date"] for row in result.records("incoming_invoices")}
    assert by_id == {uuid(1): f"{TODAY}", uuid(2): f"{SOON}"}


def test_a_report_without_dates_is_asked_for_day_by_day(other: OtherIiko, documents: OtherDocuments) -> None:
    documents.add(OPERATIONS, D1, {"documentId": uuid(1), "incoming": "true", "sum": "1"})
    documents.add(OPERATIONS, D2, {"documentId": uuid(1), "incoming": "true", "sum": "2"})
    warehouse = Warehouse()
    load(other, warehouse)
    found = {row["business_date"]: row["sum"] for row in warehouse.current("store_documents")}
    assert found == {f"{D1}": 1, f"{D2}": 2}


# What cannot be read


def test_a_date_that_is_none_fails_its_day_and_no_other(
    other: OtherIiko, documents: OtherDocuments, caplog: pytest.LogCaptureFixture
) -> None:
    documents.add(INCOMING, D1, invoice(1, dateIncoming="soon"))
    documents.add(INCOMING, D2, invoice(2, dateIncoming=f"{D2}T10:00:00"))
    result = load(other, Warehouse())
    assert result.code == 1
    assert [row["id"] for row in result.records("incoming_invoices")] == [uuid(2)]
    failed = {(row["stream"], row["business_date"]) for row in result.records("sync_log") if row["status"] == "failed"}
    assert failed == {(table, f"{D1}") for table in TABLES[:2]}
    assert "column business_date (iiko: dateIncoming): 'soon' is not a date" in caplog.text


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((409, "text/plain", "Накладные недоступны"), "iiko refused the request (Накладные недоступны)"),
        ((500, "text/plain", "product == null"), "iiko failed with status 500 (product == null)"),
        ((200, "text/html", "<html><body>Please wait</body></html>"), "an HTML page"),
        ((200, "application/xml", "<outgoingInvoiceDtoes/>"), "<outgoingInvoiceDtoes>, not <incomingInvoiceDtoes>"),
        ((200, "application/xml", "<incomingInvoiceDtoes><document><id>1</id>"), "not valid XML"),
    ],
)
def test_what_is_no_list_of_invoices_fails_and_is_never_empty(
    other: OtherIiko,
    documents: OtherDocuments,
    answer: tuple[int, str, str],
    said: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    documents.add(INCOMING, D1, invoice(1, dateIncoming=f"{D1}T10:00:00"))
    documents.add(WRITEOFFS, D1, {"id": uuid(2), "dateIncoming": f"{D1}T10:00", "items": []})
    warehouse = Warehouse()
    first = load(other, warehouse)
    other.lists[INCOMING] = lambda _: answer
    second = load(other, warehouse, first.state)
    assert second.code == 1
    assert {row["status"] for row in second.log("incoming_invoices")} == {"failed"}
    assert "failed" not in {row["status"] for row in second.log("writeoffs")}
    assert said in caplog.text
    assert len(warehouse.current("incoming_invoices")) == 1, "nothing is taken for gone"


def test_lines_that_are_no_list_fail_their_day(
    other: OtherIiko, documents: OtherDocuments, caplog: pytest.LogCaptureFixture
) -> None:
    documents.add(INCOMING, D1, invoice(1, dateIncoming=f"{D1}", items="none today"))
    documents.add(INCOMING, D2, invoice(2, dateIncoming=f"{D2}"))
    warehouse = Warehouse()
    assert load(other, warehouse).code == 1
    assert [row["id"] for row in warehouse.current("incoming_invoices")] == [uuid(2)]
    assert "are not a list" in caplog.text


def test_lines_in_repeated_lists_are_all_read(other: OtherIiko, documents: OtherDocuments) -> None:
    parts = [{"item": {"num": 1, "sum": "1"}}, {"item": [{"num": 2, "sum": "2"}, {"num": 3, "sum": "3"}]}]
    documents.add(INCOMING, D1, invoice(1, dateIncoming=f"{D1}", items=parts))
    warehouse = Warehouse()
    load(other, warehouse)
    assert sorted(row["num"] for row in warehouse.current("incoming_invoice_items")) == [1, 2, 3]
