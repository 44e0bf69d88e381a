"""Asks iiko for the totals of business days (the probe), for as much at once as the server can give."""

from __future__ import annotations

import logging
import typing as t
from contextlib import closing
from dataclasses import replace

from tap_iiko.days.calendar import ONE_DAY, days_between
from tap_iiko.iiko import errors, olap
from tap_iiko.proof import totals

if t.TYPE_CHECKING:
    import datetime

    from tap_iiko.iiko.client import Client

logger = logging.getLogger("tap-iiko")

WHERE = "probe"


class Prober:
    """The totals of one server."""

    def __init__(self, client: Client, departments: tuple[str, ...]) -> None:
        """Of these departments only, if there are any."""
        self.client = client
        self.report = replace(totals.REPORT, departments=departments)
        self.probe = totals.Probe()
        self.decoders = olap.Decoders()

    def fit(self, directory: olap.Directory) -> None:
        """Ask for what this server offers."""
        self.report = self.report.offered_by(directory)

    def ask(self, first: datetime.date, last: datetime.date) -> None:
        """One report over all days; halved only where iiko cannot give it at once.

        Raises:
            IikoError: not even a single day can be asked for.
        """
        try:
            self.probe.update(self._ask(first, last))
        except errors.Unanswered as error:
            size = (last - first).days + 1
            if size == 1:
                raise
            logger.warning("%s Asking for half of it.", error)
            middle = first + ONE_DAY * (size // 2)
            self.ask(first, middle - ONE_DAY)
            self.ask(middle, last)

    def _ask(self, first: datetime.date, last: datetime.date) -> totals.Probe:
        asked_again = False
        while True:
            report = self.report
            try:
                with closing(report.fetch(self.client, first, last).result()) as answer:
                    pages = report.pages(answer.body, WHERE, self.decoders)
                    return totals.Probe.read(pages, report, days_between(first, last), WHERE)
            except errors.Rejected as error:
                self.report = _without_unknown(report, error)
            except errors.BadAnswer as error:
                if asked_again:
                    raise
                asked_again = True
                logger.warning("%s Asking once more.", error)


def _without_unknown(report: olap.Report, error: errors.Rejected) -> olap.Report:
    """The report without the field that iiko does not know, or the error again."""
    name = olap.unknown_field(error)
    if name is None or name not in report.fields:
        raise error
    logger.warning("This iiko lists the field %s but does not know it in reports: loaded as null.", name)
    return report.without(name)
