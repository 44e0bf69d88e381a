"""The query side over two years of hourly runs: before and after the indexes of `make views`, and `make prune`."""

from __future__ import annotations

import statistics
import time
import typing as t
from dataclasses import dataclass

import psycopg

from bench.history import LAST_DAY, SERVERS, create, fill, one_more_run
from bench.measure import BenchError
from bench.rounds import say
from tap_iiko.commands.apply import apply

if t.TYPE_CHECKING:
    from bench.database import Database

SCHEMA = "bench_queries"
WEEK = f"business_date between date '{LAST_DAY}' - 106 and date '{LAST_DAY}' - 100"
COUNTED = "order_deleted = 'NOT_DELETED' and deleted_with_writeoff = 'NOT_DELETED'"
JOINED = "current_receipt_items i join current_receipts r on r.server_id = i.server_id and r.id = i.receipt_id"
QUERIES: t.Final = {
    "a week's revenue by dish, from lines": f"select dish_name, sum(dish_discount_sum) from current_receipt_items "
    f"where {WEEK} and {COUNTED} group by 1 order by 1",
    "a week's revenue by dish, from sales": f"select dish_name, sum(dish_discount_sum) from current_sales "
    f"where {WEEK} and {COUNTED} group by 1 order by 1",
    "lines with their receipts, `limit 500`": f"select * from {JOINED} limit 500",
    "lines with their receipts of a week, `limit 500`": f"select * from {JOINED} where r.{WEEK} limit 500",
    "a week's revenue by restaurant, lines joined to receipts": "select r.department_id, sum(i.dish_discount_sum), "
    f"count(distinct r.id) from {JOINED} where r.{WEEK} group by 1 order by 1",
}


@dataclass(frozen=True)
class Queries:
    """What was found."""

    rows: t.Mapping[str, int]
    log_rows: int
    days: int
    before: t.Mapping[str, float]
    """Seconds of each query without our indexes."""
    after: t.Mapping[str, float]
    work: t.Mapping[str, float]
    """Seconds of what `make` does."""


def measure_queries(database: Database, lines: int, days: int, repeat: int) -> Queries:
    """Make the history in a schema of its own, and forget it."""
    database.clear(SCHEMA)
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(f"create schema {SCHEMA}; set search_path = {SCHEMA}")
        create(connection)
        apply("views", connection, SCHEMA)
        _drop_indexes(connection)
        say(f"queries: making {lines:,} lines in {days} days of {SERVERS} servers, and a log of hourly runs")
        rows = fill(connection, lines, days)
        ((log_rows,),) = connection.execute("select count(*) from sync_log").fetchall()
        before, answers = _ask(connection, repeat)
        work = {"`make views`, the indexes included": _seconds(lambda: apply("views", connection, SCHEMA))}
        after, same = _ask(connection, repeat)
        if answers != same:
            raise BenchError("A query answers something else with the indexes.")
        work["`make prune`, the first: it looks everywhere"] = _seconds(lambda: _prune(connection, gone=0))
        connection.execute("vacuum analyze sync_log")  # as autovacuum does within minutes
        work["`make prune` again, nothing new"] = _seconds(lambda: _prune(connection, gone=0))
        gone = one_more_run(connection)
        work["`make prune` after an hourly run"] = _seconds(lambda: _prune(connection, gone=gone))
    database.clear(SCHEMA)
    return Queries(rows, log_rows, days, before, after, work)


def _drop_indexes(connection: psycopg.Connection[t.Any]) -> None:
    """All but that of the log, on which the views rest."""
    made = connection.execute(
        "select indexname from pg_indexes where schemaname = current_schema() and tablename <> 'sync_log'"
    ).fetchall()
    for (name,) in made:
        connection.execute(f"drop index {name}")


def _ask(connection: psycopg.Connection[t.Any], repeat: int) -> tuple[dict[str, float], dict[str, t.Any]]:
    """Seconds of each query, and its answer; of a query with a limit, how many rows."""
    times, answers = {}, {}
    for title, query in QUERIES.items():
        runs = []
        for _ in range(repeat):
            started = time.monotonic()
            answer = connection.execute(query).fetchall()
            runs.append(time.monotonic() - started)
        times[title] = statistics.median(runs)
        answers[title] = len(answer) if "limit" in query else answer
        say(f"{title}: {times[title]:.3f} s")
    return times, answers


def _prune(connection: psycopg.Connection[t.Any], *, gone: int) -> None:
    told = {row["table_name"]: row for row in apply("prune", connection, SCHEMA)}
    del told["sync_log"]
    removed, left = (sum(row[name] for row in told.values()) for name in ("removed_rows", "left_partitions"))
    if (removed, left) != (gone, 0):
        raise BenchError(f"prune removed {removed} rows instead of {gone} and left {left} partitions alone.")


def _seconds(job: t.Callable[[], t.Any]) -> float:
    started = time.monotonic()
    job()
    return time.monotonic() - started
