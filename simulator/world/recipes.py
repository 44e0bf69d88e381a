"""What is taken from a store when something is sold: a simple chart for each product, made of what it costs."""

from __future__ import annotations

import typing as t

from simulator.world.units import NANO, share_of

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.world.menu import Menu
    from simulator.world.model import Product

GRAM: t.Final = NANO // 1000
SHARES: t.Final = ((100,), (60, 40), (50, 30, 20))
"""Percent of the cost of a dish of one, two or three goods."""
POOLS: t.Final = {
    "Бар": ("Зерно кофе", "Молоко 3,2 %"),
    "Кондитерская": ("Мука пшеничная", "Молоко 3,2 %"),
    "Кухня": ("Филе куриное", "Соус цезарь п/ф", "Мука пшеничная"),
    "Сырьё": ("Мука пшеничная", "Молоко 3,2 %"),
}
"""What there is to choose from, by accounting category."""
PIZZA: t.Final = ("Тесто для пиццы", "Филе куриное")


class Part(t.NamedTuple):
    """An ingredient: its share of the cost in percent, and how much goes into one unit, in billionths."""

    product: Product
    percent: int
    amount: int


class Recipes:
    """The charts of one product list."""

    def __init__(self, menu: Menu) -> None:
        """Made once: a product that is renamed keeps its own."""
        self._parts = {product.id: self._chart(menu, product) for product in menu.products}

    def of(self, product: Product) -> list[Part]:
        """The ingredients of a product; goods are their own, what costs nothing has none."""
        return self._parts[product.id]

    def correct(self, product: Product, percent: int) -> None:
        """More or less of everything goes into it, on all days: its chart is corrected in place (reference 5.2)."""
        self._parts[product.id] = [
            part._replace(amount=max(GRAM, share_of(part.amount, percent, 100) // GRAM * GRAM))
            for part in self._parts[product.id]
        ]

    @staticmethod
    def _chart(menu: Menu, product: Product) -> list[Part]:
        if product.type == "GOODS":
            return [Part(product, 100, NANO)]
        pool = PIZZA if product.place and product.place.name == "Пицца" else POOLS.get(product.accounting.name, ())
        if not pool or not product.cost:
            return []
        shares = SHARES[product.pk % len(pool)]
        names = [pool[(product.pk // 3 + place) % len(pool)] for place in range(len(shares))]
        goods = [menu.product(name) for name in names]
        return [
            Part(good, share, max(GRAM, share_of(product.cost, share, 100) * 1000 // good.cost * GRAM))
            for good, share in zip(goods, shares, strict=True)
        ]


def taken(part: Part, amount: int, percent: int) -> int:
    """How much of an ingredient goes into ``amount`` of a size; exact, since all of them are whole thousandths."""
    return part.amount * amount * percent // (NANO * 100)


def split(total: int, parts: Sequence[Part]) -> list[int]:
    """A cost by ingredients; what rounding leaves is the last one's, so that nothing is lost."""
    shares = [share_of(total, part.percent, 100) for part in parts[:-1]]
    return [*shares, total - sum(shares)] if parts else []
