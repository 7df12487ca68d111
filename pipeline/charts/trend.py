"""A line over periods with its interval and its requirement; several of them as small panels on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.charts.style import BLUE, HEIGHT, ORANGE, ORANGE_TEXT, PAPER, WIDTH, domain, finished, number_format

_PANEL_WIDTH, _PANEL_HEIGHT = 285, 130
# Q2, and below the first and each first quarter its year.
_SHORT_QUARTERS = (
    "datum.index == 0 || slice(datum.label, 5) == 'Q1' ? [slice(datum.label, 5), slice(datum.label, 0, 4)] : slice(datum.label, 5)"
)


@dataclass(frozen=True)
class Point:
    """A period's value with its 95 % interval; ``label`` is what a reader of the point is told (value, n).

    limit           the requirement of that period
    is_provisional  drawn hollow
    """

    period: str
    value: float | None
    low: float | None
    high: float | None
    label: str
    limit: float | None = None
    is_provisional: bool = False


@dataclass(frozen=True)
class Panel:
    """A line with its name, the heading of its panel."""

    name: str
    points: tuple[Point, ...]


def trend(
    points: Sequence[Point],
    description: str,
    *,
    axis: str,
    is_rate: bool = False,
    limit: float | None = None,
    limit_label: str = "",
    highest: float | None = None,
) -> dict[str, Any]:
    """Periods in the given order; those without a value are a gap. ``limit``: a requirement of all, drawn dashed and labelled.

    highest  what the values cannot exceed (1 of a rate, 100 of a score)
    """
    import altair as alt

    rows = [asdict(point) | {"limit": limit if limit is not None else point.limit} for point in points]
    return finished(
        alt.layer(*_layers(rows, axis, is_rate, limit_label, _extent(rows, highest), WIDTH)).properties(width=WIDTH, height=HEIGHT),
        description,
    )


def panels(series: Sequence[Panel], description: str, *, highest: float | None = None) -> dict[str, Any]:
    """Lines over quarters (``2025-Q1``) in two columns, all with the same scale, so that heights can be compared."""
    import altair as alt

    rows = [[asdict(point) for point in each.points] for each in series]
    extent = _extent([row for each in rows for row in each], highest)
    drawn = [
        alt.layer(*_layers(each, None, False, "", extent, _PANEL_WIDTH)).properties(
            width=_PANEL_WIDTH, height=_PANEL_HEIGHT, title=panel.name
        )
        for panel, each in zip(series, rows, strict=True)
    ]
    return finished(alt.concat(*drawn, columns=2, spacing=24), description)


def _extent(rows: Sequence[dict[str, Any]], highest: float | None) -> list[float]:
    values = [row[name] for row in rows for name in ("value", "low", "high", "limit") if row[name] is not None]
    return domain(values, highest=None if highest is None else max(highest, *values)) if values else [0, 1]


def _layers(
    rows: list[dict[str, Any]], axis: str | None, is_rate: bool, limit_label: str, extent: list[float], width: int
) -> list[Any]:
    import altair as alt

    ticks = alt.Axis(labelExpr=_SHORT_QUARTERS, labelFontSize=11) if width < WIDTH else alt.Axis(labelOverlap=True)
    periods = [row["period"] for row in rows]
    rows = _with_stretches(rows)
    x = alt.X("period:N", title=None, scale=alt.Scale(domain=periods, padding=0.5), axis=ticks)
    base = alt.Chart(alt.Data(values=rows)).encode(x=x)
    scale = alt.Scale(domain=extent, nice=False, zero=False)
    values = alt.Axis(
        format=number_format(is_rate, extent), tickCount=5, titleAngle=0, titleAlign="left", titleAnchor="end", titleY=-10
    )
    layers = [
        base.transform_filter("datum.low != null")
        .mark_area(color=BLUE, opacity=0.18, aria=False)
        .encode(y=alt.Y("low:Q", title=axis, scale=scale, axis=values), y2="high:Q", detail="stretch:O"),
        base.transform_filter("datum.is_alone")
        .mark_rule(color=BLUE, strokeWidth=6, opacity=0.25, aria=False)
        .encode(y=alt.Y("low:Q", title=axis), y2="high:Q"),
    ]
    limits = {row["limit"] for row in rows}
    if limits != {None}:
        layers += _limit_layers(base, rows, axis, limit_label, width, is_constant=len(limits) == 1)
    fill = alt.condition("datum.is_provisional", alt.value(PAPER), alt.value(BLUE))
    layers += [
        base.mark_line(color=BLUE, strokeWidth=2, aria=False).encode(y=alt.Y("value:Q", title=axis)),
        base.transform_filter("datum.value != null")
        .mark_point(stroke=BLUE, filled=True, size=70, strokeWidth=2, opacity=1)
        .encode(y=alt.Y("value:Q", title=axis), fill=fill, description="label:N"),
    ]
    return layers


def _with_stretches(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with the number of the stretch of periods with an interval that they belong to: no shade lies over a gap.

    ``is_alone``: a stretch of one period, whose shade would have no width.
    """
    stretches: list[int] = []
    for place, row in enumerate(rows):
        goes_on = place > 0 and (row["low"] is None) == (rows[place - 1]["low"] is None)
        stretches.append(stretches[-1] + (not goes_on) if stretches else 0)
    return [
        row | {"stretch": stretch, "is_alone": row["low"] is not None and stretches.count(stretch) == 1}
        for row, stretch in zip(rows, stretches, strict=True)
    ]


def _limit_layers(
    base: Any, rows: list[dict[str, Any]], axis: str | None, label: str, width: int, *, is_constant: bool
) -> list[Any]:
    """A requirement that stays is one line across; one that moves has a step at each move."""
    import altair as alt

    looks: dict[str, Any] = {"color": ORANGE, "strokeDash": [6, 4], "strokeWidth": 2}
    last = next(row["limit"] for row in reversed(rows) if row["limit"] is not None)
    own = alt.Chart(alt.Data(values=[{"limit": last, "label": label}]))
    y = alt.Y("limit:Q", title=axis)
    layers = []
    if is_constant:
        line = own.mark_rule(**looks) if label else own.mark_rule(aria=False, **looks)
        layers.append(line.encode(y=y, description="label:N") if label else line.encode(y=y))
    else:
        layers.append(base.mark_line(interpolate="step", aria=False, **looks).encode(y=y))
    if label:
        text = own.mark_text(color=ORANGE_TEXT, align="right", dy=-8, aria=False)
        layers.append(text.encode(y=y, x=alt.value(width), text="label:N"))
    return layers
