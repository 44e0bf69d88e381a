"""Tables that have days: choose the days, read them in windows, judge each, write it."""

from __future__ import annotations

import logging
import time
import typing as t
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from tap_iiko.days.choice import CannotChooseError
from tap_iiko.days.windows import Window, Windows
from tap_iiko.iiko import errors
from tap_iiko.logs.steps import Step
from tap_iiko.run.day_writer import DayWriter
from tap_iiko.run.family import Asked
from tap_iiko.run.load import LoadContext

if t.TYPE_CHECKING:
    import datetime
    from concurrent.futures import Future

    from tap_iiko.days.bookmark import Bookmark
    from tap_iiko.days.watch import Verdict, Watch
    from tap_iiko.iiko.client import Answer, Client
    from tap_iiko.rows.reader import TableReader, WindowRows
    from tap_iiko.run.checking import Checks
    from tap_iiko.run.commit import Commit
    from tap_iiko.run.details import Details
    from tap_iiko.run.family import Family
    from tap_iiko.run.load import Status

logger = logging.getLogger("tap-iiko")

Days = t.Sequence["datetime.date"]


@dataclass(frozen=True)
class DayGroup:
    """Tables whose days are chosen, read and judged together."""

    name: str
    families: dict[str, Family]
    """Tables by the answer that they share; those that cannot be read go."""
    bookmarks: t.Mapping[str, Bookmark]
    watch: Watch
    longest_window: int
    first_window: int
    """Days of the first one; the next ones grow while iiko is quick."""
    to_come: Days = ()
    """Days of the future, today before them, that are read in one window."""
    is_closed: t.Callable[[datetime.date], bool] | None = None
    """Whether what a day stands for is over, if that is more than the day."""
    details: dict[str, Details] = field(default_factory=dict)
    """Tables that are asked for row by row of a table of the group; those that cannot be read go."""


@dataclass
class Fetching:
    """A window whose answers are on their way, or waiting."""

    window: Window
    families: dict[str, Family]
    futures: dict[str, list[Future[Answer]]]
    started: float = field(default_factory=time.monotonic)

    def cancel(self, name: str | None = None) -> None:
        """Drop what is not needed any more, of one family or all; what has arrived or still arrives is closed."""
        for each in [name] if name else [*self.futures]:
            for future in self.futures.pop(each, ()):
                if not future.cancel():
                    future.add_done_callback(_close_answer)


def _close_answer(future: Future[Answer]) -> None:
    if future.exception() is None:
        future.result().close()


class DayRun:
    """One group of tables of one server in one run."""

    def __init__(
        self,
        group: DayGroup,
        client: Client,
        commit: Commit,
        is_closed: t.Callable[[datetime.date], bool],
        checks: Checks,
    ) -> None:
        """Nothing is asked yet."""
        self.checks = checks
        self.group = group
        self.watch = group.watch
        self.client = client
        self.commit = commit
        self.server_id = commit.server_id
        self.writer = DayWriter(commit, group.watch, group.bookmarks, is_closed, checks)
        self._windows: Windows | None = None
        self._total = self._done = self._rows = 0
        self._retried: set[Window] = set()
        self._seconds = self._shown = 0.0

    @property
    def unproved(self) -> t.Collection[datetime.date]:
        """The closed days that do not agree with iiko's totals."""
        return self.watch.unproved

    @property
    def tables(self) -> list[str]:
        """Those that can be read."""
        found = [reader.table.name for family in self.group.families.values() for reader in family.readers]
        return [*found, *self.group.details]

    def choose(self) -> None:
        """Find out which days have to be read."""
        try:
            needed = dict(self.watch.look())
        except (errors.Unavailable, errors.PartFailed) as error:
            status: Status = "skipped" if isinstance(error, errors.Unavailable) else "failed"
            self._leave_out([*self.group.families], status, error)
            return
        except CannotChooseError as error:
            self.commit.failed = True
            logger.error("%s: %s", self.server_id, error)
            self.commit.unread(self.tables, t.cast("Status", error.status), error, said=True)
            return
        finally:
            self.commit.failed |= self.watch.failed
        for name, lack in self.watch.unreadable.items():
            self._leave_out([name], "failed", lack)
        self._prepare()
        to_come = tuple(self.group.to_come)
        if to_come:
            needed.pop(to_come[0], None)
        undated = {day for bookmark in self.group.bookmarks.values() for day in bookmark.undated}
        self._windows = Windows(needed, self.group.longest_window, self.group.first_window, undated)
        if to_come:
            self._windows.put_back(Window(to_come, frozenset(self.tables)))
        self._total = len(needed) + len(to_come[:1])

    def _prepare(self) -> None:
        for name, family in [*self.group.families.items()]:
            try:
                family.prepare()
            except errors.Unavailable as error:
                self._leave_out([name], "skipped", error)
            except errors.PartFailed as error:
                self._leave_out([name], "failed", error)

    def read(self, oldest: datetime.date | None = None) -> None:
        """Windows in order, those since ``oldest``; while one is read and written, the next is being fetched."""
        self._shown = time.monotonic()
        current = self._fetch_next(oldest)
        while current is not None:
            following = self._fetch_next(oldest)
            try:
                self._process(current)
            except BaseException:
                for fetching in (current, following):
                    if fetching is not None:
                        fetching.cancel()
                raise
            current = following or self._fetch_next(oldest)

    def tell(self) -> None:
        """What the outcomes of the tables do not say."""
        self.commit.failed |= self.watch.failed
        self.watch.tell()

    def close(self) -> None:
        """Give the space back."""
        for family in self.group.families.values():
            family.close()
        for details in self.group.details.values():
            details.close()

    # Reading

    def _fetch_next(self, oldest: datetime.date | None) -> Fetching | None:
        """The next window that any table still needs: one that is skipped may have left windows of its own."""
        while self._windows is not None and (window := self._windows.take(oldest)) is not None:
            families = {
                name: family
                for name, family in self.group.families.items()
                if window.tables.intersection(reader.table.name for reader in family.readers)
            }
            if families:
                return self._fetch(window, families)
        return None

    def _fetch(self, window: Window, families: dict[str, Family]) -> Fetching:
        is_empty = self.watch.is_empty(window.days)
        futures = {
            name: [
                family.fetch(self.client, (window.first, window.last), part) for part in window.parts or family.parts
            ]
            for name, family in families.items()
            if not is_empty
        }
        return Fetching(window, families, futures)

    def _process(self, fetching: Fetching) -> None:
        windows = t.cast("Windows", self._windows)
        started = self.commit.stamp()
        context = LoadContext(self.server_id, synced_at=started, started_at=started)
        with ExitStack() as files:
            try:
                results, context = self._results(fetching, files, context)
            except errors.Stopped:
                raise
            except errors.IikoError as error:
                fetching.cancel()
                self._recover(fetching, error)
                return
            except Exception as error:  # noqa: BLE001 - one day that cannot be read never stops the others
                fetching.cancel()
                self._recover(fetching, errors.unexpected(error))
                return
            windows.learn(time.monotonic() - fetching.started)
            again = self._judge_and_write(fetching.window, results, context)
        for day in again:
            windows.put_back(replace(fetching.window, days=(day,)))
        further = self.watch.further(results)
        windows.add(further)
        self._total += len(further)
        self._log_progress(fetching.window, results, len(again))

    def _results(
        self, fetching: Fetching, files: ExitStack, context: LoadContext
    ) -> tuple[dict[str, WindowRows], LoadContext]:
        """Each table's rows, decoded as its answer arrives, while the next one is on the wire."""
        results: dict[str, WindowRows] = {}
        for name, family in fetching.families.items():
            if name not in self.group.families:
                fetching.cancel(name)
                continue
            answers: list[Answer] = []
            try:
                for number, future in enumerate(fetching.futures.get(name, ())):
                    answers.append(family.result(future, number))
                    files.callback(answers[-1].close)
            except errors.Unavailable as error:
                fetching.cancel(name)
                self._leave_out([name], "skipped", error)
                continue
            context = replace(
                context,
                requests=context.requests + len(answers),
                bytes=context.bytes + sum(answer.bytes for answer in answers),
            )
            for reader in self._read(family, answers, self._asked(fetching.window), context.synced_at):
                results[reader.table.name] = reader.end()
        return results, context

    def _read(
        self, family: Family, answers: t.Sequence[Answer], asked: Asked, synced_at: datetime.datetime
    ) -> t.Sequence[TableReader]:
        try:
            return family.read(answers, asked, synced_at)
        except errors.Undated:
            if not family.look_behind(self.client, asked.days[-1]):
                raise
            return family.read(answers, asked, synced_at)

    def _asked(self, window: Window) -> Asked:
        """A row without a date belongs to the asked day, or to today if it comes with those of the future."""
        has_future = window.last in self.group.to_come[1:]
        is_clear = has_future or len(window.days) == 1
        return Asked(window.days, window.first if is_clear else None, has_future=has_future)

    # What can go wrong

    def _recover(self, fetching: Fetching, error: errors.IikoError) -> None:
        """Ask again for less, or otherwise, or give the window's day up.

        Raises:
            IikoError: what concerns the whole server.
        """
        window, windows = fetching.window, t.cast("Windows", self._windows)
        match error:
            case errors.Unanswered() if windows.halve(window, self._departments(window)):
                logger.warning("%s Asking for less.", error)
            case errors.Rejected() if self.watch.ask_otherwise(error, fetching.families):
                windows.put_back(window)
            case errors.Unanswered() | errors.Rejected():
                self._fail(window, windows, error)
            case errors.Undated() if windows.split(window):
                logger.info("%s Asking for fewer days.", error)
            case errors.BadAnswer():
                self._isolate(window, windows, error)
            case _:
                raise error

    def _departments(self, window: Window) -> t.Sequence[str | None]:
        return self.watch.departments(window.first) if len(window.days) == 1 else ()

    def _isolate(self, window: Window, windows: Windows, error: errors.BadAnswer) -> None:
        """Find the one bad day of a window; a single day gets a second chance, since a body may be cut."""
        if windows.halve(window, ()):
            logger.warning("%s Reading the window in halves.", error)
        elif window not in self._retried and not windows.is_hopeless:
            logger.warning("%s Reading it once more.", error)
            self._retried.add(window)
            windows.put_back(window)
        else:
            self._fail(window, windows, error)

    def _fail(self, window: Window, windows: Windows, error: errors.IikoError) -> None:
        """Failed days: nothing of them is written, of a document and its lines alike; the others go on."""
        was_hopeless = windows.is_hopeless
        windows.fail()
        if windows.is_hopeless and not was_hopeless:
            name = self.group.name
            logger.warning("%s: nothing more of %s can be read: what is left is not cut.", self.server_id, name)
        self._log_failed(self._known(window.days), window, error)

    def _log_failed(self, days: Days, window: Window, error: errors.IikoError) -> None:
        names = [name for name in self.tables if name in window.tables]

        def log() -> None:
            for day in days:
                for name in names:
                    self.commit.log_unread(name, "failed", error, day)

        self.commit.at_once(log)

    def _known(self, days: Days) -> Days:
        """Without those of the future, for which mostly nothing is planned; of only such days the first."""
        ahead = self.group.to_come[1:]
        return [day for day in days if day not in ahead] or days[:1]

    def _leave_out(self, families: t.Sequence[str], status: Status, error: errors.IikoError) -> None:
        """Tables that cannot be read in this run; the others go on."""
        left = [self.group.families.pop(name) for name in families]
        for name in families:
            self.watch.leave_out(name)
        parts = [each for each, details in self.group.details.items() if details.parent.name in families]
        names = [reader.table.name for family in left for reader in family.readers]
        self.commit.unread([*names, *parts], status, error)
        for family in left:
            family.close()
        for part in parts:
            self.group.details.pop(part).close()

    # Judging and writing

    def _judge_and_write(self, window: Window, results: t.Mapping[str, WindowRows], context: LoadContext) -> Days:
        """A window: its rows, then what is said of each day, oldest first, then STATE.

        Returns:
            The days that are worth reading once more.
        """
        verdicts = self.watch.judge(window.days, results)
        again = [day for day, verdict in verdicts.items() if verdict.read_again]
        told = {day: verdict for day, verdict in verdicts.items() if not verdict.read_again}
        if not self.group.details:
            self.writer.write(told, results, context)
            return again
        if quiet := {day: verdict for day, verdict in told.items() if not verdict.is_new}:
            self.writer.write(quiet, results, context)
        for day, verdict in told.items():
            if verdict.is_new and not self._write_with_details(window, day, verdict, results, context):
                return self._judge_and_write(window, results, context)  # without a table, less is new
        return again

    def _write_with_details(
        self,
        window: Window,
        day: datetime.date,
        verdict: Verdict,
        results: t.Mapping[str, WindowRows],
        context: LoadContext,
    ) -> bool:
        """A day on its own: what was asked for row by row is not lost with a later day.

        Returns:
            Whether the tables are still the same: false if one of them turned out not to be there.
        """
        found = dict(results)
        try:
            for name, details in self.group.details.items():
                rows = results[details.parent.name].kept_of(day.isoformat())
                found[name], context = details.read(day, rows, context)
        except errors.Unavailable as error:
            self._leave_out_details(name, error)
            return False
        except errors.PartFailed as error:
            self._log_failed([day], window, error)
        except errors.IikoError:
            raise
        except Exception as error:  # noqa: BLE001 - one day that cannot be read never stops the others
            self._log_failed([day], window, errors.unexpected(error))
        else:
            self.writer.write({day: verdict}, found, context)
        return True

    def _leave_out_details(self, name: str, error: errors.Unavailable) -> None:
        self.watch.leave_out(name)
        self.commit.unread([name], "skipped", error)
        self.group.details.pop(name).close()

    def _log_progress(self, window: Window, results: t.Mapping[str, WindowRows], again: int) -> None:
        now = time.monotonic()
        took, self._shown = now - self._shown, now
        self._done += max(0, len(self._known(window.days)) - again)
        self._rows += sum(sum(result.rows.values()) for result in results.values())
        self._seconds += took
        step = Step(self.server_id, self.group.name, self._done, self._total, self._rows, self._seconds)
        name = next(iter(results), self.group.name)
        rows = sum(results[name].rows.values()) if results else 0
        logger.info(
            "%s %s %s (%d of %d days) %s %s, %.1f s, %s%s",
            name,
            self.server_id,
            window,
            self._done,
            self._total,
            f"{rows:,}",
            name,
            took,
            self.watch.verdict_of(window.days),
            f", about {step.left:.0f} s left" if self._done < self._total else "",
            extra=step.extra,
        )
