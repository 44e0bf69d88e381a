"""Download the reports and parse each whole body with the standard library, exact decimals included."""

from __future__ import annotations

from bench.programs.rows import Job

if __name__ == "__main__":
    rows = 0
    for page in Job().pages():
        rows += len(page)
    print(rows)
