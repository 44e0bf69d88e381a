"""BATCH files: an option for first loads. Rows go to the target in files, beside the pipe.

A target that takes a file reads it at once, so what it need not do line by line costs it nothing. No Singer target
removes such files, and a tap does not see when they are loaded. The state tells: a run finds in it the files of the run
that its target has confirmed, and removes them. Files that nobody confirmed are sent again, so a run with BATCH files
removes those too.
"""

from __future__ import annotations

import glob
import gzip
import hashlib
import itertools
import logging
import math
import typing as t
import uuid
from pathlib import Path
from urllib.parse import unquote, urlsplit

if t.TYPE_CHECKING:
    from singer_sdk.helpers._batch import BatchConfig


logger = logging.getLogger("tap-iiko")

SUFFIX = ".jsonl"
WITNESS = ".run"
"""Stands beside the files of a run: a state from elsewhere cannot name other files to remove."""
MARK = "tap-iiko-"
STATE_KEY = "batch_files"
COMPRESSION_LEVEL = 1  # the pipe is local: what counts is time


class Batched(t.Protocol):
    """A table whose rows may go into files."""

    batch_files: BatchFiles | None

    @property
    def goes_by_page(self) -> bool:
        """Whether rows go as they are, without maps."""

    def get_batch_config(self, config: t.Any) -> BatchConfig | None:
        """The setting."""


def problems_of(config: t.Mapping[str, t.Any]) -> list[str]:
    """What is wrong with the setting ``batch_config``, one sentence each."""
    batch = config.get("batch_config")
    if not batch:
        return []
    storage, encoding = batch.get("storage") or {}, batch.get("encoding") or {}
    problems = []
    root = str(storage.get("root") or "")
    if not root or urlsplit(root).scheme not in {"", "file"}:
        problems.append("batch_config: storage.root must be a local folder, e.g. file:///var/tmp/tap-iiko.")
    if encoding.get("format") != "jsonl":
        problems.append("batch_config: encoding.format must be jsonl: parquet would lose exact decimals.")
    return problems


def remove(beginning: str) -> None:
    """Remove the files of a run that are loaded, as a state tells: only where a run of this tap has left its mark."""
    if MARK in Path(beginning).name and Path(f"{beginning}{WITNESS}").is_file():
        _remove_all(beginning)


def _remove_all(beginning: str) -> None:
    path = Path(beginning)
    for suffix in (f"*{SUFFIX}*", f"*{WITNESS}"):  # the witness goes last: what is interrupted can be repeated
        for file in path.parent.glob(f"{glob.escape(path.name)}{suffix}"):
            file.unlink(missing_ok=True)


def prepare(
    states: t.Sequence[dict[str, t.Any]],
    streams: t.Sequence[Batched],
    config: t.Mapping[str, t.Any],
    owner: str,
) -> None:
    """Remove what the ``states`` say is loaded; let rows go into new files, if that is configured and possible.

    Args:
        states: the partitions of ``sync_log``, one for each server; the new ones are noted in them.
        streams: the tables whose rows may go into files.
        config: of the tap.
        owner: names the servers of the run.
    """
    for beginning in {state.pop(STATE_KEY, None) for state in states} - {None}:
        remove(beginning)  # in the state, so they are loaded
    if not config.get("batch_config") or not streams:
        return
    if not all(stream.goes_by_page for stream in streams):
        logger.warning("batch_config is not used: stream maps and flattening need RECORD messages.")
        return
    files = BatchFiles(t.cast("BatchConfig", streams[0].get_batch_config(config)), owner)
    files.make_room()
    for state in states:
        state[STATE_KEY] = files.beginning
    for stream in streams:
        stream.batch_files = files


class BatchFiles:
    """The files of one run."""

    def __init__(self, config: BatchConfig, owner: str) -> None:
        """In the configured folder, under names that tell whose they are: ``owner`` names the servers of the run."""
        self.folder = Path(unquote(urlsplit(config.storage.root).path)).resolve()
        self.compressed = config.encoding.compression == "gzip"
        digest = hashlib.sha256(owner.encode()).hexdigest()[:12]
        self._mine = f"{config.storage.prefix or ''}{MARK}{digest}-"
        self._run = uuid.uuid4().hex[:8]
        self._numbers = itertools.count()

    @property
    def beginning(self) -> str:
        """What the paths of this run's files begin with, for the state."""
        return str(self.folder / f"{self._mine}{self._run}")

    def make_room(self) -> None:
        """Make the folder, and remove the files of earlier runs for the same servers."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _remove_all(str(self.folder / self._mine))
        Path(f"{self.beginning}{WITNESS}").touch(mode=0o600)

    def write(self, stream: str, blocks: t.Iterable[bytes]) -> str:
        """A new file of whole lines.

        Returns:
            Its address, for the manifest.
        """
        name = f"{self._mine}{self._run}-{stream}-{next(self._numbers):05}{SUFFIX}"
        path = self.folder / (f"{name}.gz" if self.compressed else name)
        path.touch(mode=0o600)
        with gzip.open(path, "wb", COMPRESSION_LEVEL) if self.compressed else path.open("wb") as file:
            for block in blocks:
                file.write(block)
        return path.as_uri()

    def write_equal(self, stream: str, blocks: t.Iterator[bytes], rows: int, size: int) -> t.Iterator[str]:
        """Files of about ``size`` rows, all equal.

        Equal, since every file costs a target a look at the table, a temporary table and a merge: a small rest would
        cost as much.

        Returns:
            The address of each, for the manifest.
        """
        count = max(1, round(rows / size))
        each = math.ceil(rows / count)
        while (first := next(blocks, None)) is not None:
            yield self.write(stream, _some(first, blocks, each))


def _some(first: bytes, blocks: t.Iterator[bytes], size: int) -> t.Iterator[bytes]:
    rows = first.count(b"\n")
    yield first
    while rows < size and (block := next(blocks, None)) is not None:
        rows += block.count(b"\n")
        yield block
