"""docs/tables and docs/api-paths.md: the joins hold, the queries answer, and every path is accounted for."""

from __future__ import annotations

import datetime
import re
import typing as t

import psycopg
import pytest

from generate.pages import SUBJECTS, names
from simulator import Simulator
from support.databases import into_postgres
from support.paths import ROOT, read
from support.schemas import extra_tables
from support.taps import config_for, run_tap
from tap_iiko import tables
from tap_iiko.commands.apply import apply

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from demo.postgres import Postgres
    from support.databases import Connection

SCHEMA = "iiko"  # as the queries have it
TABLES = tables.catalogue()
JOINS = [(table.name, column) for table in TABLES.values() for column in table.columns if column.joins]
# By the simulator, as by most restaurants.
NEVER_FILLED = {
    *(f"product_groups.{kind}category_id" for kind in ("", "tax_", "accounting_")),
    "internal_transfer_items.product_size_id",
    "outgoing_invoices.linked_outgoing_invoice_id",
    "cash_shifts.department_id",  # few servers tell it
}
PATHS = ("docs/api-paths.md", "docs/api-paths.ru.md")


def queries(page: str) -> dict[str, str]:
    """The SQL of a page by its first line, which says what it answers."""
    return dict(re.findall(r"```sql\n(-- [^\n]*)\n(.*?)```", read(page), flags=re.DOTALL))


ENGLISH, RUSSIAN = names(0), names(1)
QUERIES = {words: query for page in ENGLISH.values() for words, query in queries(page).items()}


@pytest.fixture(scope="module")
def loaded(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A chain of which a closed day has changed after it was read, extra tables too."""
    folder = tmp_path_factory.mktemp("loaded")
    with (
        pytest.MonkeyPatch.context() as patch,
        Simulator(seed=5, departments=2, days=12, receipts_per_day=30, last_day=datetime.date(2026, 10, 31)) as sim,
        psycopg.connect(postgres.url, options=f"-csearch_path={SCHEMA}", autocommit=True) as connection,
    ):
        patch.setenv("XDG_STATE_HOME", str(folder))
        config = config_for(sim, extra_tables=extra_tables())
        first = run_tap(config)
        sim.business.lose_order(day=sim.first_day)
        second = run_tap(config, first.state)
        assert (first.code, second.code) == (0, 0)
        into_postgres(first.output + second.output, postgres, SCHEMA, folder)
        apply("views", connection, SCHEMA)
        yield connection
        connection.execute(f"drop schema {SCHEMA} cascade")


@pytest.mark.parametrize("words", QUERIES)
def test_every_query_answers(loaded: Connection, words: str) -> None:
    assert loaded.execute(QUERIES[words].encode()).fetchall(), words


@pytest.mark.parametrize("subject", SUBJECTS)
def test_each_subject_has_three_queries_and_both_languages_the_same(subject: str) -> None:
    english, russian = (list(queries(pages[subject]).values()) for pages in (ENGLISH, RUSSIAN))
    assert len(english) == 3
    assert english == russian


# Joins


@pytest.mark.parametrize(("name", "column"), JOINS, ids=[f"{name}.{column.name}" for name, column in JOINS])
def test_a_join_finds_its_partner(loaded: Connection, name: str, column: tables.Column) -> None:
    partners = " and ".join(
        f"not exists (select from {other} o where o.server_id = t.server_id and o.id = t.{column.name})"
        for other in column.joins
    )
    rows, lost = loaded.execute(
        f"select count(*), count(*) filter (where {partners}) from {name} t where t.{column.name} is not null".encode()
    ).fetchall()[0]
    assert lost == 0
    assert rows or f"{name}.{column.name}" in NEVER_FILLED


def test_every_column_that_names_another_tables_id_joins_it() -> None:
    for table in TABLES.values():
        for column in table.columns:
            said = set(re.findall(r"\b([a-z_]+)\.id\b", column.description)) & TABLES.keys()
            if column.name != "id" and column.kind != "array":
                assert said <= set(column.joins), f"{table.name}.{column.name}"
            assert set(column.joins) <= TABLES.keys()
            assert not column.joins or column.kind == "uuid", "an id of another kind needs a cast in every query"


def test_every_table_has_its_place_on_the_page() -> None:
    for table in TABLES.values():
        assert table.subject in SUBJECTS, table.name
        assert len(table.row) == 2, table.name
        for pages in (ENGLISH, RUSSIAN):
            assert f"\n| `{table.name}` | " in read(pages[table.subject])


# Paths


def rows(page: str) -> dict[str, str]:
    """What is said of each path, or of several in one row."""
    found = re.findall(r"^\| (`.*?) \| (.*) \|$", read(page), flags=re.MULTILINE)
    return {path: words for paths, words in found for path in re.findall(r"`[^`]+`(?: \([A-Z]+\))?", paths)}


@pytest.mark.parametrize("page", PATHS)
def test_every_path_that_is_read_says_which_table_it_fills(page: str) -> None:
    told = rows(page)
    for table in TABLES.values():
        source = table.source if table.is_asked_by_row else tables.load(table.family).source
        if "get" in source:
            assert f"`{table.name}`" in told[f"`{source['get']}`"], table.name
        elif "olap" in source:
            assert f"`{table.name}`" in told[f"`v2/reports/olap` ({source['olap']})"], table.name
    named = {name for words in told.values() for name in re.findall(r"`([a-z_]+)`", words)}
    assert named - {"vat_accounting"} <= TABLES.keys()


def test_both_languages_have_the_same_paths() -> None:
    ours, theirs = map(rows, PATHS)
    assert list(ours) == list(theirs)
    assert len(ours) > 80


def test_the_paths_that_the_simulator_serves_are_accounted_for() -> None:
    """Of iiko's paths: a new list cannot be read without a word about it."""
    served = set(
        re.findall(r"@method\(\s*\"([^\"]+)\"", "".join(p.read_text() for p in (ROOT / "simulator").rglob("*.py")))
    )
    told = {re.sub(r"\{\w+\}", "*", path.split("`")[1]) for path in rows(PATHS[0])}
    assert served
    assert {path for path in served if "/" in path} <= told, served - told
