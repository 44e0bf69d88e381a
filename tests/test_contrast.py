"""The colours of the morning page: everything can be read, in the light and in the dark."""

from __future__ import annotations

import re

import pytest

from support.paths import read

TEXTS = [
    *((ink, ground) for ink in ("ink", "second", "alarm", "better") for ground in ("page", "card")),
    *(("on-h", f"h{step}") for step in range(4)),
    *(("on-h4", f"h{step}") for step in (4, 5)),
    ("on-alarm", "alarm"),
    ("on-late", "late"),
    ("on-proved", "proved"),
    ("alarm", "tint"),
    ("caution", "caution-back"),
    ("caution", "card"),
    ("ink", "rest"),
    ("page", "ink"),
]


def colours() -> dict[str, tuple[str, str]]:
    """Name: as it is in the light and in the dark."""
    found = re.findall(r"--([\w-]+):light-dark\((#\w{6}),(#\w{6})\)", read("tap_iiko/report/templates/page.css"))
    return {name: (light, dark) for name, light, dark in found}


def contrast(one: str, other: str) -> float:
    """As WCAG counts it."""

    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("look", [0, 1], ids=["light", "dark"])
def test_contrast(look: int) -> None:
    known = colours()
    for ink, ground in TEXTS:
        assert contrast(known[ink][look], known[ground][look]) >= 4.5, (ink, ground)
    for mark in ("bar", "tick", "late", "alarm"):
        assert contrast(known[mark][look], known["card"][look]) >= 3, mark
