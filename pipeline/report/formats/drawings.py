"""The charts of documents as SVG, the same for every format and edition."""

from __future__ import annotations

import json

from pipeline.charts import drawing
from pipeline.report.document.blocks import Chart, Document


class Drawings:
    """Draws charts; one that several documents have is drawn once.

    >>> drawings = Drawings().of(document)
    >>> drawings["figure-score-trend"][:4]
    '<svg'
    """

    def __init__(self) -> None:
        self._drawn: dict[str, str] = {}

    def of(self, document: Document) -> dict[str, str]:
        """The SVG of every chart of a document, by anchor."""
        return {chart.anchor: self._svg(chart) for chart in document.charts()}

    def _svg(self, chart: Chart) -> str:
        if chart.specification is None:
            assert chart.svg is not None
            return chart.svg
        key = json.dumps(chart.specification)
        if key not in self._drawn:
            self._drawn[key] = drawing.svg(chart.specification)
        return self._drawn[key]
