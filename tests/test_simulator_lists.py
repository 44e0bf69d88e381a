"""The simulator's lists: their shapes are those of live servers (API reference 3)."""

from __future__ import annotations

import typing as t
import xml.etree.ElementTree as ET

import pytest

from simulator import Simulator
from support.api_user import Iiko, values, with_readings

if t.TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def iiko() -> Iterator[Iiko]:
    """A small group."""
    with with_readings() as sim, Iiko(sim) as user:
        yield user


def test_russian_names_and_stray_blanks_survive(iiko: Iiko) -> None:
    names = {row["name"] for row in iiko.json("v2/entities/products/list", includeDeleted="true")}
    assert {"Чай  Ассам ", " Эклер", "Борщ с пампушкой"} <= names
    shown = ET.fromstring(iiko.get("corporation/departments").content)
    assert "Бистро на Лесной" in {each.findtext("name") for each in shown}
    assert {each.text for each in shown.iter("taxpayerIdNumber")} == {"7700000017"}
    assert {row["Department"] for row in iiko.rows(["Department"])} == {"Бистро на Лесной", "Кофейня «Утро»"}
    assert len([name for name in names if name != name.strip()]) > len(names) / 15
    shown_in_reports = {row["DishName"] for row in iiko.rows(["DishName"])}
    assert shown_in_reports <= {name.strip() for name in names}
    assert not shown_in_reports <= names
    with with_readings(report_blanks=True) as sim, Iiko(sim) as user:
        assert {row["DishName"] for row in user.rows(["DishName"])} <= names


@pytest.mark.parametrize(
    ("table", "path"),
    [("products", "v2/entities/products/list"), ("product_groups", "v2/entities/products/group/list")],
)
def test_a_list_is_the_books_and_can_be_narrowed(iiko: Iiko, table: str, path: str) -> None:
    true = iiko.sim.books.rows(table)
    assert iiko.json(path, includeDeleted="true") == true
    assert iiko.json(path) == [row for row in true if not row["deleted"]]
    chosen = [true[3]["id"].upper(), true[5]["id"]]
    assert iiko.post(path, data={"ids": chosen}).json()[0]["id"] == true[3]["id"]
    assert [row["id"] for row in iiko.json(path, ids=chosen)] == [true[3]["id"], true[5]["id"]]
    assert {row["parent"] for row in iiko.json(path, parentIds="")} == {None}


def test_lists_and_reports_speak_of_the_same_things(iiko: Iiko) -> None:
    products = {row["id"]: row for row in iiko.json("v2/entities/products/list", includeDeleted="true")}
    groups = {row["id"]: row["name"] for row in iiko.json("v2/entities/products/group/list", includeDeleted="true")}
    kinds = ["ProductCategory", "AccountingCategory", "TaxCategory", "PaymentType"]
    names = {row["id"]: row["name"] for row in iiko.json("v2/entities/list", rootType=kinds)}
    dish = ["DishId", "DishCode", "DishType", "DishGroup", "DishGroup.Id", "DishCategory", "DishCategory.Id"]
    taxed = ["DishTaxCategory.Id", "DishTaxCategory.Name", "DishCategory.Accounting.Id", "DishCategory.Accounting"]
    for row in iiko.rows([*dish, *taxed]):
        product = products[row["DishId"]]
        assert (row["DishCode"], row["DishType"]) == (product["num"], product["type"])
        assert (row["DishGroup.Id"], row["DishGroup"]) == (product["parent"], groups.get(product["parent"]))
        assert (row["DishCategory.Id"], row["DishCategory"]) == (product["category"], names.get(product["category"]))
        assert (row["DishCategory.Accounting.Id"], row["DishCategory.Accounting"]) == (
            product["accountingCategory"],
            names[product["accountingCategory"]],
        )
        assert product["taxCategory"] in {row["DishTaxCategory.Id"], None}
        assert row["DishTaxCategory.Name"] == names[row["DishTaxCategory.Id"]]
    paid = iiko.rows(["PayTypes", "PayTypes.GUID"], **{"PayTypes.GUID": values(None, kind="ExcludeValues")})
    assert {row["PayTypes"] for row in paid} == {names[row["PayTypes.GUID"]] for row in paid} != set()


def test_lists_are_null_empty_and_filled(iiko: Iiko) -> None:
    products = iiko.json("v2/entities/products/list", includeDeleted="true")
    for name in ("barcodes", "allergenGroups", "excludedSections"):
        assert {None if row[name] is None else bool(row[name]) for row in products} == {None, False, True}, name
    for row in products:
        assert row["color"].keys() == row["fontColor"].keys() == {"red", "green", "blue"}
    assert any(row["taxCategory"] for row in products)


def test_a_server_may_have_no_tax_categories() -> None:
    with with_readings(tax_categories=False) as sim, Iiko(sim) as user:
        assert {row["taxCategory"] for row in user.json("v2/entities/products/list")} == {None}
        assert user.json("v2/entities/list", rootType="TaxCategory") == []
        assert user.rows(["DishTaxCategory.Id", "DishTaxCategory.Name"])[0]["DishTaxCategory.Id"] is None


def test_the_corporation_is_spelled_as_live_servers_do(iiko: Iiko) -> None:
    text = iiko.get("corporation/departments").text
    items = list(ET.fromstring(text))
    kinds = [item.findtext("type") for item in items]
    assert kinds.index("DEPARTMENT") < kinds.index("JURPERSON") < kinds.index("CORPORATION"), "children come first"
    for item in items:
        plain = item.findtext("type") in {"CORPORATION", "JURPERSON"}
        assert (item.find("code") is None) is (plain or item.findtext("type") == "CENTRALSTORE")
        assert item.find("taxpayerIdNumber") is None or not plain
    (company,) = (item for item in items if item.findtext("type") == "JURPERSON")
    employees = company.findall("jurPersonAdditionalPropertiesDto/officialEmployees/officialEmployeeDto")
    assert [[leaf.tag for leaf in each] for each in employees] == [["name", "role"]] * 4
    assert company.find(".//legalAddressDto") is None
    assert "<bank></bank>" in text
    stores = iiko.get("corporation/stores").text
    assert {bool(each.text) for each in ET.fromstring(stores).iter("code")} == {True, False}
    assert "<code></code>" in stores
    assert "<restaurantSectionIds/>" in iiko.get("corporation/terminals").text
    with with_readings(documented_spelling=True) as sim, Iiko(sim) as user:
        other = ET.fromstring(user.get("corporation/departments").text)
        assert len(other.findall(".//officialEmployees/i")) == 4
        assert other.find(".//legalAddressDto/city") is not None


def test_entities_have_the_keys_of_a_live_server(iiko: Iiko) -> None:
    rows = iiko.json("v2/entities/list", rootType=["PaymentType", "OrderType"])
    assert {tuple(row)[:5] for row in rows} == {("rootType", "id", "deleted", "code", "name")}


def test_stores_belong_to_departments(iiko: Iiko) -> None:
    for table, path in (("stores", "corporation/stores"), ("departments", "corporation/departments")):
        shown = ET.fromstring(iiko.get(path).content)
        assert [each.findtext("id") for each in shown] == [row["id"] for row in iiko.sim.books.rows(table)]
        assert list(ET.fromstring(iiko.get(path, revisionFrom=1).content)) == []
    departments = {row["id"] for row in iiko.sim.books.rows("departments")}
    assert {row["parentId"] for row in iiko.sim.books.rows("stores")} <= departments


def test_entities_by_type_and_by_revision(iiko: Iiko) -> None:
    rows = iiko.json("v2/entities/list", rootType=["TaxCategory", "PaymentType"])
    assert {row["rootType"] for row in rows} == {"TaxCategory", "PaymentType"}
    assert any(row["deleted"] for row in rows)
    assert not any(
        row["deleted"] for row in iiko.json("v2/entities/list", rootType="TaxCategory", includeDeleted="false")
    )
    assert (
        iiko.get("v2/entities/list", rootType="Meteor").status_code == iiko.get("v2/entities/list").status_code == 400
    )
    renamed = iiko.sim.business.rename_dish()
    (changed,) = iiko.json("v2/entities/products/list", revisionFrom=1)
    assert (changed["id"], changed["name"]) == (renamed["product"], renamed["name"])


def test_an_old_server_lacks_what_came_later() -> None:
    with Simulator(departments=1, days=2, receipts_per_day=5, version="6.1.9.0", fields=229) as sim, Iiko(sim) as user:
        assert user.get("v2/entities/products/list").status_code == 200
        assert user.get("v2/entities/products/group/list").status_code == 404
        assert user.get("v2/entities/list", rootType="AccountingCategory").status_code == 200
        assert user.get("v2/entities/list", rootType="TaxCategory").status_code == 400
        columns = user.json("v2/reports/olap/columns", reportType="SALES")
        assert (len(columns), "ItemSaleEvent.Id" in columns) == (229, False)
        assert user.refusal(groupByRowFields=["ItemSaleEvent.Id"])[0] == 400


def test_the_directory_says_what_reports_accept(iiko: Iiko) -> None:
    columns = iiko.json("v2/reports/olap/columns", reportType="SALES")
    assert len(columns) == 279
    captions = [column["name"] for column in columns.values()]
    assert captions == sorted(captions)
    groups = [name for name, column in columns.items() if column["groupingAllowed"]]
    sums = [name for name, column in columns.items() if column["aggregationAllowed"] and name not in groups]
    (first, *_) = iiko.rows(groups, sums)
    assert set(first) == {*groups, *sums}
    assert not {"OpenDate", "TableNumInt"} & set(columns)
    assert all(isinstance(row["TableNumInt"], int | None) for row in iiko.rows(["TableNumInt"]))
    assert iiko.get("v2/reports/olap/columns", reportType="LABOUR").status_code == 404
