"""Asks iiko for the totals of business days (the probe), for as much at once as the server can give."""

from __future__ import annotations

import logging
import typing as t
from contextlib import closing

from tap_iiko.days.calendar import ONE_DAY, days_between, ranges_of
from tap_iiko.iiko import errors, olap
from tap_iiko.proof import totals

if t.TYPE_CHECKING:
    import datetime

    from tap_iiko.days.calendar import Range
    from tap_iiko.iiko.client import Client
    from tap_iiko.proof.totals import Control

logger = logging.getLogger("tap-iiko")

WHERE = "probe"


class Asked:
    """What a run asks a server about its reports, each once: which fields there are, and the totals."""

    def __init__(self, client: Client, departments: t.Collection[str] = ()) -> None:
        """Of these departments only, if there are any."""
        self._client = client
        self._departments = departments
        self._directories: dict[str, olap.Directory | errors.IikoError | None] = {}
        self._probers: dict[int, Prober] = {}

    def prober(self, control: Control) -> Prober:
        """The totals by a control."""
        return self._probers.setdefault(id(control), Prober(self._client, control, self._departments))

    def probe(self, control: Control) -> totals.Probe:
        """What is known of them."""
        return self.prober(control).probe

    def directory(self, report_type: str, needed: t.Iterable[str]) -> olap.Directory | None:
        """The fields of a kind of report; ``None`` where this version of iiko does not tell them.

        Raises:
            PartFailed: it cannot be said, or the fields that are ``needed`` are not among them.
            Unavailable: this user may not know.
        """
        if report_type not in self._directories:
            self._directories[report_type] = self._read(report_type)
        found = self._directories[report_type]
        if isinstance(found, errors.IikoError):
            raise found
        if found is not None:
            found.check(needed)
        return found

    def _read(self, report_type: str) -> olap.Directory | errors.IikoError | None:
        try:
            return olap.Directory.read(self._client, report_type, ())
        except errors.PathMissing as error:
            logger.warning("%s Asking for every field.", error)
            return None
        except (errors.Unavailable, errors.PartFailed) as error:
            return error


class Prober:
    """The totals of one server by one control; tables of the same kind of report share them in a run."""

    def __init__(self, client: Client, control: Control, departments: t.Collection[str] = ()) -> None:
        """Of these departments only, if there are any and the control tells departments apart."""
        self.client = client
        self.control = control
        self.report = control.report
        if totals.DEPARTMENT in control.place:
            self.report = self.report.of_only(totals.DEPARTMENT, departments)
        self.probe = totals.Probe()
        self.decoders = olap.Decoders()
        self._failed: dict[Range, errors.PartFailed] = {}
        self._told: set[errors.PartFailed] = set()

    @property
    def metrics(self) -> list[str]:
        """Those that this server has."""
        return [metric for metric, name in self.control.figures.items() if name in self.report.aggregates]

    def fit(self, directory: olap.Directory | None) -> None:
        """Ask for what this server offers, if that is known."""
        if directory is not None:
            self.report = self.report.offered_by(directory)

    def ask(self, first: datetime.date, last: datetime.date, *, again: bool = False) -> None:
        """One report over all days, or a few where that is too much; days that are known only if told so.

        Raises:
            IikoError: not even a single day can be asked for.
        """
        if not again and (first, last) in self._failed:
            raise self._failed[first, last]  # another group of tables has asked
        try:
            self._ask_all(first, last, again=again)
        except errors.PartFailed as error:
            self._failed[first, last] = error
            raise

    def is_news(self, error: errors.PartFailed) -> bool:
        """Whether nothing was said of it yet."""
        is_news = error not in self._told
        self._told.add(error)
        return is_news

    def _ask_all(self, first: datetime.date, last: datetime.date, *, again: bool) -> None:
        days = days_between(first, last)
        for start, end in ranges_of(days if again else set(days).difference(self.probe.covered)):
            size = self.control.most_days or len(days)
            for day in days_between(start, end)[::size]:
                self._ask_or_halve(day, min(end, day + ONE_DAY * (size - 1)))

    def _ask_or_halve(self, first: datetime.date, last: datetime.date) -> None:
        try:
            self.probe.update(self._ask(first, last))
        except errors.Unanswered as error:
            size = (last - first).days + 1
            if size == 1:
                raise
            logger.warning("%s Asking for half of it.", error)
            middle = first + ONE_DAY * (size // 2)
            self._ask_or_halve(first, middle - ONE_DAY)
            self._ask_or_halve(middle, last)

    def _ask(self, first: datetime.date, last: datetime.date) -> totals.Probe:
        asked_again = False
        while True:
            report = self.report
            try:
                with closing(report.fetch(self.client, first, last).result()) as answer:
                    pages = report.pages(answer.body, WHERE, self.decoders)
                    return totals.Probe.read(self.control, pages, report, days_between(first, last), WHERE)
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
