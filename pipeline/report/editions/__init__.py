"""The editions of a report, each a document of clause 七's five parts: management, operations, public."""

from __future__ import annotations

from pipeline.report.document.blocks import Document, Edition, Language
from pipeline.report.model.run_tables import RunTables


def document_of(tables: RunTables, enterprise_id: str, edition: Edition, language: Language, period: str | None = None) -> Document:
    """An enterprise's report of a period (None: the quarter). Raises UsageError for a period that the run does not have."""
    from pipeline.report.editions import management, operations, public

    make = {"management": management.document, "operations": operations.document, "public": public.document}
    return make[edition](tables, enterprise_id, language, period)
