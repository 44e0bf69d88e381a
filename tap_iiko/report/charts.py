"""Drawings: Altair describes them, vl-convert makes static SVG of them, with the page's colours and languages."""

from __future__ import annotations

import functools
import math
import re
import typing as t
from dataclasses import dataclass
from decimal import Decimal

import altair as alt
import defusedxml.ElementTree
import vl_convert
from markupsafe import Markup

from tap_iiko.report.words import Words, scale

if t.TYPE_CHECKING:
    import xml.etree.ElementTree as ET
    from collections.abc import Sequence

Rows = list[dict[str, t.Any]]
Spec = dict[str, t.Any]

# A text in two languages, as Vega sees it.
BETWEEN: t.Final = "¦"
VEGALITE: t.Final = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
NAMESPACE: t.Final = "{http://www.w3.org/2000/svg}"
# What a browser needs; classes, roles and the rest are the page's business.
KEPT: t.Final = {
    *("d", "x", "y", "x1", "x2", "y1", "y2", "width", "height", "transform", "viewBox", "opacity"),
    *("fill", "stroke", "stroke-width", "stroke-dasharray", "text-anchor", "font-size", "font-weight"),
}
LABEL_SIZE: t.Final = 11

BAR, PALE, TICK, LINE = "var(--bar)", "var(--pale)", "var(--tick)", "var(--line)"
INK, SECOND, ALARM, LATE = "var(--ink)", "var(--second)", "var(--alarm)", "var(--late)"


@dataclass(frozen=True)
class Bar:
    """A day of the revenue chart."""

    value: Decimal | None
    before: Decimal | None
    """A week earlier."""
    is_open: bool
    is_missing: bool
    title: str
    labels: tuple[Words, ...]
    """Below each other."""
    is_bold: bool
    phone_labels: tuple[Words, ...] = ()
    """Where there is little room."""


@dataclass(frozen=True)
class Size:
    """Of the drawing's inside."""

    width: int
    height: int
    left: int = 0
    right: int = 0
    top: int = 0
    bottom: int = 0


WIDE: t.Final = Size(1092, 200, left=60, right=2, top=14, bottom=46)
NARROW: t.Final = Size(264, 150, left=60, right=8, top=10, bottom=22)
SPARK: t.Final = Size(220, 36, left=2, right=5, top=4, bottom=4)
WEEKS: t.Final = Size(91, 18)
LATENESS: t.Final = Size(300, 132, left=78, right=26)


def revenue(bars: Sequence[Bar], size: Size, name: str) -> Markup:
    """Revenue by day, each with the same weekday a week before."""
    figures = [float(value) for bar in bars for value in (bar.value, bar.before) if value is not None]
    low, high, steps = _axis([0.0, *figures])

    def height(value: float | Decimal) -> float:
        """From 0 to 1, so that one specification serves every scope."""
        return (float(value) - low) / (high - low)

    days: Rows = [
        {
            "x": number + 0.13,
            "x2": number + 0.87,
            "y": height(bar.value),
            "y2": height(0),
            "title": bar.title,
            "state": "open" if bar.is_open else "closed",
        }
        for number, bar in enumerate(bars)
        if bar.value is not None
    ]
    ticks: Rows = [
        {"x": number + 0.06, "x2": number + 0.94, "y": height(bar.before), "title": bar.title}
        for number, bar in enumerate(bars)
        if bar.before is not None
    ]
    crosses: Rows = [
        {"x": number + 0.5, "y": height(0), "title": bar.title} for number, bar in enumerate(bars) if bar.is_missing
    ]
    names = scale([Decimal(str(step)) for step in steps])
    grid: Rows = [{"y": height(step), "text": _text(words)} for step, words in zip(steps, names, strict=True)]
    spec = _revenue(size, len(bars))
    return _draw(spec, name, days=days, ticks=ticks, crosses=crosses, labels=_labels(bars, size), grid=grid)


def _labels(bars: Sequence[Bar], size: Size) -> Rows:
    return [
        {
            "x": number + 0.5,
            "y": size.height + 15 + 13 * line,
            "text": _text(words),
            "weight": "bold" if bar.is_bold else "normal",
        }
        for number, bar in enumerate(bars)
        for line, words in enumerate(bar.labels)
    ]


@functools.cache
def _revenue(size: Size, count: int) -> Spec:
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, count], nice=False, zero=False), axis=None)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, 1], nice=False), axis=None)
    bar = alt.Chart(alt.NamedData("days")).encode(x=x, x2="x2:Q", y=y, y2="y2:Q", description="title:N")
    grid = alt.Chart(alt.NamedData("grid"))
    weight = alt.condition("datum.weight == 'bold'", alt.value(INK), alt.value(SECOND))
    layers = [
        grid.mark_rule(color=LINE, aria=False).encode(y=y),
        grid.mark_text(align="right", dx=-8, fontSize=LABEL_SIZE, color=SECOND, aria=False).encode(
            x=alt.value(0), y=y, text="text:N"
        ),
        bar.mark_rect(color=BAR).transform_filter("datum.state == 'closed'"),
        bar.mark_rect(color=PALE, stroke=BAR, strokeDash=[3, 2], strokeWidth=1).transform_filter(
            "datum.state == 'open'"
        ),
        alt.Chart(alt.NamedData("ticks"))
        .mark_rule(color=TICK, strokeWidth=2, opacity=0.75)
        .encode(x=x, x2="x2:Q", y=y, description="title:N"),
        alt.Chart(alt.NamedData("crosses"))
        .mark_text(text="×", fontSize=20, fontWeight="bold", color=ALARM, dy=-8)
        .encode(x=x, y=y, description="title:N"),
        alt.Chart(alt.NamedData("labels"))
        .mark_text(fontSize=LABEL_SIZE, aria=False)
        .encode(x=x, y=alt.Y("y:Q", scale=None, axis=None), text="text:N", color=weight),
    ]
    return _finished(alt.layer(*layers).resolve_scale(y="independent"), size)


def spark(values: Sequence[Decimal | None], name: str) -> Markup:
    """The line of the days, and their mean."""
    rows: Rows = [{"x": number, "y": None if value is None else float(value)} for number, value in enumerate(values)]
    told = [row for row in rows if row["y"] is not None]
    if not told:
        return Markup("")
    mean: Rows = [{"y": sum(row["y"] for row in told) / len(told)}]
    return _draw(_spark(len(values)), name, days=rows, mean=mean, last=told[-1:])


@functools.cache
def _spark(count: int) -> Spec:
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, max(1, count - 1)], nice=False), axis=None)
    y = alt.Y("y:Q", scale=alt.Scale(zero=False, nice=False), axis=None)
    return _finished(
        alt.layer(
            alt.Chart(alt.NamedData("mean"))
            .mark_rule(color=SECOND, strokeDash=[2, 3], strokeWidth=1, aria=False)
            .encode(y=y),
            alt.Chart(alt.NamedData("days")).mark_line(color=BAR, strokeWidth=1.5, aria=False).encode(x=x, y=y),
            alt.Chart(alt.NamedData("last")).mark_point(color=BAR, fill=BAR, size=18, aria=False).encode(x=x, y=y),
        ),
        SPARK,
    )


def weeks(values: Sequence[Decimal], name: str) -> Markup:
    """A bar for each week, the last one stronger."""
    rows: Rows = [
        {"x": number + 0.1, "x2": number + 0.9, "y": float(max(value, Decimal(0))), "last": number == len(values) - 1}
        for number, value in enumerate(values)
    ]
    return _draw(_weeks(len(values)), name, weeks=rows)


@functools.cache
def _weeks(count: int) -> Spec:
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, count], nice=False), axis=None)
    y = alt.Y("y:Q", scale=alt.Scale(nice=False), axis=None)
    color = alt.condition("datum.last", alt.value(BAR), alt.value("var(--proved)"))
    chart = alt.Chart(alt.NamedData("weeks")).mark_rect(aria=False)
    return _finished(chart.encode(x=x, x2="x2:Q", y=y, y2=alt.datum(0), color=color), WEEKS)


def lateness(counts: Sequence[tuple[Words, int]], name: str) -> Markup:
    """How many changes were noticed after how long."""
    rows: Rows = [
        {"y": number, "top": number + 0.18, "end": number + 0.82, "middle": number + 0.5, "count": count}
        | {"name": _text(name), "label": str(count) if count else ""}
        for number, (name, count) in enumerate(counts)
    ]
    return _draw(_lateness(len(rows), max(1, *(count for _, count in counts))), name, rows=rows)


@functools.cache
def _lateness(rows: int, most: int) -> Spec:
    x = alt.X("count:Q", scale=alt.Scale(domain=[0, most], nice=False), axis=None)
    scale = alt.Scale(domain=[0, rows], nice=False, reverse=True)
    middle = alt.Y("middle:Q", scale=scale, axis=None)
    data = alt.Chart(alt.NamedData("rows"))
    return _finished(
        alt.layer(
            data.mark_rect(color=LATE, aria=False).encode(
                x=x, x2=alt.datum(0), y=alt.Y("top:Q", scale=scale, axis=None), y2="end:Q"
            ),
            data.mark_text(align="right", dx=-8, fontSize=12, color=SECOND, aria=False).encode(
                x=alt.value(0), y=middle, text="name:N"
            ),
            data.mark_text(align="left", dx=6, fontSize=12, color=INK, aria=False).encode(
                x=x, y=middle, text="label:N"
            ),
        ),
        LATENESS,
    )


def _finished(chart: alt.TopLevelMixin, size: Size) -> Spec:
    padding = {"left": size.left, "right": size.right, "top": size.top, "bottom": size.bottom}
    spec: Spec = (
        chart.properties(
            width=size.width,
            height=size.height,
            padding=padding,
            autosize=alt.AutoSizeParams(type="none"),
            background="transparent",
        )
        .configure_view(stroke=None)
        .to_dict()
    )
    return spec


def _draw(spec: Spec, name: str, **rows: Rows) -> Markup:
    return slim(vl_convert.vegalite_to_svg({**spec, "datasets": rows}, vl_version=VEGALITE), name)


def _text(words: Words) -> str:
    return words.ru if words.ru == words.en else f"{words.ru}{BETWEEN}{words.en}"


def _axis(values: Sequence[float]) -> tuple[float, float, list[float]]:
    """Both ends, and a few round steps between them, from zero on."""
    low, high = min(values), max(values)
    if low == high:
        return 0.0, 1.0, [0.0]
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough)
    first, last = math.ceil(low / step), math.floor(high / step)
    return low * 1.05, high * 1.02, [number * step for number in range(first, last + 1)]


# What a page needs of an SVG


def slim(svg: str, name: str) -> Markup:
    """The drawing without what a browser does not need; texts in both languages, descriptions as titles."""
    root = defusedxml.ElementTree.fromstring(svg)
    box = root.get("viewBox", "")
    width, height = box.split()[2:]
    return Markup('<svg viewBox="{}" width="{}" height="{}" fill="none" role="img" aria-label="{}">{}</svg>').format(
        box, width, height, name, Markup("").join(_children(root))
    )


def _children(parent: ET.Element) -> list[Markup]:
    return [part for child in parent if (part := _slim(child))]


def _slim(element: ET.Element) -> Markup:
    name = element.tag.removeprefix(NAMESPACE)
    inside = _children(element)
    kept = {key: _rounded(value) for key, value in element.attrib.items() if key in KEPT and _matters(key, value)}
    if name == "g":
        if not inside:
            return Markup("")
        kept = {key: value for key, value in kept.items() if key == "transform"}
        content = Markup("").join(inside)
        return _tag("g", kept, content) if kept else content
    if name == "text":
        if not element.text:
            return Markup("")
        inside = [_both(element.text)]
    elif name not in {"path", "line", "rect"} or not kept.keys() & {"fill", "stroke"}:
        return Markup("")
    if (title := element.get("aria-label")) and element.get("aria-hidden") != "true":
        inside.append(_tag("title", {}, Markup.escape(title)))
    return _tag(name, kept, Markup("").join(inside))


def _matters(key: str, value: str) -> bool:
    """Whether an attribute says anything."""
    if key in {"fill", "stroke"}:
        return value not in {"none", "transparent"}
    return (key, value) not in {("transform", "translate(0,0)"), ("opacity", "1"), ("stroke-width", "1")}


def _rounded(value: str) -> str:
    """Without a second decimal."""
    return re.sub(r"-?\d+\.\d+", lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), value)


def _both(text: str) -> Markup:
    ru, _, en = text.partition(BETWEEN)
    if not en:
        return Markup.escape(text)
    return Markup("<tspan lang=ru>{}</tspan><tspan lang=en>{}</tspan>").format(ru, en)


def _tag(name: str, attributes: t.Mapping[str, str], content: Markup) -> Markup:
    told = Markup("").join(Markup(' {}="{}"').format(key, value) for key, value in attributes.items())
    return Markup("<{0}{1}>{2}</{0}>").format(name, told, content) if content else Markup("<{}{}/>").format(name, told)
