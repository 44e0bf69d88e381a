"""The simulator's XML lists: people, suppliers, terminals, replication (API reference 3.5 to 3.7, 3.13)."""

from __future__ import annotations

import re
import typing as t
import xml.etree.ElementTree as ET
from decimal import Decimal

import pytest

from simulator import Simulator
from support.api_user import Iiko, with_readings

if t.TYPE_CHECKING:
    from collections.abc import Iterator

Row = dict[str, t.Any]
OFFSET = re.compile(r"(?<=T\d\d:\d\d:\d\d)[+-]\d\d:\d\d$")
XML_LISTS = {
    "employees": "employees/employee",
    "employee_roles": "employees/roles/role",
    "employee_salaries": "employees/salary/salary",
    "suppliers": "suppliers/employee",
    "terminals": "corporation/terminals/terminalDto",
    "replication_statuses": "replication/statuses/replicationStatusDto",
}
"""Where the rows of a table are: the path of the method, then the element of a row."""


@pytest.fixture
def iiko() -> Iterator[Iiko]:
    """A small group."""
    with with_readings() as sim, Iiko(sim) as user:
        yield user


def content(element: ET.Element) -> t.Any:
    """What an element holds: its text, or its children by name, those that repeat as a list."""
    found: Row = {}
    for child in element:
        value = content(child)
        if child.tag in found:
            first = found[child.tag]
            found[child.tag] = [*(first if isinstance(first, list) else [first]), value]
        else:
            found[child.tag] = value
    return found if len(element) else OFFSET.sub("", element.text or "")


def as_xml(value: t.Any) -> t.Any:
    """A value of the books as its element holds it."""
    match value:
        case dict():
            return {name: as_xml(each) for name, each in value.items() if each is not None} or ""
        case [only]:
            return as_xml(only)
        case list():
            return list(map(as_xml, value))
        case bool():
            return str(value).lower()
        case Decimal():
            return format(value, "f")
        case _:
            return str(value)


def flat(row: Row, above: str = "") -> Row:
    found: Row = {}
    for name, value in row.items():
        inner = flat(value, f"{above}{name}/") if isinstance(value, dict) and "entry" not in value else {}
        found |= inner or {above + name: value}
    return found


def rows_of(iiko: Iiko, table: str, **params: t.Any) -> list[Row]:
    path, _, element = XML_LISTS[table].rpartition("/")
    answer = iiko.get(path, **params)
    assert answer.status_code == 200, answer.text
    root = ET.fromstring(answer.content)
    assert {child.tag for child in root} == {element}
    return [content(child) for child in root]


@pytest.mark.parametrize("table", XML_LISTS)
def test_an_xml_list_is_the_books(iiko: Iiko, table: str) -> None:
    shown = [
        {name: value for name, value in flat(row).items() if value != ""}
        for row in rows_of(iiko, table, includeDeleted="true")
    ]
    books = [flat(as_xml(row)) for row in iiko.sim.books.rows(table)]
    assert shown == [{name: value for name, value in row.items() if value != ""} for row in books]


def test_a_person_is_told_as_live_servers_tell_it(iiko: Iiko) -> None:
    text = iiko.get("employees", includeDeleted="true").text
    rows = rows_of(iiko, "employees", includeDeleted="true")
    assert "\n" not in text
    assert "<login></login>" in text
    assert "<publicExternalData/>" in text
    assert any(isinstance(row["publicExternalData"], dict) for row in rows)
    assert len(re.findall("<employee>", text)) == 2 * len(rows), "a flag is called like its person"
    assert {row["employee"] for row in rows} == {"true"}
    for name in ("rolesIds", "departmentCodes"):
        assert {type(row[name]) for row in rows if name in row} == {str, list}, "once or many"
    everywhere = [row for row in rows if "departmentCodes" not in row]
    assert everywhere
    assert {row["departmentCodesState"] for row in everywhere} == {"NULL"}
    assert not any("departmentCodesState" in row for row in rows if "departmentCodes" in row)
    assert len(set(re.findall(r"T00:00:00([+-]\d\d:\d\d)<", text))) > 1, "the offset is that of the day"
    assert not {"password", "pinCode"} & set().union(*rows)
    system = [row for row in rows if not row["code"]]
    assert {row["name"] for row in system} == {"admin", "SystemUser"}
    gone = [row for row in rows if row["deleted"] == "true"]
    assert len(rows_of(iiko, "employees")) == len(rows) - len(gone) < len(rows)
    roles = {row["id"] for row in iiko.sim.books.rows("employee_roles")}
    assert {row["mainRoleId"] for row in rows if "mainRoleId" in row} <= roles


def test_suppliers_have_the_form_of_employees(iiko: Iiko) -> None:
    rows = rows_of(iiko, "suppliers", includeDeleted="true")
    persons = {row["id"]: row for row in rows_of(iiko, "employees", includeDeleted="true")}
    assert {row["supplier"] for row in rows} == {"true"}
    (both,) = (row for row in rows if row["employee"] == "true")
    assert persons[both["id"]] == both
    (internal,) = (row for row in rows if row["representsStore"] == "true")
    assert internal["representedStoreId"] in {row["id"] for row in iiko.sim.books.rows("stores")}
    taxes = [row["taxpayerIdNumber"] for row in rows if row["taxpayerIdNumber"]]
    assert len(set(taxes)) < len(taxes), "a tax number is no key"
    assert {row["deleted"] for row in rows} == {"true", "false"}
    with with_readings(suppliers_deleted="refused") as sim, Iiko(sim) as user:
        assert user.get("suppliers", includeDeleted="true").status_code == 400
        assert len(rows_of(user, "suppliers")) == len(rows) - 1


def test_rates_are_of_the_past_and_in_force_for_one_role_or_more(iiko: Iiko) -> None:
    rows = rows_of(iiko, "employee_salaries")
    assert {row["dateTo"][:4] for row in rows} == {"2026", "2500"}
    items = [row["salarySpecification"]["items"] for row in rows]
    assert {type(each and each["item"]) for each in items} == {str, dict, list}, "none, one, many"
    assert {row["employeeId"] for row in rows} <= {row["id"] for row in iiko.sim.books.rows("employees")}


def test_terminals_stand_in_groups_and_the_back_office_in_none(iiko: Iiko) -> None:
    rows = rows_of(iiko, "terminals")
    groups = ET.fromstring(iiko.get("corporation/groups").content)
    assert {row["groupInfo"]["id"] for row in rows if "groupInfo" in row} == {each.findtext("id") for each in groups}
    sections = {each.findtext("id") for each in groups.iter("restaurantSectionInfo")}
    assert {row["RestaurantSection.Id"] for row in iiko.rows(["RestaurantSection.Id"])} <= sections
    assert set(re.findall("<i>(.+?)</i>", iiko.get("corporation/terminals").text)) <= sections
    (office,) = (row for row in rows if "groupInfo" not in row)
    assert (office["anonymous"], office["restaurantSectionIds"]) == ("true", "")


def test_replication_tells_which_department_is_stale() -> None:
    with with_readings(no_exchange="nil") as sim, Iiko(sim) as user:
        first, last = rows_of(user, "replication_statuses")
        assert (first["lastReceiveDate"][:10], last["lastReceiveDate"]) == (sim.last_day.isoformat(), "")
        assert 'xsi:nil="true"' in user.get("replication/statuses").text
        (held,) = sim.business.hold_back(department="1")["days"]
        stale, _ = rows_of(user, "replication_statuses")
        assert stale["lastReceiveDate"][:10] < held
    with Simulator(departments=1, days=2, receipts_per_day=5, edition="default") as sim, Iiko(sim) as user:
        assert user.get("replication/statuses").status_code == 409


@pytest.mark.parametrize(("kind", "table"), [("rename_supplier", "suppliers"), ("add_role", "employee_roles")])
def test_a_list_changes_in_one_row_and_its_revision_tells(iiko: Iiko, kind: str, table: str) -> None:
    before, revision = {row["id"]: dict(row) for row in iiko.sim.books.rows(table)}, iiko.sim.ledger.revision
    touched = iiko.sim.business.do(kind)
    changed = [row["id"] for row in iiko.sim.books.rows(table) if before.get(row["id"]) != row]
    assert [row["id"] for row in rows_of(iiko, table, revisionFrom=revision)] == changed == [touched["id"]]
