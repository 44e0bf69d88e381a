"""People and firms: employees with their roles and rates, suppliers (API reference 3.6, 3.7). All data are invented."""

from __future__ import annotations

import typing as t

from simulator.world.model import Person

if t.TYPE_CHECKING:
    from simulator.world.corporation import Corporation
    from simulator.world.model import Department, Named
    from simulator.world.units import Ids

Row = dict[str, t.Any]

# Name, code, roubles an hour, roubles a month, scheme, deleted.
ROLES: t.Final = [
    ("Официант", "WT", 210, 0, "HOURS", False),
    ("Кассир", "CS", 230, 0, "HOURS", False),
    ("Менеджер", "MN", 0, 80_000, "FIXED", False),
    ("Курьер", "CR", 190, 0, "SESSION", False),
    ("Повар", "CK", 260, 0, "HOURS", False),
    ("Бармен", "BR", 240, 0, "HOURS", True),
]
SUPPLIERS: t.Final = [
    ("ООО «Молочный двор»", "S1", "7700000101", False),
    ("ООО «Свежее мясо»", "S2", "7700000102", False),
    ("ИП Зимин К. Л.", "", "770000010377", False),
    ("ООО «Бакалея»", "", "", False),
    ("АО «Старый погреб»", "S5", "7700000105", True),
    ("ООО «Молочный двор», второй склад", "", "7700000101", False),
]
FURTHER: t.Final = [("CK",), (), ("CK", "CS")]
"""Roles that a person is paid for besides the main one: one, none, several."""
COOKS: t.Final = 3
COOK_NAMES: t.Final = ("Борисов", "Громова", "Дьяков", "Ершова", "Жуков")
FLAGS: t.Final = ("supplier", "employee", "client", "representsStore")


class Staff:
    """The lists of one server; changes show at once."""

    def __init__(self, ids: Ids, group: Corporation) -> None:
        """Over the persons of the group, and some more."""
        self.ids = ids
        self.roles = [
            {
                "id": ids("role", code),
                "code": code,
                "name": name,
                "paymentPerHour": f"{hour}.000000000",
                "steadySalary": f"{month}.000000000",
                "scheduleType": scheme,
                "deleted": deleted,
            }
            for name, code, hour, month, scheme, deleted in ROLES
        ]
        self.cooks = {each.pk: _cooks(ids, each) for each in group.departments}
        cooks = [self._person(cook, "CK", each) for each in group.departments for cook in self.cooks[each.pk]]
        self.persons = [*self._persons(group), *cooks]
        both = self._both()
        self.employees = [*_system_accounts(ids), *self.persons, both, self._gone()]
        self.suppliers = [*self._firms(), both, self._of_store(group.departments[0])]

    def role_rows(self) -> list[Row]:
        """``employees/roles``."""
        return self.roles

    def employee_rows(self) -> list[Row]:
        """``employees``."""
        return self.employees

    def supplier_rows(self) -> list[Row]:
        """``suppliers``."""
        return self.suppliers

    def salary_rows(self) -> list[Row]:
        """``employees/salary``: a rate in force, and for some one of the past."""
        rows: list[Row] = []
        for number, person in enumerate(self.persons):
            further = [{"roleId": self._role(code), "payment": "900.000000000"} for code in FURTHER[number % 3]]
            specification = {"mainRoleId": person["mainRoleId"], "items": {"item": further} if further else {}}
            if further:
                rows.append(
                    _salary(person, "2024-01-01T00:00:00+06:00", "2026-02-25T00:00:00+05:00", 950, specification)
                )
            rows.append(_salary(person, "2026-02-25T00:00:00+05:00", "2500-01-01T00:00:00+05:00", 1000, specification))
        return rows

    def _role(self, code: str) -> str:
        return self.ids("role", code)

    def _persons(self, group: Corporation) -> list[Row]:
        rows = []
        for department in group.departments:
            for code, persons in (
                ("WT", department.waiters),
                ("CS", department.cashiers),
                ("MN", department.managers),
                ("CR", department.couriers),
            ):
                rows += [self._person(person, code, department) for person in persons]
        return rows

    def _person(self, person: Person, code: str, department: Department) -> Row:
        """Everybody's row; what is not set is left out or empty, as iiko mixes them."""
        number = person.pk
        codes = [code, "CK"] if number % 4 == 0 else [code]
        row: Row = {
            "id": person.id,
            "code": person.code,
            "name": person.name,
            "login": f"user{number}" if code == "MN" else "",
            "mainRoleId": self._role(code),
            "rolesIds": [self._role(each) for each in codes],
            "mainRoleCode": code,
            "roleCodes": codes,
            "phone": "",
            "cellPhone": f"+7000{number:07}",
            "firstName": person.name.split()[-1],
            "middleName": "",
            "lastName": person.name.split()[0],
            "birthday": f"19{70 + number % 30}-0{1 + number % 9}-15T00:00:00+0{5 + number % 2}:00",
            "email": f"user{number}@example.org" if number % 3 else "",
            "address": "г. Приморск, ул. Лесная, д. 2" if number % 5 == 0 else "",
            "hireDate": f"2024-0{1 + number % 9}-01",
            "hireDocumentNumber": f"К-{number}" if number % 8 == 0 else "",
            "note": "знает меню" if number % 7 == 0 else "",
            "cardNumber": f"{1000 + number}" if number % 2 else "",
            "taxpayerIdNumber": f"7700{number:08}" if number % 6 == 0 else "",
            "snils": "",
            "preferredDepartmentCode": department.code,
        }
        if code == "MN":  # all departments: the list is left out
            row |= {"departmentCodesState": "NULL", "responsibilityDepartmentCodes": [department.code]}
        else:
            lent = ["1"] if number % 4 == 0 and department.code != "1" else []
            row["departmentCodes"] = [department.code, *lent]
            row["responsibilityDepartmentCodesState"] = "NULL"
        told = [{"key": "uniform", "value": "M"}, {"key": "badge"}] if number % 9 == 0 else []
        flags = _flags("employee", "client") if number % 10 == 0 else _flags("employee")
        return row | {"deleted": False, **flags, "publicExternalData": {"entry": told} if told else {}}

    def _both(self) -> Row:
        """A person who is paid as an employee and as a supplier."""
        row = _firm(self.ids("supplier", "both"), "Ковалёв Р. С.", "S7", "770000010707", deleted=False)
        return row | _flags("supplier", "employee") | {"cellPhone": "+70000000077", "mainRoleId": self._role("CK")}

    def _gone(self) -> Row:
        row = _firm(self.ids("person", "gone"), "Белкин О. П.", "990", "", deleted=True)
        return row | _flags("employee") | {"fireDate": "2025-03-01T00:00:00+06:00", "mainRoleId": self._role("BR")}

    def _firms(self) -> list[Row]:
        return [
            _firm(self.ids("supplier", number), name, code, tax, deleted=deleted) | _flags("supplier")
            for number, (name, code, tax, deleted) in enumerate(SUPPLIERS)
        ]

    def _of_store(self, department: Department) -> Row:
        """An internal supplier: a store of ours."""
        store: Named = department.stores[0]
        row = _firm(self.ids("supplier", "store"), store.name, "", "", deleted=False)
        return row | _flags("supplier", "representsStore") | {"representedStoreId": store.id}


def _cooks(ids: Ids, department: Department) -> list[Person]:
    """Those whom no receipt names; the last one works at night."""
    first = 10_000 + department.pk * COOKS
    return [
        Person(
            ids("person", department.pk, "cook", n),
            f"{COOK_NAMES[(first + n) % len(COOK_NAMES)]} К.",
            first + n,
            f"К{first + n}",
        )
        for n in range(COOKS)
    ]


def _system_accounts(ids: Ids) -> list[Row]:
    return [
        {
            "id": ids("system", name),
            "code": "",
            "name": name,
            "login": login,
            "departmentCodesState": "NULL",
            "deleted": False,
            **_flags("employee"),
            "publicExternalData": {},
        }
        for name, login in (("admin", "admin"), ("SystemUser", ""))
    ]


def _firm(identity: str, name: str, code: str, tax: str, *, deleted: bool) -> Row:
    return {
        "id": identity,
        "code": code,
        "name": name,
        "phone": "",
        "taxpayerIdNumber": tax,
        "snils": "",
        "departmentCodesState": "NULL",
        "deleted": deleted,
        **_flags(),
        "publicExternalData": {},
    }


def _flags(*true: str) -> Row:
    """The flag ``employee`` lies inside ``<employee>``: a search for that name finds both (3.6)."""
    return {name: name in true for name in FLAGS}


def _salary(person: Row, first: str, last: str, payment: int, specification: Row) -> Row:
    return {
        "employeeId": person["id"],
        "dateFrom": first,
        "dateTo": last,
        "payment": f"{payment}.000000000",
        "salarySpecification": specification,
    }
