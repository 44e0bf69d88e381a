"""The old script's way: an SQLAlchemy object per row, merged one by one."""

from __future__ import annotations

import sys
import typing as t

from sqlalchemy import Boolean, Column, Date, DateTime, Numeric, Text, Uuid, create_engine
from sqlalchemy.orm import Session, declarative_base
from sqlalchemy.schema import CreateSchema

from bench.programs.rows import Job

TYPES: t.Final[dict[str, t.Any]] = {
    "text": Text(),
    "uuid": Uuid(as_uuid=False),
    "number": Numeric(),
    "boolean": Boolean(),
    "date": Date(),
    "date-time": DateTime(),
}


def main(schema: str) -> None:
    """Load every report in a transaction of its own."""
    job = Job()
    base = declarative_base()
    table: dict[str, t.Any] = {
        column.name: Column(TYPES[column.kind], primary_key=column.name in {"server_id", "id"})
        for column in job.columns
    }
    item = type("Item", (base,), {"__tablename__": "receipt_items", "__table_args__": {"schema": schema}, **table})
    engine = create_engine(job.database.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.begin() as connection:
        connection.execute(CreateSchema(schema))
        base.metadata.create_all(connection)
    with Session(engine) as session:
        for page in job.rows():
            for row in page:
                session.merge(item(**row))
            session.commit()
            session.expunge_all()


if __name__ == "__main__":
    main(sys.argv[2])
