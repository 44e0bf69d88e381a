"""Changes on demand: which figures of which days they move, and that no other does."""

from __future__ import annotations

import datetime
import typing as t
from collections import Counter
from decimal import Decimal

import pytest

from simulator import Simulator
from simulator.world.business import KINDS
from support.api_user import FIGURES, KEY, LAST_DAY, Iiko, assert_days_are_true, figures, values

if t.TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def changing() -> Iterator[Iiko]:
    """A small group that may be changed."""
    sim = Simulator(seed=5, departments=2, days=5, receipts_per_day=20, last_day=LAST_DAY)
    with sim, Iiko(sim) as user:
        yield user


SALE = "receipts+ orders+ guests+ lines+ dish_sum+ dish_discount_sum+ vat_sum+ dish_amount+"
CHANGES: dict[str, tuple[str, str, dict[str, t.Any]]] = {
    "sell": (SALE, "discount_sum increase_sum", {"count": 3}),
    "refund": (
        "receipts+ guests+ lines+ dish_sum- dish_amount- dish_return_sum+",
        "",
        {},
    ),
    "delete_order": ("orders- vat_sum- product_cost-", "discount_sum increase_sum dish_discount_sum", {}),
    "delete_line": ("vat_sum-", "product_cost discount_sum increase_sum dish_discount_sum", {}),
    "correct_payment": ("", "", {}),
    "change_cost": ("product_cost+", "", {"factor": 1.5}),
    "post_cost": ("product_cost+", "", {}),
    "lose_order": (
        SALE.replace("+", "-") + " product_cost-",
        "discount_sum increase_sum",
        {},
    ),
    "rename_dish": ("", "", {}),
    "change_waiter": ("", "", {"department": "1"}),
    "hold_back": (
        SALE.replace("+", "-") + " product_cost-",
        "discount_sum increase_sum dish_return_sum",
        {"department": "1"},
    ),
    "deliver_late": (SALE + " product_cost+", "discount_sum increase_sum dish_return_sum", {"department": "1"}),
    "change_guests": ("guests+", "", {}),
    "add_surcharge": ("increase_sum+ dish_discount_sum+ vat_sum+", "", {}),
    "change_vat": ("vat_sum-", "", {}),
    "next_day": (SALE + " product_cost+", "discount_sum increase_sum dish_return_sum", {}),
}
UNSEEN = {
    "correct_payment": [*KEY, "PayTypes.GUID"],
    "rename_dish": ["DishId", "DishName"],
    "change_waiter": ["UniqOrderId.Id", "OrderWaiter.Id", "WaiterName.ID"],
}
"""What shows a change that moves no total of a day."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_change_moves_what_it_should(changing: Iiko, kind: str) -> None:
    must, may, options = CHANGES[kind]
    sim, signs = changing.sim, {word[:-1]: word[-1] for word in must.split()}
    if kind == "deliver_late":
        sim.business.hold_back(**options)
    before, revision = figures(sim), sim.ledger.revision
    shown = sorted(changing.rows(UNSEEN.get(kind, KEY)), key=str)
    touched = sim.business.do(kind, **options)
    after = figures(sim)
    assert sim.ledger.revision > revision
    nothing = dict.fromkeys(FIGURES, Decimal(0))
    moved: Counter[str] = Counter()
    for key in {*before, *after}:
        for name in FIGURES:
            change = after.get(key, nothing)[name] - before.get(key, nothing)[name]
            if change:
                assert key[0] in touched["days"], (key, name)
                assert key[1] in touched.get("departments", [key[1]]), (key, name)
                moved[name] += change
    assert set(signs) <= set(moved) <= {*signs, *may.split()}
    assert {name: "+" if moved[name] > 0 else "-" for name in signs} == signs
    assert_days_are_true(changing)
    if kind not in {
        "change_guests",
        "post_cost",
        "change_cost",
        "change_vat",
        "add_surcharge",
        "delete_line",
        "delete_order",
    }:
        assert sorted(changing.rows(UNSEEN.get(kind, KEY)), key=str) != shown


def test_every_change_is_in_the_table() -> None:
    assert list(CHANGES) == list(KINDS)


def test_held_back_days_come_back_as_they_were(changing: Iiko) -> None:
    before = figures(changing.sim)
    changing.sim.business.hold_back(department="2", day="2026-05-14")
    assert len(figures(changing.sim)) == len(before) - 1
    changing.sim.business.deliver_late(department="2", day="2026-05-14")
    assert figures(changing.sim) == before


def test_another_waiter_has_the_order_and_its_lines(changing: Iiko) -> None:
    touched = changing.sim.business.change_waiter(department="1")
    names = ["UniqOrderId.Id", "OrderWaiter.Id", "WaiterName.ID"]
    (row,) = changing.rows(names, **{"UniqOrderId.Id": values(*touched["orders"])})
    assert (row["OrderWaiter.Id"], row["WaiterName.ID"]) == (touched["waiter"], touched["waiter"])


def test_a_closed_day_gets_its_cost(changing: Iiko) -> None:
    changing.sim.business.next_day()
    assert changing.sim.last_day == LAST_DAY + datetime.timedelta(days=1)
    costs = changing.rows(["OpenDate.Typed"], ["ProductCostBase.ProductCost"])
    assert [row["OpenDate.Typed"] for row in costs if row["ProductCostBase.ProductCost"] is None] == ["2026-05-18"]
