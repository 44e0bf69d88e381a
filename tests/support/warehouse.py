"""A warehouse that takes in rows as a target would."""

from __future__ import annotations

import typing as t
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from support.taps import Record, Result
from support.truth import as_column
from tap_iiko import tables

GOOD = {"loaded", "empty"}


@dataclass
class Warehouse:
    """Tables as a Singer target with the rules of ``sql/`` keeps them, in plain Python."""

    tables: dict[str, dict[tuple[str, str], Record]] = field(default_factory=lambda: defaultdict(dict))
    keeps_newer: bool = True
    """The trigger of ``sql/views.sql``: an older load leaves a newer row as it is."""

    def load(self, result: Result | t.Iterable[dict[str, t.Any]]) -> None:
        """Upsert all rows; columns that a row lacks stay as they are."""
        for message in result.messages if isinstance(result, Result) else result:
            if message["type"] == "RECORD":
                record = message["record"]
                known = self.tables[message["stream"]].setdefault((record["server_id"], record["id"]), {})
                if not self.keeps_newer or record["synced_at"] >= known.get("synced_at", ""):
                    known.update(record)

    def last_loads(self, stream: str) -> dict[tuple[str, str | None], Record]:
        """The last good load of each partition: its row of ``sync_log``."""
        good = [row for row in self.tables["sync_log"].values() if row["stream"] == stream and row["status"] in GOOD]
        good.sort(key=lambda row: row["synced_at"])
        return {(row["server_id"], row["business_date"]): row for row in good}

    def current(self, stream: str) -> list[Record]:
        """Rows that are not older than the last good load of their partition, or than their parent's row."""
        table = tables.load(stream)
        if table.parent:
            parents = {(row["server_id"], row["id"]): row["synced_at"] for row in self.current(table.parent)}
            column = as_column(stream, "../id")
            return [
                row
                for row in self.tables[stream].values()
                if (stamp := parents.get((row["server_id"], row[column]))) and row["synced_at"] >= stamp
            ]
        last = self.last_loads(stream)
        return [
            row
            for row in self.tables[stream].values()
            if (load := last.get(_partition(row))) is None or row["synced_at"] >= load["synced_at"]
        ]

    def broken(self, stream: str) -> list[tuple[str, str | None]]:
        """Partitions with fewer current rows than their last good load wrote."""
        counts = Counter(_partition(row) for row in self.current(stream))
        return [place for place, load in self.last_loads(stream).items() if counts[place] < load["rows"]]

    def prune(self) -> None:
        """Remove what is not current, except of broken partitions."""
        for stream in self.tables.keys() - {"sync_log", "late_changes"}:
            current, broken = self.current(stream), self.broken(stream)
            left = [row for row in self.tables[stream].values() if _partition(row) in broken]
            self.tables[stream] = {(row["server_id"], row["id"]): row for row in (*current, *left)}


def _partition(row: Record) -> tuple[str, str | None]:
    return row["server_id"], row.get("business_date")
