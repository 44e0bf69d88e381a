"""What the API reference leaves open, as switches: one field for each place with two documented or guessed forms."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Readings:
    """How this server reads the open places of the API reference; the defaults are the most likely ones."""

    refund_revenue: t.Literal["negative", "zero"] = "negative"
    """Sums of a refund order; ``DishReturnSum`` is positive either way (4.8, 10)."""
    blank: t.Literal["null", "empty"] = "null"
    """A text or an id without value in an OLAP row (4.6)."""
    date_form: t.Literal["date", "datetime"] = "date"
    """A DATE in an OLAP row: ``2026-05-04`` or ``2026-05-04T00:00:00`` (4.6)."""
    key_order: t.Literal["sorted", "shuffled"] = "sorted"
    """The order of an OLAP row's keys (4.5)."""
    json_spacing: t.Literal["compact", "spaced"] = "compact"
    """White space between JSON tokens."""
    summary_first: bool = False
    """``summary`` before ``data`` in an OLAP answer (4.5)."""
    documented_spelling: bool = False
    """``defaultIncludeInMenu`` and a modifier's ``required``, as the documentation prints them (3.1.1)."""
    server_state: str = "STARTED_SUCCESSFULLY"
    """What the server info says of a server that is up (1.2)."""
    gzip: bool = False
    """Whether bodies are compressed for a client that accepts it (1.1)."""
    wrong_login_status: t.Literal[400, 401, 403] = 401
    """The status of a login with a wrong password (1.5)."""
    quoted_token: bool = False
    """The token of a login in quotation marks (1.3)."""
    no_payment: t.Literal["text", "null"] = "text"
    """The payment type of what was not paid: ``(без оплаты)`` or null (4.7)."""
    missing_date_status: t.Literal[400, 409] = 400
    """How a report without a filter by date is refused (4.3)."""
    empty_range: t.Literal["empty", "conflict"] = "empty"
    """A date range of no days: an empty answer or 409 (4.3)."""
    refund_marks_source: bool = False
    """Whether a refunded order is ``Storned`` too, and not its refund alone (5.2)."""
    deleted_revenue: t.Literal["kept", "zero"] = "kept"
    """The revenue of a deleted line; its ``DishSumInt`` remains either way (5.3)."""
    past_names: t.Literal["current", "former"] = "current"
    """What a renamed dish is called in days gone by: reports join the names of today or not (5.2)."""
    line_dependent: frozenset[str] = frozenset()
    """Fields of an order that differ between its lines, so that some receipts come back in several rows (4.12)."""
    unposted_cost: t.Literal["null", "zero"] = "null"
    """The cost of what has not been posted yet (4.7)."""
    concurrent_status: t.Literal[403, 500] = 500
    """How a request beside another one of the same session is refused (1.3)."""
    fast_food_guests: bool = True
    """Counter service enters one guest for each order (4.7, ``GuestNum``)."""
    summary_default: bool | None = None
    """Whether ``buildSummary`` is on when it is not sent; ``None``: by version (4.2)."""

    @property
    def refund_sign(self) -> int:
        """What a refund's sums are multiplied with."""
        return -1 if self.refund_revenue == "negative" else 0
