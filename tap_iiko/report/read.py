"""Questions to the database: what was loaded, and what it adds up to."""

from __future__ import annotations

import contextlib
import datetime
import typing as t
from collections import defaultdict

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tap_iiko import tables
from tap_iiko.commands.sql import KEPT_DAYS
from tap_iiko.proof.totals import GROUP
from tap_iiko.report.facts import (
    Broken,
    Day,
    Difference,
    Dish,
    Hour,
    LateChange,
    Names,
    Payment,
    Place,
    Read,
    Run,
    Sales,
    Sums,
    Watched,
)
from tap_iiko.settings.database import URL, parameters_of, schema_of, unnamed, url_of

if t.TYPE_CHECKING:
    from decimal import Decimal

    from tap_iiko.settings.database import Variables

Connection = psycopg.Connection[tuple[t.Any, ...]]
Days = tuple[Day, Day]

FACTS: t.Final = tables.of_group(GROUP)
SHOWN_RUNS: t.Final = 5
# The planner cannot see through the views: it compiles and sorts where there is little to read, which costs ten times
# as much.
SESSION: t.Final = {
    "jit": "off",
    "enable_mergejoin": "off",
    "enable_nestloop": "off",
    "statement_timeout": "300s",
    "timezone": "UTC",
}

TEXT, NUMBER, DAY, TIME, TRUTH = "text", "numeric", "date", "timestamp", "boolean"
PLACE: t.Final = {"server_id": TEXT, "department_id": TEXT, "business_date": DAY}
FLAGS: t.Final = {"order_deleted": TEXT, "deleted_with_writeoff": TEXT}
# What is read of a table. A column that is not selected is null; without one of ``NEEDED`` the table says nothing.
COLUMNS: t.Final = {
    "receipts": {
        **PLACE,
        "id": TEXT,
        "session_id": TEXT,
        "order_deleted": TEXT,
        "storned": TRUTH,
        "close_time": TIME,
        "orders_count": NUMBER,
        "guest_num": NUMBER,
    },
    "receipt_items": {
        **PLACE,
        **FLAGS,
        "receipt_id": TEXT,
        "dish_id": TEXT,
        "dish_name": TEXT,
        **dict.fromkeys(
            ("dish_amount", "dish_sum", "discount_sum", "dish_discount_sum", "dish_return_sum", "product_cost"), NUMBER
        ),
    },
    "receipt_payments": {
        **PLACE,
        "receipt_id": TEXT,
        "pay_type": TEXT,
        "pay_types_group": TEXT,
        "operation_type": TEXT,
        "dish_sum": NUMBER,
        "dish_return_sum": NUMBER,
    },
    "sales": PLACE,
    "income_plans": {**PLACE, "plan_value": NUMBER, "value_type": TEXT},
    "reconciliation": {
        **PLACE,
        "metric": TEXT,
        "probe": NUMBER,
        "difference": NUMBER,
        "proved": TRUTH,
    },
    "checks": {
        "server_id": TEXT,
        "business_date": DAY,
        **dict.fromkeys(("rule", "subject", "measure"), TEXT),
        **dict.fromkeys(("expected", "found"), NUMBER),
        "proved": TRUTH,
    },
}
NEEDED: t.Final = {
    "receipts": {*PLACE, "id", "order_deleted"},
    "receipt_items": {*PLACE, *FLAGS, "receipt_id", "dish_discount_sum"},
    "receipt_payments": {*PLACE, "receipt_id", "pay_type", "dish_sum"},
    "sales": {*PLACE},
    "income_plans": {*COLUMNS["income_plans"]},
    "reconciliation": {*COLUMNS["reconciliation"]},
    "checks": {*COLUMNS["checks"]},
}

# Lines with the two questions that every figure asks (docs/why-numbers-differ.md, 1 and 2).
LINES: t.Final = """
lines as (
    select *,
           coalesce(order_deleted = 'NOT_DELETED' and deleted_with_writeoff = 'NOT_DELETED', false) as counts,
           coalesce(order_deleted = 'NOT_DELETED' and dish_return_sum <> 0, false) as is_refund
    from {receipt_items} i
    where business_date between %(first)s and %(last)s
)"""

REVENUE_DAYS: t.Final = """
with {lines}
select server_id, department_id, business_date,
       coalesce(sum(dish_discount_sum) filter (where counts), 0),
       coalesce(sum(dish_sum) filter (where counts), 0),
       coalesce(sum(discount_sum) filter (where counts), 0),
       coalesce(sum(abs(dish_return_sum)) filter (where is_refund), 0),
       coalesce(sum(dish_sum) filter (where not counts and not is_refund), 0),
       coalesce(sum(product_cost) filter (where counts), 0),
       coalesce(sum(dish_discount_sum) filter (where counts and product_cost <> 0), 0)
from lines
group by 1, 2, 3
"""

ORDER_DAYS: t.Final = """
with {lines}
select server_id, department_id, business_date,
       coalesce(sum(orders_count), 0), coalesce(sum(guest_num) filter (where storned is not true), 0)
from {receipts} r
where business_date between %(first)s and %(last)s and order_deleted = 'NOT_DELETED'
  and (server_id, id) in (select server_id, receipt_id from lines where counts)
group by 1, 2, 3
"""

HOURS: t.Final = """
with {lines}
select l.server_id, l.department_id, extract(isodow from l.business_date)::int - 1,
       extract(hour from r.close_time)::int, sum(l.dish_discount_sum)
from lines l
left join {receipts} r on r.server_id = l.server_id and r.id = l.receipt_id
where l.counts
group by 1, 2, 3, 4
"""

DISHES: t.Final = """
with {lines}
select server_id, department_id, dish_id, coalesce(max(dish_name), ''), coalesce(sum(dish_amount), 0),
       coalesce(sum(dish_discount_sum), 0), coalesce(sum(product_cost), 0)
from lines
where counts
group by 1, 2, 3
"""

# iikoOffice's "Payment type" (docs/why-numbers-differ.md, 10), by department.
PAYMENTS: t.Final = """
with {lines},
receipts as (
    select server_id, receipt_id, department_id, sum(dish_sum) as gross, sum(dish_discount_sum) as revenue
    from lines
    where counts
    group by 1, 2, 3
),
payments as (
    select server_id, receipt_id, pay_type, max(pay_types_group) as pay_group, sum(dish_sum) as dish_sum,
           sum(dish_return_sum) as dish_return_sum,
           bool_and(coalesce(operation_type, 'NO_PAYMENT') = 'NO_PAYMENT') as unpaid
    from {receipt_payments} p
    where business_date between %(first)s and %(last)s
    group by 1, 2, 3
),
taking_part as (
    select *, bool_and(unpaid) over (partition by server_id, receipt_id) as nothing_paid
    from payments
),
weighed as (
    select *, case when abs(sum(dish_sum) over (partition by server_id, receipt_id)) >= 0.01
                   then dish_sum else dish_return_sum end as weight
    from taking_part
    where not unpaid or nothing_paid
),
shares as (
    select *, coalesce(weight / nullif(sum(weight) over (partition by server_id, receipt_id), 0),
                       1.0 / count(*) over (partition by server_id, receipt_id)) as share
    from weighed
)
select r.server_id, r.department_id, pay_type, coalesce(pay_group, '') = 'WRITEOFF',
       coalesce(sum(r.gross * coalesce(s.share, 1)), 0), coalesce(sum(r.revenue * coalesce(s.share, 1)), 0)
from receipts r
left join shares s using (server_id, receipt_id)
group by 1, 2, 3, 4
"""

# What is planned in percent, or by iiko itself, is no money.
PLANS: t.Final = """
select server_id, department_id, business_date, plan_value
from {income_plans} p
where business_date between %(first)s and %(last)s and value_type = 'ABSOLUTE' and plan_value > 0
"""

READS: t.Final = """
select server_id, business_date, stream,
       bool_or(status in ('loaded', 'empty')),
       coalesce((array_agg(is_final order by synced_at desc)
                 filter (where status in ('loaded', 'empty', 'unchanged')))[1], false),
       max(synced_at) filter (where status in ('loaded', 'empty', 'unchanged')),
       (array_agg(status order by synced_at desc))[1] not in ('loaded', 'empty', 'unchanged'),
       (array_agg(message order by synced_at desc))[1]
from sync_log
where stream = any(%(tables)s) and business_date is not null
group by 1, 2, 3
"""

SOLD: t.Final = "select distinct server_id, department_id, business_date from {any} s"

PROOFS: t.Final = """
select server_id, department_id, business_date, bool_and(proved),
       (array_agg(metric order by (metric = 'dish_discount_sum') desc, difference desc)
        filter (where not proved))[1],
       (array_agg(probe order by (metric = 'dish_discount_sum') desc, difference desc)
        filter (where not proved))[1],
       (array_agg(difference order by (metric = 'dish_discount_sum') desc, difference desc)
        filter (where not proved))[1]
from {reconciliation} r
group by 1, 2, 3
"""

BROKEN: t.Final = """
select server_id, subject, business_date, rule, measure, expected, found
from {checks} c
where not proved
order by business_date desc, rule, subject, measure
"""

# Few servers tell it of the shift itself.
PLACES_OF_SHIFTS: t.Final = """
select server_id, session_id, max(department_id)
from {receipts} r
where session_id = any(%(shifts)s)
group by 1, 2
"""

LATE_CHANGES: t.Final = """
select server_id, department_id::text, business_date, noticed_at,
       max(old_value) filter (where metric = 'dish_discount_sum'),
       max(new_value) filter (where metric = 'dish_discount_sum')
from late_changes
where metric not like '% %'  -- of sales: the ledger's name an account, and no restaurant
group by 1, 2, 3, 4
order by noticed_at desc, business_date desc, 1, 2
"""

RUNS: t.Final = """
select min(started_at), max(finished_at),
       count(*) filter (where status in ('failed', 'suspicious')), count(*) filter (where status = 'skipped'),
       count(distinct (server_id, business_date)) filter (where stream = any(%(tables)s)
                                                            and status in ('loaded', 'empty', 'unchanged')),
       coalesce(sum(rows) filter (where status in ('loaded', 'empty')), 0)::bigint,
       (array_agg(concat_ws(' ', stream, business_date) || coalesce(': ' || message, '') order by finished_at)
        filter (where status in ('failed', 'suspicious')))[1]
from sync_log
where run_id is not null
group by run_id
order by 1 desc
limit %(runs)s
"""


class UnreadableError(Exception):
    """There is no page of this database, and a sentence that says why."""


@contextlib.contextmanager
def opened(known: Variables) -> t.Iterator[Database]:
    """The loader's schema as it is at one moment, though a load may be under way; nothing can be written to it.

    Raises:
        UnreadableError: the settings, the server or the schema are not what they should be.
    """
    if said := unnamed(known):
        raise UnreadableError(said)
    try:
        address = make_conninfo(**(conninfo_to_dict(url_of(known) or "") or parameters_of(known)))
    except psycopg.ProgrammingError:  # it quotes what it cannot read, a password too
        raise UnreadableError(
            f"The settings of the database cannot be read: look at {URL} for characters that need %-encoding."
        ) from None
    try:
        with psycopg.connect(address) as connection:
            connection.isolation_level, connection.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
            name = sql.Identifier(schema_of(known)).as_string(connection)
            connection.execute("select set_config('search_path', %s, true)", [name])
            yield Database(connection)
    except psycopg.Error as error:
        raise UnreadableError(f"The database could not be read: {error}") from error


class Database:
    """One schema, as the loader left it; asked within one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Look what there is.

        Raises:
            UnreadableError: the views have not been made.
        """
        self._connection = connection
        for setting in SESSION.items():
            connection.execute("select set_config(%s, %s, true)", setting)
        self._columns: defaultdict[str, set[str]] = defaultdict(set)
        for relation, column in connection.execute(
            """select c.relname, a.attname
               from pg_class c
               join pg_namespace n on n.oid = c.relnamespace and n.nspname = current_schema()
               join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
               where c.relkind in ('r', 'p', 'v', 'm')"""
        ):
            self._columns[relation].add(column)
        lacking = [name for name in COLUMNS if name in self._columns and f"current_{name}" not in self._columns]
        if lacking:
            raise UnreadableError(
                f"There is a table {lacking[0]} and no view current_{lacking[0]}: "
                "apply the views first (make views, or tap-iiko --apply views)."
            )

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever loaded."""
        return "sync_log" not in self._columns

    def has(self, *names: str) -> bool:
        """Whether these tables are loaded, with what is needed of them."""
        return all(NEEDED[name] <= self._columns[f"current_{name}"] for name in names)

    def names(self, of: t.Collection[Place] = ()) -> Names:
        """Names of today; a restaurant without one in the list has that of its receipts, if there is any."""
        found: dict[Place, str] = {}
        if {"id", "name"} <= self._columns["current_departments"]:
            rows = self._ask("select server_id, id::text, name from current_departments where name <> ''")
            found = {Place(server, department): name for server, department, name in rows}
        group = ""
        if {"name", "type"} <= self._columns["current_departments"]:
            rows = self._ask(
                "select distinct name from current_departments where type = 'CORPORATION' and name <> '' order by 1"
            )
            group = " · ".join(name for (name,) in rows)
        zones: dict[str, str] = {}
        if "timezone" in self._columns["current_servers"]:
            zones = dict(self._ask("select server_id, timezone from current_servers where timezone is not null"))
        return Names(group, {place: found.get(place, "") for place in of}, zones)

    def watched(self, now: datetime.datetime) -> Watched:
        """What tells whether everything is there."""
        reads: defaultdict[tuple[str, Day], dict[str, Read]] = defaultdict(dict)
        for server, day, table, *read in self._ask(READS, tables=list(FACTS)):
            reads[server, day][table] = Read(*read)
        proofs: dict[tuple[Place, Day], Difference | None] = {}
        if self.has("reconciliation"):
            for server, department, day, is_proved, *difference in self._ask(PROOFS):
                proofs[Place(server, department), day] = None if is_proved else Difference(*difference)
        return Watched(
            reads=dict(reads),
            sold=self._sold(),
            proofs=proofs,
            late=self._late_changes(),
            broken=self._broken(),
            runs=self._runs(),
            forgotten_before=now - datetime.timedelta(days=KEPT_DAYS) if "pruned_loads" in self._columns else None,
        )

    def _sold(self) -> dict[Place, set[Day]]:
        """By any table of sales; the report has the fewest rows."""
        table = next((name for name in ("sales", *FACTS) if self.has(name)), None)
        found: defaultdict[Place, set[Day]] = defaultdict(set)
        for server, department, day in self._ask(SOLD.replace("{any}", f"{{{table}}}")) if table else ():
            found[Place(server, department)].add(day)
        return dict(found)

    def _broken(self) -> list[Broken]:
        found = self._ask(BROKEN) if self.has("checks") else []
        places: dict[tuple[str, str], str] = {}
        if found and self.has("receipts"):
            shifts = list({subject for _, subject, *_ in found})
            places = {(server, shift): place for server, shift, place in self._ask(PLACES_OF_SHIFTS, shifts=shifts)}
        # What is no shift may be a department itself; the page has no names for stores and tables.
        return [
            Broken(Place(server, places.get((server, subject), subject)), *told) for server, subject, *told in found
        ]

    def _late_changes(self) -> list[LateChange]:
        if "late_changes" not in self._columns:
            return []
        return [
            LateChange(Place(server, department), day, noticed_at, old, new)
            for server, department, day, noticed_at, old, new in self._ask(LATE_CHANGES)
        ]

    def _runs(self) -> list[Run]:
        if "run_id" not in self._columns["sync_log"]:
            return []  # loaded by a version that did not name its runs
        return [Run(*row) for row in self._ask(RUNS, tables=list(FACTS), runs=SHOWN_RUNS)]

    def sales(self, period: Days, others: t.Iterable[Days]) -> Sales:
        """The figures of the period; of the other days only what they add up to."""
        if not self.has("receipt_items"):
            return Sales()
        span = {"first": period[0], "last": period[1]}
        has_receipts = self.has("receipts")
        days: dict[tuple[Place, Day], Sums] = {}
        for first, last in (period, *others):
            days |= self._days(first, last)
        hours = self._ask(HOURS, **span) if has_receipts and "close_time" in self._columns["current_receipts"] else []
        payments = self._ask(PAYMENTS, **span) if self.has("receipt_payments") else []
        todays = self._dish_names()
        return Sales(
            days,
            [Hour(Place(*row[:2]), *row[2:]) for row in hours],
            [Payment(Place(*row[:2]), *row[2:]) for row in payments],
            [
                Dish(Place(server, department), dish, todays.get((server, dish), name), *figures)
                for server, department, dish, name, *figures in self._ask(DISHES, **span)
            ],
            has_receipts,
            self._plans(span),
        )

    def _plans(self, span: t.Mapping[str, Day]) -> dict[tuple[Place, Day], Decimal]:
        rows = self._ask(PLANS, **span) if self.has("income_plans") else []
        return {(Place(server, department), day): value for server, department, day, value in rows}

    def _days(self, first: Day, last: Day) -> dict[tuple[Place, Day], Sums]:
        span = {"first": first, "last": last}
        counts = {
            (Place(server, department), day): figures
            for server, department, day, *figures in (self._ask(ORDER_DAYS, **span) if self.has("receipts") else ())
        }
        found: dict[tuple[Place, Day], Sums] = {}
        for server, department, day, *figures in self._ask(REVENUE_DAYS, **span):
            key = Place(server, department), day
            found[key] = Sums(*figures, *counts.get(key, ()))
        return found

    def _dish_names(self) -> dict[tuple[str, str | None], str]:
        if not {"id", "name"} <= self._columns["current_products"]:
            return {}
        rows = self._ask("select server_id, id::text, name from current_products where name <> ''")
        return {(server, dish): name for server, dish, name in rows}

    def _ask(self, text: str, **values: t.Any) -> list[tuple[t.Any, ...]]:
        """The answer to a question, in which ``{table}`` stands for its current rows."""
        sources: dict[str, sql.Composable] = {name: self._source(name) for name in COLUMNS if self.has(name)}
        if "{lines}" in text:
            sources["lines"] = sql.SQL(LINES).format(**sources)
        question = sql.SQL(text).format(**sources)
        return self._connection.execute(question, values or None).fetchall()

    def _source(self, table: str) -> sql.Composed:
        """The current rows of a table, with all columns of ``COLUMNS``."""
        there = self._columns[f"current_{table}"]
        columns = [
            sql.SQL("{}::{}" if name in there else "null::{1} as {0}").format(sql.Identifier(name), sql.SQL(kind))
            for name, kind in COLUMNS[table].items()
        ]
        return sql.SQL("(select {} from {})").format(sql.SQL(", ").join(columns), sql.Identifier(f"current_{table}"))
