"""One run of one server: log in, reference tables, facts, log out."""

from __future__ import annotations

import logging
import typing as t

from tap_iiko.days import clock
from tap_iiko.iiko import errors
from tap_iiko.iiko.client import Client
from tap_iiko.proof.reconciliation import GOOD, Load
from tap_iiko.run.by_day import FactRun
from tap_iiko.run.commit import Recorder
from tap_iiko.singer.stream import ReferenceStream
from tap_iiko.streams.sales import FactStream

if t.TYPE_CHECKING:
    import datetime

    from tap_iiko.run.commit import Outcome
    from tap_iiko.settings.server import ServerSettings
    from tap_iiko.singer.stream import IikoStream, Record

logger = logging.getLogger("tap-iiko")

ROWS_KEY = "rows"


class ServerRun:
    """Reads one server and writes what it read. A failure of one part never stops the others."""

    def __init__(  # noqa: PLR0913
        self,
        settings: ServerSettings,
        streams: t.Mapping[str, IikoStream],
        write_state: t.Callable[[], None],
        *,
        reconcile: str = "warn",
        sample: bool = False,
        on_session: t.Callable[[Client], None] = lambda _: None,
        mask: t.Callable[[str], str] = str,
    ) -> None:
        """``streams`` are the selected ones; ``sample`` reads a day or two, for ``--test``; ``mask`` hides secrets."""
        self.settings = settings
        self.streams = streams
        self.recorder = Recorder(settings.server_id, streams, write_state, mask)
        self.reconcile = reconcile
        self.sample = sample
        self.on_session = on_session
        self.unproved: set[datetime.date] = set()
        self.departments: dict[str, str] = {}
        self.version = ""
        self.fatal: errors.IikoError | None = None

    @property
    def failed(self) -> bool:
        """Whether the exit code has to say so."""
        return self.recorder.failed or self.fatal is not None or (self.reconcile == "fail" and bool(self.unproved))

    @property
    def outcomes(self) -> t.Collection[Outcome]:
        """How every table came out."""
        return self.recorder.outcomes.values()

    def run(self) -> None:
        """Read everything; log out whatever happens."""
        with Client(self.settings.account) as client:
            self.on_session(client)
            try:
                self.version = client.server_info()["version"]
                client.login()
                clock.warn_if_behind(self.recorder.last_stamp, self.settings.server_id)
                for stream in self.streams.values():
                    if isinstance(stream, ReferenceStream):
                        self._read_reference(client, stream)
                self._read_facts(client)
            except errors.IikoError as error:
                self._fail_rest(error)
            except BrokenPipeError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, the other servers go on
                self._fail_rest(errors.unexpected(error))
            self.recorder.save_state()

    def _read_facts(self, client: Client) -> None:
        facts = {name: stream for name, stream in self.streams.items() if isinstance(stream, FactStream)}
        if facts:
            run = FactRun(
                self.settings,
                client,
                self.recorder,
                facts,
                prove=self.reconcile != "off",
                sample=self.sample,
                departments=self.departments,
                version=self.version,
            )
            try:
                run.run()
            finally:
                self.unproved = run.unproved

    def _fail_rest(self, error: errors.IikoError) -> None:
        """The server cannot be read on: what was not read has failed, the other servers go on."""
        logger.error("Server %s: %s", self.settings.server_id, error)
        self.fatal = error
        for name, outcome in self.recorder.outcomes.items():
            if isinstance(self.streams[name], (ReferenceStream, FactStream)) and not outcome.statuses:
                self.recorder.log_unread(name, "failed", error, said=True)

    def _read_reference(self, client: Client, stream: ReferenceStream) -> None:
        started, requests, size = self.recorder.stamp(), client.requests, client.bytes
        try:
            read = stream.read(client, self.settings.server_id)
        except errors.Unavailable as error:
            self.recorder.log_unread(stream.name, "skipped", error)
            return
        except (errors.Overloaded, errors.BadAnswer, errors.Rejected) as error:
            self.recorder.log_unread(stream.name, "failed", error)
            return
        except errors.IikoError:
            raise
        except Exception as error:  # noqa: BLE001 - one table that cannot be read never stops the others
            self.recorder.log_unread(stream.name, "failed", errors.unexpected(error))
            return
        rows = list({row["id"]: row for row in read}.values())
        if stream.name == "departments":
            self.departments = {row["id"]: row["name"] or row["id"] for row in rows}
        status, message = self._judge(stream, rows)
        synced_at = self.recorder.stamp()
        self.recorder.write(stream.name, rows, synced_at)
        self.recorder.log(
            Load(
                stream=stream.name,
                day=None,
                status=status,
                synced_at=synced_at,
                started_at=started,
                finished_at=self.recorder.stamp(),
                rows=len(rows),
                merged_rows=len(read) - len(rows),
                requests=client.requests - requests,
                bytes=client.bytes - size,
                message=message,
            )
        )
        if status in GOOD:
            stream.server_state(self.settings.server_id)[ROWS_KEY] = len(rows)
        self.recorder.save_state()

    def _judge(self, stream: ReferenceStream, rows: t.Sequence[Record]) -> tuple[str, str | None]:
        """A list that lost half of its rows is not believed (API reference 6, quirk 22)."""
        before = stream.server_state(self.settings.server_id).get(ROWS_KEY, 0)
        if before and len(rows) * 2 <= before:
            return "suspicious", (
                f"the list has {len(rows)} rows and had {before}: nothing is taken for gone. "
                "If that is right, run once with --full-refresh."
            )
        return ("loaded" if rows else "empty"), None
