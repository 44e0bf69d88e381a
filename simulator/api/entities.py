"""Names of types, accounts, settings (API reference 3.4)."""

from __future__ import annotations

import typing as t

from simulator.api.json_lists import ROOT_TYPES_SINCE, kept
from simulator.api.method import method
from simulator.api.nomenclature import listed
from simulator.olap.request import Refusal

if t.TYPE_CHECKING:
    from simulator.api.method import Answer, Call, Row, Served

UNKNOWN: t.Final = {
    "named": "java.lang.IllegalArgumentException: Unknown root type: {}",
    "bare": "HTTP 400 Bad Request",
}


@method("v2/entities/list", since=(5, 0))
def entities(served: Served, call: Call) -> Answer:
    """Entries of one or more types; a type that this version does not know refuses them all."""
    lists = served.lists.entities()
    kinds = call.params.get("rootType")
    if not kinds:
        raise Refusal(400, "Argument for @NotNull parameter 'rootType' must not be null")
    rows: list[Row] = []
    for kind in kinds:
        if kind not in lists or served.options.version_parts < ROOT_TYPES_SINCE.get(kind, ()):
            raise Refusal(400, UNKNOWN[served.readings.unknown_type].format(kind))
        rows += lists[kind]
    rows = served.since(call, kept(rows, deleted=call.param("includeDeleted", "true") != "false"))
    return served.json(rows, len(rows))


@method("v2/entities/accounts/list", since=(5, 4))
def accounts(served: Served, call: Call) -> Answer:
    """Accounts; a store is one."""
    return listed(served, call, served.lists.accounts())


@method("v2/corporation/settings", since=(6, 2), right="B_ADM")
def settings(served: Served, _: Call) -> Answer:
    """Whether sums hold VAT."""
    included = served.readings.vat_accounting == "included"
    return served.json({"vatAccounting": "VAT_INCLUDED_IN_PRICE" if included else "VAT_NOT_INCLUDED_IN_PRICE"})
