"""One row of each balance: what iiko sends (API reference 3.12) and what is loaded of it."""

from __future__ import annotations

import typing as t
from decimal import Decimal

from support.lists_by_hand import ACCOUNT, DAY
from support.other_ledger import DEPARTMENT, DISH, STORE

# By table: what is sent, and the row; columns that are not named are null.
BALANCES: dict[str, tuple[t.Any, dict[str, t.Any]]] = {
    "store_balances": (
        [{"store": STORE, "product": DISH, "amount": -0.35, "sum": 1182.5}],
        {
            "business_date": DAY,
            "store_id": STORE,
            "product_id": DISH,
            "amount": Decimal("-0.35"),
            "sum": Decimal("1182.5"),
        },
    ),
    "counteragent_balances": (
        [{"account": ACCOUNT, "counteragent": None, "department": DEPARTMENT, "sum": -58240.123456789}],
        {
            "business_date": DAY,
            "account_id": ACCOUNT,
            "department_id": DEPARTMENT,
            "sum": Decimal("-58240.123456789"),
        },
    ),
}
