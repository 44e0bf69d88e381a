"""The same report through the SDK as its documentation shows it: RESTStream, a paginator, ``post_process``.

Default parsing, writer, state and type conformance, the same columns. It asks exactly what our tap asked (``bodies``).
"""

from __future__ import annotations

import datetime
import hashlib
import json
import typing as t
import uuid
from pathlib import Path

import requests
from singer_sdk import Tap
from singer_sdk import typing as th
from singer_sdk.pagination import PageNumberPaginator
from singer_sdk.streams import RESTStream

from tap_iiko import tables

if t.TYPE_CHECKING:
    from singer_sdk.helpers.types import Context

TABLE = tables.load("receipt_items")
FIELDS = {column.fields[0]: column.name for column in TABLE.columns if column.fields}
BLANK_IS_NULL = {column.name for column in TABLE.columns if column.kind in {"uuid", "moment"}}


GRAIN = [column.name for column in TABLE.columns if column.fields and column.fields[0] in TABLE.id_otherwise]


def schema_id(record: dict[str, t.Any], names: t.Iterable[str]) -> str:
    """A key where iiko has none."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(str(record[name]) for name in names)))


class Reports(PageNumberPaginator):
    """One page is one report."""

    def __init__(self, count: int) -> None:
        """So many reports."""
        super().__init__(0)
        self.last = count - 1

    def has_more(self, response: requests.Response) -> bool:  # noqa: ARG002
        """Whether another report follows."""
        return self.current_value < self.last


class ReceiptItems(RESTStream[int]):
    """Lines of orders."""

    name = "receipt_items"
    path = "/v2/reports/olap"
    http_method = "POST"
    records_jsonpath = "$.data[*]"
    primary_keys = ("server_id", "id")
    replication_key = "business_date"
    schema = TABLE.schema
    stamp = datetime.datetime.now(datetime.UTC).replace(tzinfo=None).isoformat()

    @property
    def url_base(self) -> str:
        """The API's root."""
        return f"{self.config['url']}/resto/api"

    @property
    def http_headers(self) -> dict[str, str]:
        """The session."""
        return {"Cookie": f"key={self.config['token']}"}

    def get_new_paginator(self) -> Reports:
        """One page for each report."""
        return Reports(len(self.config["bodies"]))

    def prepare_request_payload(self, context: Context | None, next_page_token: int | None) -> dict[str, t.Any]:  # noqa: ARG002
        """The report's definition."""
        return dict(self.config["bodies"][next_page_token or 0])

    def post_process(self, row: dict[str, t.Any], context: Context | None = None) -> dict[str, t.Any]:  # noqa: ARG002
        """A row with our column names."""
        record: dict[str, t.Any] = {"server_id": "main", "synced_at": self.stamp}
        for field, name in FIELDS.items():
            value = row[field]
            record[name] = None if value == "" and name in BLANK_IS_NULL else value
        record["storned"] = record["storned"] == "TRUE"
        if record["id"] is None:  # sales without an order
            record["id"] = schema_id(record, GRAIN)
            record["receipt_id"] = schema_id(record, ("department_id", "business_date"))
        return record


class PlainTap(Tap):
    """A tap of one stream."""

    name = "plain-tap"
    config_jsonschema = th.PropertiesList(
        th.Property("url", th.StringType, required=True),
        th.Property("token", th.StringType, required=True),
        th.Property("bodies", th.ArrayType(th.ObjectType(additional_properties=True)), required=True),
    ).to_dict()

    def discover_streams(self) -> list[ReceiptItems]:
        """The one."""
        return [ReceiptItems(self)]


def main(job: dict[str, t.Any]) -> None:
    """Log in, read, log out."""
    root = f"{job['url']}/resto/api"
    form = {"login": job["login"], "pass": hashlib.sha1(job["password"].encode(), usedforsecurity=False).hexdigest()}
    token = requests.post(f"{root}/auth", data=form, timeout=60).text
    try:
        if job["bodies"]:
            PlainTap(config={"url": job["url"], "token": token, "bodies": job["bodies"]}).sync_all()
        else:
            PlainTap(config={"url": job["url"], "token": token, "bodies": []}).run_discovery()
    finally:
        requests.get(f"{root}/logout", headers={"Cookie": f"key={token}"}, timeout=60)


if __name__ == "__main__":
    import sys

    main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
