"""The SQL that is written from the schemas: parts, what prune looks at and what it keeps, indexes, comments, rights."""

from __future__ import annotations

import datetime
import subprocess
import threading
import typing as t
from dataclasses import dataclass

import psycopg
import pytest

from support.paths import ROOT, TAP
from tap_iiko.commands.apply import apply

if t.TYPE_CHECKING:
    from demo.postgres import Postgres
    from support.databases import Connection

NOW = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
MONDAY, TUESDAY = datetime.date(2026, 3, 2), datetime.date(2026, 3, 3)
LONG_AGO = NOW - datetime.timedelta(days=91)
DDL = """
create schema {schema};
create table sync_log (
    server_id text, id uuid default gen_random_uuid(), stream text, business_date date, status text, rows bigint,
    synced_at timestamp, primary key (server_id, id)
);
create table writeoffs (server_id text, id text, business_date date, synced_at timestamp, primary key (server_id, id));
create table writeoff_items (
    server_id text, id text, document_id text, business_date date, synced_at timestamp, primary key (server_id, id)
);
create table product_scales (server_id text, id text, synced_at timestamp, primary key (server_id, id));
create table product_sizes (
    server_id text, id text, product_scale_id text, synced_at timestamp, primary key (server_id, id)
);
create table reconciliation (
    server_id text, id text, business_date date, proved boolean, synced_at timestamp, primary key (server_id, id)
);
create table checks (
    server_id text, id text, business_date date, proved boolean, synced_at timestamp, primary key (server_id, id)
);
"""


@dataclass
class Books:
    """Tables as the target leaves them, filled by hand: every load has its minute."""

    database: Connection
    schema: str

    def __post_init__(self) -> None:
        self.database.execute(DDL.format(schema=self.schema))
        apply("views", self.database, self.schema)

    def put(self, table: str, synced_at: datetime.datetime, **values: t.Any) -> None:
        """A row, over the one of that id if there is one."""
        row = {"server_id": "main", "synced_at": synced_at, **values}
        updates = ", ".join(f"{name} = excluded.{name}" for name in row)
        self.database.execute(
            f"insert into {table} ({', '.join(row)}) values ({', '.join(['%s'] * len(row))}) "
            f"on conflict (server_id, id) do update set {updates}",
            list(row.values()),
        )

    def log(
        self, table: str, day: datetime.date | None, synced_at: datetime.datetime, rows: int, status: str = "loaded"
    ) -> None:
        """What the run says of a load."""
        self.database.execute(
            "insert into sync_log (server_id, stream, business_date, synced_at, rows, status) "
            "values ('main', %s, %s, %s, %s, %s)",
            [table, day, synced_at, rows, status],
        )

    def write_offs(self, day: datetime.date, minute: int, documents: t.Mapping[str, str]) -> None:
        """A day of documents, each with its lines: a letter is a line."""
        at = NOW + datetime.timedelta(minutes=minute)
        for document, lines in documents.items():
            self.put("writeoffs", at, id=document, business_date=day)
            for line in lines:
                self.put("writeoff_items", at, id=line, document_id=document, business_date=day)
        self.log("writeoffs", day, at, len(documents))
        self.log("writeoff_items", day, at, sum(map(len, documents.values())))

    def scales(self, minute: int, scales: t.Mapping[str, str]) -> None:
        """The whole list of scales, each with its sizes: a letter is a size."""
        at = NOW + datetime.timedelta(minutes=minute)
        for scale, sizes in scales.items():
            self.put("product_scales", at, id=scale)
            for size in sizes:
                self.put("product_sizes", at, id=size, product_scale_id=scale)
        self.log("product_scales", None, at, len(scales))
        self.log("product_sizes", None, at, sum(map(len, scales.values())))

    def ids(self, table: str) -> str:
        """What there is, as one word."""
        return "".join(id_ for (id_,) in self.database.execute(f"select id from {table} order by id"))

    def broken(self) -> list[tuple[t.Any, ...]]:
        """Loads of which rows are missing."""
        return self.database.execute(
            "select table_name, business_date, logged_rows, current_rows from broken_partitions order by 1, 2"
        ).fetchall()

    def prune(self) -> dict[str, tuple[int, int]]:
        """Rows removed and partitions left alone, by table, where there are any."""
        return {
            row["table_name"]: (row["removed_rows"], row["left_partitions"])
            for row in apply("prune", self.database, self.schema)
            if row["removed_rows"] or row["left_partitions"]
        }


@pytest.fixture
def books(database: Connection, schema: str) -> Books:
    """Empty tables with their views."""
    return Books(database, schema)


# Parts


def test_a_document_that_moves_and_loses_a_line_leaves_nothing_behind(books: Books) -> None:
    """Only the day that it moved to has been read since."""
    books.write_offs(MONDAY, 0, {"1": "abc", "2": "d"})
    books.write_offs(TUESDAY, 1, {"1": "ab"})
    assert books.ids("current_writeoff_items") == "abd"
    assert books.ids("writeoff_items") == "abcd"
    assert books.prune()["writeoff_items"] == (1, 1), "of Monday two lines less are there than were loaded"
    assert books.ids("writeoff_items") == "abd"


def test_the_lines_of_a_document_that_is_gone_go_with_it(books: Books) -> None:
    books.write_offs(MONDAY, 0, {"1": "ab", "2": "c"})
    books.write_offs(MONDAY, 1, {"2": "c"})
    assert (books.ids("current_writeoffs"), books.ids("current_writeoff_items")) == ("2", "c")
    assert books.prune() == {"writeoffs": (1, 0), "writeoff_items": (2, 0)}
    assert (books.ids("writeoffs"), books.ids("writeoff_items")) == ("2", "c")


def test_a_line_left_on_the_old_day_goes_with_its_document_from_the_new_one(books: Books) -> None:
    books.write_offs(MONDAY, 0, {"1": "ab"})
    books.write_offs(TUESDAY, 1, {"1": "a"})
    books.write_offs(TUESDAY, 2, {})
    books.prune()
    assert (books.ids("writeoffs"), books.ids("writeoff_items")) == ("", "")


def test_lines_of_a_day_that_lacks_some_are_left_alone_and_told(books: Books) -> None:
    books.write_offs(MONDAY, 0, {"1": "abc"})
    books.write_offs(MONDAY, 1, {"1": "ab"})
    books.database.execute("delete from writeoff_items where id = 'a'")
    assert books.broken() == [("writeoff_items", MONDAY, 2, 1)]
    assert books.prune() == {"writeoff_items": (0, 1)}
    assert books.ids("writeoff_items") == "bc"
    books.write_offs(MONDAY, 2, {"1": "ab"})
    assert books.broken() == []
    assert books.prune() == {"writeoff_items": (1, 0)}


def test_a_document_that_arrived_before_its_lines_loses_none_of_them(books: Books) -> None:
    """A target drains its tables side by side; the log comes last."""
    books.write_offs(MONDAY, 0, {"1": "ab"})
    books.put("writeoffs", NOW + datetime.timedelta(minutes=1), id="1", business_date=MONDAY)
    assert books.prune() == {"writeoff_items": (0, 1)}
    assert books.ids("writeoff_items") == "ab"


def test_parts_of_a_whole_table_follow_the_same_rule(books: Books) -> None:
    books.scales(0, {"1": "ab", "2": "c"})
    books.scales(1, {"1": "a"})
    assert (books.ids("current_product_scales"), books.ids("current_product_sizes")) == ("1", "a")
    assert books.broken() == []
    assert books.prune() == {"product_scales": (1, 0), "product_sizes": (2, 0)}
    assert (books.ids("product_scales"), books.ids("product_sizes")) == ("1", "a")


def test_a_part_without_its_parents_table_has_no_view_yet(database: Connection, schema: str) -> None:
    """As an earlier version loaded it alone."""
    database.execute(DDL.format(schema=schema) + "drop table product_scales;")
    apply("views", database, schema)
    assert database.execute("select to_regclass('current_product_sizes')").fetchone() == (None,)
    assert "product_sizes" not in {row["table_name"] for row in apply("prune", database, schema)}


def test_a_part_without_the_column_of_its_parent_has_no_view_yet(database: Connection, schema: str) -> None:
    """As an earlier version loaded it where that column was not selected."""
    database.execute(DDL.format(schema=schema) + "alter table product_sizes drop product_scale_id;")
    apply("views", database, schema)
    assert database.execute("select to_regclass('current_product_sizes')").fetchone() == (None,)
    assert "product_sizes" not in {row["table_name"] for row in apply("prune", database, schema)}


def test_a_list_that_has_not_changed_was_not_loaded(books: Books) -> None:
    books.scales(0, {"1": "ab"})
    for table in ("product_scales", "product_sizes"):
        books.log(table, None, NOW + datetime.timedelta(minutes=1), 2, status="unchanged")
    assert (books.ids("current_product_scales"), books.ids("current_product_sizes")) == ("1", "ab")
    assert (books.broken(), books.prune()) == ([], {})


# Counteragents


def test_a_counteragent_is_an_employee_a_supplier_or_both(books: Books) -> None:
    """Each once, with the flags of both lists; a column that was not selected is null."""
    person, firm, both, gone = (f"9a7b0000-0000-4000-8000-{number:012}" for number in range(4))
    for table, more in (("employees", ""), ("suppliers", ", represented_store_id uuid, deleted boolean")):
        books.database.execute(
            f"create table {table} (server_id text, id uuid, synced_at timestamp, code text, name text, "
            f"supplier boolean, employee boolean{more}, primary key (server_id, id))"
        )
    earlier = NOW - datetime.timedelta(minutes=1)
    books.put("employees", earlier, id=gone, name="left")
    for key, name, supplies in ((person, "person", False), (both, "old name", False)):
        books.put("employees", NOW, id=key, name=name, employee=True, supplier=supplies)
    for key, name, store in ((firm, "firm", None), (both, "both", person)):
        row = {"name": name, "employee": False, "supplier": True, "represented_store_id": store, "deleted": True}
        books.put("suppliers", NOW, id=key, **row)
    for table, rows in (("employees", 2), ("suppliers", 2)):
        books.log(table, None, NOW, rows)
    for _ in range(2):
        apply("views", books.database, books.schema)
        found = books.database.execute(
            "select id::text, name, supplier, employee, client, deleted, represented_store_id::text "
            "from counteragents order by id"
        ).fetchall()
        assert found == [
            (person, "person", False, True, None, None, None),
            (firm, "firm", True, False, None, True, None),
            (both, "both", True, True, None, True, person),
        ]
    books.put("suppliers", NOW, server_id="north", id=person, name="another server's")
    books.log("suppliers", None, NOW, 2)
    assert len(books.database.execute("select from counteragents").fetchall()) == 4


def test_counteragents_are_those_of_one_list_where_the_other_is_not_loaded(books: Books) -> None:
    books.database.execute("create table suppliers (server_id text, id uuid, synced_at timestamp, name text)")
    apply("views", books.database, books.schema)
    assert books.database.execute("select name from counteragents").fetchall() == []


# What prune looks at


def test_prune_looks_only_where_something_was_loaded_since_the_last_time(books: Books) -> None:
    books.write_offs(MONDAY, 1, {"1": "a"})
    books.prune()
    books.put("writeoffs", NOW, id="0", business_date=MONDAY)
    assert books.prune() == {}, "no load told of it"
    books.database.execute("drop table pruned_loads")
    assert books.prune() == {"writeoffs": (1, 0)}, "without its memory it looks everywhere"


def test_a_load_that_arrives_late_is_looked_at_too(books: Books) -> None:
    """Its rows that are gone were removed already, and come back: they are older than the last load of their day."""
    books.write_offs(MONDAY, 1, {"1": "a"})
    books.prune()
    books.write_offs(MONDAY, 0, {"1": "a", "2": "b"})
    assert (books.ids("current_writeoffs"), books.ids("current_writeoff_items")) == ("1", "a")
    assert books.prune() == {"writeoffs": (1, 0), "writeoff_items": (1, 0)}


def test_a_table_without_its_view_stops_prune_with_a_sentence(books: Books) -> None:
    books.database.execute("create table stores (server_id text, id text, synced_at timestamp)")
    with pytest.raises(psycopg.errors.RaiseException, match="no view current_stores: apply the views again"):
        books.prune()


def test_prune_without_the_views_says_what_is_missing(database: Connection, schema: str) -> None:
    database.execute(DDL.format(schema=schema))
    with pytest.raises(psycopg.errors.RaiseException, match=f"no views in the schema {schema}: apply them first"):
        apply("prune", database, schema)


# What prune keeps


def test_the_log_keeps_its_last_ninety_days_and_what_the_views_need(books: Books) -> None:
    for minutes in range(3):
        books.log("writeoffs", MONDAY, LONG_AGO + datetime.timedelta(minutes=minutes), 0, status="empty")
    books.log("writeoffs", TUESDAY, LONG_AGO, 0, status="failed")
    books.log("product_scales", None, LONG_AGO, 0)
    books.log("product_scales", None, NOW, 0)
    books.log("writeoffs", TUESDAY, NOW, 0, status="failed")
    before = books.database.execute("select * from last_loads order by stream, synced_at").fetchall()
    assert books.prune() == {"sync_log": (4, 0)}
    kept = books.database.execute("select stream, status, synced_at from sync_log order by synced_at").fetchall()
    assert kept[0] == ("writeoffs", "empty", LONG_AGO + datetime.timedelta(minutes=2))
    assert len(kept) == 3
    assert books.database.execute("select * from last_loads order by stream, synced_at").fetchall() == before
    assert books.prune() == {}


@pytest.mark.parametrize("table", ["reconciliation", "checks"])
def test_proofs_that_agreed_go_after_ninety_days_and_differences_stay(books: Books, table: str) -> None:
    """Both grow by days only: a day's rows are replaced together."""
    later = LONG_AGO + datetime.timedelta(minutes=1)
    books.put(table, LONG_AGO, id="gone", business_date=MONDAY, proved=False)
    books.put(table, later, id="agreed", business_date=MONDAY, proved=True)
    books.put(table, later, id="differs", business_date=MONDAY, proved=False)
    books.put(table, later, id="undecided", business_date=MONDAY, proved=None)
    books.put(table, NOW, id="fresh", business_date=TUESDAY, proved=True)
    for day, synced_at, rows in ((MONDAY, LONG_AGO, 1), (MONDAY, later, 3), (TUESDAY, NOW, 1)):
        books.log(table, day, synced_at, rows)
    assert books.prune() == {table: (2, 0), "sync_log": (2, 0)}
    assert books.ids(table) == books.ids(f"current_{table}") == "differsfreshundecided"
    assert (books.broken(), books.prune()) == ([], {})


def test_checks_without_the_column_that_says_whether_they_agree_are_left_alone(books: Books) -> None:
    """It is a column that need not be selected."""
    books.database.execute("drop view current_checks cascade; alter table checks drop column proved")
    apply("views", books.database, books.schema)
    books.put("checks", LONG_AGO, id="old", business_date=MONDAY)
    books.log("checks", MONDAY, LONG_AGO, 1)
    assert books.prune() == {}
    assert books.ids("current_checks") == "old"


def test_a_broken_day_keeps_its_old_proofs(books: Books) -> None:
    books.put("reconciliation", LONG_AGO, id="agreed", business_date=MONDAY, proved=True)
    books.log("reconciliation", MONDAY, LONG_AGO, 2)
    assert books.prune() == {"reconciliation": (0, 1)}
    assert books.ids("reconciliation") == "agreed"


# Indexes


def index_states(database: Connection) -> dict[str, bool]:
    """Our indexes, and whether they can be used."""
    return dict(
        database.execute(
            """select c.relname, i.indisvalid from pg_index i join pg_class c on c.oid = i.indexrelid
               where c.relnamespace = current_schema()::regnamespace and not i.indisprimary"""
        ).fetchall()
    )


def test_an_index_that_was_left_unfinished_is_made_anew(books: Books) -> None:
    books.write_offs(MONDAY, 0, {"1": "ab"})
    books.database.execute("drop index writeoff_items_by_document")
    with pytest.raises(psycopg.errors.UniqueViolation):
        books.database.execute(
            "create unique index concurrently writeoff_items_by_document on writeoff_items (server_id, document_id)"
        )
    assert not index_states(books.database)["writeoff_items_by_document"]
    apply("views", books.database, books.schema)
    assert set(index_states(books.database).values()) == {True}


def test_an_index_of_a_column_that_is_not_selected_is_left_out(books: Books) -> None:
    books.database.execute(
        "create table receipt_items (server_id text, id text, business_date date, synced_at timestamp)"
    )
    apply("views", books.database, books.schema)
    made = {name for name in index_states(books.database) if name.startswith("receipt_items")}
    assert made == {"receipt_items_by_day"}


def test_loads_go_on_while_an_index_is_made(books: Books, postgres: Postgres) -> None:
    books.database.execute("drop index writeoffs_by_day")
    options = f"-csearch_path={books.schema} -clock_timeout=20s"
    with psycopg.connect(postgres.url, options=options) as before:
        before.execute("insert into writeoffs values ('main', '1', %s, %s)", [MONDAY, NOW])  # makes the index wait
        views = threading.Thread(target=apply, args=("views", books.database, books.schema))
        views.start()
        with psycopg.connect(postgres.url, options=options, autocommit=True) as load:
            while "writeoffs_by_day" not in index_states(load):
                assert views.is_alive()
            load.execute("insert into writeoffs values ('main', '2', %s, %s)", [MONDAY, NOW])
        before.commit()
        views.join(60)
    assert index_states(books.database)["writeoffs_by_day"]
    assert books.ids("writeoffs") == "12"


# Comments and rights


def test_tables_views_and_columns_tell_what_they_are(books: Books) -> None:
    told: dict[str, str] = dict(
        books.database.execute(
            """select relname || coalesce('.' || attname, ''), description from pg_description d
               join pg_class c on c.oid = d.objoid and c.relnamespace = current_schema()::regnamespace
               left join pg_attribute a on a.attrelid = c.oid and a.attnum = d.objsubid and a.attnum > 0
               where classoid = 'pg_class'::regclass"""
        ).fetchall()
    )
    for name in ("writeoffs", "current_writeoffs"):
        assert told[name]
        assert "gone at the source" in told[f"{name}.synced_at"]
    assert told["current_writeoff_items.document_id"] == "Joins writeoffs.id."


@pytest.fixture
def reader(postgres: Postgres, schema: str) -> t.Iterator[str]:
    """A role with a name that must be quoted, and its URL."""
    role = f'reads "{schema[-8:]}"'
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(psycopg.sql.SQL("create role {}").format(psycopg.sql.Identifier(role)))
        yield role
        connection.execute(psycopg.sql.SQL("drop owned by {}").format(psycopg.sql.Identifier(role)))
        connection.execute(psycopg.sql.SQL("drop role {}").format(psycopg.sql.Identifier(role)))


def test_a_role_may_read_all_and_write_nothing(books: Books, reader: str) -> None:
    for _ in range(2):
        apply("views", books.database, books.schema, reader=reader)
    books.database.execute("create table stores (server_id text, id text, synced_at timestamp)")
    books.database.execute(psycopg.sql.SQL("set role {}").format(psycopg.sql.Identifier(reader)))
    for table in ("writeoffs", "current_writeoff_items", "broken_partitions", "last_loads", "stores"):
        assert books.database.execute(f"select count(*) from {table}").fetchone() == (0,)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        books.database.execute("delete from writeoffs")
    books.database.execute("reset role")


# The files themselves


@pytest.mark.parametrize("name", ["views", "prune"])
def test_the_files_are_what_the_tap_prints(name: str) -> None:
    printed = subprocess.run([str(TAP), "--sql", name], check=True, capture_output=True, text=True).stdout
    assert (ROOT / "sql" / f"{name}.sql").read_text(encoding="utf-8") == printed, "make generated writes them anew"
