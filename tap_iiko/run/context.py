"""What all parts of a server's run share."""

from __future__ import annotations

import functools
import typing as t
from dataclasses import dataclass, field

from tap_iiko import tables
from tap_iiko.iiko import errors
from tap_iiko.proof.prober import Asked
from tap_iiko.rows.personal import PersonalData
from tap_iiko.rows.reader import TableReader
from tap_iiko.streams.organization import server_type
from tap_iiko.streams.registry import get_source, list_form, rows_by_id

if t.TYPE_CHECKING:
    from tap_iiko.iiko.client import Client
    from tap_iiko.iiko.sources import Per
    from tap_iiko.rows.reader import Form, Record
    from tap_iiko.run.commit import Commit
    from tap_iiko.settings.server import ServerSettings
    from tap_iiko.singer.stream import IikoStream
    from tap_iiko.tables import Table


@dataclass(frozen=True)
class RunOptions:
    """What holds for all servers of a run."""

    reconcile: str = "warn"
    personal: PersonalData = field(default_factory=PersonalData)
    is_sample: bool = False
    """For ``--test``: a day or two."""
    most_rows: int | None = None
    """No more of a table are written."""


@dataclass
class ServerContext:
    """One server in one run."""

    settings: ServerSettings
    streams: t.Mapping[str, IikoStream]
    """The selected ones."""
    client: Client
    commit: Commit
    options: RunOptions
    version: str = ""
    """Of iiko."""
    departments: dict[str, str] = field(default_factory=dict)
    """Names by id, as far as their list was read."""
    lists: dict[str, t.Mapping[str, Record] | None] = field(default_factory=dict)
    """By whole table that was read: what others need of its rows, by id; none of a list that is doubted."""

    @functools.cached_property
    def kind(self) -> str | None:
        """The type of the server, asked for once."""
        return server_type(self.client)

    @functools.cached_property
    def asked(self) -> Asked:
        """What is asked about its reports, for all of them together."""
        return Asked(self.client, self.settings.departments)

    @property
    def server_id(self) -> str:
        """Its name."""
        return self.settings.server_id

    def reader_of(
        self,
        table: Table,
        form: Form | None = None,
        *,
        hashed: bool,
        keeps: t.Sequence[str] = (),
    ) -> TableReader:
        """What reads a table of this server."""
        stream = self.streams[table.name]
        return TableReader(
            form or list_form(table, stream.odd_values, self.server_id),
            stream,
            self.server_id,
            personal=self.options.personal,
            most_rows=self.options.most_rows,
            hashed=hashed,
            keeps=self._kept(table).union(keeps),
        )

    def _kept(self, table: Table) -> set[str]:
        """The columns that other parts of a run need."""
        sources = [get_source(stream.table) for stream in self.streams.values() if "per" in stream.table.source]
        wheres = [dict(source.per.where) for source in sources if source.per and source.per.table == table.name]
        names = {"name"} if table.name == "departments" else set()
        return names.union({"id"} if wheres else (), *wheres)

    def ids_for(self, per: Per) -> list[str]:
        """The rows for which a table is asked, as their list was read in this run, or is asked for now.

        Raises:
            PartFailed: it cannot be said which there are.
        """
        known = per.table in self.lists
        rows = self.lists[per.table] if known else rows_by_id(tables.load(per.table), self.client, self.server_id)
        if rows is None:
            message = f"the list of {per.table} is doubted in this run, so it is not known for which to ask."
            raise errors.BadAnswer(message)
        found = per.ids(rows)
        if not found:
            where = "".join(f" with the {column} {value}" for column, value in per.where)
            raise errors.BadAnswer(f"the list of {per.table} has none{where}, so there is nothing to ask for.")
        return found[:1] if self.options.is_sample else found
