"""The ledger's tables: what a night finds of what changed late, what it asks for that, and the rules R2 to R5."""

from __future__ import annotations

import datetime
import json
import typing as t
from collections import Counter, defaultdict
from decimal import Decimal

import pytest

from simulator import Simulator
from support.catalogs import catalog_of
from support.other_iiko import OtherIiko
from support.other_ledger import D1, D2, DISH, ORDER_1, ORDER_2, STORE, config, ledger
from support.other_postings import posting
from support.tampering import tamper, with_rows
from support.taps import ZONE, config_for, run_tap

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.api.method import Answer, Call
    from support.taps import Result

LEDGER, MOVEMENTS = "transactions", "stock_movements"
DOCUMENTS = ("incoming_invoices", "outgoing_invoices", "writeoffs", "internal_transfers")
LINES = ("incoming_invoice_items", "outgoing_invoice_items", "writeoff_items", "internal_transfer_items")
OWN = ("checks", "late_changes", "sync_log")
TABLES = ("departments", LEDGER, MOVEMENTS, "sales", "store_balances", *DOCUMENTS, *LINES, *OWN)
BALANCES = "reports/balance/stores"


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """Some weeks of a small chain."""
    with Simulator(seed=7, departments=2, days=20, receipts_per_day=2) as simulator:
        yield simulator
        assert simulator.open_tokens == 0
        assert simulator.refused_concurrent == 0


@pytest.fixture
def months() -> Iterator[Simulator]:
    """Long enough for two ends of months, of one restaurant."""
    with Simulator(seed=7, departments=1, days=62, receipts_per_day=1) as simulator:
        yield simulator
        assert simulator.open_tokens == 0


def run(sim: Simulator, state: t.Any = None, *names: str, **settings: t.Any) -> Result:
    """Read these tables, or all that the rules need."""
    sim.reset_log()
    return run_tap(config_for(sim, timezone=ZONE, **settings), state, catalog_of(*(names or TABLES)))


def groups_of(call: t.Any) -> list[str]:
    """Of a report on the ledger."""
    if not call.path.endswith("v2/reports/olap"):
        return []
    body = call.body if isinstance(call.body, dict) else json.loads(call.body)
    return list(body["groupByRowFields"]) if body["reportType"] == "TRANSACTIONS" else []


def is_totals(call: t.Any) -> bool:
    groups = groups_of(call)
    return bool(groups) and "Contr-Account.Name" not in groups


def is_report_of(call: t.Any, table: str) -> bool:
    groups = groups_of(call)
    return "Contr-Account.Name" in groups and ("Product.Id" in groups) is (table == MOVEMENTS)


def loaded(result: Result, table: str) -> set[str]:
    """The days that were written."""
    return {
        row["business_date"]
        for row in result.records("sync_log")
        if row["stream"] == table and row["status"] in {"loaded", "empty"}
    }


def closings(sim: Simulator) -> set[datetime.date]:
    """The days at whose ends balances were asked for."""
    moments = [call.query.removeprefix("timestamp=")[:10] for call in sim.log if call.path.endswith(BALANCES)]
    at_midnight = [call.query.endswith("T00%3A00%3A00") for call in sim.log if call.path.endswith(BALANCES)]
    days = map(datetime.date.fromisoformat, moments)
    return {day - datetime.timedelta(days=is_end) for day, is_end in zip(days, at_midnight, strict=True)}


def month_end(sim: Simulator, months: int = 1) -> datetime.date:
    """The last day of a month that is over."""
    day = sim.ledger.last_day
    for _ in range(months):
        day = day.replace(day=1) - datetime.timedelta(days=1)
    return day


def findings(result: Result, rule: str) -> list[dict[str, t.Any]]:
    return [row for row in result.records("checks") if row["rule"] == rule]


def money(row: dict[str, t.Any]) -> Decimal:
    return Decimal(row["sum_incoming"] or 0) - Decimal(row["sum_outgoing"] or 0)


def test_both_sides_of_every_posting_are_rows_and_cancel_out(sim: Simulator) -> None:
    result = run(sim)
    sides = Counter(row["transaction_side"] for row in result.records(LEDGER))
    assert sides["DEBIT"] > 100
    assert sides["CREDIT"] > 100
    by_day: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in result.records(LEDGER):
        by_day[row["business_date"]] += money(row)
    assert len(by_day) >= 19
    assert set(by_day.values()) == {0}


def test_the_sums_are_those_of_the_book(sim: Simulator) -> None:
    """By day, type, side and account; of stores also by product."""
    result = run(sim)
    expected: defaultdict[t.Any, Decimal] = defaultdict(Decimal)
    goods: defaultdict[t.Any, Decimal] = defaultdict(Decimal)
    stores = {store.id for each in sim.ledger.group.departments for store in each.stores}
    first = sim.ledger.days[0]
    for each in sim.book.postings:
        for side, account in (("DEBIT", each.debit), ("CREDIT", each.credit)):
            if each.when.day >= first:
                expected[each.when.day, each.type, side, account] += Decimal(each.sum).scaleb(-9)
                if account in stores:
                    product = each.product.id if each.product else None
                    goods[each.when.day, each.type, side, account, product] += Decimal(each.amount).scaleb(-9)
    found: defaultdict[t.Any, Decimal] = defaultdict(Decimal)
    for row in result.records(LEDGER):
        key = row["business_date"], row["transaction_type"], row["transaction_side"], row["account_id"]
        found[key] += abs(money(row)) if money(row) * (1 if key[2] == "DEBIT" else -1) >= 0 else -abs(money(row))
    assert dict(found) == dict(expected)
    moved: defaultdict[t.Any, Decimal] = defaultdict(Decimal)
    for row in result.records(MOVEMENTS):
        key = row["business_date"], row["transaction_type"], row["transaction_side"], row["account_id"]
        moved[*key, row["product_id"]] += Decimal(row["amount_in"] or 0) + Decimal(row["amount_out"] or 0)
    assert dict(moved) == dict(goods)


def test_a_quiet_night_asks_for_the_totals_and_writes_what_is_open(months: Simulator) -> None:
    first = run(months)
    second = run(months, first.state)
    assert len([call for call in months.log if is_totals(call)]) == 2  # 61 days, 31 a request
    recent = set(months.ledger.days[-3:])
    assert loaded(second, LEDGER) == loaded(second, MOVEMENTS) == recent
    assert not second.records("late_changes")
    today, yesterday = (months.ledger.last_day - datetime.timedelta(days=days) for days in (0, 1))
    assert closings(months) == {today, yesterday, month_end(months)}  # what yesterday's is held against
    assert not [row for row in second.records("checks") if not row["proved"]]


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("add_incoming_invoice", {}),
        ("delete_internal_transfer", {}),
        ("edit_writeoff", None),
        ("recalculate_writeoff", {}),
        ("backdate_invoice", {}),
        ("change_cost", {}),
        ("correct_chart", {}),
        ("correct_cost", {}),
        ("post_manually", {}),
    ],
)
def test_what_was_posted_late_is_found_in_one_night(months: Simulator, kind: str, options: t.Any) -> None:
    """By totals, days and closings that it changes; nothing else is asked for."""
    day = months.ledger.days[20]
    first = run(months)
    run(months, first.state)
    quiet = closings(months)
    before = _by_day(months)
    months.business.do(
        kind, **({"day": day} if kind in {"add_incoming_invoice", "backdate_invoice", "change_cost"} else {})
    )
    changed = {each for each, postings in _by_day(months).items() if postings != before.get(each)}
    recent = set(months.ledger.days[-3:])
    second = run(months, first.state)
    assert loaded(second, LEDGER) == loaded(second, MOVEMENTS) == changed | recent
    assert bool(changed) is (kind != "edit_writeoff")  # a comment is no posting
    told = {row["business_date"] for row in second.records("late_changes") if " " in row["metric"]}
    assert told == changed - {months.ledger.days[-1]}
    assert all(row["department_id"] is None for row in second.records("late_changes") if " " in row["metric"])
    assert not [row for row in second.records("checks") if not row["proved"]]
    stale = {month_end(months, 2)} if min(changed, default="9") <= month_end(months).isoformat() else set()
    assert closings(months) == quiet | stale  # the one before the first that is stale, to be held against
    third = run(months, second.state)
    assert loaded(third, LEDGER) == recent
    assert closings(months) == quiet


def _by_day(sim: Simulator) -> dict[str, Counter[t.Any]]:
    """Type, accounts, product and figures of all postings."""
    found: defaultdict[str, Counter[t.Any]] = defaultdict(Counter)
    for each in sim.book.postings:
        product = each.product.id if each.product else None
        found[each.when.day][each.type, each.debit, each.credit, product] += each.sum
        found[each.when.day][each.type, each.debit, each.credit, product, "amount"] += each.amount
    return {day: +counter for day, counter in found.items() if day >= sim.ledger.days[0]}


@pytest.mark.usefixtures("no_waiting")
def test_a_closing_that_could_not_be_read_is_asked_for_again(months: Simulator) -> None:
    first = run(months)
    day = months.ledger.days[10]
    months.business.do("add_incoming_invoice", day=day)
    months.faults.add("http_500", path=BALANCES, times=50)
    failed = run(months, first.state)
    assert failed.code == 1
    months.faults.clear()
    healed = run(months, failed.state)
    assert closings(months) >= {month_end(months, 2), month_end(months)}
    assert not [row for row in healed.records("checks") if not row["proved"]]
    run(months, healed.state)
    assert month_end(months, 2) not in closings(months)


def test_a_run_with_a_short_look_back_makes_no_closing_stale(months: Simulator) -> None:
    first = run(months)
    hourly = run(months, first.state, lookback_days=3)
    run(months, hourly.state)
    assert month_end(months, 2) not in closings(months)


def test_without_the_ledger_every_closing_may_have_changed(months: Simulator) -> None:
    names = ("store_balances", "sync_log")
    first = run(months, None, *names)
    run(months, first.state, *names)
    assert not [call for call in months.log if groups_of(call)]
    assert len(closings(months)) == 4


# Deliberate errors


def _less(rows: list[dict[str, t.Any]], which: t.Callable[[dict[str, t.Any]], bool]) -> list[dict[str, t.Any]]:
    """Without one row."""
    gone = next((row for row in rows if which(row)), None)
    return [row for row in rows if row is not gone]


def test_r4_finds_a_posting_that_is_not_among_the_rows(sim: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    day = sim.ledger.days[12]

    def change(call: Call, answer: Answer) -> Answer:
        if is_report_of(call, LEDGER):
            return with_rows(answer, lambda rows: _less(rows, lambda row: row["DateTime.DateTyped"][:10] == day))
        return answer

    tamper(sim, change)
    result = run(sim)
    wrong = [row for row in findings(result, "R4") if row["proved"] is False]
    assert {row["business_date"] for row in wrong} == {day}
    assert {row["subject"].split()[0] for row in wrong} == {LEDGER}
    assert {row["subject"] for row in wrong} > {LEDGER}  # and where in it
    assert any(LEDGER in line and day in line and "iiko's total" in line for line in caplog.messages)
    strict = run(sim, None, reconcile="fail")
    assert strict.code == 1


def test_r4_finds_a_side_that_is_hidden(sim: Simulator) -> None:
    """Rows of an account that this user may not see are missing in the totals, too."""
    hidden = sim.ledger.ids("account", "Торговая выручка")

    def change(call: Call, answer: Answer) -> Answer:
        if groups_of(call):
            return with_rows(answer, lambda rows: [row for row in rows if row["Account.Id"] != hidden])
        return answer

    tamper(sim, change)
    wrong = [row for row in findings(run(sim), "R4") if row["proved"] is False]
    assert {row["subject"] for row in wrong} == {"debit and credit"}


def test_r2_finds_a_balance_that_no_movement_explains(months: Simulator) -> None:
    yesterday = months.ledger.days[-2]

    def change(call: Call, answer: Answer) -> Answer:
        if call.path.endswith(BALANCES) and months.ledger.days[-1] in call.query:
            rows = json.loads(answer.body)
            rows[0]["sum"] += 5
            answer.body = json.dumps(rows).encode()
        return answer

    tamper(months, change)
    (wrong,) = [row for row in findings(run(months), "R2") if row["proved"] is False]
    assert (wrong["business_date"], wrong["measure"]) == (yesterday, "sum")
    assert abs(wrong["difference"]) == 5


def test_r3_finds_a_document_that_the_ledger_does_not_have(sim: Simulator) -> None:
    def change(call: Call, answer: Answer) -> Answer:
        if is_totals(call) or is_report_of(call, LEDGER):
            return with_rows(answer, lambda rows: [row for row in rows if row["TransactionType"] != "WRITEOFF"])
        return answer

    tamper(sim, change)
    wrong = [row for row in findings(run(sim), "R3") if row["proved"] is False]
    assert wrong
    assert {row["subject"] for row in wrong} == {"writeoff_items"}
    assert {row["found"] for row in wrong} == {0}


def test_r5_finds_cost_that_was_not_written_off(sim: Simulator) -> None:
    day = sim.ledger.days[15]

    def change(call: Call, answer: Answer) -> Answer:
        def without(row: dict[str, t.Any]) -> bool:
            return (row["DateTime.DateTyped"][:10], row["TransactionType"]) != (day, "SESSION_WRITEOFF")

        return with_rows(answer, lambda rows: [*filter(without, rows)]) if groups_of(call) else answer

    tamper(sim, change)
    wrong = [row for row in findings(run(sim), "R5") if row["proved"] is False]
    assert {row["business_date"] for row in wrong} == {day}
    assert {row["subject"] for row in wrong} <= {each.id for each in sim.ledger.group.departments}


def test_who_may_not_see_the_ledger_has_it_skipped_and_the_rest(sim: Simulator) -> None:
    sim.faults.add(
        "forbidden", path="v2/reports/olap", times=99, match=lambda body: body["reportType"] == "TRANSACTIONS"
    )
    result = run(sim)
    statuses = {row["stream"]: row["status"] for row in result.records("sync_log")}
    assert statuses[LEDGER] == statuses[MOVEMENTS] == "skipped"
    assert statuses["sales"] == "loaded"
    assert result.code == 0


def test_a_day_on_which_no_goods_moved_is_empty_and_not_doubted(sim: Simulator) -> None:
    """Money moved, so the totals are not empty."""
    day = sim.ledger.days[11]

    def change(call: Call, answer: Answer) -> Answer:
        def keeps(row: dict[str, t.Any]) -> bool:
            return row["DateTime.DateTyped"][:10] != day or row["TransactionType"] in {"CASH", "CARD"}

        return with_rows(answer, lambda rows: [*filter(keeps, rows)]) if groups_of(call) else answer

    tamper(sim, change)
    result = run(sim, None, LEDGER, MOVEMENTS, "checks", "sync_log")
    statuses = {row["stream"]: row["status"] for row in result.records("sync_log") if row["business_date"] == day}
    assert statuses == {LEDGER: "loaded", MOVEMENTS: "empty", "checks": "loaded"}
    assert result.code == 0


def test_a_second_iiko_is_read_without_a_change() -> None:
    """``Amount.Out`` below zero, days with a time, blanks as texts; no id of a product, no code of an account."""
    store = {"Id": STORE, "Name": "Основной склад", "Type": "INVENTORY_ASSETS", "StoreOrAccount": "STORE", "Code": ""}
    debts = {
        "Id": ORDER_1,
        "Name": "Поставщики",
        "Type": "ACCOUNTS_PAYABLE",
        "StoreOrAccount": "ACCOUNT",
        "Code": "2.1",
    }
    expense = {"Id": ORDER_2, "Name": "Расход", "Type": "EXPENSES", "StoreOrAccount": "ACCOUNT", "Code": "2.1"}
    postings = [
        *posting(f"{D1}", "INVOICE", store, debts, "100.55", "2.5", **{"Product.Id": DISH, "Document": "17"}),
        *posting(f"{D1}", "INVOICE", store, debts, "9.45", "1", **{"Product.Id": DISH, "Document": "17"}),
        *posting(f"{D1}", "NDS_INCOMING", expense, debts, "22", Document="17"),
        *posting(f"{D2}", "WRITEOFF", expense, store, "40.02", "1", **{"Product.Id": None}),
    ]
    balances = {f"{D1}": ("3.5", "110"), f"{D2}": ("2.5", "69.98")}

    def at(query: dict[str, list[str]]) -> list[dict[str, t.Any]]:
        days = [day for day in balances if f"{day}T23:59" < query["timestamp"][0]]
        amount, total = balances[days[-1]] if days else ("0", "0")
        return [{"store": STORE, "product": DISH, "amount": float(amount), "sum": float(total)}]

    with OtherIiko(ledger(), lists={"v2/reports/balance/stores": at}) as other:
        other.transactions = postings
        names = (LEDGER, MOVEMENTS, "store_balances", "checks", "sync_log")
        first = run_tap(config(other, start_date=f"{D1}", end_date=f"{D1}"), None, catalog_of(*names))
        result = run_tap(config(other, start_date=f"{D1}", end_date=f"{D2}"), first.state, catalog_of(*names))
    assert (first.code, result.code) == (0, 0)
    (invoice,) = [row for row in first.records(MOVEMENTS) if row["transaction_type"] == "INVOICE"]
    assert (invoice["amount_in"], invoice["sum_incoming"], invoice["account_id"]) == (Decimal("3.5"), 110, STORE)
    (gone,) = [row for row in result.records(MOVEMENTS) if row["transaction_type"] == "WRITEOFF"]
    assert (gone["amount_out"], gone["product_id"], gone["document"]) == (-1, None, None)
    by_side = Counter(row["transaction_side"] for row in (*first.records(LEDGER), *result.records(LEDGER)))
    assert by_side["DEBIT"] == by_side["CREDIT"]
    assert not [row for each in (first, result) for row in findings(each, "R4") if row["proved"] is not True]
    stock = {row["measure"]: row for row in findings(result, "R2") if row["subject"] == STORE}
    assert {name: (row["expected"], row["proved"]) for name, row in stock.items()} == {
        "amount": (-1, True),
        "sum": (Decimal("-40.02"), True),
    }
