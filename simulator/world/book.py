"""The one book of postings, from which everything about stock and money is derived.

It is made of documents, sales and takings when somebody asks for it, and made anew after a change.
"""

from __future__ import annotations

import typing as t

from simulator.world.document_postings import document_postings
from simulator.world.ledger import without_gc
from simulator.world.office_postings import office_postings
from simulator.world.sales_postings import sales_postings

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.world.ledger import Ledger
    from simulator.world.posting import Posting


class Book:
    """The postings of one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        """Over the living ledger."""
        self._ledger = ledger
        self._state: tuple[int, int] | None = None
        self._postings: list[Posting] = []

    @property
    def postings(self) -> list[Posting]:
        """All of them, in the order in which balances count them."""
        state = self._ledger.state
        if state != self._state:
            with without_gc():
                found = [*document_postings(self._ledger), *office_postings(self._ledger)]
                found += sales_postings(self._ledger)
            self._postings = sorted(found, key=lambda each: each.when.counts_at)
            self._state = state
        return self._postings

    def before(self, moment: str) -> Iterator[Posting]:
        """What a balance at a moment is the sum of."""
        for each in self.postings:
            if each.when.counts_at >= moment:
                return
            yield each
