"""The simulator tells the truth: every answer against its own books, by a client that knows nothing but HTTP."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
import typing as t
from collections import Counter, defaultdict
from decimal import Decimal

import pytest

from simulator import Simulator
from support.api_user import (
    COUNTS,
    FIGURES,
    KEY,
    LAST_DAY,
    NEARLY,
    SUMMED,
    Iiko,
    Row,
    assert_days_are_true,
    days_of,
    figures,
    same,
    values,
    with_readings,
)
from support.paths import ROOT

if t.TYPE_CHECKING:
    from collections.abc import Iterator

GRAINS = {
    "receipts": KEY,
    "receipt_items": (*KEY, "ItemSaleEvent.Id", "DishId"),
    "receipt_payments": (*KEY, "PayTypes.GUID", "PaymentTransaction.Id"),
    "receipt_item_discounts": (*KEY, "ItemSaleEvent.Id", "DishId", "ItemSaleEventDiscountType"),
    "sales": (*KEY[:2], "DishId", "DishSize.Id", "DeletedWithWriteoff", "OrderDeleted", "Storned"),
}
MONEY = ("DishAmountInt", "DishSumInt", "DishDiscountSumInt", "DishReturnSum")


@pytest.fixture(scope="module")
def iiko() -> Iterator[Iiko]:
    """A group that nobody changes, large enough to have every oddity."""
    sim = Simulator(seed=5, departments=4, days=16, receipts_per_day=40, last_day=LAST_DAY, fields=285)
    with sim, Iiko(sim) as user:
        yield user


@pytest.fixture
def changing() -> Iterator[Iiko]:
    """A small group that may be changed."""
    sim = Simulator(seed=5, departments=2, days=5, receipts_per_day=20, last_day=LAST_DAY)
    with sim, Iiko(sim) as user:
        yield user


# Reports are the books


def test_days_add_up(iiko: Iiko) -> None:
    assert_days_are_true(iiko)


@pytest.mark.parametrize("table", GRAINS)
def test_a_grain_is_the_books(iiko: Iiko, table: str) -> None:
    true = iiko.sim.books.rows(table)
    groups = [name for name in true[0] if name not in SUMMED]
    sums = [name for name in true[0] if name in SUMMED]
    rows = iiko.rows(groups, sums)
    keyed = {tuple(row[name] for name in GRAINS[table]): row for row in rows}
    assert len(keyed) == len(rows) == len(true)
    for each in true:
        row = keyed[tuple(each[name] for name in GRAINS[table])]
        assert [name for name, value in each.items() if not same(row[name], value)] == [], (row, each)
    totals: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        for name in sums:
            totals[row[KEY[0]], row[KEY[1]], name] += Decimal(row[name] or 0)
    for key, day in figures(iiko.sim).items():
        for column, name in FIGURES.items():
            additive = name in sums and (column not in COUNTS or table == "receipts" or column == "lines")
            if additive:
                assert abs(totals[*key, name] - day[column]) <= NEARLY, (table, key, name)


def test_what_a_simulator_announces_is_what_its_tables_hold() -> None:
    """``make demo`` shows both figures to people who compare them."""
    options = ("--departments", "2", "--days", "30", "--receipts", "10", "--last-day", LAST_DAY.isoformat())
    command = [sys.executable, "-m", "simulator", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        process.terminate()
    with Simulator(departments=2, days=30, receipts_per_day=10, last_day=LAST_DAY) as sim:
        rows = {table: sim.books.rows(table) for table in ("receipts", "receipt_items")}
        assert any(order.id is None for order in sim.ledger.visible()), "there are sales without an order"
    assert (said["receipts"], said["lines"]) == tuple(map(len, rows.values()))


def test_the_business_has_what_real_ones_have(iiko: Iiko) -> None:
    orders, lines = iiko.sim.books.rows("receipts"), iiko.sim.books.rows("receipt_items")
    by_id = {row["UniqOrderId.Id"]: row for row in orders}
    assert any(row["CloseTime"][:10] > row["OpenDate.Typed"] for row in orders), "sales after midnight"
    assert None in by_id, "a sales document without an order"
    numbers = Counter(row["OrderNum"] for row in orders)
    assert max(numbers.values()) > 10, "order numbers repeat"
    assert {row["OrderDeleted"] for row in orders} == {"DELETED", "NOT_DELETED"}
    assert len({row["DeletedWithWriteoff"] for row in lines}) == 3
    assert {row["FiscalChequeNumber"] for row in orders if row["OrderDeleted"] == "DELETED"} == {None}
    assert any(row["DishAmountInt"] % 1 for row in lines)
    assert any(row["SoldWithItem.Id"] for row in lines)
    assert all(row["ProductCostBase.ProductCost"] is None for row in lines if row[KEY[0]] == LAST_DAY.isoformat())
    assert all(row["ProductCostBase.ProductCost"] is not None for row in lines if row[KEY[0]] != LAST_DAY.isoformat())
    for row in lines:
        if row["DeletedWithWriteoff"] != "NOT_DELETED":
            assert (row["DiscountSum"], row["VAT.Sum"], row["DishDiscountSumInt"]) == (0, 0, 0)
            assert row["DishSumInt"] * row["DishAmountInt"] >= 0
    assert any(row["OpenTime"][19:] for row in orders) is False
    assert any(row["CloseTime"][19:] for row in orders) is True
    assert {type(row["FiscalChequeNumber"]) for row in orders} == {str, int, list, type(None)}
    assert any(isinstance(row["TableNum"], str) for row in orders)
    assert {row["Banquet"] for row in orders} >= {"FALSE", "UNKNOWN"}
    paid = [row for row in lines if row["DishDiscountSumInt"] > 0]
    gaps = [row["DishSumInt"] - row["DiscountSum"] + row["IncreaseSum"] - row["DishDiscountSumInt"] for row in paid]
    assert 0 < sum(gap != 0 for gap in gaps) < len(paid) / 10, "gross less discount is not always the revenue"


def test_a_refund_has_two_forms(iiko: Iiko) -> None:
    """Inside the order on the day of the sale, later an order of its own (API reference 5.3)."""
    orders = {row[KEY[2]]: row for row in iiko.sim.books.rows("receipts")}
    lines: defaultdict[str, list[Row]] = defaultdict(list)
    for row in iiko.rows([*KEY, "ItemSaleEvent.Id", "Storned", "SourceOrderId", "DeletedWithWriteoff"], MONEY):
        if row["Storned"] == "TRUE":
            lines[row[KEY[2]]].append(row)
    later = {key for key, rows in lines.items() if rows[0]["SourceOrderId"]}
    assert 0 < len(later) < len(lines)
    for key in later:
        source = orders[lines[key][0]["SourceOrderId"]]
        assert (source[KEY[0]] < orders[key][KEY[0]], source["Storned"]) == (True, "FALSE")
        assert orders[key]["DishReturnSum"] == source["DishDiscountSumInt"] > 0
        for row in lines[key]:
            assert (row["DeletedWithWriteoff"], row["DishDiscountSumInt"]) == ("DELETED_WITH_WRITEOFF", 0)
            assert -1 <= row["DishAmountInt"] < 0
            assert row["DishSumInt"] <= 0 <= row["DishReturnSum"]
    for key in set(lines) - later:
        living = [row for row in lines[key] if row["DeletedWithWriteoff"] == "NOT_DELETED"]
        for name in ("DishAmountInt", "DishSumInt", "DishDiscountSumInt"):
            assert sum(row[name] for row in living) == 0
        back = [row for row in living if row["DishAmountInt"] < 0]
        assert len(back) * 2 == len(living)
        assert all(row["DishReturnSum"] == -row["DishDiscountSumInt"] for row in back)
        assert sum(row["DishReturnSum"] for row in living) == sum(row["DishReturnSum"] for row in back) > 0


def net(row: Row) -> Decimal:
    """The line rule of API reference 5.3."""
    if row["DishReturnSum"] and not row["DishDiscountSumInt"]:
        return -abs(Decimal(row["DishReturnSum"]))
    living = row["OrderDeleted"] == row["DeletedWithWriteoff"] == "NOT_DELETED"
    return Decimal(row["DishDiscountSumInt"]) if living else Decimal(0)


@pytest.mark.parametrize("refunds", ["live", "negative", "zero"])
def test_net_revenue_by_line_is_what_was_taken_in(refunds: t.Any) -> None:
    """Whatever a refund looks like: the books count takings from the orders, not from the rows of a report."""
    with with_readings(refunds=refunds) as sim, Iiko(sim) as user:
        for back in range(4):
            day = LAST_DAY - datetime.timedelta(days=back)
            sim.business.refund(day=day, on_day=day)
            sim.business.refund(day=day - datetime.timedelta(days=1), on_day=day)
            sim.business.delete_line(day=day)
        sums: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
        names = [*KEY, "ItemSaleEvent.Id", "DishId", "OrderDeleted", "DeletedWithWriteoff"]
        for row in user.rows(names, MONEY):
            sums[row[KEY[0]], row[KEY[1]]] += net(row)
        true = {(day["business_date"], day["department_id"]): day["net_revenue"] for day in sim.books.days()}
        assert {key: round(value, 2) for key, value in sums.items()} == true
        assert true == {key: day["net_revenue"] for key, day in sim.books.office.days().items()}


def test_payments_share_the_money_of_their_order(iiko: Iiko) -> None:
    split: defaultdict[str | None, list[Row]] = defaultdict(list)
    for row in iiko.rows([*KEY, "PaymentTransaction.Id", "ItemSaleEvent.Id"], ["DishDiscountSumInt", "DishAmountInt"]):
        split[row["ItemSaleEvent.Id"]].append(row)
    whole = {row["ItemSaleEvent.Id"]: row for row in iiko.sim.books.rows("receipt_items")}
    assert any(len(parts) > 1 for parts in split.values())
    for item, parts in split.items():
        if item:
            for name in ("DishDiscountSumInt", "DishAmountInt"):
                assert abs(sum(row[name] for row in parts) - whole[item][name]) <= NEARLY


def test_discounts_of_a_line_are_rows_of_their_own(iiko: Iiko) -> None:
    rows = iiko.rows(["ItemSaleEvent.Id", "ItemSaleEventDiscountType"], ["DiscountSum", "DishSumInt"])
    kinds = Counter(row["ItemSaleEvent.Id"] for row in rows if row["ItemSaleEvent.Id"])
    assert set(kinds.values()) >= {1, 2}
    combos = {row["ItemSaleEventDiscountType.ComboName"] for row in iiko.rows(["ItemSaleEventDiscountType.ComboName"])}
    assert combos == {None, "Кофе и десерт"}
    total = sum(day["discount_sum"] for day in figures(iiko.sim).values())
    assert abs(sum(Decimal(row["DiscountSum"]) for row in rows) - total) <= NEARLY


def test_rows_are_distinct_combinations_in_alphabetical_keys(iiko: Iiko) -> None:
    for groups in (["ItemSaleEvent.Id", *KEY], ["Storned"], ["PayTypes", "HourOpen"], ["Mounth", "DayOfWeekOpen"]):
        rows = iiko.rows(groups)
        assert len({tuple(row[name] for name in groups) for row in rows}) == len(rows)
        assert all(list(row) == sorted(row) for row in rows)
    assert {row["OpenDate"] for row in iiko.rows(["OpenDate"])} >= {"2026.05.17"}
    assert {row["Mounth"] for row in iiko.rows(["Mounth"])} == {"05 (Май)"}


def test_column_fields_are_keys_like_the_others(iiko: Iiko) -> None:
    body = iiko.body(["OpenDate.Typed"], ["DishSumInt"])
    flat = iiko.olap(body | {"groupByColFields": ["Storned"]}).json()["data"]
    both = iiko.olap(iiko.body(["OpenDate.Typed", "Storned"], ["DishSumInt"])).json()["data"]
    assert sorted(flat, key=str) == sorted(both, key=str)


def test_order_level_counts_overcount_by_dish(iiko: Iiko) -> None:
    true = sum(day["orders"] for day in figures(iiko.sim).values())
    assert iiko.rows([], ["UniqOrderId.OrdersCount"]) == [{"UniqOrderId.OrdersCount": true}]
    assert (
        sum(row["UniqOrderId.OrdersCount"] for row in iiko.rows(["DishCategory"], ["UniqOrderId.OrdersCount"])) > true
    )


def test_deliveries_are_the_delivery_orders(iiko: Iiko) -> None:
    body = iiko.body(["UniqOrderId.Id"], ["DishSumInt"]) | {"reportType": "DELIVERIES"}
    found = {row["UniqOrderId.Id"] for row in iiko.olap(body).json()["data"]}
    orders = iiko.sim.books.rows("receipts")
    assert found == {row["UniqOrderId.Id"] for row in orders if row["Delivery.IsDelivery"] == "DELIVERY_ORDER"} != set()


def test_a_repeated_request_costs_no_new_report(changing: Iiko) -> None:
    body = changing.body(["OpenDate.Typed"], ["DishSumInt"])
    first, again = changing.olap(body).content, changing.olap(body).content
    olap, raw = changing.sim.olap, json.dumps(body).encode()
    request = olap.read(raw, LAST_DAY)
    assert olap.answer(raw, request)[0] is olap.answer(raw, request)[0]
    changing.sim.business.sell()
    assert first == again != changing.olap(body).content


# Filters, dates, refusals


def test_ranges_are_half_open(iiko: Iiko) -> None:
    def days(*ends: t.Any, **more: t.Any) -> set[str]:
        return {row["OpenDate.Typed"] for row in iiko.rows(["OpenDate.Typed"], dates=days_of(*ends, **more))}

    assert days("2026-05-04", "2026-05-06") == {"2026-05-04", "2026-05-05"}
    assert days("2026-05-04T00:00:00.000", "2026-05-05T00:00:00.000") == {"2026-05-04"}
    assert days("2026-05-04", "2026-05-04") == set()
    assert days("2026-05-04", "2026-05-04", includeHigh=True) == {"2026-05-04"}
    assert days("2026-05-04", "2026-05-06", includeLow=False, includeHigh=True) == {"2026-05-05", "2026-05-06"}
    assert days("2000-01-01", "2000-01-01", periodType="YESTERDAY") == {"2026-05-16"}
    assert days("2000-01-01", "", periodType="LAST_WEEK") == {f"2026-05-{day:02}" for day in range(4, 11)}
    assert len(days("2000-01-01", "", periodType="OPEN_PERIOD")) == 16
    old = iiko.body(["OpenDate.Typed"], ["DishSumInt"]) | {"filters": {"OpenDate": days_of("2026-05-04", "2026-05-05")}}
    assert [row["OpenDate.Typed"] for row in iiko.olap(old).json()["data"]] == ["2026-05-04"]


def test_filters_choose_rows(iiko: Iiko) -> None:
    department = iiko.sim.books.days()[0]["department_id"]
    chosen = iiko.rows(["Department.Id"], **{"Department.Id": values(department)})
    assert [row["Department.Id"] for row in chosen] == [department]
    others = iiko.rows(["Department.Id"], **{"Department.Id": values(department, kind="ExcludeValues")})
    assert len(others) == 3
    (without,) = iiko.rows(["UniqOrderId.Id"], **{"UniqOrderId.Id": values(None)})
    assert without["UniqOrderId.Id"] is None
    evening = {
        "filterType": "DateRange",
        "periodType": "CUSTOM",
        "from": "2026-05-04T20:00:00",
        "to": "2026-05-04T21:00:00",
    }
    found = iiko.rows(["OpenTime", "UniqOrderId.Id"], OpenTime=evening)
    opened = [row["OpenTime"] for row in iiko.sim.books.rows("receipts")]
    true = sorted(each for each in opened if "2026-05-04T20" <= each < "2026-05-04T21")
    assert sorted(row["OpenTime"] for row in found) == true != []
    few = iiko.rows(["OrderNum"], OrderNum={"filterType": "Range", "from": 2, "to": 4})
    assert {row["OrderNum"] for row in few} == {2, 3}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"groupByRowFields": ["Department.Name"]}, "Unknown OLAP field 'Department.Name'"),
        ({"aggregateFields": ["DishAmount"]}, "Unknown OLAP field 'DishAmount'"),
        ({"filters": {"Nothing": values(1), "OpenDate.Typed": days_of(1, 2)}}, "Unknown OLAP field 'Nothing'"),
        ({"groupByRowFields": ["DishSumInt"]}, "'DishSumInt'"),
        ({"aggregateFields": ["DishName"]}, "'DishName'"),
        ({"aggregateFields": []}, "aggregateFields"),
        ({"groupByRowFields": None}, "groupByRowFields"),
        ({"filters": {}}, "OpenDate.Typed"),
        ({"filters": {"OpenTime": days_of("2026-05-04", "2026-05-05")}}, "OpenDate.Typed"),
        ({"filters": {"OpenDate.Typed": days_of("04.05.2026", "2026-05-05")}}, "Wrong date format: 04.05.2026"),
        ({"filters": {"OpenDate.Typed": days_of("2026-05-04", "", periodType="THIS_WEEK")}}, "THIS_WEEK"),
        ({"filters": {"OpenDate.Typed": {"filterType": "DateRange", "periodType": "TODAY"}}}, "'from'"),
        (
            {"filters": {"OpenDate.Typed": days_of("2026-05-04", "2026-05-05"), "DiscountSum": values(1)}},
            "Filtering is not allowed for field 'DiscountSum'",
        ),
        (
            {"filters": {"OpenDate.Typed": days_of("2026-05-04", "2026-05-05"), "DishName": {"filterType": "Range"}}},
            "'DishName'",
        ),
        ({"reportType": "RECEIPTS"}, "RECEIPTS"),
    ],
)
def test_a_wrong_request_is_refused_by_name(iiko: Iiko, changes: Row, words: str) -> None:
    status, message = iiko.refusal(**changes)
    assert status == 400
    assert words in message


def test_a_report_needs_json_and_post(iiko: Iiko) -> None:
    assert iiko.post("v2/reports/olap", data="{}").status_code == 415
    assert iiko.post("v2/reports/olap", data="{", headers={"Content-Type": "application/json"}).status_code == 400
    assert iiko.get("v2/reports/olap").status_code == iiko.post("corporation/stores").status_code == 405


def test_the_summary_has_the_total_and_each_prefix(iiko: Iiko) -> None:
    body = iiko.body(["Department.Id", "OpenDate.Typed"], ["DishSumInt"])
    assert iiko.olap(body | {"buildSummary": "false"}).json()["summary"] == []
    pairs = json.loads(iiko.olap(body | {"buildSummary": "true"}).content, parse_float=Decimal)["summary"]
    true: Counter[str] = Counter()
    for (_, department), day in figures(iiko.sim).items():
        true[department] += day["dish_sum"]
    assert pairs[0] == [{}, {"DishSumInt": sum(true.values())}]
    assert {key["Department.Id"]: sums["DishSumInt"] for key, sums in pairs[1:]} == true


@pytest.mark.parametrize(("version", "built"), [("9.1.2.0", False), ("9.1.1.9", True)])
def test_the_version_decides_about_the_summary(version: str, *, built: bool) -> None:
    with Simulator(departments=1, days=2, receipts_per_day=3, version=version) as sim, Iiko(sim) as user:
        body = user.body(["Storned"], ["DishSumInt"])
        del body["buildSummary"]
        assert bool(user.olap(body).json()["summary"]) is built


# One business, another, and a clone


def test_the_same_seed_is_the_same_business_and_a_clone_another() -> None:
    def make(seed: int, clone_of: Simulator | None = None) -> Simulator:
        return Simulator(seed, 2, 4, 10, last_day=LAST_DAY, clone_of=clone_of)

    one, twin, other = make(1), make(1), make(2)
    clone = make(1, one)
    for table in one.books.tables:
        assert one.books.rows(table) == twin.books.rows(table)
    assert one.books.days() == twin.books.days() != other.books.days()
    ids = {table: {row["id"] for row in one.books.rows(table)} for table in ("products", "departments", "stores")}
    for table, known in ids.items():
        assert {row["id"] for row in clone.books.rows(table)} == known
        assert known.isdisjoint(row["id"] for row in other.books.rows(table))
    assert {row["UniqOrderId.Id"] for row in clone.books.rows("receipts")} & {
        row["UniqOrderId.Id"] for row in one.books.rows("receipts")
    }
    assert all(a["dish_sum"] != b["dish_sum"] for a, b in zip(one.books.days(), clone.books.days(), strict=True))
