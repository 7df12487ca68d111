"""The tree of scores as an icicle, from the total on the left to the indicators on the right: height is weight, shade is score.

Texts run from left to right, so weights are heights: as widths, sixty indicators would have no room for a name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.charts.heatmap import Shade
from pipeline.charts.labels import text_width
from pipeline.charts.style import GREY, INK, SMALLEST_TEXT, finished

_WIDTHS = (80, 150, 190, 270)
_HEIGHT = 960
# The lowest node that has room for a line of text.
_LOWEST_WITH_TEXT = 10.0
_PADDING = 5


@dataclass(frozen=True)
class Node:
    """A node: depth 0 is the total, 3 an indicator; it reaches from ``top`` to ``bottom``, shares 0–1 of the total's weight.

    shade  the name of the class of its score; of a node without a score that of a hollow shade
    text   its name and score, ``short`` where there is no room for all of it
    """

    depth: int
    top: float
    bottom: float
    shade: str
    text: str
    short: str
    label: str


def score_tree(nodes: Sequence[Node], shades: Sequence[Shade], description: str) -> dict[str, Any]:
    """Nodes of four levels; ``shades`` in the order of the legend, the hollow one last."""
    import altair as alt

    starts = [sum(_WIDTHS[:depth]) for depth in range(len(_WIDTHS))]
    shown = [shade for shade in shades if any(node.shade == shade.name for node in nodes)]
    hollow = [shade.name for shade in shown if shade.is_hollow]
    rows = [
        asdict(node)
        | {"left": starts[node.depth], "right": starts[node.depth] + _WIDTHS[node.depth], "is_hollow": node.shade in hollow}
        | {"written": _written(node), "middle": (node.top + node.bottom) / 2, "at": starts[node.depth] + _PADDING}
        for node in nodes
    ]
    across = alt.Scale(domain=[0, sum(_WIDTHS)], nice=False)
    down = alt.Scale(domain=[1, 0], nice=False)
    base = alt.Chart(alt.Data(values=rows))
    x, y = alt.X("left:Q", axis=None, scale=across), alt.Y("top:Q", axis=None, scale=down)
    colours = alt.Color(
        "shade:N",
        scale=alt.Scale(domain=[shade.name for shade in shown], range=[shade.colour for shade in shown]),
        legend=alt.Legend(title=None, symbolType="square", symbolStrokeColor=GREY, symbolStrokeWidth=1, columns=6),
    )
    dashed = alt.condition("datum.is_hollow", alt.value([2, 2]), alt.value([1, 0]))
    chart = alt.layer(
        base.mark_rect(stroke=GREY, strokeWidth=0.6).encode(
            x=x, x2="right:Q", y=y, y2="bottom:Q", color=colours, strokeDash=dashed, description="label:N"
        ),
        base.transform_filter("datum.written != ''")
        .mark_text(align="left", fontSize=SMALLEST_TEXT, color=INK, aria=False)
        .encode(x=alt.X("at:Q", axis=None), y=alt.Y("middle:Q", axis=None), text="written:N"),
    )
    return finished(chart.properties(width=sum(_WIDTHS), height=_HEIGHT), description)


def _written(node: Node) -> str:
    if (node.bottom - node.top) * _HEIGHT < _LOWEST_WITH_TEXT:
        return ""
    room = _WIDTHS[node.depth] - 2 * _PADDING
    return node.text if text_width(node.text) * SMALLEST_TEXT / 12 <= room else node.short
