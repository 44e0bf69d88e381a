"""``python -m simulator``: serve until told to stop; the first line on stdout says where."""

from __future__ import annotations

import argparse
import dataclasses
import json
import signal
import sys
import threading

from simulator.core import Simulator
from simulator.options import ServerOptions
from simulator.readings import Readings


def arguments() -> argparse.ArgumentParser:
    """One for each of ``ServerOptions`` that a command line can give."""
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    for each in dataclasses.fields(ServerOptions):
        if told := dict(each.metadata):
            flag = told.pop("flag", f"--{each.name.replace('_', '-')}")
            told.setdefault("type", type(each.default))
            parser.add_argument(flag, dest=each.name, default=each.default, **told)
    names = ", ".join(each.name for each in dataclasses.fields(Readings))
    parser.add_argument(
        "--reading",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"where servers differ, for example refunds=negative; names: {names}",
    )
    return parser


def main() -> int:
    """Start, announce, serve."""
    parser = arguments()
    options = vars(parser.parse_args())
    try:
        readings = Readings.of(options.pop("reading"))
    except ValueError as error:
        parser.error(str(error))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with Simulator(**options, readings=readings) as simulator:
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
