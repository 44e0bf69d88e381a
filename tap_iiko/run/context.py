"""What all parts of a server's run share."""

from __future__ import annotations

import functools
import typing as t
from dataclasses import dataclass, field

from tap_iiko.rows.personal import PersonalData
from tap_iiko.rows.reader import TableReader
from tap_iiko.streams.organization import server_type
from tap_iiko.streams.registry import list_form

if t.TYPE_CHECKING:
    from tap_iiko.iiko.client import Client
    from tap_iiko.rows.reader import Form
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

    @functools.cached_property
    def kind(self) -> str | None:
        """The type of the server, asked for once."""
        return server_type(self.client)

    @property
    def server_id(self) -> str:
        """Its name."""
        return self.settings.server_id

    def reader_of(self, table: Table, form: Form | None = None, *, hashed: bool) -> TableReader:
        """What reads a table of this server."""
        stream = self.streams[table.name]
        return TableReader(
            form or list_form(table, stream.odd_values, self.server_id),
            stream,
            self.server_id,
            personal=self.options.personal,
            most_rows=self.options.most_rows,
            hashed=hashed,
            keeps_names=table.name == "departments",
        )
