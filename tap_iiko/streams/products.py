"""Modifiers inside products (API reference 3.1.1)."""

from __future__ import annotations

import typing as t

from tap_iiko.iiko.values import as_uuid, stable_id
from tap_iiko.streams.forms import PartForm

if t.TYPE_CHECKING:
    from tap_iiko.iiko.sources import Item, Items
    from tap_iiko.iiko.values import Page

GROUP = "(group)"
DEEPEST = 20  # groups of modifiers inside one another; iiko itself has one


class ProductModifierForm(PartForm):
    """The modifiers at every level, each with its place: a modifier may stand there twice."""

    def split(self, item: Item) -> t.Iterator[Item]:
        """Parents before children."""
        yield from self._below(item, item.get("modifiers"), "", None)

    def _below(self, product: Item, modifiers: t.Any, path: str, group: Item | None) -> t.Iterator[Item]:
        if not isinstance(modifiers, (list, type(None))):
            raise self._bad(product, "are not a list")
        if path.count(".") > DEEPEST:
            raise self._bad(product, f"stand inside one another, {DEEPEST} deep")
        for position, modifier in enumerate(modifiers or ()):
            if not isinstance(modifier, dict) or not isinstance(modifier.get("modifier"), str):
                raise self._bad(product, f"hold something else at place {path}{position}")
            row = {
                **modifier,
                "../id": product.get("id"),
                "(path)": f"{path}{position}",
                "(position)": position,
                "(is_group)": bool(modifier.get("childModifiers")),
                GROUP: group,
            }
            yield row
            yield from self._below(product, modifier.get("childModifiers"), f"{path}{position}.", row)

    def page_of(self, rows: Items) -> Page:
        """With the group that each stands in."""
        return {**super().page_of(rows), GROUP: [row[GROUP] for row in rows]}

    def columns(self, page: Page) -> Page:
        """With the keys of the group."""
        columns = dict(super().columns(page))
        groups = page[GROUP]
        columns["group_modifier_id"] = [group and as_uuid(group["modifier"]) for group in groups]
        columns["parent_id"] = [
            group and stable_id(self.server_id, product, group["(path)"])
            for product, group in zip(columns["product_id"], groups, strict=True)
        ]
        return columns
