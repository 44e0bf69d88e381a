"""The project's simulator as a process of its own, and what it tells about itself."""

from __future__ import annotations

import json
import subprocess
import typing as t
import urllib.request
from decimal import Decimal

from bench.layout import ROOT
from bench.measure import BenchError

if t.TYPE_CHECKING:
    from types import TracebackType

    from bench.layout import Layout

OLAP = "v2/reports/olap"
LINE_KEY = "ItemSaleEvent.Id"
DEPARTMENTS = 4
DAYS = 61  # sixty closed ones and the open one
LINES_PER_RECEIPT = 3.44

Body = dict[str, t.Any]


class Day(t.NamedTuple):
    """What the simulator's books say of a business day."""

    lines: int
    revenue: Decimal


class Traffic(t.NamedTuple):
    """What a run asked for."""

    requests: int
    olap_requests: int
    olap_rows: int
    line_rows: int
    bytes: int


def receipts_per_day(rows: int, days: int) -> int:
    """How much each department has to sell for that many lines."""
    return max(1, round(rows / (days * DEPARTMENTS * LINES_PER_RECEIPT)))


class Source:
    """A simulated restaurant group over HTTP, for use in a ``with`` block."""

    def __init__(
        self, layout: Layout, days: int, receipts: int, departments: int = DEPARTMENTS, more: t.Sequence[str] = ()
    ) -> None:
        """Start it, and wait until it has lived through its days; ``more`` are options of the simulator."""
        command = [
            str(layout.python),
            *("-m", "bench.programs.serve", "--slots", "4", "--departments", str(departments)),
            *("--days", str(days), "--receipts", str(receipts)),
            *more,
        ]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            self._begin()
        except BaseException:
            self._process.terminate()
            raise

    def _begin(self) -> None:
        if self._process.stdout is None or not (line := self._process.stdout.readline()):
            raise BenchError("The simulator did not start.")
        ready = json.loads(line)
        self.url: str = ready["url"]
        self.login: str = ready["login"]
        self.password: str = ready["password"]
        self.first_day: str = ready["first_day"]
        self.last_day: str = ready["last_day"]
        self.days = self._days()
        self.rows = sum(day.lines for day in self.days.values())

    def __enter__(self) -> t.Self:
        """Return the source."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self._process.terminate()
        self._process.wait()

    def _ask(self, path: str, content: t.Any = None) -> t.Any:
        data = None if content is None else json.dumps(content).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/simulator/{path}", data=data)) as answer:
            return json.load(answer)

    def _days(self) -> dict[str, Day]:
        days: dict[str, Day] = {}
        for row in self._ask("books/days"):
            known = days.get(row["business_date"], Day(0, Decimal(0)))
            revenue = known.revenue + Decimal(row["dish_discount_sum"])
            days[row["business_date"]] = Day(known.lines + row["lines"], revenue)
        return days

    def reset(self) -> None:
        """Forget the requests so far."""
        self._ask("reset_log", {})

    def _log(self) -> list[dict[str, t.Any]]:
        return [record for record in self._ask("requests")["log"] if record["status"] == 200]

    def traffic(self) -> Traffic:
        """What was asked since ``reset``."""
        log = self._log()
        reports = [record for record in log if record["path"].endswith(OLAP)]
        lines = [record for record in reports if LINE_KEY in record["body"]["groupByRowFields"]]
        size = sum(record["bytes"] for record in log)
        return Traffic(len(log), len(reports), _rows(reports), _rows(lines), size)

    def line_reports(self) -> list[Body]:
        """The bodies of the requests for lines since ``reset``, to be asked again byte for byte."""
        reports = [record["body"] for record in self._log() if record["path"].endswith(OLAP)]
        return [body for body in reports if LINE_KEY in body["groupByRowFields"]]


def _rows(records: t.Iterable[dict[str, t.Any]]) -> int:
    return sum(record["rows"] or 0 for record in records)
