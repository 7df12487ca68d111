"""Sets a report document as PDF (typst): tagged, PDF/UA-1, with outline, page numbers and embedded fonts.

The template is static; the document reaches it as JSON, so no text can be taken for markup. typst refuses what PDF/UA forbids.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from pipeline.charts.drawing import FONTS, font_family
from pipeline.report.document.blocks import Document
from pipeline.report.words.messages import messages

_TEMPLATE = "document.typ"
# Editions that are read on two pages need no list of contents.
_CONTENTS_FROM_SECTIONS = 9


def render_pdf(document: Document, drawings: Mapping[str, str]) -> bytes:
    """The document as PDF; the same document gives the same bytes. Raises NoChineseFont, see ``font_family``."""
    import typst

    family = font_family()
    words = messages(document.language)
    say = {
        "fonts": [family, *(other for other in FONTS if other != family)],
        "withheld": words.text("withheld.mark"),
        "evidence": words.text("evidence"),
        "separator": words.text("list.separator"),
        "contents": words.text("page.contents"),
        "has_contents": sum(1 for _ in document.all_sections()) >= _CONTENTS_FROM_SECTIONS,
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "drawings").mkdir()
        template = folder / _TEMPLATE
        template.write_text(files("pipeline.report").joinpath("templates", _TEMPLATE).read_text(encoding="utf-8"), encoding="utf-8")
        (folder / "document.json").write_text(document.model_dump_json(), encoding="utf-8")
        (folder / "words.json").write_text(json.dumps(say, ensure_ascii=False), encoding="utf-8")
        for anchor, svg in drawings.items():
            (folder / "drawings" / f"{anchor}.svg").write_text(svg, encoding="utf-8")
        return bytes(typst.compile(str(template), format="pdf", pdf_standards="ua-1"))
