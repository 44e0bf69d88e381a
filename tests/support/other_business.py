"""A business of the second iiko: everything that has a day and is no sale, and its books.

It keeps papers, shifts, presences and plans. What moved in stock and in money follows from them, and so does what each
table should hold. Nothing here knows how it goes over the wire.
"""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass, field
from decimal import Decimal

from support.other_balances import PATHS, Postings, uuid

if t.TYPE_CHECKING:
    from collections.abc import Iterator

Row = dict[str, t.Any]
MARKET, KITCHEN = 1, 2
"""Stores."""
SUPPLIER, CUSTOMER, PLACE = 31, 32, 41
DEBTS, CASH = 21, 22
"""Accounts."""
END_OF_DAY = 6
"""The hour at which a business day ends."""
MOVES = {
    "incoming_invoices": ((MARKET, 1),),
    "outgoing_invoices": ((MARKET, -1),),
    "internal_transfers": ((MARKET, -1), (KITCHEN, 1)),
    "writeoffs": ((KITCHEN, -1),),
    "inventories": ((KITCHEN, 1),),
}
"""By the kind of a paper the stores that it changes; what an inventory misses has a minus."""
OWED = {"incoming_invoices": (SUPPLIER, -1), "outgoing_invoices": (CUSTOMER, 1)}
TYPES = {
    "incoming_invoices": ("INCOMING_INVOICE", "INVOICE"),
    "outgoing_invoices": ("OUTGOING_INVOICE", "OUTGOING_INVOICE"),
    "internal_transfers": ("INTERNAL_TRANSFER", "TRANSFER"),
    "writeoffs": ("WRITEOFF_DOCUMENT", "WRITEOFF"),
    "inventories": ("INCOMING_INVENTORY", "INVENTORY_CORRECTION"),
}
"""The types of a document and of its postings."""


@dataclass(frozen=True)
class Doubts:
    """What the reference leaves open (by its number in the design), read the likely way or the other."""

    ends_are_exclusive: bool = False
    """4, 5: the end of a range of outgoing invoices, write-offs and transfers."""
    early_is_yesterday: bool = False
    """6: what is posted at half past one counts for the day before."""
    stock_by_the_wall: bool = False
    """7: a balance knows what was posted by the clock on the wall, not what belongs to the business day."""
    hides_deleted: bool = False
    """10."""
    shifts_by_business_day: bool = False
    """11: the list of shifts is cut by it, not by the day of the opening."""
    unaccepted_is_missing: bool = False
    """17: ``cashDiff`` is minus the cash of a shift until it is accepted."""
    sums_without_vat: bool = False
    """26: the sum of an invoice's line."""
    planned_elsewhere: bool = False
    """32: the list of planned shifts is empty."""
    recalculation_is_a_revision: bool = False
    """1."""
    documented_names: bool = False
    """Fields as the documentation spells them, not as live servers do."""


def business_day(moment: datetime.datetime) -> datetime.date:
    """To which it belongs."""
    return (moment - datetime.timedelta(hours=END_OF_DAY)).date()


@dataclass
class Line:
    """A product of a document: how much, what that is worth, and the tax on it."""

    product: int
    amount: Decimal
    worth: Decimal
    vat: Decimal = Decimal(0)


@dataclass
class Paper:
    """A document with its lines; an inventory is one too, which no export lists."""

    kind: str
    number: int
    moment: datetime.datetime
    lines: list[Line]
    status: str = "PROCESSED"
    comment: str = ""

    @property
    def is_posted(self) -> bool:
        """Whether it has moved anything."""
        return self.status == "PROCESSED"

    def directions(self) -> Iterator[tuple[int, bool, Decimal]]:
        """A store, whether goods came into it, and what they are worth: an inventory may have both in one."""
        for store, sign in MOVES[self.kind]:
            for is_incoming in (True, False):
                found = [sign * line.worth for line in self.lines if (sign * line.amount > 0) is is_incoming]
                if found:
                    yield store, is_incoming, sum(found, Decimal(0))


@dataclass
class Shift:
    """A shift of a cash register; cards have a record for each type of payment."""

    number: int
    opened: datetime.datetime
    closed: datetime.datetime
    cash: Decimal
    cards: dict[int, Decimal]
    accepted: datetime.datetime | None = None

    @property
    def operation_day(self) -> datetime.date:
        """One that is opened late in the evening is for the next day."""
        return (self.opened + datetime.timedelta(hours=2)).date()

    @property
    def status(self) -> str:
        """Of a closed one."""
        return "ACCEPTED" if self.accepted else "UNACCEPTED"

    def cash_diff(self, doubts: Doubts) -> Decimal:
        """What the cash is off by."""
        return -self.cash if doubts.unaccepted_is_missing and not self.accepted else Decimal(0)


@dataclass
class Presence:
    """Somebody was there, or is to be there; an edit gives it another number."""

    number: int
    begun: datetime.datetime
    ended: datetime.datetime | None
    minutes: int = 0


@dataclass
class Business:
    """All that there is, to be changed at any time."""

    doubts: Doubts
    papers: list[Paper] = field(default_factory=list)
    shifts: list[Shift] = field(default_factory=list)
    attendances: list[Presence] = field(default_factory=list)
    schedules: list[Presence] = field(default_factory=list)
    plans: dict[tuple[str, datetime.date], Decimal] = field(default_factory=dict)
    recalculations: int = 0

    def posting_day(self, paper: Paper) -> datetime.date:
        """Under which a report shows it."""
        return business_day(paper.moment) if self.doubts.early_is_yesterday else paper.moment.date()

    def postings(self) -> Postings:
        """What the balances are made of."""
        found = Postings()
        for paper in self.papers:
            if not paper.is_posted:
                continue
            moment = self._on_the_clock(paper.moment, counts_back=self.doubts.early_is_yesterday)
            for store, sign in MOVES[paper.kind]:
                for line in paper.lines:
                    found.move(moment, store, line.product, f"{sign * line.amount}", f"{sign * line.worth}")
            if paper.kind in OWED:
                with_whom, sign = OWED[paper.kind]
                total = sum(line.worth + line.vat for line in paper.lines)
                found.pay(moment, DEBTS, with_whom, PLACE, f"{sign * total}")
        for shift in self.shifts:
            if shift.accepted:
                found.pay(self._on_the_clock(shift.closed, counts_back=True), CASH, None, None, f"{shift.cash}")
        return found

    def _on_the_clock(self, moment: datetime.datetime, *, counts_back: bool) -> str:
        """The moment by which a balance judges what was posted."""
        if counts_back and not self.doubts.stock_by_the_wall and business_day(moment) < moment.date():
            return f"{business_day(moment)}T23:59:59"
        return moment.isoformat()

    # The books: what a table should hold, by its columns

    def books(self, table: str, moments: t.Mapping[str, str]) -> list[Row]:
        """The rows; of balances those of the days whose closing was asked for, each with its moment."""
        if table in PATHS:
            return [row for day, moment in moments.items() for row in self._balances(table, day, moment)]
        if table in MOVES:
            return [self._paper(paper) for paper in self.told(table)]
        if table.endswith("_items"):
            return [row for paper in self.told(f"{table.removesuffix('_items')}s") for row in self._lines(paper)]
        return list(getattr(self, f"_{table}")())

    def told(self, kind: str) -> list[Paper]:
        """The papers that iiko lists."""
        return [
            paper
            for paper in self.papers
            if paper.kind == kind and not (self.doubts.hides_deleted and paper.status == "DELETED")
        ]

    @staticmethod
    def _paper(paper: Paper) -> Row:
        return {
            "id": uuid(paper.number),
            "business_date": f"{paper.moment.date()}",
            "date_incoming": moment_of(paper.moment),
            "document_number": str(paper.number),
            "status": paper.status,
            "comment": paper.comment,
        }

    def _lines(self, paper: Paper) -> Iterator[Row]:
        for place, line in enumerate(paper.lines):
            row = {
                "document_id": uuid(paper.number),
                "business_date": f"{paper.moment.date()}",
                "product_id": uuid(line.product),
                "amount": line.amount,
            }
            if paper.kind in OWED:
                row["sum"] = line.worth if self.doubts.sums_without_vat else line.worth + line.vat
            else:
                row["cost"] = line.worth if paper.is_posted else None
            if paper.kind == "outgoing_invoices":
                yield {**row, "position": place}
            else:
                yield {**row, "num": place + 1, "num_occurrence": 0}

    def _store_documents(self) -> Iterator[Row]:
        for paper in self.papers:
            for store, is_incoming, total in paper.directions() if paper.is_posted else ():
                yield {
                    "business_date": f"{self.posting_day(paper)}",
                    "document_id": uuid(paper.number),
                    "document_type": TYPES[paper.kind][0],
                    "type": TYPES[paper.kind][1],
                    "document_comment": paper.comment,
                    "primary_store_id": uuid(store),
                    "incoming": is_incoming,
                    "sum": total,
                }

    def _cash_shifts(self) -> Iterator[Row]:
        for shift in self.shifts:
            yield {
                "id": uuid(shift.number),
                "business_date": f"{shift.opened.date()}",
                "open_date": moment_of(shift.opened.replace(microsecond=304000)),
                "close_date": moment_of(shift.closed),
                "accept_date": moment_of(shift.accepted),
                "session_status": shift.status,
                "sales_cash": shift.cash,
                "sales_card": sum(shift.cards.values()),
                "pay_orders": shift.cash + sum(shift.cards.values()),
                "cash_diff": shift.cash_diff(self.doubts),
            }

    def _cash_shift_payments(self) -> Iterator[Row]:
        for shift in self.shifts:
            for kind, total in shift.cards.items():
                yield {
                    "cash_shift_id": uuid(shift.number),
                    "business_date": f"{shift.opened.date()}",
                    "record_type": "CASHLESS",
                    "info_payment_type_id": uuid(kind),
                    "sum": total,
                }

    def _attendances(self) -> Iterator[Row]:
        for each in self.attendances:
            yield {**self._presence(each), "regular_payed_minutes": each.minutes}

    def _schedules(self) -> Iterator[Row]:
        for each in () if self.doubts.planned_elsewhere else self.schedules:
            yield {**self._presence(each), "non_paid_minutes": each.minutes}

    @staticmethod
    def _presence(each: Presence) -> Row:
        return {
            "id": uuid(each.number),
            "business_date": f"{each.begun.date()}",
            "date_from": moment_of(each.begun),
            "date_to": moment_of(each.ended),
        }

    def _income_plans(self) -> Iterator[Row]:
        for (department, day), value in self.plans.items():
            yield {"business_date": f"{day}", "department_id": department, "plan_value": value}

    def _balances(self, table: str, day: str, moment: str) -> Iterator[Row]:
        for place, (amount, total) in self.postings().balance(table, moment).items():
            if table == "store_balances":
                store, product = place
                yield {"business_date": day, "store_id": store, "product_id": product, "amount": amount, "sum": total}
            else:
                names = ("account_id", "counteragent_id", "department_id")
                yield {"business_date": day, **dict(zip(names, place, strict=True)), "sum": total}


def moment_of(moment: datetime.datetime | None) -> str | None:
    """As a table has it."""
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}" if moment else None
