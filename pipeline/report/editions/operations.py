"""The operations edition (执行团队): where it goes wrong by region, outlet, channel and product, the cases, and the measures.

People who serve are not shown: results by person are in the analysts' layer only, and ``cases`` says which command lists them.
"""

from __future__ import annotations

from pipeline.report.document.blocks import Document, Language, Paragraph, Section
from pipeline.report.editions.content import Content
from pipeline.report.editions.listings import (
    case_table,
    data_figures,
    dimension_table,
    indicator_table,
    place_tables,
    plan_block,
    priority_table,
)
from pipeline.report.model.run_tables import RunTables


def document(tables: RunTables, enterprise_id: str, language: Language, period: str | None = None) -> Document:
    """The edition of an enterprise. Raises UsageError for a period that the run does not have."""
    content = Content.of(tables, enterprise_id, language, "operations", period)
    priorities = priority_table(content)
    plan = plan_block(content)
    places = tuple(place_tables(content))
    return content.document(
        (
            content.part(1, "summary", (content.sentences(),)),
            content.part(2, "data", (data_figures(content),)),
            content.part(
                3,
                "findings",
                (
                    dimension_table(content),
                    *((priorities,) if priorities else ()),
                    *content.statements("findings"),
                    indicator_table(content),
                ),
            ),
            content.part(
                4,
                "analysis",
                (),
                (
                    _section(content, "by_place", (*content.statements("analysis", "analysis.member"), *places)),
                    _section(content, "relations", tuple(content.statements("analysis", *_RELATIONS))),
                    _section(content, "by_case", (case_table(content), Paragraph(text=_of_staff(content), role="note"))),
                ),
            ),
            content.part(5, "conclusion", (*content.statements("conclusion"), *((plan,) if plan else ()))),
            content.notes(),
        )
    )


_RELATIONS = ("analysis.reserve", "analysis.correlated", "analysis.uncorrelated", "analysis.benchmark", "analysis.choices")


def _section(content: Content, name: str, blocks: tuple[object, ...]) -> Section:
    found = blocks or (Paragraph(text=content.text(f"nothing.{name}")),)
    return Section.model_validate({"anchor": name, "title": content.text(f"section.{name}"), "blocks": found})


def _of_staff(content: Content) -> str:
    command = (
        "asq analyst \"select * from analysis_league where dimension = 'staff' "
        f"and enterprise_id = '{content.enterprise_id}' and period = '{content.period}'\" --lake LAKE"
    )
    return content.text("of_staff", command=command)
