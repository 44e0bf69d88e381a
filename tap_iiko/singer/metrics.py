"""Measurements in the form that all taps log: ``METRIC: {...}``, by the SDK's logger."""

from __future__ import annotations

import typing as t
from http import HTTPStatus

from singer_sdk.metrics import Metric, Point, Status, Tag, get_metrics_logger, log


class Outcome(t.Protocol):
    """How one table of one server came out."""

    stream: str
    rows: int
    written: int
    seconds: float
    statuses: dict[str, int]


def log_tables(server_id: str, outcomes: t.Iterable[Outcome]) -> None:
    """How many rows each table of a server got, and how long its loads took."""
    for each in outcomes:
        if set(each.statuses) <= {"unchanged"}:
            continue
        tags: dict[str, t.Any] = {Tag.STREAM: each.stream, Tag.CONTEXT: {"server_id": server_id}}
        status = Status.FAILED if "failed" in each.statuses else Status.SUCCEEDED
        log(get_metrics_logger(), Point("counter", Metric.RECORD_COUNT, max(each.rows, each.written), tags))
        log(
            get_metrics_logger(),
            Point("timer", Metric.SYNC_DURATION, round(each.seconds, 3), {**tags, Tag.STATUS: status}),
        )


def log_request(server_id: str, endpoint: str, seconds: float, status: int) -> None:
    """How long an answer took."""
    tags: dict[str, t.Any] = {
        Tag.ENDPOINT: endpoint,
        Tag.HTTP_STATUS_CODE: status,
        Tag.STATUS: Status.SUCCEEDED if status < HTTPStatus.BAD_REQUEST else Status.FAILED,
        Tag.CONTEXT: {"server_id": server_id},
    }
    log(get_metrics_logger(), Point("timer", Metric.HTTP_REQUEST_DURATION, round(seconds, 3), tags))
