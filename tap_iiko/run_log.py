"""Every run leaves a log file, if a folder for them is set."""

from __future__ import annotations

import contextlib
import datetime
import logging
import time
import typing as t
from pathlib import Path

PREFIX = "tap-iiko-"
KEPT_SECONDS = 90 * 24 * 3600
FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


class FolderError(Exception):
    """The folder of the log files cannot be used."""


@contextlib.contextmanager
def run_log(folder: str | None) -> t.Iterator[None]:
    """Write all log records of a run into a new file of ``folder`` too; files of its kind older than 90 days go.

    Raises:
        FolderError: the folder cannot be made or written.
    """
    if not folder:
        yield
        return
    try:
        handler = _new_file(Path(folder).expanduser())
    except OSError as error:
        raise FolderError(f"log_dir: {error.strerror}: {error.filename}. Give a folder that can be written.") from error
    handler.setFormatter(logging.Formatter(FORMAT))
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()


def _new_file(folder: Path) -> logging.FileHandler:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"{PREFIX}*.log"):
        if time.time() - old.stat().st_mtime > KEPT_SECONDS:
            old.unlink(missing_ok=True)
    now = datetime.datetime.now(datetime.UTC)
    return logging.FileHandler(folder / f"{PREFIX}{now:%Y%m%dT%H%M%S.%fZ}.log", encoding="utf-8")
