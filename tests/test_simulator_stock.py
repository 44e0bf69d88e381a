"""The simulator's stock and money: store operations, balances, and that one proves the other (3.9.2, 3.12)."""

from __future__ import annotations

import datetime
import typing as t
from collections import defaultdict
from decimal import Decimal
from xml.etree import ElementTree as ET

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from simulator import Readings, Simulator
from simulator.world.business import KINDS
from support.api_user import LAST_DAY, Iiko, figures

if t.TYPE_CHECKING:
    from collections.abc import Iterator

Row = dict[str, t.Any]
Sums = dict[t.Any, tuple[Decimal, Decimal]]
OPERATIONS = "reports/storeOperations"
STORES, COUNTERAGENTS = "v2/reports/balance/stores", "v2/reports/balance/counteragents"
BALANCES = {STORES: "store_balances", COUNTERAGENTS: "counteragent_balances"}
MOMENTS = ("2026-04-16T00:00:00", "2026-05-02T01:30:00", "2026-05-09T00:00:00", "2026-05-18T00:00:00")
NEARLY = Decimal("0.000001")  # JSON numbers are binary
READINGS: dict[str, Row] = {
    "usual": {},
    "walls": {"balance_clock": "wall", "document_day": "accounting", "vat_accounting": "apart"},
    "accounting": {
        "document_day": "accounting",
        "report_decimals": "bare",
        "element_order": "reversed",
        "refunds": "negative",
    },
}


def business(**readings: t.Any) -> Simulator:
    """A bar that sells after midnight is among its three departments."""
    return Simulator(
        seed=5, departments=4, days=31, receipts_per_day=3, last_day=LAST_DAY, readings=Readings(**readings)
    )


@pytest.fixture(scope="module", params=READINGS)
def iiko(request: pytest.FixtureRequest) -> Iterator[Iiko]:
    with business(**READINGS[request.param]) as sim, Iiko(sim) as user:
        yield user


@pytest.fixture(scope="module")
def usual() -> Iterator[Iiko]:
    with business() as sim, Iiko(sim) as user:
        yield user


def dotted(day: t.Any) -> str:
    return datetime.date.fromisoformat(str(day)).strftime("%d.%m.%Y")


def operations(iiko: Iiko, first: t.Any, last: t.Any, **params: t.Any) -> list[Row]:
    answer = iiko.get(OPERATIONS, dateFrom=dotted(first), dateTo=dotted(last), **params)
    assert answer.status_code == 200, answer.text
    root = ET.fromstring(answer.text)
    assert (root.tag, {each.tag for each in root} <= {"storeReportItemDto"}) == ("storeReportItemDtoes", True)
    return [{each.tag: each.text for each in node} for node in root]


def iso(day: str) -> str:
    return "-".join(reversed(day.split(".")))


def test_store_operations_are_the_books(iiko: Iiko) -> None:
    names = ("documentId", "documentType", "documentNum", "documentComment", "type", "primaryStore", "secondaryAccount")

    def plain(row: Row) -> t.Any:
        return tuple(str(row[name] or "") for name in (*names, "incoming", "date", "operationalDate")), row["sum"]

    shown = [
        dict.fromkeys(names)
        | row
        | {"sum": Decimal(row["sum"]), "date": iso(row["date"]), "operationalDate": iso(row["operationalDate"])}
        | {"incoming": row["incoming"] == "true"}
        for row in operations(iiko, iiko.sim.first_day, iiko.sim.last_day)
    ]
    true = iiko.sim.books.rows("store_documents")
    last = iiko.sim.last_day.isoformat()
    assert sorted(map(plain, shown)) == sorted(plain(row) for row in true if row["(day)"] <= last)
    assert {row["type"] for row in shown} == {
        "INVOICE",
        "OUTGOING_INVOICE",
        "WRITEOFF",
        "TRANSFER",
        "SESSION_WRITEOFF",
        "PRODUCTION",
        "INVENTORY_CORRECTION",
        "STORE_COST_CORRECTION",
        "RETURNED_INVOICE",
    }


def test_a_document_is_a_row_in_each_direction(usual: Iiko) -> None:
    rows = operations(usual, usual.sim.first_day, usual.sim.last_day)
    inventories = [row for row in rows if row.get("documentType") == "INCOMING_INVENTORY"]
    by_document: defaultdict[str, list[Row]] = defaultdict(list)
    for row in inventories:
        by_document[row["documentId"]].append(row)
    assert by_document
    for pair in by_document.values():
        assert [(row["incoming"], row["sum"][0] == "-") for row in sorted(pair, key=lambda row: row["incoming"])] == [
            ("false", True),
            ("true", False),
        ]
    assert not [row for row in rows if "product" in row or "amount" in row]
    assert {"documentNum" in row for row in rows if row["type"] == "STORE_COST_CORRECTION"} == {False}


def test_products_come_without_a_day_and_add_up_to_the_documents(usual: Iiko) -> None:
    days = (usual.sim.first_day, usual.sim.last_day)
    rows = operations(usual, *days, productDetalization="true")
    assert not [row for row in rows if "date" in row or "operationalDate" in row]
    sums: defaultdict[t.Any, Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row.get("documentId"), row["type"], row["incoming"], row["primaryStore"]] += Decimal(row["sum"])
    for row in operations(usual, *days):
        sums[row.get("documentId"), row["type"], row["incoming"], row["primaryStore"]] -= Decimal(row["sum"])
    assert set(sums.values()) == {0}


def test_products_may_come_with_a_day() -> None:
    with business(product_line_dates="told") as sim, Iiko(sim) as user:
        rows = operations(user, "2026-05-09", "2026-05-10", productDetalization="true")
        assert {row["date"] for row in rows} == {"09.05.2026", "10.05.2026"}


def test_what_of_store_operations_can_be_asked_for(usual: Iiko) -> None:
    days = (usual.sim.first_day, usual.sim.last_day)
    rows = operations(usual, *days)
    store = rows[0]["primaryStore"]
    assert operations(usual, *days, stores=store.upper()) == [row for row in rows if row["primaryStore"] == store]
    kinds = ["INTERNAL_TRANSFER", "INCOMING_INVENTORY"]
    wanted = [row for row in rows if row.get("documentType") in kinds]
    assert operations(usual, *days, documentTypes=kinds) == wanted
    corrected = [row for row in rows if row in wanted or row["type"] == "STORE_COST_CORRECTION"]
    assert operations(usual, *days, documentTypes=kinds, showCostCorrections="true") == corrected
    assert operations(usual, *days, documentTypes=kinds, presetId="any") == rows
    assert usual.get(OPERATIONS, dateFrom="01.01.2020", dateTo="02.01.2020").text.endswith("<storeReportItemDtoes/>")


def balances(iiko: Iiko, path: str, moment: str, **params: t.Any) -> list[Row]:
    found: list[Row] = iiko.json(path, timestamp=moment, **params)
    return found


def as_sums(rows: list[Row]) -> Sums:
    """By everything that is no number."""
    names = ("store", "product", "account", "counteragent", "department")
    found = {
        tuple(row.get(name) for name in names): (Decimal(row.get("amount", 0)), Decimal(row["sum"])) for row in rows
    }
    assert len(found) == len(rows)
    return found


def assert_same(one: Sums, other: Sums) -> None:
    nothing = (Decimal(0), Decimal(0))
    for key in one.keys() | other.keys():
        for a, b in zip(one.get(key, nothing), other.get(key, nothing), strict=True):
            assert abs(a - b) < NEARLY, key


@pytest.mark.parametrize("path", BALANCES)
def test_balances_are_the_books(iiko: Iiko, path: str) -> None:
    for moment in MOMENTS:
        rows, true = balances(iiko, path, moment), iiko.sim.books.balances(BALANCES[path], moment)
        assert as_sums(rows).keys() == as_sums(true).keys()
        assert_same(as_sums(rows), as_sums(true))
    assert true[0]["(day)"] == "2026-05-17"
    assert not balances(iiko, path, "2020-01-01")


def test_a_balance_less_an_earlier_one_is_what_moved_between(iiko: Iiko) -> None:
    """Documents go by their date and sales by their business day, unless early documents are yesterday's."""
    first, last = datetime.date(2026, 5, 4), datetime.date(2026, 5, 9)
    before, after = (as_sums(balances(iiko, STORES, f"{day}T00:00:00")) for day in (first, last))
    moved: defaultdict[t.Any, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for posting in iiko.sim.served.book.postings:
        if f"{first}" <= posting.when.counts_at < f"{last}" and posting.product:
            for account, sign in ((posting.debit, 1), (posting.credit, -1)):
                found = moved[account, posting.product.id, None, None, None]
                found[0] += Decimal(sign * posting.amount) / 10**9
                found[1] += Decimal(sign * posting.sum) / 10**9
    stores = {row["id"] for row in iiko.sim.books.rows("stores")}
    expected = {
        key: (
            before.get(key, (Decimal(0),) * 2)[0] + amount,
            before.get(key, (Decimal(0),) * 2)[1] + total,
        )
        for key, (amount, total) in moved.items()
        if key[0] in stores
    }
    assert_same(before | expected, after)
    assert before != after


def test_store_operations_of_days_are_the_difference_of_their_closings(usual: Iiko) -> None:
    """As a client can prove it, on a server that reads all clocks in the usual way."""
    closings = [as_sums(balances(usual, STORES, moment)) for moment in ("2026-05-04T00:00:00", "2026-05-09T00:00:00")]
    moved: defaultdict[t.Any, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for row in operations(usual, "2026-05-04", "2026-05-08", productDetalization="true"):
        figures = moved[row["primaryStore"], row["product"], None, None, None]
        figures[0] += Decimal(row["amount"])
        figures[1] += Decimal(row["sum"])
    for key, (amount, total) in closings[0].items():
        moved[key] = [amount + moved[key][0], total + moved[key][1]]
    assert_same({key: (amount, total) for key, (amount, total) in moved.items()}, closings[1])


def test_what_a_day_took_from_stores_is_the_cost_of_its_sales(iiko: Iiko) -> None:
    taken: defaultdict[t.Any, Decimal] = defaultdict(Decimal)
    for posting in iiko.sim.served.book.postings:
        if posting.type == "SESSION_WRITEOFF":
            taken[posting.when.day, posting.department] += Decimal(posting.sum) / 10**9
    true = {(row["business_date"], row["department_id"]): row["product_cost"] for row in iiko.sim.books.days()}
    assert {key: cost for key, cost in true.items() if cost} == {key: cost for key, cost in taken.items() if cost}


def test_posted_lines_are_postings(iiko: Iiko) -> None:
    """By day and store; what is a draft or deleted has none."""
    families = {
        "incoming_invoice": ("INVOICE", "defaultStore", "sum"),
        "outgoing_invoice": ("OUTGOING_INVOICE_REVENUE", "defaultStoreId", "sum"),
        "writeoff": ("WRITEOFF", "storeId", "cost"),
        "internal_transfer": ("TRANSFER", "storeFromId", "cost"),
    }
    for family, (kind, _, measure) in families.items():
        lines: defaultdict[str, Decimal] = defaultdict(Decimal)
        posted = {row["id"] for row in iiko.sim.books.rows(f"{family}s") if row["status"] == "PROCESSED"}
        for line in iiko.sim.books.rows(f"{family}_items"):
            if line["../id"] in posted:
                lines[line["../id"]] += line[measure]
        postings: defaultdict[str, Decimal] = defaultdict(Decimal)
        for posting in iiko.sim.served.book.postings:
            if posting.type in {kind, "NDS_INCOMING"} and posting.document in posted:
                postings[posting.document or ""] += Decimal(posting.sum) / 10**9
        assert postings == lines, family
        types = {each.type for each in iiko.sim.served.book.postings if each.document}
        assert kind in types


def test_what_is_sold_after_midnight_is_in_the_closing_of_its_day_or_not(usual: Iiko) -> None:
    """A restaurant closes at three: on a wall clock, the sums of its stores are complete in the morning."""
    with business(balance_clock="wall") as sim, Iiko(sim) as user:
        night, morning = "2026-05-09T00:00:00", "2026-05-09T06:00:00"
        assert as_sums(balances(user, STORES, night)) != as_sums(balances(usual, STORES, night))
        assert as_sums(balances(user, STORES, morning)) == as_sums(balances(usual, STORES, morning))


def test_an_early_document_belongs_to_its_date_or_to_the_business_day_before(usual: Iiko) -> None:
    with business(document_day="accounting") as sim, Iiko(sim) as user:
        for shown, differ in ((user, {True, False}), (usual, {False})):
            rows = operations(shown, sim.first_day, sim.last_day)
            assert {row["date"] != row["operationalDate"] for row in rows} == differ


def test_vat_is_part_of_what_goods_cost_or_a_posting_of_its_own(usual: Iiko) -> None:
    def bought(iiko: Iiko) -> Decimal:
        rows = operations(iiko, iiko.sim.first_day, iiko.sim.last_day, documentTypes="INCOMING_INVOICE")
        return sum((Decimal(row["sum"]) for row in rows), Decimal(0))

    with business(vat_accounting="apart") as sim, Iiko(sim) as user:
        assert user.json("v2/corporation/settings") == {"vatAccounting": "VAT_NOT_INCLUDED_IN_PRICE"}
        types = {posting.type for posting in sim.served.book.postings}
        assert "NDS_INCOMING" in types
        assert bought(usual) / Decimal("1.21") < bought(user) < bought(usual) / Decimal("1.1")


def test_a_transfer_is_nothing_over_both_stores(usual: Iiko) -> None:
    rows = operations(usual, usual.sim.first_day, usual.sim.last_day, documentTypes="INTERNAL_TRANSFER")
    assert {row["type"] for row in rows} == {"TRANSFER"}
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row["documentId"]] += Decimal(row["sum"])
    assert set(sums.values()) == {0}


def test_one_store_has_less_than_nothing(usual: Iiko) -> None:
    (row,) = (row for row in balances(usual, STORES, MOMENTS[-1]) if row["amount"] < 0)
    assert row["sum"] < 0


def test_a_debt_is_what_was_bought_less_what_was_paid_and_given_back(usual: Iiko) -> None:
    moment = MOMENTS[-1]
    (debts,) = (row["id"] for row in usual.sim.books.rows("accounts") if row["type"] == "ACCOUNTS_PAYABLE")
    rows = [row for row in balances(usual, COUNTERAGENTS, moment) if row["account"] == debts]
    assert {row["department"] is None for row in rows} == {True, False}
    assert {row["sum"] < 0 for row in rows if not row["department"]} == {True}
    posted = {
        row["id"]: row["supplier"] for row in usual.sim.books.rows("incoming_invoices") if row["status"] == "PROCESSED"
    }
    owed: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in usual.sim.books.rows("incoming_invoice_items"):
        if line["../id"] in posted:
            owed[posted[line["../id"]]] -= line["sum"]
    for posting in usual.sim.served.book.postings:
        if posting.type == "INVOICE_PAYMENT":
            owed[posting.counteragent or ""] += Decimal(posting.sum) / 10**9
    office = usual.sim.ledger.stock.bookkeeping
    for back in office.returns:
        owed[back.supplier] += sum((Decimal(line.cost or 0) for line in back.lines), Decimal(0)) / 10**9
    for act in office.services:
        owed[act.supplier] -= Decimal(act.sum) / 100
    shown: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        if row["department"]:
            shown[row["counteragent"]] += Decimal(row["sum"])
    for key in owed.keys() | shown.keys():
        assert abs(owed[key] - shown[key]) < NEARLY, key


def test_which_balances_can_be_asked_for(usual: Iiko) -> None:
    moment = MOMENTS[-1]
    rows = balances(usual, STORES, moment)
    store, product = rows[0]["store"], rows[0]["product"]
    assert balances(usual, STORES, moment, store=store, product=product) == rows[:1]
    owners = {row["id"]: row["parentId"] for row in usual.sim.books.rows("stores")}
    mine = [row for row in rows if owners[row["store"]] == owners[store]]
    assert balances(usual, STORES, moment, department=owners[store]) == mine
    money = balances(usual, COUNTERAGENTS, moment)
    wanted = {each["account"] for each in money[:4]}
    assert balances(usual, COUNTERAGENTS, moment, account=sorted(wanted)) == [
        row for row in money if row["account"] in wanted
    ]
    assert balances(usual, STORES, "2026-05-09") == balances(usual, STORES, "2026-05-09T00:00:00")


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        (OPERATIONS, {}, 400),
        (OPERATIONS, {"dateFrom": "01.05.2026"}, 400),
        (OPERATIONS, {"dateFrom": "2026-05-01", "dateTo": "2026-05-02"}, 400),
        (STORES, {}, 400),
        (STORES, {"timestamp": "09.05.2026"}, 409),
        (STORES, {"timestamp": "now"}, 400),
        (COUNTERAGENTS, {}, 400),
        (COUNTERAGENTS, {"timestamp": "09.05.2026"}, 409),
    ],
)
def test_a_wrong_request_is_refused(usual: Iiko, path: str, params: Row, status: int) -> None:
    assert usual.get(path, **params).status_code == status


def test_versions_and_rights() -> None:
    since = {
        OPERATIONS: "3.8.0",
        STORES: "5.1.0",
        COUNTERAGENTS: "5.1.0",
        "documents/export/incomingInvoice": "5.3.0",
        "documents/export/outgoingInvoice": "5.3.0",
        "v2/documents/internalTransfer": "7.9.2",
    }
    with business(missing_rights=frozenset({"B_DOC", "B_SR", "B_BR"})) as sim, Iiko(sim) as user:
        for path, version in since.items():
            assert user.get(path).status_code == 403, path
            sim.version = f"{version}.1"
            assert user.get(path).status_code == 404, path
            sim.version = "9.1.7014.0"


def test_a_change_moves_the_balances_since() -> None:
    with business() as sim, Iiko(sim) as user:
        for kind in ("add_incoming_invoice", "unpost_writeoff", "recalculate_writeoff", "add_inventory"):
            day = "2026-04-20"
            before = {moment: balances(user, STORES, moment) for moment in (f"{day}T00:00:00", MOMENTS[-1])}
            options = {"day": day} if kind.startswith("add") else {}
            (changed,) = sim.business.do(kind, **options)["days"]
            for moment, was in before.items():
                now = balances(user, STORES, moment)
                assert (now != was) == (moment[:10] > changed), (kind, moment)
                assert_same(as_sums(now), as_sums(sim.books.balances("store_balances", moment)))


def test_a_purchase_entered_late_changes_what_later_days_cost() -> None:
    with business() as sim, Iiko(sim) as user:
        sold, revision = figures(sim), sim.ledger.revision
        off = {row["id"]: row for row in sim.books.rows("writeoffs")}
        costs = {line["../id"]: line["cost"] for line in sim.books.rows("writeoff_items") if line["#"] == 0}
        touched = sim.business.do("backdate_invoice", day="2026-05-10")
        assert set(touched["days"]) - {"2026-05-17"} == {f"2026-05-{day}" for day in range(10, 17)}
        changed = {key[0] for key, row in figures(sim).items() if row != sold[key]}
        assert changed == {f"2026-05-{day}" for day in range(10, 17)}, "the open day has no cost yet"
        now = {line["../id"]: line["cost"] for line in sim.books.rows("writeoff_items") if line["#"] == 0}
        others = {off[key]["(day)"] for key, cost in costs.items() if now[key] != cost}
        assert others
        assert others <= {*touched["days"]}
        days = {"dateFrom": str(sim.first_day), "dateTo": str(sim.last_day)}
        assert not user.json("v2/documents/writeoff", **days, revisionFrom=revision)["response"]
        moment = MOMENTS[-1]
        shown = as_sums(balances(user, STORES, moment))
        assert_same(shown, as_sums(sim.books.balances("store_balances", moment)))


@settings(max_examples=12, deadline=None)
@given(kinds=st.lists(st.sampled_from(KINDS), min_size=2, max_size=8), clock=st.sampled_from(["wall", "accounting"]))
def test_whatever_happens_balances_are_the_books(kinds: list[str], clock: t.Any) -> None:
    readings = Readings(balance_clock=clock, past_names="former")
    sim = Simulator(seed=9, departments=2, days=6, receipts_per_day=2, last_day=LAST_DAY, readings=readings)
    moments = [f"{sim.first_day + datetime.timedelta(days=after)}T00:00:00" for after in (4, 7)]
    with sim, Iiko(sim) as user:
        for kind in kinds:
            try:
                sim.business.do(kind)
            except ValueError as error:
                assert "no such" in str(error)  # noqa: PT017 - nothing that could change so
            balances(user, STORES, moments[0])  # so that the book of postings is there, and must be made anew
        for path, table in BALANCES.items():
            for moment in moments:
                assert_same(as_sums(balances(user, path, moment)), as_sums(sim.books.balances(table, moment)))
