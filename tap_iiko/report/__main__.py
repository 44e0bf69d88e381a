"""``tap-iiko-report``, ``make report``: writes the morning page of the database that the environment or .env names."""

from __future__ import annotations

import datetime
import os
import sys
from pathlib import Path

import click

EXTRA = "pip install 'tap-iiko[report]'"


def _weeks(_: click.Context, __: click.Parameter, value: int) -> int:
    if value % 7 or not 7 <= value <= 364:  # noqa: PLR2004 - days of a week; of a year
        raise click.BadParameter("whole weeks, so that the same weekdays are compared: 7, 14, 28 … 364.")
    return value


@click.command(help=__doc__)
@click.option("--lang", type=click.Choice(["ru", "en"]), default="ru", show_default=True, help="What opens first.")
@click.option("--days", type=int, default=28, show_default=True, callback=_weeks, help="The period: whole weeks.")
@click.option("--currency", default="", help="The sign behind sums; iiko's have none.")
@click.option("--department", help="The id or name of one restaurant: a page of it alone.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), default="report.html", show_default=True, help="The file."
)
def main(lang: str, days: int, currency: str, department: str | None, out: Path) -> None:
    """Write it and say where it is."""
    try:  # the tap itself needs none of this
        from dotenv import dotenv_values  # noqa: PLC0415

        from tap_iiko.report.page import NoSuchDepartmentError, Options, gather, render  # noqa: PLC0415
        from tap_iiko.report.read import UnreadableError, opened  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise click.ClickException(f"The page needs {error.name}, which is not installed: {EXTRA}.") from None
    known = {name: value for name, value in {**dotenv_values(".env"), **os.environ}.items() if value}
    options = Options(lang, days, currency, department)
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    try:
        with opened(known) as database:
            text = render(gather(database, options, now), options, now)
    except (NoSuchDepartmentError, UnreadableError) as error:
        raise click.ClickException(str(error)) from None
    write(out, text)
    click.echo(f"The page: {out}  ({len(text.encode()) // 1000:,} KB)")


def write(file: Path, text: str) -> None:
    """For its owner alone, and whole or not at all.

    Raises:
        ClickException: it cannot be written there.
    """
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as opened:
            opened.write(text)
        beside.replace(file)
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}.") from None


if __name__ == "__main__":
    sys.exit(main())
