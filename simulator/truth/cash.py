"""The books of the cash desks: shifts from the receipts that carry their session, payments one by one."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

from simulator.world.units import MONEY, SHARE, exact

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.readings import Readings
    from simulator.world.cash import Move, Shift
    from simulator.world.ledger import Ledger
    from simulator.world.model import Line, Order

Row = dict[str, t.Any]
KOPECK: t.Final = Decimal("0.01")


def _rounded(money: Decimal) -> Decimal:
    return money.quantize(KOPECK, ROUND_HALF_UP)


def _sold(order: Order) -> list[Line]:
    """Nobody pays what was deleted."""
    return [line for line in order.lines if line.deleted == "NOT_DELETED"]


class CashBooks:
    """Of one ledger; each call tells the present state."""

    def __init__(self, ledger: Ledger, readings: Readings) -> None:
        """Over the living ledger."""
        self._ledger = ledger
        self._readings = readings

    @property
    def tables(self) -> dict[str, t.Callable[[], list[Row]]]:
        """What they can tell, by table."""
        return {
            "restaurant_groups": self.groups,
            "points_of_sale": self.points,
            "restaurant_sections": self.sections,
            "cash_shifts": self.shifts,
            "cash_shift_payments": self.payments,
        }

    def _sales(self) -> dict[str, list[Order]]:
        """The receipts of each session."""
        found: defaultdict[str, list[Order]] = defaultdict(list)
        for order in self._ledger.visible():
            if order.session:
                found[order.session.id].append(order)
        return found

    def shifts(self) -> list[Row]:
        """Each with what its receipts took by group of payment, and what became of it."""
        cash, sales = self._ledger.cash, self._sales()
        rows = []
        for shift in cash.all():
            took: defaultdict[str, Decimal] = defaultdict(Decimal)
            free = Decimal(0)
            for order in sales[shift.id]:
                for payment in order.payments:
                    group, share = payment.type.group if payment.type else "", exact(payment.share, SHARE)
                    for line in _sold(order):
                        took[group] += share * exact(line.revenue, MONEY)
                        free += share * exact(line.sum, MONEY) if group == "WRITEOFF" else 0
            card, credit = _rounded(took["CARD"]), _rounded(took["NON_CASH"])
            shown = _rounded(took["CASH"]) + exact(shift.miscounted, MONEY)
            rows.append(
                {**self._head(shift, shown), "salesCash": shown, "salesCard": card, "salesCredit": credit}
                | {"payOrders": shown + card + credit, "sumWriteoffOrders": _rounded(free)}
            )
        return rows

    def _head(self, shift: Shift, cash_sales: Decimal) -> Row:
        """All that does not come from receipts."""
        last_day = self._ledger.last_day.isoformat()
        is_open, is_accepted = shift.day == last_day, shift.accepted_on <= last_day
        moved: defaultdict[str, Decimal] = defaultdict(Decimal)
        for move in shift.moves:
            moved[move.kind] += exact(move.sum, MONEY)
        usual = "HASWARNINGS" if shift.has_warnings else "UNACCEPTED"
        counted = is_accepted or self._readings.cash_diff == "counted"
        told = self._readings.shift_departments
        return {
            "id": shift.session.id,
            "(day)": shift.opened[:10],
            "sessionNumber": shift.session.num,
            "fiscalNumber": None,
            "cashRegNumber": shift.session.register.number,
            "cashRegSerial": shift.session.register.serial if shift.session.pk % 3 == 0 else None,
            "openDate": shift.opened,
            "closeDate": None if is_open else shift.closes,
            "acceptDate": f"{shift.accepted_on}T11:05:09.25" if is_accepted else None,
            "managerId": shift.manager.id,
            "responsibleUserId": shift.responsible.id if shift.responsible else None,
            "sessionStartCash": exact(shift.start_cash, MONEY),
            "payIn": moved["PAYIN"],
            "payOut": moved["PAYOUT"],
            "payIncome": Decimal(0) if is_open else -moved["PAYCOL"],
            "cashRemain": None if is_open else exact(shift.start_cash, MONEY),
            "cashDiff": Decimal(0) if counted else -cash_sales,
            "sessionStatus": "OPEN" if is_open else "ACCEPTED" if is_accepted else usual,
            "conceptionId": shift.conception,
            "pointOfSaleId": self._point(shift),
            "operationDay": shift.day if told else None,
            "departmentId": shift.department.id if told else None,
        }

    @staticmethod
    def _point(shift: Shift) -> str:
        return next(
            f"{shift.department.id[:-4]}{each.number:04x}"
            for each in shift.department.registers
            if each is shift.session.register
        )

    def payments(self) -> list[Row]:
        """Payments that are no cash, pay-ins and pay-outs of every shift; objects as ``a/b``."""
        sales, last_day = self._sales(), self._ledger.last_day.isoformat()
        rows: list[Row] = []
        for shift in self._ledger.cash.all():
            head = {"../id": shift.id, "(day)": shift.opened[:10], "../operationDay": shift.day}
            rows += [head | row for order in sales[shift.id] for row in self._cashless(shift, order)]
            rows += [head | self._moved(shift, m) for m in shift.moves if m.kind != "PAYCOL" or shift.day < last_day]
        return rows

    def _cashless(self, shift: Shift, order: Order) -> Iterator[Row]:
        revenue = sum((exact(line.revenue, MONEY) for line in _sold(order)), Decimal(0))
        for payment in order.payments:
            sum_ = _rounded(revenue * exact(payment.share, SHARE))
            if payment.type is None or payment.type.group not in {"CARD", "NON_CASH"} or not sum_:
                continue
            key = str(payment.transaction)
            kind = "CARD" if payment.type.group == "CARD" else "CREDIT"
            was, now = (self._ledger.ids("account", name) for name in ("Торговая выручка", "Главная касса"))
            yield {
                "(list)": "CASHLESS",
                "info/id": self._ledger.ids("record", key) if self._readings.shift_payment_ids == "own" else key,
                "info/creationDate": order.closed,
                "info/group": kind,
                "info/type": kind,
                "info/accountId": was,
                "info/paymentTypeId": payment.type.id,
                "info/comment": None,
                "info/auth/user": None,
                "info/auth/card": f"{'*' * 12}{order.pk % 10_000:04}" if payment.card else None,
                "info/cashierId": order.cashier.id if order.cashier else None,
                "paymentTypeId": payment.type.id,
                "editedPayAccountId": now if key in shift.edits else was,
                "originalPayAccountId": was,
                "status": "EDITED" if key in shift.edits else None,
                **self._common(shift, key, sum_),
            }

    def _moved(self, shift: Shift, move: Move) -> Row:
        main = self._ledger.ids("account", "Главная касса")
        kind = "PAYIN" if move.kind == "PAYIN" else "PAYOUT"
        return {
            "(list)": kind,
            "info/id": move.id,
            "info/creationDate": move.moment,
            "info/group": kind,
            "info/type": move.kind,
            "info/accountId": main,
            "info/counteragentId": move.counteragent,
            "info/comment": move.comment,
            "info/auth/user": shift.manager.name,
            "info/cashierId": shift.responsible.id if shift.responsible else shift.manager.id,
            "info/cashFlowCategory/id": self._ledger.ids("flow", move.flow) if move.flow else None,
            "info/cashFlowCategory/code": move.flow,
            "editedPayAccountId": main,
            "originalPayAccountId": main,
            **self._common(shift, move.id, exact(move.sum, MONEY)),
        }

    def _common(self, shift: Shift, key: str, sum_: Decimal) -> Row:
        return {
            "info/date": f"{shift.day}T00:00:00",
            "info/sum": sum_,
            "info/causeEventId": self._ledger.ids("event", key),
            "info/departmentId": shift.department.id,
            "actualSum": sum_,
            "originalSum": sum_,
            "editableComment": shift.comments.get(key),
        }

    def groups(self) -> list[Row]:
        """One for each department, if the server says whose it is."""
        return [
            {
                "id": each.groups[0].id,
                "name": each.groups[0].name,
                "departmentId": each.id if self._readings.group_departments else None,
                "groupServiceMode": (None, "FAST_FOOD", "TABLE_SERVICE")[0 if each.pk % 3 == 0 else 2 - each.counter],
            }
            for each in self._ledger.group.departments
        ]

    def points(self) -> list[Row]:
        """One for each register; the first one of a department is the main one and has a device."""
        return [
            {
                "../id": each.groups[0].id,
                "id": f"{each.id[:-4]}{number:04x}",
                "name": f"Касса {number}",
                "main": number == 1,
                "cashRegisterInfo/id": f"{each.id[:-4]}{number + 16:04x}" if number == 1 else None,
                "cashRegisterInfo/name": "Касса 1" if number == 1 else None,
            }
            for each in self._ledger.group.departments
            for number in (1, 2)
        ]

    def sections(self) -> list[Row]:
        """The halls."""
        return [
            {"../id": each.groups[0].id, "id": section.id, "name": section.name}
            for each in self._ledger.group.departments
            for section in each.sections
        ]
