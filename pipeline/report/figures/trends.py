"""Figures of trends: the total, the dimensions and single indicators over the last eight quarters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.charts.trend import Panel, Point, panels, trend
from pipeline.report.document.blocks import Cell, Chart, Plot
from pipeline.report.figures.frame import NOTHING, TOTAL, Frame, cell, chart
from pipeline.report.model.run_tables import RunTables
from pipeline.report.words.messages import Messages

_FEWEST = 2
_HIGHEST_SCORE = 100.0
_SHOWN = ("ok", "insufficient_sample", "assumed")
Line = Sequence[Mapping[str, Any]]


def score_trend(tables: RunTables, enterprise_id: str, say: Messages) -> Chart | None:
    """The total over eight quarters; None with fewer than two of them."""
    frame = Frame.of(tables, enterprise_id, say)
    line = _line(frame, TOTAL)
    counted = _scored_indicators(frame)
    if len(_with(line, "score")) < _FEWEST:
        return None
    title = frame.text("trend.total.title")
    description = frame.sentences(
        _between(frame, line),
        frame.text("trend.extremes", **_extremes(frame, line)),
        _firmness_of(frame, line),
        *_gaps(frame, line),
    )
    points = [_score_point(frame, row, counted.get(row["quarter"], 0)) for row in line]
    numbers = frame.numbers
    rows = [
        [
            cell(row["quarter"], row["quarter"]),
            cell(numbers.number(_score(row)), _score(row)),
            cell(_range(frame, row)),
            cell(numbers.count(counted.get(row["quarter"], 0)), counted.get(row["quarter"], 0)),
            cell(_status(frame, row)),
        ]
        for row in line
    ]
    return chart(
        "figure-score-trend",
        title,
        description,
        [
            (frame.text("column.quarter"), "text"),
            (frame.text("column.score"), "points"),
            (frame.text("column.interval"), "text"),
            (frame.text("column.scored"), "count"),
            (frame.text("column.status"), "text"),
        ],
        rows,
        specification=trend(points, description, axis=frame.text("axis.points"), highest=_HIGHEST_SCORE),
        plot=Plot(form="line", series=(1,)),
        note=frame.text("trend.note"),
    )


def dimension_trends(tables: RunTables, enterprise_id: str, say: Messages) -> Chart | None:
    """The dimensions over eight quarters, a panel each; None if none has two of them."""
    frame = Frame.of(tables, enterprise_id, say)
    dimensions = [name for name, row in frame.nodes.items() if row["level"] == "dimension"]
    lines = {name: _line(frame, name) for name in dimensions}
    lines = {name: line for name, line in lines.items() if len(_with(line, "score")) >= _FEWEST}
    if not lines:
        return None
    numbers = frame.numbers
    changes = []
    for name, line in lines.items():
        (first, last) = _with(line, "score")[0], _with(line, "score")[-1]
        changes.append(
            frame.text(
                "trend.dimensions.one",
                name=frame.name(name),
                first=numbers.number(first["score"]),
                last=numbers.number(last["score"]),
                firm=frame.say.name("chart.firm", _comparison(first, last, "score_low", "score_high")),
            )
        )
    quarters = [row["quarter"] for row in next(iter(lines.values()))]
    description = frame.text(
        "trend.dimensions", first=quarters[0], last=quarters[-1], changes=frame.text("semicolon").join(changes)
    )
    scored = {name: _scored_indicators(frame, name) for name in lines}
    series = [
        Panel(
            frame.text("trend.panel", name=frame.name(name), score=numbers.number(_with(line, "score")[-1]["score"])),
            tuple(_score_point(frame, row, scored[name].get(row["quarter"], 0), frame.name(name)) for row in line),
        )
        for name, line in lines.items()
    ]
    columns: list[Any] = [(frame.text("column.quarter"), "text")]
    for name in lines:
        columns += [(frame.name(name), "points"), (frame.text("column.interval_of", name=frame.name(name)), "text")]
        columns.append((frame.text("column.scored_of", name=frame.name(name)), "count"))
    rows: list[list[Cell]] = []
    for place, quarter in enumerate(quarters):
        made = [cell(quarter, quarter)]
        for name, line in lines.items():
            row, size = line[place], scored[name].get(quarter, 0)
            made += [
                cell(numbers.number(_score(row)), _score(row)),
                cell(_range(frame, row)),
                cell(numbers.count(size), size),
            ]
        rows.append(made)
    return chart(
        "figure-dimension-trends",
        frame.text("trend.dimensions.title"),
        description,
        columns,
        rows,
        specification=panels(series, description, highest=_HIGHEST_SCORE),
        plot=Plot(form="line", series=tuple(1 + 3 * place for place in range(len(lines)))),
        note=frame.text("trend.note"),
    )


def indicator_trend(tables: RunTables, enterprise_id: str, say: Messages, indicator_id: str) -> Chart | None:
    """An indicator's value over eight quarters with its requirement; None with fewer than two values."""
    frame = Frame.of(tables, enterprise_id, say)
    if indicator_id not in frame.catalogue:
        return None
    line = _line(frame, indicator_id)
    shown = _with(line, "value")
    if len(shown) < _FEWEST:
        return None
    first, last, name = shown[0], shown[-1], frame.named(indicator_id)
    verdict = _verdict_of(frame, indicator_id, last)
    firm = frame.text(f"firm_since.{_comparison(first, last, 'ci_low', 'ci_high')}", first=first["quarter"])
    description = frame.sentences(
        frame.text(
            "trend.indicator",
            name=name,
            first=first["quarter"],
            before=frame.in_unit(indicator_id, first["value"]),
            last=last["quarter"],
            now=frame.in_unit(indicator_id, last["value"]),
            n=frame.numbers.count(last["n"]),
        ),
        verdict,
        firm,
        *_gaps(frame, line),
    )
    requirement = last["requirement"]
    points = [
        Point(
            row["quarter"],
            row["value"] if row["status"] in _SHOWN else None,
            row["ci_low"],
            row["ci_high"],
            frame.text(
                "label.value",
                what=row["quarter"],
                value=frame.in_unit(indicator_id, row["value"]),
                interval=frame.interval(indicator_id, row["ci_low"], row["ci_high"]),
                n=frame.numbers.count(row["n"]),
            ),
            row["requirement"],
            bool(row["is_provisional"]),
        )
        for row in line
    ]
    unit = "percent" if frame.is_rate(indicator_id) else "number"
    rows = [
        [
            cell(row["quarter"], row["quarter"]),
            cell(frame.in_unit(indicator_id, row["value"]), row["value"]),
            cell(frame.interval(indicator_id, row["ci_low"], row["ci_high"])),
            cell(frame.numbers.count(row["n"]), row["n"]),
            cell(frame.bound(indicator_id, row["requirement"]), row["requirement"]),
            cell(_status(frame, row)),
        ]
        for row in line
    ]
    limit = "" if requirement is None else frame.text("line.requirement", bound=frame.bound(indicator_id, requirement))
    return chart(
        f"figure-trend-{indicator_id}",
        frame.text("trend.indicator.title", name=name),
        description,
        [
            (frame.text("column.quarter"), "text"),
            (frame.text("column.value"), unit),  # type: ignore[list-item]
            (frame.text("column.interval"), "text"),
            (frame.text("column.n"), "count"),
            (frame.text("column.requirement"), unit),  # type: ignore[list-item]
            (frame.text("column.status"), "text"),
        ],
        rows,
        specification=trend(
            points, description, axis=frame.axis(indicator_id), is_rate=frame.is_rate(indicator_id), limit_label=limit
        ),
        plot=Plot(form="line", series=(1, 4) if requirement is not None else (1,)),
        note=frame.text("trend.note"),
    )


def score_range(frame: Frame, quarter: str, node_id: str = TOTAL) -> Mapping[str, Any] | None:
    """The point of a node's score in a quarter, as ``analysis_trends`` has it."""
    return next((row for row in _line(frame, node_id) if row["quarter"] == quarter), None)


def _line(frame: Frame, node_id: str) -> Line:
    rows = frame.rows("analysis_trends", of_period=False, period=frame.tables.quarter.label, node_id=node_id)
    return sorted(rows, key=lambda row: row["quarter"])


def _scored_indicators(frame: Frame, dimension: str | None = None) -> Mapping[str, int]:
    """How many indicators a quarter's score rests on."""
    found: dict[str, int] = {}
    for row in frame.rows("analysis_trends", of_period=False, period=frame.tables.quarter.label, level="indicator"):
        entry = frame.catalogue.get(row["node_id"])
        if row["score"] is not None and (dimension is None or (entry is not None and entry["dimension_id"] == dimension)):
            found[row["quarter"]] = found.get(row["quarter"], 0) + 1
    return found


def _score(row: Mapping[str, Any]) -> float | None:
    """The score of a rateable node."""
    return row["score"] if row["status"] == "ok" else None


def _with(line: Line, column: str) -> Line:
    return [row for row in line if row[column] is not None and row["status"] in _SHOWN]


def _score_point(frame: Frame, row: Mapping[str, Any], scored: int, name: str = "") -> Point:
    label = frame.text(
        "label.score",
        what=f"{name} {row['quarter']}".strip(),
        score=frame.numbers.number(_score(row)),
        interval=_range(frame, row),
        n=scored,
    )
    has_score = _score(row) is not None
    return Point(
        row["quarter"],
        _score(row),
        row["score_low"] if has_score else None,
        row["score_high"] if has_score else None,
        label,
        None,
        bool(row["is_provisional"]),
    )


def _range(frame: Frame, row: Mapping[str, Any]) -> str:
    low, high = row["score_low"], row["score_high"]
    return NOTHING if None in (low, high) else f"{frame.numbers.number(low)}–{frame.numbers.number(high)}"


def _between(frame: Frame, line: Line) -> str:
    shown = _with(line, "score")
    return frame.text(
        "trend.total",
        first=shown[0]["quarter"],
        before=frame.numbers.number(shown[0]["score"]),
        last=shown[-1]["quarter"],
        now=frame.numbers.number(shown[-1]["score"]),
    )


def _extremes(frame: Frame, line: Line) -> dict[str, str]:
    shown = _with(line, "score")
    best, worst = max(shown, key=lambda row: row["score"]), min(shown, key=lambda row: row["score"])
    number = frame.numbers.number
    return {
        "highest": number(best["score"]),
        "highest_quarter": best["quarter"],
        "lowest": number(worst["score"]),
        "lowest_quarter": worst["quarter"],
    }


def _firmness_of(frame: Frame, line: Line) -> str:
    before, now = _with(line, "score")[-2:]
    return firmness(frame, before, now)


def firmness(frame: Frame, before: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> str:
    """Whether two scores differ by more than chance has it, by the ranges of draws from the values' intervals."""
    if before is None or now is None:
        return frame.text("firm.unknown")
    compared = _comparison(before, now, "score_low", "score_high")
    message = {"apart": "firm.yes", "overlapping": "firm.no"}.get(compared, "firm.unknown")
    return frame.text(message, before=before["quarter"], now=now["quarter"])


def _comparison(one: Mapping[str, Any], other: Mapping[str, Any], low: str, high: str) -> str:
    """How the intervals of two points lie: apart, overlapping or unknown."""
    if None in (one[low], one[high], other[low], other[high]):
        return "unknown_interval"
    return "apart" if one[high] < other[low] or other[high] < one[low] else "overlapping"


def _verdict_of(frame: Frame, indicator_id: str, row: Mapping[str, Any]) -> str:
    requirement = row["requirement"]
    if requirement is None:
        return frame.text("verdict.no_requirement")
    bound = frame.bound(indicator_id, requirement)
    low, high = row["ci_low"], row["ci_high"]
    if low is not None and high is not None and low <= requirement <= high:
        return frame.text("verdict.undecided", bound=bound)
    own = frame.values.get(indicator_id)
    if own is None or own["is_met"] is None or row["quarter"] != frame.tables.quarter.label:
        return frame.text("verdict.line", bound=bound)
    return frame.text("verdict.met" if own["is_met"] else "verdict.missed", bound=bound)


def _gaps(frame: Frame, line: Line) -> list[str]:
    gaps = [row["quarter"] for row in line if row["status"] not in _SHOWN]
    return [frame.text("trend.gaps", quarters=frame.text("comma").join(gaps))] if gaps else []


def _status(frame: Frame, row: Mapping[str, Any]) -> str:
    return frame.say.name("chart.status", row["status"])
