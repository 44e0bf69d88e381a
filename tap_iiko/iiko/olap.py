"""OLAP reports: the field directory, the request, and an answer read piece by piece (API reference 4)."""

from __future__ import annotations

import datetime
import logging
import re
import typing as t
from dataclasses import dataclass, field, replace

from tap_iiko.iiko import cutting, errors, formats
from tap_iiko.iiko.remembering import RowDecoder

if t.TYPE_CHECKING:
    from concurrent.futures import Future

    from tap_iiko.iiko.client import Answer, Client
    from tap_iiko.iiko.values import Page

logger = logging.getLogger("tap-iiko")

COLUMNS_PATH = "v2/reports/olap/columns"
REPORT_PATH = "v2/reports/olap"
UNKNOWN_FIELD = re.compile(r"Unknown OLAP field '?([\w.]+)'?")

Filter = t.Mapping[str, t.Any]
"""As iiko takes it (reference 4.3)."""


@dataclass(frozen=True)
class Field:
    """What a server says of one OLAP field (reference 4.1)."""

    name: str
    caption: str
    type: str
    can_group: bool
    can_aggregate: bool


class Directory(dict[str, Field]):
    """The fields that this server's reports offer, by name."""

    @classmethod
    def read(cls, client: Client, report_type: str, needed: t.Iterable[str]) -> Directory:
        """Ask the server (reference 4.1).

        Raises:
            BadAnswer: no directory came, or one without ``needed``, the fields by which every report is cut.
        """
        answer = client.get_json(COLUMNS_PATH, [("reportType", report_type)])
        if not isinstance(answer, dict) or not all(isinstance(entry, dict) for entry in answer.values()):
            message = f"{COLUMNS_PATH}: no directory of fields came but {errors.quote(formats.as_json(answer))}."
            raise errors.BadAnswer(message)
        directory = cls._of(answer)
        directory.check(needed)
        return directory

    def check(self, needed: t.Iterable[str]) -> None:
        """Nothing, if all of them are there.

        Raises:
            BadAnswer: one cannot be grouped by.
        """
        if lacking := [name for name in needed if name not in self or not self[name].can_group]:
            message = f"{COLUMNS_PATH}: the directory has no {' and no '.join(lacking)} to group by."
            raise errors.BadAnswer(message)

    @classmethod
    def _of(cls, answer: t.Mapping[str, t.Mapping[str, t.Any]]) -> Directory:
        return cls(
            (
                name,
                Field(
                    name=name,
                    caption=str(entry.get("name") or name),
                    type=str(entry.get("type") or ""),
                    can_group=bool(entry.get("groupingAllowed")),
                    can_aggregate=bool(entry.get("aggregationAllowed")),
                ),
            )
            for name, entry in answer.items()
        )


def including(values: t.Iterable[t.Any]) -> Filter:
    """Only rows with one of these values (reference 4.3)."""
    return {"filterType": "IncludeValues", "values": list(values)}


def lets_through(condition: Filter | None, value: t.Any) -> bool:
    """Whether a filter by values lets a value through; iiko tells ids in either case."""
    if condition is None or "values" not in condition:
        return True
    known = {_folded(each) for each in condition["values"]}
    return (_folded(value) in known) is (condition["filterType"] == "IncludeValues")


def _folded(value: t.Any) -> t.Any:
    return value.lower() if isinstance(value, str) else value


@dataclass(frozen=True)
class Report:
    """What to ask: fields to group by and to sum, over whole business days."""

    report_type: str
    day: str
    """The field by which it is cut into days."""
    groups: tuple[str, ...]
    aggregates: tuple[str, ...]
    filters: t.Mapping[str, Filter] = field(default_factory=dict)
    """By field, beside that of the days."""
    cut: str = ""
    """The field by which a single day can be cut; empty if there is none."""

    @property
    def fields(self) -> tuple[str, ...]:
        """All that is asked for."""
        return tuple(sorted({*self.groups, *self.aggregates}))

    def of_only(self, name: str, values: t.Collection[t.Any]) -> Report:
        """Of these values of a field, as far as the report has them; of all if none are named."""
        if not values:
            return self
        condition = self.filters.get(name)
        kept = [value for value in values if lets_through(condition, value)]
        return replace(self, filters={**self.filters, name: including(kept)})

    def for_part(self, part: tuple[str | None, ...] | None) -> Report:
        """A part of a day that is too large."""
        return self if part is None else replace(self, filters={**self.filters, self.cut: including(part)})

    def offered_by(self, directory: Directory) -> Report:
        """The same report without the fields that this server does not know: one of them would refuse it all."""
        return replace(
            self,
            groups=tuple(name for name in self.groups if name in directory and directory[name].can_group),
            aggregates=tuple(name for name in self.aggregates if name in directory and directory[name].can_aggregate),
        )

    def without(self, name: str) -> Report:
        """The same report without one field."""
        return replace(
            self,
            groups=tuple(each for each in self.groups if each != name),
            aggregates=tuple(each for each in self.aggregates if each != name),
        )

    def body(self, first: datetime.date, last: datetime.date) -> dict[str, t.Any]:
        """The request over the days from ``first`` to ``last``, both included.

        The range is half-open with the default bounds, the one form that no server reads as empty (reference 4.3). No
        summary: it can hang a chain's server (4.2).
        """
        filters: dict[str, t.Any] = {
            self.day: {
                "filterType": "DateRange",
                "periodType": "CUSTOM",
                "from": f"{first}T00:00:00.000",
                "to": f"{last + datetime.timedelta(days=1)}T00:00:00.000",
                "includeLow": True,
                "includeHigh": False,
            },
            **self.filters,
        }
        return {
            "reportType": self.report_type,
            "buildSummary": False,
            "groupByRowFields": list(self.groups),
            "groupByColFields": [],
            "aggregateFields": list(self.aggregates),
            "filters": filters,
        }

    def fetch(self, client: Client, first: datetime.date, last: datetime.date) -> Future[Answer]:
        """Queue the request."""
        return client.fetch_report(REPORT_PATH, self.body(first, last))

    def pages(self, body: t.IO[bytes], where: str, decoders: Decoders) -> t.Iterator[Page]:
        """The answer, piece by piece, each piece as columns; a field that a row lacks is ``None``.

        Raises:
            BadAnswer: not a whole report.
        """
        self._check_first_row(body, where)
        decoder = decoders[self.fields]
        yield from map(decoder.page, cutting.read_rows(body, where, decoder))

    def _check_first_row(self, body: t.IO[bytes], where: str) -> None:
        """Refuse the answer to another question, which a cache between may give: its sums can be right.

        A group without a value may be left out (reference 2.1), a sum may not (4.5).
        """
        keys = cutting.first_row(body)
        if keys is None:
            return
        groups, sums = set(self.groups).difference(keys), set(self.aggregates).difference(keys)
        strange = keys.difference(self.groups, self.aggregates)
        if sums or (strange and groups):
            lacking = ", ".join(sorted(sums or groups)[:3])
            raise errors.BadAnswer(f"{where}: this is no answer to what was asked: its rows have no {lacking}.")


class Decoders(dict[tuple[str, ...], RowDecoder]):
    """By fields, a decoder for all windows of a report: it remembers. Not for two threads at once."""

    def __missing__(self, fields: tuple[str, ...]) -> RowDecoder:
        """A new one."""
        self[fields] = decoder = RowDecoder(fields)
        return decoder


def unknown_field(error: errors.IikoError) -> str | None:
    """The field that a refusal names as unknown: directories and reports of one server can disagree."""
    match = UNKNOWN_FIELD.search(str(error))
    return match[1] if match else None
