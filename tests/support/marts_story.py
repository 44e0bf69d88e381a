"""A story of four servers, of which each books refunds in its own way: loaded, built by dbt, changed, damaged."""

from __future__ import annotations

import datetime
import json
import typing as t
from contextlib import ExitStack
from dataclasses import dataclass, field

import psycopg
import pytest

from simulator import Readings, Simulator
from support.databases import into_postgres
from support.labour_books import Figures, labour_of
from support.ledger_books import consumption, profits
from support.marts import BY_DAY, MARTS, Dbt, Row, Step, rows_of_mart
from support.meltano_project import MeltanoProject
from support.purchase_books import purchases
from support.sales_books import SalesBooks
from support.taps import ZONE, config_for, run_tap
from tap_iiko.commands.apply import apply
from tap_iiko.report.read import opened
from tap_iiko.report.states import Judge

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from demo.postgres import Postgres
    from support.purchase_books import Figures
    from tap_iiko.report.facts import Dish, LateChange, Sales
    from tap_iiko.report.states import Grid

SCHEMA = "marts_story"
ABC_DAYS = 91
SERVERS: dict[str, dict[str, t.Any]] = {
    "live": {},
    "negative": {
        "readings": Readings(refunds="negative", deleted_revenue="kept", no_payment="null", amount_out="negative")
    },
    "zero": {"readings": Readings(refunds="zero", refund_marks_source=True, exact_net=True, blank="empty")},
    "old": {"fields": 229, "version": "7.6.1.0"},  # no ids of lines
}
DAYS = 14
OLD_DAYS = 9
FACTS = ("receipts", "receipt_items", "receipt_payments", "sales")


@dataclass(frozen=True)
class Page:
    """What the morning page is made of."""

    sales: Sales
    """Of all days."""
    dishes: list[Dish]
    """Of the closed ones."""
    grid: Grid
    late: list[LateChange]


@dataclass
class Chapter:
    """The marts after a build; page and books at that moment, and how the build's steps ended."""

    rows: dict[str, list[Row]]
    books: dict[str, SalesBooks]
    labour: dict[str, Figures]
    """Books of staff time, by server."""
    purchases: dict[str, Figures]
    profits: dict[str, Figures]
    consumption: dict[str, Figures]
    """Those of the books too."""
    page: Page
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
        return self.date(number).isoformat()

    def date(self, number: int) -> datetime.date:
        """The same, to count with."""
        return self.sims["live"].first_day + datetime.timedelta(days=number)

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
        closed = self.date(DAYS - 2)
        self.chapters[name] = Chapter(
            {mart: rows_of_mart(self.database, SCHEMA, mart) for mart in MARTS},
            {server: SalesBooks.of(sim, closed, ABC_DAYS) for server, sim in self.sims.items()},
            {server: labour_of(sim) for server, sim in self.sims.items()},
            {server: purchases(sim) for server, sim in self.sims.items()},
            {server: profits(sim) for server, sim in self.sims.items()},
            {server: consumption(sim) for server, sim in self.sims.items()},
            self.page(),
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

    def page(self) -> Page:
        """By the loader's settings, as ``tap-iiko-report`` reads it."""
        first, closed, last = (self.date(number) for number in (0, DAYS - 2, DAYS - 1))
        now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
        with opened(self.dbt.environment) as database:
            watched = database.watched(now)
            return Page(
                database.sales((first, last), []),
                database.sales((first, closed), []).dishes,
                Judge(watched).grid(),
                watched.late,
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
    for verb in ("add", "move", "unpost", "delete"):
        live.business.do(f"{verb}_incoming_invoice")
    for sim, day, departments in [
        (negative, story.day(5), negative.ledger.group.departments),
        (zero, story.day(7), zero.ledger.group.departments[:1]),
    ]:
        for department in departments:
            orders = sim.ledger.of(day, department)
            sim.ledger.lost.update(orders)
            sim.ledger.touch(*orders)
            orders.clear()


def fail(story: Story, table: str, *days: int, at: str) -> None:
    """Days of a table that had been loaded could not be read again."""
    story.database.execute(
        f"""insert into {SCHEMA}.sync_log (server_id, id, stream, business_date, status, synced_at, message)
            select server_id, gen_random_uuid(), stream, business_date, 'failed', {at}, 'no answer'
            from {SCHEMA}.sync_log
            where server_id = 'live' and business_date = any (%s::date[]) and stream = %s and status = 'loaded'""",
        [[story.day(number) for number in days], table],
    )


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
    fail(story, "sales", 10, 11, at="now() at time zone 'UTC'")
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
    # Of one day the other tables were read after this failure.
    run(
        f"update {SCHEMA}.receipts set synced_at = synced_at - interval '2 minutes' "
        "where server_id = 'live' and business_date = %s",
        [story.day(12)],
    )
    run(
        f"update {SCHEMA}.sync_log set synced_at = synced_at - interval '2 minutes' "
        "where server_id = 'live' and business_date = %s and stream = 'receipts'",
        [story.day(12)],
    )
    fail(story, "receipts", 12, at="synced_at + interval '1 minute'")
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
