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
ENGLISH = (
    "README.md",
    *sorted(each.relative_to(ROOT).as_posix() for each in (ROOT / "docs").rglob("*.md") if ".ru." not in each.name),
)


def russian(name: str) -> str:
    """The same page in Russian."""
    return name.replace(".md", ".ru.md")


PAGES = [*ENGLISH, *map(russian, ENGLISH)]
READMES = ("README.md", "README.ru.md")
SETTINGS_PAGES, OPERATION_PAGES, FORMER_USERS_PAGES = (
    (f"docs/{name}.md", f"docs/{name}.ru.md") for name in ("settings", "operation", "from-the-synchronizer")
)


def first_cells(text: str) -> list[str]:
    """The first cell of every table row, if it is one name in code type."""
    return re.findall(r"^\| `([a-z_0-9]+)` \|", text, flags=re.MULTILINE)


def part(text: str, beginning: str, end: str) -> str:
    """Between two lines that begin so."""
    return text[text.index(f"\n{beginning}") : text.index(f"\n{end}")]


@pytest.mark.parametrize("name", SETTINGS_PAGES)
def test_the_page_of_settings_names_every_one(name: str) -> None:
    assert set(first_cells(read(name))) == SETTINGS


@pytest.mark.parametrize("name", READMES)
def test_a_readme_is_read_to_its_end(name: str) -> None:
    assert len(read(name).splitlines()) <= 150


@pytest.mark.parametrize("name", ENGLISH)
def test_every_page_has_its_twin(name: str) -> None:
    """The same headings, tables, lists and examples, in the same order."""
    ours, theirs = read(name), read(russian(name))
    assert f"]({(ROOT / russian(name)).name})" in ours
    assert f"]({(ROOT / name).name})" in theirs
    shapes = [[re.match(r"#+|\||- |\d+\. |```.*|$", line) for line in text.splitlines()] for text in (ours, theirs)]
    assert [each[0] for each in shapes[0] if each and each[0]] == [each[0] for each in shapes[1] if each and each[0]]


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


@pytest.mark.parametrize("name", FORMER_USERS_PAGES)
@pytest.mark.parametrize("table", OLD_COLUMNS)
def test_a_former_user_finds_every_column(name: str, table: str) -> None:
    """The rows of the table "old column" of one old table begin with its name in bold."""
    text = read(name)
    start = text.index(f"| **{table}** ")
    end = re.compile(r"\n\| \*\*|\n\n").search(text, start)
    assert end
    words = set(re.findall(r"[a-z_]+", " ".join(line.split("|")[1] for line in text[start : end.start()].splitlines())))
    assert set(OLD_COLUMNS[table].split()) <= words | {"parent_id"}


@pytest.mark.parametrize("name", [*READMES, *OPERATION_PAGES])
def test_what_meltano_writes_during_a_run_is_for_its_owner_alone(name: str) -> None:
    lines = [line for line in read(name).splitlines() if "meltano schedule run" in line and line[:1].isdigit()]
    assert lines
    assert all("umask 077" in line for line in lines)
    if name in READMES:
        assert "chmod 600 .env" in read(name)


@pytest.mark.parametrize("name", PAGES)
def test_make_targets_that_are_named_exist(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), flags=re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", read(name), flags=re.MULTILINE)) <= targets


def anchors(text: str) -> set[str]:
    """The names that its headings have in links."""
    headings = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("name", [*PAGES, "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"])
def test_links_lead_somewhere(name: str) -> None:
    here = (ROOT / name).parent
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", read(name)):
        page = here / target if target else ROOT / name
        assert page.exists(), target
        assert not anchor or anchor in anchors(page.read_text(encoding="utf-8")), f"{target}#{anchor}"


def test_selections_are_the_same_in_both_languages() -> None:
    for name in ENGLISH:
        selections = [re.findall(r"TAP_IIKO__SELECT='([^']*)'", read(each)) for each in (name, russian(name))]
        assert selections[0] == selections[1], name
        for selection in selections[0]:
            assert {pattern.split(".")[0] for pattern in json.loads(selection)} <= TABLES


# Figures


def figures(text: str) -> list[Decimal]:
    """The numbers of a text, however its language writes them; not those of addresses."""
    text = re.sub(r"\]\([^)]*\)", "]", text)
    text = re.sub(r"\b[1-9]\d{0,2}(?:[ ,]\d{3})+\b", lambda found: re.sub("[ ,]", "", found[0]), text)  # thousands
    return [Decimal(each.replace(",", ".")) for each in re.findall(r"\d+(?:[.,]\d+)?", text)]


@pytest.mark.parametrize("name", ENGLISH)
def test_both_languages_have_the_same_figures(name: str) -> None:
    ours, theirs = (re.split(r"\n## ", read(each)) for each in (name, russian(name)))
    for here, there in zip(ours, theirs, strict=True):
        assert Counter(figures(here)) == Counter(figures(there)), here.splitlines()[0]


def rounds_to(measured: Decimal, told: Decimal) -> bool:
    """Whether a figure is a measured one, rounded to the digits that are told."""
    place = told.normalize()
    return measured.quantize(place, rounding=ROUND_HALF_UP) == told if place else measured == told


# The rows of the table in docs/design.md, and where bench/README.md has what was measured.
MEASURED = {
    "download and parse alone (standard library)": r"\| download \+ parse .*",
    "the tap alone": r"\| our tap \|.*",
    "`meltano run` into PostgreSQL": r"\| \*\*meltano run, our settings\*\* .*",
    "the same with BATCH files": r"\| \*\*meltano run, our settings, BATCH files\*\* .*",
    "`meltano run` with the loader's own defaults": r"\| meltano run, the target's defaults .*",
}


def test_the_figures_of_the_design_are_those_of_the_benchmark() -> None:
    bench = read("bench/README.md")
    speed = read("docs/design.md").partition("\n## Speed and memory\n")[2]
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
