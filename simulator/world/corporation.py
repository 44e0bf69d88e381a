"""The restaurant group: legal entities, departments, stores, sections, registers, people, payment types, discounts."""

from __future__ import annotations

import itertools
import random
import typing as t
from dataclasses import dataclass, field

from simulator.world.model import (
    Coded,
    Combo,
    Company,
    Department,
    Discount,
    Named,
    OrderType,
    PayType,
    Person,
    Register,
    Section,
)

if t.TYPE_CHECKING:
    from simulator.world.units import Ids

# Name; counter service; delivers; hours; share of the average number of receipts; percent of the prices.
PLACES: t.Final = [
    ("Бистро на Лесной", False, True, 9, 24, 1.0, 100),
    ("Кофейня «Утро»", True, False, 8, 22, 1.3, 95),
    ("Пиццерия «Маяк»", False, True, 11, 24, 1.1, 105),
    ("Ресторан «Причал»", False, False, 12, 27, 0.6, 130),
    ("Бистро на Садовой", False, True, 9, 23, 1.0, 100),
    ("Кофейня «Вокзал»", True, False, 6, 24, 1.4, 110),
    ("Бар «Трюм»", False, False, 16, 28, 0.7, 115),
    ("Столовая № 1", True, False, 9, 20, 1.2, 80),
]
COMPANIES: t.Final = [("ООО «Лесное»", "7700000017"), ("ООО «Причал»", "7700000024")]
LAST_NAMES: t.Final = [
    "Иванова",
    "Петров",
    "Сидорова",
    "Кузнецов",
    "Смирнова",
    "Попов",
    "Васильева",
    "Соколов",
    "Михайлова",
    "Новиков",
    "Фёдорова",
    "Морозов",
    "Волкова",
    "Алексеев",
    "Лебедева",
    "Семёнов",
    "Егорова",
    "Павлов",
    "Козлова",
    "Степанов",
    "Николаева",
    "Орлов",
    "Андреева",
    "Макаров",
    "Никитина",
    "Захаров",
]
PAY_TYPES: t.Final = [
    ("Наличные", "1", "CASH", "FISCAL", 27),
    ("Банковская карта", "2", "CARD", "FISCAL", 52),
    ("СБП", "3", "CARD", "FISCAL", 12),
    ("Подарочный сертификат", "4", "NON_CASH", "NOT_FISCAL", 2),
    ("Агрегатор доставки", "5", "NON_CASH", "NOT_FISCAL", 0),
    ("Безналичный расчёт", "6", "NON_CASH", "FISCAL", 1),
    ("За счёт заведения", "7", "WRITEOFF", "NOT_FISCAL", 0),
    ("Питание сотрудников", None, "WRITEOFF", "NOT_FISCAL", 0),
    ("Талоны", "", "NON_CASH", "NOT_FISCAL", 0),
]
DISCOUNTS: t.Final = [
    ("Скидка сотрудника", 30, False, "30"),
    ("Карта гостя 5%", 5, False, "3.04"),
    ("Карта гостя 10%", 10, False, "3.04"),
    ("День рождения", 15, False, ""),
    ("Счастливые часы", 20, False, None),
    ("Обслуживание 10%", 10, True, None),
]
OVER: t.Final = "Счастливые часы"
"""A discount that is deleted and stands in the orders of the past."""
ORDER_TYPES: t.Final = [
    ("Обычный заказ", "COMMON", None),
    ("Доставка курьером", "DELIVERY_BY_COURIER", "DC"),
    ("Самовывоз", "DELIVERY_PICKUP", ""),
    ("С собой", "COMMON", None),
]
UNUSED: t.Final = [
    ("AllergenGroup", "Глютен", "A1", True),
    ("Conception", "Столовые", None, True),
    ("Conception", "Выездное обслуживание", "", False),
    ("CookingPlaceType", "Гриль", "G", True),
    ("CookingPlaceType", "Выездная кухня", "", False),
    ("DiscountType", "Скидка 2019 года", "", True),
    ("MeasureUnit", "ведро", "", True),
    ("MeasureUnit", "ящик", "778", False),
    ("OrderType", "Бронь", "", True),
    ("PaymentType", "Карта старого банка", "3.04", True),
]
"""Entries of ``v2/entities/list`` that no restaurant uses (API reference 3.4)."""


@dataclass
class Corporation:
    """The group and the lists that are common to all its departments."""

    id: str
    name: str
    companies: list[Company] = field(default_factory=list)
    departments: list[Department] = field(default_factory=list)
    central_store: Named | None = None
    pay_types: dict[str, PayType] = field(default_factory=dict)
    discounts: dict[str, Discount] = field(default_factory=dict)
    order_types: dict[str, OrderType] = field(default_factory=dict)
    conceptions: list[Coded] = field(default_factory=list)
    persons: list[Person] = field(default_factory=list)
    unused: dict[str, list[Coded]] = field(default_factory=dict)
    """By root type: entries that no restaurant uses."""


def _fill_lists(ids: Ids, group: Corporation) -> None:
    """What ``v2/entities/list`` tells of the group."""
    group.pay_types = {
        name: PayType(ids("pay", name), name, code, name == "Талоны", n, kind, cheque, weight)
        for n, (name, code, kind, cheque, weight) in enumerate(PAY_TYPES, 1)
    }
    group.discounts = {
        name: Discount(ids("discount", name), name, code, name == OVER, percent=percent, surcharge=surcharge)
        for name, percent, surcharge, code in DISCOUNTS
    }
    group.discounts[OVER].combo = Combo(
        ids("combo", OVER),
        "Кофе и десерт",
        step=Named(ids("combo step", OVER), "Напиток или десерт"),
        size=Named(ids("combo size", OVER), "Стандартное"),
    )
    group.order_types = {
        name: OrderType(ids("order type", name), name, code, pk=n, service=service)
        for n, (name, service, code) in enumerate(ORDER_TYPES, 1)
    }
    for kind, name, code, deleted in UNUSED:
        entry = (OrderType if kind == "OrderType" else Coded)(ids("unused", kind, name), name, code, deleted)
        group.unused.setdefault(kind, []).append(entry)
    group.conceptions = [Coded(ids("conception", n), name, str(n)) for n, name in ((1, "Бистро"), (2, "Кофейни"))]


def build_corporation(ids: Ids, seed: int, departments: int) -> Corporation:
    """The group of one database; the same departments come first, however many there are."""
    group = Corporation(ids("corporation"), "Ресторанная группа «Маяк»")
    group.companies = [Company(ids("company", n), name, inn) for n, (name, inn) in enumerate(COMPANIES)]
    group.central_store = Named(ids("store", "central"), "Центральный склад")
    _fill_lists(ids, group)
    rng = random.Random(f"{seed}/people")
    numbers = itertools.count(1)

    def hire(department: int, role: str, number: int) -> Person:
        pk = next(numbers)
        name = f"{rng.choice(LAST_NAMES)} {rng.choice('АБВГДЕИКМНОПРС')}."
        person = Person(ids("person", department, role, number), name, pk, f"{pk:03}")
        group.persons.append(person)
        return person

    registers = itertools.count(1)
    sections = itertools.count(1)
    for number in range(1, departments + 1):
        name, counter, delivers, opens, closes, busy, percent = PLACES[(number - 1) % len(PLACES)]
        if number > len(PLACES):
            name = f"{name} {(number - 1) // len(PLACES) + 1}"
        halls = ["Зал"] if counter else ["Основной зал", "Веранда", "Бар"]
        service = Named(ids("group", number, "hall"), "Зал")
        group.departments.append(
            Department(
                id=ids("department", number),
                name=name,
                pk=number,
                code=str(number),
                company=group.companies[(number - 1) // 2 % 2],
                conception=group.conceptions[int(counter)],
                stores=[
                    Named(ids("store", number, each), f"{each} ({name})") for each in ("Основной склад", "Склад бара")
                ],
                registers=[
                    Register(
                        next(registers),
                        n,
                        f"Касса {n}",
                        f"{199_000_000_000 + number * 1000 + n:016}",
                        f"{name}, касса {n}",
                    )
                    for n in (1, 2)
                ],
                sections=[
                    Section(ids("section", number, hall), hall, next(sections), service, 0 if counter else 12)
                    for hall in halls
                ],
                groups=[service],
                waiters=[hire(number, "waiter", n) for n in range(3 if counter else 6)],
                cashiers=[hire(number, "cashier", n) for n in range(3)],
                managers=[hire(number, "manager", n) for n in range(2)],
                couriers=[hire(number, "courier", n) for n in range(3)] if delivers else [],
                counter=counter,
                delivers=delivers,
                price_factor=percent,
                busy=busy,
                opens=opens,
                closes=closes,
            )
        )
    return group
