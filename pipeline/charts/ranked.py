"""Members of a dimension in order, each with its interval; bars only where the axis starts at zero, points else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.charts.style import GREY, INK, ORANGE, domain, finished, number_format, tone_scales

_WIDTH, _ROW = 460, 22
# From where on the smallest value is so near the largest that bars from zero would all look alike.
_ALIKE = 0.6
_ROOM = 1.03


@dataclass(frozen=True)
class Member:
    """A member with its value and 95 % interval; ``name`` has n in it, ``text`` is its value as people read it."""

    name: str
    value: float
    low: float | None
    high: float | None
    tone: str
    text: str
    label: str


@dataclass(frozen=True)
class Line:
    """A value that all members are held against: the whole enterprise, or the requirement."""

    value: float
    name: str
    is_requirement: bool


def ranked(
    members: Sequence[Member],
    description: str,
    *,
    axis: str,
    names: Mapping[str, str],
    lines: Sequence[Line] = (),
    is_rate: bool = False,
) -> dict[str, Any]:
    """Members in the given order from top to bottom. ``names`` of the tones that occur."""
    import altair as alt

    rows = [asdict(member) | {"kind": names[member.tone]} for member in members]
    values = [row[name] for row in rows for name in ("value", "low", "high") if row[name] is not None]
    values += [line.value for line in lines]
    from_zero = min(values) >= 0 and min(values) < _ALIKE * max(values)
    extent = (
        [0.0, max(values) * _ROOM]
        if from_zero
        else domain(values, lowest=0 if min(values) >= 0 else None, highest=1 if is_rate else None)
    )
    x = alt.X(
        "value:Q",
        title=axis,
        scale=alt.Scale(domain=extent, nice=False, zero=from_zero),
        axis=alt.Axis(format=number_format(is_rate, extent), tickCount=6),
    )
    y = alt.Y(
        "name:N", title=None, sort=[member.name for member in members], axis=alt.Axis(ticks=False, domain=False, labelPadding=6)
    )
    base = alt.Chart(alt.Data(values=rows)).encode(y=y)
    colour, shape = tone_scales(names, (member.tone for member in members))
    layers = []
    if from_zero:
        layers.append(base.mark_bar(color="#cfd8e3", height=10, aria=False).encode(x=x))
    for line in lines:
        looks: dict[str, Any] = {"color": ORANGE, "strokeDash": [6, 4]} if line.is_requirement else {"color": GREY}
        data = alt.Data(values=[{"value": line.value, "label": line.name}])
        layers.append(alt.Chart(data).mark_rule(strokeWidth=2, **looks).encode(x="value:Q", description="label:N"))
    layers += [
        base.transform_filter("datum.low != null")
        .mark_rule(color=INK, strokeWidth=1.5, aria=False)
        .encode(x=alt.X("low:Q", title=axis), x2="high:Q"),
        base.mark_point(filled=True, size=90, opacity=1).encode(x=x, color=colour, shape=shape, description="label:N"),
        base.mark_text(align="left", aria=False).encode(x=alt.value(_WIDTH + 10), text="text:N"),
    ]
    return finished(alt.layer(*layers).properties(width=_WIDTH, height=_ROW * len(rows)), description)
