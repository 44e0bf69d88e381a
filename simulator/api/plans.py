"""Plans of revenue (API reference 3.9.1)."""

from __future__ import annotations

import datetime
import typing as t

from simulator.api import xml_lists
from simulator.api.corporation import xml
from simulator.api.method import method
from simulator.olap.request import Refusal
from simulator.world.units import MONEY

if t.TYPE_CHECKING:
    from simulator.api.method import Answer, Call, Served


def _day(call: Call, name: str) -> datetime.date:
    """Only in the form of the older reports (2.1)."""
    given = call.param(name)
    try:
        return datetime.datetime.strptime(given, "%d.%m.%Y").date()  # noqa: DTZ007 - a date
    except ValueError:
        raise Refusal(400, f"Wrong date format: {given}") from None


@method("reports/monthlyIncomePlan", since=(3, 9))
def income_plan(served: Served, call: Call) -> Answer:
    """The plan of one department; the end belongs to the range."""
    first, last = _day(call, "dateFrom"), _day(call, "dateTo")
    given = call.param("department")
    department = next((each for each in served.ledger.group.departments if each.id == given.lower()), None)
    if department is None:
        raise Refusal(409 if given else 400, f"Подразделение не найдено: {given}")
    rows = [
        {
            "date": each.day.strftime("%d.%m.%Y"),
            "planValue": f"{each.value // MONEY}.{each.value % MONEY:02}0000000",
            "valueType": each.kind,
        }
        for each in served.ledger.plans.of(department)
        if first <= each.day <= last
    ]
    return xml("budgetPlanItemDtoes", [xml_lists.tree("budgetPlanItemDto", row) or "" for row in rows])
