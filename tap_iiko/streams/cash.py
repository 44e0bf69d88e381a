"""Payments of cash shifts: three lists in one answer (API reference 3.10)."""

from __future__ import annotations

import typing as t

from tap_iiko.streams.forms import PartForm

if t.TYPE_CHECKING:
    from tap_iiko.iiko.sources import Item

TYPES: t.Final = {
    "cashlessRecords": "CASHLESS",
    "payInRecords": "PAYIN",
    "payOutsRecords": "PAYOUT",
    "payOutRecords": "PAYOUT",
}


class CashShiftPaymentForm(PartForm):
    """Records of every kind in one table."""

    def split(self, item: Item) -> t.Iterator[Item]:
        """With the kind, whichever way its list is spelled."""
        for row in super().split(item):
            yield {**row, "(list)": TYPES[row["(list)"]]}
