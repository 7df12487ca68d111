"""Figures of causes: which classes make most of the cases, and what people found to be the causes of a shortfall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.charts import fishbone as bones
from pipeline.charts import pareto as classes
from pipeline.report.document.blocks import Chart, Plot
from pipeline.report.figures.frame import NOTHING, Frame, cell, chart
from pipeline.report.model.run_tables import RunTables
from pipeline.report.words.messages import Messages

FAULT, COMPLAINT, REFUSAL = "fault", "complaint", "refusal"
CATEGORIES = ("人", "机", "料", "法", "环", "测")
"""People, machines, materials, methods, environment, measurement."""
CONFIRMED, RULED_OUT = "confirmed", "ruled_out"
_SHOWN_CLASSES, _FEWEST_CLASSES = 15, 2


def pareto(tables: RunTables, enterprise_id: str, say: Messages, kind: str = FAULT, period: str | None = None) -> Chart | None:
    """Classes of faults, complaints or refused rows by share, with the share of all up to each; None with fewer than two."""
    frame = Frame.of(tables, enterprise_id, say, period)
    every = frame.rows("analysis_pareto", kind=kind)
    rows = [row for row in every if row["cases"] is not None and row["share"] is not None]
    rows.sort(key=lambda row: (row["rank"] is None, row["rank"] or 0, row["class"]))
    if len(rows) < _FEWEST_CLASSES:
        return None
    count, percent = frame.numbers.count, frame.numbers.percent
    sums: list[float] = []
    for row in rows:
        sums.append((sums[-1] if sums else 0.0) + row["share"])
    vital = [row for row in rows if row["is_vital_few"]]
    drawn = [
        classes.Class(
            frame.text("pareto.class", name=_class(frame, row), n=count(row["cases"])),
            row["share"],
            total,
            bool(row["is_vital_few"]),
            percent(row["share"], 1),
            frame.text(
                "pareto.label",
                name=_class(frame, row),
                n=count(row["cases"]),
                share=percent(row["share"], 1),
                low=percent(row["share_low"], 1),
                high=percent(row["share_high"], 1),
                cumulative=percent(total, 1),
            ),
        )
        for row, total in zip(rows, sums, strict=True)
    ][:_SHOWN_CLASSES]
    cases = sum(row["cases"] for row in rows)
    description = frame.text(
        "pareto",
        kind=frame.text(f"pareto.{kind}"),
        n=count(cases),
        classes=len(rows),
        vital=len(vital),
        share=percent(sum(row["share"] for row in vital), 1),
        first=_class(frame, rows[0]),
        first_share=percent(rows[0]["share"], 1),
    )
    names = {key: frame.text(f"pareto.{key}") for key in ("vital", "other", "line")}
    return chart(
        f"figure-pareto-{kind}",
        frame.text("pareto.title", kind=frame.text(f"pareto.{kind}")),
        description,
        [
            (frame.text("column.class"), "text"),
            (frame.text("column.cases"), "count"),
            (frame.text("column.share"), "percent"),
            (frame.text("column.interval"), "text"),
            (frame.text("column.cumulative"), "percent"),
            (frame.text("column.vital"), "text"),
        ],
        [
            [
                cell(_class(frame, row)),
                cell(count(row["cases"]), row["cases"]),
                cell(percent(row["share"]), row["share"]),
                cell(_interval(frame, row)),
                cell(percent(total), total),
                cell(names["vital" if row["is_vital_few"] else "other"]),
            ]
            for row, total in zip(rows, sums, strict=True)
        ],
        specification=classes.pareto(drawn, description, axis=frame.text("axis.share", n=count(cases)), names=names),
        plot=Plot(form="column", series=(2, 4)),
        note=frame.text("pareto.note"),
    )


def fishbone(
    tables: RunTables,
    enterprise_id: str,
    say: Messages,
    indicator_id: str,
    records: Sequence[Mapping[str, Any]] | None = None,
    period: str | None = None,
) -> Chart | None:
    """The causes that people recorded of an indicator's shortfall, under 人机料法环测; None where there is none.

    records  rows with category, cause and status, of those who may read what people wrote (``analysis_cause_records`` of the
             analysts' layer); without them the figure has the released rows, which have categories and states alone
    """
    frame = Frame.of(tables, enterprise_id, say, period)
    rows = records if records is not None else frame.rows("analysis_cause_records", indicator_id=indicator_id, method="fishbone")
    rows = [row for row in rows if row.get("category")]
    if not rows or indicator_id not in frame.catalogue:
        return None
    groups = {category: [row for row in rows if row["category"] == category] for category in CATEGORIES}
    drawn = [
        bones.Bone(_category(frame, category), tuple(_causes(frame, own)), frame.text("fishbone.empty"))
        for category, own in groups.items()
    ]
    confirmed = [row for row in rows if row["status"] == CONFIRMED]
    filled = [_category(frame, category) for category, own in groups.items() if own]
    value = frame.values.get(indicator_id)
    n = None if value is None else value["sample_size"]
    problem = frame.text("fishbone.problem", name=frame.named(indicator_id), value=_value(frame, indicator_id))
    description = frame.text(
        "fishbone",
        name=frame.named(indicator_id),
        n=len(rows),
        categories=frame.text("comma").join(filled),
        confirmed=len(confirmed),
    )
    return chart(
        f"figure-fishbone-{indicator_id}",
        frame.text("fishbone.title", name=frame.named(indicator_id)),
        description,
        [
            (frame.text("column.category"), "text"),
            (frame.text("column.cause"), "text"),
            (frame.text("column.status"), "text"),
            (frame.text("column.n"), "count"),
        ],
        [
            [
                cell(_category(frame, row["category"])),
                cell(row.get("cause") or NOTHING),
                cell(frame.say.name("chart.cause", row["status"])),
                cell(frame.numbers.count(n), n),
            ]
            for own in groups.values()
            for row in own
        ],
        svg=bones.fishbone(problem, drawn, description),
        note=frame.text("fishbone.note"),
    )


def _class(frame: Frame, row: Mapping[str, Any]) -> str:
    return frame.say.name("chart.class", row["class"])


def _interval(frame: Frame, row: Mapping[str, Any]) -> str:
    low, high = row["share_low"], row["share_high"]
    return NOTHING if None in (low, high) else f"{frame.numbers.percent(low)}–{frame.numbers.percent(high)}"


def _category(frame: Frame, category: str) -> str:
    return frame.say.name("chart.category", category)


def _value(frame: Frame, indicator_id: str) -> str:
    value = frame.values.get(indicator_id)
    if value is None or value["value"] is None:
        return NOTHING
    text = frame.in_unit(indicator_id, value["value"])
    return (
        text
        if value["requirement"] is None
        else frame.text("bullets.text", value=text, bound=frame.bound(indicator_id, value["requirement"]))
    )


def _causes(frame: Frame, rows: Sequence[Mapping[str, Any]]) -> list[bones.Cause]:
    """Causes in words or, where words are not for readers, how many there are by state."""
    written = [row for row in rows if row.get("cause")]
    if len(written) == len(rows):
        causes = []
        for row in sorted(rows, key=lambda each: each["status"] != CONFIRMED):
            status = frame.say.name("chart.cause", row["status"])
            text = row["cause"] if row["status"] != RULED_OUT else frame.text("fishbone.ruled_out", cause=row["cause"])
            causes.append(bones.Cause(text, row["status"] == CONFIRMED, f"{row['cause']}{frame.text('colon')}{status}"))
        return causes
    states = sorted({row["status"] for row in rows}, key=lambda state: (state != CONFIRMED, state))
    found = []
    for state in states:
        number = sum(row["status"] == state for row in rows)
        text = frame.text("fishbone.count", n=number, state=frame.say.name("chart.cause", state))
        found.append(bones.Cause(text, state == CONFIRMED, text))
    return found
