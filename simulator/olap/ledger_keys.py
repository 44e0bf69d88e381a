"""What each field of TRANSACTIONS means in the tables of the SQL engine (API reference 4.9, appendix B)."""

from __future__ import annotations

import typing as t

from simulator.olap.aggregates import Aggregate
from simulator.olap.keys import Key, Measure
from simulator.world.units import NANO


def _account(prefix: str, alias: str) -> dict[str, str]:
    columns = {"Name": "name", "Code": "code", "Type": "kind", "Group": "grp"}
    return {f"{prefix}.{field}": f"{alias}.{column}" for field, column in columns.items()}


def _product(prefix: str, alias: str) -> dict[str, str]:
    columns = {
        "Id": "id",
        "Name": "name",
        "Num": "num",
        "Type": "type",
        "MeasureUnit": "unit",
        "AccountingCategory": "accounting",
        "Category": "category",
        "Category.Id": "category_id",
        "CookingPlaceType": "place",
        "Hierarchy": "hierarchy",
        "TopParent": "top",
        "SecondParent": "second",
        "ThirdParent": "third",
    }
    return {f"{prefix}.{field}": f"{alias}.{column}" for field, column in columns.items()}


FIELDS: t.Final = {
    "DateTime.DateTyped": "e.day",
    "DateTime.Typed": "e.moment",
    "DateTime.Hour": "substr(e.moment, 12, 2)",
    "DateTime.DayOfWeak": "day.weekday",
    "DateTime.Month": "day.month",
    "DateTime.Quarter": "day.quarter",
    "DateTime.WeekInMonth": "day.week_in_month",
    "DateTime.WeekInYear": "day.week_in_year",
    "DateTime.Year": "day.year",
    "DateSecondary.DateTyped": "substr(e.moment, 1, 10)",
    "DateSecondary.DateTimeTyped": "e.moment",
    "TransactionType": "e.type",
    "TransactionType.Code": "e.type",
    "TransactionSide": "e.side",
    "Account.Id": "own.id",
    **_account("Account", "own"),
    "Account.CounteragentType": "own.counteragent_type",
    "Account.IsCashFlowAccount": "own.cash_flow",
    "Account.StoreOrAccount": "own.store_or_account",
    "Account.AccountHierarchyFull": "own.hierarchy",
    "Account.AccountHierarchyTop": "own.top",
    "Account.AccountHierarchySecond": "own.second",
    "Account.AccountHierarchyThird": "own.third",
    **_account("Contr-Account", "other"),
    **_product("Product", "p"),
    **_product("Contr-Product", "main"),
    "Counteragent.Id": "e.counteragent",
    "Counteragent.Name": "firm.name",
    "Department": "dep.name",
    "Department.Code": "dep.code",
    "Department.JurPerson": "dep.company",
    "Document": "e.document",
    "Comment": "e.comment",
    "Conception": "con.name",
    "Conception.Code": "con.code",
    "CashFlowCategory": "flow.name",
    "CashFlowCategory.Type": "flow.kind",
    "CashFlowCategory.Hierarchy": "flow.name",
    "CashFlowCategory.HierarchyLevel1": "flow.name",
    "Session.CashRegister": "reg.name",
    "Session.Group": "sec.group_name",
    "Session.GroupId": "sec.group_id",
    "Session.RestaurantSection": "sec.name",
    # The first store that is found on a posting, be it that of the other side.
    "Store": (
        "CASE WHEN own.store_or_account = 'STORE' THEN own.name"
        " WHEN other.store_or_account = 'STORE' THEN other.name END"
    ),
}
OLD: t.Final = {"DateTime": "e.moment", "DateTime.Date": "e.day", "DateTime.OperDayFilter": "e.day"}
KEYS: t.Final = {name: Key(sql, "line") for name, sql in (FIELDS | OLD).items()}
"""Fields that are not here have no value in this business: null."""

JOINS: t.Final = {
    "day": "JOIN days day ON day.day = e.day",
    "own": "JOIN accounts own ON own.pk = e.account",
    "other": "JOIN accounts other ON other.pk = e.contra",
    "dep": "LEFT JOIN departments dep ON dep.pk = e.department",
    "p": "LEFT JOIN products p ON p.pk = e.product",
    "main": "LEFT JOIN products main ON main.pk = e.contra_product",
    "firm": "LEFT JOIN counteragents firm ON firm.id = e.counteragent",
    "con": "LEFT JOIN conceptions con ON con.id = e.conception",
    "flow": "LEFT JOIN cash_flows flow ON flow.code = e.flow",
    "reg": "LEFT JOIN registers reg ON reg.pk = e.register",
    "sec": "LEFT JOIN sections sec ON sec.pk = e.section",
}
"""Tables by alias."""

BEFORE, SINCE = "e.day < :first", "e.day >= :first"
IN, OUT, SIGN = "e.side = 'DEBIT'", "e.side = 'CREDIT'", "CASE e.side WHEN 'DEBIT' THEN 1 ELSE -1 END"


def _of(column: str, condition: str, sign: str = "1") -> Measure:
    """The sum of a column; what comes before the period counts in balances alone."""
    return Measure(f"SUM(CASE WHEN {{within}} AND {condition} THEN {sign} * e.{column} ELSE 0 END)", scale=NANO)


def _balance(column: str, condition: str = "1") -> Measure:
    return Measure(f"SUM(CASE WHEN {condition} THEN {SIGN} * e.{column} ELSE 0 END)", scale=NANO)


MEASURES: t.Final = {
    "money_in": _of("sum", IN),
    "money_out": _of("sum", OUT),
    "money": _of("sum", "1", SIGN),
    "goods_in": _of("amount", IN),
    "goods_out": _of("amount", OUT, ":out"),
    "goods": _of("amount", "1", SIGN),
    "goods_of_stores": _of("amount", "own.store_or_account = 'STORE'", SIGN),
    "contra_goods": _of("amount", "1", f"-{SIGN}"),
    "money_before": _balance("sum", BEFORE),
    "money_after": _balance("sum"),
    "goods_before": _balance("amount", BEFORE),
    "goods_after": _balance("amount"),
}
"""A side's own account gets what its debit says and gives what its credit says."""
BALANCES: t.Final = {name for name in MEASURES if name.endswith(("_before", "_after"))}
"""They are sums over the whole ledger (4.4)."""

AGGREGATES: t.Final = {
    "Sum.Incoming": Aggregate(("money_in",)),
    "Sum.Outgoing": Aggregate(("money_out",)),
    "Sum.ResignedSum": Aggregate(("money",)),
    "Amount": Aggregate(("goods",)),
    "Amount.In": Aggregate(("goods_in",)),
    "Amount.Out": Aggregate(("goods_out",)),
    "Amount.StoreInOutTyped": Aggregate(("goods_of_stores",)),
    "Amount.StoreInOut": Aggregate(("goods_of_stores",)),
    "Contr-Amount": Aggregate(("contra_goods",)),
    "StartBalance.Money": Aggregate(("money_before",)),
    "FinalBalance.Money": Aggregate(("money_after",)),
    "StartBalance.Amount": Aggregate(("goods_before",)),
    "FinalBalance.Amount": Aggregate(("goods_after",)),
    "Product.AvgSum": Aggregate(("money", "goods"), lambda money, goods: money / goods if goods else 0),
}
