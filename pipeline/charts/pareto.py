"""Classes by their share of the cases, with the share of all up to each: which few make most. One axis for both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.charts.style import GREY, INK, ORANGE, finished

_WIDTH, _ROW = 420, 23
_VITAL, _OTHER = "#0072B2", "#8796a8"


@dataclass(frozen=True)
class Class:
    """A class; shares are rates 0–1. ``name`` has the number of its cases in it."""

    name: str
    share: float
    cumulative: float
    is_vital: bool
    text: str
    label: str


def pareto(classes: Sequence[Class], description: str, *, axis: str, names: Mapping[str, str], aim: float = 0.8) -> dict[str, Any]:
    """Classes in the given order. ``names``: of the vital few, the others and the line (vital, other, line); ``aim``: its mark."""
    import altair as alt

    order = [each.name for each in classes]
    rows = [
        asdict(each) | {"kind": names["vital" if each.is_vital else "other"], "line": names["line"], "place": place}
        for place, each in enumerate(classes)
    ]
    x = alt.X("share:Q", title=axis, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%", tickCount=5))
    y = alt.Y("name:N", title=None, scale=alt.Scale(domain=order, padding=0.25), axis=alt.Axis(ticks=False, domain=False))
    base = alt.Chart(alt.Data(values=rows)).encode(y=y)
    present = [kind for kind in ("vital", "other") if any(row["kind"] == names[kind] for row in rows)]
    colour = alt.Color(
        "kind:N",
        scale=alt.Scale(
            domain=[names[kind] for kind in present], range=[_VITAL if kind == "vital" else _OTHER for kind in present]
        ),
        legend=alt.Legend(title=None, symbolType="square"),
    )
    line = alt.X("cumulative:Q", title=axis)
    of_line = alt.StrokeDash("line:N", scale=alt.Scale(domain=[names["line"]], range=[[1, 0]]), legend=alt.Legend(title=None))
    chart = alt.layer(
        base.mark_bar(height=13).encode(x=x, color=colour, description="label:N"),
        alt.Chart(alt.Data(values=[{"aim": aim}])).mark_rule(color=ORANGE, strokeDash=[6, 4], aria=False).encode(x=alt.X("aim:Q")),
        base.mark_line(color=INK, strokeWidth=1.5, aria=False).encode(x=line, order="place:Q", strokeDash=of_line),
        base.mark_point(color=INK, filled=True, size=30, opacity=1, aria=False).encode(x=line),
        base.mark_text(align="left", aria=False, color=GREY).encode(x=alt.value(_WIDTH + 10), text="text:N"),
    )
    return finished(chart.properties(width=_WIDTH, height=_ROW * len(rows)), description)
