"""R2 to R5: the ledger in itself, and against stock, documents and sales. Most of it is iiko's totals of the ledger."""

from __future__ import annotations

import itertools
import typing as t
from collections import defaultdict
from decimal import Decimal

from tap_iiko.days.calendar import ONE_DAY, days_between
from tap_iiko.proof import ledger
from tap_iiko.proof.checks import Facts, Finding, Rule
from tap_iiko.proof.totals import SALES

if t.TYPE_CHECKING:
    import datetime

    from tap_iiko.proof.totals import DayTotals
    from tap_iiko.rows.tally import Place, Sums

BALANCES = "store_balances"
NOT_TOTALLED = "iiko's totals of the ledger are not known of all these days."
NO_PAIR = "no closing before it was read in this run."
DEBIT = "DEBIT"
MEASURES = ("amount", "sum")
COST = "product_cost"


def _totals(facts: Facts, day: datetime.date) -> DayTotals | None:
    return facts.totals(ledger.CONTROL).totals(day)


def _parts(totals: DayTotals) -> t.Iterator[tuple[dict[str, str | None], Sums]]:
    """The sums of a day, each with its place by field."""
    for place, sums in totals.sums.items():
        yield dict(zip(ledger.CONTROL.place, t.cast("tuple[str | None, ...]", place), strict=True)), sums


def _written(*tables: str) -> t.Callable[[Facts], set[datetime.date]]:
    return lambda facts: {day for table in tables for day in facts.written.get(table, ()) if facts.is_closed(day)}


def _stock(facts: Facts) -> t.Iterator[Finding]:
    """Of two closings of this run: what lies between them in each store against what moved."""
    closings, known = facts.tallies.get(BALANCES, {}), _closings(facts)
    for before, after in itertools.pairwise(known):
        if after not in facts.days:
            continue
        moved = _moved(facts, days_between(before + ONE_DAY, after))
        stores = {*closings[before], *closings[after], *(moved or ())}
        for store in sorted(stores, key=str):
            for measure in MEASURES:
                one, other = (closings[day].get(store, {}).get(measure, Decimal(0)) for day in (before, after))
                yield Finding(
                    rule="R2",
                    day=after,
                    subject=str(store),
                    measure=measure,
                    expected=other - one,
                    found=None if moved is None else moved.get(store, {}).get(measure, Decimal(0)),
                    reason=NOT_TOTALLED if moved is None else None,
                )
    for day in sorted(facts.days.difference(known[1:])):
        if facts.is_closed(day) and (day in known or facts.is_loaded(BALANCES, day)):
            yield Finding("R2", day, "all stores", "closing", None, None, NO_PAIR)


def _closings(facts: Facts) -> list[datetime.date]:
    return sorted(day for day in facts.tallies.get(BALANCES, ()) if facts.is_closed(day))


def _moved(facts: Facts, days: t.Iterable[datetime.date]) -> dict[Place, Sums] | None:
    """By store what came in less what went out; nobody has published whether ``Amount.Out`` is below zero."""
    went: defaultdict[Place, Sums] = defaultdict(lambda: defaultdict(Decimal))
    for day in days:
        totals = _totals(facts, day)
        if totals is None:
            return None
        for place, sums in _parts(totals):
            if place[ledger.STORE_OR_ACCOUNT] == ledger.STORE:
                for metric, value in sums.items():
                    went[place[ledger.ACCOUNT]][metric] += value
    sign = -1 if sum(sums["amount_out"] for sums in went.values()) < 0 else 1
    return {
        store: {
            "amount": sums["amount_in"] - sign * sums["amount_out"],
            "sum": sums["sum_incoming"] - sums["sum_outgoing"],
        }
        for store, sums in went.items()
    }


DOCUMENTS: t.Final = {
    "incoming_invoice_items": ("sum", ("INVOICE", "NDS_INCOMING"), "sum_incoming"),
    "outgoing_invoice_items": ("sum", ("OUTGOING_INVOICE_REVENUE",), "sum_incoming"),
    "writeoff_items": ("cost", ("WRITEOFF",), "sum_incoming"),
    "internal_transfer_items": ("amount", ("TRANSFER",), "amount_in"),
}
"""By table its figure, the types of what its documents post, and the figure of the side that is debited."""
POSTED = "PROCESSED"


def _documents(table: str) -> t.Callable[[Facts], t.Iterator[Finding]]:
    figure, types, metric = DOCUMENTS[table]

    def lines_of(facts: Facts, day: datetime.date) -> Decimal | None:
        sums = facts.tallies.get(table, {}).get(day)
        return None if sums is None else sums.get(POSTED, {}).get(figure, Decimal(0))

    def posted(facts: Facts, day: datetime.date) -> Decimal | None:
        totals = _totals(facts, day)
        if totals is None:
            return None
        parts = (sums[metric] for place, sums in _parts(totals) if place[ledger.TYPE] in types and _is_debit(place))
        return sum(parts, Decimal(0))

    def check(facts: Facts) -> t.Iterator[Finding]:
        for day in sorted(facts.days):
            expected, found = lines_of(facts, day), posted(facts, day)
            if expected is None or not facts.is_closed(day):
                continue
            finding = Finding("R3", day, table, figure, expected, found, None if found is not None else NOT_TOTALLED)
            if finding.proved is False and _agrees_around(facts, day):
                finding = Finding("R3", day, table, figure, expected, expected)
            yield finding

    def _agrees_around(facts: Facts, day: datetime.date) -> bool:
        """A document at one o'clock is of the day before in one of both: it must be there, then."""
        around = days_between(day - ONE_DAY, day + ONE_DAY)
        lines, sums = ([each(facts, some) or Decimal(0) for some in around] for each in (lines_of, posted))
        return Finding("R3", day, table, figure, sum(lines, Decimal(0)), sum(sums, Decimal(0))).proved is True

    return check


def _is_debit(place: t.Mapping[str, str | None]) -> bool:
    return place[ledger.SIDE] == DEBIT


def _ledger(facts: Facts) -> t.Iterator[Finding]:
    """Debit is credit, and the tables are what iiko totals: as a whole, and where they differ in each place."""
    for day in sorted(facts.days):
        totals = _totals(facts, day)
        if totals is None or not facts.is_closed(day):
            continue
        debit, credit = (
            sum((sums[each] for _, sums in _parts(totals)), Decimal(0)) for each in ("sum_incoming", "sum_outgoing")
        )
        yield Finding("R4", day, "debit and credit", "sum", debit, credit)
        for table in (ledger.LEDGER, ledger.MOVEMENTS):
            if table in facts.tables:
                yield from _table(facts, day, table, totals)


def _table(facts: Facts, day: datetime.date, table: str, totals: DayTotals) -> t.Iterator[Finding]:
    expected = ledger.expected_of(table, totals)
    rows = facts.tallies.get(table, {}).get(day)
    found = ledger.by_name(rows) if rows is not None else None
    if found is None and facts.is_as_totalled(table, day, totals.mark):
        found = expected
    for metric in ledger.figures_of(table):
        whole, read = (
            None if sums is None else sum((each[metric] for each in sums.values()), Decimal(0))
            for sums in (expected, found)
        )
        reason = None if found is not None else f"{table} of this day was not read since it changed."
        yield Finding("R4", day, table, metric, whole, read, reason)
    for (place, metric), (one, other) in ledger.differing(
        expected, found or expected, ledger.figures_of(table)
    ).items():
        yield Finding("R4", day, f"{table} {place}", metric, one, other)


def _cost(facts: Facts) -> t.Iterator[Finding]:
    """By department, what was written off for sales against their cost. The ledger knows departments by name only."""
    ids: defaultdict[str, set[str]] = defaultdict(set)
    for identity, name in facts.department_names.items():
        ids[name].add(identity)
    for day in sorted(facts.days):
        totals, sales = _totals(facts, day), facts.totals(SALES).totals(day)
        if totals is None or sales is None or not facts.is_closed(day):
            continue
        found: defaultdict[str, Decimal] = defaultdict(Decimal)
        for place, sums in _parts(totals):
            if place[ledger.TYPE] == "SESSION_WRITEOFF" and _is_debit(place):
                found[place[ledger.DEPARTMENT] or ""] += sums["sum_incoming"]
        for department, some in sorted(sales.sums.items(), key=lambda item: str(item[0])):
            name = facts.department_names.get(str(department), "")
            reason = (
                None if len(ids[name]) == 1 else "no other department may have its name, and its list must be read."
            )
            cost = some.get(COST)
            if cost is not None:
                yield Finding("R5", day, str(department), "cost", cost, found[name], reason)


R2: t.Final = Rule(
    name="R2",
    about="the difference of two closings of a store against what moved between them",
    keeps={BALANCES: (), ledger.MOVEMENTS: ()},
    days=lambda facts: set(_closings(facts)[1:]),
    check=_stock,
)
R3: t.Final = tuple(
    Rule(
        name="R3",
        about=f"the lines of posted documents ({table}) against the ledger",
        keeps={table: (), ledger.LEDGER: ()},
        days=_written(table, ledger.LEDGER),
        check=_documents(table),
    )
    for table in DOCUMENTS
)
R4: t.Final = Rule(
    name="R4",
    about="debit against credit, and the tables of the ledger against iiko's totals",
    keeps={ledger.LEDGER: ()},
    days=_written(ledger.LEDGER, ledger.MOVEMENTS),
    check=_ledger,
)
R5: t.Final = Rule(
    name="R5",
    about="what the ledger wrote off for sales against their cost",
    keeps={"sales": (), ledger.LEDGER: ()},
    days=_written("sales", ledger.LEDGER),
    check=_cost,
)
