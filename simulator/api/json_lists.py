"""The v2 lists of products and reference entities as JSON values (API reference 3.1, 3.4)."""

from __future__ import annotations

import typing as t

from simulator.world.model import Choice, Coded, Group, OrderType, Product, Scale, Size, TaxCategory
from simulator.world.units import MONEY, NANO

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.readings import Readings
    from simulator.world.ledger import Ledger

Json = dict[str, t.Any]
ROOT_TYPES_SINCE: t.Final = {
    "AllergenGroup": (7, 1, 2),
    "AttendanceType": (6, 4),
    "Conception": (7, 8, 1),
    "CookingPlaceType": (7, 0, 2),
    "OrderType": (6, 4),
    "ProductScale": (6, 4),
    "ProductSize": (6, 4),
    "ScheduleType": (6, 4),
    "TaxCategory": (6, 2, 2),
}
"""Older servers do not know these types; the others are as old as the method (3.4)."""


def amount(units: int, scale: int) -> float | int:
    """A number as JSON shows it: whole ones without fraction."""
    return units // scale if units % scale == 0 else units / scale


def _color(red: int, green: int, blue: int) -> Json:
    return {"red": red, "green": green, "blue": blue}


def _filled(number: int, every: int, value: t.Any) -> list[t.Any] | None:
    """A list with ``value`` in every so many products; in the others it is empty or null (3.1.1)."""
    if every and number % every == 0:
        return [value]
    return [] if number % 2 else None


class JsonLists:
    """The lists of one server, deleted entries included."""

    def __init__(self, ledger: Ledger, readings: Readings) -> None:
        """Over the objects of the ledger: a change shows at once."""
        self.ledger = ledger
        self.ids = ledger.ids
        self.group = ledger.group
        self.menu = ledger.menu
        self.documented = readings.documented_spelling
        self.taxed = readings.tax_categories

    def products(self) -> list[Json]:
        """``v2/entities/products/list`` in the order of a real server's keys (3.1.1)."""
        return [self._product(product) for product in self.menu.products]

    def _product(self, product: Product) -> Json:
        number = product.pk
        stores = [store.id for department in self.group.departments for store in department.stores]
        included = "defaultIncludeInMenu" if self.documented else "defaultIncludedInMenu"
        return {
            "id": product.id,
            "deleted": product.deleted,
            "name": product.name,
            "description": product.description,
            "num": product.num,
            "code": product.code,
            "parent": product.group and product.group.id,
            "modifiers": [self._choice(choice) for choice in product.choices],
            "taxCategory": None if number % 9 == 0 else product.tax_category and product.tax_category.id,
            "category": product.category and product.category.id,
            "accountingCategory": product.accounting.id,
            "color": _color(170, 170, 170) if number % 4 else _color(120, 80, 40),
            "fontColor": _color(0, 0, 0),
            "frontImageId": self.ids("image", number) if number % 11 == 0 else None,
            "position": number % 30 if product.type == "DISH" and number % 2 else None,
            "modifierSchemaId": None,
            "mainUnit": product.unit.id,
            "excludedSections": _filled(number, 25, self.group.departments[0].sections[0].id),
            "defaultSalePrice": amount(product.price, MONEY),
            "placeType": product.place and product.place.id,
            included: product.sold,
            "type": product.type,
            "unitWeight": 1 if product.weighed else 0.35 if product.type == "DISH" else 0,
            "unitCapacity": 0.33 if product.name.startswith("Кола") else 0,
            "storeBalanceLevels": [
                {"storeId": store, "minBalanceLevel": 10 if number % 7 == 0 else None, "maxBalanceLevel": None}
                for store in stores
            ],
            "useBalanceForSell": product.type == "GOODS",
            "containers": self._containers(product),
            "productScaleId": product.scale and product.scale.id,
            "barcodes": _filled(
                number, 1 if product.type == "GOODS" else 0, {"barcode": f"460{number:010}", "containerId": None}
            ),
            "coldLossPercent": 2.5 if product.weighed else 0,
            "hotLossPercent": 0,
            "outerEconomicActivityNomenclatureCode": "2202100000" if number % 40 == 0 else None,
            "allergenGroups": _filled(number, int("Орешки" in product.name), self.ids("allergen", "Орехи")),
            "estimatedPurchasePrice": amount(product.cost, NANO),
            "canSetOpenPrice": product.type == "SERVICE",
            "notInStoreMovement": product.type == "SERVICE",
        }

    def _containers(self, product: Product) -> list[Json]:
        if product.type != "GOODS":
            return []
        return [
            {
                "id": self.ids("container", product.pk),
                "num": "1",
                "name": "коробка",
                "count": 12,
                "minContainerWeight": 0,
                "maxContainerWeight": 0,
                "containerWeight": 0,
                "fullContainerWeight": 0,
                "backwardRecalculation": False,
                "deleted": False,
                "useInFront": True,
            }
        ]

    def _choice(self, choice: Choice) -> Json:
        """A modifier; a live server sends ``deleted`` where the documentation has ``required`` (3.1.1)."""
        row: Json = {"modifier": choice.target.id}
        if not self.documented:
            row["deleted"] = isinstance(choice.target, Product) and choice.target.deleted
        row |= {
            "defaultAmount": choice.default,
            "freeOfChargeAmount": choice.free,
            "minimumAmount": choice.minimum,
            "maximumAmount": choice.maximum,
            "hideIfDefaultAmount": False,
        }
        if self.documented:
            row["required"] = choice.required
        return row | {
            "childModifiersHaveMinMaxRestrictions": choice.children is not None and choice.minimum > 0,
            "splittable": False,
            "childModifiers": [self._choice(child) for child in choice.children] if choice.children else None,
        }

    def groups(self) -> list[Json]:
        """``v2/entities/products/group/list`` (3.1.2)."""
        return [self._group(group) for group in self.menu.groups]

    def _group(self, group: Group) -> Json:
        limited = group.name in {"Пиво", "Вино", "Крепкий алкоголь", "Коктейли"}
        departments = [each.id for each in self.group.departments if each.counter]
        return {
            "id": group.id,
            "deleted": group.deleted,
            "name": group.name,
            "description": group.description,
            "num": group.num,
            "code": group.code,
            "parent": group.parent and group.parent.id,
            "modifiers": [],
            "taxCategory": None,
            "category": None,
            "accountingCategory": None,
            "color": _color(120, 80, 40),
            "fontColor": _color(255, 255, 255),
            "frontImageId": None,
            "position": int(group.code) % 12 if not group.modifiers else None,
            "visibilityFilter": {"departments": departments, "excluding": True} if limited and departments else None,
        }

    def categories(self) -> list[Json]:
        """``v2/entities/products/category/list`` of a newer server (3.1.3)."""
        return [
            {"id": each.id, "rootType": "ProductCategory", "deleted": each.deleted, "code": None, "name": each.name}
            for each in self.menu.categories.values()
        ]

    def scales(self) -> list[Json]:
        """``v2/entities/productScales`` (3.1.5)."""
        return [self._scale(scale) for scale in self.menu.scales]

    @staticmethod
    def _scale(scale: Scale) -> Json:
        return {
            "id": scale.id,
            "deleted": scale.deleted,
            "name": scale.name,
            "productSizes": [
                {
                    "id": size.id,
                    "deleted": False,
                    "name": size.name,
                    "shortName": size.short,
                    "priority": size.priority,
                    "default": size.default,
                }
                for size in scale.sizes
            ],
        }

    def product_scales(self) -> dict[str, Json | None]:
        """``v2/entities/products/productScales``: by product, with the factors of each size (3.1.5)."""
        found: dict[str, Json | None] = {}
        for product in self.menu.products:
            if product.scale is None:
                found[product.id] = None
                continue
            row = self._scale(product.scale)
            for shown, size in zip(row["productSizes"], product.scale.sizes, strict=True):
                shown |= {"disabled": False, "factors": [{"startNumber": 1, "factor": amount(size.factor, 100)}]}
            found[product.id] = row
        return found

    def price_categories(self) -> list[Json]:
        """``v2/entities/priceCategories``: both strategies (3.3)."""
        strategies = [
            ("Сотрудники", "EMP", {"type": "PERCENT", "percent": -30}, False),
            ("Доставка", "", {"type": "ABSOLUTE_VALUE", "delta": 50}, False),
            ("Старая", "OLD", {"type": "PERCENT", "percent": 12.5}, True),
        ]
        return [
            {
                "id": self.ids("price category", name),
                "name": name,
                "deleted": deleted,
                "code": code,
                "assignableManually": code != "OLD",
                "pricingStrategy": strategy,
            }
            for name, code, strategy, deleted in strategies
        ]

    def entities(self) -> dict[str, list[Json]]:
        """``v2/entities/list`` by rootType (3.4)."""
        group, menu = self.group, self.menu
        sizes = [size for scale in menu.scales for size in scale.sizes]
        named = {
            "AlcoholClass": ["Пиво", "Вина", "Водка"],
            "AllergenGroup": ["Орехи", "Молоко"],
            "AttendanceType": ["Рабочее время"],
            "ScheduleType": ["День", "Ночь"],
        }
        codes = {"Пиво": "500", "Вина": "401", "Водка": "200", "Рабочее время": "W", "День": "D", "Ночь": "N"}
        kinds = {"AllergenGroup": "allergen"}
        lists: dict[str, list[Json]] = {
            kind: [_entity(kind, Coded(self.ids(kinds.get(kind, kind), name), name, codes.get(name))) for name in names]
            for kind, names in named.items()
        }
        lists |= {
            "Account": [_entity("Account", each) for each in self.ledger.accounts],
            "AccountingCategory": [_entity("AccountingCategory", each) for each in menu.accounting.values()],
            "Conception": [_entity("Conception", each) for each in group.conceptions],
            "CookingPlaceType": [_entity("CookingPlaceType", each) for each in menu.places.values()],
            "DiscountType": [_entity("DiscountType", each) for each in group.discounts.values()],
            "MeasureUnit": [_entity("MeasureUnit", each) for each in menu.units.values()],
            "OrderType": [_entity("OrderType", each) for each in group.order_types.values()],
            "PaymentType": [_entity("PaymentType", each) for each in group.pay_types.values()],
            "ProductCategory": [_entity("ProductCategory", each) for each in menu.categories.values()],
            "ProductScale": [
                _entity("ProductScale", Coded(each.id, each.name, None, each.deleted)) for each in menu.scales
            ],
            "ProductSize": [_size(each) for each in sizes],
            "TaxCategory": [_entity("TaxCategory", each) for each in menu.taxes.values() if self.taxed],
        }
        for kind, more in group.unused.items():
            lists[kind] += [_entity(kind, each) for each in more]
        return lists

    def accounts(self) -> list[Json]:
        """``v2/entities/accounts/list`` (3.4)."""
        return [
            {
                "id": each.id,
                "rootType": "Account",
                "accountParentId": each.parent,
                "parentCorporateId": each.owner,
                "code": each.code,
                "deleted": each.deleted,
                "name": each.name,
                "type": each.kind,
                "system": each.system,
                "customTransactionsAllowed": not each.system,
            }
            for each in self.ledger.accounts
        ]


def _entity(kind: str, thing: Coded) -> Json:
    row: Json = {"rootType": kind, "id": thing.id, "deleted": thing.deleted, "code": thing.code, "name": thing.name}
    if isinstance(thing, TaxCategory):
        row["vatPercent"] = thing.percent
    if isinstance(thing, OrderType):
        row |= {"orderServiceType": thing.service, "defaultForServiceType": thing.name != "С собой"}
    return row


def _size(size: Size) -> Json:
    return _entity("ProductSize", Coded(size.id, size.name)) | {"shortName": size.short}


def kept(rows: Iterable[Json], *, deleted: bool) -> list[Json]:
    """The rows with or without the deleted ones."""
    return [row for row in rows if deleted or not row["deleted"]]
