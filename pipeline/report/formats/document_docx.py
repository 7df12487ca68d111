"""Writes a report document as a Word file that people edit: styles, a table of contents, real tables with repeated header rows.

Word has no SVG without a picture beside it, so charts are PNG with a text alternative and their table below.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import TYPE_CHECKING, Any

from pipeline.charts import drawing
from pipeline.report.document import blocks
from pipeline.report.words.messages import Messages, messages

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.table import Table as WordTable

# Files of Office are ZIP archives, which hold a time for each part: a fixed one, so that equal reports are equal files.
_MOMENT = (2025, 1, 1, 0, 0, 0)
_TONES = {"good": "0F6B47", "bad": "A8201A", "open": "7A4D00", "soft": "526070"}
_WIDTH_CM = 16.5
_THEME_FONTS = ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme")
_STYLES = (
    "Normal",
    "Title",
    "Subtitle",
    "Heading 1",
    "Heading 2",
    "Heading 3",
    "Heading 4",
    "List Bullet",
    "List Number",
    "Caption",
)


def render_docx(document: blocks.Document) -> bytes:
    """The document as a Word file; the same document gives the same bytes. Raises NoChineseFont."""
    import docx

    word = docx.Document()
    say = messages(document.language)
    _set_fonts(word, drawing.font_family(), document.language)
    properties = word.core_properties
    properties.title, properties.author, properties.language = document.title, "", _language(document.language)
    properties.created = properties.modified = dt.datetime(*_MOMENT)
    word.add_paragraph(document.subtitle, style="Subtitle")
    word.add_paragraph(document.title, style="Title")
    for fact in document.facts:
        line = word.add_paragraph()
        line.add_run(f"{fact.label}　").bold = True
        line.add_run(fact.text)
    _add_contents(word, say.text("page.contents"))
    for section in document.sections:
        _add_section(word, section, 1, say)
    word.sections[0].footer.paragraphs[0].text = document.footer
    stream = io.BytesIO()
    word.save(stream)
    return _with_fixed_times(stream.getvalue())


def _add_section(word: WordDocument, section: blocks.Section, level: int, say: Messages) -> None:
    word.add_heading(section.title, level=level)
    for block in section.blocks:
        _add_block(word, block, say)
    for child in section.sections:
        _add_section(word, child, min(level + 1, 4), say)


def _add_block(word: WordDocument, block: blocks.Block, say: Messages) -> None:
    match block:
        case blocks.Paragraph():
            run = word.add_paragraph().add_run(block.text)
            run.bold = block.role in ("lead", "notice")
            run.italic = block.role == "note"
        case blocks.Bullets():
            for item in block.items:
                word.add_paragraph(item, style="List Bullet")
        case blocks.Statements():
            for each in block.items:
                line = word.add_paragraph(style="List Number" if block.is_numbered else "List Bullet")
                _coloured(line.add_run(each.text), each.tone)
                if each.evidence:
                    proofs = say.text("list.separator").join(proof.label for proof in each.evidence)
                    line.add_run(f"\n{say.text('evidence')}{proofs}").italic = True
        case blocks.Figures():
            _add_table(word, _table_of_figures(block, say), say)
        case blocks.Table():
            _add_table(word, block, say)
        case blocks.Chart():
            _add_chart(word, block)
            _add_table(word, block.data, say)
        case blocks.Glossary():
            for entry in block.entries:
                word.add_paragraph().add_run(entry.title).bold = True
                if entry.text:
                    word.add_paragraph(entry.text)
                for label, text in entry.lines:
                    word.add_paragraph(f"{label}　{text}", style="List Bullet")


def _table_of_figures(block: blocks.Figures, say: Messages) -> blocks.Table:
    rows = [
        blocks.Row(
            cells=(
                blocks.Cell(text=each.label),
                blocks.Cell(text=each.text, value=each.value, tone=each.tone),
                blocks.Cell(text=each.note),
            )
        )
        for each in block.items
    ]
    labels = ("figures.name", "figures.value", "figures.note")
    columns = tuple(blocks.Column(label=say.text(label)) for label in labels)
    return blocks.Table(anchor="", caption="", columns=columns, rows=tuple(rows))


def _add_table(word: WordDocument, table: blocks.Table, say: Messages) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    if table.caption:
        word.add_paragraph(table.caption, style="Caption")
    written = word.add_table(rows=len(table.rows) + 1, cols=len(table.columns), style="Table Grid")
    all_rows = written._tbl.tr_lst
    _repeat_header(written)
    for head, column in zip(_cells(written, all_rows[0]), table.columns, strict=True):
        head.paragraphs[0].add_run(column.label).bold = True
    for row, line in zip(table.rows, all_rows[1:], strict=True):
        places = _cells(written, line)
        if row.role == "group":
            merged = places[0].merge(places[-1]) if len(places) > 1 else places[0]
            merged.paragraphs[0].add_run("　".join(cell.text for cell in row.cells if cell.text)).bold = True
            continue
        for place, cell, column in zip(places, row.cells, table.columns, strict=True):
            paragraph = place.paragraphs[0]
            run = paragraph.add_run(f"{cell.text} {say.text('withheld.mark')}" if cell.is_withheld else cell.text)
            run.bold = row.role == "total"
            _coloured(run, cell.tone)
            if column.kind not in ("text", "date"):
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    if table.note:
        word.add_paragraph().add_run(table.note).italic = True


def _add_chart(word: WordDocument, chart: blocks.Chart) -> None:
    from docx.shared import Cm

    word.add_paragraph(chart.title, style="Caption")
    picture = drawing.png(chart.specification) if chart.specification is not None else drawing.png_of_svg(chart.svg or "")
    shape = word.add_picture(io.BytesIO(picture), width=Cm(_WIDTH_CM))
    shape._inline.docPr.set("descr", chart.description)
    word.add_paragraph().add_run(chart.description).italic = True


def _cells(table: WordTable, line: Any) -> list[Any]:
    """The cells of a row; the library's own way walks the whole grid for each."""
    from docx.table import _Cell

    return [_Cell(cell, table) for cell in line.tc_lst]


def _coloured(run: Any, tone: str) -> None:
    from docx.shared import RGBColor

    if tone in _TONES:
        run.font.color.rgb = RGBColor.from_string(_TONES[tone])


def _repeat_header(table: WordTable) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    head = OxmlElement("w:tblHeader")
    head.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(head)


def _set_fonts(word: WordDocument, family: str, language: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for name in _STYLES:
        style = word.styles[name]
        style.font.name = family
        fonts = style.element.get_or_add_rPr().find(qn("w:rFonts"))
        fonts.set(qn("w:eastAsia"), family)
        # A font of the theme would win.
        for theme in _THEME_FONTS:
            fonts.attrib.pop(qn(f"w:{theme}"), None)
    spoken = OxmlElement("w:lang")
    spoken.set(qn("w:val"), _language(language))
    spoken.set(qn("w:eastAsia"), _language(language))
    word.styles["Normal"].element.get_or_add_rPr().append(spoken)


def _add_contents(word: WordDocument, title: str) -> None:
    """A table of contents, which Word fills when the file is opened."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    word.add_paragraph().add_run(title).bold = True
    run = word.add_paragraph().add_run()
    for kind in ("begin", "separate", "end"):
        mark = OxmlElement("w:fldChar")
        mark.set(qn("w:fldCharType"), kind)
        run._r.append(mark)
        if kind == "begin":
            instruction = OxmlElement("w:instrText")
            instruction.set(qn("xml:space"), "preserve")
            instruction.text = 'TOC \\o "1-2" \\h \\z \\u'
            run._r.append(instruction)
    update = OxmlElement("w:updateFields")
    update.set(qn("w:val"), "true")
    word.settings.element.append(update)


def _language(language: str) -> str:
    return {"zh": "zh-CN", "en": "en-GB"}[language]


def _with_fixed_times(archive: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = zipfile.ZipInfo(name, _MOMENT)
            part.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(part, old.read(name))
    return stream.getvalue()
