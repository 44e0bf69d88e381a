"""The OLAP fields that iiko is known to have, from ``olap_fields.csv``: a report is judged before a server is asked.

Columns of the file: ``since`` is the number of SALES fields of the oldest server that has it (API reference, appendix
A); ``adds`` is how an aggregate may be added up; ``traits`` are ``splits`` (a line or order with two values becomes two
rows), ``line`` (tells of a line of an order) and ``personal`` (of a person); ``values`` are those of a closed list.
DELIVERIES has the fields of SALES.
"""

from __future__ import annotations

import csv
import difflib
import functools
import typing as t
from dataclasses import dataclass
from importlib.resources import files

SAME_FIELDS: t.Final = {"DELIVERIES": "SALES"}
DAYS: t.Final = {
    "SALES": "OpenDate.Typed",
    "DELIVERIES": "OpenDate.Typed",
    "TRANSACTIONS": "DateTime.DateTyped",
}
"""The field that holds the business day, by report."""
OLD_NAMES: t.Final = {
    "OpenDate": "OpenDate.Typed",
    "TableNumInt": "TableNum",
    "Delivery.CustomerCreatedDate": "Delivery.CustomerCreatedDateTyped",
    "DateTime": "DateTime.Typed",
    "DateTime.Date": "DateTime.DateTyped",
    "DateTime.OperDayFilter": "DateTime.DateTyped",
    "Amount.StoreInOut": "Amount.StoreInOutTyped",
}
"""Names that reports accept and no directory lists (appendices A and B)."""
SAME_MEANING: t.Final = {
    "OpenDate.Typed": "DateTime.DateTyped",
    "DateTime.DateTyped": "OpenDate.Typed",
    "Department.Id": "Department.Code",
    "DishId": "Product.Id",
    "DishName": "Product.Name",
    "Product.Id": "DishId",
    "Product.Name": "DishName",
    "JurName": "Department.JurPerson",
    "Department.JurPerson": "JurName",
}
"""Fields of one report, and what stands for them in another."""
MOST_GUESSES = 3
SLIP, LIKENESS = 0.85, 0.6  # of two names, as difflib measures it

Additivity = t.Literal["", "sum", "order", "distinct", "ratio", "max", "layout", "balance", "never"]


@dataclass(frozen=True)
class KnownField:
    """A field and what it may be used for."""

    name: str
    type: str
    can_aggregate: bool
    can_group: bool
    can_filter: bool
    since: int
    adds: Additivity
    splits: bool
    is_of_line: bool
    is_personal: bool
    values: tuple[str, ...]
    caption: str


@functools.cache
def known_fields(report: str) -> t.Mapping[str, KnownField]:
    """The fields of a report by name; none of a report that nobody knows."""
    report = SAME_FIELDS.get(report, report)
    text = (files("tap_iiko.iiko") / "olap_fields.csv").read_text(encoding="utf-8")
    return {row["field"]: _field(row) for row in csv.DictReader(text.splitlines()) if row["report"] == report}


def _field(row: t.Mapping[str, str]) -> KnownField:
    traits = row["traits"].split()
    return KnownField(
        name=row["field"],
        type=row["type"],
        can_aggregate="A" in row["flags"],
        can_group="G" in row["flags"],
        can_filter="F" in row["flags"],
        since=int(row["since"]),
        adds=t.cast("Additivity", row["adds"]),
        splits="splits" in traits,
        is_of_line="line" in traits,
        is_personal="personal" in traits,
        values=tuple(row["values"].split()),
        caption=row["caption"],
    )


def no_such_field(name: str, report: str, offered: t.Collection[str]) -> str:
    """The sentence that calls a field unknown, with those of ``offered`` that may be meant."""
    sentence = f"iiko has no field {name!r} in {report}"
    meant = guesses(name, offered)
    return f"{sentence}; did you mean {', '.join(meant)}?" if meant else f"{sentence}."


def guesses(name: str, offered: t.Collection[str]) -> list[str]:
    """What may be meant, the likeliest first: the same name written otherwise, the same thing, names that are alike."""
    by_lower = {each.lower(): each for each in offered}
    sure = [by_lower.get(name.lower(), ""), OLD_NAMES.get(name, ""), SAME_MEANING.get(name, "")]
    found = [each for each in sure if each in offered]
    if found:
        return found
    head = name.lower().partition(".")[0]
    of_one_thing = [each for each in (head, f"{head}.id") if each in by_lower]
    longer = [each for each in by_lower if each.endswith(f".{name.lower()}")]
    found = _alike(name, by_lower, SLIP) or of_one_thing or longer or _alike(name, by_lower, LIKENESS)
    return [by_lower[each] for each in found]


def _alike(name: str, names: t.Iterable[str], least: float) -> list[str]:
    return difflib.get_close_matches(name.lower(), list(names), n=MOST_GUESSES, cutoff=least)
