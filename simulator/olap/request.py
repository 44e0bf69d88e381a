"""An OLAP request, checked as iikoServer checks it (API reference 4.2, 4.3)."""

from __future__ import annotations

import datetime
import re
import typing as t
from dataclasses import dataclass, field

from simulator.olap import ledger_keys
from simulator.olap.fields import DATE_FIELDS, UNLISTED, Field, directory
from simulator.olap.keys import NOTHING, Key, keys_with
from simulator.world.units import WHOLE

if t.TYPE_CHECKING:
    from simulator.readings import Readings

MOMENT: t.Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?)?")
PERIODS: t.Final = [
    "CUSTOM",
    "OPEN_PERIOD",
    "TODAY",
    "YESTERDAY",
    "CURRENT_WEEK",
    "CURRENT_MONTH",
    "CURRENT_YEAR",
    "LAST_WEEK",
    "LAST_MONTH",
    "LAST_YEAR",
]
LEDGER: t.Final = "TRANSACTIONS"
LEDGER_DAY: t.Final = "DateTime.DateTyped"
OPEN_PERIOD_DAYS: t.Final = 65
FILTER_TYPES: t.Final = {
    "Range": {"INTEGER", "PERCENT", "AMOUNT", "MONEY"},
    "DateRange": {"DATE", "DATETIME"},
}
"""The types of the fields that these filters are for (4.3)."""


class Refusal(Exception):
    """A request is answered with an error: its whole body is the message (API reference 1.5)."""

    def __init__(self, status: int, text: str) -> None:
        """The answer."""
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(slots=True)
class Condition:
    """A filter as SQL with the values that it names."""

    sql: str
    key: Key
    values: list[t.Any] = field(default_factory=list)
    after: str | None = None
    """The end of the period, of a filter by days."""

    @property
    def since_ever(self) -> Condition:
        """What balances look at: all that came before the end of the period."""
        return self if self.after is None else Condition(f"{self.key.sql} < ?", self.key, [self.after])


@dataclass(slots=True)
class Request:
    """A checked request."""

    report: str
    groups: list[str]
    """Those of the rows, then those of the columns: the answer is flat either way (4.2)."""
    rows: int
    """How many of the groups are those of the rows."""
    aggregates: list[str]
    summary: bool
    fields: dict[str, Field]
    conditions: list[Condition] = field(default_factory=list)
    first: str = ""
    """The first business day asked for."""
    after: str = ""
    """The day after the last one."""

    @property
    def days(self) -> int:
        """How many business days are asked for."""
        return max(0, (datetime.date.fromisoformat(self.after) - datetime.date.fromisoformat(self.first)).days)


class Reader:
    """Reads the requests of one server."""

    def __init__(self, readings: Readings, *, version: int, summary_default: bool) -> None:
        """A server with ``version`` SALES fields."""
        self.readings = readings
        self._keys = keys_with(readings.line_dependent)
        self.version = version
        self.summary_default = summary_default

    def read(self, body: t.Any, today: datetime.date) -> Request:
        """Check a request's body.

        Raises:
            Refusal: as iiko would.
        """
        if not isinstance(body, dict):
            raise Refusal(400, "Malformed request body")
        report = body.get("reportType")
        fields = directory(str(report), self.version)
        if fields is None:
            raise Refusal(400, f"java.lang.IllegalArgumentException: No enum constant OlapReportType.{report}")
        if body.get("groupByRowFields") is None:
            raise Refusal(400, "Argument for @NotNull parameter 'groupByRowFields' must not be null")
        rows = list(dict.fromkeys(_names(body, "groupByRowFields")))
        groups = list(dict.fromkeys([*rows, *_names(body, "groupByColFields")]))
        aggregates = list(dict.fromkeys(_names(body, "aggregateFields")))
        self._check_fields(fields, groups, aggregates)
        summary = _flag(body, "buildSummary", default=self.summary_default)
        request = Request(str(report), groups, len(rows), aggregates, summary, fields)
        filters = body.get("filters") or {}
        if not isinstance(filters, dict):
            raise Refusal(400, "Malformed filters")
        dates = DATE_FIELDS[request.report]
        if dates and not any(name in filters for name in dates):
            message = f"java.lang.IllegalArgumentException: Filter by date is required: {dates[0]}"
            raise Refusal(self.readings.missing_date_status, message)
        for name, content in filters.items():
            self._filter(request, name, content, today)
        if request.first and request.days == 0 and self.readings.empty_range == "conflict":
            raise Refusal(409, "Начало периода должно быть раньше его конца")
        return request

    def keys(self, report: str) -> dict[str, Key]:
        """What the fields of a report mean."""
        return ledger_keys.KEYS if report == LEDGER else self._keys

    def _check_fields(self, fields: dict[str, Field], groups: list[str], aggregates: list[str]) -> None:
        for name in groups:
            if not self._field(fields, name).groups:
                raise Refusal(400, f"Grouping is not allowed for field '{name}'")
        for name in aggregates:
            if not self._field(fields, name).aggregates:
                raise Refusal(400, f"Aggregation is not allowed for field '{name}'")
        if not aggregates:
            raise Refusal(400, "java.lang.IllegalArgumentException: aggregateFields must not be empty")

    def _field(self, fields: dict[str, Field], name: str) -> Field:
        if name in fields:
            return fields[name]
        listed = UNLISTED.get(name)
        if listed in fields:
            return fields[listed]
        raise Refusal(400, f"java.lang.IllegalArgumentException: Unknown OLAP field '{name}'")

    def _filtered(self, report: str, name: str) -> Key:
        """What a filter by a field looks at."""
        if report == LEDGER and name == LEDGER_DAY and self.readings.ledger_days == "calendar":
            name = "DateSecondary.DateTyped"
        return self.keys(report).get(name, NOTHING)

    def _filter(self, request: Request, name: str, content: t.Any, today: datetime.date) -> None:
        known = self._field(request.fields, name)
        if not known.filters:
            raise Refusal(400, f"Filtering is not allowed for field '{name}'")
        if not isinstance(content, dict):
            raise Refusal(400, f"Malformed filter for field '{name}'")
        key = self._filtered(request.report, UNLISTED.get(name, name))
        kind = content.get("filterType")
        if known.type not in FILTER_TYPES.get(str(kind), {known.type}):
            raise Refusal(400, f"Filter {kind} is not allowed for field '{name}'")
        if kind in {"IncludeValues", "ExcludeValues"}:
            request.conditions.append(_values(key, content, exclude=kind == "ExcludeValues"))
        elif kind == "Range":
            request.conditions.append(_range(key, content))
        elif kind == "DateRange":
            self._date_filter(request, name, key, content, today)
        else:
            raise Refusal(400, f"java.lang.IllegalArgumentException: Unknown filter type '{kind}'")

    def _date_filter(
        self, request: Request, name: str, key: Key, content: dict[str, t.Any], today: datetime.date
    ) -> None:
        if self._field(request.fields, name).type == "DATE":
            if request.report == LEDGER and self.readings.ledger_range == "include_high":
                _need_high(content)
            first, after = date_range(content, today)
            request.conditions.append(Condition(f"{key.sql} >= ? AND {key.sql} < ?", key, [first, after], after))
        else:
            request.conditions.append(_moments(key, content))
            first, after = (str(content.get(end))[:10] for end in ("from", "to"))
        if name in DATE_FIELDS[request.report]:
            request.first, request.after = first, after


def _names(body: dict[str, t.Any], key: str) -> list[str]:
    names = body.get(key) or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Refusal(400, f"Malformed {key}")
    return names


def _values(key: Key, content: dict[str, t.Any], *, exclude: bool) -> Condition:
    values = content.get("values")
    if not isinstance(values, list):
        raise Refusal(400, "Argument for @NotNull parameter 'values' of filter must not be null")
    blank = any(value is None or value == "" for value in values)
    plain = [_scaled(value, key) for value in values if value is not None and value != ""]
    marks = ",".join("?" * len(plain))
    if exclude:
        sql = f"({key.sql} IS NOT NULL OR {int(not blank)}) AND ({key.sql} IS NULL OR {key.sql} NOT IN ({marks}))"
    else:
        sql = f"({key.sql} IN ({marks}) OR ({key.sql} IS NULL AND {int(blank)}))"
    return Condition(sql, key, plain)


def _scaled(value: t.Any, key: Key) -> t.Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and key.scale != WHOLE:
        return round(value * key.scale)
    return value


def _range(key: Key, content: dict[str, t.Any]) -> Condition:
    condition = Condition("1", key)
    low, high = _signs(content)
    for end, sign in (("from", low), ("to", high)):
        if content.get(end) is not None:
            condition.sql += f" AND {key.sql} {sign} ?"
            condition.values.append(_scaled(content[end], key))
    return condition


def _moments(key: Key, content: dict[str, t.Any]) -> Condition:
    ends = [_moment(content.get(end)) for end in ("from", "to")]
    bounds = [f"{date}T{time or '00:00:00'}{'.' + rest if rest else ''}" for date, time, rest in ends]
    low, high = _signs(content)
    return Condition(f"{key.sql} {low} ? AND {key.sql} {high} ?", key, bounds)


def _moment(text: t.Any) -> tuple[str, str, str]:
    match = MOMENT.fullmatch(text) if isinstance(text, str) else None
    if not match:
        raise Refusal(400, f"Wrong date format: {text}")
    try:
        datetime.date.fromisoformat(match[1])
    except ValueError:
        raise Refusal(400, f"Wrong date format: {text}") from None
    return match[1], match[2] or "", (match[3] or "").rstrip("0")


def date_range(content: dict[str, t.Any], today: datetime.date) -> tuple[str, str]:
    """The first day of a date filter and the day after its last one; ``to`` is exclusive unless asked for (4.3)."""
    period = content.get("periodType", "CUSTOM")
    if period not in PERIODS:
        raise Refusal(400, f"java.lang.IllegalArgumentException: No enum constant PeriodType.{period}")
    if content.get("from") is None:
        raise Refusal(400, "Argument for @NotNull parameter 'from' of filter must not be null")
    if period != "CUSTOM":
        first, last = _period(period, today)
        return first.isoformat(), (last + datetime.timedelta(days=1)).isoformat()
    one = datetime.timedelta(days=1)
    first = datetime.date.fromisoformat(_moment(content["from"])[0])
    after = datetime.date.fromisoformat(_moment(content.get("to"))[0])
    if not _flag(content, "includeLow", default=True):
        first += one
    if _flag(content, "includeHigh", default=False):
        after += one
    return first.isoformat(), after.isoformat()


def _flag(content: dict[str, t.Any], name: str, *, default: bool) -> bool:
    value = content.get(name, default)
    return value is True or str(value).lower() == "true"


def _need_high(content: dict[str, t.Any]) -> None:
    if content.get("periodType", "CUSTOM") == "CUSTOM" and not _flag(content, "includeHigh", default=False):
        raise Refusal(409, "Конец периода не задан: includeHigh")


def _signs(content: dict[str, t.Any]) -> tuple[str, str]:
    low = ">=" if _flag(content, "includeLow", default=True) else ">"
    high = "<=" if _flag(content, "includeHigh", default=False) else "<"
    return low, high


def _period(period: str, today: datetime.date) -> tuple[datetime.date, datetime.date]:
    one = datetime.timedelta(days=1)
    monday = today - today.weekday() * one
    month, year = today.replace(day=1), today.replace(month=1, day=1)
    last_of_month, last_of_year = month - one, year - one
    return {
        "OPEN_PERIOD": (today - (OPEN_PERIOD_DAYS - 1) * one, today),
        "TODAY": (today, today),
        "YESTERDAY": (today - one, today - one),
        "CURRENT_WEEK": (monday, today),
        "CURRENT_MONTH": (month, today),
        "CURRENT_YEAR": (year, today),
        "LAST_WEEK": (monday - 7 * one, monday - one),
        "LAST_MONTH": (last_of_month.replace(day=1), last_of_month),
        "LAST_YEAR": (last_of_year.replace(month=1, day=1), last_of_year),
    }[period]
