"""What is installed is complete, and what is published changes only on purpose."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tarfile
import typing as t
import zipfile
from importlib.metadata import packages_distributions

import pytest
import yaml

from generate import plugins
from generate.files import contents
from support.catalogs import run_catalog
from support.databases import clean_environment
from support.paths import ROOT, TAP, read
from support.requirements import EXTRAS, GROUPS, PROJECT, names_of
from tap_iiko import tables
from tap_iiko.settings.server import PROPERTIES

if t.TYPE_CHECKING:
    from pathlib import Path

WRITTEN = contents()
TABLES = {stream["tap_stream_id"] for stream in run_catalog()["streams"]}


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_from_the_schemas_and_settings_is_current(name: str) -> None:
    assert read(name) == WRITTEN[name], "make generated writes it anew"


def test_the_plugin_here_and_in_other_projects_is_the_same() -> None:
    """Its settings are written into both; the few lines around them are not."""
    (here,) = yaml.safe_load(read("meltano.yml"))["plugins"]["extractors"]
    there = yaml.safe_load(read(plugins.EXTRACTOR))
    for name in ("name", "namespace", "executable", "settings_group_validation", "settings"):
        assert here[name] == there[name], name
    assert sorted(here["capabilities"]) == there["capabilities"]


# What is published


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an sdist and of the wheel that is built from that sdist."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def test_a_wheel_has_what_the_tap_needs_and_no_simulator(published: Path) -> None:
    (wheel,) = published.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (metadata,) = (archive.read(name).decode() for name in names if name.endswith("/METADATA"))
    files = {"tap_iiko/py.typed", "tap_iiko/iiko/olap_fields.csv"}
    assert {f"tap_iiko/schemas/{name}.json" for name in TABLES} | files <= names
    assert {f"tap_iiko/report/templates/page.{kind}" for kind in ("html", "css", "js")} <= names
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"tap_iiko"}
    fields = {line.split(":")[0] for line in metadata.split("\n\n")[0].splitlines()}
    assert {"Author", "License-Expression", "License-File", "Project-URL", "Requires-Python", "Summary"} <= fields
    assert yaml.safe_load(read(plugins.EXTRACTOR))["pip_url"] == f"./{wheel.name}[postgres]"


def test_an_sdist_has_all_that_git_tracks_and_tests_itself(published: Path, tmp_path: Path) -> None:
    (sdist,) = published.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    folder = tmp_path / sdist.name.removesuffix(".tar.gz")
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, check=False, capture_output=True, text=True)
    if tracked.returncode == 0:
        assert there - {"PKG-INFO"} == {name for name in tracked.stdout.splitlines() if (ROOT / name).is_file()}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "tests/test_names.py",
        "tests/test_sdk_suite.py",
    ]
    done = subprocess.run(
        command, cwd=folder, env=clean_environment(), check=False, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout


FOR_DEVELOPERS = {"dev", "postgres-server"}
OURS = {path.parent.name for path in ROOT.glob("*/__init__.py")} | {"support"}


def imported_by(paths: t.Iterable[Path]) -> set[str]:
    """The distributions whose modules are imported."""
    modules = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules.add(node.module.split(".")[0])
    installed = packages_distributions()
    foreign = modules - sys.stdlib_module_names - OURS
    return names_of(name for module in foreign for name in installed.get(module, [module]))


def test_every_imported_package_is_declared() -> None:
    needed = names_of(PROJECT["dependencies"])
    commands = {*(ROOT / "tap_iiko" / "commands").rglob("*.py"), *(ROOT / "tap_iiko" / "report").rglob("*.py")}
    assert imported_by(set((ROOT / "tap_iiko").rglob("*.py")) - commands) <= needed
    of_users = [each for name, extra in EXTRAS.items() if name not in FOR_DEVELOPERS for each in extra]
    assert imported_by(commands) <= needed | names_of(of_users)
    everything = needed | names_of(each for extra in EXTRAS.values() for each in extra)
    for folder in OURS - {"tap_iiko", "support", "bench"} | {"tests"}:
        assert imported_by((ROOT / folder).rglob("*.py")) <= everything, folder
    assert imported_by((ROOT / "bench").rglob("*.py")) <= everything | names_of(GROUPS["bench"])


def test_every_declared_package_is_imported() -> None:
    assert names_of(PROJECT["dependencies"]) <= imported_by((ROOT / "tap_iiko").rglob("*.py"))


def test_the_changelog_begins_with_the_version() -> None:
    version = PROJECT["version"]
    newest = re.search(r"^## (\S+)( \(unreleased\))?", read("CHANGELOG.md"), flags=re.MULTILINE)
    assert newest
    assert version == (f"{newest[1]}.dev0" if newest[2] else newest[1])


# What it says of itself


def about(form: str) -> str:
    """``tap-iiko --about``."""
    return subprocess.run([TAP, "--about", f"--format={form}"], check=True, capture_output=True, text=True).stdout


def test_about_is_complete() -> None:
    told = json.loads(about("json"))
    assert told["version"] == PROJECT["version"]
    assert told["supported_python_versions"] == ["3.11", "3.12", "3.13", "3.14"]
    assert {"catalog", "discover", "state", "batch", "stream-maps", "schema-flattening"} <= set(told["capabilities"])
    settings = told["settings"]
    assert settings["required"] == ["base_url", "login", "password"]
    assert {each.name for each in PROPERTIES} <= set(settings["properties"])
    for name, each in settings["properties"].items():
        assert each["type"], name
        assert each["description"], name
        assert each["title"], name
    secret = {name for name, each in settings["properties"].items() if each.get("secret")}
    assert secret == {"password", "password_sha1", "personal_data_key", "servers"}
    rows = [line.split(" | ") for line in about("markdown").splitlines() if line.startswith("| ")]
    required = {row[0].strip("| ") for row in rows if row[1] == "True"}
    assert required == {"base_url", "login", "password"}


# Schemas


def test_every_schema_file_is_a_stream_and_says_where_each_column_comes_from() -> None:
    names = {path.stem for path in (ROOT / "schemas").glob("*.json")}
    assert names == TABLES | {tables.COMMON}
    for name, table in tables.catalogue().items():
        for column in table.columns:
            assert tables.describe(column), (name, column.name)
            ours = column.name in {"id", "receipt_id", "server_id", "synced_at"}
            assert ours or "olap" not in table.source or column.role, (name, column.name)


def test_no_column_stands_in_receipts_and_in_items_without_need() -> None:
    shared = {column.name for column in tables.load("receipts").columns}
    shared &= {column.name for column in tables.load("receipt_items").columns}
    keys = {"server_id", "id", "synced_at", "business_date", "department_id", "order_deleted", "storned"}
    sums = {column.name for column in tables.load("receipts").columns if column.role in {"sum", "max"}}
    assert shared <= keys | sums, shared - keys - sums
