"""Formats of reports: each renders what the model holds and decides nothing."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.report.document.blocks import Document


def rendered(document: Document, form: str, drawings: Mapping[str, str]) -> bytes:
    """A document in one of ``FORMATS`` (schemas/expectations/reports.py); the same document gives the same bytes.

    drawings   the SVG of its charts by anchor (``Drawings``); JSON needs none

    Raises NoChineseFont for formats that carry their fonts, if there is none. Imports a format's libraries when it is asked for.
    """
    match form:
        case "html":
            from pipeline.report.formats.document_html import render_html

            return render_html(document, drawings).encode()
        case "pdf":
            from pipeline.report.formats.document_pdf import render_pdf

            return render_pdf(document, drawings)
        case "docx":
            from pipeline.report.formats.document_docx import render_docx

            return render_docx(document, drawings)
        case "xlsx":
            from pipeline.report.formats.document_xlsx import render_xlsx

            return render_xlsx(document, drawings)
        case "json":
            return document.model_dump_json(indent=1).encode()
    raise ValueError(form)
