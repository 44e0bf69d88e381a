"""The source for everything that is not a Singer tap: log in, ask, parse; rows typed as ``schemas/`` says."""

from __future__ import annotations

import datetime
import hashlib
import json
import sys
import typing as t
import uuid
from decimal import Decimal
from pathlib import Path

import requests

SCHEMA = Path(__file__).parents[2] / "schemas" / "receipt_items.json"
NANO = Decimal("0.000000001")
Row = dict[str, t.Any]


class Column(t.NamedTuple):
    """A column of ``receipt_items``."""

    name: str
    kind: str
    """uuid, date, date-time, text, number or boolean."""
    field: str | None
    """Of iiko; none where the loader fills it."""


def columns() -> list[Column]:
    """All columns, in the schema's order; two that the loader fills stand in every table and not in the file."""
    found = [Column("server_id", "text", None)]
    for name, definition in json.loads(SCHEMA.read_text(encoding="utf-8"))["properties"].items():
        types = definition["type"] if isinstance(definition["type"], list) else [definition["type"]]
        kind = definition.get("format", "text") if types[0] == "string" else types[0]
        found.append(Column(name, kind, definition.get("x-iiko")))
    return [*found, Column("synced_at", "date-time", None)]


class Job:
    """What the benchmark asks of a program: a JSON file, named by the first argument."""

    def __init__(self) -> None:
        """Read it."""
        content = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
        self.url: str = content["url"]
        self.login: str = content["login"]
        self.password: str = content["password"]
        self.bodies: list[Row] = content["bodies"]
        self.database: str = content["database"]
        self.folder = Path(content["folder"])
        self.synced_at = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
        self.columns = columns()
        otherwise = json.loads(SCHEMA.read_text(encoding="utf-8"))["x-id-otherwise"]
        self.grain = [column.name for column in self.columns if column.field in otherwise]

    def answers(self) -> t.Iterator[requests.Response]:
        """The reports, one after the other; read or not."""
        root = f"{self.url}/resto/api"
        with requests.Session() as session:
            password = hashlib.sha1(self.password.encode(), usedforsecurity=False).hexdigest()
            session.post(f"{root}/auth", data={"login": self.login, "pass": password}).raise_for_status()
            try:
                for body in self.bodies:
                    with session.post(f"{root}/v2/reports/olap", json=body, stream=True) as answer:
                        answer.raise_for_status()
                        yield answer
            finally:
                session.get(f"{root}/logout")

    def pages(self) -> t.Iterator[list[Row]]:
        """The rows of each report as iiko sends them, with exact decimals."""
        for answer in self.answers():
            yield json.loads(answer.content, parse_float=Decimal)["data"]

    def rows(self) -> t.Iterator[list[Row]]:
        """The rows of each report with our column names and Python's types."""
        fixed = {"server_id": "main", "synced_at": self.synced_at}
        from_iiko = [(column.name, column.field, CONVERTERS[column.kind]) for column in self.columns if column.field]
        for page in self.pages():
            rows = [{**fixed, **{name: convert(row[field]) for name, field, convert in from_iiko}} for row in page]
            for row in rows:
                if row["id"] is None:
                    row["id"] = own_id(*(row[name] for name in self.grain))
                if row["receipt_id"] is None:
                    row["receipt_id"] = own_id(row["department_id"], row["business_date"])
            yield rows

    def column_pages(self) -> t.Iterator[dict[str, list[t.Any]]]:
        """The same column by column."""
        for page in self.pages():
            columns: dict[str, list[t.Any]] = {}
            for column in self.columns:
                if column.field:
                    convert, field = CONVERTERS[column.kind], column.field
                    columns[column.name] = [convert(row[field]) for row in page]
                else:
                    value = "main" if column.name == "server_id" else self.synced_at
                    columns[column.name] = [value] * len(page)
            for index, key in enumerate(columns["id"]):
                if key is None:
                    columns["id"][index] = own_id(*(columns[name][index] for name in self.grain))
            for index, key in enumerate(columns["receipt_id"]):
                if key is None:
                    place = columns["department_id"][index], columns["business_date"][index]
                    columns["receipt_id"][index] = own_id(*place)
            yield columns


def own_id(*parts: t.Any) -> str:
    """A key for sales without an order, which have none of iiko's."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(map(str, parts))))


def _same(value: t.Any) -> t.Any:
    return value


def _blank_is_null(value: t.Any) -> t.Any:
    return value or None


def _number(value: t.Any) -> Decimal | None:
    if isinstance(value, Decimal):
        return value if value.as_tuple().exponent >= -9 else value.quantize(NANO)  # type: ignore[operator]
    return None if value is None else Decimal(value)


def _boolean(value: t.Any) -> bool | None:
    return value if isinstance(value, bool) or value is None else str(value).upper() == "TRUE"


def _date(value: str | None) -> datetime.date | None:
    return datetime.date.fromisoformat(value[:10]) if value else None


def _moment(value: str | None) -> datetime.datetime | None:
    return datetime.datetime.fromisoformat(value) if value else None


CONVERTERS: t.Final[dict[str, t.Callable[[t.Any], t.Any]]] = {
    "text": _same,
    "uuid": _blank_is_null,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "date-time": _moment,
}
