"""A simulator whose history is told several times over, with other dates: ten million lines without their memory.

``python -m bench.programs.replay URL FIRST_DAY DAYS TIMES`` stands between the tap and the simulator at URL, whose
history of DAYS days it repeats TIMES times, back in time. It announces its address and first day in one JSON line.
"""

from __future__ import annotations

import datetime
import json
import sys
import typing as t
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OLAP = "v2/reports/olap"
DAY = "OpenDate.Typed"


class History:
    """Which day of the simulator stands for a day."""

    def __init__(self, url: str, first_day: str, days: int, times: int) -> None:
        """The simulator's history ends when ours ends."""
        self.url = url
        self.last = datetime.date.fromisoformat(first_day) + datetime.timedelta(days=days - 1)
        self.days = days
        self.first = self.last - datetime.timedelta(days=days * times - 1)

    def pieces(self, first: datetime.date, end: datetime.date) -> t.Iterator[tuple[datetime.date, datetime.date, int]]:
        """Ranges of the simulator's days, end excluded, each with the days that they lie behind."""
        while first < end:
            behind = (self.last - first).days // self.days * self.days
            begin = first + datetime.timedelta(days=behind)
            stop = min(end + datetime.timedelta(days=behind), self.last + datetime.timedelta(days=1))
            yield begin, stop, behind
            first = stop - datetime.timedelta(days=behind)

    def report(self, asked: dict[str, t.Any], send: t.Callable[[bytes], bytes]) -> bytes:
        """The answer over days that may lie before the simulator's first."""
        days = asked["filters"][DAY]
        first, end = (datetime.date.fromisoformat(days[name][:10]) for name in ("from", "to"))
        rows = []
        for begin, stop, behind in self.pieces(first, end):
            days["from"], days["to"] = f"{begin}T00:00:00.000", f"{stop}T00:00:00.000"
            body = send(json.dumps(asked).encode())
            for number in range((stop - begin).days + 1 if behind else 0):
                day = begin + datetime.timedelta(days=number)
                other = day - datetime.timedelta(days=behind)
                body = body.replace(str(day).encode(), str(other).encode())
            inside = body[body.index(b"[") + 1 : body.rindex(b"]", 0, body.index(b'"summary"'))]
            rows.append(inside)
        return b'{"data":[' + b",".join(filter(None, rows)) + b'],"summary":[]}'


def handler(history: History) -> type[BaseHTTPRequestHandler]:
    """Passes everything on; reports are put together."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self) -> None:
            """Pass it on."""
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            kind = self.headers.get("Content-Type", "")
            headers = {"Cookie": self.headers.get("Cookie", ""), "Content-Type": kind}

            def send(data: bytes | None) -> bytes:
                request = urllib.request.Request(history.url + self.path, data, headers, method=self.command)
                with urllib.request.urlopen(request) as answer:
                    return t.cast("bytes", answer.read())

            answer = history.report(json.loads(body), send) if self.path.endswith(OLAP) else send(body or None)
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_GET  # noqa: N815 - the name that http.server calls

        def log_message(self, *_: t.Any) -> None:
            """Say nothing."""

    return Handler


def main() -> None:
    """Announce and serve."""
    url, first_day, days, times = sys.argv[1:]
    history = History(url, first_day, int(days), int(times))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(history))
    ready = {"url": f"http://127.0.0.1:{server.server_address[1]}", "first_day": str(history.first)}
    print(json.dumps(ready), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
