"""What a server says of itself (API reference 1.2, 3.4)."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from urllib.parse import urlsplit

from tap_iiko.iiko import errors
from tap_iiko.iiko.values import stable_id

if t.TYPE_CHECKING:
    from tap_iiko.iiko.client import Client
    from tap_iiko.iiko.sources import Item, Items
    from tap_iiko.tables import Table

SERVER_TYPE = "replication/serverType"
CHAIN = "CHAIN"


def server_type(client: Client) -> str | None:
    """``CHAIN``, ``REPLICATED_RMS`` or ``STANDALONE_RMS``, if this version tells it."""
    try:
        return client.get_text(SERVER_TYPE)
    except errors.Unavailable:
        return None


def vat_accounting(client: Client) -> t.Any:
    """Whether sums hold VAT, if this version and the rights of the user tell it."""
    try:
        settings = client.get_json("v2/corporation/settings")
    except errors.Unavailable:
        return None
    return settings.get("vatAccounting") if isinstance(settings, dict) else None


@dataclass
class ServerInfo:
    """The one row of the table ``servers``."""

    table: Table
    server_id: str
    timezone: str | None
    kind: t.Callable[[], str | None]
    refused: t.ClassVar[t.Mapping[str, errors.Rejected]] = {}
    """It has no types that could be refused one by one."""

    def read(self, client: Client) -> t.Iterator[Items]:
        """The server information, and what else this version and the rights of the user tell."""
        info: Item = dict(client.server_info())
        info["serverType"] = self.kind()
        info["vatAccounting"] = vat_accounting(client)
        info["(id)"] = stable_id(self.server_id)
        info["(host)"] = urlsplit(client.account.root).netloc.rpartition("@")[2]
        info["(timezone)"] = self.timezone
        yield [info]
