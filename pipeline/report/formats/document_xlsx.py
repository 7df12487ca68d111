"""Writes a report document as a workbook: a sheet per section, each table with types and filters, charts that Excel draws itself.

Numbers are numbers with a format, never text; texts that look like formulas stay texts.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipeline.charts import drawing
from pipeline.report.document import blocks
from pipeline.report.words.messages import messages

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

_FORMATS = {"percent": "0.00%", "points": "0.00", "count": "#,##0.##", "number": "#,##0.00"}
_TONES = {"good": "#0F6B47", "bad": "#A8201A", "open": "#7A4D00", "soft": "#526070"}
_CREATED = dt.datetime(2025, 1, 1)
# Excel's limits: characters of a sheet's name, and those it may not have.
_LONGEST_NAME = 31
_UNFIT = re.compile(r"[\[\]:*?/\\]")
_WIDEST, _NARROWEST = 48, 10
_CHART_ROWS = 18


# A number as people read it: digits, decimals, and the unit after them.
_SHOWN = re.compile(r"[−+]?[\d,]+(?:\.(?P<decimals>\d+))?(?P<percent>%?)(?P<unit>(?: |[(（]).*)?")


def render_xlsx(document: blocks.Document, drawings: Mapping[str, str]) -> bytes:
    """The document as a workbook; the same document gives the same bytes. Raises NoChineseFont.

    drawings   the SVG of its charts by anchor (``Drawings``); those that Excel draws itself are not looked at
    """
    import xlsxwriter

    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"title": document.title, "subject": document.subtitle, "created": _CREATED})
        _Writer(book, document, drawings).write()
    return stream.getvalue()


class _Writer:
    """Writes sheet by sheet, from top to bottom."""

    def __init__(self, book: Workbook, document: blocks.Document, drawings: Mapping[str, str]) -> None:
        self._book, self._document, self._drawings = book, document, drawings
        self._say = messages(document.language)
        self._formats: dict[tuple[str, str, str], Any] = {}
        self._names: set[str] = set()
        family = drawing.font_family()
        self._base = {"font_name": family, "valign": "top"}
        self._head = book.add_format({**self._base, "bold": True, "bg_color": "#EEF2F6", "text_wrap": True, "bottom": 1})
        self._title = book.add_format({**self._base, "bold": True, "font_size": 14})
        self._caption = book.add_format({**self._base, "bold": True})
        self._text = book.add_format({**self._base, "text_wrap": True})
        self._plain = book.add_format(self._base)

    def write(self) -> None:
        sheet = self._sheet(self._say.text("sheet.cover"))
        sheet.write_string(0, 0, self._document.title, self._title)
        sheet.write_string(1, 0, self._document.subtitle, self._text)
        sheet.set_column(0, 1, _WIDEST)
        for line, fact in enumerate(self._document.facts, start=3):
            sheet.write_string(line, 0, fact.label, self._text)
            sheet.write_string(line, 1, fact.text, self._text)
        for section in self._document.sections:
            self._write_section(section)

    def _write_section(self, section: blocks.Section) -> None:
        sheet, line = self._sheet(section.title), 0
        widths: dict[int, int] = {}
        for each in _in_order(section):
            sheet.write_string(line, 0, each.title, self._title)
            line += 1
            for block in each.blocks:
                match block:
                    case blocks.Table():
                        line = self._write_table(sheet, line, block, widths)
                    case blocks.Chart():
                        line = self._write_chart(sheet, line, block)
                        line = self._write_table(sheet, line, block.data, widths)
                    case _:
                        for text in _texts(block):
                            sheet.write_string(line, 0, text, self._plain)
                            line += 1
            line += 1
        for place, width in widths.items():
            sheet.set_column(place, place, width)

    def _write_table(self, sheet: Worksheet, line: int, table: blocks.Table, widths: dict[int, int]) -> int:
        sheet.write_string(line, 0, table.caption, self._caption)
        first = line = line + 1
        labels = [column.label for column in table.columns]
        for place, label in enumerate(labels):
            sheet.write_string(first, place, label, self._head)
            widths[place] = max(widths.get(place, _NARROWEST), min(_WIDEST, _width(label)))
        for row in table.rows:
            line += 1
            for place, cell in enumerate(row.cells):
                self._write_cell(sheet, line, place, cell, table.columns[min(place, len(labels) - 1)].kind, row.role)
                widths[place] = max(widths.get(place, _NARROWEST), min(_WIDEST, _width(cell.text)))
        # A table of Excel has a filter of its own; its columns have names of their own.
        if len(table.rows) > 1 and all(labels) and len(set(labels)) == len(labels) and all(row.role == "row" for row in table.rows):
            columns = [{"header": label, "header_format": self._head} for label in labels]
            sheet.add_table(first, 0, line, len(labels) - 1, {"columns": columns, "style": "Table Style Light 1"})
        line += 1
        if table.note:
            sheet.write_string(line, 0, table.note, self._plain)
            line += 1
        return line + 1

    def _write_cell(self, sheet: Worksheet, line: int, place: int, cell: blocks.Cell, kind: str, role: str) -> None:
        shown = _number_format(cell.text) if kind == "number" else None
        form = self._format(kind, cell.tone, role, shown)
        is_words = cell.is_withheld or cell.value is None or isinstance(cell.value, bool | str) or kind in ("text", "date")
        # 1∶212 is the inverse of its value.
        if is_words or (kind == "number" and shown is None):
            text = f"{cell.text} {self._say.text('withheld.mark')}" if cell.is_withheld else cell.text
            sheet.write_string(line, place, text, form)
        else:
            sheet.write_number(line, place, cell.value, form)

    def _write_chart(self, sheet: Worksheet, line: int, chart: blocks.Chart) -> int:
        """Above its table, which begins on the line that is returned."""
        begin = line + _CHART_ROWS
        if chart.plot is None:
            sheet.write_string(line, 0, chart.title, self._caption)
            picture = drawing.png(self._drawings[chart.anchor])
            options = {"image_data": io.BytesIO(picture), "description": chart.description, "x_scale": 0.5, "y_scale": 0.5}
            sheet.insert_image(line + 1, 0, f"{chart.anchor}.png", options)
            return begin
        native = self._book.add_chart({"type": chart.plot.form})
        head, last = begin + 1, begin + 1 + len(chart.data.rows)
        for place in chart.plot.series:
            series = {
                "name": [sheet.name, head, place],
                "categories": [sheet.name, head + 1, 0, last, 0],
                "values": [sheet.name, head + 1, place, last, place],
            }
            native.add_series(series)
        native.set_title({"name": chart.title, "name_font": {"size": 11}})
        native.set_legend({"position": "bottom" if len(chart.plot.series) > 1 else "none"})
        native.set_size({"width": 720, "height": 20 * (_CHART_ROWS - 2)})
        sheet.insert_chart(line, 0, native, {"description": chart.description})
        return begin

    def _format(self, kind: str, tone: str, role: str, shown: str | None = None) -> Any:
        """``shown``: a number format of its own, for columns whose rows have different units."""
        key = shown or kind, tone, role
        if key not in self._formats:
            look: dict[str, Any] = {**self._base, "bold": role != "row"}
            if kind in _FORMATS:
                look["num_format"] = shown or _FORMATS[kind]
            else:
                look["text_wrap"] = True
            if tone in _TONES:
                look["font_color"] = _TONES[tone]
            self._formats[key] = self._book.add_format(look)
        return self._formats[key]

    def _sheet(self, title: str) -> Worksheet:
        name = _UNFIT.sub(" ", title)[:_LONGEST_NAME]
        number = 2
        while name.casefold() in self._names:
            name = f"{_UNFIT.sub(' ', title)[: _LONGEST_NAME - 4]} {number}"
            number += 1
        self._names.add(name.casefold())
        return self._book.add_worksheet(name)


def _in_order(section: blocks.Section) -> list[blocks.Section]:
    return [section, *(each for child in section.sections for each in _in_order(child))]


def _texts(block: blocks.Block) -> list[str]:
    match block:
        case blocks.Paragraph():
            return [block.text]
        case blocks.Bullets():
            return list(block.items)
        case blocks.Statements():
            return [each.text for each in block.items]
        case blocks.Figures():
            return [f"{each.label}　{each.text}　{each.note}".strip() for each in block.items]
        case blocks.Glossary():
            return [
                f"{entry.title}　{entry.text}　{'；'.join(f'{a} {b}' for a, b in entry.lines)}".strip() for entry in block.entries
            ]
        case _:
            return []


def _width(text: str) -> int:
    """Columns of a text; a Chinese character takes two."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text) + 2


def _number_format(text: str) -> str | None:
    """The format that shows a cell's value as its text does; None for a text that is no number with a unit."""
    found = _SHOWN.fullmatch(text)
    if found is None:
        return None
    decimals = "." + "0" * len(found["decimals"]) if found["decimals"] else ""
    unit = (found["unit"] or "").replace('"', "")
    return f"#,##0{decimals}{found['percent']}" + (f'"{unit}"' if unit else "")
