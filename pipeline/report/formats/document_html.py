"""Renders a report document as one HTML file: offline, complete without script, sortable and with tooltips where there is script.

Charts are the drawings of ``pipeline.charts``, the same in every format; the script shows the labels that each mark carries. A
bundled chart runtime would make a page ten times as large and draw the same.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pipeline.report.document.blocks import Document
from pipeline.report.words.messages import messages

_TEMPLATE = "document.html.j2"


def render_html(document: Document, drawings: Mapping[str, str]) -> str:
    """The document as HTML (UTF-8); the same document gives the same text.

    drawings   the SVG of its charts by anchor (``Drawings``)
    """
    template = _environment().get_template(_TEMPLATE)
    return template.render(
        document=document,
        # Vega writes it from our own specifications; texts in it are escaped there.
        drawings={anchor: Markup(svg) for anchor, svg in drawings.items()},
        say=messages(document.language).text,
        css=Markup(_text("document.css")),
        script=Markup(_text("document.js")),
        script_hash=Markup(_script_hash()),
    )


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
