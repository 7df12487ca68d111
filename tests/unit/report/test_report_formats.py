"""Every number of a document is in every format, read back by other libraries than those that wrote it."""

from __future__ import annotations

import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import docx
import jsonschema
import pypdfium2
import pytest
import report_run
from python_calamine import CalamineWorkbook

from pipeline.report.document.blocks import Document, Figures, Statements, Table
from pipeline.report.editions import document_of
from pipeline.report.formats import rendered
from pipeline.report.formats.drawings import Drawings
from pipeline.report.model.run_tables import RunTables

LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])


@pytest.fixture(scope="module")
def documents(conclusions_path: Path) -> dict[str, tuple[Document, dict[str, str]]]:
    """The operations edition of E1, which has every kind of block, with its drawings, by language."""
    tables = RunTables.read(conclusions_path, report_run.QUARTER)
    made = {language: document_of(tables, "E1", "operations", language) for language in ("zh", "en")}  # type: ignore[arg-type]
    return {language: (document, Drawings().of(document)) for language, document in made.items()}


def squeezed(text: str) -> str:
    """Without spaces, breaks and hyphens: setting a page adds some at line ends (a minus is another character)."""
    return re.sub(r"[\s\x00-\x1f\u00ad\u200b\ufffe\uffff-]+", "", text)


class _Texts(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def cell_texts(document: Document) -> list[str]:
    """Every text of a table's cell, in reading order."""
    return [cell.text for table in document.tables() for row in table.rows for cell in row.cells if cell.text]


def other_texts(document: Document) -> list[str]:
    texts = [section.title for section in document.all_sections()]
    for block in document.blocks():
        if isinstance(block, Statements | Figures):
            texts += [each.text for each in block.items]
    return texts


@LANGUAGES
def test_html_has_every_text(documents: dict[str, tuple[Document, dict[str, str]]], language: str) -> None:
    document, drawings = documents[language]
    page = squeezed("".join(_Texts(rendered(document, "html", drawings).decode()).found))
    assert [text for text in [*cell_texts(document), *other_texts(document)] if squeezed(text) not in page] == []


@LANGUAGES
def test_pdf_has_every_number(documents: dict[str, tuple[Document, dict[str, str]]], language: str) -> None:
    document, drawings = documents[language]
    content = rendered(document, "pdf", drawings)
    pdf = pypdfium2.PdfDocument(content)
    text = squeezed("".join(page.get_textpage().get_text_bounded() for page in pdf))
    cells = [cell for table in document.tables() for row in table.rows for cell in row.cells if isinstance(cell.value, int | float)]
    assert len(cells) > 100
    # Longer texts may be cut by the foot of a page.
    assert [cell.text for cell in cells if squeezed(cell.text) not in text] == []
    # Tagged, named and in its language; PDF/UA-1 is what typst was asked to keep to.
    assert pdf.get_metadata_value("Title") == document.title
    assert b"/StructTreeRoot" in content
    assert b"pdfuaid" in content
    fonts = set(re.findall(rb"/BaseFont */[A-Z]{6}\+([\w-]+)", content))
    assert any(b"CJK" in font or b"Han" in font or b"Noto" in font for font in fonts)


@LANGUAGES
def test_word_has_every_cell(documents: dict[str, tuple[Document, dict[str, str]]], language: str) -> None:
    document, drawings = documents[language]
    word = docx.Document(io.BytesIO(rendered(document, "docx", drawings)))
    written = [
        "".join(part.text or "" for part in cell.iter(f"{{{_W}}}t"))
        for table in word.tables
        for cell in table._tbl.iter(f"{{{_W}}}tc")
    ]
    found = set(written)
    rows = [row for table in document.tables() for row in table.rows if row.role != "group"]
    assert [cell.text for row in rows for cell in row.cells if cell.text and not cell.is_withheld and cell.text not in found] == []
    assert [style for style in ("Heading 1", "Heading 2") if not any(each.style.name == style for each in word.paragraphs)] == []
    assert len(word.inline_shapes) == len(list(document.charts()))
    assert all(shape._inline.docPr.get("descr") for shape in word.inline_shapes)


@LANGUAGES
def test_workbook_has_every_value_as_a_number(documents: dict[str, tuple[Document, dict[str, str]]], language: str) -> None:
    document, drawings = documents[language]
    book = CalamineWorkbook.from_filelike(io.BytesIO(rendered(document, "xlsx", drawings)))
    cells = {value for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for value in row}
    numbers = {round(float(value), 9) for value in cells if isinstance(value, int | float)}
    missing = [
        cell.value
        for table in document.tables()
        for row in table.rows
        for cell, column in zip(row.cells, table.columns, strict=False)
        if row.role == "row" and isinstance(cell.value, int | float) and not isinstance(cell.value, bool)
        and column.kind in ("percent", "points", "count") and not cell.is_withheld and round(float(cell.value), 9) not in numbers
    ]  # fmt: skip
    assert missing == []
    # A text that looks like a formula stays a text.
    assert not any(isinstance(value, str) and value.startswith("=") and "(" in value for value in cells)


@LANGUAGES
def test_json_is_the_document_and_keeps_to_its_schema(documents: dict[str, tuple[Document, dict[str, str]]], language: str) -> None:
    document, drawings = documents[language]
    content = rendered(document, "json", drawings)
    jsonschema.validate(json.loads(content), Document.model_json_schema())
    assert Document.model_validate_json(content) == document


def test_every_specification_is_valid_vega_lite(documents: dict[str, tuple[Document, dict[str, str]]]) -> None:
    """The product does not check them, because that takes longer than drawing them."""
    import altair

    document, _ = documents["zh"]
    specifications = [chart.specification for chart in document.charts() if chart.specification is not None]
    assert specifications
    for specification in specifications:
        altair.Chart.from_dict(specification, validate=True)


def test_links_lead_somewhere(documents: dict[str, tuple[Document, dict[str, str]]]) -> None:
    document, _ = documents["zh"]
    anchors = {section.anchor for section in document.all_sections()} | {table.anchor for table in document.tables()}
    anchors |= {chart.anchor for chart in document.charts()} | {
        row.anchor for table in document.tables() for row in table.rows if row.anchor
    }
    anchors |= {entry.anchor for block in document.blocks() if block.kind == "glossary" for entry in block.entries}
    anchors |= {each.claim_id for each in document.statements()}
    links = [cell.link for table in document.tables() for row in table.rows for cell in row.cells if cell.link]
    links += [proof.link for each in document.statements() for proof in each.evidence if proof.link]
    assert links
    assert sorted(set(links) - anchors) == []


def test_a_table_is_found_under_one_anchor(documents: dict[str, tuple[Document, dict[str, str]]]) -> None:
    document, _ = documents["zh"]
    anchors = [table.anchor for block in document.blocks() for table in ([block] if isinstance(block, Table) else [])]
    assert len(anchors) == len(set(anchors))


_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
