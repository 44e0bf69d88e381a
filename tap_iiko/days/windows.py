"""Windows: how many business days one report asks for. They grow while iiko is quick and shrink when it is not."""

from __future__ import annotations

import typing as t
from collections import deque
from dataclasses import dataclass, replace

from tap_iiko.days.calendar import ONE_DAY

if t.TYPE_CHECKING:
    import datetime

QUICK_SECONDS = 20.0
SLOW_SECONDS = 90.0
HOPELESS = 7
"""So many failures in a row speak of the path and not of a day: to cut on, day by day, would take hours."""

Departments = tuple[str | None, ...]


@dataclass(frozen=True)
class Window:
    """Consecutive days, read by one request each; one day may be read department by department."""

    days: tuple[datetime.date, ...]
    tables: frozenset[str]
    """The tables that need these days."""
    parts: tuple[Departments, ...] | None = None
    """Each part is a request of its own; all departments in one if there are none."""

    @property
    def first(self) -> datetime.date:
        """The first day."""
        return self.days[0]

    @property
    def last(self) -> datetime.date:
        """The last day."""
        return self.days[-1]

    def __str__(self) -> str:
        """For the log."""
        return f"{self.first}..{self.last}" if len(self.days) > 1 else f"{self.first}"


class Windows:
    """The days to read, newest first, cut into windows: what happened lately is in the database before the history."""

    def __init__(
        self,
        needed: t.Mapping[datetime.date, frozenset[str]],
        longest: int,
        first: int | None = None,
        alone: t.Collection[datetime.date] = (),
    ) -> None:
        """Cut the days that some tables need into windows of at most ``longest`` days, at first of fewer if told so.

        Each of those ``alone`` is a window of its own.
        """
        self.longest = longest
        self._alone = alone
        self.limit = min(first or longest, longest)
        self._failures = 0
        self._needed: dict[datetime.date, frozenset[str]] = {}
        self._runs: deque[list[datetime.date]] = deque()
        self._ready: deque[Window] = deque()
        self.add(needed)

    def add(self, needed: t.Mapping[datetime.date, frozenset[str]]) -> None:
        """More days, to be read after those that are there."""
        self._needed |= needed
        runs: list[list[datetime.date]] = []
        for day in sorted(needed, reverse=True):
            behind = day + ONE_DAY
            is_joined = day not in self._alone and behind not in self._alone
            if is_joined and runs and runs[-1][-1] == behind and needed[behind] == needed[day]:
                runs[-1].append(day)
            else:
                runs.append([day])
        self._runs.extend(runs)

    def take(self, oldest: datetime.date | None = None) -> Window | None:
        """The next window; ``None`` when no day is left, or none since ``oldest``."""
        if self._ready:
            return self._ready.popleft()
        if not self._runs or (oldest and self._runs[0][0] < oldest):
            return None
        run = self._runs[0]
        days, rest = run[: self.limit], run[self.limit :]
        if rest:
            self._runs[0] = rest
        else:
            self._runs.popleft()
        return Window(tuple(reversed(days)), self._needed[days[0]])

    def put_back(self, window: Window) -> None:
        """Read it (again) next."""
        self._ready.appendleft(window)

    def learn(self, seconds: float) -> None:
        """From a window that was read."""
        self._failures = 0
        if seconds > SLOW_SECONDS:
            self.limit = max(1, self.limit // 2)
        elif seconds < QUICK_SECONDS:
            self.limit = min(self.longest, self.limit * 2)

    def fail(self) -> None:
        """A window was given up."""
        self._failures += 1
        if self.is_hopeless:
            self.limit = self.longest

    @property
    def is_hopeless(self) -> bool:
        """Whether only failures came lately; the next windows are asked for whole, until one is read."""
        return self._failures >= HOPELESS

    def split(self, window: Window) -> bool:
        """Ask for its days in two halves, the newer first; whether it has more than one."""
        middle = len(window.days) // 2
        if not middle or self.is_hopeless:
            return False
        for days in (window.days[:middle], window.days[middle:]):
            self._ready.appendleft(replace(window, days=days))
        return True

    def halve(self, window: Window, departments: t.Sequence[str | None]) -> bool:
        """Ask for less: half the days, then half the departments of a day.

        What is on its way already comes before the halves.

        Returns:
            Whether there is anything smaller to try; if not, the window has failed.
        """
        if self.is_hopeless:
            return False
        if self.split(window):
            self.limit = len(window.days) // 2
            return True
        if len(departments) <= 1:
            return False
        size = max(map(len, window.parts)) if window.parts else len(departments)
        if size <= 1:
            return False
        size = (size + 1) // 2
        parts = tuple(tuple(departments[start : start + size]) for start in range(0, len(departments), size))
        self._ready.appendleft(replace(window, parts=parts))
        return True
