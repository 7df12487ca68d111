"""Renders a report model as one self-contained HTML page in Chinese; nothing is loaded from elsewhere.

Layout and page text are in ``templates/``, number formats in ``words/numbers.py``, the content in ``model/``.
"""

from __future__ import annotations

from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.report.model.report import ReportModel
from pipeline.report.parts.survey_cells import FIRM_FROM
from pipeline.report.words import numbers as formats
from pipeline.report.words import zh as labels
from schemas.expectations.quality import DIMENSIONS

_TEMPLATE = "quarterly.html.j2"
_FORMATS = (
    formats.number,
    formats.count,
    formats.percent,
    formats.bare,
    formats.in_unit,
    formats.limit,
    formats.bound,
    formats.interval,
    formats.change,
    formats.signed,
    formats.rounding_mark,
    formats.date,
    formats.moment,
)


def render(model: ReportModel) -> str:
    """The quarterly report as an HTML document (UTF-8, A4 print style included); the same model gives the same text."""
    return _environment().get_template(_TEMPLATE).render(report=model, survey_minimum=model.fewest_people)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pipeline.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update({function.__name__: function for function in _FORMATS})
    environment.globals.update(
        verdict_names=labels.VERDICTS,
        trend_names=labels.TRENDS,
        direction_names=labels.DIRECTIONS,
        process_result_names=labels.PROCESS_RESULTS,
        dimension_names=DIMENSIONS,
        survey_firm=FIRM_FROM,
    )
    return environment
