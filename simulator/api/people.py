"""Employees, roles, rates, suppliers (API reference 3.6, 3.7)."""

from __future__ import annotations

import typing as t

from simulator.api import xml_lists
from simulator.api.corporation import xml
from simulator.api.json_lists import kept
from simulator.api.method import method
from simulator.olap.request import Refusal

if t.TYPE_CHECKING:
    from simulator.api.method import Answer, Call, Row, Served


def _listed(served: Served, call: Call, root: str, element: str, rows: list[Row]) -> Answer:
    rows = served.since(call, kept(rows, deleted=call.param("includeDeleted") == "true"))
    return xml(root, [xml_lists.tree(element, row) or "" for row in rows])


@method("employees", right="B_EMP")
def employees(served: Served, call: Call) -> Answer:
    """Persons, system accounts included."""
    return _listed(served, call, "employees", "employee", served.ledger.staff.employee_rows())


@method("employees/roles", right="B_EMP")
def roles(served: Served, call: Call) -> Answer:
    """Roles with their rates."""
    return _listed(served, call, "employeeRoles", "role", served.ledger.staff.role_rows())


@method("employees/salary", right="B_EMP")
def salaries(served: Served, _: Call) -> Answer:
    """Current and past rates of persons."""
    return xml("salaries", [xml_lists.tree("salary", row) or "" for row in served.ledger.staff.salary_rows()])


@method("suppliers", since=(3, 9))
def suppliers(served: Served, call: Call) -> Answer:
    """Suppliers, in the form of employees."""
    if "includeDeleted" in call.params and served.readings.suppliers_deleted == "refused":
        raise Refusal(400, "Unexpected parameter: includeDeleted")
    return _listed(served, call, "employees", "employee", served.ledger.staff.supplier_rows())
