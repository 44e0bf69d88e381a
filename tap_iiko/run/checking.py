"""Rules between tables, at the end of a server's run: what they need is noted while it is read."""

from __future__ import annotations

import logging
import typing as t
from collections import Counter
from decimal import Decimal

from tap_iiko.days.calendar import ONE_DAY
from tap_iiko.iiko import errors
from tap_iiko.proof.checks import Facts
from tap_iiko.proof.rules import RULES
from tap_iiko.run.load import Load, LoadContext

if t.TYPE_CHECKING:
    import datetime

    from tap_iiko.days.bookmark import Bookmark
    from tap_iiko.days.calendar import Calendar
    from tap_iiko.proof.checks import Finding, Record, Rule
    from tap_iiko.rows.reader import WindowRows
    from tap_iiko.run.context import ServerContext
    from tap_iiko.run.load import Status

logger = logging.getLogger("tap-iiko")

TABLE = "checks"


class Checks:
    """The rules whose tables are read in a run of one server."""

    def __init__(self, run: ServerContext, calendar: Calendar) -> None:
        """Nothing is known yet."""
        settings = run.settings
        self.commit = run.commit
        self.calendar = calendar
        self.differing = 0
        """How many findings do not agree."""
        self.bookmarks: dict[str, Bookmark] = {}
        """Of every table with days."""
        self.rules = [rule for rule in RULES if {TABLE, *rule.keeps} <= run.streams.keys()]
        last = min(settings.end_date or calendar.today, calendar.today)
        self._oldest = last - ONE_DAY * settings.lookback_days
        self._facts = Facts(
            client=run.client,
            departments=settings.departments,
            is_loaded=self._is_loaded,
            totals=run.asked.probe,
            is_closed=calendar.is_closed,
            is_as_totalled=self._is_as_totalled,
            department_names=run.departments,
            tables=run.streams.keys(),
        )

    def keeps(self, table: str) -> tuple[str, ...]:
        """The columns of a table that the rules look at."""
        return tuple(dict.fromkeys(column for rule in self.rules for column in rule.keeps.get(table, ())))

    def needs(self, table: str) -> bool:
        """Whether a rule looks at it."""
        return any(table in rule.keeps for rule in self.rules)

    def note(self, table: str, day: datetime.date, window: WindowRows, *, is_written: bool) -> None:
        """A day of a table was read; and written, unless it is as it was."""
        if day < self._oldest or not self.needs(table):
            return
        self._facts.rows.setdefault(table, {})[day] = window.kept_of(day.isoformat())
        self._facts.tallies.setdefault(table, {})[day] = window.tally.day(day)
        if is_written:
            self._facts.written.setdefault(table, set()).add(day)

    def run(self) -> None:
        """Check the days that may come out otherwise than before."""
        rules = [rule for rule in self.rules if not any(map(self._is_skipped, rule.keeps))]
        days = frozenset().union(*(rule.days(self._facts) for rule in rules))
        if not days:
            return
        self._facts.days = days
        started, client = self.commit.stamp(), self._facts.client
        requests, size = client.requests, client.bytes
        try:
            found = {rule: list(rule.check(self._facts)) for rule in rules}
        except errors.Unavailable as error:
            self.commit.unread([TABLE], "skipped", error)
        except errors.PartFailed as error:
            self.commit.unread([TABLE], "failed", error)
        except errors.IikoError:
            raise
        except Exception as error:  # noqa: BLE001 - a rule that fails never takes the rest of a run with it
            self.commit.unread([TABLE], "failed", errors.unexpected(error))
        else:
            requests, size = client.requests - requests, client.bytes - size
            self._write(found, LoadContext(self.commit.server_id, started, started, requests, size))
            for rule, findings in found.items():
                self._tell(rule, findings)

    def _is_skipped(self, table: str) -> bool:
        """Whether this server does not give it: that is told already."""
        return "skipped" in self.commit.outcomes[table].statuses

    def _is_loaded(self, table: str, day: datetime.date) -> bool:
        return day in self._facts.written.get(table, ()) or self.bookmarks[table].has(day)

    def _is_as_totalled(self, table: str, day: datetime.date, mark: str | None) -> bool:
        return mark is not None and table in self.bookmarks and self.bookmarks[table].is_as_read(day, mark)

    def _write(self, found: t.Mapping[Rule, t.Sequence[Finding]], context: LoadContext) -> None:
        by_day: dict[datetime.date, list[Record]] = {day: [] for day in sorted(self._facts.days)}
        for findings in found.values():
            for each in findings:
                by_day[each.day].append(each.record(self.commit.server_id))

        def write() -> None:
            for records in by_day.values():
                self.commit.records(TABLE, records, context.synced_at)
            for day, records in by_day.items():
                status: Status = "loaded" if records else "empty"
                is_final = self.calendar.is_closed(day)
                self.commit.log(Load(TABLE, day, status, context, is_final=is_final, rows=len(records)))

        self.commit.at_once(write)

    def _tell(self, rule: Rule, findings: t.Sequence[Finding]) -> None:
        """One line for each rule, with the largest difference."""
        counts = Counter(each.proved for each in findings)
        wrong = [each for each in findings if each.proved is False]
        self.differing += len(wrong)
        words = f"{counts[True]} agree, {counts[False]} differ, {counts[None]} cannot be decided"
        if not wrong:
            logger.info("%s: %s (%s): %s.", self.commit.server_id, rule.name, rule.about, words)
            return
        worst = max(wrong, key=lambda each: abs(each.difference or Decimal(0)))
        logger.warning(
            "%s: %s (%s): %s, the most %s %s of %s: %s instead of %s; see the table %s.",
            self.commit.server_id,
            rule.name,
            rule.about,
            words,
            worst.day,
            worst.measure,
            worst.subject,
            worst.found,
            worst.expected,
            TABLE,
        )
