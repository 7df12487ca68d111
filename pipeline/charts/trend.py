"""A line over periods with its interval and its requirement; several of them as small panels on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.charts.style import BLUE, HEIGHT, ORANGE, ORANGE_TEXT, PAPER, WIDTH, domain, finished, number_format

_PANEL_WIDTH, _PANEL_HEIGHT = 285, 130


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


def panels(series: Sequence[Panel], description: str, *, axis: str, highest: float | None = None) -> dict[str, Any]:
    """Lines side by side in two columns, all with the same scale, so that heights can be compared."""
    import altair as alt

    rows = [[asdict(point) for point in each.points] for each in series]
    extent = _extent([row for each in rows for row in each], highest)
    drawn = [
        alt.layer(*_layers(each, axis, False, "", extent, _PANEL_WIDTH)).properties(
            width=_PANEL_WIDTH, height=_PANEL_HEIGHT, title=panel.name
        )
        for panel, each in zip(series, rows, strict=True)
    ]
    return finished(alt.concat(*drawn, columns=2, spacing=24), description)


def _extent(rows: Sequence[dict[str, Any]], highest: float | None) -> list[float]:
    values = [row[name] for row in rows for name in ("value", "low", "high", "limit") if row[name] is not None]
    return domain(values, highest=None if highest is None else max(highest, *values)) if values else [0, 1]


def _layers(rows: list[dict[str, Any]], axis: str, is_rate: bool, limit_label: str, extent: list[float], width: int) -> list[Any]:
    import altair as alt

    periods = [row["period"] for row in rows]
    x = alt.X(
        "period:N",
        title=None,
        scale=alt.Scale(domain=periods, padding=0.5),
        axis=alt.Axis(labelOverlap=True, labelFontSize=11 if width < WIDTH else 12),
    )
    base = alt.Chart(alt.Data(values=rows)).encode(x=x)
    scale = alt.Scale(domain=extent, nice=False, zero=False)
    ticks = alt.Axis(
        format=number_format(is_rate, extent), tickCount=5, titleAngle=0, titleAlign="left", titleAnchor="end", titleY=-10
    )
    value = alt.Y("value:Q", title=axis, scale=scale, axis=ticks)
    layers = [
        base.transform_filter("datum.low != null")
        .mark_area(color=BLUE, opacity=0.18, aria=False)
        .encode(y=alt.Y("low:Q", title=axis, scale=scale), y2="high:Q"),
        # An interval whose neighbours have none would be an area without width.
        base.transform_filter("datum.low != null")
        .mark_rule(color=BLUE, strokeWidth=1.5, aria=False)
        .encode(y=alt.Y("low:Q", title=axis), y2="high:Q"),
    ]
    if any(row["limit"] is not None for row in rows):
        layers.append(
            base.mark_line(color=ORANGE, strokeDash=[6, 4], strokeWidth=2, interpolate="step", aria=False).encode(
                y=alt.Y("limit:Q", title=axis)
            )
        )
        if limit_label:
            last = next(row for row in reversed(rows) if row["limit"] is not None)
            layers.append(
                alt.Chart(alt.Data(values=[{"limit": last["limit"], "label": limit_label}]))
                .mark_text(color=ORANGE_TEXT, align="right", dy=-8, aria=False)
                .encode(y="limit:Q", x=alt.value(width), text="label:N")
            )
    fill = alt.condition("datum.is_provisional", alt.value(PAPER), alt.value(BLUE))
    layers += [
        base.mark_line(color=BLUE, strokeWidth=2, aria=False).encode(y=value),
        base.transform_filter("datum.value != null")
        .mark_point(stroke=BLUE, filled=True, size=70, strokeWidth=2, opacity=1)
        .encode(y=value, fill=fill, description="label:N"),
    ]
    return layers
