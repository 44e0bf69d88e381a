"""What the documentation says is what there is: settings, tables, columns, commands, in both languages."""

from __future__ import annotations

import json
import re
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal

import pytest

from support.catalogs import run_catalog
from support.paths import ROOT, read
from tap_iiko import tables
from tap_iiko.settings.server import PROPERTIES
from tap_iiko.tap import TapIiko

SETTINGS = {each.name for each in PROPERTIES}
TABLES = {stream["tap_stream_id"] for stream in run_catalog()["streams"]}
PAGES = (
    *("README.md", "README.ru.md"),
    *("docs/why-numbers-differ.md", "docs/why-numbers-differ.ru.md", "docs/marts.md", "docs/marts.ru.md"),
)
READMES = PAGES[:2]


def first_cells(text: str) -> list[str]:
    """The first cell of every table row, if it is one name in code type."""
    return re.findall(r"^\| `([a-z_0-9]+)` \|", text, flags=re.MULTILINE)


def part(text: str, beginning: str, end: str) -> str:
    """Between two lines that begin so."""
    return text[text.index(f"\n{beginning}") : text.index(f"\n{end}")]


@pytest.mark.parametrize(
    ("name", "settings", "tables"),
    [
        ("README.md", ("## Settings", "## Tables"), ("## Tables", "## From the")),
        ("README.ru.md", ("## Настройки", "## Таблицы"), ("## Таблицы", "## ")),
    ],
)
def test_readmes_name_every_setting_and_table(name: str, settings: tuple[str, str], tables: tuple[str, str]) -> None:
    text = read(name)
    assert set(first_cells(part(text, *settings))) == SETTINGS
    after = text[text.index(f"\n{tables[0]}") + 3 :]
    assert set(first_cells(after[: after.index("\n## ")])) == TABLES


def test_meltano_and_env_example_know_every_setting() -> None:
    names = set(re.findall(r"- (?:\{)?name: ([a-z_0-9]+)", part(read("meltano.yml"), "  extractors:", "  loaders:")))
    assert names >= SETTINGS
    examples = set(re.findall(r"^#?TAP_IIKO_([A-Z_0-9]+)=", read(".env.example"), flags=re.MULTILINE))
    of_servers = {name for name in examples if re.fullmatch("PASSWORD_(?!SHA1$).+", name)}
    assert {name.lower() for name in examples - of_servers} == SETTINGS
    assert of_servers
    assert set(TapIiko.config_jsonschema["properties"]) >= SETTINGS


def test_the_old_names_work_and_are_shown() -> None:
    old = {"IIKO_API_LOGIN", "IIKO_API_PASSWORD", "DB_HOST", "DB_PORT", "DB_NAME", "DB_USER", "DB_PASSWORD"}
    for name in ("meltano.yml", ".env.example", *READMES):
        assert old <= set(re.findall(r"[A-Z_]{4,}", read(name))), name


@pytest.mark.parametrize("name", PAGES)
def test_columns_that_are_named_exist(name: str) -> None:
    for table, column in re.findall(r"`(?:current_)?([a-z_]+)\.([a-z_0-9]+)`", read(name)):
        if table in TABLES:
            assert column in tables.load(table).schema["properties"], f"{table}.{column}"


OLD_COLUMNS = {
    "products": "id deleted name description num code parent_id tax_category_id category_id accounting_category_id",
    "product_modifiers": "id product_id modifier_id position",
    "categories": "id name deleted category_type parent_id",
    "stores": "id parent_id code name type",
    "sales": "order_num fiscal_cheque_number cash_register_name cash_register_serial_number cash_register_number"
    " close_time precheque_time deleted_with_writeoff department department_id dish_amount dish_code dish_discount_sum"
    " dish_measure_unit dish_name dish_return_sum dish_sum increase_sum order_increase_type order_items order_type"
    " pay_types store_name store_id storned synced_at",
    "receipts": "receipt_number external_id receipt_date sale_date total_amount discount_amount tax_amount status"
    " store_id payment_method customer_info metadata additional_data",
    "receipt_items": "receipt_id product_id quantity unit_price total_price discount tax_amount item_order notes"
    " modifiers_data",
    "sync_log": "id sync_date entity_type records_count status error_message details",
}


@pytest.mark.parametrize("name", READMES)
@pytest.mark.parametrize("table", OLD_COLUMNS)
def test_a_former_user_finds_every_column(name: str, table: str) -> None:
    """The rows of the table "old column" of one old table begin with its name in bold."""
    text = read(name)
    start = text.index(f"| **{table}** ")
    end = re.compile(r"\n\| \*\*|\n\n").search(text, start)
    assert end
    words = set(re.findall(r"[a-z_]+", " ".join(line.split("|")[1] for line in text[start : end.start()].splitlines())))
    assert set(OLD_COLUMNS[table].split()) <= words | {"parent_id"}


@pytest.mark.parametrize("name", READMES)
def test_what_meltano_writes_during_a_run_is_for_its_owner_alone(name: str) -> None:
    lines = [line for line in read(name).splitlines() if "meltano schedule run" in line and line[:1].isdigit()]
    assert len(lines) == 2
    assert all("umask 077" in line for line in lines)
    assert "chmod 600 .env" in read(name)


@pytest.mark.parametrize("name", READMES)
def test_make_targets_that_are_named_exist(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), flags=re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", read(name), flags=re.MULTILINE)) <= targets


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    here = (ROOT / name).parent
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", read(name)):
        assert (here / target).exists(), target


def test_the_selections_of_the_readme_are_the_same_in_both_languages() -> None:
    selections = [re.findall(r"TAP_IIKO__SELECT='([^']*)'", read(name)) for name in READMES]
    assert selections[0] == selections[1]
    assert len(selections[0]) >= 3
    for selection in selections[0]:
        assert {pattern.split(".")[0] for pattern in json.loads(selection)} <= TABLES


# Figures


def figures(text: str) -> list[Decimal]:
    """The numbers of a text, however its language writes them; not those of addresses."""
    text = re.sub(r"\]\([^)]*\)", "]", text)
    text = re.sub(r"(?<=\d)[ ,](?=\d{3}\b)", "", text)  # thousands
    return [Decimal(each.replace(",", ".")) for each in re.findall(r"\d+(?:[.,]\d+)?", text)]


def test_both_languages_have_the_same_figures() -> None:
    ours, theirs = (re.split(r"\n## ", read(name)) for name in READMES)
    for here, there in zip(ours, theirs, strict=True):
        assert Counter(figures(here)) == Counter(figures(there)), here.splitlines()[0]


def rounds_to(measured: Decimal, told: Decimal) -> bool:
    """Whether a figure is a measured one, rounded to the digits that are told."""
    place = told.normalize()
    return measured.quantize(place, rounding=ROUND_HALF_UP) == told if place else measured == told


# The rows of the README's table, and where bench/README.md has what was measured.
MEASURED = {
    "download and parse alone (standard library)": r"\| download \+ parse .*",
    "the tap alone": r"\| our tap \|.*",
    "`meltano run` into PostgreSQL, 100,000 lines": r"`meltano run` [\d,]+ rows a second \([^)]*\)",
    "the same with BATCH files": r"with BATCH\s+files [\d,]+ \([^)]*\)",
    "`meltano run` with the loader's own defaults": r"the target's defaults [\d,]+ \([^)]*\)",
}


def test_the_figures_of_the_readme_are_those_of_the_benchmark() -> None:
    bench = read("bench/README.md")
    speed = part(read("README.md"), "## Speed and memory", "## For developers")
    rows = [line.strip("| ").split(" | ") for line in speed.splitlines() if line.startswith("| ")]
    told = {row[0]: row[1:] for row in rows if row[0] in MEASURED}
    assert set(told) == set(MEASURED)
    for row, pattern in MEASURED.items():
        found = re.search(pattern, bench)
        assert found, row
        for figure in figures(" | ".join(told[row])):
            assert any(rounds_to(each, figure) for each in figures(found[0])), (row, figure)
    columns = {field for column in tables.load("receipt_items").columns if column.role for field in column.fields}
    for figure in figures(speed):
        assert any(rounds_to(each, figure) for each in [*figures(bench), Decimal(len(columns))]), figure
