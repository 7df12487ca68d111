"""A line over periods with its interval and its requirement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.charts.style import BLUE, HEIGHT, ORANGE, WIDTH, finished


@dataclass(frozen=True)
class Point:
    """A period's value with its 95 % interval; ``label`` is what a reader of the point is told (value, n)."""

    period: str
    value: float | None
    low: float | None
    high: float | None
    label: str


def trend(
    points: Sequence[Point],
    description: str,
    *,
    axis: str,
    number_format: str = ".2f",
    limit: float | None = None,
    limit_label: str = "",
) -> dict[str, Any]:
    """Periods in the given order; those without a value are a gap. ``limit``: a requirement, drawn dashed and labelled."""
    import altair as alt

    rows = [asdict(point) for point in points]
    scale = alt.Scale(zero=False, nice=True)
    base = alt.Chart(alt.Data(values=rows)).encode(x=alt.X("period:N", title=None, sort=None, scale=alt.Scale(padding=0.5)))
    value = alt.Y("value:Q", title=axis, scale=scale, axis=alt.Axis(format=number_format))
    layers = [
        base.transform_filter("datum.low != null")
        .mark_area(color=BLUE, opacity=0.18)
        .encode(y=alt.Y("low:Q", title=axis), y2="high:Q"),
        base.mark_line(color=BLUE, strokeWidth=2, aria=False).encode(y=value),
        base.transform_filter("datum.value != null")
        .mark_point(color=BLUE, filled=True, size=60)
        .encode(y=value, description="label:N"),
    ]
    if limit is not None:
        data = alt.Data(values=[{"limit": limit, "label": limit_label}])
        layers.append(alt.Chart(data).mark_rule(color=ORANGE, strokeDash=[6, 4]).encode(y="limit:Q", description="label:N"))
        layers.append(
            alt.Chart(data)
            .mark_text(color=ORANGE, align="right", dy=-8, x=WIDTH)
            .encode(y="limit:Q", x=alt.value(WIDTH), text="label:N")
        )
    return finished(alt.layer(*layers).properties(width=WIDTH, height=HEIGHT), description)
