"""Twenty reports of a user's own at once, against the books: loaded, a quiet night, late changes, a full refresh."""

from __future__ import annotations

import datetime
import typing as t
from collections import Counter

import pytest

from simulator import Simulator
from support.analyst import LEDGER, LINES, ORDERS, PAYMENTS, STOCK, Analyst, is_shared, told
from support.own_books import Told, expected, period_of

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from support.taps import Record, Result

SHOWN = {"OrderDeleted": ["NOT_DELETED"], "DeletedWithWriteoff": ["NOT_DELETED"]}
POSTED: t.Final = {"report": "TRANSACTIONS"}
DELIVERED: t.Final = {"report": "DELIVERIES"}
REPORTS = [
    # sales
    told(
        ORDERS,
        "hours",
        "Department.Id HourClose OrderServiceType",
        "DishDiscountSumInt UniqOrderId.OrdersCount",
        columns={"HourClose": "hour", "DishDiscountSumInt": "revenue"},
    ),
    told(ORDERS, "guests", "Department.Id", "GuestNum UniqOrderId", by="month"),
    told(ORDERS, "services", "OrderServiceType", "GuestNum DishDiscountSumInt", by="week"),
    told(ORDERS, "discounts", "OrderDiscount.Type", "DiscountSum UniqOrderId"),
    told(ORDERS, "without_discount", "Department.Id", "DishSumInt", filters={"OrderDiscount.Type": [None]}),
    told(ORDERS, "numbers", "Department.Id OrderNum", "DishSumInt", filters={"OrderNum": {"from": 3, "to": 9}}),
    told(ORDERS, "days", "", "DishSumInt GuestNum"),
    told(ORDERS, "months", "", "UniqOrderId GuestNum", by="month"),
    told(LINES, "revenue", "Department.Id", "DishDiscountSumInt VAT.Sum", filters=SHOWN, watch="own"),
    told(LINES, "dishes", "DishId DishName", "DishAmountInt DishSumInt", key=["DishId"]),
    told(LINES, "cost", "DishCategory", "ProductCostBase.ProductCost DishDiscountSumInt", by="month"),
    told(LINES, "sizes", "DishSize.Name", "DishAmountInt", filters={"DishSize.Name": {"except": [None]}}, by="week"),
    told(LINES, "waiters", "WaiterName.ID WaiterName", "DishDiscountSumInt UniqOrderId", watch="own"),
    told(
        PAYMENTS,
        "payments",
        "PayTypes.GUID PayTypes.Group",
        "DishDiscountSumInt",
        filters={"PayTypes.Group": {"except": ["NON_CASH"]}},
    ),
    # deliveries
    told(ORDERS, "zones", "Delivery.Zone", "DishDiscountSumInt UniqOrderId", by="month", **DELIVERED),
    told(
        ORDERS,
        "couriers",
        "Delivery.ServiceType Delivery.Courier.Id",
        "DishSumInt",
        filters={"Delivery.Zone": [None, "Центр"]},
        **DELIVERED,
    ),
    # the ledger
    told(
        LEDGER,
        "pnl",
        "Account.Type Account.Name Department",
        "Sum.Incoming Sum.Outgoing",
        filters={"Account.Group": ["INCOME_EXPENSES"]},
        by="month",
        **POSTED,
    ),
    told(
        LEDGER,
        "accounts",
        "Account.Id TransactionSide",
        "Sum.ResignedSum",
        filters={"TransactionType": {"except": ["CASH", "CARD"]}},
        watch="own",
        **POSTED,
    ),
    told(LEDGER, "parties", "Account.Id Counteragent.Id", "Sum.Incoming Sum.Outgoing", by="week", **POSTED),
    told(
        STOCK,
        "stock",
        "Account.Id Product.Id Product.MeasureUnit TransactionType",
        "Amount.In Amount.Out",
        filters={"Account.Type": ["INVENTORY_ASSETS"]},
        **POSTED,
    ),
]
TABLES = [each.name for each in REPORTS]


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """Over the turn of a month, whichever day it is today."""
    with Simulator(seed=14, departments=2, days=36, receipts_per_day=5) as simulator:
        yield simulator
        assert (simulator.open_tokens, simulator.max_in_flight) == (0, 1)


@pytest.fixture
def analyst(sim: Simulator) -> Analyst:
    """Has loaded everything once."""
    found = Analyst(sim, REPORTS)
    assert found.night().code == 0
    return found


def test_twenty_reports_are_equal_to_the_books(analyst: Analyst) -> None:
    assert len(REPORTS) == 20
    assert analyst.wrong() == []
    for report in REPORTS:
        truth = expected(report, analyst.books(report), analyst.sim.first_day)
        assert len({key[0] for key in truth}) > 1, f"{report.name}: one period shows nothing"


def days_of(body: Record) -> list[datetime.date]:
    """Those that were asked for."""
    day = "DateTime.DateTyped" if body["reportType"] == "TRANSACTIONS" else "OpenDate.Typed"
    first, last = (datetime.date.fromisoformat(body["filters"][day][end][:10]) for end in ("from", "to"))
    return [first + datetime.timedelta(days=number) for number in range((last - first).days)]


def test_a_quiet_night_asks_for_shared_totals_once_and_for_what_is_open(analyst: Analyst) -> None:
    quiet = analyst.night()
    assert quiet.code == 0
    shared = [body for body in analyst.asked() if is_shared(body)]
    for kind in ("SALES", "TRANSACTIONS"):
        days = Counter(day for body in shared if body["reportType"] == kind for day in days_of(body))
        assert len(days) >= 36
        assert set(days.values()) == {1}
    others = Counter(body["reportType"] for body in analyst.asked() if not is_shared(body))
    # Each report once, for what is open, and its own totals where it is watched by them: of postings 31 days at most.
    assert others == {"SALES": 14 + 2, "DELIVERIES": 2, "TRANSACTIONS": 4 + 2}
    assert {row["business_date"] for row in quiet.log("report_days")} == {analyst.sim.last_day.isoformat()}
    assert analyst.wrong() == []


def read_of(result: Result, name: str) -> set[str]:
    """The days, or first days, of which a report was read."""
    return {row["business_date"] for row in result.log(f"report_{name}")}


def test_a_line_that_is_deleted_is_found_in_every_report_of_its_day(analyst: Analyst) -> None:
    today, day = (f"{analyst.sim.last_day - datetime.timedelta(days=back)}" for back in (0, 20))
    analyst.sim.business.delete_line(day=day)
    assert analyst.wrong(), "the change changes something"
    result = analyst.night()
    for name in ("hours", "revenue", "dishes", "couriers", "accounts", "stock"):
        assert read_of(result, name) == {day, today}, name
    assert read_of(result, "months") == {period_of(each, "month") for each in (day, today)}
    assert read_of(result, "services") == {period_of(each, "week") for each in (day, today)}
    assert analyst.wrong() == []


def test_a_back_dated_invoice_is_found_in_the_ledger_and_in_the_cost(analyst: Analyst) -> None:
    day = f"{analyst.sim.last_day - datetime.timedelta(days=4)}"
    changed = analyst.sim.business.backdate_invoice(day=day)["days"]
    assert analyst.wrong()
    result = analyst.night()
    assert read_of(result, "stock") >= {day, *changed}
    assert min(read_of(result, "stock")) == day
    assert analyst.wrong() == []


def test_of_another_waiter_only_a_report_hears_whose_own_sums_change(sim: Simulator) -> None:
    """Or one whose day is read again."""
    day = sim.last_day - datetime.timedelta(days=12)
    item = next(row for row in sim.books.rows(LINES) if row["OpenDate.Typed"] == f"{day}" and row["UniqOrderId.Id"])
    of_one = {"filters": {"WaiterName.ID": [item["WaiterName.ID"]]}}
    reports = [
        told(LINES, "own", "Department.Id", "DishDiscountSumInt", watch="own", **of_one),
        told(LINES, "shared", "Department.Id", "DishDiscountSumInt", **of_one),
        told(LINES, "by_waiter", "WaiterName.ID", "DishDiscountSumInt", watch="own"),
    ]
    analyst = Analyst(sim, reports)
    analyst.night()
    assert analyst.wrong() == []
    sim.business.change_waiter(order=item["UniqOrderId.Id"], day=day)
    analyst.night()
    assert {each.partition(":")[0].partition(".")[0] for each in analyst.wrong()} == {
        "report_shared",
        "report_by_waiter",  # its sums of the day are what they were
    }
    analyst.night(reread_days=13)
    assert analyst.wrong() == []


def test_between_two_accounts_the_ledgers_own_totals_see_a_change(sim: Simulator) -> None:
    """The two sides of a posting cancel out in the sum of a day."""
    analyst = Analyst(sim, [told(LEDGER, "own", "Account.Id", "Sum.ResignedSum", watch="own", **POSTED)])
    analyst.night()
    sim.business.post_manually(day=sim.last_day - datetime.timedelta(days=9))
    assert analyst.wrong()
    analyst.night()
    assert analyst.wrong() == []


def test_a_full_refresh_reads_everything_again(analyst: Analyst) -> None:
    analyst.sim.business.change_waiter(day=analyst.sim.last_day - datetime.timedelta(days=12))
    analyst.state = None
    result = analyst.night()
    assert len(read_of(result, "hours")) == 36
    assert analyst.wrong() == []


# Another declaration


def declared(name: str, **more: t.Any) -> Told:
    """A small report."""
    return told(ORDERS, name, **{"groups": "Department.Id", "aggregates": "DishSumInt", **more})


CHANGES: list[tuple[str, dict[str, t.Any]]] = [
    ("filters", {"filters": {"OrderNum": {"from": 2, "to": 5}}}),
    ("groups", {"groups": "Department.Id OrderServiceType"}),
    ("aggregates", {"aggregates": "DishSumInt GuestNum"}),
    ("columns", {"columns": {"DishSumInt": "turnover"}}),
    ("key", {"groups": "Department.Id OrderNum", "key": ["OrderNum", "Department.Id"]}),
]


@pytest.mark.parametrize("change", [change for _, change in CHANGES], ids=[what for what, _ in CHANGES])
def test_a_report_that_is_declared_otherwise_is_read_again_whole(
    sim: Simulator, change: dict[str, t.Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Days before the look-back too: one table never follows two declarations."""
    before = {"groups": change["groups"]} if "key" in change else {}
    analyst = Analyst(sim, [declared("x", **before), declared("other")])
    analyst.night()
    analyst.reports = [declared("x", **change), declared("other")]
    again = analyst.night(lookback_days=5)
    assert len(read_of(again, "x")) == 36
    assert len(read_of(again, "other")) == 1
    assert analyst.wrong() == []
    said = "report_x: the report is another one than before: all its days are read again."
    assert [record.message for record in caplog.records].count(said) == 1
    assert len(read_of(analyst.night(lookback_days=5), "x")) == 1
    assert [record.message for record in caplog.records].count(said) == 1


@pytest.mark.usefixtures("no_waiting")
def test_what_was_not_read_again_yet_is_read_by_the_next_run(sim: Simulator) -> None:
    analyst = Analyst(sim, [declared("x")])
    analyst.night()
    analyst.reports = [declared("x", filters={"OrderNum": {"from": 2, "to": 5}})]
    day = sim.last_day - datetime.timedelta(days=30)
    sim.faults.add("http_500", times=99, match=lambda body: "OrderNum" in body["filters"] and day in days_of(body))
    broken = analyst.night()
    assert broken.code == 1
    assert [row["business_date"] for row in broken.log("report_x") if row["status"] == "failed"] == [f"{day}"]
    assert analyst.wrong()
    sim.faults.clear()
    assert analyst.night().code == 0
    assert analyst.wrong() == []


@pytest.mark.parametrize(("was", "now"), [("day", "month"), ("month", "day"), ("week", "day")])
def test_days_and_months_do_not_meet_in_one_table(sim: Simulator, was: str, now: str) -> None:
    analyst = Analyst(sim, [declared("x", by=was), declared("other")])
    analyst.night()
    analyst.reports = [declared("x", by=now), declared("other")]
    again = analyst.night()
    assert again.code == 1
    (row,) = again.log("report_x")
    assert row["status"] == "failed"
    assert row["message"] == (
        f"report_x was loaded by {was}, and is to be by {now}: in one table they would be added up. Give the report "
        "another name, or set by back."
    )
    assert {row["status"] for row in again.log("report_other")} == {"loaded"}
    assert analyst.night().code == 1, "and it stays so"
    analyst.reports = [declared("x", by=was), declared("x_new", by=now)]
    assert analyst.night().code == 0
    assert analyst.wrong() == []


def test_a_report_that_is_left_out_keeps_its_rows_and_its_state(sim: Simulator) -> None:
    both = [declared("x"), declared("other")]
    analyst = Analyst(sim, both)
    analyst.night()
    rows = analyst.warehouse.current("report_x")
    analyst.reports = both[1:]
    without = analyst.night()
    assert without.records("report_x") == without.log("report_x") == []
    assert analyst.warehouse.current("report_x") == rows
    day = f"{sim.last_day - datetime.timedelta(days=20)}"
    sim.business.lose_order(day=day)
    analyst.reports = both
    back = analyst.night()
    assert read_of(back, "x") == {day, sim.last_day.isoformat()}
    assert analyst.wrong() == []
