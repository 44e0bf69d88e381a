"""Servers, departments, stores, terminals, replication (API reference 1.2, 3.5, 3.13)."""

from __future__ import annotations

import typing as t

from simulator.api import xml_lists
from simulator.api.method import XML, Answer, method, text
from simulator.olap.request import Refusal

if t.TYPE_CHECKING:
    from simulator.api.method import Call, Served


def xml(root: str, rows: list[str]) -> Answer:
    """A v1 list."""
    return Answer(200, XML, xml_lists.document(root, rows), rows=len(rows))


@method("replication/serverType", since=(5, 0))
def server_type(served: Served, _: Call) -> Answer:
    """Which kind of server it is."""
    kind = "CHAIN" if served.options.edition == "chain" else "STANDALONE_RMS"
    match served.readings.server_type:
        case "xml":
            return Answer(200, XML, f"{xml_lists.HEAD}<serverType>{kind}</serverType>".encode())
        case "json":
            return served.json({"serverType": kind})
        case "text":
            return text(kind)


@method("licence/info")
def licence(served: Served, _: Call) -> Answer:
    """Free slots."""
    return text(str(served.sessions.slots - served.sessions.open_tokens))


@method("corporation/departments")
def departments(served: Served, call: Call) -> Answer:
    """The whole hierarchy."""
    rows = served.since(call, xml_lists.department_rows(served.ledger.group, served.readings))
    return xml("corporateItemDtoes", [xml_lists.corporate_item(row) for row in rows])


@method("corporation/stores")
def stores(served: Served, call: Call) -> Answer:
    """The stores."""
    rows = served.since(call, xml_lists.store_rows(served.ledger.group))
    return xml("corporateItemDtoes", [xml_lists.corporate_item(row) for row in rows])


@method("corporation/groups", since=(4, 3))
def groups(served: Served, _: Call) -> Answer:
    """Groups with points of sale and sections."""
    return xml("groupDtoes", xml_lists.group_rows(served.ledger.group, served.readings))


@method("corporation/terminals", since=(4, 3))
def terminals(served: Served, _: Call) -> Answer:
    """Cash terminals and the back office's."""
    rows = xml_lists.terminal_rows(served.ledger.group, served.ledger.ids)
    return xml("terminalDtoes", [xml_lists.tree("terminalDto", row) or "" for row in rows])


@method("replication/statuses", since=(5, 0))
def replication_statuses(served: Served, _: Call) -> Answer:
    """When each restaurant was heard of; only a Chain knows (1.6)."""
    if served.options.edition != "chain":
        raise Refusal(409, "Репликация доступна только на iikoChain")
    rows = xml_lists.replication_rows(served.ledger)
    return xml("replicationStatusDtoes", [xml_lists.replication_status(row, served.readings) for row in rows])
