"""Late changes: what a closed day added up to when it was last read, kept small inside the Singer state."""

from __future__ import annotations

import base64
import json
import typing as t
import zlib
from collections import defaultdict
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from tap_iiko.iiko.values import moment, stable_id
from tap_iiko.rows.tally import add_up

if t.TYPE_CHECKING:
    import datetime

    from tap_iiko.proof.totals import DayTotals
    from tap_iiko.rows.tally import Place, Sums

Record = dict[str, t.Any]
PLACES = {"dish_amount": 3, "amount_in": 3, "amount_out": 3}
USUAL_PLACES = 2
SHOWN = {"dish_discount_sum": "revenue", "dish_return_sum": "refunds"}
SPLIT_WORDS = {"pay_types": "the sums by payment type", "flags": "the sums of what is sold, deleted and refunded"}
SHOWN_OF_A_DAY = 3

Figures = list[t.Any]
Tallied = t.Mapping["Place", "Sums"]


def _scaled(name: str, value: Decimal | int) -> int:
    places = PLACES.get(name, USUAL_PLACES)
    return int(Decimal(value).scaleb(places).to_integral_value(ROUND_HALF_EVEN))


def _unscaled(name: str, value: int) -> Decimal:
    return Decimal(value).scaleb(-PLACES.get(name, USUAL_PLACES))


@dataclass(frozen=True)
class Kept:
    """What is kept of a day's totals, to tell the old value when it has changed."""

    state_key: str
    figures: tuple[str, ...]
    counts: tuple[str, ...] = ()
    """Counted by a table, beside iiko's totals."""
    splits: tuple[str, ...] = ()
    by: t.Callable[[Place], str] = lambda place: str(place or "")
    """What the place of a sum is called here; sums of places with one name are added up."""
    has_departments: bool = True
    """Whether that is a department; otherwise it is part of the metric's name."""
    days: int = 180
    """Before the look-back, for whoever turns it up."""
    most_characters: int = 60_000
    """Of the packed text. Beyond it the oldest days lose their old values; their changes are still found."""

    def of(self, totals: DayTotals, counted: Tallied | None) -> dict[str, Figures]:
        """A day's figures by place: iiko's totals, and the counts of a table.

        The counts are null where that table was not read.
        """
        places: defaultdict[str, set[Place]] = defaultdict(set)
        for place in {*totals.sums, *(counted or ())}:
            places[self.by(place)].add(place)
        result: dict[str, Figures] = {}
        for name, some in places.items():
            sums = add_up({place: totals.sums.get(place, {}) for place in some}, self.figures)
            counts = None
            if counted is not None:
                counts = add_up({place: counted.get(place, {}) for place in some}, self.counts)
            result[name] = [
                *(_scaled(figure, sums[figure]) for figure in self.figures),
                *(None if counts is None else _scaled(figure, counts[figure]) for figure in self.counts),
                *("".join(totals.splits[split].get(place, "") for place in some) for split in self.splits),
            ]
        return result


class LateChanges:
    """The figures of the watched days, from one run to the next."""

    def __init__(self, state: dict[str, t.Any], kept: Kept) -> None:
        """Unpack a state partition, which ``save`` will write."""
        self.state = state
        self.kept = kept
        self.days: dict[str, dict[str, Figures]] = {}
        if packed := state.get(kept.state_key):
            text = zlib.decompress(base64.b85decode(packed))
            places, days = json.loads(text)
            for day, rows in days.items():
                self.days[day] = {places[index]: figures for index, *figures in rows}

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
            place: [old if new is None else new for old, new in zip(known.get(place, row), row, strict=True)]
            for place, row in figures.items()
        }
        kept, stamp = self.kept, moment(noticed_at)
        numbers = (*kept.figures, *kept.counts)
        nothing: Figures = [0] * len(numbers) + [""] * len(kept.splits)
        records = []
        for place in sorted({*known, *figures}):
            old, new = known.get(place, nothing), figures.get(place, nothing)
            for name, before, after in zip((*numbers, *kept.splits), old, new, strict=True):
                if before == after or before is None or after is None:
                    continue
                metric = name if kept.has_departments else f"{place} {name}"
                department = place if kept.has_departments else None
                record: Record = {
                    "id": stable_id(server_id, day.isoformat(), department, metric, stamp),
                    "business_date": day.isoformat(),
                    "department_id": department or None,
                    "metric": metric,
                    "noticed_at": stamp,
                }
                if name in numbers:
                    values = _unscaled(name, before), _unscaled(name, after)
                    record |= {"old_value": values[0], "new_value": values[1], "difference": values[1] - values[0]}
                records.append(record)
        return records

    def save(self, oldest: datetime.date) -> None:
        """Pack the days since ``oldest`` into the state."""
        kept = {day: rows for day, rows in self.days.items() if day >= oldest.isoformat()}
        while len(packed := _pack(kept)) > self.kept.most_characters:
            for day in sorted(kept)[: max(1, len(kept) // 10)]:
                del kept[day]
        self.state[self.kept.state_key] = packed


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


def ledger_in_words(records: t.Sequence[Record], _: t.Mapping[str, str]) -> t.Iterator[str]:
    """One sentence for a business day whose postings changed, with the largest of the differences."""
    if not records:
        return
    largest = sorted(records, key=lambda record: abs(record["difference"]), reverse=True)[:SHOWN_OF_A_DAY]
    parts = [f"{each['metric']} {each['old_value']:,.2f} -> {each['new_value']:,.2f}" for each in largest]
    if more := len(records) - len(largest):
        parts.append(f"and {more} more")
    yield f"{records[0]['business_date']}: the ledger changed after it was closed and read: {'; '.join(parts)}."


def _pack(days: t.Mapping[str, t.Mapping[str, Figures]]) -> str:
    places = sorted({place for rows in days.values() for place in rows})
    indexes = {place: index for index, place in enumerate(places)}
    rows = {
        day: [[indexes[place], *figures] for place, figures in sorted(by_place.items())]
        for day, by_place in sorted(days.items())
    }
    text = json.dumps([places, rows], separators=(",", ":"))
    return base64.b85encode(zlib.compress(text.encode(), 9)).decode("ascii")
