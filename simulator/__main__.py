"""``python -m simulator``: serve until told to stop; the first line on stdout says where."""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import json
import signal
import sys
import threading

from simulator.core import Simulator
from simulator.readings import Readings


def main() -> int:
    """Start, announce, serve."""
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--departments", type=int, default=4)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--receipts", type=int, default=150, help="a day in an average department")
    parser.add_argument("--slots", type=int, default=1)
    parser.add_argument("--last-day", type=datetime.date.fromisoformat)
    parser.add_argument("--fields", type=int, default=279, choices=(285, 279, 229), help="SALES fields of the version")
    parser.add_argument("--version", default="9.1.7014.0")
    parser.add_argument("--edition", default="chain", choices=("chain", "default"))
    parser.add_argument("--login", default="demo")
    parser.add_argument("--password", default="demo-password")
    parser.add_argument("--token-lifetime", type=float, default=3600.0)
    names = ", ".join(each.name for each in dataclasses.fields(Readings))
    parser.add_argument(
        "--reading",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"where servers differ, for example refunds=negative; names: {names}",
    )
    options = parser.parse_args()
    try:
        readings = Readings.of(options.reading)
    except ValueError as error:
        parser.error(str(error))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    simulator = Simulator(
        seed=options.seed,
        departments=options.departments,
        days=options.days,
        receipts_per_day=options.receipts,
        last_day=options.last_day,
        slots=options.slots,
        login=options.login,
        password=options.password,
        version=options.version,
        fields=options.fields,
        edition=options.edition,
        readings=readings,
        token_lifetime=options.token_lifetime,
        port=options.port,
        host=options.host,
    )
    with simulator:
        receipts, lines = simulator.ledger.counts()
        ready = {
            "url": simulator.url,
            "login": simulator.login,
            "password": simulator.password,
            "receipts": receipts,
            "lines": lines,
            "first_day": simulator.first_day.isoformat(),
            "last_day": simulator.last_day.isoformat(),
        }
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        stop.wait()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
