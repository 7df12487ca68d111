"""The operations edition (执行团队): where it goes wrong by region, outlet, channel and product, the cases, and the measures.

People who serve are not shown: results by person are in the analysts' layer only, and ``cases`` says which command lists them.
"""

from __future__ import annotations

from pipeline.report import figures
from pipeline.report.claims.gather import DIMENSIONS
from pipeline.report.document.blocks import Block, Document, Language, Paragraph, Section
from pipeline.report.editions.content import Content, present
from pipeline.report.editions.listings import (
    case_table,
    data_figures,
    dimension_table,
    indicator_table,
    place_anchor,
    place_tables,
    plan_block,
    priority_table,
)
from pipeline.report.model.report import ReportModel
from pipeline.report.model.run_tables import RunTables
from pipeline.report.sections.annexes import annexes
from pipeline.report.sections.findings import findings
from pipeline.report.sections.overview import overview


def document(tables: RunTables, enterprise_id: str, language: Language, period: str | None = None) -> Document:
    """The edition of an enterprise. Raises UsageError for a period that the run does not have."""
    content = Content.of(tables, enterprise_id, language, "operations", period)
    report = tables.report(enterprise_id, language) if content.is_quarter else None
    say = content.wording.say
    return content.document(
        (
            content.part(1, "summary", (content.sentences(),)),
            overview(report, say) if report else content.part(2, "data", (data_figures(content),)),
            _findings(content, report),
            content.part(
                4,
                "analysis",
                (),
                (
                    _section(content, "trends", _trends(content)),
                    _section(content, "by_place", _by_place(content)),
                    _section(content, "relations", _relations(content)),
                    _section(content, "causes", _causes(content)),
                    _section(content, "by_case", (case_table(content), Paragraph(text=_of_staff(content), role="note"))),
                ),
            ),
            content.part(5, "conclusion", (*content.statements("conclusion"), *present(plan_block(content)))),
            content.notes(),
            *(annexes(report, say) if report else ()),
        )
    )


def _findings(content: Content, report: ReportModel | None) -> Section:
    """Conclusions and charts, then every indicator: of a quarter with its readings and windows, of a longer period in one table."""
    tables, enterprise, say, at = content.tables, content.enterprise_id, content.wording.say, content.period
    told = (
        *content.statements("findings"),
        *present(
            priority_table(content),
            figures.score_tree(tables, enterprise, say, period=at),
            figures.bullets(tables, enterprise, say, period=at),
        ),
    )
    if report is None:
        return content.part(3, "findings", (dimension_table(content), *told, indicator_table(content)))
    whole = findings(report, say)
    return whole.model_copy(update={"blocks": (*told, *whole.blocks)})


def _trends(content: Content) -> tuple[Block, ...]:
    """The total, the dimensions and the indicator to take first over time, and how the total changed."""
    tables, enterprise, say, at = content.tables, content.enterprise_id, content.wording.say, content.period
    first = content.gathered.priorities[:1]
    return present(
        figures.score_trend(tables, enterprise, say),
        figures.change_waterfall(tables, enterprise, say, against=content.against, period=at),
        figures.dimension_trends(tables, enterprise, say),
        *(figures.indicator_trend(tables, enterprise, say, each.subject_id) for each in first),
    )


def _by_place(content: Content) -> tuple[Block, ...]:
    """Who differs from the rest, then each division: a chart of its most telling indicator and the table of its members."""
    tables, enterprise, say, at = content.tables, content.enterprise_id, content.wording.say, content.period
    lists = {table.anchor: table for table in place_tables(content)}
    blocks: list[Block | None] = [
        *content.statements("analysis", "analysis.member"),
        figures.region_heatmap(tables, enterprise, say, period=at),
    ]
    for dimension in DIMENSIONS:
        blocks += [figures.league_bars(tables, enterprise, say, dimension, period=at), lists.get(place_anchor(dimension))]
    return present(*blocks, figures.month_hour_heatmap(tables, enterprise, say) if content.is_quarter else None)


def _relations(content: Content) -> tuple[Block, ...]:
    chart = figures.importance_performance(content.tables, content.enterprise_id, content.wording.say, period=content.period)
    return (*content.statements("analysis", *_RELATIONS), *present(chart))


def _causes(content: Content) -> tuple[Block, ...]:
    """Classes of faults and complaints, and the recorded causes of the costliest shortfalls."""
    tables, enterprise, say, at = content.tables, content.enterprise_id, content.wording.say, content.period
    return present(
        *(figures.pareto(tables, enterprise, say, kind, period=at) for kind in ("fault", "complaint")),
        *(
            figures.fishbone(tables, enterprise, say, each.subject_id, period=at)
            for each in content.gathered.priorities[:_FISHBONES]
        ),
    )


_FISHBONES = 2
_RELATIONS = ("analysis.reserve", "analysis.correlated", "analysis.uncorrelated", "analysis.benchmark", "analysis.choices")


def _section(content: Content, name: str, blocks: tuple[Block, ...]) -> Section:
    found = blocks or (Paragraph(text=content.text(f"nothing.{name}")),)
    return Section(anchor=name, title=content.text(f"section.{name}"), blocks=found)


def _of_staff(content: Content) -> str:
    command = (
        "asq analyst \"select * from analysis_league where dimension = 'staff' "
        f"and enterprise_id = '{content.enterprise_id}' and period = '{content.period}'\" --lake LAKE"
    )
    return content.text("of_staff", command=command)
