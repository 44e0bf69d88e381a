"""Which clock says what day it is: iiko's, unless it or this machine's cannot be right."""

from __future__ import annotations

import datetime
import logging

logger = logging.getLogger("tap-iiko")

# Clocks of servers go wrong by minutes; days are a dead battery or somebody's hand.
MOST_DIFFERENCE = datetime.timedelta(days=2)
MOST_BEHIND = datetime.timedelta(minutes=10)


def machine_time() -> datetime.datetime:
    """This machine's clock."""
    return datetime.datetime.now(datetime.UTC)


def present(server_time: datetime.datetime | None, server_id: str) -> datetime.datetime:
    """The present moment: iiko's clock decides which days are closed, unless it is days away from this machine's."""
    here = machine_time()
    if server_time is None:
        return here
    if abs(server_time - here) <= MOST_DIFFERENCE:
        return server_time
    logger.warning(
        "%s: the clock of the iiko server says %s and that of this machine %s: this machine's is taken. Set the wrong "
        "one right: it decides which business days are closed.",
        server_id,
        f"{server_time:%Y-%m-%d %H:%M} UTC",
        f"{here:%Y-%m-%d %H:%M} UTC",
    )
    return here


def warn_if_behind(last: datetime.datetime | None, server_id: str) -> None:
    """Say so if an earlier run was later than now: its clock was ahead, or this machine's is behind.

    The moments of loading go on from the last one in any case, so no row is hidden by an older stamp of this state.
    """
    here = machine_time()
    if last is not None and last - here > MOST_BEHIND:
        logger.warning(
            "%s: the last run was at %s and it is %s by this machine's clock: set the clock right.",
            server_id,
            f"{last:%Y-%m-%d %H:%M} UTC",
            f"{here:%Y-%m-%d %H:%M} UTC",
        )
