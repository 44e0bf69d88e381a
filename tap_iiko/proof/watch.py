"""The watch by totals: which days have changed, by iiko's own sums, and whether what was read agrees with them."""

from __future__ import annotations

import itertools
import logging
import typing as t
from collections import Counter

from tap_iiko.days import clock
from tap_iiko.days.bookmark import KEPT_DAYS, MARK_BYTES, digest
from tap_iiko.days.calendar import ONE_DAY
from tap_iiko.days.choice import CannotChooseError
from tap_iiko.days.watch import Verdict
from tap_iiko.iiko import errors, olap
from tap_iiko.proof.late_changes import figures_of, in_words
from tap_iiko.proof.prober import Prober
from tap_iiko.proof.reconciliation import DayProof
from tap_iiko.proof.totals import DAY, DEPARTMENT, METRICS, SOURCE
from tap_iiko.rows.tally import add_up

if t.TYPE_CHECKING:
    import datetime

    from tap_iiko.days.bookmark import Bookmark
    from tap_iiko.days.calendar import Calendar
    from tap_iiko.days.choice import Choice
    from tap_iiko.iiko.client import Client
    from tap_iiko.proof.late_changes import LateChanges, Record
    from tap_iiko.proof.totals import Probe
    from tap_iiko.rows.reader import WindowRows
    from tap_iiko.settings.server import ServerSettings
    from tap_iiko.streams.forms import ReportForm

logger = logging.getLogger("tap-iiko")

# Of the days before the look-back: a report over years has brought large servers down (API reference 4.4).
BACKFILL_PROBE_DAYS = 62
MOST_DOUBTED_DAYS = 3  # a server whose totals never agree is not read twice for every day
MOST_LATE_WARNINGS = 100  # a corrected purchase can change the cost of every department for weeks

Results = t.Mapping[str, "WindowRows"]


class TotalsWatch:
    """Of the reports of sales of one server."""

    def __init__(  # noqa: PLR0913 - what a proof rests on
        self,
        settings: ServerSettings,
        client: Client,
        calendar: Calendar,
        choice: Choice,
        forms: dict[str, ReportForm],
        *,
        late: LateChanges | None,
        proves: bool,
        version: str,
        departments: t.Mapping[str, str],
        ask_departments: t.Callable[[], t.Collection[str]],
    ) -> None:
        """For the tables of ``forms``; ``departments`` are names by id, as far as their list was read."""
        self.settings = settings
        self.server_id = settings.server_id
        self.calendar = calendar
        self.choice = choice
        self.forms = forms
        self.bookmarks: t.Mapping[str, Bookmark] = choice.bookmarks
        self.late = late
        self.proves = proves
        self.version = version
        self.department_names = departments
        self._ask_departments = ask_departments
        self.prober = Prober(client, settings.departments)
        self.client = client
        self.failed = False
        self.unreadable: t.Mapping[str, errors.BadAnswer] = {}
        """Tables that this server cannot give, and why."""
        self.wrong_days: set[datetime.date] = set()
        self._doubted: set[datetime.date] = set()
        self._missing: list[datetime.date] = []
        self._told: set[tuple[str, str | None]] = set()
        self._late_days: Counter[str] = Counter()

    @property
    def probe(self) -> Probe:
        """The totals that are known."""
        return self.prober.probe

    @property
    def unproved(self) -> set[datetime.date]:
        """The closed days that do not agree with iiko's totals, also those that earlier runs have found."""
        if not self.proves:
            return set()
        return self.wrong_days.union(*(bookmark.unproved for bookmark in self.bookmarks.values()))

    # Choosing

    def look(self) -> dict[datetime.date, frozenset[str]]:
        """Ask for the fields and for the totals of the look-back.

        Raises:
            CannotChooseError: the settings name nothing that exists, or iiko's totals cannot be true.
            Unavailable: reports cannot be asked for here.
        """
        self.choice.check()
        self._check_departments()
        self._fit_reports()
        watched_from = self.choice.watched_from
        self._ask(watched_from, self.choice.last)
        self._doubt_probe()
        needed = self.choice.needed(self.probe)
        self._missing = sorted(day for day in needed if day < watched_from)
        logger.info(
            "%s: %d of the business days %s..%s to read, %d watched for late changes.",
            self.server_id,
            len(needed),
            self.choice.first,
            self.choice.last,
            (self.choice.last - watched_from).days + 1,
        )
        return needed

    def _check_departments(self) -> None:
        """The setting ``departments`` has to name some that exist: nothing would be read of any other."""
        wanted = set(self.settings.departments)
        if not wanted:
            return
        try:
            known = {each.lower() for each in self.department_names or self._ask_departments()}
        except (errors.Unavailable, errors.PartFailed) as error:
            logger.warning("%s: the setting departments cannot be checked: %s", self.server_id, error)
            return
        if unknown := sorted(wanted.difference(known)):
            message = f"departments: {', '.join(unknown)} is no department of this server (see the table departments)."
            if len(unknown) == len(wanted):
                raise CannotChooseError(message)
            self.failed = True
            logger.error("%s: %s", self.server_id, message)

    def _fit_reports(self) -> None:
        try:
            directory: olap.Directory | None = olap.Directory.read(self.client, SOURCE["olap"], (DAY, DEPARTMENT))
        except errors.PathMissing as error:
            logger.warning("%s Asking for every field.", error)
            directory = None
        if directory is not None:
            self.prober.fit(directory)
        for name, form in self.forms.items():
            try:
                lacking = [] if directory is None else form.fit(directory)
            except errors.BadAnswer as error:
                self.unreadable = {**self.unreadable, name: error}
                continue
            form.report = form.report.for_part(self.settings.departments or None)
            self.bookmarks[name].ask_for((*form.report.groups, *form.report.aggregates))
            self._tell_lacking(name, lacking)

    def _tell_lacking(self, name: str, fields: t.Sequence[str]) -> None:
        """Say which columns stay empty here: once for a version of iiko."""
        bookmark = self.bookmarks[name]
        told = f"{self.version} {digest(fields, MARK_BYTES)}" if fields else None
        level = logging.DEBUG if bookmark.lacking == told else logging.WARNING
        bookmark.lacking = told
        if fields:
            lacking = ", ".join(fields)
            logger.log(level, "%s: this version of iiko (%s) lacks %s: loaded as null.", name, self.version, lacking)

    def _ask(self, first: datetime.date, last: datetime.date) -> None:
        try:
            self.prober.ask(first, last)
        except errors.PartFailed as error:
            # It says nothing then: what is missing, open or recent is read all the same.
            self.failed = True
            logger.error("The probe failed, late changes cannot be seen in this run: %s", error)

    def _doubt_probe(self) -> None:
        """Ask once more if most days that had sales have none now."""
        if self.choice.is_believable(self.probe):
            return
        logger.warning("%s: iiko has no totals for most days that had sales. Asking again.", self.server_id)
        self._ask(self.choice.watched_from, self.choice.last)
        if not self.choice.is_believable(self.probe):
            message = (
                "iiko has no totals for most days that had sales: nothing is read and nothing is taken for gone. If "
                "that is right (another database, other departments), run once with --full-refresh."
            )
            raise CannotChooseError(message, status="suspicious")

    def is_empty(self, days: t.Sequence[datetime.date]) -> bool:
        """Whether nothing was sold. Totals of the days before the look-back are asked for when their turn comes."""
        if self._missing and self._missing[-1] >= days[0]:
            last = self._missing[-1]
            some = [day for day in self._missing if day > last - ONE_DAY * BACKFILL_PROBE_DAYS]
            del self._missing[-len(some) :]
            self._ask(some[0], last)
        return all(self.probe.is_empty(day) for day in days)

    def departments(self, day: datetime.date) -> list[str | None]:
        """Those that sold on that day."""
        if self.settings.departments:
            return list(self.settings.departments)
        totals = self.probe.totals(day)
        return sorted(totals.sums, key=lambda each: each or "") if totals else []

    # Judging

    def judge(self, days: t.Sequence[datetime.date], results: Results) -> dict[datetime.date, Verdict]:
        """Hold each closed day against the totals; one that disagrees may have changed meanwhile."""
        proofs = self._proofs(days, results)
        may_doubt = len(self._doubted) < MOST_DOUBTED_DAYS
        return {day: self._verdict(day, proofs.get(day), may_doubt=may_doubt) for day in days}

    def _verdict(self, day: datetime.date, proof: DayProof | None, *, may_doubt: bool) -> Verdict:
        is_closed = self.calendar.is_closed(day)
        totals = self.probe.totals(day) if is_closed else None
        verdict = Verdict(
            mark=self.probe.mark(day),
            is_proved=proof is None or proof.agrees(),
            expected=add_up(totals.sums, METRICS) if totals else {},
            proof=None if proof is None else proof.records,
        )
        if proof is not None and not verdict.is_proved:
            if may_doubt and day not in self._doubted:
                self._doubted.add(day)
                verdict.read_again = True
            else:
                self._tell_wrong(proof)
        return verdict

    def _proofs(self, days: t.Sequence[datetime.date], results: Results) -> dict[datetime.date, DayProof]:
        """The proof of each closed day; one that fails is held against fresh totals, since sales may have changed."""
        if not self.proves:
            return {}
        closed = [day for day in days if self.calendar.is_closed(day)]
        proofs = {day: proof for day in closed if (proof := self._proof(day, results)) is not None}
        wrong = [day for day, proof in proofs.items() if not proof.agrees()]
        if wrong and len(self._doubted) < MOST_DOUBTED_DAYS:
            try:
                self.prober.ask(wrong[0], wrong[-1])
            except errors.PartFailed as error:
                logger.warning("The totals could not be asked for again: %s", error)
            proofs |= {day: proof for day in wrong if (proof := self._proof(day, results)) is not None}
        return proofs

    def _proof(self, day: datetime.date, results: Results) -> DayProof | None:
        totals = self.probe.totals(day)
        if totals is None:
            return None
        return DayProof(
            server_id=self.server_id,
            day=day,
            totals=totals,
            tallies={name: result.tally for name, result in results.items()},
            compared=[column for column, name in METRICS.items() if name in self.prober.report.aggregates],
        )

    def _tell_wrong(self, proof: DayProof) -> None:
        self.wrong_days.add(proof.day)
        worst = max(proof.records, key=lambda record: record["difference"])
        logger.warning(
            "%s %s: %s differs from iiko's total by up to %s; see the table reconciliation.",
            self.server_id,
            proof.day,
            worst["metric"],
            worst["difference"],
        )

    def further(self, results: Results) -> dict[datetime.date, frozenset[str]]:  # noqa: ARG002
        """None: a report has rows of the asked days only."""
        return {}

    def remember(self, day: datetime.date, names: t.Iterable[str], verdict: Verdict) -> None:
        """A closed day was read; one that both clocks take for closed, since days to come are never read again."""
        if self.calendar.is_closed(day) and day <= self.calendar.today_at(clock.machine_time()):
            for name in names:
                is_proved = verdict.is_proved and name not in verdict.doubted
                self.bookmarks[name].record(day, verdict.mark, proved=is_proved)

    # Late changes

    def late_changes(self, day: datetime.date, results: Results, noticed_at: datetime.datetime) -> list[Record]:
        """What changed in a closed day since it was last read; told in words, too."""
        totals = self.probe.totals(day)
        if self.late is None or totals is None or not self.calendar.is_closed(day):
            return []
        receipts = results.get("receipts")
        if receipts is None and "receipts" in self.forms:
            return []  # another table needed the day; the counts of orders are not known now
        counted = receipts.tally.day(day) if receipts else None
        records = self.late.record(self.server_id, day, figures_of(totals, counted), noticed_at)
        sentences = in_words(records, self.department_names)
        for sentence in itertools.islice(sentences, max(0, MOST_LATE_WARNINGS - len(self._told))):
            logger.warning("%s %s", self.server_id, sentence)
        self._told.update((each["business_date"], each["department_id"]) for each in records)
        self._late_days.update(each["business_date"] for each in records)
        return records

    def leave_out(self, name: str) -> None:
        """Its sums are not there to be compared."""
        self.forms.pop(name, None)

    def verdict_of(self, days: t.Sequence[datetime.date]) -> str:
        """Whether they agree with iiko's totals."""
        return "NOT PROVED" if self.wrong_days.intersection(days) else "proved" if self.proves else "written"

    def tell(self) -> None:
        """How much has changed late, in one sentence."""
        if self._late_days:
            days = len(self._late_days)
            logger.warning(
                "%s: %s late changes in %s: see the table late_changes.",
                self.server_id,
                f"{self._late_days.total():,}",
                "1 business day" if days == 1 else f"{days} business days",
            )

    def save(self) -> None:
        """The figures of the watched days."""
        if self.late is not None:
            self.late.save(self.choice.last - ONE_DAY * KEPT_DAYS)

    def ask_otherwise(self, error: errors.Rejected, asked: t.Collection[str]) -> bool:
        """Ask from now on without the field that iiko lists but does not know.

        Returns:
            Whether a table of ``asked`` had it, so that it is worth asking again.
        """
        field = olap.unknown_field(error)
        having = [name for name, form in self.forms.items() if field in form.report.fields]
        if (
            field is None
            or not set(having).intersection(asked)
            or any(field in self.forms[name].key_fields for name in having)
        ):
            return False
        for name in having:
            logger.warning("%s: iiko lists the field %s but does not know it: loaded as null.", name, field)
            self.forms[name].report = self.forms[name].report.without(field)
        return True
