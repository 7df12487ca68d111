"""Figures of all indicators: bullet graphs, importance and performance, the tree of scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.charts import tree as icicle
from pipeline.charts.bullet import Bullet, position
from pipeline.charts.bullet import bullets as drawn_bullets
from pipeline.charts.heatmap import FAIR, FAR, GOOD, NEAR, Shade
from pipeline.charts.importance import Item, importance
from pipeline.report.document.blocks import Cell, Chart, Kind
from pipeline.report.figures.frame import ABSENT, BAD, NOTHING, OPEN, Frame, cell, chart, size_of, tone_of
from pipeline.report.model.run_tables import RunTables
from pipeline.report.words.messages import Messages

_MOST_BULLETS, _FEWEST_ITEMS = 18, 3
_TONES = ("good", "bad", "open", "absent")
_LEVELS = ("total", "dimension", "subdimension", "indicator")


def bullets(
    tables: RunTables,
    enterprise_id: str,
    say: Messages,
    indicator_ids: Sequence[str] | None = None,
    period: str | None = None,
) -> Chart | None:
    """Values against requirement, acceptable limit and objective on one scale.

    Without ``indicator_ids`` those that are missed or undecided, the most lost points first. None where there is none.
    """
    frame = Frame.of(tables, enterprise_id, say, period)
    measured = {name: row for name, row in frame.values.items() if name in frame.catalogue and _has_scale(row)}
    if indicator_ids is None:
        missed = [
            name for name, row in measured.items() if tone_of(row) == BAD or (tone_of(row) == OPEN and row["is_met"] is False)
        ]
        shown = sorted(missed, key=lambda name: (-_lost(frame, name), list(frame.catalogue).index(name)))[:_MOST_BULLETS]
    else:
        shown = [name for name in indicator_ids if name in measured]
    if not shown:
        return None
    counts = [tone_of(measured[name]) for name in shown]
    names = {tone: frame.text(f"verdict_of.{tone}") for tone in _TONES}
    first = shown[0]
    description = frame.sentences(
        frame.text("bullets", n=len(shown), missed=counts.count(BAD), open=counts.count(OPEN), met=counts.count("good")),
        frame.text(
            "bullets.first",
            name=frame.named(first),
            value=frame.in_unit(first, measured[first]["value"]),
            bound=frame.bound(first, measured[first]["requirement"]),
            lost=frame.numbers.number(_lost(frame, first)),
        ),
    )
    rows = [_bullet(frame, name, measured[name], names) for name in shown]
    return chart(
        "figure-bullets",
        frame.text("bullets.title"),
        description,
        _columns(
            frame,
            ("indicator", "text"),
            ("value", "text"),
            ("interval", "text"),
            ("n", "count"),
            ("requirement", "text"),
            ("acceptable", "text"),
            ("objective", "text"),
            ("verdict", "text"),
            ("lost", "points"),
        ),
        [_bullet_cells(frame, name, measured[name], names) for name in shown],
        specification=drawn_bullets(
            rows,
            description,
            names=names,
            acceptable=frame.text("line.acceptable"),
            requirement=frame.text("line.required"),
            objective=frame.text("line.objective"),
        ),
        note=frame.text("bullets.note"),
    )


def importance_performance(tables: RunTables, enterprise_id: str, say: Messages, period: str | None = None) -> Chart | None:
    """Weight in the total by score of every scored indicator, lost points as size; None with fewer than three."""
    frame = Frame.of(tables, enterprise_id, say, period)
    scored = [name for name in frame.catalogue if frame.score(name) is not None and frame.weight(name) > 0]
    if len(scored) < _FEWEST_ITEMS:
        return None
    number, percent = frame.numbers.number, frame.numbers.percent
    tones = {name: _tone_of_score(frame, name) for name in scored}
    names = {tone: frame.text(f"verdict_of.{tone}") for tone in _TONES}
    items = [
        Item(
            name,
            frame.named(name),
            frame.weight(name),
            float(frame.scores[name]["score"]),
            _lost(frame, name),
            tones[name],
            frame.text(
                "importance.label",
                name=frame.named(name),
                score=number(frame.scores[name]["score"]),
                weight=percent(frame.weight(name)),
                lost=number(_lost(frame, name)),
                n=frame.numbers.count(_size(frame, name)),
                verdict=names[tones[name]],
            ),
        )
        for name in scored
    ]
    mean_weight = sum(each.weight for each in items) / len(items)
    mean_score = sum(each.score for each in items) / len(items)
    first = [each for each in items if each.weight > mean_weight and each.score < mean_score]
    first.sort(key=lambda each: (-each.lost, each.name))
    firm = [each for each in first if each.tone == BAD]
    listed = frame.text("comma").join(frame.named(each.name) for each in (firm or first)[:3])
    description = frame.sentences(
        frame.text("importance", n=len(items), weight=percent(mean_weight), score=number(mean_score)),
        frame.text("importance.first" if firm else "importance.first_open", n=len(firm or first), names=listed)
        if first
        else frame.text("importance.none"),
    )
    return chart(
        "figure-importance",
        frame.text("importance.title"),
        description,
        _columns(
            frame,
            ("indicator", "text"),
            ("weight", "percent"),
            ("score", "points"),
            ("lost", "points"),
            ("n", "count"),
            ("verdict", "text"),
        ),
        [
            [
                cell(frame.named(each.name)),
                cell(percent(each.weight), each.weight),
                cell(number(each.score), each.score),
                cell(number(each.lost), each.lost),
                _size_cell(frame, each.name),
                cell(names[each.tone], tone=_cell_tone(each.tone)),
            ]
            for each in sorted(items, key=lambda each: (-each.lost, list(frame.catalogue).index(each.name)))
        ],
        specification=importance(
            items,
            description,
            axis=frame.text("axis.score"),
            weight_axis=frame.text("axis.weight"),
            names=names,
            mean_names=(
                frame.text("importance.mean_weight", value=percent(mean_weight)),
                frame.text("importance.mean_score", value=number(mean_score)),
            ),
            corners=(frame.text("importance.improve"), frame.text("importance.keep")),
        ),
        note=frame.text("importance.note"),
    )


def score_tree(tables: RunTables, enterprise_id: str, say: Messages, period: str | None = None) -> Chart | None:
    """All scores from the total to the indicators, by weight; None without a tree."""
    frame = Frame.of(tables, enterprise_id, say, period)
    root = next((row for row in frame.scores.values() if row["level"] == "total"), None)
    if root is None:
        return None
    names = {key: frame.text(f"tree.{key}") for key in ("full", "high", "middle", "low", "none")}
    shades = [
        Shade(names["full"], GOOD),
        Shade(names["high"], FAIR),
        Shade(names["middle"], NEAR),
        Shade(names["low"], FAR),
        Shade(names["none"], is_hollow=True),
    ]
    drawn: list[icicle.Node] = []
    rows: list[list[Cell]] = []
    children: dict[str | None, list[str]] = {}
    for name, row in frame.scores.items():
        children.setdefault(row["parent_id"], []).append(name)
    order = {name: place for place, name in enumerate([*frame.nodes, *frame.catalogue])}

    def walk(name: str, top: float, share: float) -> None:
        row = frame.scores[name]
        level = row["level"]
        if level in _LEVELS:
            score = frame.score(name)
            number = NOTHING if score is None else frame.numbers.number(score, 1)
            title = frame.text("tree.total") if level == "total" else frame.named(name)
            label = frame.text(
                "tree.label",
                name=title,
                weight=frame.numbers.percent(share),
                score=NOTHING if score is None else frame.numbers.number(score),
            )
            shade = names[_class_of(score)]
            short = f"{name} {number}" if level != "total" else number
            drawn.append(icicle.Node(_LEVELS.index(level), top, top + share, shade, f"{title} {number}", short, label))
            size = _size_cell(frame, name) if level == "indicator" else cell("")
            rows.append(
                [
                    cell(title),
                    cell(frame.text(f"level.{level}")),
                    cell(frame.numbers.percent(share), share),
                    cell(frame.numbers.number(score), score),
                    cell(frame.numbers.number(row["lost_points"]), row["lost_points"]),
                    size,
                ]
            )
        own = sorted(children.get(name, ()), key=lambda each: (_order(each, order), each))
        whole = sum(frame.scores[each]["weight_nominal"] for each in own)
        for each in own:
            part = share * frame.scores[each]["weight_nominal"] / whole if whole else 0.0
            walk(each, top, part)
            top += part

    walk(root["node_id"], 0.0, 1.0)
    dimensions = [name for name, row in frame.scores.items() if row["level"] == "dimension" and frame.score(name) is not None]
    total = frame.score(root["node_id"])
    unscored = [name for name, row in frame.scores.items() if row["level"] == "indicator" and frame.score(name) is None]
    sentences = [
        frame.text("tree.of_total", score=frame.numbers.number(total)) if total is not None else frame.text("tree.no_total"),
        frame.text("tree.unscored", n=len(unscored), all=sum(row["level"] == "indicator" for row in frame.scores.values())),
    ]
    if dimensions:
        ends = [pick(dimensions, key=lambda name: frame.score(name) or 0.0) for pick in (max, min)]
        values = {
            "best": frame.name(ends[0]),
            "best_score": frame.numbers.number(frame.score(ends[0])),
            "worst": frame.name(ends[1]),
            "worst_score": frame.numbers.number(frame.score(ends[1])),
        }
        sentences.insert(1, frame.text("tree.dimensions", **values))
    description = frame.sentences(*sentences)
    return chart(
        "figure-score-tree",
        frame.text("tree.title"),
        description,
        _columns(
            frame,
            ("node", "text"),
            ("level", "text"),
            ("nominal_weight", "percent"),
            ("score", "points"),
            ("lost", "points"),
            ("n", "count"),
        ),
        rows,
        specification=icicle.score_tree(drawn, shades, description),
        note=frame.text("tree.note"),
    )


def _columns(frame: Frame, *columns: tuple[str, Kind]) -> list[tuple[str, Kind]]:
    return [(frame.text(f"column.{name}"), kind) for name, kind in columns]


def _has_scale(value: Mapping[str, Any]) -> bool:
    """Whether there are a value and two limits that differ."""
    given = (value["value"], value["requirement"], value["acceptable"])
    return None not in given and given[1] != given[2] and tone_of(value) != ABSENT


def _lost(frame: Frame, indicator_id: str) -> float:
    return float(frame.scores.get(indicator_id, {}).get("lost_points") or 0.0)


def _size(frame: Frame, indicator_id: str) -> int | None:
    value = frame.values.get(indicator_id)
    return None if value is None else size_of(value)


def _size_cell(frame: Frame, indicator_id: str) -> Cell:
    value, size = frame.values.get(indicator_id), _size(frame, indicator_id)
    return cell(frame.numbers.count(size), size, withheld=value is not None and value["withheld"] is not None)


def _tone_of_score(frame: Frame, indicator_id: str) -> str:
    value = frame.values.get(indicator_id)
    return ABSENT if value is None else tone_of(value)


def _cell_tone(tone: str) -> Any:
    return {"good": "good", "bad": "bad", "open": "open"}.get(tone, "soft")


def _bullet(frame: Frame, name: str, value: Mapping[str, Any], names: Mapping[str, str]) -> Bullet:
    limits = value["requirement"], value["acceptable"]

    def at(number: float | None) -> float | None:
        return None if number is None else position(number, *limits)

    ends = sorted(each for each in (at(value["ci_low"]), at(value["ci_high"])) if each is not None)
    low, high = ends if len(ends) == 2 else (None, None)
    text = frame.in_unit(name, value["value"])
    bound = frame.bound(name, value["requirement"])
    label = frame.text(
        "label.value",
        what=frame.named(name),
        value=text,
        interval=frame.interval(name, value["ci_low"], value["ci_high"]),
        n=frame.numbers.count(value["sample_size"]),
    )
    told = frame.text("semicolon").join([label, frame.text("line.requirement", bound=bound), names[tone_of(value)]])
    return Bullet(
        frame.text("bullets.row", name=frame.named(name), n=frame.numbers.count(value["sample_size"])),
        position(value["value"], *limits),
        low,
        high,
        at(value["objective"]),
        tone_of(value),
        frame.text("bullets.text", value=text, bound=bound),
        told,
    )


def _bullet_cells(frame: Frame, name: str, value: Mapping[str, Any], names: Mapping[str, str]) -> list[Cell]:
    tone = tone_of(value)
    return [
        cell(frame.named(name)),
        cell(frame.in_unit(name, value["value"]), value["value"]),
        cell(frame.interval(name, value["ci_low"], value["ci_high"])),
        _size_cell(frame, name),
        cell(frame.bound(name, value["requirement"]), value["requirement"]),
        cell(frame.bound(name, value["acceptable"]), value["acceptable"]),
        cell(frame.bound(name, value["objective"]), value["objective"]),
        cell(names[tone], tone=_cell_tone(tone)),
        cell(frame.numbers.number(_lost(frame, name)), _lost(frame, name)),
    ]


def _class_of(score: float | None) -> str:
    if score is None:
        return "none"
    return "full" if score >= 100 else "high" if score >= 80 else "middle" if score >= 60 else "low"


def _order(name: str, order: Mapping[str, int]) -> int:
    """A named indicator stands where the first of its parts does."""
    if name in order:
        return order[name]
    parts = name.split("+")
    return min((place for each, place in order.items() if any(each.startswith(part) for part in parts)), default=len(order))
