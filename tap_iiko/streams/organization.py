"""Servers, departments and stores (API reference 1.2, 3.5)."""

from __future__ import annotations

import typing as t
from urllib.parse import urlsplit

from tap_iiko.iiko import errors
from tap_iiko.iiko.values import element_to_dict, stable_id, with_kinds
from tap_iiko.singer.stream import Record, ReferenceStream, check_items

if t.TYPE_CHECKING:
    from tap_iiko.iiko.client import Client
    from tap_iiko.iiko.olap import Row


DEPARTMENTS_PATH = "corporation/departments"


class ServersStream(ReferenceStream):
    """What a server says of itself."""

    name = "servers"
    path = "replication/serverType"
    timezones: t.Mapping[str, str | None] = {}

    def items(self, client: Client) -> t.Iterable[Row]:
        """The server information, with the kind of server if this version tells it."""
        info: Row = dict(client.server_info())
        try:
            info["serverType"] = client.get_text(self.path)
        except errors.Unavailable:
            info["serverType"] = None
        info["host"] = urlsplit(client.account.root).netloc.rpartition("@")[2]
        return [info]

    def derived(self, item: Row, server_id: str) -> Record:
        """Host, zone and the id."""
        beyond = with_kinds(self.projection.beyond(item) or {})
        extra = {key: value for key, value in beyond.items() if key != "host"}
        return {
            "id": stable_id(server_id),
            "host": item["host"],
            "timezone": self.timezones.get(server_id),
            "additional_info": extra or None,
        }


def corporate_items(client: Client, path: str) -> t.Sequence[Row]:
    """A list of ``corporateItemDto``; an empty one is an empty root element."""
    root = client.get_xml(path, [("revisionFrom", "-1")])
    if root.tag != "corporateItemDtoes":
        message = f"{path}: the answer is <{root.tag}>, not <corporateItemDtoes>."
        raise errors.BadAnswer(message)
    return check_items([element_to_dict(element) for element in root], path)


class CorporationStream(ReferenceStream):
    """``corporateItemDto`` lists: v1 XML, the whole hierarchy in one answer."""

    def items(self, client: Client) -> t.Iterable[Row]:
        """The elements as dictionaries."""
        return corporate_items(client, self.path)

    def derived(self, item: Row, server_id: str) -> Record:  # noqa: ARG002
        """What XML knows as text only, as what it means."""
        return {"additional_info": with_kinds(self.projection.beyond(item))}


class DepartmentsStream(CorporationStream):
    """Legal entities, restaurants and what lies between."""

    name = "departments"
    path = DEPARTMENTS_PATH


class StoresStream(CorporationStream):
    """Stores; their parent is a department."""

    name = "stores"
    path = "corporation/stores"
