"""The tables and what they mean, as Markdown."""

from __future__ import annotations

import typing as t
from pathlib import Path

if t.TYPE_CHECKING:
    from bench.by_family import Family
    from bench.growth import Growth
    from bench.marts import Marts
    from bench.nightly import Nightly
    from bench.queries import Queries
    from bench.rounds import Result
    from bench.side_by_side import Together

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"
Results = t.Mapping[str, "Result"]


def table(head: t.Sequence[str], rows: t.Iterable[t.Sequence[str]]) -> list[str]:
    """A table; the first column is text, the others are figures."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def _times(value: float, base: float | None) -> str:
    if not base:
        return "-"
    ratio = value / base
    return f"{ratio:.1f}" if ratio < 10 else f"{ratio:.0f}"


def steps(results: t.Sequence[Result]) -> list[str]:
    """The main table."""
    parse = next((result for result in results if result.step.name == "parse"), None)
    head = (
        "step",
        "rows/s",
        "CPU s / 100,000 rows",
        "x parse",
        "without start-up",
        "x parse",
        "PostgreSQL CPU s",
        "peak MB",
        "wall s",
    )
    rows = [
        (
            result.step.title,
            f"{result.speed:,.0f}",
            f"{result.cpu:.2f}",
            _times(result.cpu, parse.cpu if parse else None),
            f"{result.net_cpu:.2f}",
            _times(result.net_cpu, parse.net_cpu if parse else None),
            "-" if result.postgres is None else f"{result.postgres:.1f}",
            f"{result.full.peak:.0f}",
            "-" if result.step.tenth else f"{result.full.wall:.1f}",
        )
        for result in results
    ]
    return table(head, rows)


def growth(found: t.Sequence[Growth]) -> list[str]:
    """The tap over longer histories."""
    head = ("lines", "days", "CPU s / 100,000 rows", "without start-up", "peak MB")
    return table(
        head,
        [
            (
                f"{each.result.rows:,}",
                str(each.days),
                f"{each.result.cpu:.2f}",
                f"{each.result.net_cpu:.2f}",
                f"{each.result.full.peak:.0f}",
            )
            for each in found
        ],
    )


def own(found: t.Sequence[Result]) -> list[str]:
    """A user's own report beside our table."""
    head = ("table", "rows", "CPU s / 100,000 rows", "without start-up", "of `receipt_items`", "peak MB")
    return table(
        head,
        [
            (
                each.step.title,
                f"{each.rows:,}",
                f"{each.cpu:.2f}",
                f"{each.net_cpu:.2f}",
                f"{each.net_cpu / found[0].net_cpu:.0%}" if found[0].net_cpu else "-",
                f"{each.full.peak:.0f}",
            )
            for each in found
        ],
    )


def nightly(found: t.Sequence[Nightly]) -> list[str]:
    """The quiet night."""
    head = (
        "all tables",
        "departments",
        "lines",
        "CPU s",
        "requests",
        "of them reports",
        "report rows",
        "wall s",
        "peak MB",
    )
    return table(
        head,
        [
            (
                way.title,
                str(night.departments),
                f"{night.lines:,}",
                f"{way.usage.cpu:.2f}",
                str(way.traffic.requests),
                str(way.traffic.olap_requests),
                f"{way.traffic.olap_rows:,}",
                f"{way.usage.wall:.1f}",
                f"{way.usage.peak:.0f}",
            )
            for night in found
            for way in night.ways
        ],
    )


def families(found: t.Sequence[Family]) -> list[str]:
    """The quiet night and the memory of the run before all others, family by family."""
    night = ("requests", "answers, MB", "rows written", "CPU s beyond start-up", "peak MB")
    head = ("family", "tables", *night, "peak MB of the first run")
    return table(
        head,
        [
            (
                each.name,
                str(each.tables),
                str(each.requests),
                f"{each.bytes / 1e6:.1f}",
                f"{each.written:,}",
                f"{each.cpu:.2f}",
                f"{each.peak:.0f}",
                f"{each.first_peak:.0f}",
            )
            for each in found
        ],
    )


def side_by_side(found: t.Sequence[Together]) -> list[str]:
    """Wall time by how many servers are read at once."""
    return table(
        ("servers at a time", "wall s", "of one after the other", "CPU s", "rows/s", "peak MB"),
        [
            (
                str(each.at_once),
                f"{each.usage.wall:.1f}",
                f"{each.usage.wall / found[0].usage.wall:.0%}",
                f"{each.usage.cpu:.1f}",
                f"{each.rows / each.usage.wall:,.0f}",
                f"{each.usage.peak:.0f}",
            )
            for each in found
        ],
    )


def queries(found: Queries) -> t.Iterator[str]:
    """Seconds of each query, and of what `make` does."""
    made = ", ".join(f"{number:,} of {name}" for name, number in found.rows.items())
    yield f"The views over {found.days} days of hourly runs of eight servers ({made}; {found.log_rows:,} of sync_log):"
    yield ""
    head = ("query", "only the log indexed, s", "after `make views`, s", "of that")
    yield from table(
        head,
        [
            (title, f"{before:.3f}", f"{found.after[title]:.3f}", f"{found.after[title] / before:.0%}")
            for title, before in found.before.items()
        ],
    )
    yield ""
    yield from table(("work", "s"), [(title, f"{seconds:.2f}") for title, seconds in found.work.items()])


def marts(found: t.Sequence[Marts]) -> list[str]:
    """What the second build costs of the first, with the start of dbt and without."""
    head = ("lines", "days", "build", "dbt CPU s", "PostgreSQL CPU s", "both", "of the first", "PostgreSQL's", "wall s")
    rows = []
    for each in found:
        first, second = ((build, build.postgres or 0) for build in (each.first, each.second))
        for name, (build, database) in (("first", first), ("after a quiet night", second)):
            rows.append(
                (
                    f"{each.lines:,}",
                    f"{each.days:,}",
                    name,
                    f"{build.cpu:.1f}",
                    f"{database:.1f}",
                    f"{build.cpu + database:.1f}",
                    f"{(build.cpu + database) / (first[0].cpu + first[1]):.0%}",
                    f"{database / first[1]:.0%}" if first[1] else "-",
                    f"{build.wall:.1f}",
                )
            )
    return table(head, rows)


def findings(results: Results, grown: t.Sequence[Growth], nights: t.Sequence[Nightly]) -> list[str]:
    """What the figures mean, as far as figures can say it."""
    lines = []
    if {"tap", "parse", "plain-tap"} <= results.keys():
        tap, parse, plain = (results[name] for name in ("tap", "parse", "plain-tap"))
        lines.append(
            f"Beyond start-up, the tap takes {tap.net_cpu / parse.net_cpu:.1f} times the CPU of downloading and "
            f"parsing the same answers, and the plain `RESTStream` {plain.net_cpu / tap.net_cpu:.1f} times the tap's."
        )
    lines += _against_defaults(results)
    if {"meltano", "tap", "target"} <= results.keys():
        ours, tap, target = (results[name] for name in ("meltano", "tap", "target"))
        lines.append(
            f"The target dominates: alone it takes {target.net_cpu / ours.net_cpu:.0%} of the CPU of the whole run "
            f"(without start-up), the tap {tap.net_cpu / ours.net_cpu:.0%}; the rest is Meltano passing lines on. "
            f"{ours.start.cpu:.0f} CPU seconds of every `meltano run` are start-up."
        )
    if "meltano" in results:
        ours = results["meltano"]
        for name in ("dlt", "dlt-csv", "dlt-arrow", "orm"):
            if name in results:
                other = results[name]
                lines.append(
                    f"Against {other.step.title.partition(' (')[0]}: {_faster(ours, other)}, "
                    f"{ours.cpu / other.cpu:.1f} times the CPU "
                    f"({ours.net_cpu / other.net_cpu:.1f} without start-up), "
                    f"{ours.full.peak / other.full.peak:.2f} times the peak."
                )
    if {"target", "dlt-arrow", "copy"} <= results.keys():
        target, arrow, copy = (results[name] for name in ("target", "dlt-arrow", "copy"))
        lines.append(
            f"The distance to dlt's Arrow tables is the target's work per row: of its {target.net_cpu:.1f} CPU seconds "
            "per 100,000 rows it spends nearly all on reading a JSON line, making a record of it, and a text for COPY "
            f"again; dlt with Arrow needs {arrow.net_cpu:.1f} for everything from the download on, since it writes "
            f"columns to CSV in C++. PostgreSQL itself takes the rows for {copy.postgres or 0:.1f}. To close the "
            "distance the target would have to take columns (Arrow, or text ready for COPY) instead of lines of JSON; "
            "a tap alone can only make the lines fewer, narrower, or files (BATCH)."
        )
    if len(grown) > 1:
        small, large = grown[0].result, grown[-1].result
        lines.append(
            f"From {small.rows:,} to {large.rows:,} lines the CPU per row (without start-up) changes by "
            f"{large.net_cpu / small.net_cpu - 1:+.0%}, the peak memory from {small.full.peak:.0f} to "
            f"{large.full.peak:.0f} MB."
        )
    for night in nights:
        start, quiet, again = (way.usage.cpu for way in night.ways)
        lines.append(
            f"With {night.departments} departments a quiet night costs {quiet / again:.0%} of the CPU of reading the "
            f"days again ({(quiet - start) / (again - start):.0%} without start-up)."
        )
    return [f"- {line}" for line in lines]


def _against_defaults(results: Results) -> list[str]:
    if not {"meltano", "meltano-defaults"} <= results.keys():
        return []
    ours, other = results["meltano"], results["meltano-defaults"]
    lines = [f"`meltano run` with our settings loads {_faster(ours, other)} as with the target's defaults."]
    if batch := results.get("meltano-batch"):
        less = other.net_cpu / batch.net_cpu
        lines.append(f"With BATCH files it is {_faster(batch, other)}, and {less:.1f} times less CPU without start-up.")
    return lines


def _faster(ours: Result, other: Result) -> str:
    return f"{ours.speed / other.speed:.1f} times as many rows per second"


def save(text: str) -> None:
    """Put the results between the markers of the README."""
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
