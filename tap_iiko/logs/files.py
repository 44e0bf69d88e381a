"""Every run leaves a log file, if a folder for them is set."""

from __future__ import annotations

import contextlib
import datetime
import logging
import os
import time
import typing as t
from pathlib import Path

PREFIX = "tap-iiko-"
KEPT_SECONDS = 90 * 24 * 3600
FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


logger = logging.getLogger("tap-iiko")


class FolderError(Exception):
    """A folder that a setting names cannot be used; the message is for the user."""

    def __init__(self, setting: str, error: OSError) -> None:
        """Name the setting, the reason and the place."""
        super().__init__(f"{setting}: {error.strerror}: {error.filename}. Give a folder that can be written.")


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
        raise FolderError("log_dir", error) from error
    handler.setFormatter(logging.Formatter(FORMAT))
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()


def _new_file(folder: Path) -> logging.FileHandler:
    """For its owner alone: a log tells of addresses, names and revenue."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for old in folder.glob(f"{PREFIX}*.log"):
        try:
            if time.time() - old.lstat().st_mtime > KEPT_SECONDS:
                old.unlink()
        except FileNotFoundError:
            pass  # another run was quicker
        except OSError as error:
            logger.warning("An old log file stays: %s: %s.", error.strerror, error.filename)
    now = datetime.datetime.now(datetime.UTC)
    path = folder / f"{PREFIX}{now:%Y%m%dT%H%M%S.%fZ}.log"
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    return logging.FileHandler(path, encoding="utf-8")
