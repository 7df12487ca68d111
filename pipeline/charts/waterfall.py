"""A change split into parts: from the total before, by what each indicator gained or lost, to the total now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.charts.style import GREY, INK, PLAIN, domain, finished, tone_scales

_WIDTH, _ROW = 420, 24


@dataclass(frozen=True)
class Step:
    """A part of the change, from ``start`` to ``end``; a total has both equal. ``text``: its points as people read them."""

    name: str
    start: float
    end: float
    text: str
    label: str

    @property
    def is_total(self) -> bool:
        return self.start == self.end


def waterfall(steps: Sequence[Step], description: str, *, axis: str, names: Mapping[str, str]) -> dict[str, Any]:
    """Steps from top to bottom; gains go right and losses left. ``names`` of the tones good (gain) and bad (loss)."""
    import altair as alt

    def row(step: Step, place: int) -> dict[str, Any]:
        tone = "good" if step.end > step.start else "bad"
        following = steps[place + 1].name if place + 1 < len(steps) else step.name
        return asdict(step) | {
            "tone": tone,
            "kind": names[tone],
            "right": max(step.start, step.end),
            "is_total": step.is_total,
            "next": following,
        }

    rows = [row(step, place) for place, step in enumerate(steps)]
    order = [step.name for step in steps]
    extent = domain([value for step in steps for value in (step.start, step.end)], room=0.08)
    x = alt.X(
        "start:Q", title=axis, scale=alt.Scale(domain=extent, nice=False, zero=False), axis=alt.Axis(format=PLAIN, tickCount=6)
    )
    y = alt.Y(
        "name:N", title=None, sort=order, scale=alt.Scale(domain=order, padding=0.25), axis=alt.Axis(ticks=False, domain=False)
    )
    base = alt.Chart(alt.Data(values=rows)).encode(y=y)
    parts = base.transform_filter("!datum.is_total")
    colour, _ = tone_scales(names, (each["tone"] for each in rows if not each["is_total"]))
    chart = alt.layer(
        # From each end down to the next row.
        base.transform_filter("datum.next != datum.name")
        .mark_rule(color=GREY, strokeWidth=1, aria=False)
        .encode(x=alt.X("end:Q", title=axis), y2="next:N"),
        parts.mark_bar(height=13).encode(x=x, x2="end:Q", color=colour, description="label:N"),
        base.transform_filter("datum.is_total").mark_tick(color=INK, thickness=4, size=18).encode(x=x, description="label:N"),
        base.mark_text(align="left", dx=7, aria=False).encode(x=alt.X("right:Q", title=axis), text="text:N"),
    )
    return finished(chart.properties(width=_WIDTH, height=_ROW * len(rows)), description)
