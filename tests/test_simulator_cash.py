"""The simulator's cash shifts: the money of the receipts, in the shapes of live servers (API reference 3.10, 3.5)."""

from __future__ import annotations

import datetime
import typing as t
import xml.etree.ElementTree as ET
from collections import defaultdict
from decimal import Decimal

import pytest

from simulator import Readings, Simulator
from simulator.api.method import METHODS
from simulator.world.cash_changes import CASH_KINDS
from support.api_user import LAST_DAY, Iiko

if t.TYPE_CHECKING:
    from collections.abc import Iterator

Row = dict[str, t.Any]
LIST, PAYMENTS = "v2/cashshifts/list", "v2/cashshifts/payments/list"
FIELDS = [
    "id",
    "sessionNumber",
    "fiscalNumber",
    "cashRegNumber",
    "cashRegSerial",
    "openDate",
    "closeDate",
    "acceptDate",
    "managerId",
    "responsibleUserId",
    "sessionStartCash",
    "payOrders",
    "sumWriteoffOrders",
    "salesCash",
    "salesCredit",
    "salesCard",
    "payIn",
    "payOut",
    "payIncome",
    "cashRemain",
    "cashDiff",
    "sessionStatus",
    "conceptionId",
    "pointOfSaleId",
]


@pytest.fixture
def iiko() -> Iterator[Iiko]:
    """Two months of a small group."""
    sim = Simulator(seed=5, departments=2, days=60, receipts_per_day=4, last_day=LAST_DAY)
    with sim, Iiko(sim) as user:
        yield user


def shifts(iiko: Iiko, first: t.Any = None, last: t.Any = None, status: str = "ANY", **params: t.Any) -> list[Row]:
    first, last = first or iiko.sim.first_day, last or iiko.sim.last_day
    found: list[Row] = iiko.json(LIST, openDateFrom=str(first), openDateTo=str(last), status=status, **params)
    return found


def payments(iiko: Iiko, shift: str) -> Row:
    found: Row = iiko.json(f"{PAYMENTS}/{shift}", hideAccepted="false")
    return found


def test_shifts_are_the_books(iiko: Iiko) -> None:
    books = iiko.sim.books.rows("cash_shifts")
    ours = {"(day)", "operationDay", "departmentId"}
    assert shifts(iiko) == [{name: value for name, value in row.items() if name not in ours} for row in books]
    assert {tuple(row) for row in shifts(iiko)} == {tuple(FIELDS)}


def test_every_session_of_the_receipts_has_its_shift_and_its_money(iiko: Iiko) -> None:
    rows = iiko.rows(["SessionID", "PayTypes.Group", "DishId"], ["DishDiscountSumInt"])
    took: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        took[row["SessionID"], row["PayTypes.Group"]] += Decimal(row["DishDiscountSumInt"])
    found = shifts(iiko)
    assert {row["id"] for row in found} == {session for session, _ in took if session}
    for row in found:
        for name, group in (("salesCash", "CASH"), ("salesCard", "CARD"), ("salesCredit", "NON_CASH")):
            assert abs(row[name] - took[row["id"], group]) <= Decimal("0.0051"), name
        assert row["payOrders"] == row["salesCash"] + row["salesCard"] + row["salesCredit"]
    assert any(row["sumWriteoffOrders"] > 0 for row in found)


def test_payments_pay_ins_and_pay_outs_are_the_books_and_the_shift(iiko: Iiko) -> None:
    books = iiko.sim.books.rows("cash_shift_payments")
    found = {row["id"]: row for row in shifts(iiko)}
    of_shift: defaultdict[str, list[Row]] = defaultdict(list)
    for row in books:
        of_shift[row["../id"]].append(row)
    for shift, row in list(found.items())[::6]:
        answer = payments(iiko, shift)
        assert list(answer) == ["sessionId", "operationDay", "cashlessRecords", "payInRecords", "payOutsRecords"]
        records = [*answer["cashlessRecords"], *answer["payInRecords"], *answer["payOutsRecords"]]
        assert {each["info"]["id"]: each["actualSum"] for each in records} == {
            each["info/id"]: each["actualSum"] for each in of_shift[shift]
        }
        assert {each["info"]["date"] for each in records} <= {f"{answer['operationDay']}T00:00:00"}
        cashless = sum(each["actualSum"] for each in answer["cashlessRecords"])
        assert abs(cashless - row["salesCard"] - row["salesCredit"]) < 1
        out = [each["info"]["sum"] for each in answer["payOutsRecords"] if each["info"]["type"] == "PAYOUT"]
        assert (sum(each["info"]["sum"] for each in answer["payInRecords"]), sum(out)) == (row["payIn"], row["payOut"])
        ended = [each["info"]["sum"] for each in answer["payOutsRecords"] if each["info"]["type"] == "PAYCOL"]
        assert sum(ended) == -row["payIncome"]
    shown = iiko.json(f"{PAYMENTS}/{next(iter(found))}")
    assert not shown["cashlessRecords"], "accepted ones are hidden unless they are asked for"


def test_shifts_are_open_or_wait_or_are_accepted_some_weeks_later(iiko: Iiko) -> None:
    found = shifts(iiko)
    today, late = iiko.sim.last_day.isoformat(), datetime.timedelta(days=19)
    for row in found:
        is_open, is_accepted = row["sessionStatus"] == "OPEN", row["sessionStatus"] == "ACCEPTED"
        assert (row["closeDate"] is None, row["acceptDate"] is None) == (is_open, not is_accepted)
        assert not is_open or row["openDate"][:10] in {today, str(iiko.sim.last_day - datetime.timedelta(days=1))}
        assert row["cashDiff"] == (0 if is_accepted else -row["salesCash"])
    waited = [
        datetime.datetime.fromisoformat(row["acceptDate"]) - datetime.datetime.fromisoformat(row["openDate"])
        for row in found
        if row["acceptDate"]
    ]
    assert max(waited) > late > min(waited)
    for status in ("OPEN", "ACCEPTED", "UNACCEPTED", "HASWARNINGS"):
        assert {row["sessionStatus"] for row in shifts(iiko, status=status)} == {status}
    assert "OPEN" not in {row["sessionStatus"] for row in shifts(iiko, status="CLOSED")}


def test_a_shift_of_the_evening_before_is_listed_by_its_day_or_by_the_next() -> None:
    for reading, shown in (("calendar", False), ("operation", True)):
        readings = Readings(shift_days=reading)  # type: ignore[arg-type]
        sim = Simulator(seed=5, departments=2, days=20, receipts_per_day=1, last_day=LAST_DAY, readings=readings)
        with sim, Iiko(sim) as user:
            evening = next(row for row in sim.books.rows("cash_shifts") if row["openDate"][11:16] == "23:25")
            day = datetime.date.fromisoformat(evening["(day)"]) + datetime.timedelta(days=1)
            assert (evening["id"] in {row["id"] for row in shifts(user, day, day)}) == shown


def test_names_of_the_documentation_and_variants() -> None:
    readings = Readings(documented_spelling=True, shift_departments=True, shift_payment_ids="own", cash_diff="counted")
    sim = Simulator(seed=5, departments=2, days=20, receipts_per_day=4, last_day=LAST_DAY, readings=readings)
    with sim, Iiko(sim) as user:
        row = shifts(user)[0]
        assert {"responsibleUser", "conception", "pointOfSale", "operationDay", "departmentId"} <= row.keys()
        assert {each["cashDiff"] for each in shifts(user)} == {0}
        answer = payments(user, row["id"].upper())
        assert "payOutRecords" in answer
        known = {each["PaymentTransaction.Id"] for each in sim.books.rows("receipt_payments")}
        assert not {each["info"]["id"] for each in answer["cashlessRecords"]} & known


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        (LIST, {"openDateFrom": "2026-05-01", "openDateTo": "2026-05-02"}, 400),
        (LIST, {"openDateFrom": "2026-05-01", "openDateTo": "2026-05-02", "status": ""}, 400),
        (LIST, {"openDateFrom": "2026-05-01", "status": "ANY"}, 400),
        (LIST, {"openDateFrom": "01.05.2026", "openDateTo": "02.05.2026", "status": "ANY"}, 409),
        (f"{PAYMENTS}/{'0' * 36}", {}, 404),
        ("v2/cashshifts/closedSessionDocument/1", {}, 404),
    ],
)
def test_what_is_refused(iiko: Iiko, path: str, params: dict[str, str], status: int) -> None:
    assert iiko.get(path, **params).status_code == status


def test_nothing_with_a_side_effect_is_served() -> None:
    assert not [path for path in METHODS if "closedSessionDocument" in path]


def test_groups_points_and_sections_are_the_books(iiko: Iiko) -> None:
    root = ET.fromstring(iiko.get("corporation/groups").content)
    groups = [(each.findtext("id"), each.findtext("departmentId")) for each in root]
    assert groups == [(row["id"], row["departmentId"]) for row in iiko.sim.books.rows("restaurant_groups")]
    points = [(point.findtext("id"), point.findtext("main")) for point in root.iter("pointOfSaleDto")]
    books = iiko.sim.books.rows("points_of_sale")
    assert points == [(row["id"], str(row["main"]).lower()) for row in books]
    assert {row["pointOfSaleId"] for row in shifts(iiko)} == {row["id"] for row in books}
    sections = {each.findtext("id") for each in root.iter("restaurantSectionInfo")}
    assert sections == {row["id"] for row in iiko.sim.books.rows("restaurant_sections")}
    with Simulator(seed=5, days=3, readings=Readings(group_departments=False)) as sim, Iiko(sim) as user:
        assert "departmentId" not in user.get("corporation/groups").text


@pytest.mark.parametrize("kind", CASH_KINDS)
def test_a_change_of_a_shift_is_seen_in_answer_and_books(iiko: Iiko, kind: str) -> None:
    before = (shifts(iiko), iiko.sim.books.rows("cash_shift_payments"))
    touched = iiko.sim.business.do(kind)
    after = (shifts(iiko), iiko.sim.books.rows("cash_shift_payments"))
    assert before != after
    assert {row["openDate"][:10] for row, old in zip(after[0], before[0], strict=True) if row != old} <= {
        *touched["days"]
    }
    assert (before[0] == after[0]) == (kind == "comment_payment")
    assert [row["id"] for row in shifts(iiko, revisionFrom=iiko.sim.ledger.revision - 1)] == [touched["shift"]]
