"""Writes a report document as a Word file that people edit: styles, a table of contents, real tables with repeated header rows.

Word has no SVG without a picture beside it, so charts are PNG with a text alternative and their table below.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from pipeline.charts import drawing
from pipeline.report.document import blocks
from pipeline.report.words.messages import Messages, messages

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

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


def render_docx(document: blocks.Document, drawings: Mapping[str, str]) -> bytes:
    """The document as a Word file; the same document gives the same bytes. Raises NoChineseFont.

    drawings   the SVG of its charts by anchor (``Drawings``)
    """
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
        _add_section(word, section, 1, say, drawings)
    word.sections[0].footer.paragraphs[0].text = document.footer
    stream = io.BytesIO()
    word.save(stream)
    return _with_fixed_times(stream.getvalue())


def _add_section(word: WordDocument, section: blocks.Section, level: int, say: Messages, drawings: Mapping[str, str]) -> None:
    word.add_heading(section.title, level=level)
    for block in section.blocks:
        _add_block(word, block, say, drawings)
    for child in section.sections:
        _add_section(word, child, min(level + 1, 4), say, drawings)


def _add_block(word: WordDocument, block: blocks.Block, say: Messages, drawings: Mapping[str, str]) -> None:
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
            _add_chart(word, block, drawings[block.anchor])
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
    if table.caption:
        word.add_paragraph(table.caption, style="Caption")
    from docx.oxml import parse_xml

    # As text: the library's objects take ten times as long for a report's thousands of cells.
    word.element.body.insert_element_before(parse_xml(_table_xml(table, say)), "w:sectPr")
    if table.note:
        word.add_paragraph().add_run(table.note).italic = True
    else:
        # Two tables without a paragraph between them are one.
        word.add_paragraph()


def _table_xml(table: blocks.Table, say: Messages) -> str:
    from docx.oxml.ns import nsdecls

    head = "".join(_cell_xml(column.label, is_bold=True) for column in table.columns)
    lines = [f"<w:tr><w:trPr><w:tblHeader w:val='true'/></w:trPr>{head}</w:tr>"]
    for row in table.rows:
        if row.role == "group":
            text = "　".join(cell.text for cell in row.cells if cell.text)
            lines.append(f"<w:tr>{_cell_xml(text, is_bold=True, span=len(table.columns))}</w:tr>")
            continue
        cells = (
            _cell_xml(
                f"{cell.text} {say.text('withheld.mark')}" if cell.is_withheld else cell.text,
                is_bold=row.role == "total",
                is_number=column.kind not in ("text", "date"),
                colour=_TONES.get(cell.tone),
            )
            for cell, column in zip(row.cells, table.columns, strict=True)
        )
        lines.append(f"<w:tr>{''.join(cells)}</w:tr>")
    return (
        f"<w:tbl {nsdecls('w')}><w:tblPr><w:tblStyle w:val='TableGrid'/><w:tblW w:type='auto' w:w='0'/></w:tblPr>"
        f"<w:tblGrid>{'<w:gridCol/>' * len(table.columns)}</w:tblGrid>{''.join(lines)}</w:tbl>"
    )


def _cell_xml(text: str, *, is_bold: bool = False, is_number: bool = False, colour: str | None = None, span: int = 1) -> str:
    wide = f"<w:gridSpan w:val='{span}'/>" if span > 1 else ""
    side = "<w:pPr><w:jc w:val='right'/></w:pPr>" if is_number else ""
    look = ("<w:b/>" if is_bold else "") + (f"<w:color w:val='{colour}'/>" if colour else "")
    return (
        f"<w:tc><w:tcPr><w:tcW w:type='auto' w:w='0'/>{wide}</w:tcPr><w:p>{side}<w:r><w:rPr>{look}</w:rPr>"
        f"<w:t xml:space='preserve'>{escape(text)}</w:t></w:r></w:p></w:tc>"
    )


def _add_chart(word: WordDocument, chart: blocks.Chart, drawn: str) -> None:
    from docx.shared import Cm

    word.add_paragraph(chart.title, style="Caption")
    shape = word.add_picture(io.BytesIO(drawing.png(drawn)), width=Cm(_WIDTH_CM))
    shape._inline.docPr.set("descr", chart.description)
    word.add_paragraph().add_run(chart.description).italic = True


def _coloured(run: Any, tone: str) -> None:
    from docx.shared import RGBColor

    if tone in _TONES:
        run.font.color.rgb = RGBColor.from_string(_TONES[tone])


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
