"""OLAP reports: the field directory, the request, and an answer read piece by piece (API reference 4)."""

from __future__ import annotations

import datetime
import functools
import logging
import re
import typing as t
from dataclasses import dataclass, replace

import msgspec

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
# No text can hold this: a quote inside a text has a backslash before it.
DATA = re.compile(rb'"data"\s*:\s*\[')
END_OF_ROWS = re.compile(rb"\s*\]")
PIECE_BYTES = 1 << 18
MOST_FALSE_CUTS = 1000

Row = dict[str, t.Any]
Page = dict[str, t.Sequence[t.Any]]
"""Some rows as columns, by field; all of one length."""


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

    def read(self, body: t.IO[bytes], where: str) -> t.Iterator[Page]:
        """The answer, piece by piece, each piece as columns; a field that a row lacks is ``None``.

        Raises:
            BadAnswer: not a whole report.
        """
        fields = tuple(sorted({*self.groups, *self.aggregates}))
        for rows in read_rows(body, where, _row_decoder(fields)):
            yield dict(zip(fields, zip(*map(msgspec.structs.astuple, rows), strict=True), strict=True))


@functools.lru_cache(maxsize=16)
def _row_decoder(fields: tuple[str, ...]) -> msgspec.json.Decoder[t.Any]:
    """A decoder of rows as structs, a third cheaper than dictionaries: iiko's keys are compared and never made."""
    names = [f"f{number}" for number in range(len(fields))]
    row = msgspec.defstruct(
        "Row",
        [(name, t.Any, None) for name in names],
        rename=dict(zip(names, fields, strict=True)),
        gc=False,
    )
    return values.json_decoder(list[row])  # type: ignore[valid-type]


def unknown_field(error: errors.IikoError) -> str | None:
    """The field that a refusal names as unknown: directories and reports of one server can disagree."""
    match = UNKNOWN_FIELD.search(str(error))
    return match[1] if match else None


def read_rows(body: t.IO[bytes], where: str, decoder: msgspec.json.Decoder[t.Any]) -> t.Iterator[list[t.Any]]:
    """The rows of an answer ``{"data": […], "summary": […]}``, piece by piece.

    ``decoder`` takes a list of rows. Keys come in any order. Memory is bounded by a piece, not by the answer.

    Raises:
        BadAnswer: not that shape, or cut off.
    """
    try:
        buffer = body.read(PIECE_BYTES)
        while (start := DATA.search(buffer)) is None:
            chunk = body.read(PIECE_BYTES)
            if not chunk:
                raise ValueError("there is no data")
            buffer += chunk
        before, buffer = buffer[: start.start()], buffer[start.end() :]
        while not END_OF_ROWS.match(buffer := _begun(buffer, body)):
            rows, buffer = _cut(decoder, buffer, body)
            yield rows
        end = t.cast("re.Match[bytes]", END_OF_ROWS.match(buffer)).end()
        # What stands around the rows has to be a whole document.
        msgspec.json.decode(before + b'"data":[]' + buffer[end:] + body.read())
    except ValueError as error:
        raise errors.BadAnswer(f"{where}: the answer is not a whole report ({error}).") from None


def _begun(buffer: bytes, body: t.IO[bytes]) -> bytes:
    """The buffer without leading blanks, read on until something else comes."""
    while not (rest := buffer.lstrip()) and (chunk := body.read(PIECE_BYTES)):
        buffer = chunk
    return rest


def _cut(decoder: msgspec.json.Decoder[t.Any], buffer: bytes, body: t.IO[bytes]) -> tuple[list[t.Any], bytes]:
    """The rows that are whole in the buffer, and the bytes behind them.

    A piece ends at a ``}``. One that stands inside a text leaves that text open, so the piece does not decode and the
    ``}`` before it is tried: what decodes is cut at a row boundary.
    """
    if len(buffer) < PIECE_BYTES:
        buffer += body.read(PIECE_BYTES)
    at_end = False
    while True:
        end = len(buffer)
        for _ in range(MOST_FALSE_CUTS):
            end = buffer.rfind(b"}", 0, end)
            if end < 0:
                break
            try:
                rows = decoder.decode(b"[" + buffer[: end + 1] + b"]")
            except msgspec.ValidationError:
                raise  # no cut makes a row of it
            except msgspec.DecodeError as error:
                problem = str(error)  # the error itself would keep this frame alive
                continue
            return rows, _begun(buffer[end + 1 :], body).removeprefix(b",")
        if at_end:
            raise ValueError(f"the rows end in the middle: {problem}" if end >= 0 else "the rows end in the middle")
        chunk = body.read(PIECE_BYTES)
        at_end = not chunk
        buffer += chunk
