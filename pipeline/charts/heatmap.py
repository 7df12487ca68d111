"""A table of two attributes whose cells have a shade and a number; what is withheld or absent is marked as such, never as zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.charts.style import GREY, INK, PAPER, SMALLEST_TEXT, finished

SEQUENTIAL = ("#eaf3fa", "#c3def1", "#93c3e6", "#63a5d6")
"""Shades on which dark text has a contrast of more than 4.5."""
GOOD, FAIR, NEAR, FAR = "#9ecae8", "#d9eaf6", "#fbe3c0", "#f4b58f"
"""Blue and orange, which everybody tells apart."""
_HIGH = 26


@dataclass(frozen=True)
class Shade:
    """A class of cells with its name in the legend; ``is_hollow``: there is no number, and its border is dashed."""

    name: str
    colour: str = PAPER
    is_hollow: bool = False


@dataclass(frozen=True)
class Cell:
    """A cell; ``shade`` is the name of its class, ``text`` what stands in it."""

    row: str
    column: str
    shade: str
    text: str
    label: str


def heatmap(
    cells: Sequence[Cell],
    rows: Sequence[str],
    columns: Sequence[str],
    shades: Sequence[Shade],
    description: str,
    *,
    width: int,
    row_title: str | None = None,
    column_title: str | None = None,
) -> dict[str, Any]:
    """Rows and columns in the given order. ``width`` of a column in pixels."""
    import altair as alt

    shown = [shade for shade in shades if any(cell.shade == shade.name for cell in cells)]
    hollow = [shade.name for shade in shown if shade.is_hollow]
    data = [asdict(cell) | {"is_hollow": cell.shade in hollow} for cell in cells]
    longest = max((len(cell.text) for cell in cells), default=1)
    base = alt.Chart(alt.Data(values=data)).encode(
        x=alt.X(
            "column:N",
            title=column_title,
            scale=alt.Scale(domain=list(columns), padding=0),
            axis=alt.Axis(orient="top", ticks=False, domain=False, labelFontSize=11),
        ),
        y=alt.Y(
            "row:N",
            title=row_title,
            scale=alt.Scale(domain=list(rows), padding=0),
            axis=alt.Axis(ticks=False, domain=False, labelPadding=6),
        ),
    )
    domain = [shade.name for shade in shown]
    colours = alt.Color(
        "shade:N",
        scale=alt.Scale(domain=domain, range=[shade.colour for shade in shown]),
        legend=alt.Legend(title=None, symbolType="square", symbolStrokeColor=GREY, symbolStrokeWidth=1, columns=7),
    )
    dashed = alt.condition("datum.is_hollow", alt.value([2, 2]), alt.value([1, 0]))
    chart = alt.layer(
        base.mark_rect(stroke=GREY, strokeWidth=0.6).encode(color=colours, strokeDash=dashed, description="label:N"),
        base.mark_text(fontSize=SMALLEST_TEXT if longest * 6.2 > width else 11, color=INK, aria=False).encode(text="text:N"),
    )
    return finished(chart.properties(width=width * len(columns), height=_HIGH * len(rows)), description)
