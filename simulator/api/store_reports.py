"""What stores and accounts tell: movements by document, balances at a moment (API reference 3.9.2, 3.12)."""

from __future__ import annotations

import datetime
import typing as t
from collections import defaultdict

from simulator.api import xml_lists
from simulator.api.corporation import xml
from simulator.api.documents import DOTTED, needed
from simulator.api.json_lists import amount
from simulator.api.method import method
from simulator.olap.request import Refusal
from simulator.world.accounts import OF_COUNTERAGENTS, OF_MONEY
from simulator.world.units import NANO, exact

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from simulator.api.method import Answer, Call, Row, Served
    from simulator.readings import Readings
    from simulator.world.posting import Posting

STORE_REPORTS: t.Final = "B_SR"
BALANCES: t.Final = "B_BR"
"""Guesses, as all codes of rights that the documentation does not name (1.4)."""
CORRECTION: t.Final = "STORE_COST_CORRECTION"


class Movement(t.NamedTuple):
    """A row of store operations: one side of a document's postings, or of those of one product."""

    document: str | None
    document_type: str | None
    number: str | None
    comment: str | None
    type: str
    incoming: bool
    store: str
    account: str
    date: str
    operational_date: str
    product: str | None


@method("reports/storeOperations", since=(3, 9), right=STORE_REPORTS)
def store_operations(served: Served, call: Call) -> Answer:
    """Movements of stores by document and direction, or by product, too."""
    first, last = _dotted(call, "dateFrom"), _dotted(call, "dateTo")
    given = {} if call.param("presetId") else call.params
    by_product = given.get("productDetalization", ["false"])[0] == "true"
    stores = {each.lower() for each in given.get("stores", [])}
    types = set(given.get("documentTypes", []))
    corrected = not types or given.get("showCostCorrections", ["false"])[0] == "true"
    sums: defaultdict[Movement, list[int]] = defaultdict(lambda: [0, 0])
    for posting in served.book.postings:
        if not first <= posting.when.moment[:10] <= last:
            continue
        if not corrected if posting.type == CORRECTION else types and posting.document_type not in types:
            continue
        for movement, sign in _sides(served, posting, by_product=by_product):
            if not stores or movement.store in stores:
                sums[movement][0] += sign * posting.sum
                sums[movement][1] += sign * posting.amount
    rows = [_row(movement, total, quantity, served.readings) for movement, (total, quantity) in sums.items()]
    if served.readings.element_order == "reversed":
        rows = [dict(reversed(row.items())) for row in rows]
    return xml("storeReportItemDtoes", [xml_lists.tree("storeReportItemDto", row) or "" for row in rows])


def _sides(served: Served, posting: Posting, *, by_product: bool) -> Iterator[tuple[Movement, int]]:
    """The stores of a posting: one that goods come into, one that they go out of, both, or none."""
    stores = served.stores
    for store, account, sign in ((posting.debit, posting.credit, 1), (posting.credit, posting.debit, -1)):
        if store in stores and posting.type != "OPENING_BALANCE":
            yield (
                Movement(
                    document=posting.document,
                    document_type=posting.document_type,
                    number=posting.number,
                    comment=posting.comment,
                    type=posting.type,
                    incoming=sign > 0,
                    store=store,
                    account=account,
                    date=posting.when.moment[:10],
                    operational_date=posting.when.day,
                    product=posting.product.id if by_product and posting.product else None,
                ),
                sign,
            )


def _row(movement: Movement, total: int, quantity: int, readings: Readings) -> Row:
    """What is not known is left out; rows by product have no date (doubt 8 of the tables)."""
    dated = movement.product is None or readings.product_line_dates == "told"
    return {
        "product": movement.product,
        "secondaryAccount": movement.account,
        "primaryStore": movement.store,
        "documentNum": movement.number,
        "documentComment": movement.comment,
        "documentId": movement.document,
        "documentType": movement.document_type,
        "incoming": movement.incoming,
        "type": movement.type,
        "date": _as_dotted(movement.date) if dated else None,
        "operationalDate": _as_dotted(movement.operational_date) if dated else None,
        "amount": _number(quantity, readings) if movement.product else None,
        "sum": _number(total, readings),
    }


def _number(units: int, readings: Readings) -> str:
    return f"{exact(units, NANO):.9f}" if readings.report_decimals == "nine" else f"{exact(units, NANO).normalize():f}"


def _dotted(call: Call, name: str) -> str:
    given = needed(call, name)
    try:
        return datetime.datetime.strptime(given, "%d.%m.%Y").date().isoformat()  # noqa: DTZ007 - a day
    except ValueError:
        raise Refusal(400, f"Wrong date format: {given}") from None


def _as_dotted(day: str) -> str:
    return f"{day[8:]}.{day[5:7]}.{day[:4]}"


@method("v2/reports/balance/stores", since=(5, 2), right=BALANCES)
def store_balances(served: Served, call: Call) -> Answer:
    """What there is of each product in each store; neither a quantity nor a sum is no row."""
    sums: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    stores = served.stores
    for posting in served.book.before(_moment(call)):
        for account, sign in ((posting.debit, 1), (posting.credit, -1)):
            if account in stores and posting.product:
                found = sums[account, posting.product.id]
                found[0] += sign * posting.amount
                found[1] += sign * posting.sum
    rows = [
        {"store": store, "product": product, "amount": amount(quantity, NANO), "sum": amount(total, NANO)}
        for (store, product), (quantity, total) in sums.items()
        if quantity or total
    ]
    owners = {"department": stores, "store": None, "product": None}
    return _asked(served, call, rows, owners)


@method("v2/reports/balance/counteragents", since=(5, 2), right=BALANCES)
def counteragent_balances(served: Served, call: Call) -> Answer:
    """Money by account, counterparty and department; each of the last two may be null, a debt of ours is negative."""
    kept = {each.id: each.kind in OF_COUNTERAGENTS for each in served.ledger.accounts if each.kind in OF_MONEY}
    sums: defaultdict[tuple[str, str | None, str | None], int] = defaultdict(int)
    for posting in served.book.before(_moment(call)):
        for account, sign in ((posting.debit, 1), (posting.credit, -1)):
            if account in kept:
                counteragent = posting.counteragent if kept[account] else None
                sums[account, counteragent, posting.department] += sign * posting.sum
    rows = [
        {"account": account, "counteragent": who, "department": department, "sum": amount(total, NANO)}
        for (account, who, department), total in sums.items()
        if total
    ]
    return _asked(served, call, rows, dict.fromkeys(("account", "counteragent", "department")))


def _asked(served: Served, call: Call, rows: Iterable[Row], names: dict[str, dict[str, str] | None]) -> Answer:
    """The rows of what is named; a department is named by its stores where rows have none."""
    found = list(rows)
    for name, owners in names.items():
        wanted = {each.lower() for each in call.params.get(name, [])}
        if wanted:
            found = [row for row in found if (owners[row["store"]] if owners else row[name]) in wanted]
    return served.json(found, len(found))


def _moment(call: Call) -> str:
    """A date alone is the start of its day."""
    given = needed(call, "timestamp")
    if DOTTED.match(given):
        raise Refusal(409, f"Неверный формат даты: {given}")
    try:
        return datetime.datetime.fromisoformat(given).replace(tzinfo=None).isoformat()
    except ValueError:
        raise Refusal(400, f"Wrong date format: {given}") from None
