"""Download the reports to a file, no more."""

from __future__ import annotations

from bench.programs.rows import Job

CHUNK_BYTES = 1 << 16

if __name__ == "__main__":
    job = Job()
    with (job.folder / "download").open("wb") as file:
        for answer in job.answers():
            for chunk in answer.iter_content(CHUNK_BYTES):
                file.write(chunk)
