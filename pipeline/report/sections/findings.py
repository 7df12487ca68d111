"""三、主要发现: the scores of the tree, what moved, what costs most, and every indicator by dimension."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.report.document.blocks import Block, Cell, Kind, Paragraph, Row, Section, Table
from pipeline.report.model.report import ReportModel
from pipeline.report.parts.changes import Change
from pipeline.report.parts.indicators import Indicator, Verdict, WindowValue
from pipeline.report.parts.scores import ReportNode
from pipeline.report.sections.writing import TONES, Writing, entry_anchor, group, row, row_anchor
from pipeline.report.words.messages import Messages
from pipeline.report.words.numbers import NOTHING

ANCHOR = "findings"
# Columns that say how an indicator stands against its requirement.
_RESULT: tuple[tuple[str, Kind], ...] = (
    ("requirement", "text"),
    ("value", "number"),
    ("interval", "text"),
    ("sample", "count"),
    ("score", "points"),
    ("lost_points", "points"),
)


def findings(report: ReportModel, say: Messages) -> Section:
    """The section of one report: scores, changes, what costs most, and the indicators of each dimension."""
    write = Writing(say)
    parts = [
        ("scores", "findings.scores", tuple(scores(report, write))),
        ("changes", "findings.changes", tuple(changes(report, write))),
        ("urgent", "findings.urgent", (most_urgent(report, write),)),
        *(
            (f"findings-{each.node_id}", "findings.dimension", tuple(dimension_blocks(each, write)))
            for each in report.total.children
        ),
    ]
    nodes = {f"findings-{each.node_id}": each for each in report.total.children}
    sections: list[Section] = []
    for anchor, title, blocks in parts:
        if not blocks:
            continue
        named = write.words(title, **_named(nodes.get(anchor), write))
        sections.append(
            Section(
                anchor=anchor,
                title=write.words("findings.numbered", number=len(sections) + 1, title=named),
                blocks=blocks,
            )
        )
    return Section(
        anchor=ANCHOR,
        title=write.words("findings.title"),
        blocks=(write.paragraph("findings.note", "note"),),
        sections=tuple(sections),
    )


def _named(node: ReportNode | None, write: Writing) -> dict[str, str]:
    return {} if node is None else {"name": node.name, "score": score_in_words(node, write)}


def score_in_words(node: ReportNode, write: Writing) -> str:
    """``84.31 分``, or that the node is not rated."""
    if node.score is None:
        return write.words("not_rateable") if not node.is_rateable else NOTHING
    return write.numbers.in_unit(node.score, "score")


def scores(report: ReportModel, write: Writing) -> Iterator[Block]:
    """The tree with its scores, the range of the total, the overlay, and how many indicators have each verdict."""
    total = report.total
    if total.score is not None and report.total_range:
        low, high = report.total_range
        yield write.paragraph(
            "findings.total_range",
            "lead",
            score=write.numbers.number(total.score),
            low=write.numbers.number(low),
            high=write.numbers.number(high),
            coverage=write.numbers.percent(total.coverage),
        )
    elif total.score is None:
        yield write.paragraph("findings.no_total", coverage=write.numbers.percent(total.coverage))
    if said := _overlay(report, write):
        yield Paragraph(text=said, role="note")
    yield _tree(report, write)
    yield _verdicts(report, write)


def _overlay(report: ReportModel, write: Writing) -> str:
    overlay = report.overlay
    if overlay is None:
        return ""
    said = []
    if overlay.deduction_points is not None:
        points = write.numbers.number(overlay.deduction_points)
        if overlay.score_after_deductions is None:
            said.append(write.words("findings.deduction", points=points))
        else:
            after = write.numbers.number(overlay.score_after_deductions)
            said.append(write.words("findings.deduction_and_score", points=points, score=after))
    if overlay.grade:
        said.append(write.words("findings.grade", grade=overlay.grade))
    return write.words("findings.overlay", reference=overlay.reference, said=write.clauses(said))


def _tree(report: ReportModel, write: Writing) -> Table:
    def line(node: ReportNode, depth: int) -> Row:
        met = node.verdicts()
        name = node.name if depth == 0 else f"{node.node_id} {node.name}"
        flags = [write.words("provisional.badge")] if node.is_provisional else []
        return row(
            write.text(name, link={1: f"findings-{node.node_id}", 2: node.node_id}.get(depth)),
            write.percent(node.weight),
            write.number(node.score) if node.is_rateable else write.text(write.words("not_rateable"), tone="open"),
            write.percent(node.coverage),
            write.count(met[Verdict.MET]),
            write.count(met[Verdict.NOT_MET]),
            write.count(sum(count for verdict, count in met.items() if verdict not in (Verdict.MET, Verdict.NOT_MET))),
            write.text(write.joined([*flags, *node.flags])),
        )

    def rows() -> Iterator[Row]:
        yield line(report.total, 0)
        for dimension in report.total.children:
            yield line(dimension, 1)
            for node in dimension.children:
                yield line(node, 2)

    return write.table(
        "score-tree",
        write.words("findings.tree"),
        (
            ("node", "text"),
            ("weight", "percent"),
            ("score", "points"),
            ("coverage", "percent"),
            ("met", "count"),
            ("not_met", "count"),
            ("other", "count"),
            ("flags", "text"),
        ),
        rows(),
    )


def _verdicts(report: ReportModel, write: Writing) -> Table:
    def rows() -> Iterator[Row]:
        for verdict, count in report.total.verdicts().items():
            by_chance = sum(each.verdict is verdict and each.is_distinguishable is False for each in report.indicators)
            is_judged = verdict in (Verdict.MET, Verdict.NOT_MET)
            yield row(
                write.head(write.say.name("verdict", verdict), tone=TONES[verdict]),
                write.count(count),
                write.count(by_chance) if is_judged else write.text(NOTHING),
            )

    return write.table(
        "verdicts",
        write.words("findings.verdicts", count=len(report.indicators)),
        (("verdict", "text"), ("indicators_count", "count"), ("by_chance", "count")),
        rows(),
        note=write.words("findings.verdicts.note"),
    )


def changes(report: ReportModel, write: Writing) -> Iterator[Block]:
    """The total against earlier quarters, and the indicators that moved it."""
    for each in report.changes:
        if not each.is_compared:
            yield write.paragraph(
                "changes.not_compared", "note", against=each.against, period=each.compared_period, reason=each.reason
            )
            continue
        yield Paragraph(text=_moved(each, write))
        if each.causes:
            yield _causes(each, write)


def _moved(each: Change, write: Writing) -> str:
    numbers, change = write.numbers, each.change or 0.0
    direction = "rose" if change > 0 else "fell" if change < 0 else "same"
    return write.words(
        f"changes.{direction}",
        against=each.against,
        period=each.compared_period,
        before=numbers.number(each.score_before),
        points=numbers.number(abs(change)),
        value=numbers.signed(each.value_points),
        weight=numbers.signed(each.weight_points),
        membership=numbers.signed(each.membership_points),
    )


def _causes(each: Change, write: Writing) -> Table:
    note = ""
    if each.others:
        note = write.words("changes.others", count=each.others, points=write.numbers.signed(each.others_points))
    return write.table(
        f"causes-{each.compared_period}",
        write.words("changes.causes", against=each.against, period=each.compared_period, count=len(each.causes)),
        (("indicator", "text"), ("score_before", "points"), ("score_now", "points"), ("points_of_total", "points")),
        (
            row(
                write.text(f"{cause.indicator_id} {cause.name}", link=row_anchor(cause.indicator_id)),
                write.number(cause.score_before),
                write.number(cause.score),
                write.signed(cause.points),
            )
            for cause in each.causes
        ),
        note=note,
    )


def most_urgent(report: ReportModel, write: Writing) -> Block:
    """Requirements missed by more than chance that cost the total most points."""
    if not report.most_urgent:
        return write.paragraph("urgent.none")
    return write.table(
        "most-urgent",
        write.words("urgent.caption", count=len(report.most_urgent)),
        (
            ("indicator", "text"),
            *_RESULT,
        ),
        (
            row(
                write.indicator(each),
                *_result(each, write),
            )
            for each in report.most_urgent
        ),
        note=write.words("urgent.note"),
    )


def _result(each: Indicator, write: Writing) -> tuple[Cell, ...]:
    """The cells of ``_RESULT``."""
    return (
        write.text(_requirement(each, write)),
        write.in_unit(each.value, each.unit, each.unit_zh, write.mark(each)),
        write.text(write.numbers.interval(each.ci_low, each.ci_high, each.unit, each.unit_zh)),
        write.sample(each),
        write.number(each.score),
        write.number(each.lost_points),
    )


def dimension_blocks(dimension: ReportNode, write: Writing) -> Iterator[Block]:
    """The indicators of a dimension: results, changes and longer periods, and what else must be known of them."""
    yield _results(dimension, write)
    yield _periods(dimension, write)
    if remarks := _remarks(dimension, write):
        yield remarks


def _results(dimension: ReportNode, write: Writing) -> Table:
    def rows() -> Iterator[Row]:
        for node in dimension.children:
            yield group(_heading(node, write), anchor=node.node_id)
            for each in node.indicators:
                yield row(
                    write.text(f"{each.indicator_id} {each.name}", link=entry_anchor(each.indicator_id)),
                    *_result(each, write),
                    write.text(write.verdict(each), tone=TONES[each.verdict]),
                    anchor=row_anchor(each.indicator_id),
                )

    return write.table(
        f"results-{dimension.node_id}",
        write.words("findings.results", name=dimension.name),
        (
            ("indicator", "text"),
            *_RESULT,
            ("verdict", "text"),
        ),
        rows(),
    )


def _heading(node: ReportNode, write: Writing) -> str:
    flags = [write.words("provisional.badge")] if node.is_provisional else []
    return write.words(
        "findings.node",
        name=f"{node.node_id} {node.name}",
        score=write.numbers.number(node.score),
        weight=write.numbers.percent(node.weight),
        coverage=write.numbers.percent(node.coverage),
    ) + "".join(write.words("findings.node_flag", flag=flag) for flag in [*flags, *node.flags])


def _requirement(each: Indicator, write: Writing) -> str:
    """The requirement as it was set, and whether the plan set it."""
    text = write.numbers.bound(each.requirement, each.unit, each.direction, each.unit_zh)
    return write.words("findings.of_plan", limit=text) if each.is_target_of_plan else text


def _periods(dimension: ReportNode, write: Writing) -> Table:
    return write.table(
        f"periods-{dimension.node_id}",
        write.words("findings.periods", name=dimension.name),
        (
            ("indicator", "text"),
            ("value", "number"),
            ("year_before", "number"),
            ("change", "text"),
            ("trend", "text"),
            ("year_to_date", "number"),
            ("trailing_year", "number"),
        ),
        (
            row(
                write.indicator(each),
                write.in_unit(each.value, each.unit, each.unit_zh),
                write.in_unit(each.previous_value, each.unit, each.unit_zh),
                write.text(write.numbers.change(each.value, each.previous_value, each.unit, each.unit_zh)),
                write.text(write.say.name("trend", each.trend) if each.trend else NOTHING),
                _window(each, each.year_to_date, write),
                _window(each, each.trailing_year, write),
            )
            for each in dimension.indicators
        ),
        note=write.words("findings.periods.note"),
        is_folded=True,
    )


def _window(each: Indicator, longer: WindowValue | None, write: Writing) -> Cell:
    if longer is None:
        return write.text(NOTHING)
    mark = write.words("findings.window_provisional") if longer.is_provisional else ""
    return write.in_unit(longer.value, each.unit, each.unit_zh, mark)


def _remarks(dimension: ReportNode, write: Writing) -> Table | None:
    """What else must be known of an indicator's value, one line for each remark."""

    def rows() -> Iterator[Row]:
        for each in dimension.indicators:
            for kind, text in _remarks_of(each, write):
                yield row(write.indicator(each), write.head(kind), write.head(text))

    found = tuple(rows())
    if not found:
        return None
    return write.table(
        f"remarks-{dimension.node_id}",
        write.words("findings.remarks", name=dimension.name),
        (("indicator", "text"), ("remark_kind", "text"), ("remark", "text")),
        found,
    )


def _remarks_of(each: Indicator, write: Writing) -> Iterator[tuple[str, str]]:
    numbers = write.numbers
    if each.reason:
        yield each.status_name, each.reason
    if each.provisional:
        yield write.words("provisional.badge"), write.provisional(each.provisional)
    for name, longer in (("year_to_date", each.year_to_date), ("trailing_year", each.trailing_year)):
        if longer is not None and longer.provisional and longer.provisional != each.provisional:
            yield write.words("remark.provisional", period=write.say.name("window", name)), write.provisional(longer.provisional)
    if each.basis:
        yield write.words("remark.basis"), each.basis
    if each.is_withheld:
        yield write.words("remark.withheld"), write.words("withheld.why")
    if limits := _limits(each, write):
        yield write.words("remark.limits"), limits
    if each.compared and each.compared_levels:
        yield write.words("remark.compared"), compared_in_words(each, write)
    if each.within_limit_rate is not None:
        yield write.words("remark.within_limit"), numbers.percent(each.within_limit_rate)
    if each.variants_beside:
        yield (
            write.words("remark.readings"),
            write.clauses(
                f"{variant.name} {numbers.in_unit(variant.value, variant.unit, variant.unit_zh)}"
                for variant in each.variants_beside
            ),
        )


def _limits(each: Indicator, write: Writing) -> str:
    """Acceptable limit of the plan, and the objective with whether it is met."""
    said = []
    if "acceptable" in each.moved_by_plan and each.acceptable is not None:
        limit = write.numbers.limit(each.acceptable, each.unit, each.unit_zh)
        said.append(write.words("remark.acceptable_of_plan", limit=limit))
    if each.objective is not None:
        objective = write.numbers.bound(each.objective, each.unit, each.direction, each.unit_zh)
        kind = "objective_of_plan" if "objective" in each.moved_by_plan else "objective"
        text = write.words(f"remark.{kind}", limit=objective)
        if each.is_objective_met is not None:
            text += write.words("remark.objective_met" if each.is_objective_met else "remark.objective_missed")
        said.append(text)
    return write.clauses(said)


def compared_in_words(each: Indicator, write: Writing) -> str:
    """The two levels that a change indicator compares; empty for other indicators."""
    compared, levels = each.compared, each.compared_levels
    if compared is None or levels is None:
        return ""
    before, now = (write.numbers.in_unit(level, compared.levels.unit, compared.levels.unit_zh) for level in levels)
    return write.words("compared", name=compared.name, before=compared.before, then=before, now=compared.now, today=now)
