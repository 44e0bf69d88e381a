"""Changes of documents and lists on demand: what makes a table of documents change in days gone by."""

from __future__ import annotations

import datetime
import typing as t

if t.TYPE_CHECKING:
    import random

    from simulator.world.documents import Document
    from simulator.world.ledger import Ledger

Day = datetime.date | str | None
Touched = dict[str, t.Any]
Thing = t.TypeVar("Thing")
FAMILIES: t.Final = ("writeoff", "incoming_invoice", "outgoing_invoice", "internal_transfer")
VERBS: t.Final = ("add", "move", "edit", "unpost", "delete")
DOCUMENT_KINDS: t.Final = [f"{verb}_{family}" for family in FAMILIES for verb in VERBS]
STOCK_KINDS: t.Final = [
    *DOCUMENT_KINDS,
    "recalculate_writeoff",
    "add_inventory",
    "rename_supplier",
    "rename_account",
    "add_role",
]


class StockChanges:
    """The part of ``Business`` that is about documents and lists."""

    ledger: Ledger
    rng: random.Random

    def change_document(self, verb: str, family: str, **options: t.Any) -> Touched:
        """What ``move_writeoff`` and the like stand for: one of ``VERBS`` with one of ``FAMILIES``."""
        change: t.Callable[..., Touched] = getattr(self, f"_{verb}")
        with self.ledger.lock:
            return change(family, **options)

    def _add(self, family: str, day: Day = None, count: int = 1, lines: int = 0) -> Touched:
        """One more, posted, on a closed day unless told otherwise; or ``count`` of them with so many ``lines``."""
        date = datetime.date.fromisoformat(str(day or self.ledger.last_day - datetime.timedelta(days=1)))
        stock, departments = self.ledger.stock, self.ledger.group.departments
        more = {"lines": lines} if lines else {}
        added = [stock.add_to(family, self.rng.choice(departments), date, **more) for _ in range(count)]
        for each in added:
            each.post()
        return self._touched(added)

    def _move(self, family: str, document: str | None = None, to: Day = None, *, drop_line: bool = True) -> Touched:
        """To another day, the one before unless told otherwise, losing a line in the same edit."""
        found = self._document(family, document, lambda each: len(each.lines) > 1)
        was = found.day
        found.move(str(to or datetime.date.fromisoformat(was) - datetime.timedelta(days=1)))
        if drop_line:
            found.lines.pop()
        return self._touched([found], was)

    def _edit(self, family: str, document: str | None = None, comment: str = "исправлено") -> Touched:
        """Only its comment."""
        found = self._document(family, document)
        found.comment = comment
        return self._touched([found])

    def _unpost(self, family: str, document: str | None = None) -> Touched:
        """It is a draft again."""
        found = self._document(family, document, lambda each: each.posted)
        found.unpost("NEW")
        return self._touched([found])

    def _delete(self, family: str, document: str | None = None) -> Touched:
        """It is marked as deleted."""
        found = self._document(family, document, lambda each: each.status != "DELETED")
        found.unpost("DELETED")
        return self._touched([found])

    def add_inventory(self, day: Day = None) -> Touched:
        """Somebody enters an inventory late."""
        return self.change_document("add", "inventory", day=day)

    def recalculate_writeoff(self, document: str | None = None, factor: float = 1.25) -> Touched:
        """Iiko finds another cost for it, without an edit and, as far as is known, without a new revision."""
        with self.ledger.lock:
            found = self._document("writeoff", document, lambda each: each.posted)
            for line in found.lines:
                line.cost = round((line.cost or 0) * factor)
            self.ledger.stock.recalculations += 1
            if self.ledger.trade.readings.recalculation == "revised":
                return self._touched([found])
            return {"days": [found.day], "documents": [found.id]}

    def rename_supplier(self, supplier: str | None = None, name: str = "ООО «Новое имя»") -> Touched:
        """A supplier gets another name."""
        with self.ledger.lock:
            row = _one((each for each in self.ledger.staff.suppliers if supplier in {None, each["id"]}), "supplier")
            row["name"] = name
            return self._listed(row["id"])

    def rename_account(self, account: str | None = None, name: str = "Порча и бой") -> Touched:
        """An account gets another name, that of spoilage unless told otherwise; its id stays. A store keeps its own."""
        with self.ledger.lock:
            wanted = account or self.ledger.ids("account", "Порча")
            accounts = (each for each in self.ledger.accounts if each.id == wanted and each.owner is None)
            found = _one(accounts, "account but a store's")
            found.name = name
            return self._listed(found.id)

    def add_role(self, name: str = "Хостес") -> Touched:
        """A new role."""
        with self.ledger.lock:
            roles = self.ledger.staff.roles
            identity = self.ledger.ids("role", name, len(roles))
            roles.append(roles[0] | {"id": identity, "code": f"R{len(roles)}", "name": name})
            return self._listed(identity)

    def _listed(self, identity: str) -> Touched:
        """An entry of a list has changed; lists have no days."""
        self.ledger.touch()
        self.ledger.revisions[identity] = self.ledger.revision
        return {"days": [], "id": identity}

    def _document(
        self, family: str, document: str | None, fits: t.Callable[[Document], bool] = lambda each: bool(each.lines)
    ) -> Document:
        """The document with that id, or any fitting one of a closed day."""
        closed = self.ledger.last_day.isoformat()
        found: list[Document] = [
            each
            for each in self.ledger.stock.families[family]
            if (each.id == document if document else each.day < closed and fits(each))
        ]
        if not found:
            message = f"no such {family}"
            raise ValueError(message)
        return self.rng.choice(found)

    def _touched(self, documents: list[Document], *days: str) -> Touched:
        for each in documents:
            self._listed(each.id)
        return {
            "days": sorted({*(each.day for each in documents), *days}),
            "documents": [each.id for each in documents],
        }


def _one(things: t.Iterator[Thing], what: str) -> Thing:
    """The first one.

    Raises:
        ValueError: there is none.
    """
    found = next(things, None)
    if found is None:
        message = f"no such {what}"
        raise ValueError(message)
    return found
