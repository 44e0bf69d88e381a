"""Reports of a user's own: every field that he names is asked for, and what he names identifies a row."""

from __future__ import annotations

import typing as t

from tap_iiko.iiko import errors
from tap_iiko.iiko.formats import as_json
from tap_iiko.iiko.olap_fields import known_fields, no_such_field
from tap_iiko.iiko.values import stable_ids
from tap_iiko.streams.forms import ReportForm

if t.TYPE_CHECKING:
    from tap_iiko.iiko.olap import Directory
    from tap_iiko.iiko.values import Page
    from tap_iiko.tables import Column


TEXTS: t.Final = frozenset({"text", "reference"})
NESTED: t.Final = frozenset({dict, list})


class OwnReportForm(ReportForm):
    """Rows of one report, keyed by its name, its day and the groups of its key."""

    is_declared: t.ClassVar[bool] = True

    @property
    def asked_for(self) -> tuple[str, ...]:
        """The key and the names of the columns too."""
        named = (as_json([column.name, *column.fields]) for column in self.table.columns)
        return (*super().asked_for, as_json(["key", *self.table.id_fields]), *named)

    def _is_needed(self, column: Column, wanted: t.Container[str]) -> bool:  # noqa: ARG002
        """All of it: without a group rows would be other rows."""
        return True

    @property
    def key_fields(self) -> set[str]:
        """All: a field that is null would merge rows that differ by it."""
        return set(self.report.fields)

    def fit(self, directory: Directory) -> list[str]:
        """Leave the report as it is.

        Returns:
            Nothing.

        Raises:
            BadAnswer: the server cannot answer it as it stands; one sentence.
        """
        offered = self.report.offered_by(directory)
        for name in self.report.fields:
            if name not in offered.fields:
                raise errors.BadAnswer(self._lack(name, directory))
        return []

    def _lack(self, name: str, directory: Directory) -> str:
        report = self.report.report_type
        if name in directory:
            role = "a group" if name in self.report.groups else "an aggregate"
            return f"on this server {name!r} cannot be {role} in {report}."
        if name in known_fields(report):
            return f"this server has no field {name!r} in {report}: it came with a newer version of iiko."
        return no_such_field(name, report, directory)

    def page(self, raw: Page) -> Page:
        """Objects and lists as texts: iiko sends some where a text should be (API reference 4.6)."""
        return {
            field: values if NESTED.isdisjoint(map(type, values)) else _flat(values) for field, values in raw.items()
        }

    def columns(self, page: Page) -> Page:
        """Typed, with a key made of texts as they came: two that differ by a blank are two rows."""
        columns = dict(self.projection.convert(page))
        key = [self._as_sent(field, columns, page) for field in self.table.id_fields]
        days = columns["business_date"]
        columns["id"] = stable_ids([[self.server_id] * len(days), [self.table.name] * len(days), days, *key])
        return columns

    def _as_sent(self, field: str, columns: Page, page: Page) -> t.Sequence[t.Any]:
        column = next(column for column in self.table.columns if field in column.fields)
        return page[field] if column.kind in TEXTS else columns[column.name]


def _flat(values: t.Sequence[t.Any]) -> list[t.Any]:
    return [as_json(each) if each and type(each) in NESTED else each for each in values]
