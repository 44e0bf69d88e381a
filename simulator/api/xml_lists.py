"""The v1 lists of the corporation as XML on one line (API reference 3.5)."""

from __future__ import annotations

import typing as t
from xml.sax.saxutils import escape

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.readings import Readings
    from simulator.world.corporation import Corporation
    from simulator.world.ledger import Ledger
    from simulator.world.model import Company, Department, Register
    from simulator.world.units import Ids

HEAD: t.Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'


def element(name: str, *parts: str | None) -> str:
    """An element of other elements; an empty list is ``<x/>``."""
    inside = "".join(part for part in parts if part is not None)
    return f"<{name}>{inside}</{name}>" if inside else f"<{name}/>"


def leaf(name: str, value: object) -> str | None:
    """An element of text, ``<x></x>`` if that is empty; nothing for null, which iiko leaves out (2.1)."""
    if value is None:
        return None
    text = str(value).lower() if isinstance(value, bool) else escape(str(value))
    return f"<{name}>{text}</{name}>"


def tree(name: str, value: t.Any) -> str | None:
    """An element of whatever is given: a dictionary of elements, an element repeated, a text."""
    match value:
        case dict():
            return element(name, *(tree(*item) for item in value.items()))
        case list():
            return "".join(tree(name, each) or "" for each in value)
        case _:
            return leaf(name, value)


def document(root: str, rows: Iterable[str]) -> bytes:
    """A whole answer."""
    return (HEAD + element(root, *rows)).encode()


def corporate_item(row: dict[str, t.Any]) -> str:
    """A department, a legal entity, a store."""
    return tree("corporateItemDto", row) or ""


def company_properties(company: Company, readings: Readings) -> dict[str, t.Any]:
    """The particulars of a legal entity; most of them are empty."""
    properties: dict[str, t.Any] = {
        "taxpayerId": company.taxpayer,
        "accountingReasonCode": "770001001",
        "businessClassificationCode": "",
        "economicActivityClassificationCode": "",
        "swiftBic": "",
        "registrationNumber": f"10{company.taxpayer}0",
        "address": "г. Приморск, ул. Лесная, д. 1",
        "settlementAccount": "",
        "bik": "",
        "bank": "",
        "bankCity": "",
        "correspondentAccount": "",
        "phone": "",
        "description": "",
    }
    names = {"LEADER": "Орлова М. П.", "ACCOUNTANT": "Белова Н. И.", "TECHNOLOGIST": "", "WORKS_MANAGER": ""}
    employees = [{"name": name, "role": role} for role, name in names.items()]
    if not readings.documented_spelling:
        return properties | {"officialEmployees": {"officialEmployeeDto": employees}}
    address = {"zipCode": "188910", "house": "1", "street": "Лесная", "city": "Приморск", "country": "Россия"}
    return properties | {"legalAddressDto": address, "officialEmployees": {"i": employees}}


def department_rows(group: Corporation, readings: Readings) -> list[dict[str, t.Any]]:
    """The whole hierarchy, children before parents too: corporation, legal entities, departments, the central store."""
    rows: list[dict[str, t.Any]] = [{"id": group.id, "name": group.name, "type": "CORPORATION"}]
    used = [company for company in group.companies if any(d.company is company for d in group.departments)]
    rows += [
        {
            "id": company.id,
            "parentId": group.id,
            "name": company.name,
            "type": "JURPERSON",
            "jurPersonAdditionalPropertiesDto": company_properties(company, readings),
        }
        for company in used
    ]
    rows += [
        {
            "id": each.id,
            "parentId": each.company.id,
            "code": each.code,
            "name": each.name,
            "type": "DEPARTMENT",
            "taxpayerIdNumber": each.company.taxpayer,
        }
        for each in group.departments
    ]
    if group.central_store:
        rows.append(
            {
                "id": group.central_store.id,
                "parentId": group.id,
                "name": group.central_store.name,
                "type": "CENTRALSTORE",
            }
        )
    return sorted(rows, key=lambda row: str(row["name"]))


def store_rows(group: Corporation) -> list[dict[str, t.Any]]:
    """The stores; the parent is a department, every other one has no code."""
    return [
        {
            "id": store.id,
            "parentId": each.id,
            "code": "" if number else f"{each.code}01",
            "name": store.name,
            "type": "STORE",
        }
        for each in group.departments
        for number, store in enumerate(each.stores)
    ]


def point_id(department: Department, register: Register) -> str:
    """The id of a register's point of sale."""
    return f"{department.id[:-4]}{register.number:04x}"


def group_rows(group: Corporation, readings: Readings) -> list[str]:
    """Groups with their points of sale and sections; some have no service mode."""
    return [_group(each, readings) for each in group.departments]


def _group(each: Department, readings: Readings) -> str:
    points = [
        element(
            "pointOfSaleDto",
            leaf("id", point_id(each, register)),
            leaf("name", register.name),
            leaf("main", register.number == 1),
            element(
                "cashRegisterInfo",
                leaf("id", each.id[:-4] + f"{register.number + 16:04x}"),
                leaf("name", register.name),
            )
            if register.number == 1
            else None,
        )
        for register in each.registers
    ]
    sections = [
        element("restaurantSectionInfo", leaf("id", section.id), leaf("name", section.name))
        for section in each.sections
    ]
    mode = None if each.pk % 3 == 0 else "FAST_FOOD" if each.counter else "TABLE_SERVICE"
    return element(
        "groupDto",
        leaf("id", each.groups[0].id),
        leaf("name", each.groups[0].name),
        leaf("departmentId", each.id if readings.group_departments else None),
        leaf("groupServiceMode", mode),
        element("pointOfSaleDtoes", *points),
        element("restaurantSectionInfos", *sections),
    )


def terminal_rows(group: Corporation, ids: Ids) -> list[dict[str, t.Any]]:
    """Cash terminals and the back office's, which belongs to no group."""
    rows = [
        {
            "id": ids("terminal", register.pk),
            "name": register.location,
            "computerName": f"POS-{register.pk:02}",
            "anonymous": False,
            "groupInfo": {"id": each.groups[0].id, "name": each.groups[0].name},
            "restaurantSectionIds": {"i": [section.id for section in each.sections]},
        }
        for each in group.departments
        for register in each.registers
    ]
    office = {"id": ids("terminal", "office"), "name": "BACK-01", "anonymous": True, "restaurantSectionIds": {}}
    return [*rows, office]


def replication_rows(ledger: Ledger) -> list[dict[str, t.Any]]:
    """When each department was heard of; of several, the last one never was."""
    departments = ledger.group.departments
    rows = []
    for number, each in enumerate(departments):
        day = None if each is departments[-1] and number else ledger.heard_of(each)
        rows.append(
            {
                "departmentId": each.id,
                "departmentName": each.name,
                "status": "OK" if day else "NOT_CONNECTED",
                "lastReceiveDate": day and f"{day}T04:1{number % 10}:00+03:00",
                "lastSendDate": day and f"{day}T04:2{number % 10}:00+03:00",
            }
        )
    return rows


def replication_status(row: dict[str, t.Any], readings: Readings) -> str:
    """One of them; a date that there is not comes in two forms (3.13)."""
    nil = '<{0} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>'
    empty = nil if readings.no_exchange == "nil" else "<{0}></{0}>"
    parts = [leaf(name, value) or empty.format(name) for name, value in row.items()]
    return element("replicationStatusDto", *parts)
