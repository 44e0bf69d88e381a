"""Where servers differ, as switches: one field for each place with two known or guessed forms."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Readings:
    """How this server reads the open places of the API reference; the defaults are what live servers were seen to send.

    Where none was seen, they are the most likely form.
    """

    refunds: t.Literal["live", "negative", "zero"] = "live"
    """How a refund is booked; ``DishReturnSum`` is positive in any case (5.3).

    ``live``: on the day of the sale as minus lines inside the order, later as an order of its own without revenue,
    whose lines are flagged as deleted. ``negative``: always an order of its own with minus revenue. ``zero``: the same
    with all sums 0.
    """
    blank: t.Literal["null", "empty"] = "null"
    """A text or an id without value in an OLAP row (4.6)."""
    date_form: t.Literal["date", "datetime"] = "date"
    """A DATE in an OLAP row: ``2026-05-04`` or ``2026-05-04T00:00:00`` (4.6)."""
    key_order: t.Literal["sorted", "shuffled"] = "sorted"
    """The order of an OLAP row's keys (4.5)."""
    json_spacing: t.Literal["compact", "spaced"] = "compact"
    """White space between JSON tokens."""
    summary_first: bool = False
    """``summary`` before ``data`` in an OLAP answer (4.5)."""
    documented_spelling: bool = False
    """Names as the documentation prints them, not as live servers send them.

    ``defaultIncludeInMenu``, a modifier's ``required`` (3.1.1), ``officialEmployees/i`` and ``legalAddressDto`` (3.5).
    """
    server_state: str = "STARTED_SUCCESSFULLY"
    """What the server info says of a server that is up (1.2)."""
    gzip: bool = False
    """Whether bodies are compressed for a client that accepts it (1.1)."""
    content_type: t.Literal["right", "html"] = "right"
    """What XML and JSON are called; the server info is a JSP, whose usual type is ``text/html`` (1.2)."""
    error_form: t.Literal["text", "page"] = "text"
    """Whether an error is a line of text or a page of Tomcat's around it (1.5)."""
    server_info: t.Literal["live", "short"] = "live"
    """Ten elements without a prolog, some of them ``null="1"``; or a prolog and only the first five (1.2)."""
    server_type: t.Literal["xml", "text", "json"] = "xml"
    """The form of ``replication/serverType`` (1.2)."""
    logout: t.Literal["released", "token"] = "released"
    """What a logout answers: ``Connection released: <token>`` or the bare token (1.3)."""
    wrong_login_status: t.Literal[400, 401, 403] = 401
    """The status of a login with a wrong password (1.5)."""
    token_form: t.Literal["bare", "quoted", "element"] = "bare"  # noqa: S105 - no secret
    """The token of a login: as it is, in quotation marks, or as ``<string>`` (1.3)."""
    missing_rights: frozenset[str] = frozenset()
    """Rights that the user lacks, for example ``B_EMP``: every method that needs one of them is refused (1.4)."""
    denied_status: t.Literal[403, 409] = 403
    """The status of such a refusal (1.4)."""
    no_payment: t.Literal["text", "null"] = "text"
    """The payment type of what was not paid: ``(без оплаты)`` or null (4.7)."""
    missing_date_status: t.Literal[400, 409] = 400
    """How a report without a filter by date is refused (4.3)."""
    empty_range: t.Literal["empty", "conflict"] = "empty"
    """A date range of no days: an empty answer or 409 (4.3)."""
    undiscounted: t.Literal["blank", "absent"] = "blank"
    """A line without a discount, where a report groups by discounts: a row without a type, or none (4.8)."""
    refund_marks_source: bool = False
    """Whether a refunded order is ``Storned`` too, and not its refund alone (5.2)."""
    deleted_revenue: t.Literal["zero", "kept"] = "zero"
    """The revenue of a deleted line; its ``DishSumInt`` remains either way (5.3)."""
    exact_net: bool = False
    """Whether an ordinary line's revenue is always its sum less discount plus surcharge (4.7)."""
    fiscal: t.Literal["mixed", "text"] = "mixed"
    """``FiscalChequeNumber``: a text, a number or a list of numbers, or always a text (4.6)."""
    objects: t.Literal["object", "number"] = "object"
    """What is in a field of the type OBJECT, as ``Currencies.SumInCurrency`` is one (4.6)."""
    odd_values: bool = True
    """Now and then a descriptive field holds what its type does not allow: the table ``12A``, a banquet ``UNKNOWN``."""
    report_blanks: bool = False
    """Whether names in reports keep the stray blanks that the product list has in any case (4.6)."""
    tax_categories: bool = True
    """A server may have no tax categories at all (3.1.1, 3.4)."""
    past_names: t.Literal["current", "former"] = "current"
    """What a renamed dish is called in days gone by: reports join the names of today or not (5.2)."""
    line_dependent: frozenset[str] = frozenset()
    """Fields of an order that differ between its lines, so that some receipts come back in several rows (4.12)."""
    unposted_cost: t.Literal["null", "zero"] = "null"
    """The cost of what has not been posted yet (4.7)."""
    concurrent_status: t.Literal[403, 500] = 500
    """How a request beside another one of the same session is refused (1.3)."""
    document_end: t.Literal["inclusive", "exclusive"] = "inclusive"
    """Whether ``dateTo`` of a v2 document list belongs to the range (3.8.3)."""
    document_moments: t.Literal["minutes", "seconds", "millis"] = "minutes"
    """How ``dateIncoming`` of a v2 document is written (3.8.3)."""
    deleted_documents: t.Literal["told", "hidden"] = "told"
    """Whether deleted documents come without a ``status`` in the request (3.8.3)."""
    recalculation: t.Literal["silent", "revised"] = "silent"
    """Whether a cost that iiko recalculates raises the revision of its document (2.4)."""
    outgoing_end: t.Literal["inclusive", "exclusive"] = "inclusive"
    """Whether ``to`` of the outgoing invoices belongs to the range, as it does for the incoming ones (3.8.2)."""
    incoming_dates: t.Literal["moment", "date"] = "moment"
    """How ``dateIncoming`` of an incoming invoice is written (3.8.1)."""
    outgoing_dates: t.Literal["offset", "naive", "date"] = "offset"
    """The same of an outgoing invoice (3.8.2)."""
    undated_documents: bool = False
    """Now and then a document tells no date at all (3.8.1)."""
    no_due_date: t.Literal["null", "absent"] = "null"
    """What stands for a due date that there is not: the text ``null``, or nothing (3.8.1)."""
    invoice_decimals: t.Literal["mixed", "nine"] = "mixed"
    """Digits of prices, quantities and sums: 9, 3 and 2, or 9 everywhere (2.1)."""
    invoice_sums: t.Literal["with_vat", "without_vat"] = "with_vat"
    """Whether ``sum`` of an invoice's line holds its VAT (3.8.1)."""
    element_order: t.Literal["usual", "reversed"] = "usual"
    """The order of the elements in a document of XML: no schema holds a server to one."""
    vat_accounting: t.Literal["included", "apart"] = "included"
    """Whether the VAT of a purchase is part of what the goods cost; apart, it is a posting ``NDS_INCOMING`` (3.4)."""
    document_day: t.Literal["calendar", "accounting"] = "calendar"
    """The accounting day of a document at 01:30: its date, or the business day that has not ended yet (5.1)."""
    balance_clock: t.Literal["accounting", "wall"] = "accounting"
    """Whether what is sold after midnight belongs to the closing balance of its business day (3.12)."""
    unknown_report: t.Literal["missing", "refused"] = "missing"
    """Whether ``columns`` of a report that there is not is 404 or 400 (4.1)."""
    ledger_range: t.Literal["half_open", "include_high"] = "half_open"
    """Whether TRANSACTIONS takes days without ``includeHigh``, or refuses them with 409 (4.3)."""
    ledger_days: t.Literal["accounting", "calendar"] = "accounting"
    """What a filter by days looks at in TRANSACTIONS; rows have the accounting day, inside the range or not (5.1)."""
    amount_out: t.Literal["positive", "negative"] = "positive"
    """The sign of ``Amount.Out`` (4.9)."""
    hidden_accounts: frozenset[str] = frozenset()
    """Names of accounts that the user may not see: their side of a posting is missing, and nothing says so (1.4)."""
    product_line_dates: t.Literal["absent", "told"] = "absent"
    """Whether store operations by product tell their day (3.9.2)."""
    report_decimals: t.Literal["nine", "bare"] = "nine"
    """Sums of store operations with nine digits or with as many as needed (3.9.2)."""
    unknown_type: t.Literal["named", "bare"] = "named"
    """Whether the refusal of a ``rootType`` that a server does not know says which one it is (3.4)."""
    suppliers_deleted: t.Literal["known", "refused"] = "known"
    """Whether ``suppliers`` takes ``includeDeleted``; older servers refuse it (3.7)."""
    staff_roots: t.Literal["employee", "plain"] = "employee"
    """The roots of the types: ``employeeAttendanceTypes`` or ``attendanceTypes``, and those of schedules (3.6)."""
    overtime: t.Literal["payed", "payment"] = "payed"
    """What an attendance calls the pay of overtime: ``overtimePayedSum`` or ``overtimePaymentSum`` (3.6)."""
    staff_moments: t.Literal["offset", "millis", "minutes"] = "offset"
    """How the moments of attendances and schedules are written; ``minutes`` without seconds and offset (3.6)."""
    attendance_type: t.Literal["both", "code"] = "both"
    """Whether an attendance has the id of its type, or its code alone (3.6)."""
    schedule: t.Literal["here", "elsewhere"] = "here"
    """Whether anybody plans in iiko; an empty schedule does not mean that nobody works (3.6)."""
    no_exchange: t.Literal["empty", "nil"] = "empty"
    """The date of an exchange that there was not: an empty element, or ``xsi:nil`` (3.13)."""
    shift_days: t.Literal["calendar", "operation"] = "calendar"
    """What a list of cash shifts is cut by: the date of ``openDate``, or the business day (3.10)."""
    shift_departments: bool = False
    """Whether shifts carry ``operationDay`` and ``departmentId``; some variants do (3.10)."""
    shift_payment_ids: t.Literal["transaction", "own"] = "transaction"
    """The ids of a shift's payments: those of ``PaymentTransaction.Id`` in reports, or other ones (3.10)."""
    cash_diff: t.Literal["unaccepted", "counted"] = "unaccepted"
    """``cashDiff``: minus ``salesCash`` until the shift is accepted, or what was counted against the books (3.10)."""
    group_departments: bool = True
    """Whether restaurant groups name their department (3.5)."""
    fast_food_guests: bool = True
    """Counter service enters one guest for each order (4.7, ``GuestNum``)."""
    summary_default: bool | None = None
    """Whether ``buildSummary`` is on when it is not sent; ``None``: by version (4.2)."""

    @property
    def shows_deleted(self) -> bool:
        """Whether a list of documents holds the deleted ones."""
        return self.deleted_documents == "told"

    @classmethod
    def of(cls, words: t.Iterable[str]) -> t.Self:
        """Readings from ``name=value`` texts, as a command line has them; a set is a list with commas.

        Raises:
            ValueError: no such name, or not one of its values.
        """
        kinds, given = t.get_type_hints(cls), {}
        for word in words:
            name, _, text = word.partition("=")
            kind = kinds.get(name)
            if kind is None:
                message = f"no reading is called {name!r}; there are {', '.join(kinds)}"
                raise ValueError(message)
            given[name] = _value(name, kind, text)
        return cls(**given)


def _value(name: str, kind: t.Any, text: str) -> t.Any:
    if kind is str:
        return text
    if t.get_origin(kind) is frozenset:
        return frozenset(filter(None, text.split(",")))
    known = t.get_args(kind) if t.get_origin(kind) is t.Literal else (False, True, None)
    for value in known:
        if text in {str(value), json.dumps(value)}:
            return value
    message = f"{name}={text} is not one of its values: {', '.join(map(json.dumps, known))}"
    raise ValueError(message)
