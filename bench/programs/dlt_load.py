"""dlt loads the same report, merged on the key: plain rows, or Arrow tables made by hand."""

from __future__ import annotations

import sys
import typing as t

import dlt  # type: ignore[import-not-found]
import pyarrow as pa  # type: ignore[import-not-found]

from bench.programs.rows import Job

if t.TYPE_CHECKING:
    from bench.programs.rows import Row

HINTS: t.Final[dict[str, dict[str, t.Any]]] = {
    "text": {"data_type": "text"},
    "uuid": {"data_type": "text"},
    "number": {"data_type": "decimal", "precision": 38, "scale": 9},
    "boolean": {"data_type": "bool"},
    "date": {"data_type": "date"},
    "date-time": {"data_type": "timestamp", "timezone": False},
}
ARROW: t.Final = {
    "text": pa.string(),
    "uuid": pa.string(),
    "number": pa.decimal128(38, 9),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "date-time": pa.timestamp("us"),
}


def main(schema: str, kind: str, strategy: str) -> None:
    """Run one pipeline over all reports."""
    job = Job()
    arrow_schema = pa.schema([(column.name, ARROW[column.kind]) for column in job.columns])

    @dlt.resource(  # type: ignore[untyped-decorator]
        name="receipt_items",
        primary_key=("server_id", "id"),
        write_disposition={"disposition": "merge", "strategy": strategy},
        columns={column.name: {"name": column.name, **HINTS[column.kind]} for column in job.columns},
    )
    def receipt_items() -> t.Iterator[list[Row] | t.Any]:
        if kind != "arrow":
            yield from job.rows()
            return
        for columns in job.column_pages():
            yield pa.Table.from_pydict(columns, schema=arrow_schema)

    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=str(job.folder / "dlt"),
        destination=dlt.destinations.postgres(job.database),
        dataset_name=schema,
    )
    file_format = None if kind == "rows" else "csv"
    pipeline.run(receipt_items(), loader_file_format=file_format).raise_on_failed_jobs()


if __name__ == "__main__":
    main(*sys.argv[2:5])
