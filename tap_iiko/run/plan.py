"""What one run asks of one server: the reports, iiko's totals, and the days that have to be read."""

from __future__ import annotations

import datetime
import logging
import typing as t
from dataclasses import replace

from tap_iiko.days.choice import Choice
from tap_iiko.iiko import errors, olap
from tap_iiko.proof.prober import Prober
from tap_iiko.proof.totals import MARK_BYTES, digest
from tap_iiko.streams.organization import DEPARTMENTS_PATH, corporate_items

if t.TYPE_CHECKING:
    from tap_iiko.days.bookmark import Bookmark
    from tap_iiko.iiko.client import Client
    from tap_iiko.settings.server import ServerSettings
    from tap_iiko.streams.sales import FactStream

logger = logging.getLogger("tap-iiko")

LACKING_KEY = "lacking_fields"
PART_FAILED = (errors.Overloaded, errors.BadAnswer, errors.Rejected)


class NothingCanBeReadError(errors.IikoError):
    """Why no table of facts can be read in this run; ``status`` is what ``sync_log`` says of it."""

    def __init__(self, message: str, status: str = "failed") -> None:
        super().__init__(message)
        self.status = status


class Plan:
    """Made by ``make``, which asks iiko for its fields and totals."""

    def __init__(  # noqa: PLR0913
        self,
        settings: ServerSettings,
        client: Client,
        bookmarks: t.Mapping[str, Bookmark],
        now: datetime.datetime,
        *,
        version: str,
        sample: bool,
    ) -> None:
        """Nothing is asked yet; ``version`` is iiko's."""
        self.settings = settings
        self.client = client
        self.bookmarks = bookmarks
        self.version = version
        self.prober = Prober(client)
        self.departments = tuple(each.lower() for each in settings.departments)
        self.reports: dict[str, olap.Report] = {}
        self.unreadable: dict[str, errors.BadAnswer] = {}  # tables, and why
        self.needed: dict[datetime.date, frozenset[str]] = {}
        self.failed = False
        self.last = min(settings.end_date or datetime.date.max, settings.today(now))
        self._choice = Choice(
            self._first_day(now),
            self.last,
            today=now.date(),
            lookback_days=settings.lookback_days,
            reread_days=settings.reread_days,
            bookmarks=bookmarks,
            sample=sample,
        )

    def _first_day(self, now: datetime.datetime) -> datetime.date:
        """The configured first day; without one, what was read before stays watched."""
        known = [bookmark.first for bookmark in self.bookmarks.values() if bookmark.first]
        if self.settings.start_date or not known:
            return self.settings.first_day(now)
        return min(known)

    def make(self, streams: t.Mapping[str, FactStream], departments: t.Mapping[str, str]) -> None:
        """Fill ``reports``, the prober and ``needed``.

        Args:
            streams: the tables of facts.
            departments: of this server, if their list was read.

        Raises:
            NothingCanBeReadError: the settings name nothing that exists, or iiko's totals cannot be true.
            Unavailable: reports cannot be asked for here.
        """
        first = self._choice.first
        if first > self.last:
            message = f"there is no business day between {first} and {self.last}: check start_date and end_date."
            raise NothingCanBeReadError(message)
        self._check_departments(departments)
        self._prepare_reports(streams)
        self._probe()
        self._doubt_probe()
        self.needed = self._choice.needed(self.prober.probe)
        logger.info(
            "%s: %d of the business days %s..%s to read, %d watched for late changes.",
            self.settings.server_id,
            len(self.needed),
            first,
            self.last,
            (self.last - self._choice.watched_from).days + 1,
        )

    def _check_departments(self, known: t.Mapping[str, str]) -> None:
        """The setting ``departments`` has to name some that exist: nothing would be read of any other."""
        wanted = set(self.departments)
        if not wanted:
            return
        try:
            ids = {str(each).lower() for each in known or self._department_ids()}
        except (errors.Unavailable, *PART_FAILED) as error:
            logger.warning("%s: the setting departments cannot be checked: %s", self.settings.server_id, error)
            return
        if unknown := sorted(wanted.difference(ids)):
            message = f"departments: {', '.join(unknown)} is no department of this server (see the table departments)."
            if len(unknown) == len(wanted):
                raise NothingCanBeReadError(message)
            self.failed = True
            logger.error("%s: %s", self.settings.server_id, message)

    def _department_ids(self) -> list[str]:
        return [item["id"] for item in corporate_items(self.client, DEPARTMENTS_PATH)]

    def _prepare_reports(self, streams: t.Mapping[str, FactStream]) -> None:
        try:
            directory = olap.Directory.read(self.client, "SALES")
        except errors.PathMissing as error:
            logger.warning("%s Asking for every field.", error)
            directory = None
        for name, stream in streams.items():
            try:
                report, lacking = stream.report(directory)
            except errors.BadAnswer as error:
                self.unreadable[name] = error
                continue
            self.reports[name] = replace(report, departments=self.departments)
            self.bookmarks[name].ask_for((*report.groups, *report.aggregates))
            self._tell_lacking(name, lacking)
        self.prober.prepare(directory, self.departments)

    def _tell_lacking(self, name: str, fields: t.Sequence[str]) -> None:
        """Say which columns stay empty here: once for a version of iiko."""
        state = self.bookmarks[name].state
        told = f"{self.version} {digest(fields, MARK_BYTES)}"
        level = logging.DEBUG if state.get(LACKING_KEY) == told else logging.WARNING
        state.pop(LACKING_KEY, None)
        if fields:
            state[LACKING_KEY] = told
            lacking = ", ".join(fields)
            logger.log(level, "%s: this version of iiko (%s) lacks %s: loaded as null.", name, self.version, lacking)

    def _probe(self) -> None:
        try:
            for first, last in self._choice.to_probe():
                self.prober.ask(first, last)
        except PART_FAILED as error:
            # It says nothing then: what is missing, open or recent is read all the same.
            self.failed = True
            logger.error("The probe failed, late changes cannot be seen in this run: %s", error)

    def _doubt_probe(self) -> None:
        """Ask once more if most days that had sales have none now."""
        if self._choice.is_believable(self.prober.probe):
            return
        logger.warning("%s: iiko has no totals for most days that had sales. Asking again.", self.settings.server_id)
        self._probe()
        if not self._choice.is_believable(self.prober.probe):
            message = (
                "iiko has no totals for most days that had sales: nothing is read and nothing is taken for gone. If "
                "that is right (another database, other departments), run once with --full-refresh."
            )
            raise NothingCanBeReadError(message, status="suspicious")

    def drop_unknown(self, error: errors.Rejected, asked: t.Iterable[olap.Report]) -> bool:
        """Ask from now on without the field that iiko lists but does not know.

        Returns:
            Whether ``asked`` had it, so that it is worth asking again.
        """
        field = olap.unknown_field(error)
        if field is None or field in olap.KEY_FIELDS:
            return False
        if not any(field in {*report.groups, *report.aggregates} for report in asked):
            return False
        for name, report in self.reports.items():
            if field in {*report.groups, *report.aggregates}:
                logger.warning("%s: iiko lists the field %s but does not know it: loaded as null.", name, field)
                self.reports[name] = report.without(field)
        return True
