"""Which table is read how."""

from __future__ import annotations

import typing as t

from tap_iiko import tables
from tap_iiko.iiko.sources import Get
from tap_iiko.rows.projection import OddValues
from tap_iiko.streams.cash import CashShiftPaymentForm
from tap_iiko.streams.entities import CategoryForm, EntityForm, EntityList
from tap_iiko.streams.forms import ListForm, PartForm, ReportForm
from tap_iiko.streams.organization import ServerInfo
from tap_iiko.streams.own_reports import OwnReportForm
from tap_iiko.streams.products import ProductModifierForm
from tap_iiko.streams.sales import ReceiptForm, ReceiptItemDiscountForm, ReceiptItemForm, ReceiptPaymentForm

if t.TYPE_CHECKING:
    from tap_iiko.iiko.client import Client
    from tap_iiko.iiko.errors import Rejected
    from tap_iiko.iiko.sources import Items
    from tap_iiko.settings.server import ServerSettings
    from tap_iiko.tables import Table

LIST_FORMS: t.Final[dict[str, type[ListForm]]] = {
    "product_modifiers": ProductModifierForm,
    "categories": CategoryForm,
    "cash_shift_payments": CashShiftPaymentForm,
}
REPORT_FORMS: t.Final[dict[str, type[ReportForm]]] = {
    "receipts": ReceiptForm,
    "receipt_items": ReceiptItemForm,
    "receipt_payments": ReceiptPaymentForm,
    "receipt_item_discounts": ReceiptItemDiscountForm,
}


Kind = t.Callable[[], str | None]
"""Tells the type of the server."""


class ListSource(t.Protocol):
    """What a list is read from."""

    @property
    def refused(self) -> t.Mapping[str, Rejected]:
        """The types that this server did not know, of a list that is asked for by type."""

    def read(self, client: Client) -> t.Iterator[Items]:
        """Its items, some at a time."""


def list_form(table: Table, odd_values: OddValues, server_id: str) -> ListForm:
    """How items become rows of a table."""
    usual = PartForm if table.parent else EntityForm if "types" in table.source else ListForm
    return LIST_FORMS.get(table.name, usual)(table, odd_values, server_id)


def report_form(table: Table, odd_values: OddValues, server_id: str, wanted: t.Container[str]) -> ReportForm:
    """How rows of a report become rows of a table."""
    usual = OwnReportForm if "by" in table.source else ReportForm
    return REPORT_FORMS.get(table.name, usual)(table, odd_values, server_id, wanted)


def get_source(table: Table) -> Get:
    """The list that a table comes from."""
    has_ids = table.column_of("id") == "id"
    return Get.of(table.source, needs_ids=has_ids)


def rows_by_id(table: Table, client: Client, server_id: str) -> dict[str, dict[str, t.Any]]:
    """A list, asked for now, for what another table needs of it."""
    form = list_form(table, OddValues(), server_id)
    form.begin()
    rows: dict[str, dict[str, t.Any]] = {}
    for items in get_source(table).read(client):
        columns = form.columns(form.page(items))
        found = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
        rows |= {row["id"]: row for row in found}
    return rows


def list_sources(
    selected: t.Iterable[Table], settings: ServerSettings, kind: Kind
) -> list[tuple[ListSource, list[Table]]]:
    """The lists to ask for, each with the tables that its answer fills; parts go with their parents."""
    groups: dict[t.Any, list[Table]] = {}
    for table in selected:
        groups.setdefault(_same_answer(table), []).append(table)
    return [(_source_of(tables.load(group[0].family), group, settings, kind), group) for group in groups.values()]


def _same_answer(table: Table) -> t.Hashable:
    root = tables.load(table.family)
    return root.source["get"] if "types" in root.source or root.name == "servers" else get_source(root)


def _source_of(root: Table, group: t.Sequence[Table], settings: ServerSettings, kind: Kind) -> ListSource:
    if root.name == "servers":
        return ServerInfo(root, settings.server_id, settings.timezone, kind)
    if "types" in root.source:
        return EntityList(root.source["get"], [kind for table in group for kind in table.source["types"]])
    return get_source(root)
