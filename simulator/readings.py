"""What iikoServer's reference leaves open, as switches: one field for each place with two documented or guessed forms."""

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
    wrong_login_status: t.Literal[400, 401, 403] = 401
    """The status of a login with a wrong password (1.5)."""
    quoted_token: bool = False
    """The token of a login in quotation marks (1.3)."""
    no_payment: t.Literal["text", "null"] = "text"
    """The payment type of what was not paid: ``(без оплаты)`` or null (4.7)."""
    empty_range: t.Literal["empty", "conflict"] = "empty"
    """A date range of no days: an empty answer or 409 (4.3)."""
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
