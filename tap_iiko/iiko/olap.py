"""OLAP reports: the field directory, the request, and an answer read piece by piece (API reference 4)."""

from __future__ import annotations

import codecs
import datetime
import json
import logging
import re
import typing as t
from dataclasses import dataclass, replace

from tap_iiko.iiko import errors, values

if t.TYPE_CHECKING:
    from concurrent.futures import Future

    from tap_iiko.iiko.client import Answer, Client

logger = logging.getLogger("tap-iiko")

COLUMNS_PATH = "v2/reports/olap/columns"
REPORT_PATH = "v2/reports/olap"
DAY = "OpenDate.Typed"
DEPARTMENT = "Department.Id"
UNKNOWN_FIELD = re.compile(r"Unknown OLAP field '?([\w.]+)'?")
PIECE_CHARACTERS = 1 << 20
MOST_FALSE_CUTS = 1000

Row = dict[str, t.Any]


@dataclass(frozen=True)
class Field:
    """What a server says of one OLAP field (reference 4.1)."""

    name: str
    caption: str
    type: str
    can_group: bool
    can_aggregate: bool
    can_filter: bool


class Directory(dict[str, Field]):
    """The fields that this server's reports offer, by name."""

    @classmethod
    def read(cls, client: Client, report_type: str) -> Directory:
        """Ask the server (reference 4.1)."""
        answer = client.get_json(COLUMNS_PATH, [("reportType", report_type)])
        if not isinstance(answer, dict) or not answer:
            message = f"{COLUMNS_PATH}: no directory of fields came."
            raise errors.BadAnswer(message)
        return cls(
            (
                name,
                Field(
                    name=name,
                    caption=str(entry.get("name") or name),
                    type=str(entry.get("type") or ""),
                    can_group=bool(entry.get("groupingAllowed")),
                    can_aggregate=bool(entry.get("aggregationAllowed")),
                    can_filter=bool(entry.get("filteringAllowed")),
                ),
            )
            for name, entry in answer.items()
        )


@dataclass(frozen=True)
class Report:
    """What to ask: fields to group by and to sum, over whole business days."""

    groups: tuple[str, ...]
    aggregates: tuple[str, ...]
    report_type: str = "SALES"
    departments: tuple[str | None, ...] = ()

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
            DAY: {
                "filterType": "DateRange",
                "periodType": "CUSTOM",
                "from": f"{first}T00:00:00.000",
                "to": f"{last + datetime.timedelta(days=1)}T00:00:00.000",
                "includeLow": True,
                "includeHigh": False,
            },
        }
        if self.departments:
            filters[DEPARTMENT] = {"filterType": "IncludeValues", "values": list(self.departments)}
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


def unknown_field(error: errors.IikoError) -> str | None:
    """The field that a refusal names as unknown: directories and reports of one server can disagree."""
    match = UNKNOWN_FIELD.search(str(error))
    return match[1] if match else None


class _Scanner:
    """A JSON text that is read on as needed."""

    def __init__(self, body: t.IO[bytes]) -> None:
        self.body = body
        self.decoder = values.json_decoder()
        self.text = ""
        self.at_end = False
        self._utf8 = codecs.getincrementaldecoder("utf-8")()

    def read_on(self) -> None:
        chunk = self.body.read(PIECE_CHARACTERS)
        self.at_end = not chunk
        self.text += self._utf8.decode(chunk, final=self.at_end)

    def peek(self) -> str:
        """The next character that is not blank; empty at the end."""
        while not (stripped := self.text.lstrip()) and not self.at_end:
            self.read_on()
        self.text = stripped
        return stripped[:1]

    def take(self, expected: str) -> None:
        """Step over one character."""
        found = self.peek()
        if found != expected:
            message = f"{expected!r} expected, {found or 'the end'!r} found"
            raise ValueError(message)
        self.text = self.text[1:]

    def value(self) -> t.Any:
        """The next value, whole."""
        self.peek()
        while True:
            try:
                result, end = self.decoder.raw_decode(self.text)
            except json.JSONDecodeError:
                if self.at_end:
                    raise
                self.read_on()
                continue
            if end == len(self.text) and not self.at_end:
                self.read_on()  # a number may go on
                continue
            self.text = self.text[end:]
            return result

    def rows(self) -> t.Iterator[list[Row]]:
        """The elements of an array of objects, some hundred at a time.

        A piece ends at a ``}``. One that stands inside a text leaves that text open, so the piece does not decode and
        the ``}`` before it is tried: what decodes is cut at a row boundary.
        """
        self.take("[")
        if self.peek() == "]":
            self.take("]")
            return
        while True:
            if len(self.text) < PIECE_CHARACTERS and not self.at_end:
                self.read_on()
            piece, rest = self._cut()
            yield piece
            self.text = rest
            if self.peek() == "]":
                self.take("]")
                return
            self.take(",")

    def _cut(self) -> tuple[list[Row], str]:
        end = len(self.text)
        for _ in range(MOST_FALSE_CUTS):
            end = self.text.rfind("}", 0, end)
            if end < 0:
                if self.at_end:
                    break
                self.read_on()
                end = len(self.text)
                continue
            try:
                return self.decoder.decode(f"[{self.text[: end + 1]}]"), self.text[end + 1 :]
            except json.JSONDecodeError:
                continue
        message = "the rows end in the middle"
        raise ValueError(message)


def read_rows(body: t.IO[bytes], where: str) -> t.Iterator[list[Row]]:
    """The rows of an answer ``{"data": […], "summary": […]}``, piece by piece, with exact decimals.

    Keys come in any order. Memory is bounded by a piece, not by the answer.

    Raises:
        BadAnswer: not that shape, or cut off.
    """
    scanner = _Scanner(body)
    found = False
    try:
        scanner.take("{")
        while True:
            key = scanner.value()
            scanner.take(":")
            if key == "data":
                found = True
                for rows in scanner.rows():
                    if set(map(type, rows)) != {dict}:
                        message = "a row is not an object"
                        raise ValueError(message)
                    yield rows
            else:
                scanner.value()
            if scanner.peek() == "}":
                break
            scanner.take(",")
        scanner.take("}")
    except ValueError as error:
        message = f"{where}: the answer is not a whole report ({error})."
        raise errors.BadAnswer(message) from None
    if not found:
        message = f"{where}: the answer has no data."
        raise errors.BadAnswer(message)
