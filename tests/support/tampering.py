"""Answers of the simulator, changed on their way: what only a broken, hostile or very unusual server sends."""

from __future__ import annotations

import json
import typing as t

if t.TYPE_CHECKING:
    from simulator import Simulator
    from simulator.api.method import Answer, Call

Change = t.Callable[["Call", "Answer"], "Answer"]


def tamper(sim: Simulator, change: Change) -> t.Callable[[], None]:
    """Let ``change`` have the last word on every answer.

    Returns:
        What ends it.
    """
    honest = sim.api.answer

    def answer(call: Call) -> Answer:
        return change(call, honest(call))

    def stop() -> None:
        sim.api.answer = honest  # type: ignore[method-assign]

    sim.api.answer = answer  # type: ignore[method-assign]
    return stop


def groups_of(call: Call) -> list[str]:
    """The fields by which a report is asked for; nothing for other requests."""
    return list(json.loads(call.body)["groupByRowFields"]) if call.path.endswith("v2/reports/olap") else []


def is_probe(call: Call) -> bool:
    """Whether iiko's totals are asked for."""
    groups = groups_of(call)
    return "PayTypes.GUID" in groups and "UniqOrderId.Id" not in groups


def is_report_of(call: Call, table: str) -> bool:
    """Whether the lines of a table are asked for."""
    groups = groups_of(call)
    match table:
        case "receipt_items":
            return "ItemSaleEvent.Id" in groups
        case "receipt_payments":
            return "UniqOrderId.Id" in groups and "PayTypes.GUID" in groups
        case "receipts":
            return "UniqOrderId.Id" in groups and not {"ItemSaleEvent.Id", "PayTypes.GUID"} & set(groups)
        case _:
            return "DishId" in groups and "UniqOrderId.Id" not in groups


def with_rows(answer: Answer, change: t.Callable[[list[dict[str, t.Any]]], list[dict[str, t.Any]]]) -> Answer:
    """A report with other rows."""
    document = json.loads(answer.body)
    answer.body = json.dumps({**document, "data": change(document["data"])}, ensure_ascii=False).encode()
    return answer
