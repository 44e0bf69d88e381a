"""What an iiko server says of itself: is it one, which, who may come in, what time it has."""

from __future__ import annotations

import datetime
import functools
import operator
import typing as t
import zoneinfo
from dataclasses import dataclass, field

from tap_iiko import tables
from tap_iiko.commands.doctor import network
from tap_iiko.commands.doctor.checks import bad, doubtful, good, unchecked
from tap_iiko.days import clock
from tap_iiko.days.calendar import ONE_DAY, Calendar
from tap_iiko.iiko import errors
from tap_iiko.streams.organization import CHAIN, server_type
from tap_iiko.streams.registry import get_source

if t.TYPE_CHECKING:
    from tap_iiko.commands.doctor.checks import Finding
    from tap_iiko.iiko.client import Client
    from tap_iiko.iiko.sources import Item, Items
    from tap_iiko.settings.server import ServerSettings
    from tap_iiko.singer.stream import IikoStream
    from tap_iiko.streams.forms import ReportForm

EDITIONS: t.Final = {"default": "RMS, one restaurant", "chain": "Chain"}
API_MODULE = "2000"  # of the licence (reference 1.3)
LATE = datetime.timedelta(days=1)
HOURS_SHOWN = 48
SHOWN = 5


@dataclass(frozen=True)
class Sample:
    """What some days of a report took."""

    days: int = 0
    seconds: float = 0.0
    rows: int = 0
    bytes: int = 0

    def __add__(self, other: Sample) -> Sample:
        """The same days of another report too."""
        return Sample(other.days, self.seconds + other.seconds, self.rows + other.rows, self.bytes + other.bytes)


@dataclass
class Server:
    """A server that is examined, and what has been learnt of it."""

    settings: ServerSettings
    streams: t.Mapping[str, IikoStream]
    """The selected ones."""
    client: Client
    way: network.Way
    kind: str | None = None
    """``CHAIN`` and others."""
    forms: dict[str, ReportForm] = field(default_factory=dict)
    """The reports that can be asked for."""
    samples: dict[str, Sample] = field(default_factory=dict)
    """Of the reports that were read."""

    @property
    def place(self) -> network.Place:
        """Where it should listen."""
        return self.way.place

    @property
    def measured(self) -> Sample:
        """All reports together."""
        return functools.reduce(operator.add, self.samples.values(), Sample())

    @functools.cached_property
    def calendar(self) -> Calendar:
        """The days as a run sees them; once there was an answer."""
        return Calendar(self.settings.timezone, clock.present(self.client.server_time, self.settings.server_id))

    @property
    def last_closed_day(self) -> datetime.date:
        """Of the days that a run reads."""
        calendar = self.calendar
        day = min(self.settings.end_date or calendar.today, calendar.today)
        while not calendar.is_closed(day):
            day -= ONE_DAY
        return day

    @property
    def days_to_load(self) -> int:
        """Of a first run."""
        calendar = self.calendar
        last = min(self.settings.end_date or calendar.today, calendar.today)
        return max(0, (last - self.settings.first_day(calendar.now)).days + 1)

    def items(self, name: str) -> Items:
        """A whole list."""
        return [item for page in get_source(tables.load(name)).read(self.client) for item in page]

    @functools.cached_property
    def heard(self) -> list[tuple[str, datetime.datetime | None]]:
        """When a Chain last heard of each restaurant, in iiko's zone; nothing elsewhere."""
        items = self.items("replication_statuses") if self.kind == CHAIN else []
        return [(str(item.get("departmentName") or item.get("departmentId")), _received(item)) for item in items]


def tls(server: Server) -> t.Iterator[Finding]:
    """As of any place."""
    return network.tls(server.way)


def iiko(server: Server) -> t.Iterator[Finding]:
    """Is it an iiko server, and which?"""
    try:
        info = server.client.server_info()
    except errors.IikoError as error:
        if not server.way.is_tls and not server.way.proxy and network.speaks_tls(server.place):
            yield bad(f"{error.what} It speaks TLS.", "Write https:// instead of http:// in base_url.")
            return
        raise
    edition = EDITIONS.get(info.get("edition") or "", info.get("edition") or "unknown")
    state = info.get("serverState") or "unknown"
    yield good(f"{info.get('serverName') or 'no name'}: version {info['version']}, edition {edition}, state {state}")


def login(server: Server) -> t.Iterator[Finding]:
    """Is the user let in?"""
    server.client.login()
    yield good(f"{server.settings.account.login} is let in")


def kind(server: Server) -> t.Iterator[Finding]:
    """A Chain, or one restaurant?"""
    server.kind = server_type(server.client)
    yield good(server.kind or "this version does not tell")


def licence(server: Server) -> t.Iterator[Finding]:
    """How many connections are left beside this one?"""
    try:
        answer = server.client.get_text("licence/info", [("moduleId", API_MODULE)])
    except (errors.Unavailable, errors.PartFailed) as error:
        yield unchecked(f"this server does not tell how many connections are free ({error.what})")
        return
    if not answer.isdecimal():
        yield unchecked(f"this server does not tell how many connections are free ({errors.quote(answer)!r})")
    elif int(answer):
        yield good(f"{int(answer)} more API connections are free beside this one")
    else:
        yield good("this check holds the last free API connection: another program would have to wait")


def departments(server: Server) -> t.Iterator[Finding]:
    """Does the setting name departments that exist?"""
    wanted = set(server.settings.departments)
    if not wanted:
        yield good("all (the setting departments is empty)")
        return
    known = {str(item["id"]).lower(): item.get("name") for item in server.items("departments")}
    if unknown := sorted(wanted.difference(known)):
        there = ", ".join(f"{key} ({label})" for key, label in sorted(known.items())[:SHOWN])
        yield bad(f"departments: {', '.join(unknown)} is none of this server", f"There are {there} and others.")
    else:
        yield good(", ".join(str(known[key]) for key in sorted(wanted)))


def time(server: Server) -> t.Iterator[Finding]:
    """Do iiko's clock, ours and the time zone agree?"""
    theirs, here = server.client.server_time, clock.machine_time()
    if theirs is None:
        yield unchecked("its answers bear no time")
    elif abs(theirs - here) > clock.MOST_BEHIND:
        yield doubtful(
            f"iiko's clock says {theirs:%Y-%m-%d %H:%M} UTC, this machine's {here:%Y-%m-%d %H:%M} UTC",
            "Set the wrong one right (NTP): it decides which business days are closed.",
        )
    else:
        yield good(f"iiko's clock and this machine's differ by {abs(theirs - here).total_seconds():.0f} s")
    yield _zone(server)


def _zone(server: Server) -> Finding:
    zone, last = server.settings.timezone, server.last_closed_day
    offsets = _offsets(server)
    if not zone:
        hint = f", for example with the offset {offsets[0]} that iiko writes" if offsets else ""
        return doubtful(
            f"no timezone is set: {last} is the last closed day",
            f"Set timezone (Asia/Almaty, Europe/Moscow{hint}): a day then counts as closed at noon of the next one.",
        )
    now = server.calendar.now.astimezone(zoneinfo.ZoneInfo(zone))
    words = f"in {zone} it is {now:%Y-%m-%d %H:%M}; {last} is the last closed day"
    ours = _offset(now)
    if offsets and ours not in offsets:
        return doubtful(
            f"{words}, but iiko writes its times with {' and '.join(offsets)}, not {ours}",
            "Set timezone to that of the restaurants; if they are elsewhere than their server, leave it.",
        )
    return good(words)


def _offsets(server: Server) -> list[str]:
    """The offsets in the times of a Chain: the only list without personal data that has any (reference 3.13)."""
    try:
        heard = server.heard
    except (errors.Unavailable, errors.PartFailed):
        return []  # the check of the replication tells it
    return sorted({_offset(moment) for _, moment in heard if moment and moment.tzinfo})


def _offset(moment: datetime.datetime) -> str:
    return moment.isoformat()[-6:]  # +03:00


def _received(status: Item) -> datetime.datetime | None:
    try:
        return datetime.datetime.fromisoformat(str(status.get("lastReceiveDate")))
    except ValueError:
        return None  # empty: there was no exchange yet


def replication(server: Server) -> t.Iterator[Finding]:
    """How old is what a Chain knows of its restaurants?"""
    if server.kind != CHAIN:
        yield good("not a Chain: its figures are its own")
        return
    now = clock.machine_time()
    ages = [(label, now - moment.astimezone(datetime.UTC) if moment else None) for label, moment in server.heard]
    late = [label if age is None else f"{label} ({_age(age)})" for label, age in ages if age is None or age > LATE]
    if late:
        more = f" and {len(late) - SHOWN} more" if len(late) > SHOWN else ""
        yield doubtful(
            f"not heard of for more than a day, or never: {', '.join(late[:SHOWN])}{more}",
            "Look at the replication of these restaurants in iikoOffice: their figures come late. What comes is loaded "
            "within lookback_days.",
        )
    else:
        oldest = max((age for _, age in ages if age), default=datetime.timedelta())
        yield good(f"{len(ages)} restaurants, all heard of within {_age(oldest)}")


def _age(age: datetime.timedelta) -> str:
    hours = age / datetime.timedelta(hours=1)
    return f"{max(0.0, hours):.1f} hours" if hours < HOURS_SHOWN else f"{hours / 24:.0f} days"
