"""The book of postings as tables of the SQL engine: both sides of each posting are rows (API reference 4.9).

Nothing is loaded before somebody asks for TRANSACTIONS; after a change it is loaded anew.
"""

from __future__ import annotations

import typing as t

from simulator.world.cash_flow import CASH_FLOWS
from simulator.world.ledger import without_gc

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from simulator.olap.store import Row, Store
    from simulator.readings import Readings
    from simulator.world.accounts import Account
    from simulator.world.book import Book
    from simulator.world.posting import Posting

TABLES: t.Final = {
    "entries": (
        "side, day, moment, type, account, contra, product, contra_product, counteragent, department, document,"
        " comment, conception, flow, register, section, sum, amount"
    ),
    "accounts": (
        "pk INTEGER PRIMARY KEY, id, name, code, kind, grp, counteragent_type, cash_flow, store_or_account, hierarchy,"
        " top, second, third"
    ),
    "counteragents": "id TEXT PRIMARY KEY, name",
    "conceptions": "id TEXT PRIMARY KEY, name, code",
    "cash_flows": "code TEXT PRIMARY KEY, name, kind",
}
COUNTERAGENTS: t.Final = {
    "ACCOUNTS_PAYABLE": "SUPPLIER",
    "ACCOUNTS_RECEIVABLE": "CLIENT",
    "DEBTS_OF_EMPLOYEES": "EMPLOYEE",
    "EMPLOYEES_LIABILITY": "EMPLOYEE",
}
GROUPS: t.Final = {
    "ACCOUNTS_PAYABLE": "LIABILITIES",
    "EMPLOYEES_LIABILITY": "LIABILITIES",
    "EQUITY": "EQUITY",
    "COST_OF_GOODS_SOLD": "INCOME_EXPENSES",
    "INCOME": "INCOME_EXPENSES",
    "EXPENSES": "INCOME_EXPENSES",
    "OTHER_INCOME": "INCOME_EXPENSES",
    "OTHER_EXPENSES": "INCOME_EXPENSES",
}
"""By type of account; all others are assets."""


class LedgerTables:
    """The tables of one server, beside those of the sales."""

    def __init__(self, store: Store, book: Book, readings: Readings) -> None:
        """Empty as yet."""
        self._store = store
        self._book = book
        self._hidden = readings.hidden_accounts
        self._loaded: list[Posting] | None = None

    def refresh(self) -> None:
        """Load the book, unless it is the one that lies here."""
        postings = self._book.postings
        if postings is self._loaded:
            return
        store, ledger = self._store, self._store.ledger
        for name, columns in TABLES.items():
            if self._loaded is None:
                store.create(name, columns)
        with without_gc(), store.transaction():
            store.add_days(posting.when.day for posting in postings)
            accounts = {each.id: each for each in ledger.accounts}
            store.replace("accounts", _account_rows(accounts))
            people = {row["id"]: row["name"] for row in (*ledger.staff.employees, *ledger.staff.suppliers)}
            store.replace("counteragents", people.items())
            store.replace("conceptions", ((each.id, each.name, each.code) for each in ledger.group.conceptions))
            store.replace("cash_flows", CASH_FLOWS)
            store.replace("entries", self._entry_rows(postings, accounts))
        if self._loaded is None:
            store.db.execute("CREATE INDEX entries_by_day ON entries (day)")
        self._loaded = postings

    def _entry_rows(self, postings: list[Posting], accounts: Mapping[str, Account]) -> Iterator[Row]:
        places = {identity: place for place, identity in enumerate(accounts)}
        hidden = {place for place, each in enumerate(accounts.values()) if each.name in self._hidden}
        departments = {each.id: each.pk for each in self._store.ledger.group.departments}
        wrong = self._misreported(postings)
        for each in postings:
            debit, credit = places[each.debit], places[each.credit]
            head = each.when.day, each.when.moment, each.type
            tail = (
                each.product and each.product.pk,
                each.contra and each.contra.pk,
                each.counteragent,
                departments.get(each.department or ""),
                each.number,
                each.comment or None,
                each.conception,
                each.flow,
                each.register and each.register.pk,
                each.section and each.section.pk,
            )
            more = wrong.get(id(each), {})
            if debit not in hidden:
                yield "DEBIT", *head, debit, credit, *tail, each.sum + more.get("DEBIT", 0), each.amount
            if credit not in hidden:
                yield "CREDIT", *head, credit, debit, *tail, each.sum + more.get("CREDIT", 0), each.amount

    def _misreported(self, postings: list[Posting]) -> dict[int, dict[str, int]]:
        """By the identity of a posting what its sides show too much."""
        wrong: dict[int, dict[str, int]] = {}
        for kind, since, side, more in self._store.ledger.stock.bookkeeping.misreported:
            found = next((each for each in postings if each.type == kind and each.when.day >= since), None)
            if found:
                wrong[id(found)] = dict.fromkeys([side] if side else ["DEBIT", "CREDIT"], more)
        return wrong


def _account_rows(accounts: Mapping[str, Account]) -> Iterator[Row]:
    for place, each in enumerate(accounts.values()):
        names = _path(each, accounts)
        yield (
            place,
            each.id,
            each.name,
            each.code or None,
            each.kind,
            GROUPS.get(each.kind, "ASSETS"),
            COUNTERAGENTS.get(each.kind, "NONE"),
            "CASH_FLOW" if each.kind == "CASH" else "NOT_CASH_FLOW",
            "STORE" if each.owner else "ACCOUNT",
            "/".join(names),
            *(names[level] if level < len(names) else None for level in range(3)),
        )


def _path(account: Account, accounts: Mapping[str, Account]) -> list[str]:
    """The names from the top."""
    above = _path(accounts[account.parent], accounts) if account.parent else []
    return [*above, account.name]
