"""Indicators of all units on one scale: where each value stands between its acceptable limit and its requirement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.charts.style import GREY, INK, finished, tone_scales

_WIDTH, _ROW = 330, 24
# The scale: 0 is the acceptable limit, 1 the requirement. What lies farther out is drawn at the end, as an arrow.
_LOWEST, _HIGHEST = -1.0, 2.0
# So that a mark at the lower end keeps off the names.
_ROOM = 0.08
_ZONES = ((_LOWEST - _ROOM, 0.0, "#d5dbe3"), (0.0, 1.0, "#e6eaf0"), (1.0, _HIGHEST, "#f5f7fa"))


@dataclass(frozen=True)
class Bullet:
    """An indicator: its value and interval as ``position`` gives them, the objective too; ``text``: the value as people read it."""

    name: str
    value: float
    low: float | None
    high: float | None
    objective: float | None
    tone: str
    text: str
    label: str


def position(value: float, requirement: float, acceptable: float) -> float:
    """Where a value stands: 0 at the acceptable limit, 1 at the requirement, whichever way is better. They must differ."""
    return (value - acceptable) / (requirement - acceptable)


def bullets(
    rows: Sequence[Bullet], description: str, *, names: Mapping[str, str], acceptable: str, requirement: str, objective: str
) -> dict[str, Any]:
    """Indicators from top to bottom. ``names`` of the tones; acceptable, requirement, objective: names of the three limits."""
    import altair as alt

    order = [row.name for row in rows]
    data = [
        asdict(row)
        | {"kind": names[row.tone], "drawn": _within(row.value), "from": _within(row.low), "to": _within(row.high)}
        | {"goal": row.objective if row.objective is not None and row.objective <= _HIGHEST else None}
        | {"beyond": "◀" if row.value < _LOWEST else "▶" if row.value > _HIGHEST else ""}
        for row in rows
    ]
    x = alt.X(
        "drawn:Q",
        title=None,
        scale=alt.Scale(domain=[_LOWEST - _ROOM, _HIGHEST], nice=False),
        axis=None,
    )
    y = alt.Y("name:N", title=None, scale=alt.Scale(domain=order, padding=0.2), axis=alt.Axis(ticks=False, domain=False))
    base = alt.Chart(alt.Data(values=data)).encode(y=y)
    zones = [
        alt.Chart(alt.Data(values=[{"a": low, "b": high}]))
        .mark_rect(color=colour, aria=False)
        .encode(x=alt.X("a:Q", title=None), x2="b:Q")
        for low, high, colour in _ZONES
    ]
    limits = alt.Chart(alt.Data(values=[{"at": 0, "name": acceptable}, {"at": 1, "name": requirement}])).encode(
        x=alt.X("at:Q", axis=None)
    )
    colour, shape = tone_scales(names, (row.tone for row in rows))
    layers = [
        *zones,
        limits.mark_rule(color=GREY, strokeWidth=1.5).encode(description="name:N"),
        limits.mark_text(color=INK, aria=False).encode(y=alt.value(-9), text="name:N"),
        base.transform_filter("datum.from != null && datum.to != null")
        .mark_rule(color=INK, strokeWidth=1.5, aria=False)
        .encode(x=alt.X("from:Q", title=None), x2="to:Q"),
        base.mark_point(filled=True, size=90, opacity=1).encode(x=x, color=colour, shape=shape, description="label:N"),
        base.transform_filter("datum.beyond == '◀'")
        .mark_text(align="left", dx=8, fontSize=10, aria=False)
        .encode(x=alt.X("drawn:Q"), text="beyond:N"),
        base.transform_filter("datum.beyond == '▶'")
        .mark_text(align="right", dx=-8, fontSize=10, aria=False)
        .encode(x=alt.X("drawn:Q"), text="beyond:N"),
        base.mark_text(align="left", aria=False).encode(x=alt.value(_WIDTH + 10), text="text:N"),
    ]
    if any(each["goal"] is not None for each in data):
        layers.append(
            base.transform_filter("datum.goal != null")
            .mark_tick(color=INK, thickness=2, size=14)
            .encode(x=alt.X("goal:Q", title=None), description=alt.value(objective))
        )
    return finished(alt.layer(*layers).properties(width=_WIDTH, height=_ROW * len(rows)), description)


def _within(value: float | None) -> float | None:
    return None if value is None else min(max(value, _LOWEST), _HIGHEST)
