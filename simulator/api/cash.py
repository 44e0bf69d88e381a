"""Cash shifts and their payments (API reference 3.10). The method with a side effect is not served."""

from __future__ import annotations

import datetime
import typing as t

from simulator.api.documents import days_of
from simulator.api.json_lists import amount
from simulator.api.method import method
from simulator.api.xml_lists import point_id
from simulator.olap.request import Refusal
from simulator.world.units import MONEY

if t.TYPE_CHECKING:
    from simulator.api.method import Answer, Call, Row, Served
    from simulator.world.cash import Move, Shift
    from simulator.world.ledger import Ledger
    from simulator.world.model import Order, Payment

STATUSES: t.Final = ("ANY", "OPEN", "CLOSED", "ACCEPTED", "UNACCEPTED", "HASWARNINGS")
RIGHT: t.Final = "B_CASH"
"""A guess: the code of this right is not known (1.4)."""
SUMS: t.Final = frozenset(
    [
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
    ]
)
DOCUMENTED: t.Final = {
    "responsibleUserId": "responsibleUser",
    "conceptionId": "conception",
    "pointOfSaleId": "pointOfSale",
    "payOutsRecords": "payOutRecords",
}


@method("v2/cashshifts/list", right=RIGHT)
def shifts(served: Served, call: Call) -> Answer:
    """The shifts of some days; some servers cut by the business day and not by the calendar."""
    first, last = (day.isoformat() for day in days_of(call, "openDateFrom", "openDateTo"))
    status = call.param("status")
    if status not in STATUSES:
        raise Refusal(400, f"java.lang.IllegalArgumentException: No enum constant CashShiftStatus.{status}")
    cash = served.ledger.cash
    by_business_day = served.readings.shift_days == "operation"
    departments = {each.lower() for each in call.params.get("departmentId", ())}
    rows = [
        _spelled(served, _shift(served, shift, orders))
        for shift, orders in cash.orders(first, _after(last)).items()
        if first <= (shift.day if by_business_day else shift.opened[:10]) <= last
        and _is(cash.status(shift), status)
        and (not departments or shift.department.id in departments)
    ]
    return served.json(served.since(call, rows), len(rows))


def _after(day: str) -> str:
    """A shift of the evening before belongs to the next business day."""
    return (datetime.date.fromisoformat(day) + datetime.timedelta(days=1)).isoformat()


def _is(status: str, wanted: str) -> bool:
    return wanted in {"ANY", status} or (wanted == "CLOSED" and status != "OPEN")


def _spelled(served: Served, row: Row) -> Row:
    """With the names that the documentation prints, where the server has those."""
    if not served.readings.documented_spelling:
        return row
    return {DOCUMENTED.get(name, name): value for name, value in row.items()}


def _shift(served: Served, shift: Shift, orders: list[Order]) -> Row:
    cash = served.ledger.cash
    status = cash.status(shift)
    money, is_open = cash.money(orders), status == "OPEN"
    sales = money["CASH"] + shift.miscounted
    collected = 0 if is_open else shift.moved("PAYCOL")
    counted = served.readings.cash_diff == "counted"
    row: Row = {
        "id": shift.id,
        "sessionNumber": shift.session.num,
        "fiscalNumber": None,
        "cashRegNumber": shift.session.register.number,
        "cashRegSerial": None if shift.session.pk % 3 else shift.session.register.serial,
        "openDate": shift.opened,
        "closeDate": None if is_open else shift.closes,
        "acceptDate": f"{shift.accepted_on}T11:05:09.25" if status == "ACCEPTED" else None,
        "managerId": shift.manager.id,
        "responsibleUserId": shift.responsible and shift.responsible.id,
        "sessionStartCash": shift.start_cash,
        "payOrders": sales + money["CARD"] + money["NON_CASH"],
        "sumWriteoffOrders": money["WRITEOFF"],
        "salesCash": sales,
        "salesCredit": money["NON_CASH"],
        "salesCard": money["CARD"],
        "payIn": shift.moved("PAYIN"),
        "payOut": shift.moved("PAYOUT"),
        "payIncome": -collected,
        "cashRemain": None if is_open else shift.start_cash,
        "cashDiff": 0 if counted or status == "ACCEPTED" else -sales,
        "sessionStatus": status,
        "conceptionId": shift.conception,
        "pointOfSaleId": point_id(shift.department, shift.session.register),
    }
    if served.readings.shift_departments:
        row |= {"operationDay": shift.day, "departmentId": shift.department.id}
    return {name: amount(value, MONEY) if name in SUMS and value is not None else value for name, value in row.items()}


@method("v2/cashshifts/payments/list/*", since=(5, 4), right=RIGHT)
def payments(served: Served, call: Call) -> Answer:
    """What a shift took without cash, and what was put in and taken out."""
    identity = call.path.rpartition("/")[2].lower()
    cash = served.ledger.cash
    found = cash.find(identity)
    if found is None:
        raise Refusal(404, f"Cannot find CafeSession by id {identity}")
    shift, orders = found
    hidden = call.param("hideAccepted", "true") == "true" and cash.status(shift) == "ACCEPTED"
    lists: dict[str, list[Row]] = {"cashlessRecords": [], "payInRecords": [], "payOutsRecords": []}
    if not hidden:
        own = served.readings.shift_payment_ids == "own"
        lists["cashlessRecords"] = [
            _cashless(served.ledger, shift, order, payment, sum_, own=own)
            for order, payment, sum_ in cash.cashless(orders)
        ]
        for move in shift.moves:
            if move.kind != "PAYCOL" or cash.status(shift) != "OPEN":
                name = "payInRecords" if move.kind == "PAYIN" else "payOutsRecords"
                lists[name].append(_moved(served.ledger, shift, move))
    return served.json(_spelled(served, {"sessionId": shift.id, "operationDay": shift.day, **lists}))


def _cashless(  # noqa: PLR0913 - what a record tells
    ledger: Ledger, shift: Shift, order: Order, payment: Payment, sum_: int, *, own: bool
) -> Row:
    kind = payment.type
    assert kind is not None
    transaction = str(payment.transaction)
    edit, revenue = shift.edits.get(transaction), ledger.ids("account", "Торговая выручка")
    group = "CARD" if kind.group == "CARD" else "CREDIT"
    info = {
        "id": ledger.ids("record", transaction) if own else transaction,
        "date": f"{shift.day}T00:00:00",
        "creationDate": order.closed,
        "group": group,
        "accountId": revenue,
        "counteragentId": None,
        "paymentTypeId": kind.id,
        "type": group,
        "sum": amount(sum_, MONEY),
        "comment": None,
        "auth": {"user": None, "card": f"{'*' * 12}{order.pk % 10_000:04}" if payment.card else None},
        "causeEventId": ledger.ids("event", transaction),
        "cashierId": order.cashier and order.cashier.id,
        "departmentId": shift.department.id,
        "cashFlowCategory": None,
    }
    edited = ledger.ids("account", "Главная касса") if edit else revenue
    return _record(info, edited, revenue, kind.id, shift.comments.get(transaction), is_edited=bool(edit))


def _moved(ledger: Ledger, shift: Shift, move: Move) -> Row:
    account = ledger.ids("account", "Главная касса")
    flow = {"id": ledger.ids("flow", move.flow), "code": move.flow, "parentCategoryId": None, "type": "OPERATIONAL"}
    info = {
        "id": move.id,
        "date": f"{shift.day}T00:00:00",
        "creationDate": move.moment,
        "group": "PAYIN" if move.kind == "PAYIN" else "PAYOUT",
        "accountId": account,
        "counteragentId": move.counteragent,
        "paymentTypeId": None,
        "type": move.kind,
        "sum": amount(move.sum, MONEY),
        "comment": move.comment,
        "auth": {"user": shift.manager.name, "card": None},
        "causeEventId": ledger.ids("event", move.id),
        "cashierId": (shift.responsible or shift.manager).id,
        "departmentId": shift.department.id,
        "cashFlowCategory": flow if move.flow else None,
    }
    return _record(info, account, account, None, shift.comments.get(move.id), is_edited=False)


def _record(  # noqa: PLR0913 - what a record tells
    info: Row, edited: str, original: str, kind: str | None, comment: str | None, *, is_edited: bool
) -> Row:
    return {
        "info": info,
        "actualSum": info["sum"],
        "originalSum": info["sum"],
        "editedPayAccountId": edited,
        "originalPayAccountId": original,
        "payAgentId": None,
        "paymentTypeId": kind,
        "editableComment": comment,
        "status": "EDITED" if is_edited else None,
    }
