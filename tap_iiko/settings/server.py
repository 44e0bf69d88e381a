"""Settings: what a user may say, and what it means for each server."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass

from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigValidationError

from tap_iiko import tables
from tap_iiko.iiko.wire import Account, sha1_of
from tap_iiko.rows.personal import PersonalData
from tap_iiko.settings.given import closest
from tap_iiko.settings.problems import day_of, problems_of
from tap_iiko.settings.reports import ENTRY

DEFAULT_DAYS = 30
MOST_SECONDS = 86_400


@dataclass(frozen=True)
class ServerSettings:
    """One server: who asks where, and for which days. The defaults of its settings stand here and nowhere else."""

    server_id: str
    account: Account
    timezone: str | None = None
    start_date: datetime.date | None = None
    end_date: datetime.date | None = None
    lookback_days: int = 60
    reread_days: int = 3
    max_window_days: int = 7
    departments: tuple[str, ...] = ()
    """Ids in lower case; all if empty."""

    def first_day(self, now: datetime.datetime) -> datetime.date:
        """The configured first day, or 30 days ago."""
        return self.start_date or now.astimezone(datetime.UTC).date() - datetime.timedelta(days=DEFAULT_DAYS)


CONNECTION = (
    th.Property(
        "base_url",
        th.StringType,
        title="Address",
        description="Address of the iiko server, with or without /resto or /resto/api. Not needed if servers is set.",
        examples=["https://my-chain-co.iiko.it"],
    ),
    th.Property(
        "login",
        th.StringType,
        title="Login",
        description="Back-office user with the right to the API. Not needed if servers is set.",
    ),
    th.Property(
        "password",
        th.StringType,
        secret=True,
        title="Password",
        description="The password of that user. Not needed if password_sha1 or servers is set.",
    ),
    th.Property(
        "password_sha1",
        th.StringType,
        secret=True,
        title="Password hash",
        description="Instead of password: its SHA-1 in hexadecimal.",
        pattern="^[0-9a-fA-F]{40}$",
    ),
)
PER_SERVER = (
    th.Property(
        "timezone",
        th.StringType,
        title="Time zone",
        description=(
            "IANA name, e.g. Asia/Almaty: when a business day counts as closed (at noon of the next day; without it "
            "two days later) and is published in the table servers. Times are loaded as iiko shows them."
        ),
    ),
    th.Property(
        "verify_ssl",
        th.BooleanType,
        default=bool(Account.verify),
        title="Check the certificate",
        description="False accepts any certificate: only inside a trusted network.",
    ),
    th.Property(
        "ca_bundle",
        th.StringType,
        title="Certificate file",
        description="File with the certificate of an on-premises server that signed its own.",
    ),
    th.Property(
        "start_date",
        th.StringType,
        title="First day",
        description="First business day, YYYY-MM-DD or DD.MM.YYYY. Default: 30 days ago.",
    ),
    th.Property(
        "end_date",
        th.StringType,
        title="Last day",
        description="Last business day, YYYY-MM-DD or DD.MM.YYYY. Default: today.",
    ),
    th.Property(
        "lookback_days",
        th.IntegerType(minimum=0, maximum=800),
        default=ServerSettings.lookback_days,
        title="Look-back",
        description="Closed days that are watched for late changes, by one small report.",
    ),
    th.Property(
        "reread_days",
        th.IntegerType(minimum=0, maximum=366),
        default=ServerSettings.reread_days,
        title="Days read again",
        description="Last days that are read again in any case.",
    ),
    th.Property(
        "max_window_days",
        th.IntegerType(minimum=1, maximum=31),
        default=ServerSettings.max_window_days,
        title="Longest window",
        description="Most business days in one report request.",
    ),
    th.Property(
        "request_timeout",
        th.NumberType(minimum=1, maximum=MOST_SECONDS),
        default=Account.request_timeout,
        title="Time-out",
        description="Seconds to wait for an answer.",
    ),
    th.Property(
        "licence_wait",
        th.NumberType(minimum=0, maximum=MOST_SECONDS),
        default=Account.licence_wait,
        title="Wait for a licence slot",
        description="Seconds to wait for a free API connection of the iiko licence.",
    ),
    th.Property(
        "departments",
        th.ArrayType(th.StringType),
        title="Departments",
        description="Ids of the departments whose sales are read. Default: all.",
    ),
)
PROPERTIES = (
    *CONNECTION,
    th.Property(
        "server_id",
        th.StringType,
        default="main",
        title="Server name",
        description="Short name of the server: stamped on every row, part of every key. Never change it later.",
    ),
    th.Property(
        "servers",
        th.ArrayType(
            th.ObjectType(
                *CONNECTION,
                th.Property("server_id", th.StringType, required=True, description="Short name of the server."),
                *(th.Property(each.name, each.wrapped, description=each.description) for each in PER_SERVER),
            )
        ),
        secret=True,
        title="Servers",
        description=(
            "Several servers in one run: a list of objects with base_url, login, server_id and, where they differ, the "
            "settings below. Each password may stand in the variable TAP_IIKO_PASSWORD_<SERVER_ID>."
        ),
    ),
    *PER_SERVER,
    th.Property(
        "reconcile",
        th.StringType(allowed_values=["off", "warn", "fail"]),
        default="warn",
        title="Proof",
        description="What a day that disagrees with iiko's totals means: off, warn or fail (load all, exit code 1).",
    ),
    th.Property(
        "personal_data",
        th.StringType(allowed_values=["drop", "hash", "load"]),
        default=PersonalData.mode,
        title="Personal data",
        description=(
            "Columns that tell of persons: drop (null), hash (HMAC with personal_data_key, so that they still join; "
            "dates become null), load."
        ),
    ),
    th.Property(
        "personal_data_key",
        th.StringType,
        secret=True,
        title="Key for personal data",
        description="Secret behind the hashes of personal_data: any long text. Another key gives other hashes.",
    ),
    th.Property(
        "extra_tables",
        th.ArrayType(th.StringType),
        title="Extra tables",
        description="Rare, costly or delicate tables that are read only when named here.",
    ),
    th.Property(
        "parallel_servers",
        th.IntegerType(minimum=1, maximum=64),
        default=4,
        title="Servers at the same time",
        description="How many of the servers are read at the same time.",
    ),
    th.Property(
        "reports",
        th.ArrayType(ENTRY),
        title="Own reports",
        description=(
            "Your own OLAP reports, each a table report_<name>: a list of objects with name, groups and aggregates; "
            "see docs/your-own-reports.md."
        ),
    ),
    th.Property(
        "log_dir",
        th.StringType,
        title="Log folder",
        description="Folder in which every run leaves a log file of its own, kept for 90 days. Default: none.",
    ),
)
ENOUGH = (("base_url", "login", "password"), ("base_url", "login", "password_sha1"), ("servers",))
"""Of these settings one group is needed; the first is the usual one."""
CONFIG_SCHEMA = th.PropertiesList(*PROPERTIES).to_dict()


def problems_of_run(config: t.Mapping[str, t.Any]) -> list[str]:
    """Of the settings that hold for all servers, a sentence for each thing that is wrong."""
    problems = []
    if config.get("personal_data") == "hash" and not config.get("personal_data_key"):
        problems.append(
            "personal_data_key is missing: personal_data is hash, and hashes without a secret are no secret."
        )
    rare = tables.extra()
    unknown = [name for name in config.get("extra_tables") or () if name not in rare]
    return [*problems, *(f"extra_tables: {name!r} is no extra table{closest(name, rare)}" for name in unknown)]


def read_servers(config: t.Mapping[str, t.Any]) -> list[ServerSettings]:
    """The servers of a configuration that already fits ``CONFIG_SCHEMA``.

    Raises:
        ConfigValidationError: one sentence for each thing that is wrong.
    """
    problems: list[str] = []
    servers = config.get("servers") or [{name: config.get(name) for name in SINGLE}]
    common = {each.name: config.get(each.name) for each in PER_SERVER}
    result = []
    for server in servers:
        merged = {**common, **{key: value for key, value in server.items() if value is not None}}
        name = str(merged.get("server_id") or "main").strip()
        found = problems_of(merged, name if config.get("servers") else None)
        problems += found
        if not found:
            result.append(_server(name, merged))
    names = [each.server_id for each in result]
    if len(set(names)) != len(names):
        problems.append("servers: two of them have the same server_id; every server needs its own.")
    if problems:
        message = "Config validation failed"
        raise ConfigValidationError(message, errors=problems, schema=CONFIG_SCHEMA)
    return result


SINGLE = ("base_url", "login", "password", "password_sha1", "server_id")


def _server(name: str, server: t.Mapping[str, t.Any]) -> ServerSettings:
    given = {key: value for key, value in server.items() if value is not None}
    verify = given.get("ca_bundle") or given.get("verify_ssl")
    account = {
        "verify": verify,
        "request_timeout": given.get("request_timeout"),
        "licence_wait": given.get("licence_wait"),
    }
    plain = {key: given[key] for key in ("timezone", "lookback_days", "reread_days", "max_window_days") if key in given}
    return ServerSettings(
        server_id=name,
        account=Account(
            base_url=str(given["base_url"]),
            login=str(given["login"]),
            password_sha1=str(given.get("password_sha1") or sha1_of(str(given["password"]))).lower(),
            **{key: value for key, value in account.items() if value is not None},
        ),
        start_date=day_of(given.get("start_date")),
        end_date=day_of(given.get("end_date")),
        departments=tuple(each.lower() for each in given.get("departments", ())),
        **plain,
    )
