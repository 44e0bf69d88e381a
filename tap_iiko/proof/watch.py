"""The watch by totals: which days have changed, by iiko's own sums, and whether what was read agrees with them."""

from __future__ import annotations

import itertools
import logging
import typing as t
from collections import Counter

from tap_iiko.days import clock
from tap_iiko.days.bookmark import EMPTY_MARK, MARK_BYTES, digest
from tap_iiko.days.calendar import ONE_DAY
from tap_iiko.days.choice import CannotChooseError
from tap_iiko.days.periods import DAY
from tap_iiko.days.watch import Verdict
from tap_iiko.iiko import errors, olap
from tap_iiko.proof.totals import DEPARTMENT, EMPTY_DAY

if t.TYPE_CHECKING:
    import datetime

    from tap_iiko.days.bookmark import Bookmark
    from tap_iiko.days.calendar import Calendar
    from tap_iiko.days.choice import Choice
    from tap_iiko.days.periods import Period
    from tap_iiko.proof.kinds import Kind, Proof
    from tap_iiko.proof.late_changes import LateChanges, Record
    from tap_iiko.proof.prober import Asked
    from tap_iiko.proof.totals import Probe
    from tap_iiko.rows.reader import WindowRows
    from tap_iiko.rows.tally import Place
    from tap_iiko.settings.server import ServerSettings
    from tap_iiko.streams.forms import ReportForm

logger = logging.getLogger("tap-iiko")

# Of the days before the look-back: a report over years has brought large servers down (API reference 4.4).
BACKFILL_PROBE_DAYS = 62
MOST_DOUBTED_DAYS = 3  # a server whose totals never agree is not read twice for every day
MOST_LATE_WARNINGS = 100  # a corrected purchase can change the cost of every department for weeks

Results = t.Mapping[str, "WindowRows"]


class TotalsWatch:
    """Of a group of reports of one server."""

    def __init__(  # noqa: PLR0913 - what a proof rests on
        self,
        settings: ServerSettings,
        asked: Asked,
        calendar: Calendar,
        choice: Choice,
        forms: dict[str, ReportForm],
        *,
        kind: Kind,
        late: LateChanges | None,
        proves: bool,
        version: str,
        departments: t.Mapping[str, str],
        ask_departments: t.Callable[[], t.Collection[str]],
    ) -> None:
        """For the tables of ``forms``; ``departments`` are names by id, as far as their list was read."""
        self.settings = settings
        self.server_id = settings.server_id
        self.asked = asked
        self.prober = asked.prober(kind.control)
        self.calendar = calendar
        self.choice = choice
        self.forms = forms
        self.bookmarks: t.Mapping[str, Bookmark] = choice.bookmarks
        self.kind = kind
        self.late = late if kind.kept else None
        self.proves = proves and kind.prove is not None
        self.version = version
        self.department_names = departments
        self._ask_departments = ask_departments
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
        """The totals that are known, by business day."""
        return self.prober.probe

    @property
    def seen(self) -> Probe | PeriodTotals:
        """The same by what the reports are cut into."""
        return self.probe if self.choice.period is DAY else PeriodTotals(self.probe, self.choice.period)

    @property
    def unproved(self) -> set[datetime.date]:
        """The closed days that do not agree with iiko's totals, also those that earlier runs have found."""
        if not self.proves:
            return set()
        return self.wrong_days.union(*(bookmark.unproved for bookmark in self.bookmarks.values()))

    def is_closed(self, day: datetime.date) -> bool:
        """Whether it, or the period that begins with it, takes no more."""
        return self.calendar.is_closed(self.choice.period.last(day))

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
        needed = self.choice.needed(self.seen)
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
        for name, form in self.forms.items():
            directory = self.asked.directory(form.report.report_type, self.kind.control.needed)
            try:
                self._check_period(name)
                lacking = [] if directory is None else form.fit(directory)
                form.report = self._of_departments(form)
            except errors.BadAnswer as error:
                self.unreadable = {**self.unreadable, name: error}
                continue
            self._compare(form, self.bookmarks[name])
            self._tell_lacking(name, lacking)
            self.prober.fit(directory)

    def _check_period(self, name: str) -> None:
        bookmark = self.bookmarks[name]
        if not bookmark.is_of_its_period:
            message = (
                f"{name} was loaded by {bookmark.period_name}, and is to be by {self.choice.period.name}: in one table "
                "they would be added up. Give the report another name, or set by back."
            )
            raise errors.BadAnswer(message)

    def _compare(self, form: ReportForm, bookmark: Bookmark) -> None:
        """What is asked for with what was asked for before."""
        bookmark.ask_for(form.asked_for)
        if form.is_declared and bookmark.begin_anew():
            logger.warning("%s: the report is another one than before: all its days are read again.", form.table.name)

    def _of_departments(self, form: ReportForm) -> olap.Report:
        """Of those that the setting names, if the report has any to be named."""
        wanted, department = self.settings.departments, form.table.source.get("department", "")
        if not wanted or not department:
            return form.report
        report = form.report.of_only(department, wanted)
        if not report.filters[department]["values"]:
            message = (
                f"{form.table.name}: its filter of {department} has none of those that the setting departments names."
            )
            raise errors.BadAnswer(message)
        return report

    def _tell_lacking(self, name: str, fields: t.Sequence[str]) -> None:
        """Say which columns stay empty here: once for a version of iiko."""
        bookmark = self.bookmarks[name]
        told = f"{self.version} {digest(fields, MARK_BYTES)}" if fields else None
        level = logging.DEBUG if bookmark.lacking == told else logging.WARNING
        bookmark.lacking = told
        if fields:
            lacking = ", ".join(fields)
            logger.log(level, "%s: this version of iiko (%s) lacks %s: loaded as null.", name, self.version, lacking)

    def _ask(self, first: datetime.date, last: datetime.date, *, again: bool = False) -> None:
        try:
            self.prober.ask(first, last, again=again)
        except errors.PartFailed as error:
            # It says nothing then: what is missing, open or recent is read all the same.
            self.failed = True
            if self.prober.is_news(error):
                logger.error("The probe failed, late changes cannot be seen in this run: %s", error)

    def _doubt_probe(self) -> None:
        """Ask once more if most days that had sales have none now."""
        if self.choice.is_believable(self.seen):
            return
        what = self.kind.control.what
        logger.warning("%s: iiko has no totals for most days that had %s. Asking again.", self.server_id, what)
        self._ask(self.choice.watched_from, self.choice.last, again=True)
        if not self.choice.is_believable(self.seen):
            message = (
                f"iiko has no totals for most days that had {what}: nothing is read and nothing is taken for gone. If "
                "that is right (another database, other departments), run once with --full-refresh."
            )
            raise CannotChooseError(message, status="suspicious")

    def is_empty(self, days: t.Sequence[datetime.date]) -> bool:
        """Whether there is nothing. Totals of the days before the look-back are asked for when their turn comes."""
        if self._missing and self._missing[-1] >= days[0]:
            last = self._missing[-1]
            some = [day for day in self._missing if day > last - ONE_DAY * BACKFILL_PROBE_DAYS]
            del self._missing[-len(some) :]
            self._ask(some[0], self.choice.period.last(last))
        return all(self.seen.is_empty(day) for day in days)

    def departments(self, day: datetime.date) -> list[str | None]:
        """The values by which a day can be cut: those of its departments, or accounts, that have anything."""
        reports = [form.report for form in self.forms.values()]
        cuts = {report.cut for report in reports}
        place = self.kind.control.place
        if len(cuts) != 1 or (cut := cuts.pop()) not in place:
            return []
        if cut == DEPARTMENT and self.settings.departments:
            found: set[str | None] = set(self.settings.departments)
        else:
            found = {
                _part(key, place.index(cut))
                for each in self.choice.period.days(day)
                for key in (self.probe.totals(each) or EMPTY_DAY).sums
            }
        is_let_through = (all(olap.lets_through(each.filters.get(cut), value) for each in reports) for value in found)
        kept = [value for value, is_kept in zip(found, is_let_through, strict=True) if is_kept]
        return sorted(kept, key=lambda each: each or "")

    # Judging

    def judge(self, days: t.Sequence[datetime.date], results: Results) -> dict[datetime.date, Verdict]:
        """Hold each closed day against the totals; one that disagrees may have changed meanwhile."""
        proofs = self._proofs(days, results)
        may_doubt = len(self._doubted) < MOST_DOUBTED_DAYS
        return {day: self._verdict(day, proofs.get(day), may_doubt=may_doubt) for day in days}

    def _verdict(self, day: datetime.date, proof: Proof | None, *, may_doubt: bool) -> Verdict:
        found = self.probe.totals(day) if self.kind.prove and self.is_closed(day) else None
        verdict = Verdict(
            mark=self.seen.mark(day),
            is_proved=proof is None or proof.agrees(),
            expected={name: self.kind.expected(name, found) for name in self.forms} if found else {},
            proof=None if proof is None else proof.records,
        )
        if proof is not None and not verdict.is_proved:
            if may_doubt and day not in self._doubted:
                self._doubted.add(day)
                verdict.read_again = True
            else:
                self.wrong_days.add(day)
                logger.warning("%s %s: %s.", self.server_id, day, proof.worst())
        return verdict

    def _proofs(self, days: t.Sequence[datetime.date], results: Results) -> dict[datetime.date, Proof]:
        """The proof of each closed day; one that fails is held against fresh totals, since it may have changed."""
        if not self.proves:
            return {}
        closed = [day for day in days if self.is_closed(day)]
        proofs = {day: proof for day in closed if (proof := self._proof(day, results)) is not None}
        wrong = [day for day, proof in proofs.items() if not proof.agrees()]
        if wrong and len(self._doubted) < MOST_DOUBTED_DAYS:
            try:
                self.prober.ask(wrong[0], wrong[-1], again=True)
            except errors.PartFailed as error:
                logger.warning("The totals could not be asked for again: %s", error)
            proofs |= {day: proof for day in wrong if (proof := self._proof(day, results)) is not None}
        return proofs

    def _proof(self, day: datetime.date, results: Results) -> Proof | None:
        found = self.probe.totals(day)
        if found is None or self.kind.prove is None:
            return None
        tallies = {name: result.tally for name, result in results.items()}
        return self.kind.prove(self.server_id, day, found, tallies, self.prober.metrics)

    def further(self, results: Results) -> dict[datetime.date, frozenset[str]]:  # noqa: ARG002
        """None: a report has rows of the asked days only."""
        return {}

    def remember(self, day: datetime.date, names: t.Iterable[str], verdict: Verdict) -> None:
        """A closed day was read; one that both clocks take for closed, since days to come are never read again."""
        last = self.choice.period.last(day)
        if self.calendar.is_closed(last) and last <= self.calendar.today_at(clock.machine_time()):
            for name in names:
                is_proved = verdict.is_proved and name not in verdict.doubted
                self.bookmarks[name].record(day, verdict.mark, proved=is_proved)

    # Late changes

    def late_changes(self, day: datetime.date, results: Results, noticed_at: datetime.datetime) -> list[Record]:
        """What changed in a closed day since it was last read; told in words, too."""
        found = self.probe.totals(day)
        if self.late is None or found is None or not self.is_closed(day):
            return []
        table = self.kind.counted_by
        result = results.get(table)
        if result is None and table in self.forms:
            return []  # another table needed the day; the counts of orders are not known now
        counted = result.tally.day(day) if result else None
        records = self.late.record(self.server_id, day, self.late.kept.of(found, counted), noticed_at)
        sentences = self.kind.words(records, self.department_names)
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
            self.late.save(self.choice.watched_from - ONE_DAY * self.late.kept.days)

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


def _part(key: Place, index: int) -> str | None:
    return key[index] if isinstance(key, tuple) else key


class PeriodTotals:
    """Totals of business days as those of longer periods."""

    def __init__(self, probe: Probe, period: Period) -> None:
        """What is not known of one day is not known of its period; a day that has not come counts for nothing."""
        self.probe = probe
        self.period = period

    def mark(self, day: datetime.date) -> str | None:
        """The fingerprint of the period that begins then; ``None`` where the totals do not reach."""
        marks = {each: self.probe.mark(each) for each in self._days(day)}
        if not marks or None in marks.values():
            return None
        if set(marks.values()) == {EMPTY_MARK}:
            return EMPTY_MARK
        return digest((f"{each} {mark}" for each, mark in marks.items()), MARK_BYTES)

    def is_empty(self, day: datetime.date) -> bool:
        """Whether there is surely nothing in it."""
        days = self._days(day)
        return bool(days) and all(map(self.probe.is_empty, days))

    def _days(self, first: datetime.date) -> list[datetime.date]:
        newest = max(self.probe.covered, default=first)
        return [day for day in self.period.days(first) if day <= newest]
