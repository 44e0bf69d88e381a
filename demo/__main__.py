"""``make demo``: load a simulated restaurant group into PostgreSQL, twice, and show that every figure is right."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import psycopg

from demo import report
from demo.patience import patience
from demo.servers import FOLDER, ROOT, running_postgres, start_both, stop_both
from tap_iiko.commands.apply import apply

if t.TYPE_CHECKING:
    from demo.postgres import Postgres
    from demo.servers import SimulatorProcess


SCHEMA = "iiko"
PAGE = FOLDER / "report.html"
MELTANO = ROOT / ".venvs" / "meltano" / "bin" / "meltano"
DAYS_BACK = 40  # of the late change that the second run has to find


def afternoon_zone(day: str, now: datetime.datetime) -> str | None:
    """A zone in which it is the afternoon of that day, so that the day before has closed; none at a rare hour."""
    for east in sorted(range(-12, 15), key=abs):
        there = now + datetime.timedelta(hours=east)
        if there.date().isoformat() == day and there.hour >= 12:
            return f"Etc/GMT{-east:+d}"  # the sign is POSIX's
    return None


def environment(simulator: SimulatorProcess, postgres: Postgres) -> dict[str, str]:
    """The settings of both ends, before anything that .env may say."""
    others = ("TAP_IIKO_", "TARGET_POSTGRES_", "IIKO_", "DB_", "MELTANO_")
    settings = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    zone = afternoon_zone(simulator.last_day, datetime.datetime.now(datetime.UTC))
    return settings | {
        "TAP_IIKO_BASE_URL": simulator.url,
        "TAP_IIKO_LOGIN": simulator.login,
        "TAP_IIKO_PASSWORD": simulator.password,
        "TAP_IIKO_START_DATE": simulator.first_day,
        "TAP_IIKO_SERVERS": "[]",
        "TAP_IIKO_SERVER_ID": "main",
        **({"TAP_IIKO_TIMEZONE": zone} if zone else {}),
        "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": SCHEMA,
        "TARGET_POSTGRES_SQLALCHEMY_URL": "",
        **{f"TARGET_POSTGRES_{name.upper()}": value for name, value in postgres.settings.items()},
        "MELTANO_DATABASE_URI": f"sqlite:///{FOLDER / 'meltano.db'}",
        "MELTANO_ENVIRONMENT": "dev",
    }


def load(run: str, settings: dict[str, str]) -> None:
    """``meltano run tap-iiko target-postgres``; its progress on the screen, all of it in a file."""
    log = FOLDER / f"{run}-run.log"
    print(f"\n$ meltano run tap-iiko target-postgres        ({run} run, log: {log.relative_to(ROOT)})", flush=True)
    started = time.monotonic()
    command = [str(MELTANO), "run", "tap-iiko", "target-postgres"]
    with log.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(
            command, cwd=ROOT, env=settings, text=True, umask=0o077, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        for line in t.cast("t.TextIO", process.stdout):
            file.write(line)
            if " days) " in line and "receipts " in line:
                print("  " + line[line.index("receipts ") :].rstrip(), flush=True)
    if process.wait():
        sys.stderr.write(log.read_text(encoding="utf-8")[-4000:])
        raise SystemExit(f"The {run} run failed: the servers still run (make stop ends them).")
    print(f"  done in {time.monotonic() - started:.0f} s")


def show_requests(simulator: SimulatorProcess) -> None:
    """What the second run asked iiko for."""
    told = simulator.ask("requests")
    reports = [entry for entry in told["log"] if entry["path"].endswith("v2/reports/olap")]
    rows = [entry["rows"] or 0 for entry in reports]
    print(
        f"  asked iiko for {len(reports)} reports with {sum(rows):,} rows (the probe: {rows[0]:,}); "
        f"{told['logins']} login, {told['logouts']} logout, never more than {told['max_in_flight']} request at a time"
    )


def demonstrate() -> int:
    """The whole demonstration.

    Returns:
        0 if every figure is right.
    """
    stop_both()
    for old in FOLDER.glob("*"):
        old.unlink()
    print("Starting a simulated iiko and a PostgreSQL …", flush=True)
    simulator, postgres = start_both()
    print(
        f"  iiko: 4 departments, {simulator.first_day} to {simulator.last_day}, {simulator.receipts:,} receipts, "
        f"{simulator.lines:,} lines at {simulator.url}\n  PostgreSQL: 127.0.0.1:{postgres.port}"
    )
    settings = environment(simulator, postgres)
    load("first", settings)
    with psycopg.connect(postgres.url, options=f"-csearch_path={SCHEMA}", autocommit=True) as database:
        apply("views", database, SCHEMA)
        day = datetime.date.fromisoformat(simulator.last_day) - datetime.timedelta(days=DAYS_BACK)
        simulator.ask("change", kind="delete_order", day=day.isoformat())
        simulator.ask("change", kind="lose_order", day=day.isoformat())
        print(f"\nIn iiko somebody now deletes a receipt of {day}, {DAYS_BACK} days back, and another one vanishes.")
        simulator.ask("reset_log", now=True)
        load("second", settings)
        show_requests(simulator)
        is_right = show(database, simulator)
    make_page(settings)
    show_what_is_next(postgres)
    return 0 if is_right else 1


def make_page(settings: dict[str, str]) -> None:
    """``make report``: what an owner and an engineer look at each morning."""
    print("\n$ make report", flush=True)
    command = [sys.executable, "-m", "tap_iiko.report", "--currency", "₽", "--out", str(PAGE.relative_to(ROOT))]
    subprocess.run(command, cwd=ROOT, env=settings, check=True)


def show_what_is_next(postgres: Postgres) -> None:
    """Where to look, and where to go from here."""
    print(f"""
What is next
  The morning page   {PAGE.as_uri()}
  iikoOffice differs docs/why-numbers-differ.md (.ru.md): each reason, with the SQL
  Your own iiko      README.md, "Your own iiko and your own PostgreSQL in five minutes"
  The database       make psql      for example: select * from current_sales limit 5;
                     {postgres.url}  (schema {SCHEMA})
  Stop it all        make stop""")


def show(database: report.Connection, simulator: SimulatorProcess) -> bool:
    """The report.

    Returns:
        Whether every figure is right.
    """
    report.show_tables(database)
    report.show_revenue(database, simulator)
    report.show_late_changes(database)
    sums, wrong = report.differences(database, simulator)
    if wrong:
        print(f"\n✗ {len(wrong)} of {sums:,} sums differ from iiko's books:", *wrong[:20], sep="\n  ")
    else:
        print(f"\n✓ All {sums:,} sums by day, department and table equal iiko's books to the kopeck.")
    return not wrong


def open_psql() -> int:
    """An SQL prompt in the database of the demonstration."""
    postgres = running_postgres()
    psql = Path(postgres.binaries, "psql")
    if not psql.exists():
        print(f"There is no psql beside {postgres.binaries}; any client opens {postgres.url}")
        return 1
    settings = {**os.environ, "PGOPTIONS": f"-c search_path={SCHEMA}"}
    return subprocess.run([str(psql), postgres.url], env=settings, check=False).returncode


def main() -> int:
    """One of: nothing, ``stop``, ``psql``."""
    match sys.argv[1:]:
        case []:
            with patience():
                return demonstrate()
        case ["stop"]:
            print("Stopped." if stop_both() else "Nothing was running.")
            return 0
        case ["psql"]:
            return open_psql()
        case _:
            print("usage: python -m demo [stop|psql]", file=sys.stderr)
            return 2


if __name__ == "__main__":
    raise SystemExit(main())
