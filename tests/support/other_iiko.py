"""A second iiko, written from the API reference alone and as unlike the simulator as that allows.

Its ledger is a list of sale lines, each a dictionary of OLAP fields; reports are grouped in plain Python. Where the
reference says [guess] it reads it the other way: blanks are ``""``, days carry a time, keys are shuffled, the summary
comes first, JSON is spaced, the token is quoted, the kind of server is a bare text, older spellings are used. Where
live servers differ it differs from the simulator: a refund is an order with minus revenue whose lines are not deleted,
numbers of fiscal receipts are lists, sums in a currency are filled objects.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import threading
import typing as t
import urllib.parse
from collections import defaultdict
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from support import other_postings
from support.other_filters import Filters, lets_through

Line = dict[str, t.Any]
LEDGER = "TRANSACTIONS"
DISCOUNT = "ItemSaleEventDiscountType"
SUMMED = {
    "fullSum",
    "discountWithoutVAT",
    "sumAfterDiscountWithoutVAT",
    "DishReturnSum.withoutVAT",
    "LocalTax1.Sum",
    "IncentiveSumBase.Sum",
    "DishAmountInt",
    "PayableAmountInt",
    "DishSumInt",
    "DiscountSum",
    "IncreaseSum",
    f"{DISCOUNT}.DiscountAmount",
    "DishDiscountSumInt",
    "DishDiscountSumInt.withoutVAT",
    "VAT.Sum",
    "DishReturnSum",
    "ProductCostBase.ProductCost",
    "OrderItems",
    "Currencies.SumInCurrency",
}
COUNTED = {"GuestNum", "UniqOrderId", "UniqOrderId.OrdersCount", "ProductCostBase.OneItem"}
COMBO = tuple(f"{DISCOUNT}.Combo{name}" for name in ("Id", "Name", "GroupId", "GroupName", "SizeId", "SizeName"))
PAYMENT = ("PayTypes", "PayTypes.GUID", "PayTypes.Group", "PaymentTransaction.Id", "OperationType")
ROOTS = {"terminals": "terminalDtoes", "groups": "groupDtoes"}  # of corporation/…, where it is not corporateItemDtoes
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
INFO = (
    "<r><serverName>Кафе</serverName><edition>default</edition><version>8.9.7014.0</version>"
    "<computerName>SRV</computerName><serverState>STARTED_SUCCESSFULLY</serverState></r>"
)


class OtherIiko:
    """One restaurant; ``lines`` is its whole ledger and may be changed at any time."""

    def __init__(
        self, lines: list[Line], *, lists: dict[str, t.Any] | None = None, fields: set[str] | None = None
    ) -> None:
        self.lines = lines
        self.at_first = list(lines)
        self.lists = lists or {}
        self.fields = fields
        self.token: str | None = None
        self.logins = self.logouts = self.in_flight = self.most_in_flight = 0
        self.reports: list[dict[str, t.Any]] = []
        self.secrets_in_urls: list[str] = []
        self.numbers = itertools.count()
        self.hidden_line: str | None = None
        self.transactions: list[Line] = []
        self.kind = "STANDALONE_RMS"
        self.bad_value: tuple[str, str, t.Any] | None = None
        other = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # headers and body in one packet

            def do_GET(self) -> None:
                other.handle(self)

            do_POST = do_GET  # noqa: N815

            def log_message(self, *_: t.Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> t.Self:
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    # HTTP

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            length = int(request.headers.get("Content-Length") or 0)
            body = request.rfile.read(length)
            path, _, query = request.path.partition("?")
            if "pass" in query or "key=" in query:
                self.secrets_in_urls.append(request.path)
            status, kind, answer = self.answer(
                path, urllib.parse.parse_qs(query), body, request.headers.get("Cookie", "")
            )
        finally:
            self.in_flight -= 1
        data = answer.encode()
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    def answer(  # noqa: C901, PLR0912 - a server in one place
        self, path: str, query: dict[str, list[str]], body: bytes, cookie: str
    ) -> tuple[int, str, str]:
        text, xml, js = "text/plain", "application/xml", "application/json;charset=UTF-8"
        if path == "/resto/get_server_info.jsp":
            return 200, xml, XML + INFO
        if path == "/resto/api/auth":
            form = urllib.parse.parse_qs(body.decode())
            if form.get("login") != ["demo"] or form.get("pass") != [hashlib.sha1(b"demo-password").hexdigest()]:
                return 400, text, "Wrong login"
            if self.token:
                return 403, text, "License enhancement is required: no connections available for module 2000"
            self.token = f"token-of-35-characters-number-{self.logins:06}"
            self.logins += 1
            return 200, text, f'"{self.token}"\n'  # and no cookie: iiko before 4.3
        if not self.token or f"key={self.token}" not in cookie:
            return 401, text, "Token is expired or invalid"
        if path == "/resto/api/logout":
            self.token = None
            self.logouts += 1
            return 200, text, "bye"
        if path == "/resto/api/replication/serverType":
            return 200, text, f"{self.kind}\n"
        if path.startswith("/resto/api/corporation/"):
            name = path.rsplit("/", 1)[1]
            return 200, xml, XML + self.lists.get(name, f"<{ROOTS.get(name, 'corporateItemDtoes')}/>")
        if path == "/resto/api/v2/reports/olap/columns":
            kind = query.get("reportType", ["SALES"])[0]
            return 200, js, json.dumps(other_postings.directory() if kind == LEDGER else self.directory())
        if path == "/resto/api/v2/reports/olap":
            return self.olap(json.loads(body))
        name = path.removeprefix("/resto/api/")
        if name == "v2/entities/list":
            kinds = query["rootType"]
            return 200, js, json.dumps([item for item in self.lists.get(name, []) if item["rootType"] in kinds])
        if name in self.lists:
            found = self.lists[name]
            found = found(query) if callable(found) else found
            if isinstance(found, tuple):
                return found
            if isinstance(found, str):
                return 200, xml, XML + found
            return 200, js, json.dumps(found, ensure_ascii=False)
        return 404, text, "HTTP 404 Not Found"

    # Reports

    def directory(self) -> dict[str, t.Any]:
        lines = self.lines or self.at_first  # who has sold nothing has the fields all the same
        of_lines = {name for line in lines for name in line} - {"Payments", "Discounts"}
        return {
            name: {
                "name": name.upper(),
                "type": "STRING",
                "groupingAllowed": name not in SUMMED | COUNTED,
                "aggregationAllowed": name in SUMMED | COUNTED,
                "filteringAllowed": True,
                "tags": [],
            }
            for name in (*(self.fields or of_lines | SUMMED | COUNTED), *PAYMENT, DISCOUNT, *COMBO)
        }

    def olap(self, asked: dict[str, t.Any]) -> tuple[int, str, str]:
        if asked["reportType"] == LEDGER:
            rows = other_postings.report(self.transactions, asked)
            return 200, "application/json", json.dumps({"summary": [], "data": rows}, ensure_ascii=False)
        self.reports.append(asked)
        groups, sums = asked["groupByRowFields"], asked["aggregateFields"]
        filters = dict(asked["filters"])
        days = filters.pop("OpenDate.Typed")
        if days["from"][:10] == days["to"][:10]:
            return 409, "text/plain", "Пустой период"
        found: dict[tuple[t.Any, ...], dict[str, t.Any]] = {}
        orders: defaultdict[tuple[t.Any, ...], dict[str, Line]] = defaultdict(dict)
        for part, share in self.shown_parts(asked, filters):
            key = tuple(part.get(name) for name in groups)
            row = found.setdefault(key, dict.fromkeys(sums, Fraction(0)))
            orders[key][str(part.get("UniqOrderId.Id"))] = part
            for name in sums:
                if name in SUMMED:
                    row[name] += Fraction(str(part.get(name, 0))) * share
        data = []
        for key, row in found.items():
            of_group = orders[key].values()
            counts = {
                "GuestNum": sum(line.get("GuestNum", 0) for line in of_group),
                "UniqOrderId": len(of_group),
                "UniqOrderId.OrdersCount": sum(line["Storned"] == "FALSE" for line in of_group),
                "ProductCostBase.OneItem": 0,
            }
            out: dict[str, t.Any] = {name: self.shown(name, value) for name, value in zip(groups, key, strict=True)}
            out |= {name: counts[name] if name in counts else float(value) for name, value in row.items()}
            if "Currencies.SumInCurrency" in out:
                out["Currencies.SumInCurrency"] = {"RUB": out.get("DishDiscountSumInt", 432.5)}
            if self.bad_value and self.bad_value[1] in out and key[groups.index("OpenDate.Typed")] == self.bad_day():
                out[self.bad_value[1]] = self.bad_value[2]
            data.append(dict(sorted(out.items(), key=lambda item: hashlib.md5(item[0].encode()).digest())))
        return 200, "application/json", json.dumps({"summary": [], "data": data}, ensure_ascii=False)

    def shown_parts(self, asked: dict[str, t.Any], filters: Filters) -> t.Iterator[tuple[Line, Fraction]]:
        for line in self.shown_lines(asked):
            for part, share in self.split(line, {*asked["groupByRowFields"], *filters}):
                if lets_through(part, filters):
                    yield part, share

    def shown_lines(self, asked: dict[str, t.Any]) -> t.Iterator[Line]:
        days = asked["filters"]["OpenDate.Typed"]
        for line in self.lines:
            if not days["from"][:10] <= line["OpenDate.Typed"] < days["to"][:10]:
                continue
            if asked["reportType"] == "DELIVERIES" and not line.get("Delivery.Id"):
                continue
            if "ItemSaleEvent.Id" in asked["groupByRowFields"] and line["ItemSaleEvent.Id"] == self.hidden_line:
                continue
            yield line

    def bad_day(self) -> str:
        assert self.bad_value
        return next(str(line["OpenDate.Typed"]) for line in self.lines if line["UniqOrderId.Id"] == self.bad_value[0])

    @staticmethod
    def split(line: Line, fields: set[str]) -> list[tuple[Line, Fraction]]:
        if DISCOUNT in fields:  # of a line without one there is no row
            return [({**line, **parts}, Fraction(1)) for parts in line.get("Discounts", ())]
        payments = line.get("Payments")
        if not payments or not fields & set(PAYMENT):
            return [(line, Fraction(1))]
        total = sum(Fraction(str(share)) for share, _ in payments)
        return [({**line, **fields}, Fraction(str(share)) / total) for share, fields in payments]

    @staticmethod
    def shown(name: str, value: t.Any) -> t.Any:
        if name == "OpenDate.Typed":
            return f"{value}T00:00:00"
        return "" if value is None else value
