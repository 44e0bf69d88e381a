"""Documents of the second iiko: every doubt read the other way than the simulator does it by itself.

XML is indented, what is missing is ``xsi:nil``, an empty list has white space in it, one line stands alone; the end of
a range is exclusive where the reference is not sure, and deleted documents are not told of, if nobody says otherwise.
"""

from __future__ import annotations

import datetime
import json
import re
import typing as t
from xml.sax.saxutils import escape

if t.TYPE_CHECKING:
    from support.other_iiko import OtherIiko

Row = dict[str, t.Any]
Answer = tuple[int, str, str]
Query = dict[str, list[str]]
XSI = "http://www.w3.org/2001/XMLSchema-instance"
INCOMING, OUTGOING = "documents/export/incomingInvoice", "documents/export/outgoingInvoice"
WRITEOFFS, TRANSFERS = "v2/documents/writeoff", "v2/documents/internalTransfer"
OPERATIONS = "reports/storeOperations"
PARAMETERS = {INCOMING: ("from", "to"), OUTGOING: ("from", "to")}
EXCLUSIVE = frozenset({OUTGOING, WRITEOFFS, TRANSFERS})
DOTTED = re.compile(r"\d\d\.\d\d\.\d{4}").fullmatch


def indented(name: str, value: t.Any, depth: int = 0) -> str:
    """An element; a list is that element again and again."""
    space = "  " * depth
    match value:
        case list():
            return "".join(indented(name, each, depth) for each in value)
        case dict():
            inside = "".join(indented(key, each, depth + 1) for key, each in value.items())
            return f"{space}<{name}>\n{inside}{space}</{name}>\n"
        case None:
            return f'{space}<{name} xmlns:xsi="{XSI}" xsi:nil="true"/>\n'
    return f"{space}<{name}>{escape(str(value))}</{name}>\n"


class OtherDocuments:
    """What there is by path, each with the day that iiko lists it by, which it need not tell."""

    def __init__(
        self, other: OtherIiko, exclusive: t.Collection[str] = EXCLUSIVE, *, hides_deleted: bool = True
    ) -> None:
        """Nothing yet."""
        self.exclusive = exclusive
        self.hides_deleted = hides_deleted
        self.revision = 7
        self.listed: dict[str, list[tuple[datetime.date, Row]]] = {
            path: [] for path in (INCOMING, OUTGOING, WRITEOFFS, TRANSFERS, OPERATIONS)
        }
        self.exclusive = EXCLUSIVE
        self.asked: dict[str, list[tuple[str, str]]] = {path: [] for path in self.listed}
        for path in self.listed:
            other.lists[path] = lambda query, path=path: self.answer(path, query)

    def add(self, path: str, day: datetime.date, document: Row) -> Row:
        """One more."""
        self.listed[path].append((day, document))
        return document

    def answer(self, path: str, query: Query) -> Answer:
        """The documents of the asked days."""
        names = PARAMETERS.get(path, ("dateFrom", "dateTo"))
        given = [query.get(name, [""])[0] for name in names]
        self.asked[path].append((given[0], given[1]))
        if path == OPERATIONS:
            if not all(map(DOTTED, given)) or query.get("productDetalization") != ["false"]:
                return 400, "text/plain", f"Wrong date format: {given[0]}"
            first, last = ("-".join(reversed(each.split("."))) for each in given)
        elif any(map(DOTTED, given)) or "status" in query:
            return 409, "text/plain", "Неверный формат даты"
        else:
            first, last = given
        if path in self.exclusive:
            last = (datetime.date.fromisoformat(last) - datetime.timedelta(days=1)).isoformat()
        found = [
            document
            for day, document in self.listed[path]
            if first <= day.isoformat() <= last and not (self.hides_deleted and document.get("status") == "DELETED")
        ]
        return self.printed(path, found)

    def printed(self, path: str, found: list[Row]) -> Answer:
        """As it goes over the wire."""
        if path in {WRITEOFFS, TRANSFERS}:
            wrapper = {"revision": self.revision, "response": found, "errors": None, "result": "SUCCESS"}
            return 200, "application/json", json.dumps(wrapper, indent=1, ensure_ascii=True)
        root = {INCOMING: "incomingInvoiceDtoes", OUTGOING: "outgoingInvoiceDtoes"}.get(path, "storeReportItemDtoes")
        element = "storeReportItemDto" if path == OPERATIONS else "document"
        return 200, "text/html", indented(root, {element: found})
