"""The simulator's documents of JSON, write-offs and transfers with their lines, and what happens to them (3.8.3)."""

from __future__ import annotations

import datetime
import typing as t

import pytest

from simulator import Simulator
from simulator.world.stock_changes import STOCK_KINDS
from support.api_user import LAST_DAY, Iiko, figures, with_readings

if t.TYPE_CHECKING:
    from collections.abc import Iterator

Row = dict[str, t.Any]
PATH = "v2/documents/writeoff"
AHEAD = datetime.timedelta(days=365)
NULLABLE = ("conceptionId", "comment", "externalOutgoingInvoiceId", "externalProductionDocumentId")
CHANGES = [kind for kind in STOCK_KINDS if kind.endswith("_writeoff")]


@pytest.fixture
def iiko() -> Iterator[Iiko]:
    """A small group with two months of documents."""
    sim = Simulator(seed=5, departments=2, days=60, receipts_per_day=1, last_day=LAST_DAY)
    with sim, Iiko(sim) as user:
        yield user


def documents(iiko: Iiko, first: t.Any = None, last: t.Any = None, **params: t.Any) -> list[Row]:
    """All of them, or those of some days."""
    first, last = first or iiko.sim.first_day, last or iiko.sim.last_day + AHEAD
    answer = iiko.json(PATH, dateFrom=str(first), dateTo=str(last), **params)
    assert (answer["result"], answer["errors"], answer["revision"]) == ("SUCCESS", [], iiko.sim.ledger.revision)
    found: list[Row] = answer["response"]
    return found


def as_books(rows: list[Row], names: t.Iterable[str] = NULLABLE) -> tuple[list[Row], list[Row]]:
    """Documents and lines of an answer, keyed as the books key them; ``names`` are left out where they are null."""
    heads, lines = [], []
    for row in rows:
        day = row["dateIncoming"][:10]
        heads.append(dict.fromkeys(names) | row | {"(day)": day})
        del heads[-1]["items"]
        nums = [line["num"] for line in row["items"]]
        for place, line in enumerate(row["items"]):
            occurrence = nums[:place].count(line["num"])
            lines.append(line | {"../id": row["id"], "(day)": day, "#": place, "#num": occurrence})
    return heads, lines


def test_documents_and_lines_are_the_books(iiko: Iiko) -> None:
    heads, lines = as_books(documents(iiko))
    assert heads == iiko.sim.books.rows("writeoffs")
    assert lines == iiko.sim.books.rows("writeoff_items")
    days = 60 * 2
    assert days * 0.7 < len(heads) < days, "about one for each department and day"
    assert {len(row["items"]) for row in documents(iiko)} == {1, 2, 3, 4, 5, 6}


def test_nulls_of_a_document_are_left_out_and_those_of_a_line_are_written(iiko: Iiko) -> None:
    rows = documents(iiko)
    assert not [row for row in rows if None in row.values()]
    for name in NULLABLE:
        assert {name in row for row in rows} == {True, False}, name
    lines = [line for row in rows for line in row["items"]]
    assert len({tuple(line) for line in lines}) == 1
    for name in ("productSizeId", "containerId", "cost"):
        assert {line[name] is None for line in lines} == {True, False}, name
    assert {line["amountFactor"] for line in lines} > {1}


def test_the_cost_of_a_line_is_known_when_its_document_is_posted(iiko: Iiko) -> None:
    rows = documents(iiko)
    assert {row["status"] for row in rows} == {"NEW", "PROCESSED", "DELETED"}
    for row in rows:
        assert {line["cost"] is None for line in row["items"]} == {row["status"] != "PROCESSED"}


def test_a_number_repeats_in_one_document_and_lines_come_in_any_order(iiko: Iiko) -> None:
    nums = [[line["num"] for line in row["items"]] for row in documents(iiko)]
    assert any(len(set(each)) < len(each) for each in nums)
    assert any(sorted(each) != each for each in nums)
    assert any(line["#num"] for line in iiko.sim.books.rows("writeoff_items"))


def test_every_id_of_a_document_is_in_its_list(iiko: Iiko) -> None:
    rows = documents(iiko)
    lines = [line for row in rows for line in row["items"]]
    products = iiko.json("v2/entities/products/list", includeDeleted="true")
    boxes = {box["id"] for product in products for box in product["containers"]}
    assert {line["containerId"] for line in lines} - {None} <= boxes
    lists = {
        "storeId": ("stores", rows),
        "accountId": ("accounts", rows),
        "conceptionId": ("conceptions", rows),
        "productId": ("products", lines),
        "measureUnitId": ("measure_units", lines),
        "productSizeId": ("product_sizes", lines),
    }
    for name, (table, holders) in lists.items():
        found = {each.get(name) for each in holders} - {None}
        assert set() < found <= {row["id"] for row in iiko.sim.books.rows(table)}, name
    names = {row["id"]: row["name"] for row in iiko.sim.books.rows("accounts")}
    assert "Порча" in {names[row["accountId"]] for row in rows}


@pytest.mark.parametrize(("end", "days"), [("inclusive", 3), ("exclusive", 2)])
def test_the_last_day_of_a_range_belongs_to_it_or_not(end: t.Any, days: int) -> None:
    with with_readings(document_end=end) as sim, Iiko(sim) as user:
        first, last = sim.first_day, sim.first_day + datetime.timedelta(days=2)
        asked = {(first + datetime.timedelta(days=n)).isoformat() for n in range(days)}
        true = [row["id"] for row in sim.books.rows("writeoffs") if row["(day)"] in asked]
        assert [row["id"] for row in documents(user, first, last)] == true
        assert bool(documents(user, first, first)) == (end == "inclusive")


def test_some_documents_are_dated_ahead(iiko: Iiko) -> None:
    ahead = documents(iiko, iiko.sim.last_day + datetime.timedelta(days=1))
    assert max(row["dateIncoming"][:10] for row in ahead) == str(iiko.sim.last_day + datetime.timedelta(days=300))
    assert {row["status"] for row in ahead} == {"NEW"}


@pytest.mark.parametrize(
    ("params", "status", "words"),
    [
        ({}, 400, "dateFrom"),
        ({"dateFrom": "2026-05-01"}, 400, "dateTo"),
        ({"dateFrom": "01.05.2026", "dateTo": "02.05.2026"}, 409, "01.05.2026"),
        ({"dateFrom": "yesterday", "dateTo": "2026-05-02"}, 400, "yesterday"),
        ({"dateFrom": "2026-05-01", "dateTo": "2026-05-02", "status": "OLD"}, 400, "OLD"),
    ],
)
def test_a_wrong_request_is_refused_by_name(iiko: Iiko, params: Row, status: int, words: str) -> None:
    refused = iiko.get(PATH, **params)
    assert (refused.status_code, words in refused.text) == (status, True)


def test_a_day_that_no_calendar_has_is_the_first_of_the_next_month(iiko: Iiko) -> None:
    assert documents(iiko, "2026-04-01", "2026-04-31") == documents(iiko, "2026-04-01", "2026-05-01")


def test_deleted_documents_are_told_hidden_or_asked_for(iiko: Iiko) -> None:
    told = documents(iiko)
    for status in ("NEW", "PROCESSED", "DELETED"):
        assert documents(iiko, status=status) == [row for row in told if row["status"] == status] != []
    with with_readings(deleted_documents="hidden") as sim, Iiko(sim) as user:
        (gone,) = sim.business.do("delete_writeoff")["documents"]
        shown = [row["id"] for row in documents(user)]
        assert gone not in shown
        assert shown == [row["id"] for row in sim.books.rows("writeoffs")]
        assert gone in {row["id"] for row in documents(user, status="DELETED")}


@pytest.mark.parametrize(("form", "end"), [("minutes", ""), ("seconds", ":00"), ("millis", ":00.000")])
def test_the_moment_of_a_document_in_three_forms(form: t.Any, end: str) -> None:
    with with_readings(document_moments=form) as sim, Iiko(sim) as user:
        true = [row["dateIncoming"] + end for row in sim.books.rows("writeoffs")]
        assert [row["dateIncoming"] for row in documents(user)] == true
        assert all(len(moment) == len("2026-05-17T23:00" + end) for moment in true)


def test_sales_do_not_depend_on_documents(iiko: Iiko) -> None:
    other = Simulator(seed=5, departments=2, days=60, receipts_per_day=1, last_day=LAST_DAY)
    for kind in CHANGES:
        other.business.do(kind)
    assert figures(other) == figures(iiko.sim)


def books(sim: Simulator) -> dict[str, Row]:
    """Each document with its lines, by id."""
    found = {row["id"]: row | {"items": []} for row in sim.books.rows("writeoffs")}
    for line in sim.books.rows("writeoff_items"):
        found[line["../id"]]["items"].append(line)
    return found


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_concerns_one_document_and_the_days_it_tells(iiko: Iiko, kind: str) -> None:
    before, revision = books(iiko.sim), iiko.sim.ledger.revision
    touched = iiko.sim.business.do(kind)
    after = books(iiko.sim)
    (changed,) = (key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    assert touched["documents"] == [changed]
    days = {each[changed]["(day)"] for each in (before, after) if changed in each}
    assert touched["days"] == sorted(days)
    assert max(days) < iiko.sim.last_day.isoformat(), "a closed day"
    newer = [row["id"] for row in documents(iiko, revisionFrom=revision)]
    assert newer == ([] if kind == "recalculate_writeoff" else [changed])
    assert as_books(documents(iiko))[0] == iiko.sim.books.rows("writeoffs")


def test_transfers_have_the_same_form(iiko: Iiko) -> None:
    days = {"dateFrom": str(iiko.sim.first_day), "dateTo": str(iiko.sim.last_day + AHEAD)}
    rows = iiko.json("v2/documents/internalTransfer", **days)["response"]
    heads, lines = as_books(rows, ("conceptionId", "comment"))
    assert heads == iiko.sim.books.rows("internal_transfers")
    assert lines == iiko.sim.books.rows("internal_transfer_items")
    assert {len(row["dateIncoming"]) for row in rows} == {16, 19, 23}, "minutes, seconds, milliseconds"
    assert {row["status"] for row in rows} == {"NEW", "PROCESSED", "DELETED"}
    owners = {row["id"]: row["parentId"] for row in iiko.sim.books.rows("stores")}
    for row in rows:
        assert row["storeFromId"] != row["storeToId"]
        assert owners[row["storeFromId"]] == owners[row["storeToId"]]
        assert {line["cost"] is None for line in row["items"]} == {row["status"] != "PROCESSED"}


@pytest.mark.parametrize("verb", ["add", "move", "edit", "unpost", "delete"])
def test_a_transfer_changes(iiko: Iiko, verb: str) -> None:
    revision = iiko.sim.ledger.revision
    before = {row["id"]: row for row in iiko.sim.books.rows("internal_transfers")}
    touched = iiko.sim.business.do(f"{verb}_internal_transfer")
    after = {row["id"]: row for row in iiko.sim.books.rows("internal_transfers")}
    (changed,) = (key for key in after if before.get(key) != after[key])
    assert touched["documents"] == [changed]
    days = {"dateFrom": str(iiko.sim.first_day), "dateTo": str(iiko.sim.last_day + AHEAD)}
    newer = iiko.json("v2/documents/internalTransfer", **days, revisionFrom=revision)["response"]
    assert [row["id"] for row in newer] == [changed]


def test_a_recalculated_cost_may_raise_the_revision() -> None:
    with with_readings(recalculation="revised") as sim, Iiko(sim) as user:
        revision = sim.ledger.revision
        touched = sim.business.do("recalculate_writeoff")
        assert [row["id"] for row in documents(user, revisionFrom=revision)] == touched["documents"]


def changed_names(iiko: Iiko, kind: str) -> set[str]:
    before = books(iiko.sim)
    (identity,) = iiko.sim.business.do(kind)["documents"]
    was, now = before[identity], books(iiko.sim)[identity]
    names = {name for name in was if name != "items" and was[name] != now[name]}
    lines = zip(was["items"], now["items"], strict=True)
    return names | {f"items/{name}" for one, other in lines for name in one if one[name] != other[name]}


def test_what_a_change_changes(iiko: Iiko) -> None:
    assert changed_names(iiko, "edit_writeoff") == {"comment"}
    assert changed_names(iiko, "recalculate_writeoff") == {"items/cost"}
    assert changed_names(iiko, "unpost_writeoff") == {"status", "items/cost"}
    assert changed_names(iiko, "delete_writeoff") >= {"status"}


def test_a_document_moves_to_another_day_and_loses_a_line_in_the_same_edit(iiko: Iiko) -> None:
    before = books(iiko.sim)
    touched = iiko.sim.business.do("move_writeoff")
    (identity,) = touched["documents"]
    was, now = before[identity], books(iiko.sim)[identity]
    assert touched["days"] == [now["(day)"], was["(day)"]]
    assert [line["num"] for line in now["items"]] == [line["num"] for line in was["items"]][:-1]
    assert identity not in {row["id"] for row in documents(iiko, was["(day)"], was["(day)"])}
    assert identity in {row["id"] for row in documents(iiko, now["(day)"], now["(day)"])}
    iiko.sim.business.do("move_writeoff", document=identity, to="2026-05-01", drop_line=False)
    moved = books(iiko.sim)[identity]
    assert (moved["(day)"], len(moved["items"])) == ("2026-05-01", len(now["items"]))
