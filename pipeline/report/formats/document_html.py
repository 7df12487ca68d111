"""Renders a report document as one HTML file: offline, complete without script, sortable and with tooltips where there is script.

Charts are the drawings of ``pipeline.charts``, the same in every format; the script shows the labels that each mark carries. A
bundled chart runtime would make a page ten times as large and draw the same.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pipeline.charts import drawing
from pipeline.report.document.blocks import Chart, Document
from pipeline.report.words.messages import messages

_TEMPLATE = "document.html.j2"


def render_html(document: Document, drawings: Mapping[str, str] | None = None) -> str:
    """The document as HTML (UTF-8); the same document gives the same text.

    drawings   the SVG of charts by anchor, where they were drawn before; None: all are drawn here
    """
    drawn = drawings if drawings is not None else drawings_of(document)
    template = _environment().get_template(_TEMPLATE)
    return template.render(
        document=document,
        # Vega writes it from our own specifications; texts in it are escaped there.
        drawings={anchor: Markup(svg) for anchor, svg in drawn.items()},
        say=_say(document),
        css=Markup(_text("document.css")),
        script=Markup(_text("document.js")),
        script_hash=Markup(_script_hash()),
    )


def drawings_of(document: Document) -> dict[str, str]:
    """The SVG of every chart of a document, by anchor."""
    return {chart.anchor: svg_of(chart) for chart in document.charts()}


def svg_of(chart: Chart) -> str:
    """A chart as SVG."""
    if chart.specification is None:
        assert chart.svg is not None
        return chart.svg
    return drawing.svg(chart.specification)


def _say(document: Document) -> Callable[[str], str]:
    return messages(document.language).text


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("pipeline.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


@lru_cache(maxsize=2)
def _text(name: str) -> str:
    return files("pipeline.report").joinpath("templates", name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _script_hash() -> str:
    digest = hashlib.sha256(_text("document.js").encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
