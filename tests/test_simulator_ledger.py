"""The simulator's ledger: TRANSACTIONS equals the books, and the books what documents, sales and people say (4.9)."""

from __future__ import annotations

import datetime
import json
import typing as t
from collections import defaultdict
from decimal import Decimal

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from simulator import Readings, Simulator
from simulator.olap.fields import TRANSACTIONS, UNLISTED
from simulator.world.business import KINDS
from simulator.world.ledger_changes import LEDGER_KINDS
from support.api_user import LAST_DAY, Iiko, days_of, values

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.olap.request import Request

Row = dict[str, t.Any]
DAY = "DateTime.DateTyped"
SUMS = ("Sum.Incoming", "Sum.Outgoing", "Sum.ResignedSum")
FIGURES: dict[str, tuple[str, ...]] = {
    "transactions": SUMS,
    "stock_movements": ("Amount.In", "Amount.Out", *SUMS[:2]),
}
FILTERS: dict[str, Row] = {"transactions": {}, "stock_movements": {"Account.StoreOrAccount": values("STORE")}}
ALCOHOL = (".Code", ".Group", ".Type")
NEARLY = Decimal("0.000001")  # JSON numbers are binary
READINGS: dict[str, Row] = {
    "usual": {},
    "other": {
        "document_day": "accounting",
        "vat_accounting": "apart",
        "refunds": "negative",
        "amount_out": "negative",
        "hidden_accounts": frozenset({"Порча", "Терминалы банка"}),
    },
}


def business(**readings: t.Any) -> Simulator:
    return Simulator(
        seed=5, departments=4, days=16, receipts_per_day=3, last_day=LAST_DAY, readings=Readings(**readings)
    )


@pytest.fixture(scope="module", params=READINGS)
def iiko(request: pytest.FixtureRequest) -> Iterator[Iiko]:
    with business(**READINGS[request.param]) as sim, Iiko(sim) as user:
        yield user


@pytest.fixture(scope="module")
def usual() -> Iterator[Iiko]:
    with business() as sim, Iiko(sim) as user:
        yield user


def asked(groups: t.Iterable[str], sums: t.Iterable[str] = SUMS, dates: t.Any = None, **filters: t.Any) -> Row:
    """Of all time, unless told otherwise."""
    return {
        "reportType": "TRANSACTIONS",
        "buildSummary": False,
        "groupByRowFields": list(groups),
        "aggregateFields": list(sums),
        "filters": {DAY: dates or days_of("2020-01-01", "2030-01-01"), **filters},
    }


def rows(iiko: Iiko, groups: t.Iterable[str], sums: t.Iterable[str] = SUMS, **more: t.Any) -> list[Row]:
    answer = iiko.olap(asked(groups, sums, **more))
    assert answer.status_code == 200, answer.text
    found: list[Row] = json.loads(answer.content, parse_float=Decimal, parse_int=Decimal)["data"]
    return found


def summed(found: t.Iterable[Row], groups: t.Sequence[str], figures: t.Sequence[str]) -> dict[t.Any, list[Decimal]]:
    sums: defaultdict[t.Any, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * len(figures))
    for row in found:
        key = tuple(row[name] for name in groups)
        sums[key] = [known + row[name] for known, name in zip(sums[key], figures, strict=True)]
    return sums


def differing(one: dict[t.Any, list[Decimal]], other: dict[t.Any, list[Decimal]]) -> list[t.Any]:
    """The keys whose figures are not the same; what is nothing may be missing."""
    nothing = [Decimal(0)] * 9
    return [
        key
        for key in one.keys() | other.keys()
        if any(abs(a - b) > NEARLY for a, b in zip(one.get(key, nothing), other.get(key, nothing), strict=False))
    ]


def told(iiko: Iiko, table: str) -> list[Row]:
    groups = [name for name in iiko.sim.books.rows(table)[0] if name not in FIGURES[table]]
    return rows(iiko, groups, FIGURES[table], **FILTERS[table])


# Equal to the books


@pytest.mark.parametrize("table", FIGURES)
def test_reports_of_the_ledger_are_the_books(iiko: Iiko, table: str) -> None:
    shown, true = told(iiko, table), iiko.sim.books.rows(table)
    groups = [name for name in true[0] if name not in FIGURES[table]]
    assert len(shown) == len(true)
    one, other = (summed(each, groups, FIGURES[table]) for each in (shown, true))
    assert one.keys() == other.keys()
    assert len(one) == len(true), "a key is one row"
    assert not differing(one, other)


def test_every_family_of_postings_is_there(usual: Iiko) -> None:
    shown = rows(usual, ["TransactionType"])
    assert {row["TransactionType"] for row in shown} == {
        "OPENING_BALANCE",
        "INVOICE",
        "INVOICE_PAYMENT",
        "OUTGOING_INVOICE",
        "OUTGOING_INVOICE_REVENUE",
        "RETURNED_INVOICE",
        "WRITEOFF",
        "TRANSFER",
        "PRODUCTION",
        "INVENTORY_CORRECTION",
        "STORE_COST_CORRECTION",
        "SESSION_WRITEOFF",
        "CASH",
        "CARD",
        "CREDIT",
        "PAYIN",
        "PAYOUT",
        "INCOMING_SERVICE",
        "CUSTOM",
        "TARIFF_HOUR",
        "EMPLOYEE_CASH_PAYMENT",
    }


# What must be equal on an honest server, and an error that each comparison sees


def debits_without_credits(iiko: Iiko) -> list[t.Any]:
    """The days on which both sides of the ledger differ."""
    found = rows(iiko, [DAY], SUMS)
    return [row[DAY] for row in found if abs(row["Sum.Incoming"] - row["Sum.Outgoing"]) > NEARLY]


def takings_without_sales(iiko: Iiko) -> list[t.Any]:
    """Days and groups of payment: what guests paid less what they got back, against the takings of closed days."""
    by_group, closed = ["OpenDate.Typed", "PayTypes.Group"], days_of(iiko.sim.first_day, iiko.sim.last_day)
    lasting = {name: values("NOT_DELETED") for name in ("OrderDeleted", "DeletedWithWriteoff")}
    sold = iiko.rows(by_group, ["DishDiscountSumInt"], dates=closed, Storned=values("FALSE"), **lasting)
    back = iiko.rows([*by_group, "SourceOrderId"], ["DishReturnSum"], dates=closed)
    expected: defaultdict[t.Any, list[Decimal]] = defaultdict(lambda: [Decimal(0)])
    kinds = {"CASH": "CASH", "CARD": "CARD"}
    for row in sold:
        expected[row["OpenDate.Typed"], kinds.get(row["PayTypes.Group"], "CREDIT")][0] += row["DishDiscountSumInt"]
    for row in back:
        if row["SourceOrderId"]:
            expected[row["OpenDate.Typed"], kinds.get(row["PayTypes.Group"], "CREDIT")][0] -= row["DishReturnSum"]
    kept = {"Account.Type": values("INCOME"), "TransactionType": values("CASH", "CARD", "CREDIT")}
    shown = rows(iiko, [DAY, "TransactionType"], ["Sum.Outgoing"], **kept)
    return differing(summed(shown, [DAY, "TransactionType"], ["Sum.Outgoing"]), expected)


def written_off_without_cost(iiko: Iiko) -> list[t.Any]:
    """Days and departments: what sales took from stores, against the cost of what was sold."""
    sold = iiko.rows(["OpenDate.Typed", "Department.Code"], ["ProductCostBase.ProductCost"])
    cost = [row for row in sold if row["ProductCostBase.ProductCost"] is not None]
    kept = {"TransactionType": values("SESSION_WRITEOFF"), "Account.StoreOrAccount": values("STORE")}
    shown = rows(iiko, [DAY, "Department.Code"], ["Sum.Outgoing"], **kept)
    return differing(
        summed(shown, [DAY, "Department.Code"], ["Sum.Outgoing"]),
        summed(cost, ["OpenDate.Typed", "Department.Code"], ["ProductCostBase.ProductCost"]),
    )


def movements_without_closings(iiko: Iiko) -> list[t.Any]:
    """Stores and products: all that ever moved, against what there is."""
    moment = f"{iiko.sim.last_day + datetime.timedelta(days=30)}T00:00:00"
    there = iiko.json("v2/reports/balance/stores", timestamp=moment)
    figures, groups = ["Sum.ResignedSum", "Amount"], ["Account.Id", "Product.Id"]
    shown = rows(iiko, groups, figures, **FILTERS["stock_movements"])
    return differing(summed(shown, groups, figures), summed(there, ["store", "product"], ["sum", "amount"]))


def hours_without_pay(iiko: Iiko) -> list[t.Any]:
    """Employees: what their hours come to, against what they are owed for it."""
    paid = "paymentDetails/regularPaymentSum"
    worked = [row | {paid: row[paid] or Decimal(0)} for row in iiko.sim.books.rows("attendances")]
    kept = {"TransactionType": values("TARIFF_HOUR"), "TransactionSide": values("CREDIT")}
    shown = rows(iiko, ["Counteragent.Id"], ["Sum.Outgoing"], **kept)
    return differing(summed(shown, ["Counteragent.Id"], ["Sum.Outgoing"]), summed(worked, ["employeeId"], [paid]))


def moves_without_shifts(iiko: Iiko) -> list[t.Any]:
    """Pay-ins and pay-outs of all cash shifts, against their postings."""
    kinds = {"PAYIN": "payIn", "PAYOUT": "payOut"}
    shifts = iiko.sim.books.rows("cash_shifts")
    shown = rows(iiko, ["TransactionType"], ["Sum.Incoming"], TransactionType=values(*kinds))
    expected = {(kind,): [sum((row[name] for row in shifts), Decimal(0))] for kind, name in kinds.items()}
    return differing(summed(shown, ["TransactionType"], ["Sum.Incoming"]), expected)


RULES: list[tuple[t.Callable[[Iiko], list[t.Any]], Row]] = [
    (debits_without_credits, {"posting": "INVOICE", "side": "DEBIT"}),
    (takings_without_sales, {"posting": "CARD"}),
    (written_off_without_cost, {"posting": "SESSION_WRITEOFF"}),
    (movements_without_closings, {"posting": "TRANSFER", "side": "CREDIT"}),
    (hours_without_pay, {"posting": "TARIFF_HOUR"}),
    (moves_without_shifts, {"posting": "PAYOUT"}),
]


@pytest.mark.parametrize("rule", [rule for rule, _ in RULES])
def test_what_must_be_equal_is(usual: Iiko, rule: t.Callable[[Iiko], list[t.Any]]) -> None:
    assert rule(usual) == []


def test_each_comparison_sees_an_error_of_its_own() -> None:
    with business() as sim, Iiko(sim) as user:
        for rule, error in RULES:
            sim.business.do("misreport_posting", **error)
            assert len(rule(user)) == 1, rule.__name__
            sim.ledger.stock.bookkeeping.misreported.clear()
            sim.ledger.touch()


def test_a_hidden_account_is_missing_without_a_word() -> None:
    with business(hidden_accounts=frozenset({"Терминалы банка"})) as sim, Iiko(sim) as user:
        assert debits_without_credits(user)
        assert "Терминалы банка" not in {row["Account.Name"] for row in rows(user, ["Account.Name"])}
        assert "Терминалы банка" in {row["Contr-Account.Name"] for row in rows(user, ["Contr-Account.Name"])}


# What can be asked for


def in_process(iiko: Iiko, body: Row) -> list[Row]:
    """Without HTTP, since there are many."""
    raw = json.dumps(body).encode()
    request: Request = iiko.sim.olap.read(raw, LAST_DAY)
    found: list[Row] = json.loads(iiko.sim.olap.answer(raw, request)[0], parse_float=Decimal, parse_int=Decimal)["data"]
    return found


def test_any_field_groups_and_filters_without_losing_or_doubling_anything(usual: Iiko) -> None:
    (whole,) = in_process(usual, asked([]))
    known = [name for name, field in TRANSACTIONS.items() if field.groups and field.since <= 229]
    told: set[str] = set()
    for name in [*known, "DateTime", "DateTime.Date", "DateTime.OperDayFilter"]:
        found = in_process(usual, asked([name]))
        assert sum(row["Sum.Incoming"] for row in found) == pytest.approx(whole["Sum.Incoming"]), name
        if TRANSACTIONS[UNLISTED.get(name, name)].type in {"DATE", "DATETIME", "OBJECT"}:
            told.add(name)
            continue
        assert len({row[name] for row in found}) == len(found), name
        one = found[len(found) // 2]
        (again,) = in_process(usual, asked([name], **{name: values(one[name])}))
        assert again == one, name
        others = in_process(usual, asked([name], **{name: values(one[name]) | {"filterType": "ExcludeValues"}}))
        assert len(others) == len(found) - 1, name
        told |= {name} if any(row[name] is not None for row in found) else set()
    alcohol = {f"{side}.AlcoholClass{part}" for side in ("Product", "Contr-Product") for part in ("", *ALCOHOL)}
    assert set(known) - told == alcohol | {
        "Account.AccountHierarchyThird",
        "CashFlowCategory.HierarchyLevel2",
        "CashFlowCategory.HierarchyLevel3",
        *(f"Department.Category{number}" for number in range(1, 6)),
        "OrderId",
        "Product.ThirdParent",
        "OrderNum",
    }, "nothing of these is in this business"


def test_what_the_ledger_does_not_tell(usual: Iiko) -> None:
    columns = usual.json("v2/reports/olap/columns", reportType="TRANSACTIONS")
    assert not {"Department.Id", "Contr-Account.Id", "OpenDate.Typed"} & columns.keys()
    for name in ("Department.Id", "Contr-Account.Id", "OpenDate.Typed"):
        answer = usual.olap(asked([name]))
        assert (answer.status_code, "Unknown OLAP field" in answer.text) == (400, True)
    assert {str(row["TransactionType.Code"]) for row in rows(usual, ["TransactionType.Code"])} == {"{}"}
    assert None in {row["Product.Id"] for row in rows(usual, ["Product.Id"], TransactionType=values("CUSTOM"))}


def test_balances_are_sums_over_the_whole_ledger(usual: Iiko) -> None:
    figures = ["StartBalance.Money", "Sum.ResignedSum", "FinalBalance.Money", "FinalBalance.Amount"]
    dates = days_of("2026-05-08", "2026-05-12")
    shown = rows(usual, ["Account.Id"], figures, dates=dates, **FILTERS["stock_movements"])
    assert all(
        abs(row["StartBalance.Money"] + row["Sum.ResignedSum"] - row["FinalBalance.Money"]) < NEARLY for row in shown
    )
    there = usual.json("v2/reports/balance/stores", timestamp="2026-05-12T00:00:00")
    one = summed(shown, ["Account.Id"], ["FinalBalance.Money", "FinalBalance.Amount"])
    assert not differing(one, summed(there, ["store"], ["sum", "amount"]))


def test_days_and_moments_can_be_asked_for(usual: Iiko) -> None:
    def days(dates: Row) -> set[str]:
        return {row[DAY] for row in rows(usual, [DAY], dates=dates)}

    assert days(days_of("2026-05-08", "2026-05-10")) == {"2026-05-08", "2026-05-09"}
    assert days(days_of("2026-05-08", "2026-05-08", includeHigh=True)) == {"2026-05-08"}
    body = asked([DAY])
    body["filters"] = {"DateTime.Typed": days_of("2026-05-08T09:00:00", "2026-05-08T13:00:00")}
    assert {row[DAY] for row in usual.olap(body).json()["data"]} == {"2026-05-08"}
    body["filters"] = {}
    assert usual.olap(body).status_code == 400


def test_other_readings_of_days_and_signs(usual: Iiko) -> None:
    readings = {"document_day": "accounting", "ledger_days": "calendar", "ledger_range": "include_high"}
    with business(amount_out="negative", blank="empty", **readings) as sim, Iiko(sim) as user:
        assert user.olap(asked([DAY], dates=days_of("2026-05-08", "2026-05-09"))).status_code == 409
        dates = days_of("2026-05-08", "2026-05-08", includeHigh=True)
        assert {row[DAY] for row in rows(user, [DAY], dates=dates)} == {"2026-05-07", "2026-05-08"}
        every = days_of("2020-01-01", "2030-01-01", includeHigh=True)
        kept = {"TransactionType": values("TRANSFER")}
        (here,) = rows(usual, [], ["Amount.In", "Amount.Out"], **kept)
        (there,) = rows(user, ["OrderNum"], ["Amount.In", "Amount.Out"], dates=every, **kept)
        assert (there["Amount.In"], there["Amount.Out"]) == (here["Amount.In"], -here["Amount.Out"])
        assert there["OrderNum"] == ""


def test_nothing_is_loaded_before_somebody_asks() -> None:
    with business() as sim, Iiko(sim) as user:
        user.rows(["OpenDate.Typed"])
        tables = "SELECT name FROM sqlite_master WHERE name = 'entries'"
        assert not sim.olap.store.db.execute(tables).fetchall()
        rows(user, [DAY])
        assert sim.olap.store.db.execute(tables).fetchall()


# Changes


@pytest.mark.parametrize("kind", [*LEDGER_KINDS, "backdate_invoice", "recalculate_writeoff", "add_attendance"])
def test_a_change_is_in_report_and_books_on_its_days(kind: str) -> None:
    with business() as sim, Iiko(sim) as user:
        before, sold, revision = told(user, "transactions"), user.rows(["OpenDate.Typed"]), sim.ledger.revision
        touched = sim.business.do(kind)
        after, true = told(user, "transactions"), sim.books.rows("transactions")
        groups = [name for name in true[0] if name not in SUMS]
        now = summed(after, groups, SUMS)
        changed = {key[0] for key in differing(summed(before, groups, SUMS), now)}
        assert changed
        assert changed <= {*touched["days"]}
        assert not differing(now, summed(true, groups, SUMS))
        assert user.rows(["OpenDate.Typed"]) == sold, "revenue is as it was"
        silent = kind in {"correct_cost", "recalculate_writeoff"}
        assert (sim.ledger.revision == revision) == silent


@settings(max_examples=8, deadline=None)
@given(kinds=st.lists(st.sampled_from(KINDS), min_size=3, max_size=9), day=st.sampled_from(["calendar", "accounting"]))
def test_whatever_happens_the_ledger_is_the_books(kinds: list[str], day: t.Any) -> None:
    readings = Readings(document_day=day, past_names="former", report_blanks=True)
    sim = Simulator(seed=9, departments=2, days=6, receipts_per_day=2, last_day=LAST_DAY, readings=readings)
    with sim, Iiko(sim) as user:
        for kind in kinds:
            try:
                sim.business.do(kind)
            except ValueError as error:
                assert "no such" in str(error)  # noqa: PT017 - nothing that could change so
            rows(user, [DAY])  # so that the postings lie in the SQL engine, and must be loaded anew
        for table, figures in FIGURES.items():
            shown, true = told(user, table), sim.books.rows(table)
            groups = [name for name in true[0] if name not in figures]
            assert len(shown) == len(true)
            assert not differing(summed(shown, groups, figures), summed(true, groups, figures))
