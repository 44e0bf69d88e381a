"""The ledger as tables of an embedded SQL engine, which answers the OLAP reports.

Orders that changed are taken over before the next report; everything else stays. Lines, payments and discounts lie
beside their order (``WITHOUT ROWID``), so a report over some days reads only those days.
"""

from __future__ import annotations

import datetime
import json
import sqlite3
import typing as t
import weakref

from simulator.world.ledger import without_gc
from simulator.world.units import minutes_between

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from simulator.world.ledger import Ledger
    from simulator.world.model import Combo, Line, Named, Order, Product

MONTHS: t.Final = [
    "Январь",
    "Февраль",
    "Март",
    "Апрель",
    "Май",
    "Июнь",
    "Июль",
    "Август",
    "Сентябрь",
    "Октябрь",
    "Ноябрь",
    "Декабрь",
]
WEEKDAYS: t.Final = ["Понедельник", "Вторник", "Среда", "Четверг", "Пятница", "Суббота", "Воскресенье"]

TABLES: t.Final = {
    "days": "day TEXT PRIMARY KEY, dotted, month, quarter, week_in_month, week_in_year, weekday, year",
    "departments": "pk INTEGER PRIMARY KEY, id, code, name, company, conception, conception_code, category",
    "registers": "pk INTEGER PRIMARY KEY, number, name, serial, location",
    "sections": "pk INTEGER PRIMARY KEY, id, name, group_id, group_name",
    "persons": "pk INTEGER PRIMARY KEY, id, name, code",
    "order_types": "pk INTEGER PRIMARY KEY, id, name, service",
    "pay_types": "pk INTEGER PRIMARY KEY, id, name, kind, cheque",
    "stores": "id TEXT PRIMARY KEY, name",
    "sizes": "id TEXT PRIMARY KEY, name, short, priority, scale_id, scale_name",
    "products": (
        "pk INTEGER PRIMARY KEY, id, name, full_name, num, code, type, unit, group_id, group_name, group_num,"
        " hierarchy, top, second, third, category_id, category, accounting_id, accounting, tax_id, tax, place_id,"
        " place, foreign_name, tag_names, tag_ids"
    ),
    "orders": (
        "pk INTEGER PRIMARY KEY, id, day, department, num, session_id, session_num, register, opened, prebill, closed,"
        " type, section, table_num, waiter, cashier, guests, fiscal, deleted, storned, source_id, source_num, origin,"
        " external, comment, banquet, authorised, guest_card, discount_names, discount_ids, surcharge_names,"
        " surcharge_ids, pay_combo, transactions, length, prebill_length, counted, ordered"
    ),
    "deliveries": (
        "o INTEGER PRIMARY KEY, id, number, service, asap, customer, phone, street, house, flat, zone, courier_id,"
        " courier, operator_id, operator, source, comment, way, delay, confirm, print, bill, cooked, packed, sent,"
        " actual, closed, expected, predicted, predicted_cooked"
    ),
    "lines": (
        "o INTEGER, n INTEGER, id, product, size, amount, sum, discount, increase, revenue, vat, vat_percent, refund,"
        " cost, waiter, store, printed, comment, deleted, removal, removal_comment, parent_id, parent_product, course,"
        " discount_percent, increase_percent, paid_amount, PRIMARY KEY (o, n)"
    ),
    "payments": (
        "o INTEGER, n INTEGER, type, share, txn, operation, card, credit, company, writeoff_user, writeoff_reason,"
        " PRIMARY KEY (o, n)"
    ),
    "line_discounts": (
        "o INTEGER, n INTEGER, k INTEGER, name, combo, combo_id, step, step_id, size, size_id, discount, increase,"
        " weight, share, PRIMARY KEY (o, n, k)"
    ),
}
OF_ORDERS: t.Final = ("deliveries", "lines", "payments", "line_discounts")
WITHOUT_ROWID: t.Final = {"lines", "payments", "line_discounts"}
TIMES: t.Final = (
    "confirm",
    "print",
    "bill",
    "cooked",
    "packed",
    "sent",
    "actual",
    "closed",
    "expected",
    "predicted",
    "predicted_cooked",
)
Row = tuple[t.Any, ...]


def _joined(things: Iterable[Named], attribute: str) -> str | None:
    return ", ".join(getattr(each, attribute) for each in things) or None


def order_row(order: Order) -> Row:
    """The row of an order in the table ``orders``."""
    session = order.session
    discounts, surcharges = order.discount_types(), order.surcharge_types()
    transactions = [pay.transaction for pay in order.payments if pay.transaction]
    return (
        order.pk,
        order.id,
        order.day,
        order.department.pk,
        order.num,
        session and session.id,
        session and session.num,
        session and session.register.pk,
        order.opened,
        order.prebill,
        order.closed,
        order.type and order.type.pk,
        order.section and order.section.pk,
        order.table,
        order.waiter and order.waiter.pk,
        order.cashier and order.cashier.pk,
        order.guests,
        json.dumps(order.fiscal) if isinstance(order.fiscal, list) else order.fiscal,
        "DELETED" if order.deleted else "NOT_DELETED",
        "TRUE" if order.storned else "FALSE",
        order.source and order.source.id,
        order.source and order.source.num,
        order.origin,
        order.external,
        order.comment,
        order.banquet,
        order.authorised and order.authorised.pk,
        order.guest_card,
        _joined(discounts, "name"),
        _joined(discounts, "id"),
        _joined(surcharges, "name"),
        _joined(surcharges, "id"),
        order.pay_combo() or None,
        ", ".join(transactions) or None,
        minutes_between(order.opened, order.closed) if order.closed else None,
        minutes_between(order.prebill, order.closed) if order.prebill and order.closed else None,
        int(order.counts),
        int(order.id is not None),
    )


def line_row(order: Order, number: int, line: Line) -> Row:
    """The row of a line in the table ``lines``."""
    parent = line.parent
    total, discount, increase = line.sum, line.discount, line.increase
    return (
        order.pk,
        number,
        line.id if order.id else None,
        line.product.pk,
        line.size and line.size.id,
        line.amount,
        total,
        discount,
        increase,
        line.revenue,
        line.vat,
        line.vat_percent / 100,
        line.refund,
        line.cost,
        line.waiter and line.waiter.pk,
        line.store.id,
        line.printed,
        line.comment,
        line.deleted,
        line.removal,
        line.removal_comment,
        parent and parent.id,
        parent and parent.product.pk,
        line.course,
        round(discount / total, 4) if total else 0,
        round(increase / total, 4) if total else 0,
        line.paid_amount,
    )


def delivery_row(order: Order) -> Row:
    """The row of a delivery order in the table ``deliveries``."""
    it = order.delivery
    if it is None:
        raise ValueError(order.id)
    return (
        order.pk,
        it.id,
        it.number,
        "PICKUP" if it.pickup else "COURIER",
        "TRUE" if it.asap else "FALSE",
        it.customer,
        it.phone,
        it.street,
        it.house,
        it.flat,
        it.zone,
        it.courier and it.courier.id,
        it.courier and it.courier.name,
        it.operator.id,
        it.operator.name,
        it.source,
        it.comment,
        it.way,
        it.delay,
        *(it.times[name] for name in TIMES),
    )


def _payment_rows(orders: Iterable[Order]) -> Iterator[Row]:
    for order in orders:
        for number, pay in enumerate(order.payments):
            yield (
                order.pk,
                number,
                pay.type and pay.type.pk,
                pay.share / 10_000,
                pay.transaction,
                pay.operation,
                pay.card,
                pay.credit,
                pay.company,
                pay.writeoff_user,
                pay.writeoff_reason,
            )


def _combo(combo: Combo | None) -> Row:
    if combo is None:
        return (None,) * 6
    return tuple(value for each in (combo, combo.step, combo.size) for value in (each.name, each.id))


def _discount_rows(orders: Iterable[Order]) -> Iterator[Row]:
    for order in orders:
        for number, line in enumerate(order.lines):
            parts = (*line.discounts, *line.surcharges)
            for k, (each, part) in enumerate(parts):
                discounts = 0 if each.surcharge else 1 / len(line.discounts)
                sums = (0, part) if each.surcharge else (part, 0)
                yield order.pk, number, k, each.name, *_combo(each.combo), *sums, 1 / len(parts), discounts


def _day_row(day: str) -> Row:
    date = datetime.date.fromisoformat(day)
    return (
        day,
        day.replace("-", "."),
        f"{date.month:02} ({MONTHS[date.month - 1]})",
        f"{(date.month + 2) // 3} квартал",
        str((date.day - 1) // 7 + 1),
        f"{date.isocalendar().week:02}",
        f"{date.isoweekday()}. {WEEKDAYS[date.weekday()]}",
        str(date.year),
    )


def _product_row(product: Product) -> Row:
    group, names = product.group, product.group.path if product.group else []
    tax = product.tax_category
    level = dict(enumerate(names))
    return (
        product.pk,
        product.id,
        product.reported_name,
        product.full_name,
        product.num,
        product.code or None,
        product.type,
        product.unit.name,
        group and group.id,
        group and group.name,
        group and group.num,
        "/".join([*names, product.reported_name]) if names else None,
        level.get(0),
        level.get(1),
        level.get(2),
        product.category and product.category.id,
        product.category and product.category.name,
        product.accounting.id,
        product.accounting.name,
        tax and tax.id,
        tax and tax.name,
        product.place and product.place.id,
        product.place and product.place.name,
        product.foreign_name,
        _joined(product.tags, "name"),
        _joined(product.tags, "id"),
    )


class Store:
    """The tables. One connection, used under the ledger's lock."""

    def __init__(self, ledger: Ledger) -> None:
        """Load everything."""
        self.ledger = ledger
        self.db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        weakref.finalize(self, self.db.close)
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "temp_store = MEMORY", "cache_size = -65536"):
            self.db.execute(f"PRAGMA {pragma}")
        self.columns: dict[str, int] = {}
        self.days: set[str] = set()
        for name, columns in TABLES.items():
            self.create(name, columns)
        self.refresh_names()
        with without_gc(), self.transaction():
            self._insert_orders(list(ledger.visible()))
        self.db.execute("CREATE INDEX orders_by_day ON orders (day)")
        self.db.execute("ANALYZE")

    def close(self) -> None:
        """Free the memory."""
        self.db.close()

    def refresh(self) -> None:
        """Take over the orders that changed."""
        ledger = self.ledger
        with ledger.lock:
            if not ledger.changed:
                return
            orders, ledger.changed = ledger.changed, set()
            with self.transaction():
                keys = [(order.pk,) for order in orders]
                self.db.executemany("DELETE FROM orders WHERE pk = ?", keys)
                for name in OF_ORDERS:
                    self.db.executemany(f"DELETE FROM {name} WHERE o = ?", keys)  # noqa: S608 - one of our tables
                self._insert_orders(
                    sorted((o for o in orders if not o.hidden and o not in ledger.lost), key=lambda o: o.pk)
                )

    def refresh_names(self) -> None:
        """Load the reference tables; OLAP joins the names of today (API reference 5.2)."""
        group, menu = self.ledger.group, self.ledger.menu
        with self.transaction():
            self.replace(
                "departments",
                (
                    (d.pk, d.id, d.code, d.name, d.company.name, d.conception.name, d.conception.code, d.category)
                    for d in group.departments
                ),
            )
            registers = [register for department in group.departments for register in department.registers]
            self.replace("registers", ((r.pk, r.number, r.name, r.serial, r.location) for r in registers))
            sections = [section for department in group.departments for section in department.sections]
            self.replace("sections", ((s.pk, s.id, s.name, s.group.id, s.group.name) for s in sections))
            self.replace("persons", ((p.pk, p.id, p.name, p.code) for p in group.persons))
            self.replace("order_types", ((o.pk, o.id, o.name, o.service) for o in group.order_types.values()))
            self.replace("pay_types", ((p.pk, p.id, p.name, p.group, p.cheque) for p in group.pay_types.values()))
            self.replace("stores", ((s.id, s.name) for d in group.departments for s in d.stores))
            self.replace(
                "sizes",
                (
                    (s.id, s.name, s.short, s.priority, scale.id, scale.name)
                    for scale in menu.scales
                    for s in scale.sizes
                ),
            )
            self.replace("products", map(_product_row, (*menu.products, *menu.former)))

    def create(self, table: str, columns: str) -> None:
        """An empty table."""
        tail = " WITHOUT ROWID" if table in WITHOUT_ROWID else ""
        self.db.execute(f"CREATE TABLE {table} ({columns}){tail}")
        self.columns[table] = len(self.db.execute(f"PRAGMA table_info({table})").fetchall())

    def replace(self, table: str, rows: Iterable[Row]) -> None:
        """Other rows instead of those that are there."""
        self.db.execute(f"DELETE FROM {table}")  # noqa: S608 - one of our tables
        self._insert(table, rows)

    def _insert(self, table: str, rows: Iterable[Row]) -> None:
        marks = ",".join("?" * self.columns[table])
        self.db.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 - one of our tables

    def add_days(self, days: Iterable[str]) -> None:
        """What a day is called in reports, of those that are new."""
        new = dict.fromkeys(day for day in days if day not in self.days)
        self.days.update(new)
        self._insert("days", map(_day_row, new))

    def _insert_orders(self, orders: list[Order]) -> None:
        self.add_days(order.day for order in orders)
        self._insert("orders", map(order_row, orders))
        self._insert("lines", (line_row(order, n, line) for order in orders for n, line in enumerate(order.lines)))
        self._insert("payments", _payment_rows(orders))
        self._insert("line_discounts", _discount_rows(orders))
        self._insert("deliveries", (delivery_row(order) for order in orders if order.delivery))

    def transaction(self) -> _Transaction:
        """For a ``with`` block: all of it or nothing."""
        return _Transaction(self.db)


class _Transaction:
    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    def __enter__(self) -> None:
        self.db.execute("BEGIN")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.db.execute("COMMIT" if kind is None else "ROLLBACK")
