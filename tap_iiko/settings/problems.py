"""What is wrong with the settings of one server, one sentence for each thing."""

from __future__ import annotations

import datetime
import re
import typing as t
import zoneinfo
from pathlib import Path
from urllib.parse import urlsplit

from tap_iiko.iiko.values import IS_UUID
from tap_iiko.settings.given import PREFIX, variable_part

EARLIEST = datetime.date(2000, 1, 1)  # iiko is younger
ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ][0-9:.]+(?:Z|[+-][0-9:]+)?)?")
DOTTED_DAY = re.compile(r"([0-9]{2})\.([0-9]{2})\.([0-9]{4})")

Server = t.Mapping[str, t.Any]


def day_of(text: str | None) -> datetime.date | None:
    """A day as ``2026-11-01``, also with a time behind it, or as ``01.11.2026``.

    Raises:
        ValueError: it is in another form, or there is no such day.
    """
    if not text:
        return None
    if found := ISO_DAY.fullmatch(text.strip()):
        year, month, day = found.groups()
    elif found := DOTTED_DAY.fullmatch(text.strip()):
        day, month, year = found.groups()
    else:
        raise ValueError("not a day")
    return datetime.date(int(year), int(month), int(day))


def problems_of(server: Server, name: str | None) -> list[str]:
    """Of the server ``name`` in the setting ``servers``, whose values are never repeated, or of the only one."""

    def shown(value: str) -> str:
        return "" if name else f" {value!r}"

    who = f"server {name!r}: " if name else ""
    problems = [
        f"{key} is missing: {meaning}."
        for key, meaning in (("base_url", "the address of the iiko server"), ("login", "the back-office user"))
        if not server.get(key)
    ]
    if server.get("base_url"):
        problems += _address_problems(str(server["base_url"]).strip())
    if not server.get("password") and not server.get("password_sha1"):
        variable = f", or the variable {PREFIX}PASSWORD_{variable_part(name)}" if name else ""
        problems.append(f"password is missing (or password_sha1, its SHA-1{variable}).")
    if (zone := server.get("timezone")) and zone not in zoneinfo.available_timezones():
        problems.append(f"timezone{shown(zone)} is not an IANA name such as Asia/Almaty or Europe/Moscow.")
    problems += [
        f"departments:{shown(each) or f' entry {number}'} is not the id of a department (see the table departments)."
        for number, each in enumerate(server.get("departments") or (), 1)
        if not IS_UUID(each.lower())
    ]
    if (bundle := server.get("ca_bundle")) and not Path(bundle).is_file():
        problems.append(f"ca_bundle{shown(bundle)} is not a file.")
    return [f"{who}{problem}" for problem in [*problems, *_day_problems(server, shown)]]


def _address_problems(address: str) -> list[str]:
    """Login, query and fragment are refused wherever they stand: the address is shown in logs and errors."""
    if not address.lower().startswith(("http://", "https://")):
        return ["base_url must begin with http:// or https://, e.g. https://my-chain.iiko.it."]
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port  # the port is checked when it is asked for
    except ValueError:
        return ["base_url has no host and port that can be read, e.g. https://my-chain.iiko.it:443."]
    if "@" in address:
        return ["base_url must not contain a login: use login and password."]
    if "?" in address or "#" in address:
        return ["base_url must end with the path: nothing behind ? or # belongs to it."]
    if not host or re.search(r"\s", address):
        return ["base_url has no host that can be read, e.g. https://my-chain.iiko.it."]
    return []


def _day_problems(server: Server, shown: t.Callable[[str], str]) -> list[str]:
    problems = []
    days: dict[str, datetime.date] = {}
    for name in ("start_date", "end_date"):
        try:
            day = day_of(server.get(name))
        except ValueError:
            problems.append(f"{name}{shown(server[name])} is not a date: write YYYY-MM-DD or DD.MM.YYYY.")
            continue
        if day is not None and day < EARLIEST:
            problems.append(f"{name} {day} is before {EARLIEST}: iiko has no such days.")
        elif day is not None:
            days[name] = day
    tomorrow = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=1)
    if "start_date" in days and days["start_date"] > tomorrow:
        problems.append(f"start_date {days['start_date']} is in the future: there is nothing to read yet.")
    elif len(days) == 2 and days["start_date"] > days["end_date"]:  # noqa: PLR2004
        problems.append(f"start_date {days['start_date']} is after end_date {days['end_date']}.")
    return problems
