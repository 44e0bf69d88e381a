"""The truth: what every table must come to, computed from the ledger in exact decimals.

Nothing here goes through the SQL engine or floats, so that a test which compares an answer with these rows compares two
independent computations. Rows are keyed by iiko's field names.
"""

from __future__ import annotations

import re
import typing as t
from collections import defaultdict
from decimal import Decimal
from functools import partial

from simulator.api import xml_lists
from simulator.api.json_lists import JsonLists
from simulator.olap.rows import (
    DISCOUNT,
    DISCOUNT_FIELDS,
    LINE_FIELDS,
    LINE_OF_DISCOUNT,
    LINE_SUMS,
    ORDER_FIELDS,
    PAYMENT_FIELDS,
    TAX_SUMS,
)
from simulator.truth.cash import CashBooks
from simulator.truth.debts import DebtBooks
from simulator.truth.documents import DocumentBooks
from simulator.truth.ledger import LedgerBooks
from simulator.truth.office import Office
from simulator.truth.staff_time import StaffBooks
from simulator.truth.stock import StockBooks
from simulator.truth.store_documents import StoreDocuments
from simulator.world.presets import preset_rows
from simulator.world.units import MONEY, NANO, SHARE, WHOLE, exact

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.readings import Readings
    from simulator.world.ledger import Ledger
    from simulator.world.model import Discount, Line, Order

Row = dict[str, t.Any]
OFFSET: t.Final = re.compile(r"(?<=\d\d:\d\d:\d\d)[+-]\d\d:\d\d$")
DECIMAL: t.Final = re.compile(r"\d+\.\d{9}").fullmatch
DAY_SUMS: t.Final = {
    "dish_sum": "DishSumInt",
    "discount_sum": "DiscountSum",
    "increase_sum": "IncreaseSum",
    "dish_discount_sum": "DishDiscountSumInt",
    "vat_sum": "VAT.Sum",
    "dish_return_sum": "DishReturnSum",
    "dish_amount": "DishAmountInt",
    "product_cost": "ProductCostBase.ProductCost",
}
SUMS: t.Final = LINE_SUMS | TAX_SUMS
SCALES: t.Final = {
    "DishAmountInt": NANO,
    "PayableAmountInt": NANO,
    "ProductCostBase.ProductCost": NANO,
    "OrderItems": WHOLE,
}


ENTITIES: t.Final = {
    "payment_types": "PaymentType",
    "discount_types": "DiscountType",
    "order_types": "OrderType",
    "measure_units": "MeasureUnit",
    "conceptions": "Conception",
    "cooking_place_types": "CookingPlaceType",
    "allergen_groups": "AllergenGroup",
}


def flat(row: Row) -> Row:
    """Objects inside a row as paths: ``groupInfo/id``."""
    found: Row = {}
    for name, value in row.items():
        if isinstance(value, dict):
            found |= {f"{name}/{inner}": each for inner, each in flat(value).items()}
        else:
            found[name] = value
    return found


def naive(row: Row) -> Row:
    """Moments as the clock on the wall shows them, without the offset that XML writes behind them."""
    return {name: OFFSET.sub("", value) if isinstance(value, str) else value for name, value in row.items()}


def numeric(row: Row) -> Row:
    """Decimals of XML as numbers."""
    return {name: Decimal(value) if isinstance(value, str) and DECIMAL(value) else value for name, value in row.items()}


def total(name: str, lines: Iterable[Line]) -> Decimal | None:
    """The sum of one of ``SUMS``; null if no line has a value."""
    values = [value for line in lines if (value := SUMS[name](line)) is not None]
    return exact(sum(values), SCALES.get(name, MONEY)) if values else None


def as_exact(value: t.Any) -> t.Any:
    """A value with decimals instead of floats."""
    match value:
        case float():
            return Decimal(repr(value))
        case list():
            return [as_exact(each) for each in value]
        case dict():
            return {name: as_exact(each) for name, each in value.items()}
        case _:
            return value


class Books:
    """The ledger's totals and rows."""

    def __init__(self, ledger: Ledger, readings: Readings) -> None:
        """Over the living ledger: each call tells the present state."""
        self._ledger = ledger
        self.office = Office(ledger)
        self._balances = {
            "store_balances": StockBooks(ledger, readings).rows,
            "counteragent_balances": DebtBooks(ledger, readings).rows,
        }
        self._lists = JsonLists(ledger, readings)
        self._tables: dict[str, t.Callable[[], list[Row]]] = {
            "receipts": self._receipts,
            "receipt_items": self._items,
            "receipt_payments": self._payments,
            "sales": self._sales,
            "receipt_item_discounts": lambda: list(self._discounts(has_blank=readings.undiscounted == "blank")),
            "products": self._lists.products,
            "product_groups": self._lists.groups,
            "categories": self._categories,
            "departments": lambda: xml_lists.department_rows(ledger.group, readings),
            "accounts": self._lists.accounts,
            **{table: partial(self._entity, kind) for table, kind in ENTITIES.items()},
            "product_scales": self._scales,
            "product_sizes": self._sizes,
            "price_categories": lambda: [flat(row) for row in self._lists.price_categories()],
            "terminals": lambda: [flat(row) for row in xml_lists.terminal_rows(ledger.group, ledger.ids)],
            "replication_statuses": lambda: list(map(naive, xml_lists.replication_rows(ledger))),
            "employees": lambda: list(map(naive, ledger.staff.employee_rows())),
            "employee_roles": lambda: list(map(numeric, ledger.staff.role_rows())),
            "employee_salaries": lambda: [numeric(naive(flat(row))) for row in ledger.staff.salary_rows()],
            "suppliers": lambda: list(map(naive, ledger.staff.supplier_rows())),
            **CashBooks(ledger, readings).tables,
            **DocumentBooks(ledger, readings).tables,
            "store_documents": StoreDocuments(ledger, readings).rows,
            "stores": lambda: xml_lists.store_rows(ledger.group),
            "olap_presets": lambda: preset_rows(ledger.ids),
            **LedgerBooks(ledger, readings).tables,
            **StaffBooks(ledger, readings).tables,
        }

    @property
    def tables(self) -> list[str]:
        """What ``rows`` can tell."""
        return list(self._tables)

    def rows(self, table: str) -> list[Row]:
        """The rows that a table must have.

        Raises:
            KeyError: no such table.
        """
        with self._ledger.lock:
            rows: list[Row] = as_exact(self._tables[table]())
            return rows

    def balances(self, table: str, moment: str) -> list[Row]:
        """The rows of ``store_balances`` or ``counteragent_balances`` at a moment: closings have no end of their own.

        Raises:
            KeyError: no such table.
        """
        with self._ledger.lock:
            return self._balances[table](moment)

    def days(self) -> list[Row]:
        """The totals of each business day and department."""
        found: list[Row] = []
        with self._ledger.lock:
            for (day, _), orders in sorted(self._ledger.orders.items()):
                seen = [order for order in orders if not order.hidden]
                if not seen:
                    continue
                department = seen[0].department
                lines = [line for order in seen for line in order.lines]
                found.append(
                    {
                        "business_date": day,
                        "department_id": department.id,
                        "department": department.name,
                        "receipts": sum(order.id is not None for order in seen),
                        "orders": sum(order.counts for order in seen),
                        "lines": len(lines),
                        **{column: total(name, lines) or Decimal(0) for column, name in DAY_SUMS.items()},
                        "guests": sum(order.guests for order in seen),
                        "net_revenue": exact(sum(order.takings for order in seen), MONEY),
                    }
                )
        return found

    def _orders(self) -> list[Order]:
        return list(self._ledger.visible())

    def _receipts(self) -> list[Row]:
        return [
            {
                **{name: field(order) for name, field in ORDER_FIELDS.items()},
                **{name: total(name, order.lines) for name in LINE_SUMS},
                "GuestNum": Decimal(order.guests),
                "UniqOrderId": int(order.id is not None),
                "UniqOrderId.OrdersCount": int(order.counts),
            }
            for order in self._orders()
        ]

    def _items(self) -> list[Row]:
        return [
            {
                **{name: ORDER_FIELDS[name](order) for name in ("OpenDate.Typed", "Department.Id", "UniqOrderId.Id")},
                **{name: ORDER_FIELDS[name](order) for name in ("OrderDeleted", "Storned")},
                **{name: field(order, line) for name, field in LINE_FIELDS.items()},
                **{name: total(name, [line]) for name in SUMS},
                "IncentiveSumBase.Sum": Decimal(0),
            }
            for order in self._orders()
            for line in order.lines
        ]

    def _payments(self) -> list[Row]:
        """Payments of one type and transaction are one row; shares are exact, so they add up to the order's sums."""
        found: dict[tuple[object, ...], Row] = {}
        for order in self._orders():
            sums = {name: total(name, order.lines) for name in LINE_SUMS if name != "OrderItems"}
            for payment in order.payments:
                names = {
                    name: ORDER_FIELDS[name](order) for name in ("OpenDate.Typed", "Department.Id", "UniqOrderId.Id")
                }
                names |= {name: ORDER_FIELDS[name](order) for name in ("OrderDeleted", "Storned")}
                names |= {name: field(payment) for name, field in PAYMENT_FIELDS.items()}
                share = exact(payment.share, SHARE)
                row = found.setdefault(tuple(names.values()), names | dict.fromkeys(sums))
                for name, value in sums.items():
                    if value is not None:
                        row[name] = (row[name] or Decimal(0)) + value * share
        return list(found.values())

    def _discounts(self, *, has_blank: bool) -> t.Iterator[Row]:
        """Each discount of a line; a line without one is there or not (API reference 4.8)."""
        of_order = ("OpenDate.Typed", "Department.Id", "UniqOrderId.Id", "OrderDeleted", "Storned")
        for order in self._orders():
            for line in order.lines:
                found: list[tuple[Discount | None, int]] = [*line.discounts, *line.surcharges]
                for each, part in found or ([(None, 0)] if has_blank else []):
                    is_discount = each is not None and not each.surcharge
                    discounted = Decimal(line.amount if line.discount and is_discount else 0)
                    yield {
                        **{name: ORDER_FIELDS[name](order) for name in of_order},
                        **{name: LINE_FIELDS[name](order, line) for name in LINE_OF_DISCOUNT},
                        **{name: field(each) for name, field in DISCOUNT_FIELDS.items()},
                        "DiscountSum": exact(part if is_discount else 0, MONEY),
                        "IncreaseSum": exact(0 if is_discount else part, MONEY),
                        f"{DISCOUNT}.DiscountAmount": discounted / NANO / max(len(line.discounts), 1),
                    }

    def _sales(self) -> list[Row]:
        names = ("DishId", "DishSize.Id", "DeletedWithWriteoff")
        groups: defaultdict[tuple[object, ...], list[tuple[Order, Line]]] = defaultdict(list)
        for order in self._orders():
            fixed = [
                ORDER_FIELDS[name](order) for name in ("OpenDate.Typed", "Department.Id", "OrderDeleted", "Storned")
            ]
            for line in order.lines:
                key = (*fixed, *(LINE_FIELDS[name](order, line) for name in names))
                groups[key].append((order, line))
        return [
            {
                **dict(zip(("OpenDate.Typed", "Department.Id", "OrderDeleted", "Storned", *names), key, strict=True)),
                **{name: total(name, (line for _, line in pairs)) for name in SUMS},
                "UniqOrderId": len({order.pk for order, _ in pairs if order.id}),
                "UniqOrderId.OrdersCount": len({order.pk for order, _ in pairs if order.counts}),
            }
            for key, pairs in groups.items()
        ]

    def _entity(self, kind: str) -> list[Row]:
        return self._lists.entities()[kind]

    def _scales(self) -> list[Row]:
        return [{name: value for name, value in row.items() if name != "productSizes"} for row in self._lists.scales()]

    def _sizes(self) -> list[Row]:
        return [size | {"../id": row["id"]} for row in self._lists.scales() for size in row["productSizes"]]

    def _categories(self) -> list[Row]:
        lists = self._lists.entities()
        kinds = {"TaxCategory": "tax", "ProductCategory": "product", "AccountingCategory": "accounting"}
        return [row | {"category_type": kind} for name, kind in kinds.items() for row in lists[name]]
