"""Figure of a change: from the total of an earlier period to that of this one, by indicator."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pipeline.charts.waterfall import Step, waterfall
from pipeline.report.document.blocks import Chart
from pipeline.report.figures.frame import Frame, cell, chart
from pipeline.report.figures.trends import firmness, score_range
from pipeline.report.model.run_tables import RunTables
from pipeline.report.words.messages import Messages

PREVIOUS = "previous"
_NAMED = 8
# Points below are rounding errors of the split.
_NOTHING = 1e-9


def change_waterfall(
    tables: RunTables, enterprise_id: str, say: Messages, against: str = PREVIOUS, period: str | None = None
) -> Chart | None:
    """How the total came from that of an earlier period (``previous`` or ``year_before``); None where they were not compared."""
    frame = Frame.of(tables, enterprise_id, say, period)
    change = next((row for row in frame.rows("score_changes", against=against, level="total") if row["status"] == "ok"), None)
    if change is None:
        return None
    parts = [
        row
        for row in frame.rows("score_change_parts", against=against, node_id=change["node_id"])
        if abs(row["change_points"]) > _NOTHING
    ]
    parts.sort(key=lambda row: (-abs(row["change_points"]), row["indicator_id"]))
    named, others = parts[:_NAMED], parts[_NAMED:]
    number, signed = frame.numbers.number, frame.numbers.signed
    before, now = change["score_before"], change["score"]
    steps = [_total(frame, change["compared_period"], before)]
    at = before
    for row in named:
        steps.append(_step(frame, _named(frame, row), at, row["change_points"], _how(frame, row)))
        at += row["change_points"]
    if others:
        points = math.fsum(row["change_points"] for row in others)
        name = frame.text("waterfall.others", n=len(others))
        steps.append(_step(frame, name, at, points, name))
    steps.append(_total(frame, frame.period, now))
    description = frame.sentences(
        frame.text(
            "waterfall",
            before=number(before),
            compared=change["compared_period"],
            now=number(now),
            period=frame.period,
            change=signed(now - before),
        ),
        *_largest(frame, parts),
        firmness(frame, score_range(frame, change["compared_period"]), score_range(frame, frame.period)),
    )
    names = {"good": frame.text("waterfall.gain"), "bad": frame.text("waterfall.loss")}
    rows = [
        [
            cell(frame.named(row["indicator_id"])),
            cell(number(row["score_before"]), row["score_before"]),
            cell(number(row["score"]), row["score"]),
            cell(signed(row["change_points"]), row["change_points"], "good" if row["change_points"] > 0 else "bad"),
            cell(frame.say.name("chart.membership", row["membership"])),
            *_sizes(frame, row["indicator_id"]),
        ]
        for row in parts
    ]
    return chart(
        f"figure-change-{against.replace('_', '-')}",
        frame.text(f"waterfall.title.{against}", compared=change["compared_period"], period=frame.period),
        description,
        [
            (frame.text("column.indicator"), "text"),
            (frame.text("column.score_before"), "points"),
            (frame.text("column.score"), "points"),
            (frame.text("column.points"), "points"),
            (frame.text("column.membership"), "text"),
            (frame.text("column.n"), "count"),
        ],
        rows,
        specification=waterfall(steps, description, axis=frame.text("axis.total"), names=names),
        note=frame.text("waterfall.note"),
    )


def _total(frame: Frame, period: str, score: float) -> Step:
    name, text = frame.text("waterfall.total", period=period), frame.numbers.number(score)
    return Step(name, score, score, text, f"{name}{frame.text('colon')}{text}")


def _step(frame: Frame, name: str, start: float, points: float, how: str) -> Step:
    text = frame.numbers.signed(points)
    return Step(name, start, start + points, text, frame.text("waterfall.label", how=how, points=text))


def _named(frame: Frame, row: Mapping[str, Any]) -> str:
    name = frame.named(row["indicator_id"])
    return name if row["membership"] == "both" else f"{name} · {frame.say.name('chart.membership', row['membership'])}"


def _how(frame: Frame, row: Mapping[str, Any]) -> str:
    number = frame.numbers.number
    return frame.text(
        "waterfall.how", name=frame.named(row["indicator_id"]), before=number(row["score_before"]), now=number(row["score"])
    )


def _largest(frame: Frame, parts: list[dict[str, Any]]) -> list[str]:
    found = []
    for message, sign in (("waterfall.most_lost", -1), ("waterfall.most_gained", 1)):
        row = next((each for each in parts if each["change_points"] * sign > 0), None)
        if row is not None:
            points = frame.numbers.signed(row["change_points"])
            found.append(frame.text(message, name=frame.named(row["indicator_id"]), points=points))
    return found


def _sizes(frame: Frame, indicator_id: str) -> list[Any]:
    value = frame.values.get(indicator_id)
    size = None if value is None else value["sample_size"]
    return [cell(frame.numbers.count(size), size, withheld=bool(value and value["withheld"]))]
