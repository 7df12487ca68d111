"""Importance and performance: the weight of each indicator in the total by its score; the lost points are the size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pipeline.charts.labels import Mark, Wanted, placed
from pipeline.charts.style import GREY, PLAIN, WIDTH, domain, finished, tone_scales

_HEIGHT = 340
_SMALLEST, _LARGEST = 40, 700


@dataclass(frozen=True)
class Item:
    """An indicator: weight in the total 0–1, score 0–100, points that it costs the total.

    ``full_name`` stands beside the largest, or ``name`` where there is no room for it.
    """

    name: str
    full_name: str
    weight: float
    score: float
    lost: float
    tone: str
    label: str


def importance(
    items: Sequence[Item],
    description: str,
    *,
    axis: str,
    weight_axis: str,
    names: Mapping[str, str],
    mean_names: tuple[str, str],
    corners: tuple[str, str],
    named: int = 8,
) -> dict[str, Any]:
    """Lines are the means of weight and score; ``mean_names`` says so (weight, score).

    corners  what indicators of much weight ask for: below the mean score (bottom right), above it (top right)
    named    how many of those that cost points have their name beside them
    """
    import altair as alt

    mean_weight = sum(each.weight for each in items) / len(items)
    mean_score = sum(each.score for each in items) / len(items)
    # The largest first, so that smaller ones lie on top.
    drawn = sorted(items, key=lambda each: (-each.lost, each.name))
    rows = [asdict(each) | {"kind": names[each.tone]} for each in drawn]
    across = domain([0.0, *(each.weight for each in items)], lowest=0)
    up = domain([each.score for each in items] + [100.0], room=0.08)
    x = alt.X(
        "weight:Q",
        title=weight_axis,
        scale=alt.Scale(domain=across, nice=False),
        axis=alt.Axis(format=".1%", tickCount=6, grid=False),
    )
    y = alt.Y(
        "score:Q",
        title=axis,
        scale=alt.Scale(domain=up, nice=False, zero=False),
        axis=alt.Axis(titleAngle=0, titleAlign="left", titleAnchor="end", titleY=-10, grid=False, format=PLAIN),
    )
    size = alt.Size(
        "lost:Q", scale=alt.Scale(domain=[0, max(each.lost for each in items) or 1], range=[_SMALLEST, _LARGEST]), legend=None
    )
    colour, shape = tone_scales(names, (each.tone for each in items))
    base = alt.Chart(alt.Data(values=rows))

    def mean(field: str, value: float, name: str) -> Any:
        data = alt.Data(values=[{field: value, "label": name}])
        channel: dict[str, Any] = {"x": alt.X("weight:Q")} if field == "weight" else {"y": alt.Y("score:Q")}
        return alt.Chart(data).mark_rule(color=GREY, strokeDash=[5, 4]).encode(**channel, description="label:N")

    def text(x_pixel: float, y_pixel: float, said: str, align: Literal["left", "right"], colour: str | None = None) -> Any:
        looks: dict[str, Any] = {"color": colour} if colour else {}
        return (
            alt.Chart(alt.Data(values=[{"text": said}]))
            .mark_text(align=align, aria=False, **looks)
            .encode(x=alt.value(x_pixel), y=alt.value(y_pixel), text="text:N")
        )

    layers = [
        mean("weight", mean_weight, mean_names[0]),
        mean("score", mean_score, mean_names[1]),
        text(WIDTH - 6, _HEIGHT - 10, corners[0], "right", GREY),
        text(WIDTH - 6, 12, corners[1], "right", GREY),
        base.mark_point(filled=True, opacity=0.85).encode(x=x, y=y, size=size, color=colour, shape=shape, description="label:N"),
    ]
    most = max(each.lost for each in items) or 1.0
    marks = [
        Mark(
            (each.weight - across[0]) / (across[1] - across[0]) * WIDTH,
            (up[1] - each.score) / (up[1] - up[0]) * _HEIGHT,
            math.sqrt((_SMALLEST + (_LARGEST - _SMALLEST) * each.lost / most) / math.pi),
        )
        for each in drawn
    ]
    wanted = [Wanted(mark, (each.full_name, each.name)) for mark, each in zip(marks, drawn, strict=True) if each.lost > 0][:named]
    labels = placed(wanted, marks, WIDTH, _HEIGHT)
    layers += [text(label.x, label.y, label.text, "right" if label.is_left else "left") for label in labels]
    return finished(alt.layer(*layers).properties(width=WIDTH, height=_HEIGHT), description)
