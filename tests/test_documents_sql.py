"""Every query of "Why a number differs" in a real PostgreSQL, whatever form refunds have: its figures are the books'.

The books count from the orders themselves (``simulator/office.py``) and look at no flag and no sign of a report.
"""

from __future__ import annotations

import datetime
import json
import re
import subprocess
import typing as t
from collections import Counter, defaultdict
from decimal import Decimal

import psycopg
import pytest
from psycopg.rows import dict_row

from simulator import Readings, Simulator
from simulator.world.trade import refundable
from support.databases import clean_environment
from support.paths import TAP, TARGET_POSTGRES, read
from support.taps import config_for
from tap_iiko.commands.apply import apply

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from demo.postgres import Postgres

PAGES = ("docs/why-numbers-differ.md", "docs/why-numbers-differ.ru.md")
KINDS = {
    "live": Readings(),
    "negative": Readings(refunds="negative", deleted_revenue="kept", no_payment="null", amount_out="negative"),
    "zero": Readings(refunds="zero", refund_marks_source=True, exact_net=True, blank="empty", vat_accounting="apart"),
}
CENT = Decimal("0.01")
Row = dict[str, t.Any]


def queries(page: str) -> dict[int, list[str]]:
    """The SQL of a page by the number of its section."""
    sections = re.split(r"^## (\d+)\. .*$", read(page), flags=re.MULTILINE)[1:]
    return {
        int(number): found
        for number, text in zip(sections[::2], sections[1::2], strict=True)
        if (found := re.findall(r"```sql\n(.*?)```", text, flags=re.DOTALL))
    }


class Loaded:
    """A business and the schema that its tables were loaded into."""

    def __init__(self, sim: Simulator, postgres: Postgres, schema: str, folder: Path) -> None:
        self.sim = sim
        self.postgres = postgres
        self.schema = schema
        self.folder = folder
        self.database = psycopg.connect(postgres.url, autocommit=True, row_factory=dict_row)

    def load(self) -> None:
        """``tap-iiko | target-postgres``, from where the last one ended."""
        target = {**self.postgres.settings, "port": self.postgres.port, "default_target_schema": self.schema}
        state = (self.folder / "state").read_text().splitlines() if (self.folder / "state").exists() else ["{}"]
        for name, content in (("config", config_for(self.sim)), ("target", target), ("before", json.loads(state[-1]))):
            (self.folder / name).write_text(json.dumps(content))
        tap, loader = f"'{TAP}' --config config --state before", f"'{TARGET_POSTGRES}' --config target"
        done = subprocess.run(
            ["/bin/bash", "-o", "pipefail", "-c", f"{tap} | {loader} > state"],
            cwd=self.folder,
            env=clean_environment() | {"PGTZ": "UTC", "XDG_STATE_HOME": str(self.folder)},
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr[-3000:]

    def ask(self, sql: str) -> list[Row]:
        """Run a query of a page over the days of this business."""
        first, last = self.sim.first_day, self.sim.last_day
        dates = {"2026-10-01": first, "2026-10-31": last, "2026-11-01": first}
        assert set(re.findall(r"\d{4}-\d\d-\d\d", sql)) <= set(dates)
        for shown, real in dates.items():
            sql = sql.replace(shown, real.isoformat())
        return self.database.execute(sql.replace("iiko.", f"{self.schema}.").encode()).fetchall()

    def answer(self, section: int, number: int = 0) -> list[Row]:
        """What a query of a page says."""
        return self.ask(queries(PAGES[0])[section][number])


def let_things_happen(sim: Simulator) -> None:
    """Refunds on the day of the sale and later, of split orders too, and deletions."""
    do, days = sim.business.do, [sim.first_day + datetime.timedelta(days=number) for number in range(8)]
    split = [order for order in sim.ledger.visible() if len(order.payments) > 1 and refundable(order)]
    do("refund", order=split[0].id, on_day=split[0].day)
    do("refund", order=split[1].id)
    for day, later in zip(days, days[3:], strict=False):
        do("delete_line", day=day)
        do("refund", day=day, on_day=day)
        do("refund", day=day, on_day=later)
    do("delete_order", day=days[1])


@pytest.fixture(scope="module", params=KINDS)
def loaded(
    request: pytest.FixtureRequest, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Loaded]:
    """A month of a business, loaded, changed, loaded again."""
    folder, kind = tmp_path_factory.mktemp("loaded"), request.param
    with Simulator(seed=21, departments=3, days=12, receipts_per_day=30, readings=KINDS[kind]) as sim:
        let_things_happen(sim)
        found = Loaded(sim, postgres, f"refunds_{kind}", folder)
        found.load()
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            apply("views", connection, found.schema)
        sim.business.refund(day=sim.first_day, on_day=sim.first_day + datetime.timedelta(days=1))
        sim.business.delete_line(day=sim.first_day)
        sim.business.lose_order(day=sim.first_day)
        found.load()
        yield found
        found.database.close()


def totals(rows: Iterable[Row], *keys: str) -> dict[tuple[t.Any, ...], dict[str, Decimal]]:
    """Sums of all figures by some columns."""
    found: defaultdict[tuple[t.Any, ...], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in rows:
        for name, value in row.items():
            if name not in keys:
                found[tuple(str(row[key]) for key in keys)][name] += Decimal(value or 0)
    return {key: dict(sums) for key, sums in found.items()}


def assert_same(mine: t.Mapping[t.Any, t.Mapping[str, Decimal]], true: t.Mapping[t.Any, Row], *columns: str) -> None:
    """The same keys, and the same figures to the kopeck; a key without any figure need not be there."""
    full = {key for key, row in true.items() if any(row[column] for column in columns)}
    assert full <= mine.keys() <= true.keys()
    for key, row in mine.items():
        for column in columns:
            assert abs(row[column] - true[key][column]) < CENT / 2, (key, column)


def days(loaded: Loaded) -> dict[tuple[str, str], Row]:
    """The books by day and name of the department."""
    names = {each.id: each.name for each in loaded.sim.ledger.group.departments}
    return {(day, names[place]): row for (day, place), row in loaded.sim.books.office.days().items()}


def by_day(loaded: Loaded) -> dict[tuple[str, ...], dict[str, Decimal]]:
    """The books by day."""
    return totals(({"day": day, **row} for (day, _), row in days(loaded).items()), "day")


def test_both_languages_have_the_same_queries() -> None:
    def bare(page: str) -> dict[int, list[str]]:
        return {
            number: [re.sub(r"\s*--.*", "", sql).strip() for sql in found] for number, found in queries(page).items()
        }

    assert bare(PAGES[0]) == bare(PAGES[1])
    assert sum(map(len, bare(PAGES[0]).values())) >= 24


EMPTY = {14, 19}
"""Sections about what is wrong, which it need not be."""


@pytest.mark.parametrize("page", PAGES)
def test_every_query_runs(loaded: Loaded, page: str) -> None:
    for section, found in queries(page).items():
        for sql in found:
            assert loaded.ask(sql) or section in EMPTY, sql


def test_revenue_is_what_iikooffice_shows(loaded: Loaded) -> None:
    assert_same(totals(loaded.answer(1), "business_date", "department"), days(loaded), "revenue")


def test_deletions_are_those_of_the_staff(loaded: Loaded) -> None:
    """A refund, whose lines may be flagged in the same way, is none."""
    keys = ("removal_type", "deleted_with_writeoff", "waiter_name")
    true = totals(({**row, "lines": 1} for row in loaded.sim.books.office.deletions()), *keys)
    mine = totals(loaded.answer(1, 1), *keys)
    assert mine.keys() == true.keys()
    assert_same(mine, true, "lines", "lost")
    written_off = sum((row["cost_written_off"] for row in mine.values()), Decimal(0))
    assert abs(written_off - sum((row["cost"] for row in true.values()), Decimal(0))) < CENT


def test_the_forms_of_refunds_are_told(loaded: Loaded) -> None:
    refunds = loaded.sim.books.office.refunds()
    same_day = [row for row in refunds if row["sold_on"] == row["refunded_on"]]
    later = [row for row in refunds if row not in same_day]
    paid = sum(row["paid_back"] for row in refunds)
    found = {row["form"]: (row["refunds"], row["paid_back"], row["taken_off_revenue"]) for row in loaded.answer(2)}
    match loaded.sim.readings.refunds:
        case "live":
            assert {form: row[0] for form, row in found.items()} == {
                "inside the receipt": len(same_day),
                "own receipt, no revenue": len(later),
            }
            assert found["inside the receipt"][1] == found["inside the receipt"][2]
        case "negative":
            assert found == {"own receipt, minus revenue": (len(refunds), paid, paid)}
        case "zero":
            assert found == {"own receipt, no revenue": (len(refunds), paid, 0)}


def test_net_revenue_is_what_was_taken_in(loaded: Loaded) -> None:
    assert_same(totals(loaded.answer(2, 1), "business_date", "department"), days(loaded), "net_revenue")


def test_net_revenue_of_a_server_without_ids_of_lines(postgres: Postgres, tmp_path: Path) -> None:
    """It merges a voided line with its minus line; the page says what to add there."""
    (net,) = (sql for sql in queries(PAGES[0])[2] if "as net_revenue" in sql)
    condition = "and i.deleted_with_writeoff <> 'NOT_DELETED'"
    assert all(f"`{condition}`" in read(page) for page in PAGES)
    with Simulator(seed=21, departments=2, days=8, receipts_per_day=20, fields=229, version="7.6.1.0") as sim:
        let_things_happen(sim)
        old = Loaded(sim, postgres, "old_server", tmp_path)
        old.load()
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            apply("views", connection, old.schema)
        found = old.ask(net.replace(", 0) = 0 then", f", 0) = 0 {condition} then"))
        assert_same(totals(found, "business_date", "department"), days(old), "net_revenue")
        old.database.close()


def test_refunds_stand_beside_their_originals(loaded: Loaded) -> None:
    mine = Counter(
        (str(row["refunded_on"]), str(row["sold_on"]), row["order_num"], round(row["dish_return_sum"], 2))
        for row in loaded.answer(2, 2)
    )
    assert mine == Counter(tuple(row.values()) for row in loaded.sim.books.office.refunds())
    assert len(mine) > 10


def test_meals_on_the_house_are_counted_at_menu_prices(loaded: Loaded) -> None:
    orders = [order for order in loaded.sim.ledger.visible() if not order.deleted and order.payments[0].writeoff_user]
    true = sum(line.sum for order in orders for line in order.lines if line.deleted == "NOT_DELETED")
    found = loaded.answer(3)
    assert sum(row["orders"] for row in found) == len(orders) > 0
    assert abs(sum(row["at_menu_price"] for row in found) * 100 - true) < 1
    assert {row["revenue"] for row in found} == {0}


def test_vat_leaves_no_gap_where_it_is_in_the_price(loaded: Loaded) -> None:
    found = loaded.answer(4)
    assert {row["gap"] for row in found} == {0}
    assert_same(
        {(str(row["business_date"]),): {"revenue": row["with_vat"]} for row in found}, by_day(loaded), "revenue"
    )


def test_discounts_explain_revenue_but_for_what_iiko_does_not_name(loaded: Loaded) -> None:
    found = loaded.answer(5)
    for row in found:
        before = row["before_discount"] - row["discount"] + row["surcharge"]
        assert before == row["after_discount"] + row["closed_without_revenue"] + row["not_named"]
    house = sum(row["at_menu_price"] for row in loaded.answer(3))
    assert abs(sum(row["closed_without_revenue"] for row in found) - house) < CENT
    assert (sum(row["not_named"] for row in found) > 0) is not loaded.sim.readings.exact_net


def test_guests_bills_and_orders_are_those_of_iikooffice(loaded: Loaded) -> None:
    guests, bills = totals(loaded.answer(6), "business_date"), totals(loaded.answer(7), "business_date")
    mine = {
        day: {"guests": row["guests"], "people": row["guests_without_refunds"], **bills[day]}
        for day, row in guests.items()
    }
    assert_same(mine, by_day(loaded), "guests", "people", "bills", "orders")
    by_group = sum(row["revenue"] for row in loaded.answer(7, 1))
    assert abs(by_group - sum(row["revenue"] for row in by_day(loaded).values())) < CENT


def test_payments_share_revenue_and_refunds(loaded: Loaded) -> None:
    true = {(str(kind),): row for kind, row in loaded.sim.books.office.payments().items()}
    unpaid = "(без оплаты)" if loaded.sim.readings.no_payment == "text" else "None"
    true[unpaid,] = true.pop(("None",))
    mine = totals(loaded.answer(10), "pay_type")
    assert_same(mine, true, "before_discount", "revenue", "net_revenue", "bills", "orders")


def test_cost_is_that_of_what_was_sold(loaded: Loaded) -> None:
    lines = [
        line
        for order in loaded.sim.ledger.visible()
        for line in order.lines
        if not order.deleted and line.deleted == "NOT_DELETED"
    ]
    cost = Decimal(sum(line.cost or 0 for line in lines)) / 10**9
    found = loaded.answer(12)
    assert abs(sum(row["cost"] or 0 for row in found) - cost) < CENT
    assert_same({(str(row["business_date"]),): {"revenue": row["revenue"]} for row in found}, by_day(loaded), "revenue")


def test_late_changes_are_told(loaded: Loaded) -> None:
    changed = {(str(row["business_date"]), row["metric"]) for row in loaded.answer(19, 1)}
    first, second = loaded.sim.first_day, loaded.sim.first_day + datetime.timedelta(days=1)
    assert {(first.isoformat(), "flags"), (second.isoformat(), "dish_return_sum")} <= changed
    assert loaded.answer(19) == [], "every day is proved"
    assert sum(row["rows_gone_at_the_source"] for row in loaded.answer(18)) > 0


# Stock and money, by the books of the ledger: they look at documents, orders and people, and at no posting


def test_the_turnover_sheet_leads_from_the_books_opening_to_their_closing(loaded: Loaded) -> None:
    sim = loaded.sim
    products = {product.id: product.name.strip() for product in sim.ledger.menu.products}
    stores = {store.id: store.name for each in sim.ledger.group.departments for store in each.stores}
    true: defaultdict[tuple[str, str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    end = sim.last_day + datetime.timedelta(days=1)
    for name, day in (("opening", sim.first_day), ("closing", end)):
        for row in sim.books.balances("store_balances", f"{day}T00:00:00"):
            for figure in ("amount", "sum"):
                true[stores[row["store"]], products[row["product"]]][f"{figure}_{name}"] += row[figure]
    sign = -1 if sim.readings.amount_out == "negative" else 1
    for row in sim.books.rows("stock_movements"):
        if sim.first_day.isoformat() <= row["DateTime.DateTyped"] < end.isoformat():
            found = true[stores[row["Account.Id"]], products[row["Product.Id"]]]
            found["amount_in"] += row["Amount.In"]
            found["amount_out"] += sign * row["Amount.Out"]
            found["sum_in"] += row["Sum.Incoming"]
            found["sum_out"] += row["Sum.Outgoing"]
    figures = [f"{figure}_{column}" for figure in ("amount", "sum") for column in ("opening", "in", "out", "closing")]
    assert all(any(row[figure] for row in true.values()) for figure in figures)
    assert_same(totals(loaded.answer(20), "store", "product"), true, *figures)


def test_profit_and_loss_is_that_of_the_books(loaded: Loaded) -> None:
    sim = loaded.sim
    first, last = sim.first_day.isoformat(), sim.last_day.isoformat()
    true: defaultdict[tuple[str, str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in sim.books.rows("transactions"):
        if row["Account.Group"] == "INCOME_EXPENSES" and first <= row["DateTime.DateTyped"] <= last:
            found = true[row["DateTime.DateTyped"][:7] + "-01", row["Account.Name"]]
            found["profit"] -= row["Sum.ResignedSum"]
            found["sum"] += row["Sum.ResignedSum"] * (-1 if "INCOME" in row["Account.Type"] else 1)
    rows = loaded.answer(21)
    mine = totals(({**row, "account_type": 0, "code": 0} for row in rows), "month", "account")
    assert_same(mine, true, "profit", "sum")
    takings = sum(row["net_revenue"] for (day,), row in by_day(loaded).items() if day < last)
    sold = sum(
        Decimal(line.sum) / 100
        for invoice in sim.ledger.stock.invoices.outgoing
        if invoice.posted and first <= invoice.day <= last
        for line in invoice.lines
    )
    income = sum(row["sum"] for row in rows if row["account_type"] == "INCOME")
    assert abs(income - takings - sold) < CENT
    assert all(row["sum"] > 0 for row in rows if row["account_type"] in {"INCOME", "EXPENSES"})


def test_food_cost_is_that_of_orders_and_documents(loaded: Loaded) -> None:
    sim, stock = loaded.sim, loaded.sim.ledger.stock
    owners = {store.id: each.name for each in sim.ledger.group.departments for store in each.stores}
    true: defaultdict[tuple[str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for (_, department), row in days(loaded).items():
        true[department,]["revenue"] += row["revenue"]
    for order in sim.ledger.visible():
        for line in order.lines:
            true[owners[line.store.id],]["sold"] += nanos(line.cost)
    for document in stock.writeoffs:
        for item in document.lines if document.posted else ():
            true[owners[document.store],]["written_off"] += nanos(item.cost)
    for act in stock.work.inventories:
        for item in act.lines:
            true[owners[act.store],]["missing"] -= nanos(item.cost)
    for correction in stock.work.corrections:
        true[owners[correction.store],]["corrected"] -= nanos(correction.line.cost)
    figures = ("revenue", "sold", "written_off", "missing", "corrected")
    assert all(any(row[figure] for row in true.values()) for figure in figures)
    mine = totals(loaded.answer(22), "department")
    assert_same(mine, true, *figures)
    for key, row in true.items():
        used = sum(row[figure] for figure in figures[1:])
        assert abs(mine[key]["sold_percent"] - 100 * row["sold"] / row["revenue"]) <= Decimal("0.051")
        assert abs(mine[key]["all_percent"] - 100 * used / row["revenue"]) <= Decimal("0.051")


def nanos(cost: int | None) -> Decimal:
    """A cost of the simulator in the currency."""
    return Decimal(cost or 0) / 10**9
