"""The facts of one server: probe, choose the days, read them in windows, prove each, write it."""

from __future__ import annotations

import itertools
import logging
import time
import typing as t
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace

from tap_iiko.days import clock
from tap_iiko.days.bookmark import KEPT_DAYS, ONE_DAY, Bookmark
from tap_iiko.days.windows import Window, Windows
from tap_iiko.iiko import errors, olap
from tap_iiko.proof.late_changes import LateChanges, figures_of, in_words
from tap_iiko.proof.reconciliation import GOOD, DayProof, Load
from tap_iiko.proof.totals import METRICS
from tap_iiko.rows.tally import add_up
from tap_iiko.run.plan import NothingCanBeReadError, Plan
from tap_iiko.singer.writer import Spool

if t.TYPE_CHECKING:
    import datetime
    from concurrent.futures import Future

    from tap_iiko.iiko.client import Answer, Client
    from tap_iiko.run.commit import Recorder
    from tap_iiko.settings.server import ServerSettings
    from tap_iiko.singer.stream import Record
    from tap_iiko.streams.sales import FactStream, FactWindow

logger = logging.getLogger("tap-iiko")

MOST_DOUBTED_DAYS = 3  # a server whose totals never agree is not read twice for every day
MOST_LATE_WARNINGS = 100  # a corrected purchase can change the cost of every department for weeks


@dataclass
class Fetching:
    """A window whose reports are on their way, or waiting."""

    window: Window
    reports: dict[str, olap.Report]
    futures: dict[str, list[Future[Answer]]]
    started: float = field(default_factory=time.monotonic)
    requests: int = 0
    bytes: int = 0

    def cancel(self, table: str | None = None) -> None:
        """Drop what is not needed any more, of one table or all; what has arrived or still arrives is closed."""
        for name in [table] if table else [*self.futures]:
            for future in self.futures.pop(name, ()):
                if not future.cancel():
                    future.add_done_callback(_close_answer)


def _close_answer(future: Future[Answer]) -> None:
    if future.exception() is None:
        future.result().close()


class FactRun:
    """The facts of one server in one run."""

    def __init__(  # noqa: PLR0913
        self,
        settings: ServerSettings,
        client: Client,
        recorder: Recorder,
        streams: t.Mapping[str, FactStream],
        *,
        prove: bool,
        sample: bool,
        departments: t.Mapping[str, str],
        version: str,
    ) -> None:
        """Nothing is asked yet; ``departments`` are names by id, as far as that list was read."""
        self.settings = settings
        self.client = client
        self.recorder = recorder
        self.server_id = settings.server_id
        self.streams = dict(streams)
        self.prove = prove
        self.sample = sample
        self.departments = departments
        self.wrong_days: list[datetime.date] = []
        logged = "sync_log" in recorder.streams
        self.bookmarks = {
            name: Bookmark(stream.server_state(self.server_id), logged=logged) for name, stream in streams.items()
        }
        late = recorder.streams.get("late_changes")
        self.late = LateChanges(late.server_state(self.server_id)) if late else None
        self.late_changes: list[Record] = []
        self.now = clock.present(client.server_time, self.server_id)
        self.plan = Plan(settings, client, self.bookmarks, self.now, version=version, sample=sample)
        self.probe = self.plan.prober.probe
        self.spools: dict[str, Spool] = {}  # where windows wait, one after the other in the same place
        self.retried: set[Window] = set()
        self.doubted: set[datetime.date] = set()
        self.done_days = 0
        self.started = self.shown = time.monotonic()

    @property
    def unproved(self) -> set[datetime.date]:
        """The closed days that do not agree with iiko's totals, also those that earlier runs have found."""
        if not self.prove:
            return set()
        return {*self.wrong_days}.union(*(bookmark.unproved for bookmark in self.bookmarks.values()))

    def run(self) -> None:
        """Probe, choose, read."""
        try:
            self.plan.make(self.streams, self.departments)
        except errors.Unavailable as error:
            for name in [*self.streams]:
                self._leave_out(name, "skipped", error)
            return
        except NothingCanBeReadError as error:
            self._give_up(error)
            return
        finally:
            self.recorder.failed |= self.plan.failed
        for name, lack in self.plan.unreadable.items():
            self._leave_out(name, "failed", lack)
        needed = self.plan.needed
        with ExitStack() as spools:
            self.spools = {name: spools.enter_context(closing(Spool())) for name in self.streams}
            self._read(Windows(needed, self.settings.max_window_days), len(needed))
        self._tell_late_changes()

    def _give_up(self, error: NothingCanBeReadError) -> None:
        """Nothing can be read of any table."""
        self.recorder.failed = True
        logger.error("%s: %s", self.server_id, error)
        for name in self.streams:
            self.recorder.log_unread(name, error.status, error, said=True)

    # Reading

    def _read(self, windows: Windows, total: int) -> None:
        """Windows in order; while one is decoded and written, the next is being fetched."""
        current = self._fetch_next(windows)
        while current is not None:
            following = self._fetch_next(windows)
            try:
                self._process(current, windows, total)
            except BaseException:
                for fetching in (current, following):
                    if fetching is not None:
                        fetching.cancel()
                raise
            current = following or self._fetch_next(windows)

    def _fetch_next(self, windows: Windows) -> Fetching | None:
        """The next window that any table still needs: one that is skipped may have left windows of its own."""
        while (window := windows.take()) is not None:
            if names := [name for name in self.streams if name in window.streams]:
                return self._fetch(window, names)
        return None

    def _fetch(self, window: Window, names: t.Sequence[str]) -> Fetching:
        reports = {name: self.plan.reports[name] for name in names}
        futures = {
            name: [
                (replace(report, departments=part) if part else report).fetch(self.client, window.first, window.last)
                for part in window.parts
            ]
            for name, report in reports.items()
            if self._has_sales(window)
        }
        return Fetching(window, reports, futures)

    def _has_sales(self, window: Window) -> bool:
        """Whether there is anything to ask for: the probe knows days without any sale."""
        return any((totals := self.probe.totals(day)) is None or totals.sums for day in window.days)

    def _process(self, fetching: Fetching, windows: Windows, total: int) -> None:
        window = fetching.window
        synced_at = self.recorder.stamp()
        with ExitStack() as files:
            try:
                results = self._results(fetching, files, synced_at)
            except errors.IikoError as error:
                fetching.cancel()
                self._recover(fetching, windows, error)
                return
            except Exception as error:  # noqa: BLE001 - one day that cannot be read never stops the others
                fetching.cancel()
                self._recover(fetching, windows, errors.unexpected(error))
                return
            windows.succeeded(time.monotonic() - fetching.started)
            doubted = self._write(fetching, results, synced_at)
        for day in doubted:
            windows.put_back(replace(window, days=(day,)))
        self._log_progress(window, results, total, len(doubted))

    def _results(self, fetching: Fetching, files: ExitStack, synced_at: datetime.datetime) -> dict[str, FactWindow]:
        """Each table's rows, decoded as its report arrives, while the next one is on the wire."""
        results = {}
        for name, report in fetching.reports.items():
            if name not in self.streams:
                fetching.cancel(name)
                continue
            answers: list[Answer] = []
            try:
                for future in fetching.futures.get(name, ()):
                    answers.append(future.result())
                    files.callback(answers[-1].close)
            except errors.Unavailable as error:
                fetching.cancel(name)
                self._leave_out(name, "skipped", error)
                continue
            fetching.requests += len(answers)
            fetching.bytes += sum(answer.bytes for answer in answers)
            results[name] = self.streams[name].read(
                answers, report, fetching.window.days, self.server_id, synced_at=synced_at, spool=self.spools[name]
            )
        return results

    # What can go wrong

    def _recover(self, fetching: Fetching, windows: Windows, error: errors.IikoError) -> None:
        """Ask again for less, or otherwise, or give the window's day up.

        Raises:
            IikoError: what concerns the whole server.
        """
        window = fetching.window
        match error:
            case errors.Overloaded() if windows.failed(window, self._departments(window)):
                logger.warning("%s Asking for less.", error)
            case errors.Rejected() if self._drop_unknown(fetching, error):
                windows.put_back(window)
            case errors.Overloaded() | errors.Rejected():
                self._fail(window, error)
            case errors.BadAnswer():
                self._isolate(window, windows, error)
            case _:
                raise error

    def _departments(self, window: Window) -> list[str | None]:
        """The departments that sold on a single day, for a day that is too large for one report."""
        if self.plan.departments:
            return list(self.plan.departments)
        totals = self.probe.totals(window.first)
        return sorted(totals.sums, key=lambda each: each or "") if totals else []

    def _drop_unknown(self, fetching: Fetching, error: errors.Rejected) -> bool:
        """Ask again without the field that iiko does not know after all."""
        return self.plan.drop_unknown(error, fetching.reports.values())

    def _isolate(self, window: Window, windows: Windows, error: errors.BadAnswer) -> None:
        """Find the one bad day of a window; a single day gets a second chance, since a body may be cut."""
        if len(window.days) > 1:
            logger.warning("%s Reading the window in halves.", error)
            windows.failed(window, ())
        elif window not in self.retried:
            logger.warning("%s Reading it once more.", error)
            self.retried.add(window)
            windows.put_back(window)
        else:
            self._fail(window, error)

    def _fail(self, window: Window, error: errors.IikoError) -> None:
        """Failed days: nothing of them is written, the others go on."""
        for day in window.days:
            for name in sorted(window.streams.intersection(self.streams)):
                self.recorder.log_unread(name, "failed", error, day)
        self.recorder.save_state()

    def _leave_out(self, name: str, status: str, error: errors.IikoError) -> None:
        """A table that cannot be read in this run; the others go on."""
        del self.streams[name]
        self.recorder.log_unread(name, status, error)

    # Proving and writing

    def _write(
        self, fetching: Fetching, results: t.Mapping[str, FactWindow], synced_at: datetime.datetime
    ) -> list[datetime.date]:
        """Write a window: its rows, then what is said of each day, oldest first, then STATE.

        Returns:
            The days that do not agree with iiko's totals and are worth reading once more.
        """
        proofs = self._proofs(fetching.window, results)
        doubted = [day for day, proof in proofs.items() if self._doubts(day, proof)]
        self.doubted.update(doubted)
        days = [day for day in fetching.window.days if day not in doubted]
        for name, result in results.items():
            self.streams[name].write_window(result, days)
        for day in days:
            is_final = self.settings.is_closed(day, self.now)
            if day in proofs:
                self._write_proof(proofs[day], synced_at)
            self._note_late_changes(day, results, synced_at, is_final=is_final)
            for name, result in results.items():
                load = self._load(name, day, result, fetching, synced_at, is_final=is_final)
                self.recorder.log(load)
                if is_final and day <= self.settings.today(clock.machine_time()):
                    proved = load.status in GOOD and (day not in proofs or proofs[day].agrees())
                    self.bookmarks[name].record(day, self.probe.mark(day), proved=proved)
        for bookmark in self.bookmarks.values():
            bookmark.save()
        if self.late is not None:
            self.late.save(self.plan.last - ONE_DAY * KEPT_DAYS)
        self.recorder.save_state()
        return doubted

    def _proofs(self, window: Window, results: t.Mapping[str, FactWindow]) -> dict[datetime.date, DayProof]:
        """The proof of each closed day; one that fails is held against fresh totals, since sales may have changed."""
        if not self.prove:
            return {}
        closed = [day for day in window.days if self.settings.is_closed(day, self.now)]
        proofs = {day: proof for day in closed if (proof := self._proof(day, results)) is not None}
        wrong = [day for day, proof in proofs.items() if not proof.agrees()]
        if wrong and len(self.doubted) < MOST_DOUBTED_DAYS:
            try:
                self.plan.prober.ask(wrong[0], wrong[-1])
            except (errors.Overloaded, errors.BadAnswer, errors.Rejected) as error:
                logger.warning("The totals could not be asked for again: %s", error)
            proofs |= {day: proof for day in wrong if (proof := self._proof(day, results)) is not None}
        return proofs

    def _proof(self, day: datetime.date, results: t.Mapping[str, FactWindow]) -> DayProof | None:
        totals = self.probe.totals(day)
        if totals is None:
            return None
        return DayProof(
            server_id=self.server_id,
            day=day,
            totals=totals,
            tallies={name: result.tally for name, result in results.items()},
            compared=[column for column, name in METRICS.items() if name in self.plan.prober.report.aggregates],
        )

    def _doubts(self, day: datetime.date, proof: DayProof) -> bool:
        return not proof.agrees() and day not in self.doubted and len(self.doubted) < MOST_DOUBTED_DAYS

    def _write_proof(self, proof: DayProof, synced_at: datetime.datetime) -> None:
        wrong = [record for record in proof.records if not record["proved"]]
        if wrong:
            self.wrong_days.append(proof.day)
            worst = max(wrong, key=lambda record: record["difference"])
            logger.warning(
                "%s %s: %s differs from iiko's total by up to %s; see the table reconciliation.",
                self.server_id,
                proof.day,
                worst["metric"],
                worst["difference"],
            )
        self.recorder.write("reconciliation", proof.records, synced_at)
        self.recorder.log(
            Load(
                stream="reconciliation",
                day=proof.day,
                status="loaded" if proof.records else "empty",
                synced_at=synced_at,
                started_at=synced_at,
                finished_at=self.recorder.stamp(),
                is_final=True,
                rows=len(proof.records),
            )
        )

    def _note_late_changes(
        self,
        day: datetime.date,
        results: t.Mapping[str, FactWindow],
        synced_at: datetime.datetime,
        *,
        is_final: bool,
    ) -> None:
        totals = self.probe.totals(day)
        if self.late is None or totals is None or not is_final:
            return
        receipts = results.get("receipts")
        if receipts is None and "receipts" in self.streams:
            return  # another table needed the day; the counts of orders are not known now
        counted = receipts.tally.day(day) if receipts else None
        records = self.late.record(self.server_id, day, figures_of(totals, counted), synced_at)
        self.recorder.write("late_changes", records, synced_at)
        told = len({(each["business_date"], each["department_id"]) for each in self.late_changes})
        self.late_changes += records
        for sentence in itertools.islice(in_words(records, self.departments), max(0, MOST_LATE_WARNINGS - told)):
            logger.warning("%s %s", self.server_id, sentence)

    def _tell_late_changes(self) -> None:
        if self.late_changes:
            days = len({record["business_date"] for record in self.late_changes})
            logger.warning(
                "%s: %s late changes in %s: see the table late_changes.",
                self.server_id,
                f"{len(self.late_changes):,}",
                "1 business day" if days == 1 else f"{days} business days",
            )

    def _load(  # noqa: PLR0913
        self,
        name: str,
        day: datetime.date,
        result: FactWindow,
        fetching: Fetching,
        synced_at: datetime.datetime,
        *,
        is_final: bool,
    ) -> Load:
        rows = result.rows[day.isoformat()]
        sums = result.tally.total(day)
        totals = self.probe.totals(day) if is_final else None
        expected = add_up(totals.sums, METRICS) if totals else {}
        has_vanished = not rows and any(expected.values())
        return Load(
            stream=name,
            day=day,
            status="loaded" if rows else "suspicious" if has_vanished else "empty",
            synced_at=synced_at,
            started_at=synced_at,
            finished_at=self.recorder.stamp(),
            is_final=is_final,
            rows=rows,
            merged_rows=result.merged[day.isoformat()],
            requests=fetching.requests,
            bytes=fetching.bytes,
            sums=sums,
            differences={metric: sums[metric] - value for metric, value in expected.items() if metric in sums},
            message="the report is empty, iiko's totals are not: nothing is taken for gone." if has_vanished else None,
        )

    def _log_progress(self, window: Window, results: t.Mapping[str, FactWindow], total: int, doubted: int) -> None:
        self.done_days += len(window.days) - doubted
        now = time.monotonic()
        left = (now - self.started) / max(1, self.done_days) * (total - self.done_days)
        name = next(iter(results), "facts")
        rows = sum(results[name].rows.values()) if results else 0
        wrong = set(window.days).intersection(self.wrong_days)
        verdict = "NOT PROVED" if wrong else "proved" if self.prove else "written"
        logger.info(
            "%s %s %s (%d of %d days) %s %s, %.1f s, %s%s",
            name,
            self.server_id,
            window,
            self.done_days,
            total,
            f"{rows:,}",
            name,
            now - self.shown,
            verdict,
            f", about {left:.0f} s left" if self.done_days < total else "",
        )
        self.shown = now
