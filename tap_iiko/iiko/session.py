"""A session with one server: login, age, licence slot, logout (API reference 1.3).

A slot that is not given back can lock a cash desk out: a token that was ever seen is released, by this run or the next.
"""

from __future__ import annotations

import logging
import re
import typing as t

from tap_iiko.iiko import bodies, errors, formats
from tap_iiko.iiko.lease import Lease
from tap_iiko.iiko.wire import refuse_page

if t.TYPE_CHECKING:
    from pathlib import Path

    from tap_iiko.iiko.wire import Wire

logger = logging.getLogger("tap-iiko")

IS_TOKEN = re.compile(r"[!#-+\--:<-~]{1,100}").fullmatch  # what a cookie can carry


class Session:
    """Opened by the first request that needs one."""

    def __init__(self, wire: Wire, lease_folder: Path | None) -> None:
        """``lease_folder`` keeps the token in use for the next run, should this one be killed."""
        self.account = wire.account
        self._wire = wire
        self._pacing = wire.pacing
        self._lease = Lease(self.account.root, self.account.login, lease_folder)
        self._token: str | None = None
        self._tokens: list[str] = []  # all that were seen
        self._logged_in_at = 0.0
        self._was_in = False

    @property
    def secrets(self) -> list[str]:
        """What must never be seen in a log, after the logout either."""
        return [secret for secret in (self.account.password_sha1, *self._tokens) if secret]

    def ensure(self) -> None:
        """Be logged in, anew before the token dies.

        Raises:
            LoginRefused: wrong login or password, or the server is starting.
            NoLicenceSlot: no API connection became free within ``licence_wait``.
            Stopped: the run is ending.
        """
        self._wire.refuse_if_stopping()
        if self._token is not None and self._pacing.clock() - self._logged_in_at > self._pacing.session_age:
            logger.info("The iiko session is about to reach its age limit: logging in anew.")
            self.end()
        if self._token is None:
            self._begin()

    def _begin(self) -> None:
        if not self._was_in:
            self._lease.take()
            self._release_left_over()
        self._token = self._wait_for_token()
        self._lease.add(self._token)
        self._logged_in_at = self._pacing.clock()
        self._was_in = True
        logger.info("Logged in to %s.", self.account.root)
        if self._wire.stopping.is_set():  # while the login was under way, and nobody may be left to log out
            self.end()
            self._wire.refuse_if_stopping()

    def _wait_for_token(self) -> str:
        deadline = self._pacing.clock() + self.account.licence_wait
        while True:
            try:
                return self._pacing.retry(self._log_in)
            except errors.NoLicenceSlot:
                if self._pacing.clock() + self._pacing.slot_wait > deadline:
                    raise errors.NoLicenceSlot(
                        "All API connections of this iiko licence stayed in use for "
                        f"{self.account.licence_wait:.0f} s.",
                        "Close the other integration that holds one (a leaked connection frees itself within an "
                        "hour), raise licence_wait, or buy another connection.",
                    ) from None
            logger.warning("All API connections of the iiko licence are in use: waiting for a free one.")
            self._wire.stopping.wait(self._pacing.slot_wait)
            self._wire.refuse_if_stopping()
            self._release_left_over()

    def _release_left_over(self) -> None:
        """Give back the slots of sessions that an earlier run, or this one, could not end."""
        for token in self._lease.tokens:
            logger.info("Giving back a licence slot of an earlier session.")
            if not self._release(token):
                break  # the others would fail alike

    def _log_in(self) -> str:
        """One request; its answer is the token."""
        self._wire.renew()
        form = {"login": self.account.login, "pass": self.account.password_sha1}
        url = f"{self.account.root}/api/auth"
        try:
            body = self._wire.send("POST", url, most=bodies.TEXT_BYTES, data=form)
            token = formats.parse_text(body, "the answer to the login")
        except (errors.SessionExpired, errors.RightMissing, errors.Rejected) as error:
            raise self._refusal(error) from None
        except errors.PathMissing as error:
            raise errors.NotIiko(f"{self.account.root} has no iiko API: {error}") from None
        except errors.BadAnswer:
            token = ""
        except errors.Unanswered:
            self._release_unread()
            raise
        if not IS_TOKEN(token):
            raise errors.NotIiko(f"{url} answered something that is no session token: not an iiko server?")
        self._remember(token)
        if not any(cookie.name == "key" for cookie in self._wire.http.cookies):
            self._wire.http.cookies.set("key", token)  # servers before 4.3 set none themselves
        return token

    def _refusal(self, error: errors.IikoError) -> errors.IikoError:
        if self._was_in:  # after a restart iiko answers 401 until it can check passwords
            return errors.NotReady(str(error))
        reason = f"{error.said or 'status 401'}." if isinstance(error, errors.SessionExpired) else error
        return errors.LoginRefused(
            f"iiko did not accept the login {self.account.login!r} at {self.account.root}: {reason}",
            "Check login and password (a server that is just starting refuses every login).",
        )

    def _release_unread(self) -> None:
        """Give back the slot of a login whose answer did not come to its end: its cookie may have come."""
        token = next((cookie.value for cookie in self._wire.http.cookies if cookie.name == "key"), None)
        if token and IS_TOKEN(token):
            self._lease.add(token)
            self._release(token)

    def end(self) -> None:
        """Log out, if there is anything to end."""
        token, self._token = self._token, None
        if token is not None and self._release(token):
            logger.info("Logged out of %s.", self.account.root)

    def _release(self, token: str) -> bool:
        """Free a licence slot; false if that could not be confirmed (its token stays in the lease then)."""
        self._remember(token)
        session = self._wire.http
        session.cookies.clear()
        session.cookies.set("key", token)
        # No jitter: with it the waits could end before the report that holds the session, and the logout failed.
        try:
            self._pacing.retry(self._log_out, jitter=False)
        except errors.SessionExpired:
            pass  # it had expired by itself
        except errors.TooLarge:
            pass  # the status says that it worked
        except errors.IikoError as error:
            logger.warning("Logging out failed, the next run will try again: %s", error)
            return False
        finally:
            session.cookies.clear()
        self._lease.forget(token)
        return True

    def _log_out(self) -> None:
        seconds = min(self.account.seconds, self._pacing.logout_grace)
        body = self._wire.send("POST", f"{self.account.root}/api/logout", most=bodies.TEXT_BYTES, seconds=seconds)
        refuse_page(body, "logout")  # whoever answered it, iiko was not told

    def _remember(self, token: str) -> None:
        if token not in self._tokens:
            self._tokens.append(token)

    def close(self) -> None:
        """No more sessions."""
        self._lease.close()
