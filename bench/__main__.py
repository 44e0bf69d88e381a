"""``python -m bench``: everything in one run on one machine; the table goes to stdout and into bench/README.md."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import typing as t
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench import layout, machine, report
from bench.by_family import Family, measure_families
from bench.database import Database
from bench.growth import Growth, measure_growth
from bench.marts import Marts, measure_marts
from bench.measure import BenchError
from bench.nightly import Nightly, measure_nightly
from bench.own_report import measure_own_report
from bench.queries import Queries, measure_queries
from bench.rounds import Result, measure, say
from bench.setting import Setting
from bench.side_by_side import Together, measure_side_by_side
from bench.source import DAYS, Source, receipts_per_day
from bench.steps import STEPS
from demo import postgres

EXTRA = ("growth", "nightly", "families", "side-by-side", "queries", "marts", "own-report")


def _options() -> argparse.Namespace:
    names = [*(step.name for step in STEPS), *EXTRA]
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="lines of orders, about")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each step; the medians count")
    parser.add_argument("--growth", default="100000,1000000", help="sizes of the sources for the growth")
    parser.add_argument("--history", type=int, default=10_000_000, help="lines in the database of the queries, about")
    parser.add_argument("--marts", default="187000,1500000,6000000", help="lines under the marts, about")
    parser.add_argument("--own-report", type=int, default=1_000_000, help="rows of the own report, about")
    parser.add_argument("--only", help=f"some of: {','.join(names)}")
    parser.add_argument("--quick", action="store_true", help="everything once over 5,000 rows: does it work?")
    parser.add_argument("--no-readme", action="store_true", help="leave bench/README.md as it is")
    layout.add_options(parser)
    options = parser.parse_args()
    options.only = options.only.split(",") if options.only else names
    if unknown := set(options.only).difference(names):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    if options.quick:
        options.rows, options.repeat, options.growth, options.history = 5_000, 1, "5000,20000", 200_000
        options.marts, options.own_report = "5000,10000", 5_000
    options.readme = not (options.quick or options.no_readme or len(options.only) < len(names))
    return options


def _database(stack: ExitStack) -> Database:
    """The one of BENCH_DATABASE_URL, else one of our own."""
    url = os.environ.get("BENCH_DATABASE_URL")
    if not url:
        try:
            server = postgres.start()
        except postgres.NoPostgresError as error:
            raise BenchError(f"{error} Or name a database in BENCH_DATABASE_URL.") from None
        stack.callback(server.stop)
        url = server.url
    return Database(url)


@dataclass
class Found:
    """What was measured."""

    remarks: list[str] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    grown: list[Growth] = field(default_factory=list)
    nights: list[Nightly] = field(default_factory=list)
    families: list[Family] = field(default_factory=list)
    together: list[Together] = field(default_factory=list)
    queries: Queries | None = None
    marts: list[Marts] = field(default_factory=list)
    own: list[Result] = field(default_factory=list)


def main() -> int:
    """Measure, print, write.

    Returns:
        The exit code: 1 if a step failed or came to a wrong result, 2 if a program is missing.
    """
    options = _options()
    programs = layout.from_options(options)
    steps = [step for step in STEPS if step.name in options.only]
    needed = {"tap", *(name for step in steps for name in step.programs)}
    if lacking := programs.lacking(needed | ({"target", "dbt"} if "marts" in options.only else set())):
        say("\n".join(lacking))
        return 2
    found = Found()
    try:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tap-iiko-bench-")))
            database = _database(stack)
            with Source(programs, DAYS, receipts_per_day(options.rows, DAYS)) as source:
                setting = Setting(programs, source, database, folder)
                if any(step.name == "batch" for step in steps) and "batch" not in _capabilities(setting):
                    steps = [step for step in steps if step.name != "batch"]
                    found.remarks.append("BATCH is left out: this version of the tap does not offer it.")
                if steps:
                    say(f"{source.rows:,} lines, {len(source.days)} days; {len(steps)} steps, {options.repeat} times")
                    setting.prepare(with_copy=any(step.name == "copy" for step in steps))
                    found.results = measure(setting, steps, options.repeat)
                about = machine.describe(setting)
            _measure_more(options, programs, database, folder, found)
    except BenchError as error:
        say(f"FAILED: {error}")
        return 1
    text = "\n".join(_text(about, options.repeat, found))
    print(text)
    if options.readme:
        report.save(text)
    return 0


def _measure_more(
    options: argparse.Namespace, programs: layout.Layout, database: Database, folder: Path, found: Found
) -> None:
    """What is no step of the way from iiko to PostgreSQL."""
    if "growth" in options.only:
        found.grown = measure_growth(programs, database, folder, _sizes(options.growth), options.repeat)
    if "nightly" in options.only:
        found.nights = measure_nightly(programs, database, folder, options.rows, options.repeat)
    if "families" in options.only:
        found.families = measure_families(programs, database, folder, options.rows, options.repeat)
    if "side-by-side" in options.only:
        found.together = measure_side_by_side(programs, database, folder, options.repeat)
    if "queries" in options.only:
        found.queries = measure_queries(database, options.history, 120 if options.quick else 730, options.repeat)
    if "marts" in options.only:
        found.marts = measure_marts(programs, database, folder, _sizes(options.marts), options.repeat)
    if "own-report" in options.only:
        found.own = measure_own_report(programs, database, folder, options.own_report, options.repeat)


def _sizes(text: str) -> list[int]:
    return [int(size) for size in text.split(",")]


def _capabilities(setting: Setting) -> t.Container[str]:
    return t.cast("list[str]", setting.about(setting.layout.tap)["capabilities"])


def _text(about: t.Sequence[str], repeat: int, found: Found) -> t.Iterator[str]:
    results = found.results
    yield from about
    yield f"Medians of {repeat} runs{f' over {results[0].rows:,} lines' if results else ''}."
    if results:
        yield from ("", *report.steps(results))
    yield from ("", *found.remarks) if found.remarks else ()
    if found.grown:
        yield from ("", "Growth of the tap's cost with the history:", "", *report.growth(found.grown))
    if found.nights:
        yield from ("", "The nightly run over 60 quiet days:", "", *report.nightly(found.nights))
    if found.families:
        yield from ("", "The same night of 40 departments, each family alone:", "", *report.families(found.families))
    if found.together:
        yield from (
            "",
            "Eight servers, each about 6,000 rows a second after 300 ms:",
            "",
            *report.side_by_side(found.together),
        )
    if found.queries:
        yield from ("", *report.queries(found.queries))
    if found.marts:
        yield from ("", "The marts, `dbt build` without Meltano:", "", *report.marts(found.marts))
    if found.own:
        yield from ("", "A report of a user's own with the fields of `receipt_items`:", "", *report.own(found.own))
    by_name = {result.step.name: result for result in results}
    if said := report.findings(by_name, found.grown, found.nights):
        yield from ("", "What the figures mean:", "", *said)


if __name__ == "__main__":
    sys.exit(main())
