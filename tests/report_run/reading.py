"""Reads the blocks of a section or document as people do: tables by anchor, rows by their first cell, all text in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeline.report.document.blocks import Block, Bullets, Entry, Figures, Glossary, Language, Paragraph, Row, Section, Table
from pipeline.report.model.report import ReportModel
from pipeline.report.sections.annexes import annexes
from pipeline.report.sections.findings import findings
from pipeline.report.sections.overview import overview
from pipeline.report.words.messages import messages


def sections_of(model: ReportModel, language: Language = "zh") -> tuple[Section, ...]:
    """Data overview, findings and annexes of a report."""
    say = messages(language)
    return overview(model, say), findings(model, say), *annexes(model, say)


def blocks(*sections: Section) -> Iterator[Block]:
    """Every block of the sections and those within them, in reading order."""
    for section in sections:
        yield from section.blocks
        yield from blocks(*section.sections)


def table(anchor: str, *sections: Section) -> Table:
    """The table of an anchor."""
    return next(each for each in blocks(*sections) if isinstance(each, Table) and each.anchor == anchor)


def entry(anchor: str, *sections: Section) -> Entry:
    """The entry of a glossary."""
    glossaries = (each for each in blocks(*sections) if isinstance(each, Glossary))
    return next(entry for glossary in glossaries for entry in glossary.entries if entry.anchor == anchor)


def remarks(indicator_id: str, *sections: Section) -> dict[str, str]:
    """What the findings say of an indicator's value beside its row: kind → text."""
    found = [each for each in blocks(*sections) if isinstance(each, Table) and each.anchor.startswith("remarks-")]
    own = (row for each in found for row in each.rows if row.cells[0].text.startswith(f"{indicator_id} "))
    return {row.cells[1].text: row.cells[2].text for row in own}


def texts(row: Row) -> tuple[str, ...]:
    """What a row shows; a withheld number by a word of its own."""
    return tuple("(withheld)" if cell.is_withheld else cell.text for cell in row.cells)


def line(found: Table, first: str) -> tuple[str, ...]:
    """The texts of the row whose first cell begins so."""
    return next(texts(row) for row in found.rows if row.cells[0].text.startswith(first))


def values(found: Table, first: str) -> tuple[object, ...]:
    """The full values of that row."""
    return next(tuple(cell.value for cell in row.cells) for row in found.rows if row.cells[0].text.startswith(first))


def words(*sections: Section) -> str:
    """All text: titles, paragraphs, figures, tables with their captions and notes, entries of glossaries."""
    return "\n".join(filter(None, _words(sections)))


def _words(sections: Iterable[Section]) -> Iterator[str]:
    for section in sections:
        yield section.title
        for block in section.blocks:
            match block:
                case Paragraph():
                    yield block.text
                case Bullets():
                    yield from block.items
                case Figures():
                    yield from (f"{each.label} {each.text} {each.note}" for each in block.items)
                case Table():
                    yield block.caption
                    yield " | ".join(column.label for column in block.columns)
                    yield from (" | ".join(texts(row)) for row in block.rows)
                    yield block.note
                case Glossary():
                    for entry in block.entries:
                        yield f"{entry.title}: {entry.text}"
                        yield from (f"{label}: {text}" for label, text in entry.lines)
                case _:
                    raise AssertionError(block.kind)
        yield from _words(section.sections)
