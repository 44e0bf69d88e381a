"""Writes days that were read and judged: their rows, what is said of each, what is remembered, in one commit."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from tap_iiko.run.load import GOOD, Load

if t.TYPE_CHECKING:
    import datetime

    from tap_iiko.days.bookmark import Bookmark
    from tap_iiko.days.watch import Verdict, Watch
    from tap_iiko.rows.reader import WindowRows
    from tap_iiko.run.checking import Checks
    from tap_iiko.run.commit import Commit
    from tap_iiko.run.load import LoadContext, Status

Results = t.Mapping[str, "WindowRows"]


class DayWriter:
    """Of one group of tables of one server."""

    def __init__(
        self,
        commit: Commit,
        watch: Watch,
        bookmarks: t.Mapping[str, Bookmark],
        is_closed: t.Callable[[datetime.date], bool],
        checks: Checks,
    ) -> None:
        """``checks`` take note of what is written."""
        self.commit = commit
        self.watch = watch
        self.bookmarks = bookmarks
        self.is_closed = is_closed
        self.checks = checks

    def write(self, told: t.Mapping[datetime.date, Verdict], results: Results, context: LoadContext) -> None:
        """The days of a window that are told of, oldest first."""
        late = {day: self.watch.late_changes(day, results, context.synced_at) for day in told}
        new = [day.isoformat() for day, verdict in told.items() if verdict.is_new]

        def write() -> None:
            for name, result in results.items():
                self.commit.rows(name, result, new)
            for day, verdict in told.items():
                self._write_proof(day, verdict, context)
                self.commit.records("late_changes", late[day], context.synced_at)
                for name, result in results.items():
                    load = self._load(name, day, result, verdict, context)
                    self.commit.log(load)
                    if load.status not in {*GOOD, "unchanged"}:
                        verdict.doubted.add(name)
                self.watch.remember(day, results, verdict)
            for bookmark in self.bookmarks.values():
                bookmark.save()
            self.watch.save()

        self.commit.at_once(write)
        for name, result in results.items():
            for day, verdict in told.items():
                self.checks.note(name, day, result, is_written=verdict.is_new)

    def _write_proof(self, day: datetime.date, verdict: Verdict, context: LoadContext) -> None:
        if verdict.proof is None:
            return
        self.commit.records("reconciliation", verdict.proof, context.synced_at)
        self.commit.log(
            Load(
                stream="reconciliation",
                day=day,
                status="loaded" if verdict.proof else "empty",
                context=replace(context, requests=0, bytes=0),
                is_final=True,
                rows=len(verdict.proof),
            )
        )

    def _load(self, name: str, day: datetime.date, result: WindowRows, verdict: Verdict, context: LoadContext) -> Load:
        rows = result.rows[day.isoformat()]
        sums = result.tally.total(day)
        expected = verdict.expected.get(name, {})
        has_vanished = not rows and any(expected.values())
        good: Status = "loaded" if rows else "suspicious" if has_vanished else "empty"
        return Load(
            stream=name,
            day=day,
            status=good if verdict.is_new else "unchanged",
            context=context,
            is_final=self.is_closed(day),
            rows=rows,
            merged_rows=result.merged[day.isoformat()],
            sums=sums,
            differences={column: sums[column] - value for column, value in expected.items() if column in sums},
            message="the report is empty, iiko's totals are not: nothing is taken for gone." if has_vanished else None,
        )
