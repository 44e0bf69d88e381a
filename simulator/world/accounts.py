"""The chart of accounts; a store is an account with the same id (API reference 3.4)."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from simulator.world.model import Coded

if t.TYPE_CHECKING:
    from simulator.world.corporation import Corporation
    from simulator.world.units import Ids

TOP: t.Final = "Текущие активы"
# Name, code, type, system, the account above, deleted.
PLAIN: t.Final = [
    (TOP, "1", "CURRENT_ASSET", True, None, False),
    ("Главная касса", "1.01", "CASH", True, TOP, False),
    ("Торговая выручка", "4.01", "INCOME", True, None, False),
    ("Расход продуктов", "5.01", "COST_OF_GOODS_SOLD", True, None, False),
    ("Порча", "5.03", "EXPENSES", False, None, False),
    ("Порча на кухне", "", "EXPENSES", False, "Порча", False),
    ("Недостача инвентаризации", "5.03", "EXPENSES", True, None, False),
    ("Реклама", "", "EXPENSES", False, None, False),
    ("Старый счёт", "", "EXPENSES", False, None, True),
    ("Терминалы банка", "1.02", "CASH", True, TOP, False),
    ("Задолженность покупателей", "1.10", "ACCOUNTS_RECEIVABLE", True, TOP, False),
    ("НДС к возмещению", "", "OTHER_CURRENT_ASSET", True, TOP, False),
    ("Производство", "", "OTHER_CURRENT_ASSET", True, TOP, False),
    ("Задолженность перед поставщиками", "2.01", "ACCOUNTS_PAYABLE", True, None, False),
    ("Начальные остатки", "3.01", "EQUITY", True, None, False),
    ("Излишки инвентаризации", "4.03", "OTHER_INCOME", True, None, False),
    ("Услуги", "5.07", "EXPENSES", False, None, False),
    ("Хозяйственные расходы", "", "EXPENSES", False, None, False),
    ("Заработная плата", "5.10", "EXPENSES", True, None, False),
    ("Подотчётные средства", "1.20", "OTHER_CURRENT_ASSET", True, TOP, False),
    ("Задолженность перед сотрудниками", "2.02", "EMPLOYEES_LIABILITY", True, None, False),
]

OF_COUNTERAGENTS: t.Final = {"ACCOUNTS_PAYABLE", "ACCOUNTS_RECEIVABLE", "EMPLOYEES_LIABILITY"}
OF_MONEY: t.Final = {"CASH", "OTHER_CURRENT_ASSET", *OF_COUNTERAGENTS}
"""Types of accounts that something is left on: neither stores, whose goods are counted, nor what is earned or spent."""


@dataclass(slots=True, eq=False)
class Account(Coded):
    """An account; ``code`` is blank and repeats."""

    kind: str = "EXPENSES"
    system: bool = False
    parent: str | None = None
    owner: str | None = None
    """The department whose store it is."""


def build_accounts(ids: Ids, group: Corporation) -> list[Account]:
    """Those of the program and of the user, then the stores."""

    def identity(name: str) -> str:
        return ids("account", name)

    accounts = [
        Account(identity(name), name, code, deleted, kind, system, above and identity(above))
        for name, code, kind, system, above, deleted in PLAIN
    ]
    stores = [
        Account(store.id, store.name, "", kind="INVENTORY_ASSETS", parent=identity(TOP), owner=department.id)
        for department in group.departments
        for store in department.stores
    ]
    return accounts + stores
