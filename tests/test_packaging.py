"""What is installed is complete, and what is published changes only on purpose."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

from support.catalogs import run_catalog
from support.paths import ROOT
from tap_iiko import tables

SNAPSHOT = Path(__file__).with_name("catalog.json")
TABLES = {stream["tap_stream_id"] for stream in run_catalog()["streams"]}


def catalog_in_short() -> str:
    """Each table's key, and one line for each column."""
    tables = {
        stream["tap_stream_id"]: {
            "key": list(stream["key_properties"]),
            "replication_method": stream.get("replication_method"),
            "columns": {
                name: " ".join(
                    [*([kind] if isinstance(kind := column["type"], str) else kind), column.get("format", "")]
                )
                for name, column in stream["schema"]["properties"].items()
            },
        }
        for stream in run_catalog()["streams"]
    }
    return json.dumps(tables, indent=1) + "\n"


def test_the_catalog_is_the_one_in_the_snapshot() -> None:
    """A changed column shows up in review. On purpose: ``python tests/test_packaging.py`` writes the new one."""
    assert json.loads(catalog_in_short()) == json.loads(SNAPSHOT.read_text(encoding="utf-8"))


def test_a_wheel_has_the_schemas_and_no_simulator(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"tap_iiko/schemas/{name}.json" for name in TABLES} <= names
    assert {f"tap_iiko/report/templates/page.{kind}" for kind in ("html", "css", "js")} <= names
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"tap_iiko"}


def test_every_schema_file_is_a_stream_and_says_where_each_column_comes_from() -> None:
    names = {path.stem for path in (ROOT / "schemas").glob("*.json")}
    assert names == TABLES | {tables.COMMON}
    for name, table in tables.catalogue().items():
        for column in table.columns:
            assert tables.describe(column), (name, column.name)
            ours = column.name in {"id", "receipt_id", "server_id", "synced_at"}
            assert ours or "olap" not in table.source or column.role, (name, column.name)


def test_no_column_stands_in_receipts_and_in_items_without_need() -> None:
    shared = {column.name for column in tables.load("receipts").columns}
    shared &= {column.name for column in tables.load("receipt_items").columns}
    keys = {"server_id", "id", "synced_at", "business_date", "department_id", "order_deleted", "storned"}
    sums = {column.name for column in tables.load("receipts").columns if column.role in {"sum", "max"}}
    assert shared <= keys | sums, shared - keys - sums


if __name__ == "__main__":
    SNAPSHOT.write_text(catalog_in_short(), encoding="utf-8")
