"""What a delivery order has besides its dishes (API reference appendix A, Delivery)."""

from __future__ import annotations

import typing as t

from simulator.world.model import Delivery

if t.TYPE_CHECKING:
    import random

    from simulator.world.model import Department
    from simulator.world.units import Clock

STREETS: t.Final = ("Лесная", "Садовая", "Набережная", "Вокзальная", "Парковая", "Школьная", "Заречная")
ZONES: t.Final = ("Центр", "Левый берег", "Правый берег")
SOURCES: t.Final = ("Сайт", "Сайт", "Приложение", "Колл-центр", "Агрегатор")
CUSTOMERS: t.Final = ("Анна", "Борис", "Вера ", "Глеб", "Дарья", "Егор", "Жанна", "Зоя", "Игорь")


def make_delivery(  # noqa: PLR0913, PLR0917 - whose, when, and whose choice
    identity: str, number: int, department: Department, clock: Clock, start: float, rng: random.Random
) -> Delivery:
    """A delivery that was ordered at ``start``."""
    pickup = rng.random() < 0.3
    cooked = 900 + rng.random() * 1200
    sent = cooked + rng.random() * 400
    way = 0 if pickup else rng.randint(9, 48)
    promised = 3600
    arrived = sent + way * 60
    times = {
        "confirm": clock.text(start + 40),
        "print": clock.text(start + 70),
        "bill": clock.text(start + cooked - 100),
        "cooked": clock.text(start + cooked),
        "packed": clock.text(start + cooked + 30),
        "sent": clock.text(start + sent),
        "actual": clock.text(start + arrived),
        "closed": clock.text(start + arrived + 120),
        "expected": clock.text(int(start) + promised),
        "predicted": clock.text(int(start) + promised - 300),
        "predicted_cooked": clock.text(int(start) + 1500),
    }
    return Delivery(
        id=identity,
        number=number,
        pickup=pickup,
        asap=rng.random() < 0.8,
        customer=rng.choice(CUSTOMERS),
        phone=f"+7000{rng.randrange(10**7):07}",
        street=None if pickup else rng.choice(STREETS),
        house=None if pickup else str(rng.randint(1, 120)),
        flat=None if pickup else str(rng.randint(1, 300)),
        zone=None if pickup else rng.choice(ZONES),
        courier=None if pickup else rng.choice(department.couriers),
        operator=department.managers[1],
        source=rng.choice(SOURCES),
        times=times,
        way=None if pickup else way,
        delay=max(0, int((arrived - promised) // 60)),
        comment="Позвонить за 10 минут" if rng.random() < 0.1 else None,
    )
