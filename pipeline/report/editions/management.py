"""The management edition (管理层): what happened, why, what first and how sure it is, on two to four pages; decisions asked."""

from __future__ import annotations

from pipeline.report import figures
from pipeline.report.document.blocks import Block, Bullets, Chart, Document, Language, Paragraph, Section
from pipeline.report.editions.content import Content, present
from pipeline.report.editions.listings import data_figures, dimension_table, plan_block, priority_table
from pipeline.report.model.run_tables import RunTables

_PRIORITIES, _STRENGTHS = 6, 2
# Of the long table behind a chart.
_ROWS = 6


def document(tables: RunTables, enterprise_id: str, language: Language, period: str | None = None) -> Document:
    """The edition of an enterprise. Raises UsageError for a period that the run does not have."""
    content = Content.of(tables, enterprise_id, language, "management", period)
    priorities = priority_table(content, at_most=_PRIORITIES)
    say = content.wording.say
    trend = figures.score_trend(tables, enterprise_id, say)
    waterfall = figures.change_waterfall(tables, enterprise_id, say, against=content.against, period=content.period)
    return content.document(
        (
            content.part(1, "summary", (content.sentences(),)),
            content.part(2, "data", (data_figures(content),)),
            content.part(
                3,
                "findings",
                (
                    dimension_table(content),
                    *present(trend),
                    *content.statements("findings", "finding.improved", "finding.worse"),
                ),
            ),
            content.part(
                4, "analysis", (*present(priorities, waterfall and _brief(content, waterfall)), *content.statements("analysis"))
            ),
            _conclusion(content),
            # Behind a page break it would be a page of its own.
            content.notes(is_annex=False),
        )
    )


def _brief(content: Content, chart: Chart) -> Chart:
    """The chart with the largest rows of its table; the operations edition has all."""
    table = chart.data
    if len(table.rows) <= _ROWS:
        return chart
    note = content.text("more_rows", count=len(table.rows) - _ROWS)
    return chart.model_copy(update={"data": table.model_copy(update={"rows": table.rows[:_ROWS], "note": note})})


def _conclusion(content: Content) -> Section:
    """Strengths and practices beside weaknesses, the draft plan, and what management is asked to decide."""
    plan = plan_block(content)
    decisions = tuple(decisions_asked(content))
    blocks: list[Block] = [
        *content.statements("findings", "finding.strength", at_most=_STRENGTHS),
        *content.statements("conclusion"),
    ]
    if plan:
        blocks.append(plan)
    if decisions:
        blocks += [Paragraph(text=content.text("decisions"), role="lead"), Bullets(items=decisions)]
    return content.part(5, "conclusion", blocks)


def decisions_asked(content: Content) -> list[str]:
    """What only management can decide, from the draft plan and the process rules."""
    asked = []
    if content.measures:
        points = sum(each.effect for each in content.measures)
        asked.append(
            content.text(
                "decide.plan",
                count=len(content.measures),
                points=content.wording.numbers.number(points),
                due=content.wording.numbers.date(max(each.due_on for each in content.measures)),
            )
        )
    funded = [each for each in content.measures if each.recipe.type == "resources"]
    if funded:
        names = content.text("list").join(content.wording.indicator(each.indicator.subject_id) for each in funded)
        asked.append(content.text("decide.resources", indicators=names))
    broken = [each.subject_id for each in content.gathered.rules if each.facts["result"].value == "fail"]
    if broken:
        names = content.text("list").join(content.wording.rule(name) for name in broken)
        asked.append(content.text("decide.rules", rules=names))
    return asked
