"""``tap-iiko --presets``: the reports saved in iikoOffice as elements of the setting ``reports``.

They are imported, not linked: the vendor may change the stored form with an upgrade (API reference 4.1).
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field
from decimal import Decimal

from tap_iiko.commands.asking import ask
from tap_iiko.iiko.olap import Directory
from tap_iiko.iiko.olap_fields import DAYS, OLD_NAMES, no_such_field
from tap_iiko.iiko.presets import read_presets
from tap_iiko.settings.report_rules import field_problems, filter_problems, mistakes, remarks

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_iiko.commands.asking import Asking
    from tap_iiko.iiko.client import Client
    from tap_iiko.iiko.presets import Preset
    from tap_iiko.settings.server import ServerSettings


@dataclass
class Element:
    """An element of the setting, and what of the preset is not in it."""

    given: dict[str, t.Any]
    notes: list[str] = field(default_factory=list)


def run(tap: Asking, *_: t.Any) -> int:
    """Print those of each server.

    Returns:
        The exit code.
    """
    return ask(tap, presets)


def presets(_: Asking, settings: ServerSettings, client: Client) -> Iterator[str]:
    """Lines for people: notes begin with ``#``, what stands between them is an element each."""
    found = read_presets(client)
    directories: dict[str, Directory] = {}
    yield f"# {settings.server_id}: {len(found)} reports saved in iikoOffice. What you want goes into reports: [ …, … ]"
    for preset in found:
        yield f"# {preset.name!r}, {preset.report}"
        if preset.report not in DAYS:
            yield f"#   {preset.report} is no report of sales or postings: it cannot be loaded."
            continue
        if preset.report not in directories:
            directories[preset.report] = Directory.read(client, preset.report, ())
        element = element_of(preset, directories[preset.report])
        yield from (f"#   {note}" for note in element.notes)
        if element.given["aggregates"]:
            yield json.dumps(element.given, ensure_ascii=False)


def element_of(preset: Preset, directory: Directory) -> Element:
    """What carries over; a field that the report would be refused for is left out and noted."""
    element = Element({"name": f"preset_{preset.id[:8].lower()}", "report": preset.report})
    day = DAYS[preset.report]
    for key, names in (("groups", preset.groups), ("aggregates", preset.aggregates)):
        kept = [_current(name) for name in names]
        element.given[key] = [
            name for name in dict.fromkeys(kept) if name != day and _carries(name, key, element, directory)
        ]
    filters = {}
    for name, each in preset.filters.items():
        if (value := _filter(_current(name), each, element)) is not None:
            filters[_current(name)] = value
    if filters:
        element.given["filters"] = filters
    _judge(element)
    return element


def _current(name: str) -> str:
    return OLD_NAMES.get(name, name)


def _carries(name: str, key: str, element: Element, directory: Directory) -> bool:
    said = list(field_problems(name, {**element.given, "heavy": False}, as_group=key == "groups"))
    if not said and name not in directory:
        said = [no_such_field(name, element.given["report"], directory)]
    element.notes += [f"{each} Left out of {key}." for each in said]
    return not said


def _filter(name: str, given: t.Mapping[str, t.Any], element: Element) -> t.Any:
    """As the setting spells it; nothing if it does not carry over."""
    kind = given.get("filterType")
    if name == DAYS[element.given["report"]]:
        element.notes.append(
            f"The filter of the day ({given.get('periodType') or 'CUSTOM'}) is left out: all days are loaded."
        )
        return None
    value: t.Any = None
    if kind in {"IncludeValues", "ExcludeValues"}:
        values = given.get("values")
        value = values if kind == "IncludeValues" else {"except": values}
    elif kind == "Range" or (kind == "DateRange" and given.get("periodType") in {None, "CUSTOM"}):
        value = {limit: _plain(given.get(limit)) for limit in ("from", "to")}
    else:
        element.notes.append(f"The filter of {name!r}, {kind} {given.get('periodType')}, is left out.")
        return None
    if said := list(filter_problems(name, value, {**element.given, "heavy": False})):
        element.notes += [f"{each} Left out." for each in said]
        return None
    if kind == "Range" and not given.get("includeHigh"):
        element.notes.append(f"filters: {name!r} ended before {given.get('to')}, which the setting includes.")
    return value


def _plain(limit: t.Any) -> t.Any:
    """A number as JSON shows it."""
    return float(limit) if isinstance(limit, Decimal) else limit


def _judge(element: Element) -> None:
    """What would be said of it as a setting."""
    if not element.given["aggregates"]:
        element.notes.append("No aggregate is left: it cannot be loaded.")
        return
    complete = {"by": "day", "watch": "shared", "heavy": False, **element.given}
    said = mistakes(complete, "drop")
    element.notes += said or remarks(complete, "drop")
