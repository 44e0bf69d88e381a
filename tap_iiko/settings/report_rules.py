"""What is wrong with a report of a user's own, and what is right and yet means less than it seems: a sentence each.

A field that no list of this version has may be one of a newer server: a remark, and the server decides at load.
"""

from __future__ import annotations

import math
import re
import typing as t
from collections import Counter

from tap_iiko.iiko.olap_fields import DAYS, OLD_NAMES, known_fields, no_such_field
from tap_iiko.settings.report_columns import NAMES_OF_ALL, column_of

if t.TYPE_CHECKING:
    from tap_iiko.iiko.olap_fields import KnownField

Given = t.Mapping[str, t.Any]
LONGEST_NAME = 63  # that PostgreSQL keeps
COLUMN = re.compile(rf"[a-z][a-z0-9_]{{0,{LONGEST_NAME - 1}}}")
TEXT_TYPES: t.Final = {"ENUM", "STRING", "ID", "ID_STRING"}
DATE_TYPES: t.Final = {"DATE", "DATETIME"}
MANY_GROUPS = 20
HEAVY_FILTERS: t.Final = ("DateSecondary.DateTyped", "DateSecondary.DateTimeTyped")
WEAK_NAMES: t.Final = {
    "Department": "Department.Id or Department.Code",
    "RestorauntGroup": "RestorauntGroup.Id",
}
"""Names by which some servers find nothing (API reference 4.3)."""
REVENUE: t.Final = ("OrderDeleted", "DeletedWithWriteoff")
NOT_ADDED: t.Final = {
    "order": "of the whole order, and the same in each of its parts",
    "distinct": "an order counts once in each row, and by month once a month",
    "ratio": "ratios and averages are computed anew",
    "max": "a maximum",
    "balance": "a balance",
}


def filter_of(value: t.Any, field: KnownField | None) -> dict[str, t.Any]:
    """What iiko takes for a filter of the setting: a list, ``{"except": […]}`` or ``{"from": …, "to": …}``."""
    if isinstance(value, list):
        return {"filterType": "IncludeValues", "values": value}
    if "except" in value:
        return {"filterType": "ExcludeValues", "values": value["except"]}
    limits = {"from": value["from"], "to": value["to"], "includeLow": True, "includeHigh": True}
    if field and field.type in DATE_TYPES:
        return {"filterType": "DateRange", "periodType": "CUSTOM", **limits, "includeHigh": field.type == "DATE"}
    return {"filterType": "Range", **limits}


# What is wrong


def mistakes(given: Given, personal_data: str) -> list[str]:
    """Of a report whose values have their types."""
    groups, aggregates = given.get("groups", ()), given.get("aggregates", ())
    asked = (*groups, *aggregates)
    problems = [] if aggregates else ["aggregates is missing: name at least one field to sum, count or average."]
    problems += [
        f"{name!r} stands there twice."
        if name not in groups or name not in aggregates
        else f"{name!r} cannot be a group and an aggregate at once."
        for name, times in Counter(asked).items()
        if times > 1
    ]
    if given["by"] != "day" and DAYS[given["report"]] in groups:
        problems.append(f"by {given['by']}, the day {DAYS[given['report']]} cannot be a group: leave it out.")
    for name in dict.fromkeys(asked):
        problems += field_problems(name, given, as_group=name in groups)
    for name, value in given.get("filters", {}).items():
        problems += filter_problems(name, value, given)
    return [*problems, *_key_problems(given, personal_data), *_column_problems(given, asked)]


def field_problems(name: str, given: Given, *, as_group: bool) -> t.Iterator[str]:
    """Of a group or an aggregate."""
    report = given["report"]
    known = known_fields(report)
    field = known.get(name)
    if field is None:
        if is_surely_wrong(name):
            yield no_such_field(name, report, known)
    elif as_group and not field.can_group:
        yield f"{name!r} cannot be a group in {report}: it is an aggregate."
    elif as_group:
        return
    elif not field.can_aggregate:
        yield f"{name!r} cannot be an aggregate in {report}: it is a group."
    elif field.adds == "layout":
        yield f"{name!r} depends on the layout of a report, which a table has none of: compute it in SQL."
    elif field.adds == "balance" and not given["heavy"]:
        yield (
            f"{name!r} sums the whole ledger and may overload the server: use the table store_balances, "
            'or say "heavy": true.'
        )
    elif field.type == "OBJECT" or field.adds == "never":
        yield f"{name!r} arrives as no number: it cannot be an aggregate."


def is_surely_wrong(name: str) -> bool:
    """Whether a field that a report is not known to have is wrong everywhere: misspelt, out of date, another's."""
    others = {field.lower() for each in DAYS for field in known_fields(each)}
    return name.lower() in others or name in OLD_NAMES


def filter_problems(name: str, value: t.Any, given: Given) -> t.Iterator[str]:
    """Of a filter as the setting spells it."""
    report = given["report"]
    known = known_fields(report)
    field = known.get(name)
    if name == DAYS[report] or OLD_NAMES.get(name) == DAYS[report]:
        yield f"filters: {name!r} is the day, which the tap itself asks for: leave it out."
    elif field is None and is_surely_wrong(name):
        yield f"filters: {no_such_field(name, report, known)}"
    elif field and not field.can_filter:
        yield f"filters: {name!r} cannot be filtered by in {report}."
    elif name in HEAVY_FILTERS and not given["heavy"]:
        yield f'filters: {name!r} has brought a server down: filter in SQL, or say "heavy": true.'
    elif said := _value_problem(value, field):
        yield f"filters: {name!r} {said}."


def _value_problem(value: t.Any, field: KnownField | None) -> str:
    match value:
        case list() | {"except": list()} if isinstance(value, list) or len(value) == 1:
            return _list_problem(value if isinstance(value, list) else value["except"], field)
        case {"from": low, "to": high} if len(value) == 2:  # noqa: PLR2004
            return _range_problem(low, high, field)
        case _:
            return 'must be a list of values, {"except": […]} or {"from": …, "to": …}'


def _list_problem(values: list[t.Any], field: KnownField | None) -> str:
    if not values:
        return "has an empty list: no row would come"
    if field and field.type not in TEXT_TYPES:
        return f'is of type {field.type}: write {{"from": …, "to": …}}'
    if any(not isinstance(each, str | None) for each in values):
        return "must have texts or null in its list"
    return ""


def _range_problem(low: t.Any, high: t.Any, field: KnownField | None) -> str:
    if field and field.type in TEXT_TYPES:
        return f"is of type {field.type}: write a list of values"
    of_dates = bool(field and field.type in DATE_TYPES)
    if any(isinstance(each, str) is not of_dates or not _is_limit(each) for each in (low, high)):
        return f"must have {'dates, YYYY-MM-DD,' if of_dates else 'numbers'} as from and to"
    return "has a from that is larger than its to" if low > high else ""


def _is_limit(value: t.Any) -> bool:
    if isinstance(value, str):
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,3})?)?", value, re.ASCII))
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _key_problems(given: Given, personal_data: str) -> t.Iterator[str]:
    groups = given.get("groups", ())
    known = known_fields(given["report"])
    if groups and given.get("key") == []:
        yield "key is empty: leave it out, or name the groups that identify a row."
    for name in given.get("key", ()):
        if name not in groups:
            yield f"key: {name!r} is none of the groups."
    for name in given.get("key", groups):
        if name in groups and name in known and known[name].is_personal and personal_data != "load":
            yield (
                f"{name!r} tells of persons, and personal_data is {personal_data}: without it rows cannot be told "
                "apart. Leave it out, leave it out of key, or set personal_data to load."
            )


def _column_problems(given: Given, asked: t.Sequence[str]) -> t.Iterator[str]:
    renamed, day = given.get("columns", {}), DAYS[given["report"]]
    for field, name in renamed.items():
        if field not in asked or field == day:
            yield f"columns: {field!r} is none of the groups and aggregates."
        elif not isinstance(name, str) or not COLUMN.fullmatch(name):
            yield f"columns: the name for {field!r} must be small letters, digits and _, and begin with a letter."
    taken = dict.fromkeys(NAMES_OF_ALL, "")
    for field in dict.fromkeys(each for each in asked if each != day):
        name = renamed.get(field) or column_of(field)
        if name in NAMES_OF_ALL:
            yield f"columns: {name!r} is a column of every table: give {field!r} another name."
        elif len(name) > LONGEST_NAME:
            yield f"the column of {field!r} would have a name of {len(name)} letters: give it a shorter one in columns."
        elif name in taken:
            yield f"{taken[name]!r} and {field!r} would both be the column {name!r}: rename one in columns."
        else:
            taken[name] = field


# What is right, and means less than it seems


def remarks(given: Given, personal_data: str) -> list[str]:
    """Of a report without mistakes."""
    groups, aggregates, filters = given.get("groups", ()), given["aggregates"], given.get("filters", {})
    known = known_fields(given["report"])
    found = [
        f"{no_such_field(name, given['report'], known)} If the server has it, it is loaded."
        for name in dict.fromkeys((*groups, *aggregates, *filters))
        if name not in known
    ]
    found += _split_remarks([known[name] for name in groups if name in known], [known.get(name) for name in aggregates])
    found += _addition_remarks([known[name] for name in aggregates if name in known])
    found += [
        f"{name!r} is an object for iiko and mostly empty." for name in groups if _type_of(name, known) == "OBJECT"
    ]
    found += [
        f"{name!r} tells of persons, and personal_data is {personal_data}."
        for name in groups
        if name in known and known[name].is_personal and personal_data != "load"
    ]
    if len(groups) > MANY_GROUPS:
        found.append(f"it has {len(groups)} groups: windows shrink where the server cannot answer.")
    return [*found, *_filter_remarks(filters, known)]


def _addition_remarks(aggregates: t.Sequence[KnownField]) -> t.Iterator[str]:
    """One sentence for all measures of a kind."""
    for kind, words in NOT_ADDED.items():
        if names := [repr(field.name) for field in aggregates if field.adds == kind]:
            yield f"never add up {', '.join(names)}: {words}."


def _type_of(name: str, known: t.Mapping[str, KnownField]) -> str:
    return known[name].type if name in known else ""


def _split_remarks(groups: t.Sequence[KnownField], aggregates: t.Sequence[KnownField | None]) -> t.Iterator[str]:
    """Sums stay right where iiko cuts a line or an order in parts; what is counted does not."""
    counts = [field for field in aggregates if field and field.adds and field.type != "MONEY"]
    lines = [field for field in groups if field.is_of_line]
    for field in groups:
        if field.splits and (counts or lines):
            beside = (counts or lines)[0].name
            yield (
                f"{field.name!r} may have several values for one line or order, which iiko then splits: sums stay "
                f"right, counts and quantities of a row are shares ({beside!r})."
            )


def _filter_remarks(filters: t.Mapping[str, t.Any], known: t.Mapping[str, KnownField]) -> t.Iterator[str]:
    for name, value in filters.items():
        if name in WEAK_NAMES:
            yield f"filters: on some servers {name!r} finds nothing, being a name: use {WEAK_NAMES[name]}."
        named = value if isinstance(value, list) else value.get("except", ())
        closed = known[name].values if name in known else ()
        for each in named:
            if closed and each not in closed and each is not None:
                yield f"filters: {name!r} is known to be {', '.join(closed)}, not {each!r}."
    if all(filters.get(name) == ["NOT_DELETED"] for name in REVENUE):
        yield "filters: what is refunded later is flagged as deleted and falls out of this revenue."
