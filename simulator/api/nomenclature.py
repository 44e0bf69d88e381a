"""Products, groups, scales (API reference 3.1, 3.3)."""

from __future__ import annotations

import typing as t

from simulator.api.json_lists import kept
from simulator.api.method import BOTH, method

if t.TYPE_CHECKING:
    from simulator.api.method import Answer, Call, Row, Served

NOMENCLATURE: t.Final = "B_EN"
FILTERS: t.Final = {
    "ids": "id",
    "nums": "num",
    "codes": "code",
    "types": "type",
    "categoryIds": "category",
    "parentIds": "parent",
}


def listed(served: Served, call: Call, rows: list[Row]) -> Answer:
    """A bare array: filtered, without deleted entries unless asked for."""
    params = call.params
    rows = kept(rows, deleted=params.get("includeDeleted") == ["true"])
    for name, key in FILTERS.items():
        if name in params and rows and key in rows[0]:
            wanted = {value.lower() for value in params[name]}
            rows = [row for row in rows if str(row[key] or "").lower() in wanted]
    rows = served.since(call, rows)
    return served.json(rows, len(rows))


@method("v2/entities/products/list", since=(6, 1), right=NOMENCLATURE, verbs=BOTH)
def products(served: Served, call: Call) -> Answer:
    """Products of every type."""
    return listed(served, call, served.lists.products())


@method("v2/entities/products/group/list", since=(6, 2), right=NOMENCLATURE, verbs=BOTH)
def groups(served: Served, call: Call) -> Answer:
    """Groups of products."""
    return listed(served, call, served.lists.groups())


@method("v2/entities/products/category/list", since=(6, 2), right=NOMENCLATURE, verbs=BOTH)
def categories(served: Served, call: Call) -> Answer:
    """User categories."""
    return listed(served, call, served.lists.categories())


@method("v2/entities/productScales", since=(6, 2), right=NOMENCLATURE, verbs=BOTH)
def scales(served: Served, call: Call) -> Answer:
    """Scales with their sizes."""
    return listed(served, call, served.lists.scales())


@method("v2/entities/products/productScales", since=(6, 2), right=NOMENCLATURE)
def product_scales(served: Served, _: Call) -> Answer:
    """The scale of each product, by product."""
    return served.json(served.lists.product_scales())


@method("v2/entities/priceCategories", since=(7, 8))
def price_categories(served: Served, call: Call) -> Answer:
    """Price categories, with both strategies."""
    rows = kept(served.lists.price_categories(), deleted=call.param("includeDeleted") == "true")
    return served.wrapped(served.since(call, rows))
