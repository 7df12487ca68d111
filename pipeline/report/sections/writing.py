"""Cells, rows and tables of a report's sections in one language: a number with its text and its full value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.report.document.blocks import Cell, Column, Kind, Paragraph, Row, Table, Tone
from pipeline.report.parts.indicators import Indicator, Provisional, Verdict
from pipeline.report.words.messages import Messages
from pipeline.report.words.numbers import NOTHING, Number, Numbers

TONES: dict[Verdict, Tone] = {
    Verdict.MET: "good",
    Verdict.NOT_MET: "bad",
    Verdict.UNDECIDED: "open",
    Verdict.NO_REQUIREMENT: "soft",
    Verdict.NO_DATA: "soft",
    Verdict.ASSUMED: "soft",
    Verdict.NOT_APPLICABLE: "soft",
}


def row_anchor(indicator_id: str) -> str:
    """Where the row of an indicator stands in 主要发现."""
    return f"row-{indicator_id}"


def entry_anchor(indicator_id: str) -> str:
    """Where an indicator is defined in the annex."""
    return f"def-{indicator_id}"


@dataclass(frozen=True)
class Writing:
    """Makes the parts of a section from the full values of the report."""

    say: Messages

    @property
    def numbers(self) -> Numbers:
        return Numbers(self.say.language)

    def words(self, message_id: str, **values: object) -> str:
        """A message of the catalogues."""
        return self.say.text(message_id, **values)

    def joined(self, texts: Iterable[str]) -> str:
        """Names or short texts as a list."""
        return self.words("list").join(texts)

    def clauses(self, texts: Iterable[str]) -> str:
        """Clauses of a sentence, the empty ones left out."""
        return self.words("clauses").join(text for text in texts if text)

    def paragraph(self, message_id: str, role: str = "normal", **values: object) -> Paragraph:
        """A message as a paragraph."""
        return Paragraph.model_validate({"text": self.words(message_id, **values), "role": role})

    def text(self, text: str, tone: Tone = "neutral", link: str | None = None) -> Cell:
        """A cell without a number; nothing is printed as ``—``."""
        return Cell(text=text or NOTHING, tone=tone, link=link)

    def head(self, text: str, tone: Tone = "neutral") -> Cell:
        """A cell that names its row, with a capital letter."""
        return self.text(capital(text), tone)

    def count(self, value: Number) -> Cell:
        return Cell(text=self.numbers.count(value), value=value)

    def number(self, value: Number, decimals: int = 2, tone: Tone = "neutral") -> Cell:
        return Cell(text=self.numbers.number(value, decimals), value=value, tone=tone)

    def signed(self, value: Number) -> Cell:
        return Cell(text=self.numbers.signed(value), value=value)

    def percent(self, value: Number) -> Cell:
        return Cell(text=self.numbers.percent(value), value=value)

    def in_unit(self, value: Number, unit: str, unit_zh: str | None, mark: str = "") -> Cell:
        """A value with its unit; ``mark``: the sign of what rounding hides."""
        return Cell(text=f"{self.numbers.in_unit(value, unit, unit_zh)}{mark}", value=value)

    def withheld(self) -> Cell:
        """A number that exists and is not shown."""
        return Cell(text=NOTHING, is_withheld=True)

    def sample(self, each: Indicator) -> Cell:
        """The number of cases that a value rests on."""
        if each.is_withheld:
            return self.withheld()
        return self.count(each.sample_size if each.is_shown else None)

    def sample_in_words(self, each: Indicator) -> str:
        """The number of cases in running text."""
        return self.words("withheld.mark") if each.is_withheld else self.numbers.count(each.sample_size)

    def indicator(self, each: Indicator, is_link: bool = True) -> Cell:
        """An indicator's id and name, leading to its row."""
        return self.text(f"{each.indicator_id} {each.name}", link=row_anchor(each.indicator_id) if is_link else None)

    def indicator_names(self, indicators: Iterable[Indicator]) -> str:
        return self.joined(f"{each.indicator_id} {each.name}" for each in indicators)

    def mark(self, each: Indicator) -> str:
        """``(+)`` or ``(−)`` where the printed value equals the printed requirement and the full one does not."""
        sign = self.numbers.rounding_mark(each.value, each.requirement, each.unit)
        return f"({sign})" if sign else ""

    def verdict(self, each: Indicator) -> str:
        """The verdict, and whether chance alone could turn it."""
        name = self.say.name("verdict", each.verdict)
        return self.words("verdict.by_chance", verdict=name) if each.is_distinguishable is False else name

    def until(self, why: Provisional) -> str:
        """When a reason ends."""
        if why.until is None:
            return self.words("provisional.until_delivered")
        return self.words("provisional.until_day", day=self.numbers.date(why.until))

    def provisional(self, reasons: Iterable[Provisional]) -> str:
        """Why a value is provisional, and until when."""
        return self.clauses(self.words("provisional.why", reason=why.reason, until=self.until(why)) for why in reasons)

    def table(
        self,
        anchor: str,
        caption: str,
        columns: Sequence[tuple[str, Kind]],
        rows: Iterable[Row],
        note: str = "",
        is_folded: bool = False,
    ) -> Table:
        """A table; a column is the id of its label (``column.<id>``) and its kind."""
        return Table(
            anchor=anchor,
            caption=caption,
            columns=tuple(Column(label=self.words(f"column.{label}"), kind=kind) for label, kind in columns),
            rows=tuple(rows),
            note=note,
            is_folded=is_folded,
        )


def capital(text: str) -> str:
    """A text with a capital first letter, as headings have it; Chinese has none."""
    return text[:1].upper() + text[1:]


def row(*cells: Cell, anchor: str | None = None) -> Row:
    """A row of a table."""
    return Row(cells=cells, anchor=anchor)


def group(text: str, anchor: str | None = None) -> Row:
    """A heading over the rows below it."""
    return Row(cells=(Cell(text=text),), role="group", anchor=anchor)
