"""Charts of every kind: what a reader is told of each mark, and what the drawing holds."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

import pytest

from pipeline.charts import bullet, control, funnel, heatmap, importance, pareto, ranked, tree, trend, waterfall
from pipeline.charts.drawing import svg
from pipeline.charts.style import COLOURS, CONFIG, GREY, INK, ORANGE_TEXT, SHAPES

NAMES = {"good": "met", "bad": "missed", "open": "undecided", "absent": "none", "plain": "month"}


def specifications() -> Iterator[tuple[str, dict[str, Any]]]:
    points = [
        trend.Point("2024-Q1", 80.0, 78.0, 82.0, "first", 85.0),
        trend.Point("2024-Q2", None, None, None, "gap", 85.0),
        trend.Point("2024-Q3", 84.0, 83.0, 86.0, "last", 86.0, True),
    ]
    yield "trend", trend.trend(points, "d", axis="points", limit_label="requirement")
    yield "trend_constant", trend.trend(points, "d", axis="points", limit=85.0, limit_label="requirement")
    yield "panels", trend.panels([trend.Panel("one", tuple(points)), trend.Panel("two", tuple(points))], "d")
    months = [
        control.Month(f"2024-{n:02}", 0.8 + n / 100, 0.85, 0.8, 0.9, "bad" if n > 10 else "plain", str(n)) for n in range(1, 13)
    ]
    yield "control", control.control_chart(months, "d", axis="rate", names=NAMES, is_rate=True)
    members = [ranked.Member(f"m{n}", 0.9 - n / 10, 0.85 - n / 10, 0.95 - n / 10, "open", "t", "l") for n in range(3)]
    yield "ranked", ranked.ranked(members, "d", axis="rate", names=NAMES, lines=[ranked.Line(0.8, "whole", False)], is_rate=True)
    steps = [
        waterfall.Step("before", 80, 80, "80", "l"),
        waterfall.Step("a", 80, 77, "-3", "l"),
        waterfall.Step("now", 77, 77, "77", "l"),
    ]
    yield "waterfall", waterfall.waterfall(steps, "d", axis="points", names=NAMES)
    cells = [heatmap.Cell("r", "c", "full", "1", "l"), heatmap.Cell("r", "d", "withheld", "—", "l")]
    shades = [heatmap.Shade("full", heatmap.GOOD), heatmap.Shade("withheld", is_hollow=True)]
    yield "heatmap", heatmap.heatmap(cells, ["r"], ["c", "d"], shades, "d", width=40)
    bullets = [
        bullet.Bullet("i", 0.5, 0.2, 0.8, 1.5, "bad", "t", "l"),
        bullet.Bullet("j", -4.0, None, None, None, "open", "t", "l"),
    ]
    yield (
        "bullet",
        bullet.bullets(bullets, "d", names=NAMES, acceptable="acceptable", requirement="required", objective="objective"),
    )
    places = [
        funnel.Member(f"m{n}", 30.0 * n, 0.8, 0.7, 0.9, 0.6, 0.95, "open" if n > 1 else "bad", n == 1, "l") for n in range(1, 4)
    ]
    lines = ("whole", "95 %", "99.8 %")
    yield "funnel", funnel.funnel(places, 0.8, "d", axis="rate", size_axis="n", names=NAMES, line_names=lines, is_rate=True)
    classes = [pareto.Class("a", 0.8, 0.8, True, "80 %", "l"), pareto.Class("b", 0.2, 1.0, False, "20 %", "l")]
    yield "pareto", pareto.pareto(classes, "d", axis="share", names={"vital": "vital few", "other": "others", "line": "cumulative"})
    items = [importance.Item(f"i{n}", f"i{n} name", 0.1 * n, 100.0 - 10 * n, float(n), "bad", "l") for n in range(4)]
    given = {"axis": "score", "weight_axis": "weight", "mean_names": ("mean", "mean"), "corners": ("improve", "keep")}
    yield "importance", importance.importance(items, "d", names=NAMES, **given)  # type: ignore[arg-type]
    nodes = [tree.Node(0, 0, 1, "full", "total 90", "90", "l"), tree.Node(1, 0, 0.5, "withheld", "R —", "R —", "l")]
    yield "tree", tree.score_tree(nodes, shades, "d")


SPECIFICATIONS = dict(specifications())


def units(specification: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "mark" in specification:
        yield specification
    for name in ("layer", "concat", "hconcat", "vconcat"):
        for each in specification.get(name, ()):
            yield from units(each)


@pytest.mark.parametrize("name", SPECIFICATIONS)
def test_every_mark_is_told_or_hidden(name: str) -> None:
    found = list(units(SPECIFICATIONS[name]))
    silent = [each["mark"] for each in found if "description" not in each["encoding"] and each["mark"].get("aria") is not False]
    assert silent == []
    assert any("description" in each["encoding"] for each in found)
    # A mark whose colour says something says it by shape, text or place, too: bars and cells have texts.
    for each in found:
        if "color" in each["encoding"] and each["mark"]["type"] == "point":
            assert "shape" in each["encoding"]


@pytest.mark.parametrize("name", SPECIFICATIONS)
def test_drawings_are_light_whole_and_the_same_twice(name: str) -> None:
    drawn = svg(SPECIFICATIONS[name])
    assert drawn == svg(SPECIFICATIONS[name])
    assert len(drawn.encode()) < 60_000
    root = ET.fromstring(drawn)
    assert "viewBox" in root.attrib
    assert not re.search(r"var\(--|<script|<image|url\(http|href=\"http|NaN|undefined", drawn)
    assert set(re.findall(r"https?://[^\"' ]+", drawn)) <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    # Nothing is said in another language than the report's: not by Vega's own words for axes and legends.
    told = [each.attrib.get("aria-label", "") for each in root.iter() if each.attrib.get("role") == "graphics-symbol"]
    assert not [each for each in told if re.search(r"axis|legend|titled", each, re.IGNORECASE)]


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert all(contrast(colour, "#ffffff") >= 3 for colour in COLOURS.values())
    assert all(contrast(colour, "#ffffff") >= 4.5 for colour in (INK, GREY, ORANGE_TEXT, CONFIG["axis"]["labelColor"]))
    shades = (*heatmap.SEQUENTIAL, heatmap.GOOD, heatmap.FAIR, heatmap.NEAR, heatmap.FAR)
    assert all(contrast(INK, shade) >= 4.5 for shade in shades)


def test_tones_differ_in_shape() -> None:
    assert len({SHAPES[tone] for tone in ("good", "bad", "open", "absent")}) == 4


def test_bars_begin_at_zero_or_are_points() -> None:
    """0.2 … 0.9: bars from zero. 0.95 … 0.99: bars would all look alike, and cut ones would lie."""

    def drawn(values: tuple[float, ...]) -> set[str]:
        members = [ranked.Member(str(value), value, None, None, "open", "", "l") for value in values]
        return {each["mark"]["type"] for each in units(ranked.ranked(members, "d", axis="", names=NAMES))}

    assert "bar" in drawn((0.2, 0.9))
    assert "bar" not in drawn((0.95, 0.99))


def test_a_shade_covers_no_gap() -> None:
    points = [trend.Point(f"q{place}", 1.0, low, low, "l") for place, low in enumerate((0.5, 0.5, None, 0.5))]
    specification = trend.trend(points, "d", axis="")
    rows = next(each for each in _data(specification) if "stretch" in each[0])
    assert [row["stretch"] for row in rows] == [0, 0, 1, 2]
    assert [row["is_alone"] for row in rows] == [False, False, False, True]


def _data(specification: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    for part in (specification, *units(specification)):
        if values := part.get("data", {}).get("values"):
            yield values
    yield from specification.get("datasets", {}).values()


def test_the_position_of_a_value() -> None:
    """0.8 acceptable, 0.9 required: 0.85 is half way. Of times, 8 h acceptable and 4 h required, 6 h is."""
    assert bullet.position(0.85, 0.9, 0.8) == pytest.approx(0.5)
    assert bullet.position(6.0, 4.0, 8.0) == pytest.approx(0.5)
    assert bullet.position(4.0, 4.0, 8.0) == 1
