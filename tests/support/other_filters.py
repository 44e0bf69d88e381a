"""The second iiko's filters (API reference 4.3), in plain Python."""

from __future__ import annotations

import typing as t
from decimal import Decimal

Row = t.Mapping[str, t.Any]
Filters = t.Mapping[str, t.Mapping[str, t.Any]]


def lets_through(row: Row, filters: Filters) -> bool:
    """Whether a row is asked for; those of its day are looked at elsewhere."""
    return all(_is_met(row.get(name), condition) for name, condition in filters.items())


def _is_met(value: t.Any, condition: t.Mapping[str, t.Any]) -> bool:
    match condition["filterType"]:
        case "IncludeValues":
            return value in condition["values"]
        case "ExcludeValues":
            return value not in condition["values"]
        case "Range":
            return value is not None and _is_between(Decimal(value), condition)
        case other:
            message = f"no filter {other} here"
            raise ValueError(message)


def _is_between(value: Decimal, condition: t.Mapping[str, t.Any]) -> bool:
    low, high = Decimal(condition["from"]), Decimal(condition["to"])
    is_above = value >= low if condition.get("includeLow", True) else value > low
    is_below = value <= high if condition.get("includeHigh", False) else value < high
    return is_above and is_below
