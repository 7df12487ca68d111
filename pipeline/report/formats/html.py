"""Renders a report model as one HTML page: its data overview, findings and annexes as a document."""

from __future__ import annotations

from pipeline.report.document.blocks import Document, Fact, Language
from pipeline.report.formats.document_html import render_html
from pipeline.report.model.report import ReportModel
from pipeline.report.sections.annexes import annexes
from pipeline.report.sections.findings import findings
from pipeline.report.sections.overview import overview
from pipeline.report.words.messages import messages
from pipeline.report.words.numbers import Numbers


def page_of(model: ReportModel, language: Language) -> Document:
    """The sections of a report as a document."""
    say, head = messages(language), model.head
    period = Numbers(language).period(head.quarter.label)
    return Document(
        edition="management",
        language=language,
        enterprise_id=head.enterprise_id,
        period=head.quarter.label,
        run_id=head.run_id,
        standard=head.standard_edition,
        title=f"{head.enterprise_id} {period}",
        subtitle=head.edition_in_words,
        facts=(Fact(label=say.text("choice.run_id"), text=head.run_id),),
        sections=(overview(model, say), findings(model, say), *annexes(model, say)),
        footer=f"{head.enterprise_id} {head.quarter.label} {head.run_id}",
    )


def render(model: ReportModel) -> str:
    """The report in Chinese as an HTML document; the same model gives the same text."""
    return render_html(page_of(model, "zh"))
