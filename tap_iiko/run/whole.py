"""Whole tables: each list is asked for once, and written only if it has changed."""

from __future__ import annotations

import datetime
import logging
import typing as t
from dataclasses import replace

from tap_iiko.iiko import errors
from tap_iiko.run.load import Load, LoadContext
from tap_iiko.run.state import WholeMark
from tap_iiko.streams.registry import list_sources

if t.TYPE_CHECKING:
    from tap_iiko.rows.reader import TableReader, WindowRows
    from tap_iiko.run.context import ServerContext
    from tap_iiko.run.load import Status
    from tap_iiko.streams.registry import ListSource
    from tap_iiko.tables import Table

logger = logging.getLogger("tap-iiko")

DAYS_UNTIL_BELIEVED = 3


class WholeRun:
    """The whole tables of one server in one run."""

    def __init__(self, context: ServerContext) -> None:
        """Of the tables that are selected."""
        self.server = context
        self.client = context.client
        self.commit = context.commit
        self.server_id = context.server_id

    def run(self) -> None:
        """One list after the other."""
        selected = [stream.table for stream in self.server.streams.values() if stream.table.partition == "whole"]
        wanted = self._of_this_edition(selected)
        for source, tables in list_sources(wanted, self.server.settings, lambda: self.server.kind):
            self._read(source, tables)

    def _of_this_edition(self, tables: t.Sequence[Table]) -> list[Table]:
        """Without those that another kind of server has; those are skipped without a request."""
        bound = [table for table in tables if table.edition]
        if not bound:
            return list(tables)
        try:
            kind = self.server.kind
        except errors.PartFailed as error:
            self.commit.unread([table.name for table in bound], "failed", error)
            return [table for table in tables if not table.edition]
        other = [table for table in bound if table.edition != kind]
        for table in other:
            lack = errors.Unavailable(f"only a server of the type {table.edition} has it, and this one is {kind}.")
            self.commit.unread([table.name], "skipped", lack)
        return [table for table in tables if table not in other]

    def _read(self, source: ListSource, tables: t.Sequence[Table]) -> None:
        names = [table.name for table in tables]
        readers = [self.server.reader_of(table, hashed=True) for table in tables]
        started, requests, size = self.commit.stamp(), self.client.requests, self.client.bytes
        context = LoadContext(self.server_id, synced_at=started, started_at=started)
        try:
            broken = self._take(source, readers, context)
            for family, error in broken.items():
                self.commit.unread([table.name for table in tables if table.family == family], "failed", error)
            whole = [reader for reader in readers if reader.table.family not in broken]
            context = replace(context, requests=self.client.requests - requests, bytes=self.client.bytes - size)
            self._write(whole, context, source.refused)
        except errors.Unavailable as error:
            self.commit.unread(names, "skipped", error)
        except errors.PartFailed as error:
            self.commit.unread(names, "failed", error)
        except errors.IikoError:
            raise
        except Exception as error:  # noqa: BLE001 - one list that cannot be read never stops the others
            self.commit.unread(names, "failed", errors.unexpected(error))
        finally:
            for reader in readers:
                reader.close()

    def _take(
        self, source: ListSource, readers: t.Sequence[TableReader], context: LoadContext
    ) -> dict[str, errors.BadAnswer]:
        """Every row of the list, in each of its tables; once more if two rows have one key.

        Returns:
            By family, why its rows are none: the tables of another family go on.
        """
        merges: set[TableReader] = set()
        broken: dict[str, errors.BadAnswer] = {}

        def take() -> None:
            broken.clear()
            for reader in readers:
                reader.begin((), context.synced_at, merges=reader in merges)
            for items in source.read(self.client):
                for reader in readers:
                    if reader.table.family not in broken:
                        try:
                            reader.take(items)
                        except errors.BadAnswer as error:
                            broken[reader.table.family] = error

        while True:
            self.client.pacing.retry(take, on=errors.CutAnswer)
            found = {reader for reader in readers if reader.has_duplicates}
            if not found:
                return broken
            merges |= found

    def _write(
        self, readers: t.Sequence[TableReader], context: LoadContext, refused: t.Mapping[str, errors.Rejected]
    ) -> None:
        windows = {reader.table: reader.end() for reader in readers}
        for table, window in windows.items():
            if table.name == "departments":
                self.server.departments = {key: row["name"] or key for key, row in window.kept.items()}
        families: dict[str, dict[Table, WindowRows]] = {}
        for table, window in windows.items():
            if not self._is_refused(table, refused):
                families.setdefault(table.family, {})[table] = window
        for family in families.values():
            self._write_family(family, context)

    def _is_refused(self, table: Table, refused: t.Mapping[str, errors.Rejected]) -> bool:
        """Whether this version of iiko has none of a table's types; that it lacks one of several is only said."""
        found = {kind: refused[kind] for kind in table.source.get("types", ()) if kind in refused}
        if found and len(found) == len(table.source["types"]):
            self.commit.unread([table.name], "skipped", next(iter(found.values())))
            return True
        for kind, error in found.items():
            logger.warning("%s: this version of iiko has no %s: %s", table.name, kind, error)
        return False

    def _write_family(self, windows: t.Mapping[Table, WindowRows], context: LoadContext) -> None:
        """A table and the parts of its rows: written together, or not at all if nothing of them has changed."""
        marks = {table: WholeMark(self.commit.partition(table.name)) for table in windows}
        judged = {table: self._judge(marks[table], window.rows[None]) for table, window in windows.items()}
        is_suspicious = any(status == "suspicious" for status, _ in judged.values())
        self.server.lists |= {table.name: None if is_suspicious else window.kept for table, window in windows.items()}
        is_known = (
            not is_suspicious
            and not self.server.options.is_sample
            and all(mark.content and mark.content == self._content_of(windows[table]) for table, mark in marks.items())
        )

        def write() -> None:
            for table, window in windows.items():
                if not is_known:
                    self.commit.rows(table.name, window)
            for table, window in windows.items():
                status, message = judged[table]
                if is_suspicious and status != "suspicious":
                    status, message = "suspicious", "read together with rows that are doubted."
                self.commit.log(
                    Load(
                        stream=table.name,
                        day=None,
                        status="unchanged" if is_known else status,
                        context=context,
                        rows=window.rows[None],
                        merged_rows=window.merged[None],
                        message=message,
                    )
                )
                self._remember(marks[table], window, is_suspicious=is_suspicious)

        self.commit.at_once(write)

    def _content_of(self, window: WindowRows) -> str:
        """Of an empty list too, so that it is written once."""
        return window.content(None) or "empty"

    def _remember(self, mark: WholeMark, window: WindowRows, *, is_suspicious: bool) -> None:
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        if is_suspicious:
            mark.content = ""
            mark.doubted = sorted({*mark.doubted, today})
        elif self.server.options.is_sample:
            return
        else:
            mark.rows, mark.content, mark.doubted = window.rows[None], self._content_of(window), []
        mark.save()

    def _judge(self, mark: WholeMark, rows: int) -> tuple[Status, str | None]:
        """A list that lost half of its rows is not believed (API reference 6, quirk 22), until it stays so for days."""
        if not mark.rows or rows * 2 > mark.rows or self.server.options.is_sample:
            return ("loaded" if rows else "empty"), None
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        short = f"the list has {rows} rows and had {mark.rows}"
        if len({*mark.doubted, today}) >= DAYS_UNTIL_BELIEVED:
            logger.warning("%s: on %d different days %s: it is believed.", self.server_id, DAYS_UNTIL_BELIEVED, short)
            return ("loaded" if rows else "empty"), None
        return "suspicious", f"{short}: nothing is taken for gone. If that is right, run once with --full-refresh."
