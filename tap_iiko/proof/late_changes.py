"""Late changes: what a closed day added up to when it was last read, kept small inside the Singer state."""

from __future__ import annotations

import base64
import json
import typing as t
import zlib
from decimal import ROUND_HALF_EVEN, Decimal

from tap_iiko import tables
from tap_iiko.iiko.values import moment, stable_id
from tap_iiko.proof.totals import GROUP, METRICS

if t.TYPE_CHECKING:
    import datetime

    from tap_iiko.proof.totals import DayTotals
    from tap_iiko.rows.tally import Department, Sums

Record = dict[str, t.Any]
ORDER_COUNTS: t.Final = tuple(tables.figures(GROUP, counted=True))  # what only receipts can count
FIGURES = (*METRICS, *ORDER_COUNTS)
SPLITS = ("pay_types", "flags")
PLACES = {"dish_amount": 3}
USUAL_PLACES = 2
SHOWN = {"dish_discount_sum": "revenue", "dish_return_sum": "refunds"}
SPLIT_WORDS = {"pay_types": "the sums by payment type", "flags": "the sums of what is sold, deleted and refunded"}
STATE_KEY = "day_totals"
# Of the packed text. Beyond it the oldest days lose their old values; the fingerprints still find their changes.
MOST_CHARACTERS = 60_000

Figures = list[t.Any]


def _scaled(name: str, value: Decimal | int) -> int:
    places = PLACES.get(name, USUAL_PLACES)
    return int(Decimal(value).scaleb(places).to_integral_value(ROUND_HALF_EVEN))


def _unscaled(name: str, value: int) -> Decimal:
    return Decimal(value).scaleb(-PLACES.get(name, USUAL_PLACES))


def figures_of(totals: DayTotals, counted: t.Mapping[Department, Sums] | None) -> dict[str, Figures]:
    """A day's figures by department, as they are kept: iiko's totals, and the counts that only receipts know.

    The counts are null where receipts were not read.
    """
    result: dict[str, Figures] = {}
    for department in {*totals.sums, *(counted or ())}:
        sums = totals.sums.get(department, {})
        counts = None if counted is None else counted.get(department, {})
        result[department or ""] = [
            *(_scaled(name, sums.get(name, Decimal(0))) for name in METRICS),
            *(None if counts is None else _scaled(name, counts.get(name, Decimal(0))) for name in ORDER_COUNTS),
            totals.pay_types.get(department, ""),
            totals.flags.get(department, ""),
        ]
    return result


class LateChanges:
    """The figures of the watched days, from one run to the next."""

    def __init__(self, state: dict[str, t.Any]) -> None:
        """Unpack a state partition, which ``save`` will write."""
        self.state = state
        self.days: dict[str, dict[str, Figures]] = {}
        if packed := state.get(STATE_KEY):
            text = zlib.decompress(base64.b85decode(packed))
            departments, days = json.loads(text)
            for day, rows in days.items():
                self.days[day] = {departments[index]: figures for index, *figures in rows}

    def record(
        self, server_id: str, day: datetime.date, figures: dict[str, Figures], noticed_at: datetime.datetime
    ) -> list[Record]:
        """Remember a closed day that was just read.

        Returns:
            The rows of ``late_changes``: nothing for a day that was not known.
        """
        known = self.days.get(day.isoformat())
        if known is None:
            self.days[day.isoformat()] = figures
            return []
        self.days[day.isoformat()] = {
            department: [old if new is None else new for old, new in zip(known.get(department, row), row, strict=True)]
            for department, row in figures.items()
        }
        stamp = moment(noticed_at)
        nothing: Figures = [0] * len(FIGURES) + [""] * len(SPLITS)
        records = []
        for department in sorted({*known, *figures}):
            old, new = known.get(department, nothing), figures.get(department, nothing)
            for name, before, after in zip((*FIGURES, *SPLITS), old, new, strict=True):
                if before == after or before is None or after is None:
                    continue
                record: Record = {
                    "id": stable_id(server_id, day.isoformat(), department, name, stamp),
                    "business_date": day.isoformat(),
                    "department_id": department or None,
                    "metric": name,
                    "noticed_at": stamp,
                }
                if name in FIGURES:
                    values = _unscaled(name, before), _unscaled(name, after)
                    record |= {"old_value": values[0], "new_value": values[1], "difference": values[1] - values[0]}
                records.append(record)
        return records

    def save(self, oldest: datetime.date) -> None:
        """Pack the days since ``oldest`` into the state."""
        kept = {day: rows for day, rows in self.days.items() if day >= oldest.isoformat()}
        while len(packed := _pack(kept)) > MOST_CHARACTERS:
            for day in sorted(kept)[: max(1, len(kept) // 10)]:
                del kept[day]
        self.state[STATE_KEY] = packed


def in_words(records: t.Iterable[Record], names: t.Mapping[str, str]) -> t.Iterator[str]:
    """One sentence for each business day and department that changed; ``names`` of departments by id."""
    by_place: dict[tuple[str, str | None], dict[str, Record]] = {}
    for record in records:
        by_place.setdefault((record["business_date"], record["department_id"]), {})[record["metric"]] = record
    for (day, department), changed in by_place.items():
        place = names.get(department or "", department or "no department")
        parts = [
            f"{words} {changed[name]['old_value']:,.2f} -> {changed[name]['new_value']:,.2f}"
            for name, words in SHOWN.items()
            if name in changed
        ] or ["revenue unchanged"]
        if also := [SPLIT_WORDS.get(name, name) for name in changed if name not in SHOWN]:
            parts.append(f"also {', '.join(also)}")
        yield f"{day} {place} changed after it was closed and read: {'; '.join(parts)}."


def _pack(days: t.Mapping[str, t.Mapping[str, Figures]]) -> str:
    departments = sorted({department for rows in days.values() for department in rows})
    places = {department: index for index, department in enumerate(departments)}
    rows = {
        day: [[places[department], *figures] for department, figures in sorted(by_department.items())]
        for day, by_department in sorted(days.items())
    }
    text = json.dumps([departments, rows], separators=(",", ":"))
    return base64.b85encode(zlib.compress(text.encode(), 9)).decode("ascii")
