"""The nomenclature: groups, products, their modifiers, categories (API reference 3.1, 3.4)."""

from __future__ import annotations

import functools
import typing as t

from tap_iiko.iiko import errors
from tap_iiko.iiko.values import as_uuid, stable_id
from tap_iiko.singer.stream import JsonListStream, Record, ReferenceStream, check_items

if t.TYPE_CHECKING:
    from tap_iiko.iiko.client import Client
    from tap_iiko.iiko.olap import Row

NOMENCLATURE = "v2/entities/products/list"
WITH_DELETED = (("includeDeleted", "true"),)
DEEPEST = 20  # groups of modifiers inside one another; iiko itself has one


class ProductGroupsStream(JsonListStream):
    """Groups of products."""

    name = "product_groups"
    path = "v2/entities/products/group/list"
    params = WITH_DELETED


@functools.lru_cache(maxsize=1)
def nomenclature(client: Client) -> t.Sequence[Row]:
    """The product list of one run: two tables come from it, and it may be large."""
    return check_items(client.get_json(NOMENCLATURE, WITH_DELETED), NOMENCLATURE)


class ProductsStream(ReferenceStream):
    """Products of every type."""

    name = "products"
    path = NOMENCLATURE

    def items(self, client: Client) -> t.Iterable[Row]:
        """The list as it is."""
        return nomenclature(client)


class ProductModifiersStream(ReferenceStream):
    """The modifiers inside the products, at every level, each with its place: a modifier may stand there twice."""

    name = "product_modifiers"
    path = NOMENCLATURE

    def items(self, client: Client) -> t.Iterable[Row]:
        """Products flattened to their modifiers, parents before children."""
        for product in nomenclature(client):
            if not isinstance(product["id"], str):
                raise errors.BadAnswer(f"{self.path}: {errors.quote(str(product['id']))} is not the id of a product.")
            yield from self._below(product["id"], product.get("modifiers"), "", None)

    def _below(self, product: t.Any, modifiers: t.Any, path: str, group: Row | None) -> t.Iterator[Row]:
        if not isinstance(modifiers, (list, type(None))):
            raise self._bad(product, "are not a list")
        if path.count(".") > DEEPEST:
            raise self._bad(product, f"stand inside one another, {DEEPEST} deep")
        for position, modifier in enumerate(modifiers or ()):
            if not isinstance(modifier, dict) or not isinstance(modifier.get("modifier"), str):
                raise self._bad(product, f"hold something else at place {path}{position}")
            item = {
                **modifier,
                "id": product,
                "product": product,
                "(path)": f"{path}{position}",
                "(position)": position,
                "(group)": group,
            }
            yield item
            yield from self._below(product, modifier.get("childModifiers"), f"{path}{position}.", item)

    def _bad(self, product: t.Any, problem: str) -> errors.BadAnswer:
        return errors.BadAnswer(f"{self.path}: the modifiers of product {errors.quote(str(product))} {problem}.")

    def derived(self, item: Row, server_id: str) -> Record:
        """Place and keys."""
        group = item["(group)"]
        product = as_uuid(item["product"])
        beyond = self.projection.beyond(item) or {}
        return {
            "id": stable_id(server_id, product, item["(path)"]),
            "group_modifier_id": as_uuid(group["modifier"]) if group else None,
            "parent_id": stable_id(server_id, product, group["(path)"]) if group else None,
            "is_group": bool(item.get("childModifiers")),
            "position": item["(position)"],
            "path": item["(path)"],
            "additional_info": {key: value for key, value in beyond.items() if key not in OWN_KEYS} or None,
        }


OWN_KEYS = {"id", "(path)", "(position)", "(group)"}


class CategoriesStream(JsonListStream):
    """Tax, product and accounting categories, with their real names."""

    name = "categories"
    path = "v2/entities/list"
    types: t.ClassVar = {"TaxCategory": "tax", "ProductCategory": "product", "AccountingCategory": "accounting"}

    def items(self, client: Client) -> t.Iterable[Row]:
        """All three types in one request; one by one where the server is too old for one of them (a 400)."""
        try:
            return self._read(client, *self.types)
        except errors.Rejected:
            return [item for each in self.types for item in self._read_if_known(client, each)]

    def _read(self, client: Client, *types: str) -> t.Sequence[Row]:
        params = [("rootType", each) for each in types]
        return check_items(client.get_json(self.path, [*params, *WITH_DELETED]), self.path)

    def _read_if_known(self, client: Client, root_type: str) -> t.Sequence[Row]:
        try:
            return self._read(client, root_type)
        except errors.Rejected as error:
            self.logger.warning("This version of iiko has no %s: %s", root_type, error)
            return []

    def derived(self, item: Row, server_id: str) -> Record:  # noqa: ARG002
        """Which of the three it is."""
        return {"category_type": self.types.get(str(item.get("rootType")))}
