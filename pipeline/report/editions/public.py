"""The public edition (公开): aggregates of the enterprise only. No outlet, person or other enterprise; small cells are hidden."""

from __future__ import annotations

from pipeline.report import figures
from pipeline.report.document.blocks import Document, Language
from pipeline.report.editions.content import Content, present
from pipeline.report.editions.listings import data_figures, dimension_table, indicator_table
from pipeline.report.model.run_tables import RunTables


def document(tables: RunTables, enterprise_id: str, language: Language, period: str | None = None) -> Document:
    """The edition of an enterprise. Raises UsageError for a period that the run does not have."""
    content = Content.of(tables, enterprise_id, language, "public", period)
    trend = figures.score_trend(tables, enterprise_id, content.wording.say)
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
                    *content.statements("findings", "finding.missed", "finding.im", "finding.worse"),
                ),
            ),
            content.part(4, "analysis", (*content.statements("analysis"), indicator_table(content))),
            content.part(5, "conclusion", (*content.statements("findings", "finding.strength"), *content.statements("conclusion"))),
            content.notes(),
        )
    )
