"""A run chart with control limits: which months are more than the process's own scatter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.charts.style import BLUE, GREY, HEIGHT, ORANGE, WIDTH, domain, finished, number_format, tone_scales


@dataclass(frozen=True)
class Month:
    """A month of a series; limits are None where there are too few months. ``tone``: plain, or bad or good for a signal."""

    month: str
    value: float
    centre: float | None
    low: float | None
    high: float | None
    tone: str
    label: str


def control_chart(
    months: Sequence[Month], description: str, *, axis: str, names: Mapping[str, str], is_rate: bool = False
) -> dict[str, Any]:
    """Months in the given order with centre line and limits; signals have a shape of their own. ``names`` of the tones."""
    import altair as alt

    rows = [asdict(month) | {"kind": names[month.tone]} for month in months]
    values = [row[name] for row in rows for name in ("value", "low", "high") if row[name] is not None]
    extent = domain(values)
    scale = alt.Scale(domain=extent, nice=False, zero=False)
    ticks = alt.Axis(format=number_format(is_rate, extent), titleAngle=0, titleAlign="left", titleAnchor="end", titleY=-10)
    x = alt.X("month:N", title=None, sort=None, axis=alt.Axis(labelOverlap="greedy", labelSeparation=12))
    base = alt.Chart(alt.Data(values=rows)).encode(x=x)

    def line(name: str, **looks: Any) -> Any:
        return base.mark_line(interpolate="step", aria=False, **looks).encode(y=alt.Y(f"{name}:Q", title=axis, scale=scale))

    colour, shape = tone_scales(names, (month.tone for month in months))
    chart = alt.layer(
        line("low", color=ORANGE, strokeDash=[6, 4], strokeWidth=1.5),
        line("high", color=ORANGE, strokeDash=[6, 4], strokeWidth=1.5),
        line("centre", color=GREY, strokeWidth=1.5),
        base.mark_line(color=BLUE, strokeWidth=1.5, aria=False).encode(y=alt.Y("value:Q", title=axis, axis=ticks)),
        base.mark_point(filled=True, size=80, opacity=1).encode(
            y=alt.Y("value:Q", title=axis), color=colour, shape=shape, description="label:N"
        ),
    )
    return finished(chart.properties(width=WIDTH, height=HEIGHT), description)
