"""The second iiko serves a business: what it sends, written from the API reference alone."""

from __future__ import annotations

import copy
import typing as t
from collections import Counter

from support.other_balances import Postings, uuid
from support.other_business import OWED, TYPES, Business, Line, Paper, Presence, Row, Shift
from support.other_cash import PAYMENTS, OtherCash, record
from support.other_documents import EXCLUSIVE, INCOMING, OPERATIONS, OUTGOING, TRANSFERS, WRITEOFFS, OtherDocuments
from support.other_iiko import OtherIiko
from support.other_ledger import DEPARTMENT, LISTS
from support.other_staff import OtherStaff

if t.TYPE_CHECKING:
    from decimal import Decimal
    from http.server import BaseHTTPRequestHandler

EXPORTS = {
    "incoming_invoices": INCOMING,
    "outgoing_invoices": OUTGOING,
    "internal_transfers": TRANSFERS,
    "writeoffs": WRITEOFFS,
}
AS_DOCUMENTED = {
    "salesCredit": "salesCerdit",
    "responsibleUserId": "responsibleUser",
    "conceptionId": "conception",
    "pointOfSaleId": "pointOfSale",
}
"""Fields of a shift, as live servers spell them and as the documentation does."""


class OtherOffice(OtherIiko):
    """One restaurant that has sold nothing; ``business`` may be changed at any time."""

    def __init__(self, business: Business) -> None:
        super().__init__([], lists=copy.deepcopy(LISTS))
        self.business = business
        self.requests: Counter[str] = Counter()
        """How often each path was asked for; the payments of all shifts are one."""
        doubts = business.doubts
        exclusive = EXCLUSIVE if doubts.ends_are_exclusive else frozenset[str]()
        self.documents = OtherDocuments(self, exclusive, hides_deleted=doubts.hides_deleted)
        self.staff, self.cash, self.postings = OtherStaff(), OtherCash(), Postings()
        self.lists |= self.staff.lists | self.postings.lists

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        """Answer with what the business is at this moment."""
        path = request.path.partition("?")[0].removeprefix("/resto/").removeprefix("api/")
        self.requests[PAYMENTS if path.startswith(PAYMENTS) else path] += 1
        self._lay_out_documents()
        self._lay_out_cash()
        self._lay_out_staff()
        super().handle(request)

    def _lay_out_documents(self) -> None:
        business, listed = self.business, self.documents.listed
        self.documents.revision = 7 + business.recalculations * business.doubts.recalculation_is_a_revision
        for kind, path in EXPORTS.items():
            listed[path] = [
                (paper.moment.date(), self._paper(paper)) for paper in business.papers if paper.kind == kind
            ]
        listed[OPERATIONS] = [
            (business.posting_day(paper), row)
            for paper in business.papers
            if paper.is_posted
            for row in self._operations(paper)
        ]

    def _lay_out_cash(self) -> None:
        business = self.business
        self.postings.moved = business.postings().moved
        by_business_day = business.doubts.shifts_by_business_day
        self.cash.listed = [
            (shift.operation_day if by_business_day else shift.opened.date(), self._shift(shift))
            for shift in business.shifts
        ]
        self.cash.payments = {uuid(shift.number): self._payments(shift) for shift in business.shifts}
        self.lists |= self.cash.lists

    def _lay_out_staff(self) -> None:
        business = self.business
        self.staff.attendances = [
            {**_presence(each), "attendanceType": "W", "paymentDetails": {"regularPayedMinutes": str(each.minutes)}}
            for each in business.attendances
        ]
        self.staff.schedules = [
            {**_presence(each), "nonPaidMinutes": str(each.minutes)}
            for each in business.schedules
            if not business.doubts.planned_elsewhere
        ]
        for department, plans in self.staff.plans.items():
            plans[:] = [
                (day, f"{value}", "ABSOLUTE") for (of, day), value in business.plans.items() if of == department
            ]

    # What is sent of each

    def _paper(self, paper: Paper) -> Row:
        lines = [self._line(paper, place, line) for place, line in enumerate(paper.lines)]
        invoice = paper.kind in OWED
        return {
            "dateIncoming": f"{paper.moment:%Y-%m-%dT%H:%M:%S}" if invoice else f"{paper.moment:%Y-%m-%dT%H:%M}",
            "id": uuid(paper.number),
            "documentNumber": str(paper.number),
            "status": paper.status,
            "comment": paper.comment,
            "items": {"item": lines} if invoice else lines,
        }

    def _line(self, paper: Paper, place: int, line: Line) -> Row:
        amount = _shown(line.amount)
        match paper.kind:
            case "incoming_invoices":
                named: Row = {"product": uuid(line.product), "num": place + 1}
            case "outgoing_invoices":
                named = {"productId": uuid(line.product)}
            case _:
                cost = _shown(line.worth) if paper.is_posted else None
                return {"num": place + 1, "productId": uuid(line.product), "amount": amount, "cost": cost}
        total = line.worth if self.business.doubts.sums_without_vat else line.worth + line.vat
        return {**named, "amount": f"{line.amount:.3f}", "sum": f"{total:.9f}", "vatSum": f"{line.vat:.2f}"}

    def _operations(self, paper: Paper) -> t.Iterator[Row]:
        document_type, posting_type = TYPES[paper.kind]
        for store, is_incoming, total in paper.directions():
            yield {
                "date": f"{self.business.posting_day(paper):%d.%m.%Y}",
                "documentId": uuid(paper.number),
                "documentNum": str(paper.number),
                "documentType": document_type,
                "documentComment": paper.comment,
                "type": posting_type,
                "primaryStore": uuid(store),
                "incoming": str(is_incoming).lower(),
                "sum": f"{total:.9f}",
            }

    def _shift(self, shift: Shift) -> Row:
        card = sum(shift.cards.values())
        row = {
            "id": uuid(shift.number),
            "sessionNumber": shift.number,
            "openDate": f"{shift.opened.isoformat()}.304",
            "closeDate": shift.closed.isoformat(),
            "acceptDate": shift.accepted and shift.accepted.isoformat(),
            "sessionStatus": shift.status,
            "salesCash": _shown(shift.cash),
            "salesCard": float(card),
            "salesCredit": 0,
            "payOrders": float(shift.cash + card),
            "cashDiff": _shown(shift.cash_diff(self.business.doubts)),
            "pointOfSaleId": uuid(51),
            "responsibleUserId": uuid(61),
            "conceptionId": None,
        }
        spelled = AS_DOCUMENTED if self.business.doubts.documented_names else {}
        return {spelled.get(name, name): value for name, value in row.items()}

    def _payments(self, shift: Shift) -> Row:
        pay_outs = "payOutRecords" if self.business.doubts.documented_names else "payOutsRecords"
        paid = [
            record(uuid(shift.number + place), float(total), group="CARD", paymentTypeId=uuid(kind))
            for place, (kind, total) in enumerate(shift.cards.items(), start=1)
        ]
        return {
            "sessionId": uuid(shift.number),
            "operationDay": shift.operation_day.isoformat(),
            "cashlessRecords": paid,
            "payInRecords": [],
            pay_outs: None,
        }


def _presence(each: Presence) -> Row:
    row = {"id": uuid(each.number), "departmentId": DEPARTMENT, "dateFrom": f"{each.begun:%Y-%m-%dT%H:%M}"}
    return row | ({"dateTo": f"{each.ended.isoformat()}+05:00"} if each.ended else {})


def _shown(number: Decimal) -> int | float:
    """With a fraction only where it has one."""
    return int(number) if number == number.to_integral_value() else float(number)
