"""Changes of documents and lists on demand: what makes a table of documents change in days gone by."""

from __future__ import annotations

import datetime
import typing as t

if t.TYPE_CHECKING:
    import random

    from simulator.world.ledger import Ledger
    from simulator.world.stock import Writeoff

Day = datetime.date | str | None
Touched = dict[str, t.Any]
Thing = t.TypeVar("Thing")
STOCK_KINDS: t.Final = [
    "add_writeoff",
    "move_writeoff",
    "edit_writeoff",
    "unpost_writeoff",
    "delete_writeoff",
    "recalculate_writeoff",
    "rename_supplier",
    "rename_account",
    "add_role",
]


class StockChanges:
    """The part of ``Business`` that is about documents and lists."""

    ledger: Ledger
    rng: random.Random

    def add_writeoff(self, day: Day = None) -> Touched:
        """One more, on a closed day unless told otherwise."""
        with self.ledger.lock:
            date = datetime.date.fromisoformat(str(day or self.ledger.last_day - datetime.timedelta(days=1)))
            return self._touched(self.ledger.stock.add(self.rng.choice(self.ledger.group.departments), date))

    def move_writeoff(self, document: str | None = None, to: Day = None, drop_line: bool = True) -> Touched:  # noqa: FBT001, FBT002
        """To another day, the one before unless told otherwise, losing a line in the same edit."""
        with self.ledger.lock:
            found = self._writeoff(document, lambda each: len(each.lines) > 1)
            was = found.day
            day = str(to or datetime.date.fromisoformat(was) - datetime.timedelta(days=1))
            found.moment = day + found.moment[10:]
            if drop_line:
                found.lines.pop()
            return self._touched(found, was)

    def edit_writeoff(self, document: str | None = None, comment: str = "исправлено") -> Touched:
        """Only its comment."""
        with self.ledger.lock:
            found = self._writeoff(document)
            found.comment = comment
            return self._touched(found)

    def unpost_writeoff(self, document: str | None = None) -> Touched:
        """It is a draft again."""
        with self.ledger.lock:
            found = self._writeoff(document, lambda each: each.status == "PROCESSED")
            found.unpost("NEW")
            return self._touched(found)

    def delete_writeoff(self, document: str | None = None) -> Touched:
        """It is marked as deleted."""
        with self.ledger.lock:
            found = self._writeoff(document, lambda each: each.status != "DELETED")
            found.unpost("DELETED")
            return self._touched(found)

    def recalculate_writeoff(self, document: str | None = None, factor: float = 1.25) -> Touched:
        """Iiko finds another cost for it, without an edit and without a new revision."""
        with self.ledger.lock:
            found = self._writeoff(document, lambda each: each.status == "PROCESSED")
            for line in found.lines:
                line.cost = round((line.cost or 0) * factor)
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

    def _writeoff(
        self, document: str | None, fits: t.Callable[[Writeoff], bool] = lambda each: bool(each.lines)
    ) -> Writeoff:
        """The document with that id, or any fitting one of a closed day."""
        closed = self.ledger.last_day.isoformat()
        found = [
            each
            for each in self.ledger.stock.writeoffs
            if (each.id == document if document else each.day < closed and fits(each))
        ]
        if not found:
            message = "no such write-off"
            raise ValueError(message)
        return self.rng.choice(found)

    def _touched(self, document: Writeoff, *days: str) -> Touched:
        self._listed(document.id)
        return {"days": sorted({document.day, *days}), "documents": [document.id]}


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
