"""What the editions are made of: the conclusions of an enterprise and period as sentences, and the frame of the document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from pipeline.report.claims.engine import Claim, claims_of
from pipeline.report.claims.facts import Source
from pipeline.report.claims.gather import Gathered
from pipeline.report.claims.rules import Place
from pipeline.report.claims.table import periods_of
from pipeline.report.claims.wording import Wording
from pipeline.report.document.blocks import (
    Block,
    Document,
    Edition,
    Evidence,
    Fact,
    Language,
    Paragraph,
    Section,
    Statement,
    Statements,
    Table,
    Tone,
    Value,
)
from pipeline.report.measures.draft import Measure, draft_plan
from pipeline.report.model.run_tables import RunTables
from pipeline.report.words.sentences import in_english

# The most serious of a sentence's conclusions marks it.
_GRAVITY: tuple[Tone, ...] = ("bad", "open", "soft", "good", "neutral")
# Of a row's key, what its label need not say: the report is about them.
_UNSAID = frozenset({"enterprise_id", "period", "scope_type", "level", "dimension", "unit", "method"})

# Where the rows of a table are shown in the document, by table.
DIMENSIONS, PRIORITIES, PLACES = "dimensions", "priorities", "places"
_SHOWN = {"scores": DIMENSIONS, "indicator_values": PRIORITIES, "analysis_league": PLACES}


@dataclass(frozen=True)
class Content:
    """The content of one edition, enterprise and period, in one language."""

    tables: RunTables
    enterprise_id: str
    language: Language
    edition: Edition
    period: str

    @classmethod
    def of(cls, tables: RunTables, enterprise_id: str, language: Language, edition: Edition, period: str | None) -> Content:
        """Of the run's quarter, its year to date or its trailing year; raises UsageError for what the run does not have."""
        periods = periods_of(tables, enterprise_id)
        if not periods:
            raise UsageError(f"the run of {tables.quarter} has no enterprise '{enterprise_id}'")
        if period not in (None, *periods):
            raise UsageError(
                f"the run of {tables.quarter} has no period '{period}' of {enterprise_id}: it has {', '.join(periods)}"
            )
        return cls(tables, enterprise_id, language, edition, period or tables.quarter.label)

    @cached_property
    def gathered(self) -> Gathered:
        return Gathered(self.tables, self.enterprise_id, self.period)

    @cached_property
    def wording(self) -> Wording:
        return Wording(self.tables, self.enterprise_id, self.language)

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        return claims_of(self.gathered, self.edition, {self.language: self.wording})

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        return draft_plan(self.gathered)

    @property
    def standard(self) -> str:
        """The edition of the standard in words of the language."""
        edition = str(self.gathered.root["standard_edition"])
        return edition if self.language == "zh" else in_english(edition, str)

    @property
    def against(self) -> str:
        """The earlier period that changes are told against: the one before where it was compared, else the year before."""
        changes = self.gathered.changes
        first = next((each for each in changes if each.facts["is_first"].value), None)
        return first.subject_id if first else "previous"

    @property
    def is_quarter(self) -> bool:
        return self.period == self.tables.quarter.label

    @property
    def quarter(self) -> Quarter:
        return self.tables.quarter

    def text(self, message: str, **values: object) -> str:
        """A message of the editions' catalogue."""
        return self.wording.say.text(f"edition.{message}", **values)

    # --- sentences ------------------------------------------------------------------------------------------------------

    def sentences(self) -> Statements:
        """The sentences of the executive summary, numbered; conclusions of one sentence stand together."""
        of_summary = (each for each in self.claims if each.section == "summary")
        return Statements(
            items=tuple(self._statement(tuple(group)) for _, group in groupby(of_summary, key=lambda each: each.sentence)),
            is_numbered=True,
        )

    def statements(self, section: Place, *subjects: str, at_most: int | None = None) -> Iterator[Statements]:
        """The other conclusions of a part of the report: those whose ids begin with one of the subjects, if any are given."""
        found = [each for each in self.claims if each.section == section and (not subjects or each.claim_id.startswith(subjects))]
        if found:
            yield Statements(items=tuple(self._statement((each,)) for each in found[:at_most]))

    def _statement(self, claims: tuple[Claim, ...]) -> Statement:
        return Statement(
            claim_id=";".join(each.claim_id for each in claims),
            text=self.text("between_sentences").join(each.texts[self.language] for each in claims),
            tone=min((each.tone for each in claims), key=_GRAVITY.index),
            evidence=tuple(self._evidence(claims)),
        )

    def _evidence(self, claims: Iterable[Claim]) -> Iterator[Evidence]:
        """One for each set of rows, table by table; a table is named before its first."""
        sources = list(dict.fromkeys(_Rows(source) for claim in claims for source in claim.sources))
        tables = list(dict.fromkeys(each.source.table for each in sources))
        for table in tables:
            name = self.wording.say.name("edition.table", table)
            before: list[str] = []
            for place, each in enumerate(each for each in sources if each.source.table == table):
                about = self._about(each.source)
                # What two rows have in common is said once.
                told = [text for text in about if text not in before] or about
                yield Evidence(
                    label=" ".join((name, *about) if place == 0 else told) or name,
                    link=_SHOWN.get(table),
                    table=table,
                    keys=_as_values(each.source),
                )
                before = about

    def _about(self, source: Source) -> list[str]:
        """What its rows are about, beyond the enterprise and period of the report."""
        known = {("node_id", self.gathered.root["node_id"]), ("quarter", self.quarter.label)}
        said = []
        for name, value in source.keys.items():
            if name in _UNSAID or (name, value) in known:
                continue
            if name == "quarter":
                said.append(self.wording.numbers.period(str(value)))
                continue
            code = str(value).lower() if isinstance(value, bool) else str(value)
            said.append(self.wording.say.name(f"edition.key.{name}", code))
        return said

    # --- the frame ------------------------------------------------------------------------------------------------------

    def part(self, number: int, anchor: str, blocks: Iterable[Block], sections: Iterable[Section] = ()) -> Section:
        """One of the five parts of clause 七."""
        return Section(anchor=anchor, title=self.text(f"part.{number}"), blocks=tuple(blocks), sections=tuple(sections))

    def notes(self, is_annex: bool = True) -> Section:
        """How to read the report, and what it was made from, at the end of every edition; in short where it is no annex."""
        root = self.gathered.root
        versions = self.text(
            "versions",
            standard=self.standard,
            catalogue=root["catalogue_version"],
            weights=root["weights_version"],
            run=root["run_id"],
        )
        k = self.tables.fewest_people
        names = ("firm", "lost", "change", "withheld", *(("provisional", "draft") if is_annex else ()))
        texts = [self.text(f"note.{name}", k=k) for name in names]
        return Section(
            anchor="notes",
            title=self.text("notes"),
            blocks=tuple(Paragraph(text=text, role="note") for text in (*texts, versions)),
            is_annex=is_annex,
        )

    def document(self, sections: Iterable[Section]) -> Document:
        """The document with its cover. Links to tables that it does not have are left out."""
        root = self.gathered.root
        parts = tuple(sections)
        anchors = {block.anchor for section in _all(parts) for block in section.blocks if isinstance(block, Table)}
        name, period = self.tables.names(self.enterprise_id).enterprise, self.wording.numbers.period(self.period)
        as_of = root["data_as_of"]
        facts = [
            ("enterprise", name),
            ("period", period),
            ("total", self._total()),
            ("state", self._state()),
            ("as_of", "" if as_of is None else self.wording.numbers.date(as_of)),
            ("standard", self.standard),
        ]
        return Document(
            edition=self.edition,
            language=self.language,
            enterprise_id=self.enterprise_id,
            period=self.period,
            run_id=root["run_id"],
            standard=root["standard_edition"],
            title=self.text("title", name=name),
            subtitle=self.text("subtitle", period=period, edition=self.text(f"name.{self.edition}")),
            facts=tuple(Fact(label=self.text(f"cover.{label}"), text=text) for label, text in facts if text),
            sections=tuple(_linked(section, anchors) for section in parts),
            footer=self.text("footer", name=name, period=period, edition=self.text(f"name.{self.edition}"), run=root["run_id"]),
        )

    def _total(self) -> str:
        total = self.gathered.enterprise.facts["total"].value
        if not isinstance(total, int | float):
            return self.text("no_total")
        grade = self.gathered.root["grade"]
        return self.text("points", points=self.wording.numbers.number(total)) + (f" · {grade}" if grade else "")

    def _state(self) -> str:
        facts = self.gathered.enterprise.facts
        if not facts["provisional"].value:
            return self.text("state.final")
        if facts["is_open"].value or "provisional_until" not in facts:
            return self.text("state.open")
        return self.text("state.until", day=self.wording.fact("date", facts["provisional_until"]))


def _as_values(source: Source) -> dict[str, Value]:
    return {name: value if isinstance(value, str | int | float) else str(value) for name, value in source.keys.items()}


def present(*blocks: Block | None) -> tuple[Block, ...]:
    """The blocks that there are."""
    return tuple(block for block in blocks if block is not None)


@dataclass(frozen=True, eq=False)
class _Rows:
    """A source by the rows it names, whatever it reads of them."""

    source: Source

    def _key(self) -> tuple[object, ...]:
        return (self.source.table, *self.source.keys.items())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Rows) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())


def _all(sections: Iterable[Section]) -> Iterator[Section]:
    for section in sections:
        yield section
        yield from _all(section.sections)


def _linked(section: Section, anchors: set[str]) -> Section:
    """The section with evidence that leads only to what is there."""
    blocks = tuple(_kept_links(block, anchors) if isinstance(block, Statements) else block for block in section.blocks)
    return section.model_copy(update={"blocks": blocks, "sections": tuple(_linked(each, anchors) for each in section.sections)})


def _kept_links(block: Statements, anchors: set[str]) -> Statements:
    def kept(proof: Evidence) -> Evidence:
        return proof if proof.link in anchors else proof.model_copy(update={"link": None})

    items = tuple(each.model_copy(update={"evidence": tuple(map(kept, each.evidence))}) for each in block.items)
    return block.model_copy(update={"items": items})
