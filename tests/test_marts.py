"""The marts in a real PostgreSQL, built by dbt: their figures are the books', and only what has changed is built again.

One story of four servers, of which each books refunds in its own way; every test looks at a chapter of it.
"""

from __future__ import annotations

import datetime
import json
import re
import sys
import typing as t
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal

import psycopg
import pytest

from simulator import Readings, Simulator
from support.databases import into_postgres
from support.mart_books import MartBooks
from support.marts import BY_DAY, MARTS, Dbt, Row, Step, rows_of_mart
from support.meltano_project import MeltanoProject
from support.paths import read
from support.taps import ZONE, config_for, run_tap
from tap_iiko.commands.apply import apply

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from demo.postgres import Postgres

SCHEMA = "marts_story"
ABC_DAYS = 91
SERVERS: dict[str, dict[str, t.Any]] = {
    "live": {},
    "negative": {"readings": Readings(refunds="negative", deleted_revenue="kept", no_payment="null")},
    "zero": {"readings": Readings(refunds="zero", refund_marks_source=True, exact_net=True, blank="empty")},
    "old": {"fields": 229, "version": "7.6.1.0"},  # no ids of lines
}
DAYS = 14
OLD_DAYS = 9
FACTS = ("receipts", "receipt_items", "receipt_payments", "sales")
CENT = Decimal("0.01")
pytestmark = pytest.mark.skipif(sys.version_info >= (3, 14), reason="dbt-core 1.11 does not start on Python 3.14")
PAGES = ("docs/marts.md", "docs/marts.ru.md")


@dataclass
class Chapter:
    """The marts after a build, the books at that moment, and how the build's steps ended."""

    rows: dict[str, list[Row]]
    books: dict[str, MartBooks]
    steps: dict[str, Step]
    versions: dict[tuple[str, str], str]
    code: int
    said: str

    def written(self) -> int:
        """Rows that the models wrote."""
        return sum(self.steps[mart].rows or 0 for mart in BY_DAY)

    def failed(self) -> dict[str, Step]:
        """The steps that did not go well."""
        return {name: step for name, step in self.steps.items() if step.status not in {"success", "pass"}}


@dataclass
class Story:
    """What happens, and the marts after it."""

    sims: dict[str, Simulator]
    dbt: Dbt
    postgres: Postgres
    folder: Path
    database: psycopg.Connection[t.Any]
    state: t.Any = None
    chapters: dict[str, Chapter] = field(default_factory=dict)

    def day(self, number: int) -> str:
        """A business day, counted from the first."""
        return (self.sims["live"].first_day + datetime.timedelta(days=number)).isoformat()

    @property
    def config(self) -> dict[str, t.Any]:
        """The tap's: only the last day is open."""
        servers = [
            {"server_id": name, **{key: config_for(sim)[key] for key in ("base_url", "login", "password")}}
            for name, sim in self.sims.items()
        ]
        return {"servers": servers, "start_date": self.day(0), "timezone": ZONE, "reread_days": 0}

    def load(self) -> None:
        """The tap and the target, from where they last ended."""
        result = run_tap(self.config, self.state)
        assert result.code == 0
        self.state = result.state
        into_postgres(result.output, self.postgres, SCHEMA, self.folder)

    def build(self, name: str) -> None:
        """dbt build."""
        done = self.dbt.run("build")
        self.remember(name, done.returncode, done.stdout)

    def remember(self, name: str, code: int, said: str) -> None:
        """A chapter is over."""
        self.chapters[name] = Chapter(
            {mart: rows_of_mart(self.database, SCHEMA, mart) for mart in MARTS},
            {server: MartBooks.of(sim, ABC_DAYS) for server, sim in self.sims.items()},
            self.dbt.steps(),
            {
                (server, str(day)): str(version)
                for server, day, version in self.database.execute(
                    f"select server_id, business_date, version from {SCHEMA}_staging.stg_day_versions where has_rows"
                )
            },
            code,
            said,
        )


def let_things_happen(sim: Simulator) -> None:
    """Refunds on the day of the sale and later, of split orders too, and deletions."""
    do, days = sim.business.do, [sim.first_day + datetime.timedelta(days=number) for number in range(6)]
    for day, later in zip(days, days[2:], strict=False):
        do("delete_line", day=day)
        do("refund", day=day, on_day=day)
        do("refund", day=day, on_day=later)
    do("delete_order", day=days[1])


def change_closed_days(story: Story) -> None:
    """Lines and orders of one server; a day of another, which loses all its orders; of the third one restaurant's."""
    live, negative, zero, _ = story.sims.values()
    live.business.delete_line(day=story.day(3))
    live.business.refund(day=story.day(1), on_day=story.day(4))
    live.business.correct_payment(day=story.day(6))
    for sim, day, departments in [
        (negative, story.day(5), negative.ledger.group.departments),
        (zero, story.day(7), zero.ledger.group.departments[:1]),
    ]:
        for department in departments:
            orders = sim.ledger.of(day, department)
            sim.ledger.lost.update(orders)
            sim.ledger.touch(*orders)
            orders.clear()


def damage(story: Story) -> None:
    """A line is deleted by hand; the log and the proof say what they say of bad days, of old and of uncompared ones."""
    run = story.database.execute
    run(
        f"""delete from {SCHEMA}.receipt_items where ctid = (
            select min(ctid) from {SCHEMA}.receipt_items where server_id = 'live' and business_date = %s)""",
        [story.day(2)],
    )
    run(
        f"update {SCHEMA}.reconciliation set proved = false, difference = 7 "
        "where server_id = 'live' and business_date = %s and metric in ('dish_discount_sum', 'vat_sum')",
        [story.day(8)],
    )
    run(f"delete from {SCHEMA}.reconciliation where server_id = 'live' and business_date = %s", [story.day(9)])
    run(
        f"""insert into {SCHEMA}.sync_log (server_id, id, stream, business_date, status, synced_at, message)
            select server_id, gen_random_uuid(), stream, business_date, 'failed', now() at time zone 'UTC', 'no answer'
            from {SCHEMA}.sync_log
            where server_id = 'live' and business_date = any (%s::date[]) and stream = 'sales' and status = 'loaded'""",
        [[story.day(10), story.day(11)]],
    )
    run(
        f"delete from {SCHEMA}.sync_log where server_id = 'live' and business_date = %s and status = 'loaded' "
        "and stream = 'sales'",
        [story.day(11)],
    )
    run(f"delete from {SCHEMA}.reconciliation where server_id = 'zero'")
    run("set session_replication_role = replica")  # a table refuses older rows
    for table in (*FACTS, "reconciliation", "sync_log"):
        run(
            f"update {SCHEMA}.{table} set synced_at = synced_at - interval '91 days' "
            "where server_id = 'old' and business_date < %s",
            [story.day(OLD_DAYS)],
        )
    run("reset session_replication_role")
    apply("prune", story.database, SCHEMA)


@pytest.fixture(scope="module")
def story(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """First load and build by the command of the documentation, late changes, a quiet night, damage."""
    folder = tmp_path_factory.mktemp("story")
    with ExitStack() as stack:
        sims = {
            name: stack.enter_context(Simulator(seed=31 + n, departments=2, days=DAYS, receipts_per_day=12, **options))
            for n, (name, options) in enumerate(SERVERS.items())
        }
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("XDG_STATE_HOME", str(folder))
        database = stack.enter_context(psycopg.connect(postgres.url, autocommit=True))
        project = MeltanoProject(folder / "project")
        dbt = Dbt(postgres, SCHEMA, folder / "project" / ".meltano" / "transform")
        told = Story(sims, dbt, postgres, folder, database)
        for sim in sims.values():
            let_things_happen(sim)
        told.load()
        apply("views", database, SCHEMA)
        done = project.run(
            *("run", "tap-iiko", "target-postgres", "dbt-postgres:build"),
            TAP_IIKO_SERVERS=json.dumps(told.config["servers"]),
            TAP_IIKO_START_DATE=told.day(0),
            TAP_IIKO_TIMEZONE=ZONE,
            **{name: value for name, value in dbt.environment.items() if name.startswith("TARGET_POSTGRES_")},
        )
        told.remember("first", done.returncode, done.stdout)
        change_closed_days(told)
        told.load()
        told.build("changed")
        told.load()
        told.build("quiet")
        damage(told)
        told.build("damaged")
        yield told


@pytest.fixture
def chapter(story: Story, request: pytest.FixtureRequest) -> Chapter:
    """One of the story."""
    return story.chapters[request.param]


good = pytest.mark.parametrize("chapter", ["first", "changed", "quiet"], indirect=True)


def assert_same(chapter: Chapter, mart: str, part: str, *grain: str) -> None:
    """Every figure of every row is that of the books; what the books do not have has no figures."""
    for server, books in chapter.books.items():
        true = getattr(books, part)
        mine = {tuple(row[key] for key in grain): row for row in chapter.rows[mart] if row["server_id"] == server}
        lacking = {key for key in true.keys() - mine.keys() if any(true[key].values())}
        assert not lacking, (server, mart, lacking)
        assert not mine.keys() - true.keys(), (server, mart)
        for key, row in mine.items():
            for name, value in true[key].items():
                place = (server, mart, key, name, row[name], value)
                if isinstance(value, str) or value is None or row[name] is None:
                    assert row[name] == value, place
                else:
                    assert abs(row[name] - value) < CENT / 2, place


@good
def test_a_build_goes_well(chapter: Chapter) -> None:
    assert chapter.code == 0, chapter.said
    assert not chapter.failed()
    assert "\x1b[" not in chapter.said.replace("\x1b[0m", ""), "no escape codes in a log"


@good
def test_sales_daily_is_that_of_the_books(chapter: Chapter) -> None:
    assert_same(chapter, "sales_daily", "daily", "business_date", "department_id")
    compared = {name for books in chapter.books.values() for row in books.daily.values() for name in row}
    grain = {"server_id", "business_date", "department_id", "version", "written"}
    assert compared == chapter.rows["sales_daily"][0].keys() - grain, "every column is compared"


@good
def test_the_other_marts_are_those_of_the_books(chapter: Chapter) -> None:
    day = ("business_date", "department_id")
    assert_same(chapter, "sales_hourly", "hourly", *day, "closing_hour")
    assert_same(chapter, "payment_mix", "payments", *day, "pay_type_id")
    assert_same(chapter, "waiters", "waiters", *day, "waiter_id")
    assert_same(chapter, "dish_abc", "dishes", "department_id", "dish_id")


def test_dishes_have_the_names_of_today(story: Story) -> None:
    first = story.chapters["first"]
    for row in first.rows["dish_abc"]:
        assert row["dish"] == first.books[row["server_id"]].names[row["dish_id"]]
    assert {row["abc_revenue"] for row in first.rows["dish_abc"]} == {"A", "B", "C"}


def days_written(before: Chapter, after: Chapter, mart: str) -> set[tuple[str, str]]:
    """The days of which rows were written since."""
    old = {row["written"] for row in before.rows[mart]}
    return {(row["server_id"], row["business_date"]) for row in after.rows[mart] if row["written"] not in old}


@pytest.mark.parametrize("pair", [("first", "changed"), ("changed", "quiet")])
def test_only_days_of_another_version_are_written_again(story: Story, pair: tuple[str, str]) -> None:
    before, after = (story.chapters[name] for name in pair)
    changed = {day for day, version in after.versions.items() if before.versions.get(day) != version}
    for mart in BY_DAY:
        assert days_written(before, after, mart) == changed
        assert {(row["server_id"], row["business_date"]): row["version"] for row in after.rows[mart]} == after.versions


def test_changed_days_are_those_that_changed_in_iiko(story: Story) -> None:
    first, changed = story.chapters["first"], story.chapters["changed"]
    of_live = {day for server, day in days_written(first, changed, "sales_daily") if server == "live"}
    assert of_live == {story.day(number) for number in (3, 4, 6, DAYS - 1)}


def test_a_day_that_became_empty_is_gone(story: Story) -> None:
    day = ("negative", story.day(5))
    for mart in BY_DAY:
        before, after = (
            {(row["server_id"], row["business_date"]) for row in story.chapters[name].rows[mart]}
            for name in ("first", "changed")
        )
        assert before - after == {day}


def test_a_quiet_night_writes_under_a_tenth(story: Story) -> None:
    first, quiet = story.chapters["first"], story.chapters["quiet"]
    assert 0 < quiet.written() < first.written() / 10
    assert first.written() == sum(len(first.rows[mart]) for mart in BY_DAY)


def test_late_changes_are_those_of_the_tap(story: Story) -> None:
    rows = story.chapters["changed"].rows["late_change_log"]
    (loaded,) = story.database.execute(f"select count(*) from {SCHEMA}.late_changes").fetchone() or (0,)
    assert len(rows) == loaded > 0
    today = datetime.datetime.now(datetime.UTC).date()
    for row in rows:
        assert 0 <= (today - datetime.date.fromisoformat(row["business_date"])).days - row["days_late"] <= 1
        assert row["has_no_value"] is (row["metric"] in {"pay_types", "flags"})
    assert ("live", story.day(6), "pay_types") in {
        (row["server_id"], row["business_date"], row["metric"]) for row in rows
    }


def states(chapter: Chapter) -> dict[tuple[str, str, str], Row]:
    """Of each day of each restaurant."""
    return {(row["server_id"], row["business_date"], row["department_id"]): row for row in chapter.rows["completeness"]}


def test_all_days_are_proved_but_the_open_one(story: Story) -> None:
    found = states(story.chapters["first"])
    expected = {
        (server, story.day(number), department.id): "open" if number == DAYS - 1 else "proved"
        for server, sim in story.sims.items()
        for department in sim.ledger.group.departments
        for number in range(DAYS)
    }
    assert {key: row["state"] for key, row in found.items()} == expected


def test_changed_and_silent_days_are_told(story: Story) -> None:
    found = states(story.chapters["quiet"])
    late = {key[:2] for key, row in found.items() if row["state"] == "late"}
    assert {("live", story.day(number)) for number in (3, 4, 6)} <= late
    silent = {key for key, row in found.items() if row["state"] == "silent"}
    first, _ = story.sims["zero"].ledger.group.departments
    assert silent == {
        ("zero", story.day(7), first.id),
        *(("negative", story.day(5), each.id) for each in story.sims["negative"].ledger.group.departments),
    }


def test_bad_days_are_told_with_their_reason(story: Story) -> None:
    damaged = {key[1:]: row for key, row in states(story.chapters["damaged"]).items() if key[0] == "live"}
    departments = [each.id for each in story.sims["live"].ledger.group.departments]
    for department in departments:
        by_day = {number: damaged[story.day(number), department] for number in range(DAYS)}
        expected = {8: "differs", 9: "unchecked", 10: "stale", 11: "missing", DAYS - 1: "open"}
        assert {number: row["state"] for number, row in by_day.items() if row["state"] not in {"proved", "late"}} == (
            expected
        )
        assert (by_day[8]["metric"], by_day[8]["difference"]) == ("dish_discount_sum", 7)
        assert by_day[8]["probe"] > 0
        assert {by_day[number]["message"] for number in (10, 11)} == {"no answer"}
        assert by_day[10]["noticed_at"]
        assert {row["message"] for number, row in by_day.items() if number not in {10, 11}} == {None}


def test_days_that_nobody_can_compare_are_no_alarm(story: Story) -> None:
    """With reconcile off, and where prune has forgotten the proof."""
    query = f"select count(*) from {SCHEMA}.reconciliation where server_id = 'old' and business_date < %s"
    assert story.database.execute(query, [story.day(OLD_DAYS)]).fetchone() == (0,)
    found = states(story.chapters["damaged"])
    assert {row["state"] for key, row in found.items() if key[0] == "old"} == {"proved", "open"}
    assert {row["state"] for key, row in found.items() if key[0] == "zero"} == {"loaded", "silent", "open"}


def test_a_row_that_was_deleted_by_hand_fails_the_build(story: Story) -> None:
    damaged = story.chapters["damaged"]
    assert damaged.code == 1
    assert {(name, step.status) for name, step in damaged.failed().items()} == {("loaded_rows_are_still_there", "fail")}
    assert "Got 1 result" in damaged.failed()["loaded_rows_are_still_there"].message


def test_without_the_views_the_build_says_what_to_do(postgres: Postgres, tmp_path: Path) -> None:
    dbt = Dbt(postgres, "nothing_here", tmp_path)
    done = dbt.run("build", "--select", "+stg_receipts")
    assert done.returncode == 1
    assert "make_views_has_made" in done.stdout
    assert dbt.steps()["stg_receipts"].status == "skipped"


# What is said of the marts


def test_every_column_is_described_in_both_languages(story: Story) -> None:
    """As in the database, where a tool shows them."""
    nodes = {node["name"]: node for node in story.dbt.manifest()["nodes"].values() if node["resource_type"] == "model"}
    for mart in MARTS:
        told = nodes[mart]["columns"]
        rows = story.database.execute(
            f"select a.attname, col_description(a.attrelid, a.attnum) from pg_attribute a "
            f"where attrelid = '{SCHEMA}_marts.{mart}'::regclass and attnum > 0 and not attisdropped"
        ).fetchall()
        assert [name for name, _ in rows] == list(told)
        for name, comment in rows:
            assert comment == told[name]["description"] != "", f"{mart}.{name}"
            assert re.search("[а-я]|НДС", told[name]["config"]["meta"]["label_ru"]), f"{mart}.{name}"


def queries(page: str) -> list[str]:
    """The SQL of a page."""
    return re.findall(r"```sql\n(.*?)```", read(page), flags=re.DOTALL)


def test_the_queries_of_the_page_run_and_are_the_same_in_both_languages(story: Story) -> None:
    ours, theirs = ([re.sub(r"\s*--.*", "", sql) for sql in queries(page)] for page in PAGES)
    assert ours == theirs
    assert len(ours) >= 3
    for sql in ours:
        for shown, real in (("2026-10-01", story.day(0)), ("2026-10-31", story.day(DAYS))):
            sql = sql.replace(shown, real)  # noqa: PLW2901
        assert story.database.execute(sql.replace("iiko_marts.", f"{SCHEMA}_marts.").encode()).fetchall(), sql


@pytest.mark.parametrize("page", PAGES)
def test_the_page_has_a_row_for_every_mart(page: str) -> None:
    assert re.findall(r"^\| `([a-z_]+)` \|", read(page), flags=re.MULTILINE) == list(MARTS)
