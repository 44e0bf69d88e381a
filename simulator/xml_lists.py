"""The v1 lists of the corporation as XML on one line (API reference 3.5)."""

from __future__ import annotations

import typing as t
from xml.sax.saxutils import escape

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.corporation import Corporation
    from simulator.model import Company, Department
    from simulator.units import Ids

HEAD: t.Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'


def element(name: str, *parts: str | None) -> str:
    """An element of other elements or of text that is escaped already; without content it is empty."""
    inside = "".join(part for part in parts if part is not None)
    return f"<{name}>{inside}</{name}>" if inside else f"<{name}/>"


def leaf(name: str, value: object) -> str | None:
    """An element of text; nothing for null, which iiko leaves out."""
    if value is None:
        return None
    text = str(value).lower() if isinstance(value, bool) else escape(str(value))
    return element(name, text)


def document(root: str, rows: Iterable[str]) -> bytes:
    """A whole answer."""
    return (HEAD + element(root, *rows)).encode()


def corporate_item(row: dict[str, t.Any]) -> str:
    """A department, a legal entity, a store."""
    parts: list[str | None] = []
    for name, value in row.items():
        parts.append(properties(value) if isinstance(value, dict) else leaf(name, value))
    return element("corporateItemDto", *parts)


def properties(values: dict[str, t.Any]) -> str:
    """What is known of a legal entity."""
    address = element("legalAddressDto", *(leaf(*item) for item in values["legalAddressDto"].items()))
    employees = element(
        "officialEmployees",
        *(element("i", *(leaf(*item) for item in each.items())) for each in values["officialEmployees"]),
    )
    plain = [leaf(name, value) for name, value in values.items() if isinstance(value, str)]
    return element("jurPersonAdditionalPropertiesDto", *plain, address, employees)


def company_properties(company: Company) -> dict[str, t.Any]:
    """The particulars of a legal entity."""
    return {
        "taxpayerId": company.taxpayer,
        "accountingReasonCode": "770001001",
        "registrationNumber": f"10{company.taxpayer}0",
        "address": "г. Приморск, ул. Лесная, д. 1",
        "bank": "Банк «Пример»",
        "bik": "044525000",
        "phone": "",
        "legalAddressDto": {
            "zipCode": "188910",
            "house": "1",
            "street": "Лесная",
            "city": "Приморск",
            "country": "Россия",
        },
        "officialEmployees": [
            {"role": "LEADER", "name": "Орлова М. П."},
            {"role": "ACCOUNTANT", "name": "Белова Н. И."},
        ],
    }


def department_rows(group: Corporation) -> list[dict[str, t.Any]]:
    """The whole hierarchy: corporation, legal entities, departments, the central store."""
    rows: list[dict[str, t.Any]] = [{"id": group.id, "code": "0", "name": group.name, "type": "CORPORATION"}]
    used = [company for company in group.companies if any(d.company is company for d in group.departments)]
    rows += [
        {
            "id": company.id,
            "parentId": group.id,
            "code": "",
            "name": company.name,
            "type": "JURPERSON",
            "taxpayerIdNumber": company.taxpayer,
            "jurPersonAdditionalPropertiesDto": company_properties(company),
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
    return rows


def store_rows(group: Corporation) -> list[dict[str, t.Any]]:
    """The stores; the parent is a department, the code mostly blank."""
    return [
        {"id": store.id, "parentId": each.id, "code": "", "name": store.name, "type": "STORE"}
        for each in group.departments
        for store in each.stores
    ]


def group_rows(group: Corporation) -> list[str]:
    """Groups with their points of sale and sections; some have no service mode."""
    return [_group(each) for each in group.departments]


def _group(each: Department) -> str:
    points = [
        element(
            "pointOfSaleDto",
            leaf("id", each.id[:-4] + f"{register.number:04x}"),
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
        leaf("departmentId", each.id),
        leaf("groupServiceMode", mode),
        element("pointOfSaleDtoes", *points),
        element("restaurantSectionInfos", *sections),
    )


def terminal_rows(group: Corporation, ids: Ids) -> list[str]:
    """Cash terminals and the back office's."""
    rows = [
        element(
            "terminalDto",
            leaf("id", ids("terminal", register.pk)),
            leaf("name", register.location),
            leaf("computerName", f"POS-{register.pk:02}"),
            leaf("anonymous", value=False),
            element("groupInfo", leaf("id", each.groups[0].id), leaf("name", each.groups[0].name)),
            element("restaurantSectionIds", *(leaf("i", section.id) for section in each.sections)),
        )
        for each in group.departments
        for register in each.registers
    ]
    office = element(
        "terminalDto",
        leaf("id", ids("terminal", "office")),
        leaf("name", "BACK-01"),
        leaf("anonymous", value=True),
        "<restaurantSectionIds/>",
    )
    return [*rows, office]
