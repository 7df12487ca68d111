"""The report document: title, sections and blocks, with every number both as a value and as people read it.

The renderers of ``formats/`` show a document and decide nothing else; its JSON form is a format of its own, whose JSON Schema is
``Document.model_json_schema()``. Nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Language = Literal["zh", "en"]
Edition = Literal["management", "operations", "public"]
Value = float | int | str | bool | None

Tone = Literal["neutral", "good", "bad", "open", "soft"]
"""How a statement or cell is marked, beside its words: good and bad by the indicator's direction; open: undecided; soft: absent."""

Kind = Literal["text", "number", "percent", "count", "points", "date"]
"""What a column's values are: percent is a rate 0–1, points are points of a score 0–100, a date is ISO 8601."""


class Part(BaseModel):
    """Anything of a document; equal parts are equal."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Cell(Part):
    """A table's cell: the text that people read, and the full value behind it (None: there is none)."""

    text: str
    value: Value = None
    link: str | None = None
    """The id of the section, table or row that it leads to."""
    tone: Tone = "neutral"
    is_withheld: bool = False
    """The number exists and is not shown: it is about too few people."""


class Column(Part):
    """A table's column; ``unit`` is part of the label where it holds for all cells."""

    label: str
    kind: Kind = "text"


class Row(Part):
    """``group``: a heading over the rows below it; ``total``: a sum of the rows above."""

    cells: tuple[Cell, ...]
    role: Literal["row", "group", "total"] = "row"
    anchor: str | None = None


class Table(Part):
    """A table; the first column names its rows. ``is_folded``: closed until somebody opens it, where a format can."""

    kind: Literal["table"] = "table"
    anchor: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""
    is_folded: bool = False


class Paragraph(Part):
    """``notice``: what must be known before anything is believed; ``note``: how to read what follows."""

    kind: Literal["paragraph"] = "paragraph"
    text: str
    role: Literal["normal", "lead", "note", "notice"] = "normal"


class Bullets(Part):
    """A list of short texts."""

    kind: Literal["bullets"] = "bullets"
    items: tuple[str, ...]


class Evidence(Part):
    """What a statement rests on: the place in this document, and the rows of published tables."""

    label: str
    link: str | None = None
    table: str
    keys: dict[str, Value]


class Statement(Part):
    """A sentence that claims something, with the rule that made it and what it rests on (PR-46)."""

    claim_id: str
    text: str
    tone: Tone = "neutral"
    evidence: tuple[Evidence, ...] = ()


class Statements(Part):
    """Sentences that claim something, the most important first."""

    kind: Literal["statements"] = "statements"
    items: tuple[Statement, ...]
    is_numbered: bool = False


class Figure(Part):
    """A number that stands out, with its name and what to know about it."""

    label: str
    text: str
    value: Value = None
    note: str = ""
    tone: Tone = "neutral"


class Figures(Part):
    """A few numbers that stand out."""

    kind: Literal["figures"] = "figures"
    items: tuple[Figure, ...]


class Plot(Part):
    """How a spreadsheet draws the data table of a chart itself: columns by place, the first names the points."""

    form: Literal["line", "column", "bar", "scatter"]
    series: tuple[int, ...]


class Chart(Part):
    """A chart: a Vega-Lite specification, or an SVG where Vega-Lite cannot draw it, and the table of the same numbers.

    ``description`` says in words what is to be seen; it is the text alternative in every format. ``plot``: None where a spreadsheet
    cannot draw it and shows a picture.
    """

    kind: Literal["chart"] = "chart"
    anchor: str
    title: str
    description: str
    specification: dict[str, Any] | None = None
    svg: str | None = None
    plot: Plot | None = None
    data: Table


class Entry(Part):
    """A term and what is said of it, line by line: label and text."""

    anchor: str
    title: str
    text: str
    lines: tuple[tuple[str, str], ...] = ()
    link: str | None = None


class Glossary(Part):
    """A dictionary of terms."""

    kind: Literal["glossary"] = "glossary"
    entries: tuple[Entry, ...]


Block = Annotated[Table | Paragraph | Bullets | Statements | Figures | Chart | Glossary, Field(discriminator="kind")]


class Section(Part):
    """A heading with what stands below it. An annex is read by those who check, not by those who decide."""

    anchor: str
    title: str
    blocks: tuple[Block, ...] = ()
    sections: tuple[Section, ...] = ()
    is_annex: bool = False


class Fact(Part):
    """A line of the cover."""

    label: str
    text: str


class Document(Part):
    """A report: one enterprise × period × edition × language.

    >>> Document.model_validate_json(path.read_bytes()).sections[0].title
    '一、执行摘要'
    """

    schema_version: Literal["1"] = "1"
    edition: Edition
    language: Language
    enterprise_id: str
    period: str
    run_id: str
    standard: str
    title: str
    subtitle: str
    facts: tuple[Fact, ...]
    sections: tuple[Section, ...]
    footer: str

    def all_sections(self) -> Iterator[Section]:
        """Every section, each before those within it."""
        waiting = list(reversed(self.sections))
        while waiting:
            section = waiting.pop()
            yield section
            waiting += reversed(section.sections)

    def blocks(self) -> Iterator[Block]:
        """Every block, in reading order."""
        for section in self.all_sections():
            yield from section.blocks

    def tables(self) -> Iterator[Table]:
        """Every table, those behind charts too, in reading order."""
        for block in self.blocks():
            if isinstance(block, Table):
                yield block
            elif isinstance(block, Chart):
                yield block.data

    def charts(self) -> Iterator[Chart]:
        """Every chart, in reading order."""
        return (block for block in self.blocks() if isinstance(block, Chart))

    def statements(self) -> Iterator[Statement]:
        """Every sentence that claims something, in reading order."""
        for block in self.blocks():
            if isinstance(block, Statements):
                yield from block.items
