"""A client of iiko's API that knows nothing but HTTP, and what the simulator's tests compare."""

from __future__ import annotations

import datetime
import hashlib
import json
import typing as t
from decimal import Decimal

import requests

from simulator import Readings, Simulator

if t.TYPE_CHECKING:
    from collections.abc import Iterable

Row = dict[str, t.Any]
LAST_DAY = datetime.date(2026, 5, 17)
FIGURES = {
    "dish_sum": "DishSumInt",
    "discount_sum": "DiscountSum",
    "increase_sum": "IncreaseSum",
    "dish_discount_sum": "DishDiscountSumInt",
    "vat_sum": "VAT.Sum",
    "dish_return_sum": "DishReturnSum",
    "dish_amount": "DishAmountInt",
    "product_cost": "ProductCostBase.ProductCost",
    "receipts": "UniqOrderId",
    "orders": "UniqOrderId.OrdersCount",
    "guests": "GuestNum",
    "lines": "OrderItems",
}
SUMMED = {
    *FIGURES.values(),
    "PayableAmountInt",
    "DishDiscountSumInt.withoutVAT",
    "ItemSaleEventDiscountType.DiscountAmount",
    "fullSum",
    "discountWithoutVAT",
    "sumAfterDiscountWithoutVAT",
    "DishReturnSum.withoutVAT",
    "IncentiveSumBase.Sum",
    *(f"LocalTax{number}.Sum" for number in range(1, 6)),
}
COUNTS = {"receipts", "orders", "guests", "lines"}
KEY = ("OpenDate.Typed", "Department.Id", "UniqOrderId.Id")
NEARLY = Decimal("0.0001")


class Iiko:
    """A user of the API."""

    def __init__(self, sim: Simulator, password: str = "demo-password") -> None:
        self.sim = sim
        self.http = requests.Session()
        self.login = {"login": "demo", "pass": hashlib.sha1(password.encode()).hexdigest()}

    def __enter__(self) -> t.Self:
        assert self.post("auth", data=self.login).status_code == 200
        return self

    def __exit__(self, *_: object) -> None:
        self.post("logout")
        self.http.close()

    def get(self, path: str, **params: t.Any) -> requests.Response:
        return self.http.get(f"{self.sim.url}/resto/api/{path}", params=params, timeout=20)

    def post(self, path: str, **content: t.Any) -> requests.Response:
        return self.http.post(f"{self.sim.url}/resto/api/{path}", timeout=content.pop("timeout", 20), **content)

    def json(self, path: str, **params: t.Any) -> t.Any:
        answer = self.get(path, **params)
        assert answer.status_code == 200, answer.text
        return json.loads(answer.content, parse_float=Decimal)

    def body(self, groups: Iterable[str], sums: Iterable[str], dates: t.Any = None, **filters: t.Any) -> Row:
        first, after = self.sim.first_day, self.sim.last_day + datetime.timedelta(days=1)
        return {
            "reportType": "SALES",
            "buildSummary": False,
            "groupByRowFields": list(groups),
            "aggregateFields": list(sums),
            "filters": {"OpenDate.Typed": dates or days_of(first, after), **filters},
        }

    def olap(self, body: Row) -> requests.Response:
        return self.post("v2/reports/olap", json=body)

    def rows(self, groups: Iterable[str], sums: Iterable[str] = ("DishSumInt",), **more: t.Any) -> list[Row]:
        answer = self.olap(self.body(groups, sums, more.pop("dates", None), **more))
        assert answer.status_code == 200, answer.text
        found: list[Row] = json.loads(answer.content, parse_float=Decimal)["data"]
        return found

    def refusal(self, **changes: t.Any) -> tuple[int, str]:
        answer = self.olap(self.body(["OpenDate.Typed"], ["DishSumInt"]) | changes)
        return answer.status_code, answer.text


def days_of(first: t.Any, after: t.Any, **more: t.Any) -> Row:
    return {"filterType": "DateRange", "periodType": "CUSTOM", "from": str(first), "to": str(after), **more}


def values(*wanted: t.Any, kind: str = "IncludeValues") -> Row:
    return {"filterType": kind, "values": list(wanted)}


def same(shown: t.Any, true: t.Any) -> bool:
    if isinstance(true, (Decimal, int)) and isinstance(shown, (Decimal, int)):
        return abs(Decimal(shown) - Decimal(true)) <= NEARLY
    return type(shown) is type(true) and shown == true if shown or true else True


def figures(sim: Simulator) -> dict[tuple[str, str], Row]:
    return {
        (row["business_date"], row["department_id"]): {name: row[name] for name in FIGURES} for row in sim.books.days()
    }


def assert_days_are_true(iiko: Iiko) -> None:
    shown = {(row[KEY[0]], row[KEY[1]]): row for row in iiko.rows(KEY[:2], FIGURES.values())}
    true = figures(iiko.sim)
    assert set(shown) == set(true)
    for key, day in true.items():
        for column, name in FIGURES.items():
            assert Decimal(shown[key][name] or 0) == day[column], (key, name)


def with_readings(**readings: t.Any) -> Simulator:
    return Simulator(
        seed=5, departments=2, days=5, receipts_per_day=12, last_day=LAST_DAY, readings=Readings(**readings)
    )
