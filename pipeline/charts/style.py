"""What all charts have in common: size, colours, marks, grid. Never colour alone: a shape, a dash or a text says the same.

Every mark has a ``description`` that a reader of it is told; marks that only repeat another one (lines between points, texts in
cells) are hidden from assistive technology (``aria`` false).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

# Of Okabe and Ito's colours those with a contrast of 3 : 1 or more on white.
BLUE, ORANGE, GREEN, PURPLE, GREY, INK = "#0072B2", "#D55E00", "#007A5E", "#B0568C", "#526070", "#17212b"
# The same orange for text, which needs 4.5 : 1.
ORANGE_TEXT = "#A84300"
PAPER, GRID, PALE = "#ffffff", "#e3e8ee", "#eef2f6"
WIDTH = 640
HEIGHT = 260
SMALLEST_TEXT, TEXT = 10, 12
PLAIN = ",.12~g"
"""The d3 format of plain numbers on an axis: as many digits as they have, none of them as powers of ten."""

Tone = Literal["good", "bad", "open", "absent", "plain"]
COLOURS: Mapping[str, str] = {"good": GREEN, "bad": ORANGE, "open": GREY, "absent": GREY, "plain": BLUE}
SHAPES: Mapping[str, str] = {"good": "circle", "bad": "triangle-down", "open": "diamond", "absent": "cross", "plain": "circle"}
"""How a mark of each tone looks; green and orange differ in shape, too."""

CONFIG: dict[str, Any] = {
    "view": {"stroke": None},
    "axis": {
        # The text alternative and the marks say what axes say, in the language of the report.
        "aria": False,
        "labelColor": INK,
        "titleColor": GREY,
        "gridColor": GRID,
        "labelFontSize": TEXT,
        "titleFontSize": TEXT,
        "titleFontWeight": "normal",
        "labelLimit": 340,
    },
    "axisX": {"labelAngle": 0},
    "legend": {
        "aria": False,
        "labelFontSize": TEXT,
        "titleFontSize": TEXT,
        "labelColor": INK,
        "orient": "bottom",
        "labelLimit": 300,
        "symbolSize": 90,
    },
    "title": {"aria": False, "fontSize": 13, "color": INK, "anchor": "start", "fontWeight": "bold"},
    "text": {"fontSize": TEXT, "color": INK},
}


def finished(chart: Any, description: str) -> dict[str, Any]:
    """A chart's specification with the common looks; ``description`` becomes its text alternative.

    Tests hold that it is valid: checking it against Vega-Lite's schema takes longer than drawing it.
    """
    specification: dict[str, Any] = chart.properties(description=description).configure(**CONFIG).to_dict(validate=False)
    return specification


def tone_scales(names: Mapping[str, str], tones: Iterable[str]) -> tuple[Any, Any]:
    """Encodings of colour and shape by the field ``kind``, whose values are the names of tones, with one legend for both."""
    import altair as alt

    present = set(tones)
    shown = [tone for tone in names if tone in present]
    domain = [names[tone] for tone in shown]
    legend = alt.Legend(title=None, symbolOpacity=1) if len(shown) > 1 else None
    colour = alt.Color("kind:N", scale=alt.Scale(domain=domain, range=[COLOURS[tone] for tone in shown]), legend=legend)
    shape = alt.Shape("kind:N", scale=alt.Scale(domain=domain, range=[SHAPES[tone] for tone in shown]), legend=legend)
    return colour, shape


def number_format(is_rate: bool, values: Sequence[float]) -> str:
    """The d3 format of an axis: percent with a decimal where whole ones would repeat, plain numbers else."""
    if not is_rate:
        return PLAIN
    return ".1%" if not values or max(values) - min(values) < 0.08 else ".0%"


def domain(values: Sequence[float], room: float = 0.06, lowest: float | None = None, highest: float | None = None) -> list[float]:
    """The extent of an axis that need not start at zero, with a little room, within what the values can be."""
    low, high = min(values), max(values)
    margin = (high - low) * room or abs(high) * room or 1.0
    low, high = low - margin, high + margin
    return [low if lowest is None else max(low, lowest), high if highest is None else min(high, highest)]
