"""Two years of a chain, made in PostgreSQL: tables as the target makes them, and the log of a run every hour."""

from __future__ import annotations

import datetime
import typing as t

from psycopg import sql

from tap_iiko import tables

Connection = t.Any  # psycopg's, of rows of any shape

SERVERS = 8
LAST_DAY = datetime.datetime.now(datetime.UTC).date() - datetime.timedelta(days=1)
DISHES = 400
LINES_A_RECEIPT = 4
LINES_A_SALE = 8
FACTS = ("receipts", "receipt_items", "receipt_payments", "sales")
MADE = ("receipts", "receipt_items", "sales")
TYPES = {
    "uuid": "uuid",
    "number": "numeric",
    "integer": "bigint",
    "boolean": "boolean",
    "date": "date",
    "moment": "timestamp",
    "object": "jsonb",
    "array": "jsonb",
}
# The runs of a day read it and the two days before it: the last run that read a day was late on the second day after.
LAST_READ = f"least(day + 2, date '{LAST_DAY}') + time '23:05'"
VALUES = {
    "server_id": "'server ' || server",
    "id": "gen_random_uuid()",
    "business_date": "day",
    "synced_at": LAST_READ,
    "department_id": "md5('restaurant ' || n % 5)::uuid",
    "receipt_id": f"md5(server || ' ' || day || ' ' || n / {LINES_A_RECEIPT})::uuid",
    "dish_id": "dish_id",
    "dish_name": "dish_name",
    "dish_amount": "1 + n % 3",
    "dish_discount_sum": "n % 977 * 1.25",
    "order_deleted": "'NOT_DELETED'",
    "deleted_with_writeoff": "'NOT_DELETED'",
    "storned": "false",
}
FILLER = {  # of the usual width; each fourth of the other columns is null
    "text": "dish_name",
    "reference": "dish_name",
    "uuid": "dish_id",
    "number": "n % 1009 * 0.75",
    "integer": "n % 100",
    "boolean": "n % 2 = 0",
    "moment": "day + time '12:00' + n % 600 * interval '1 minute'",
}


def create(connection: Connection) -> None:
    """Empty tables in the schema of the search path."""
    for name in (*MADE, tables.JOURNAL):
        columns = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(TYPES.get(column.kind, "text")))
            for column in tables.load(name).columns
        )
        connection.execute(sql.SQL("create table {} ({})").format(sql.Identifier(name), columns))


def fill(connection: Connection, lines: int, days: int) -> dict[str, int]:
    """About so many lines, and what belongs to them.

    Returns:
        The rows of each table.
    """
    a_day = max(LINES_A_SALE, lines // (days * SERVERS))
    rows = {"receipts": a_day // LINES_A_RECEIPT, "receipt_items": a_day, "sales": a_day // LINES_A_SALE}
    connection.execute(
        "create temp table dishes as select n as dish, md5('dish ' || n)::uuid as dish_id, "
        f"'Dish number ' || n as dish_name from generate_series(0, {DISHES - 1}) n"
    )
    for name, number in rows.items():
        for first in range(0, days, 7):  # as they are loaded: week after week, in no order within one
            _fill_days(connection, name, number, f"generate_series({days - first - 1}, {max(0, days - first - 7)}, -1)")
        connection.execute(sql.SQL("alter table {} add primary key (server_id, id)").format(sql.Identifier(name)))
    _log(connection, rows, days)
    connection.execute("vacuum analyze")
    return {name: number * days * SERVERS for name, number in rows.items()}


def _fill_days(connection: Connection, name: str, rows: int, days_ago: str) -> None:
    values = {}
    for place, column in enumerate(tables.load(name).columns):
        filler = FILLER.get(column.kind, "null") if place % 4 else "null"
        values[column.name] = VALUES.get(column.name, filler)
    if name == "receipts":
        values["id"] = "md5(server || ' ' || day || ' ' || n)::uuid"
    connection.execute(
        f"insert into {name} ({', '.join(values)}) select {', '.join(values.values())} "
        f"from {days_ago} ago cross join lateral (select date '{LAST_DAY}' - ago as day) d "
        f"cross join generate_series(1, {SERVERS}) server cross join generate_series(0, {rows - 1}) n "
        f"join dishes on dish = n % {DISHES} order by server, random()"
    )


def _log(connection: Connection, rows: t.Mapping[str, int], days: int) -> None:
    """What every run says: of each server the day and the two before it, in all tables of facts."""
    streams = ", ".join(f"('{name}', {rows.get(name, 0)})" for name in FACTS)
    connection.execute(
        f"""insert into sync_log (server_id, id, stream, business_date, status, is_final, rows, synced_at)
            select 'server ' || server, gen_random_uuid(), stream, run::date - ago, 'loaded', ago > 0, number, run
            from generate_series(1, {SERVERS}) server, (values {streams}) as streams (stream, number),
                generate_series(date '{LAST_DAY}' - {days - 1} + time '00:05', date '{LAST_DAY}' + time '23:05',
                    interval '1 hour') run, generate_series(0, 2) ago
            where run::date - ago > date '{LAST_DAY}' - {days}
            order by run"""
    )
    connection.execute("alter table sync_log add primary key (server_id, id)")


def one_more_run(connection: Connection) -> int:
    """The next hour: the last two days are read again, and of one dish all sales are gone.

    Returns:
        The rows that are gone.
    """
    stamp = f"date '{LAST_DAY}' + time '23:59'"
    read = f"business_date >= date '{LAST_DAY}' - 1"
    gone = 0
    for name in MADE:
        is_gone = "dish_id = md5('dish 7')::uuid" if "dish_id" in tables.load(name).column_names else "false"
        ((number,),) = connection.execute(f"select count(*) from {name} where {read} and {is_gone}").fetchall()
        gone += number
        connection.execute(
            f"""with written as (
                    update {name} set synced_at = {stamp} where {read} and not ({is_gone})
                    returning server_id, business_date
                )
                insert into sync_log (server_id, id, stream, business_date, status, rows, synced_at)
                select server_id, gen_random_uuid(), '{name}', business_date, 'loaded', count(*), {stamp}
                from written group by server_id, business_date"""
        )
    return gone
