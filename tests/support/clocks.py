"""The time that an iiko server says it is."""

from __future__ import annotations

import datetime
import typing as t
from http.server import BaseHTTPRequestHandler

if t.TYPE_CHECKING:
    import pytest


def server_says(patch: pytest.MonkeyPatch, date: str) -> None:
    """Every answer of every server in this process bears this date."""
    patch.setattr(BaseHTTPRequestHandler, "date_time_string", lambda *_: date)


def shifted(days: int) -> str:
    """This moment, some days off."""
    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
    return f"{moment:%a, %d %b %Y %H:%M:%S} GMT"
