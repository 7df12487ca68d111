"""Reports of a publication as users read them, in the edition that a test looks at; a run itself writes other editions only."""

from __future__ import annotations

from pathlib import Path

from pipeline.calendar.quarters import Quarter
from pipeline.report.editions import document_of
from pipeline.report.formats import rendered
from pipeline.report.model.run_tables import RunTables


def operations_page(released: Path, quarter: str, enterprise: str) -> str:
    """The operations edition in Chinese as HTML, without its drawings.

    released   the folder of the released layer of a run
    """
    document = document_of(RunTables.read(released, Quarter.parse(quarter)), enterprise, "operations", "zh")
    return rendered(document, "html", dict.fromkeys((chart.anchor for chart in document.charts()), "")).decode()
