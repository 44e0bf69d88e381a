"""The answer to another question is no answer, even if its sums are right: a cache between may confuse them."""

from __future__ import annotations

import itertools
import typing as t

import pytest

from support.tampering import is_report_of, tamper, with_rows
from support.taps import ZONE, config_for, run_tap
from support.truth import FACTS

if t.TYPE_CHECKING:
    from simulator import Simulator
    from simulator.api.method import Answer, Call


@pytest.mark.parametrize(("asked", "given"), [*itertools.permutations(FACTS, 2)])
def test_the_report_of_another_table(sim: Simulator, asked: str, given: str) -> None:
    stolen: dict[str, bytes] = {}

    def change(call: Call, answer: Answer) -> Answer:
        if is_report_of(call, given):
            stolen["body"] = answer.body
        if is_report_of(call, asked):
            answer.body = stolen.get("body", answer.body)
        return answer

    tamper(sim, change)
    run_tap(config_for(sim, timezone=ZONE, max_window_days=30))  # from here on every report of the other is known
    result = run_tap(config_for(sim, timezone=ZONE, max_window_days=30))
    assert result.code == 1
    assert not [row for row in result.log(asked) if row["status"] in {"loaded", "empty"}]


@pytest.mark.parametrize("field", ["GuestNum", "DishDiscountSumInt", "OrderItems"])
def test_a_sum_that_no_row_has(sim: Simulator, field: str) -> None:
    def change(call: Call, answer: Answer) -> Answer:
        if not is_report_of(call, "receipts"):
            return answer
        return with_rows(answer, lambda rows: [{name: row[name] for name in row if name != field} for row in rows])

    tamper(sim, change)
    result = run_tap(config_for(sim, timezone=ZONE))
    assert result.code == 1
    assert {row["status"] for row in result.log("receipts")} == {"failed"}
