"""Members by size and value inside the limits that chance has: small ones scatter, so only those outside are told apart."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.charts.labels import Mark, Wanted, placed
from pipeline.charts.style import GREY, PLAIN, WIDTH, domain, finished, number_format, tone_scales

_HEIGHT = 300
_RADIUS = 5.0


@dataclass(frozen=True)
class Member:
    """A member with its number of cases, value and limits; ``is_named``: its name stands beside it."""

    name: str
    n: float
    value: float
    low_95: float
    high_95: float
    low_998: float
    high_998: float
    tone: str
    is_named: bool
    label: str


def funnel(
    members: Sequence[Member],
    target: float,
    description: str,
    *,
    axis: str,
    size_axis: str,
    names: Mapping[str, str],
    line_names: tuple[str, str, str],
    is_rate: bool = False,
) -> dict[str, Any]:
    """``target``: the whole's value, the line in the middle. ``line_names``: of that line, of the 95 % and of the 99.8 % limits."""
    import altair as alt

    by_size = sorted(members, key=lambda each: (each.n, each.name))
    rows = [asdict(member) | {"kind": names[member.tone]} for member in by_size]
    values = [target, *(row[name] for row in rows for name in ("value", "low_998", "high_998"))]
    extent = domain(values, lowest=0 if min(values) >= 0 else None, highest=1 if is_rate else None)
    sizes = [math.log(member.n) for member in by_size]
    room = (sizes[-1] - sizes[0]) * 0.06 or 0.2
    span = [math.exp(sizes[0] - room), math.exp(sizes[-1] + room)]
    x = alt.X(
        "n:Q",
        title=size_axis,
        scale=alt.Scale(type="log", domain=span, nice=False),
        axis=alt.Axis(format=PLAIN, tickCount=6, grid=False),
    )
    scale = alt.Scale(domain=extent, nice=False, zero=False)
    ticks = alt.Axis(format=number_format(is_rate, extent), titleAngle=0, titleAlign="left", titleAnchor="end", titleY=-10)
    middle, inner, outer = line_names
    # Each limit with its kind, so that lines are in the legend.
    lines = [
        {"n": row["n"], "limit": row[name], "side": name, "line": outer if name.endswith("998") else inner}
        for row in rows
        for name in ("low_95", "high_95", "low_998", "high_998")
    ]
    lines += [{"n": size, "limit": target, "side": "target", "line": middle} for size in span]
    dashes = alt.StrokeDash(
        "line:N",
        scale=alt.Scale(domain=[middle, inner, outer], range=[[1, 0], [2, 3], [7, 4]]),
        legend=alt.Legend(title=None, symbolType="stroke", symbolSize=700, symbolStrokeWidth=1.5),
    )
    colour, shape = tone_scales(names, (member.tone for member in members))
    base = alt.Chart(alt.Data(values=rows)).encode(x=x)
    layers = [
        alt.Chart(alt.Data(values=lines))
        .mark_line(color=GREY, strokeWidth=1.5, aria=False)
        .encode(x=x, y=alt.Y("limit:Q", title=axis, scale=scale, axis=ticks), strokeDash=dashes, detail="side:N"),
        base.mark_point(filled=True, size=90, opacity=1).encode(
            y=alt.Y("value:Q", title=axis), color=colour, shape=shape, description="label:N"
        ),
    ]
    marks = [
        Mark(_share(math.log(each.n), *map(math.log, span)) * WIDTH, (1 - _share(each.value, *extent)) * _HEIGHT, _RADIUS)
        for each in by_size
    ]
    wanted = [Wanted(mark, (each.name,)) for mark, each in zip(marks, by_size, strict=True) if each.is_named]
    for label in placed(wanted, marks, WIDTH, _HEIGHT):
        layers.append(
            alt.Chart(alt.Data(values=[{"text": label.text}]))
            .mark_text(align="right" if label.is_left else "left", aria=False)
            .encode(x=alt.value(label.x), y=alt.value(label.y), text="text:N")
        )
    chart = alt.layer(*layers).resolve_scale(color="independent", shape="independent")
    return finished(chart.properties(width=WIDTH, height=_HEIGHT), description)


def _share(value: float, low: float, high: float) -> float:
    return (value - low) / (high - low)
