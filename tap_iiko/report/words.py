"""Russian and English side by side: words, numbers, dates."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from markupsafe import Markup, escape

if t.TYPE_CHECKING:
    import datetime

THIN: t.Final = "\N{NARROW NO-BREAK SPACE}"
SPACE: t.Final = "\N{NO-BREAK SPACE}"
MINUS: t.Final = "\N{MINUS SIGN}"
DASH: t.Final = "–"  # instead of a number that there is not

MONTHS: t.Final = (
    ["янв", "фев", "мар", "апр", "мая", "июн", "июл", "авг", "сен", "окт", "ноя", "дек"],
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
)
WEEKDAYS: t.Final = (["пн", "вт", "ср", "чт", "пт", "сб", "вс"], ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
MAY: t.Final = 5
SHORTENED: t.Final = 10_000  # from here on thousands say enough
MINUTE: t.Final = 60


@dataclass(frozen=True)
class Words:
    """The same in two languages."""

    ru: str
    en: str

    def __html__(self) -> str:
        """Both, of which the page shows one; what is the same in both stands once."""
        if self.ru == self.en:
            return escape(self.ru)
        return Markup("<span lang=ru>{}</span><span lang=en>{}</span>").format(self.ru, self.en)

    def __str__(self) -> str:
        """For attributes, which cannot be switched."""
        return self.ru if self.ru == self.en else f"{self.ru} / {self.en}"

    def __add__(self, other: Words | str) -> Words:
        """One behind the other."""
        other = same(other)
        return Words(self.ru + other.ru, self.en + other.en)

    def fill(self, **parts: Words | str | int) -> Words:
        """With what belongs between the braces."""
        given = {name: same(part) for name, part in parts.items()}
        return Words(
            self.ru.format(**{name: part.ru for name, part in given.items()}),
            self.en.format(**{name: part.en for name, part in given.items()}),
        )


UNITS: t.Final = (
    (1_000_000_000, Words(f"{SPACE}млрд", "B")),
    (1_000_000, Words(f"{SPACE}млн", "M")),
    (1000, Words(f"{SPACE}тыс.", "k")),
)


def same(text: Words | str | int) -> Words:
    """What needs no translation."""
    return text if isinstance(text, Words) else Words(str(text), str(text))


def joined(parts: t.Iterable[Words | str], between: str) -> Words:
    """All of them."""
    each = [same(part) for part in parts]
    return Words(between.join(part.ru for part in each), between.join(part.en for part in each))


def counted(count: int, ru: tuple[str, str, str], en: tuple[str, str]) -> Words:
    """``3 случая``, ``3 things``."""
    tens, ones = count // 10 % 10, count % 10
    form = 2 if tens == 1 or ones == 0 or ones >= 5 else 0 if ones == 1 else 1  # noqa: PLR2004 - Russian grammar
    return number(Decimal(count)) + Words(f" {ru[form]}", f" {en[count != 1]}")


def rounded(value: Decimal, places: int) -> Decimal:
    """Half away from zero, as people do; zero has no sign."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP) + 0


def number(value: Decimal | int, places: int = 0) -> Words:
    """``743 976,50``, ``743,976.50``."""
    exact = rounded(Decimal(value), places)
    digits = f"{abs(exact):,.{places}f}"
    sign = MINUS if exact < 0 else ""
    return Words(sign + digits.replace(",", THIN).replace(".", ","), sign + digits)


def percent(share: Decimal, places: int = 1) -> Words:
    """``2,6 %``, ``2.6%``."""
    return number(share * 100, places) + Words(f"{SPACE}%", "%")


def points(share: Decimal, places: int = 1) -> Words:
    """A difference of two shares: ``0,4 п.п.``, ``0.4 pp``."""
    return number(share * 100, places) + Words(f"{SPACE}п.п.", f"{SPACE}pp")


@dataclass(frozen=True)
class Money:
    """How sums are written: iiko's have no currency."""

    sign: str = ""

    def whole(self, value: Decimal, places: int = 0) -> Words:
        """``743 976 ₽``."""
        return number(value, places) + self._behind

    def short(self, value: Decimal) -> Words:
        """``23,5 млн ₽``, ``744 тыс. ₽``, ``9 120 ₽``."""
        return short(value) + self._behind

    @property
    def _behind(self) -> str:
        return f"{SPACE}{self.sign}" if self.sign else ""


def short(value: Decimal) -> Words:
    """Three digits that matter."""
    for unit, name in UNITS[:-1]:
        figure = value / unit
        if rounded(abs(figure), 3) >= 1:
            return number(figure, 2 - min(2, max(0, rounded(figure, 2).adjusted()))) + name
    if abs(value) >= SHORTENED:
        unit, name = UNITS[-1]
        return number(value / unit) + name
    return number(value)


def scale(steps: t.Sequence[Decimal]) -> list[Words]:
    """``0``, ``0,5 млн``, ``1,0 млн``: all in one unit, with as many places as the steps need."""
    most = max(abs(step) for step in steps)
    unit, name = next(((unit, name) for unit, name in UNITS if most >= unit), (1, Words("", "")))
    figures = [step / unit for step in steps]
    places = max((-int(figure.normalize().as_tuple().exponent) for figure in figures), default=0)
    return [number(figure, max(0, places)) + name if figure else number(0) for figure in figures]


def month(day: datetime.date) -> Words:
    """``ноя``, ``Nov``."""
    ru, en = (names[day.month - 1] for names in MONTHS)
    return Words("май" if day.month == MAY else ru, en)


def weekday(index: int) -> Words:
    """``пн``, ``Mon``: 0."""
    return Words(*(names[index] for names in WEEKDAYS))


def date(day: datetime.date, year: int | None = None) -> Words:
    """``23 ноя``; with the year where it is not ``year``."""
    behind = "" if year in {None, day.year} else f" {day.year}"
    return Words(*(f"{day.day}{SPACE}{names[day.month - 1]}{behind}" for names in MONTHS))


def long_date(day: datetime.date) -> Words:
    """``пн 23 ноя 2026``."""
    return weekday(day.weekday()) + " " + date(day) + f" {day.year}"


def moment(when: datetime.datetime) -> Words:
    """``вт 24 ноя 22:37``."""
    return weekday(when.weekday()) + " " + date(when.date()) + f" {when:%H:%M}"


def duration(seconds: float) -> Words:
    """``2 мин 10 с``."""
    minutes, rest = divmod(round(seconds), MINUTE)
    hours, minutes = divmod(minutes, MINUTE)
    parts = ((hours, Words("ч", "h")), (minutes, Words("мин", "min")), (rest, Words("с", "s")))
    told = [same(f"{count}{SPACE}") + unit for count, unit in parts if count] or [Words(f"0{SPACE}с", f"0{SPACE}s")]
    return joined(told[:2], " ")
