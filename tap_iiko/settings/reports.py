"""The setting ``reports``: what a user declares as a report of his own, read and judged without a server."""

from __future__ import annotations

import re
import typing as t
from collections import Counter
from dataclasses import dataclass, field

from singer_sdk import typing as th

from tap_iiko.iiko.olap_fields import DAYS, known_fields
from tap_iiko.settings.given import WrongValueError, closest, value_of
from tap_iiko.settings.report_rules import filter_of, mistakes, remarks

NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
TEXTS: t.Final = th.ArrayType(th.StringType)
BY: t.Final = ("day", "week", "month")
PROPERTIES: t.Final = (
    th.Property("name", th.StringType, required=True, description="Its table is report_<name>."),
    th.Property(
        "report",
        th.StringType(allowed_values=list(DAYS)),
        default="SALES",
        description="The type of iiko's report.",
    ),
    th.Property("groups", TEXTS, description="iiko's fields to group by."),
    th.Property("aggregates", TEXTS, required=True, description="iiko's fields to sum, count or average."),
    th.Property(
        "filters",
        th.ObjectType(additional_properties=True),
        description="By field: a list of values, {except: a list} or {from: …, to: …}, both included.",
    ),
    th.Property(
        "by",
        th.StringType(allowed_values=list(BY)),
        default="day",
        description="What is counted together: a day, a week from Monday, a month.",
    ),
    th.Property("key", TEXTS, description="The groups that identify a row. Default: all."),
    th.Property("columns", th.ObjectType(additional_properties=True), description="By field: the name of its column."),
    th.Property(
        "watch",
        th.StringType(allowed_values=["shared", "own"]),
        default="shared",
        description="What tells that a day has changed: the totals of all tables, or the report's own.",
    ),
    th.Property("lookback_days", th.IntegerType(minimum=0, maximum=800), description="Default: the server's."),
    th.Property("max_window_days", th.IntegerType(minimum=1, maximum=31), description="Default: the server's."),
    th.Property("servers", TEXTS, description="The servers that have it, by server_id. Default: all."),
    th.Property("heavy", th.BooleanType, default=False, description="Allows fields that may overload a server."),
)
ENTRY: t.Final = th.ObjectType(*PROPERTIES)


@dataclass(frozen=True)
class OwnReport:
    """A report as it is declared, with nothing wrong in it."""

    name: str
    report: str
    groups: tuple[str, ...]
    """Without the day, which the tap adds."""
    aggregates: tuple[str, ...]
    filters: t.Mapping[str, t.Mapping[str, t.Any]]
    """As iiko takes them."""
    by: str
    key: tuple[str, ...]
    """The groups that identify a row of a period."""
    columns: t.Mapping[str, str]
    watch: str
    lookback_days: int | None
    max_window_days: int | None
    servers: tuple[str, ...]
    """All if empty."""

    @property
    def table(self) -> str:
        """A name that no table of ours has, today or later."""
        return f"report_{self.name}"

    @property
    def day(self) -> str:
        """The field that holds the business day."""
        return DAYS[self.report]


@dataclass
class OwnReports:
    """All of a configuration; ``problems`` and ``remarks`` are sentences."""

    reports: list[OwnReport] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    """What is loaded, and does not mean what it seems to."""


def read_reports(config: t.Mapping[str, t.Any]) -> OwnReports:
    """The setting ``reports``, which is a list; a report that is wrong is left out and told."""
    entries = config.get("reports") or []
    found = OwnReports()
    names: Counter[str] = Counter()
    mode = config.get("personal_data") or "drop"
    for number, entry in enumerate(entries, 1):
        given, problems = _values(entry)
        name = str(given.get("name") or "")
        who = f"report {name!r}" if NAME.fullmatch(name) else f"reports, entry {number}"
        names[name] += 1
        if name and names[name] == 2:  # noqa: PLR2004 - said once
            problems.append("another report has that name too; the table of each needs its own.")
        if not problems:
            problems = mistakes(given, mode)
        found.problems += [f"{who}: {problem}" for problem in problems]
        if not problems:
            found.reports.append(_report(given))
            found.remarks += [f"{who}: {remark}" for remark in remarks(given, mode)]
    return found


def problems_of_servers(reports: t.Iterable[OwnReport], servers: t.Collection[str]) -> list[str]:
    """A sentence for each server of a report that is none of these."""
    return [
        f"report {report.name!r}: there is no server {name!r}{closest(name, servers)}"
        for report in reports
        for name in report.servers
        if name not in servers
    ]


def _values(entry: t.Any) -> tuple[dict[str, t.Any], list[str]]:
    """The values of an entry in their types, with the defaults; and what has another type."""
    if not isinstance(entry, dict):
        return {}, ["it must be an object, {…}."]
    known = ENTRY.to_dict()["properties"]
    given: dict[str, t.Any] = {name: each["default"] for name, each in known.items() if "default" in each}
    problems = [f"{name!r} is no key of a report{closest(name, known)}" for name in entry if name not in known]
    for name, value in entry.items():
        if value is None or name not in known:
            continue
        try:
            given[name] = value_of(value, known[name])
        except WrongValueError as error:
            problems.append(f"{name} {error}.")
    name = given.get("name")
    if entry.get("name") is None:
        problems.append("name is missing: the table is report_<name>.")
    elif isinstance(name, str) and not NAME.fullmatch(name):
        problems.append("name must be small letters, digits and _, at most 41, and begin with a letter.")
    return given, problems


def _report(given: t.Mapping[str, t.Any]) -> OwnReport:
    day, known = DAYS[given["report"]], known_fields(given["report"])
    groups = tuple(name for name in given.get("groups", ()) if name != day)
    return OwnReport(
        name=given["name"],
        report=given["report"],
        groups=groups,
        aggregates=tuple(given["aggregates"]),
        filters={name: filter_of(value, known.get(name)) for name, value in given.get("filters", {}).items()},
        by=given["by"],
        key=tuple(name for name in given.get("key", groups) if name != day),
        columns=given.get("columns", {}),
        watch=given["watch"],
        lookback_days=given.get("lookback_days"),
        max_window_days=given.get("max_window_days"),
        servers=tuple(given.get("servers", ())),
    )
