"""Nobody waits before a silent screen: ``python -m demo.patience COMMAND …`` says every few seconds that it goes on."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
import typing as t

EVERY: t.Final = 8.0  # seconds


class _Heard:
    """An output that remembers when something was last said."""

    def __init__(self, output: t.TextIO) -> None:
        self._output = output
        self.at = time.monotonic()

    def write(self, text: str) -> int:
        self.at = time.monotonic()
        return self._output.write(text)

    def flush(self) -> None:
        self._output.flush()


@contextlib.contextmanager
def patience(every: float = EVERY) -> t.Iterator[None]:
    """Whenever nothing was printed for so long, the seconds since the beginning are."""
    began, ended = time.monotonic(), threading.Event()
    heard = _Heard(sys.stdout)

    def watch() -> None:
        while not ended.wait(max(0.0, heard.at + every - time.monotonic())):
            if time.monotonic() - heard.at >= every:
                heard.write(f"  … {time.monotonic() - began:.0f} s\n")
                heard.flush()

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        with contextlib.redirect_stdout(t.cast("t.TextIO", heard)):
            yield
    finally:
        ended.set()
        watching.join()


def main() -> int:
    """Run the command; its exit code is ours."""
    with patience():
        return subprocess.call(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
