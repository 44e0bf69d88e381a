"""What may have happened to the data of a morning, written into the database by hand."""

from __future__ import annotations

import datetime
import typing as t

from support.morning import LAST_DAY

if t.TYPE_CHECKING:
    from support.databases import Connection

DAY = datetime.timedelta(days=1)
FACTS = ("receipts", "receipt_items", "receipt_payments", "sales")


def forget(morning: Connection, day: datetime.date, department: str | None = None) -> None:
    """A restaurant that sold nothing; or a day that was never read."""
    for table in (*FACTS, "reconciliation"):
        morning.execute(
            f"delete from {table} where business_date = %s and department_id::text = coalesce(%s, department_id::text)",
            [day, department],
        )
    if department is None:
        morning.execute("delete from sync_log where business_date = %s", [day])


def log(morning: Connection, day: datetime.date | None, status: str, message: str | None = None) -> None:
    """One more run, that got as far as this."""
    morning.execute(
        """insert into sync_log (server_id, id, stream, business_date, status, is_final, rows, started_at,
                                 synced_at, finished_at, message, run_id)
           select 'main', gen_random_uuid(), 'receipt_items', %s, %s, true, 0, moment, moment, moment, %s,
                  gen_random_uuid()
           from (select max(finished_at) + interval '5 minutes' as moment from sync_log) s""",
        [day, status, message],
    )


def late(morning: Connection, day: datetime.date, department: str, days_later: int) -> None:
    """A closed day that changed."""
    morning.execute(
        """insert into late_changes
               (server_id, id, business_date, department_id, metric, old_value, new_value, noticed_at)
           values ('main', gen_random_uuid(), %s, %s, 'dish_discount_sum', 250000, 249380, %s)""",
        [day, department, day + days_later * DAY],
    )


def everything_at_once(morning: Connection, first: str, second: str) -> None:
    """Each state that needs a look, on days of its own, and five late changes."""
    missing, differs, stale, unchecked, silent, changed = (LAST_DAY - number * DAY for number in (3, 6, 9, 12, 15, 18))
    forget(morning, missing)
    log(morning, missing, "failed", "https://chain.example:8080/resto: no answer within 300 s.")
    morning.execute(
        """update reconciliation set proved = false, difference = 1204.5, probe = 124743.65
           where business_date = %s and department_id = %s and metric = 'dish_discount_sum'""",
        [differs, first],
    )
    log(morning, stale, "failed", "no answer within 300 s.")
    morning.execute("delete from reconciliation where business_date = %s and department_id = %s", [unchecked, second])
    forget(morning, silent, first)
    for number in range(5):
        late(morning, changed - number * DAY, second, 2 + 10 * number)


def open_restaurants(morning: Connection, restaurants: int, days: int) -> None:
    """So many in all, each with a line a day; days before the last one, to the number."""
    morning.execute(
        """create temp table more on commit drop as
           select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid as department, day::date as day, n,
                  ('00000000-0000-4001-8000-' || lpad((n * 1000 + %s::date - day::date)::text, 12, '0'))::uuid as id
           from generate_series(1, %s) n, generate_series(%s::date - %s, %s::date, '1 day') day""",
        [LAST_DAY, restaurants - 2, LAST_DAY, days - 1, LAST_DAY],
    )
    morning.execute(
        """insert into sync_log (server_id, id, stream, business_date, status, is_final, rows, synced_at)
           select 'main', gen_random_uuid(), stream, day, 'loaded', true, 1, '2026-03-09'
           from unnest(%s::text[]) stream, (select distinct day from more) d
           where day < (select min(business_date) from sync_log)""",
        [list(FACTS)],
    )
    morning.execute(
        """insert into departments (server_id, id, name, synced_at)
           select distinct 'main', department, 'Ресторан № ' || lpad(n::text, 2, '0'), now()::timestamp + '1 year'
           from more"""
    )
    common = "server_id, id, business_date, department_id, synced_at"
    values = "'main', id, day, department, now()::timestamp + '1 year'"
    morning.execute(
        f"""insert into receipts ({common}, order_deleted, storned, orders_count, guest_num, close_time)
            select {values}, 'NOT_DELETED', false, 1, 2, day + time '13:30' from more"""
    )
    morning.execute(
        f"""insert into receipt_items ({common}, receipt_id, order_deleted, deleted_with_writeoff, dish_id, dish_name,
                                       dish_amount, dish_sum, discount_sum, dish_discount_sum, product_cost)
            select {values}, id, 'NOT_DELETED', 'NOT_DELETED', id, 'Блюдо', 1, 1000, 0, 1000, 250 from more"""
    )
    morning.execute(
        f"""insert into receipt_payments ({common}, receipt_id, pay_type, operation_type, dish_sum, dish_return_sum)
            select {values}, id, 'Наличные', 'PAYMENT', 1000, 0 from more"""
    )
    morning.execute(f"insert into sales ({common}) select {values} from more")
    morning.execute(
        f"""insert into reconciliation ({common}, metric, probe, difference, proved)
            select {values}, 'dish_discount_sum', 1000, 0, true from more"""
    )
