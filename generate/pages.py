"""The written parts of docs/tables: which tables there are, what their rows are, and what they are joined by."""

from __future__ import annotations

import typing as t
from collections import defaultdict

from generate.blocks import fill
from tap_iiko import tables

if t.TYPE_CHECKING:
    from tap_iiko.tables import Column, Table

SUBJECTS = (
    *("organization", "menu", "sales", "cash", "documents", "stock", "balances", "ledger", "people", "staff_time"),
    "proof",
)
ENDINGS = (".md", ".ru.md")  # English, Russian: their places in all that is told twice
KINDS = {"text": "string", "reference": "string", "moment": "timestamp"}  # in a diagram; the others by their name
WORDS = {
    "organization": ("Organization", "Организация"),
    "menu": ("Menu", "Номенклатура"),
    "sales": ("Sales", "Продажи"),
    "cash": ("Cash", "Касса"),
    "documents": ("Documents", "Документы"),
    "stock": ("Stock and suppliers", "Склад и поставщики"),
    "balances": ("Balances", "Остатки и балансы"),
    "ledger": ("Ledger", "Проводки"),
    "people": ("People", "Люди"),
    "staff_time": ("Staff time and plans", "Время персонала и планы"),
    "proof": ("Proof", "Сверка"),
    "pages": ("page | tables", "страница | таблицы"),
    "head": (
        "table | one row is | `id` | source | kept current",
        "таблица | одна строка | `id` | источник | обновляется",
    ),
    "joins": ("column | joins", "колонка | соединяется с"),
    "or": (" or ", " или "),
    "iiko": ("iiko's", "из iiko"),
    "of": ("UUIDv5 of {}", "UUIDv5 от {}"),
    "grain": ("UUIDv5 of the grain", "UUIDv5 разреза"),
    "olap": ("OLAP {}", "OLAP {}"),
    "inside": ("inside `{}`", "внутри `{}`"),
    "row": (", for each row of `{}`", ", для каждой строки `{}`"),
    "tap": ("the tap", "сам коннектор"),
    "extra": ("; an extra table", "; дополнительная таблица"),
    "part": ("with its parent", "вместе с родителем"),
    "whole": ("whole, if it has changed", "целиком, если изменилась"),
    "content": ("by day, if it has changed", "по дням, если изменились"),
    "totals": ("by day", "по дням"),
    "closing": ("some days, if they have changed", "некоторые дни, если изменились"),
    "day": ("with its day", "вместе с днём"),
    "grows": ("only grows", "только растёт"),
}


def names(place: int) -> dict[str, str]:
    """The pages of a language: that of all tables, and one for each subject."""
    return {"all": f"docs/tables{ENDINGS[place]}"} | {
        subject: f"docs/tables/{subject}{ENDINGS[place]}" for subject in SUBJECTS
    }


def page(text: str, subject: str, place: int) -> str:
    """A page with its part written anew."""
    if subject == "all":
        return fill(text, subject, _contents(place) + _fenced(_joins_of(tables.catalogue().values())))
    members = _members(subject)
    return fill(text, subject, _overview(members, place) + _fenced(_diagram(members)) + _joins(members, place))


def _members(subject: str) -> list[Table]:
    return [table for table in tables.catalogue().values() if table.subject == subject]


def _contents(place: int) -> str:
    rows = [WORDS["pages"][place], " | ".join(["---"] * 2)]
    for subject in SUBJECTS:
        link = f"[{WORDS[subject][place]}](tables/{subject}{ENDINGS[place]})"
        rows.append(f"{link} | {', '.join(f'`{table.name}`' for table in _members(subject))}")
    return "".join(["\n", *(f"| {row} |\n" for row in rows)])


def _fenced(lines: t.Iterable[str]) -> str:
    return "\n".join(["", "```mermaid", "erDiagram", *(f"    {line}" for line in lines), "```", ""])


def _joins_of(members: t.Iterable[Table]) -> t.Iterator[str]:
    """A line for each pair of tables; one without a partner stands alone."""
    alone: dict[str, None] = {}
    pairs: defaultdict[tuple[str, str], list[Column]] = defaultdict(list)
    for table in members:
        alone[table.name] = None
        for column in table.columns:
            for other in column.joins:
                pairs[other, table.name].append(column)
    for (other, name), columns in pairs.items():
        one = "||" if all(column.required for column in columns) else "|o"
        yield f'{other} {one}--o{{ {name} : "{", ".join(column.name for column in columns)}"'
    partners = {name for pair in pairs for name in pair}
    yield from (f"{name} {{ uuid id PK }}" for name in alone if name not in partners)


def _diagram(members: t.Sequence[Table]) -> t.Iterator[str]:
    """The tables of a subject with their keys, and what they are joined to."""
    for table in members:
        yield f"{table.name} {{"
        for column in table.columns:
            role = "PK" if column.name in tables.KEY else "FK" if column.joins else ""
            if role or column.name == "business_date":
                yield f"    {KINDS.get(column.kind, column.kind)} {column.name} {role}".rstrip()
        yield "}"
    yield from (line for line in _joins_of(members) if not line.endswith("PK }"))


def _overview(members: t.Iterable[Table], place: int) -> str:
    rows = [WORDS["head"][place], " | ".join(["---"] * 5)]
    rows += [
        " | ".join(
            [f"`{table.name}`", table.row[place], _key(table, place), _source(table, place), _kept(table, place)]
        )
        for table in members
    ]
    return "".join(["\n", *(f"| {row} |\n" for row in rows)])


def _joins(members: t.Iterable[Table], place: int) -> str:
    rows = [WORDS["joins"][place], " | ".join(["---"] * 2)]
    rows += [
        f"`{table.name}.{column.name}` | " + WORDS["or"][place].join(f"`{other}.id`" for other in column.joins)
        for table in members
        for column in table.columns
        if column.joins
    ]
    return "".join(["\n", *(f"| {row} |\n" for row in rows), "\n"])


def _key(table: Table, place: int) -> str:
    column = next(column for column in table.columns if column.name == "id")
    if column.fields and not column.fields[0].startswith(tables.OURS):
        return WORDS["iiko"][place]
    if table.partition == "own":
        return WORDS["grain"][place]
    found = [table.column_of(field) or field.strip("()") for field in table.id_fields] or [tables.KEY[0]]
    return WORDS["of"][place].format(", ".join(f"`{name}`" for name in found))


def _source(table: Table, place: int) -> str:
    source = table.source
    if table.parent and not table.is_asked_by_row:
        return WORDS["inside"][place].format(table.parent)
    if "olap" in source:
        return WORDS["olap"][place].format(source["olap"])
    if "get" not in source:
        return WORDS["tap"][place]
    types = f" {', '.join(source['types'])}" if "types" in source else ""
    by_row = WORDS["row"][place].format(table.parent) if table.parent else ""
    return f"`{source['get']}`{types}{by_row}" + (WORDS["extra"][place] if table.is_extra else "")


def _kept(table: Table, place: int) -> str:
    if table.parent:
        return WORDS["part"][place]
    if table.only_grows:
        return WORDS["grows"][place]
    return WORDS[table.replaced or (table.watch if table.partition == "day" else "whole")][place]
