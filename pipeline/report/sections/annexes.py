"""The annexes: what those read who check, from the indicator dictionary to the anonymity of the published tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pipeline.report.document.blocks import Block, Bullets, Entry, Glossary, Section
from pipeline.report.model.report import ReportModel
from pipeline.report.parts.indicators import Indicator
from pipeline.report.sections import data_annex, rules_annex, survey_annex, weights_annex
from pipeline.report.sections.findings import compared_in_words
from pipeline.report.sections.overview import lacking
from pipeline.report.sections.writing import Writing, entry_anchor, row, row_anchor
from pipeline.report.words.messages import Messages

_READING = ("score", "verdict", "rounding", "interval", "sample", "coverage", "assumed", "provisional", "year_before", "content")


def annexes(report: ReportModel, say: Messages) -> tuple[Section, ...]:
    """The annexes of one report, lettered in their order."""
    write = Writing(say)
    makers: tuple[tuple[str, Callable[[ReportModel, Writing], tuple[tuple[Block, ...], tuple[Section, ...]]]], ...] = (
        ("dictionary", _dictionary),
        ("weights", weights_annex.parts),
        ("reading", _reading),
        ("rules", rules_annex.parts),
        ("choices", _choices),
        ("sources", data_annex.parts),
        ("survey", survey_annex.parts),
        ("outliers", data_annex.outlier_parts),
        ("anonymity", data_annex.anonymity_parts),
    )
    found = []
    for letter, (anchor, make) in zip("ABCDEFGHI", makers, strict=True):
        blocks, sections = make(report, write)
        title = write.words("annex.lettered", letter=letter, title=write.words(f"annex.{anchor}"))
        found.append(Section(anchor=anchor, title=title, blocks=blocks, sections=sections, is_annex=True))
    return tuple(found)


def _dictionary(report: ReportModel, write: Writing) -> tuple[tuple[Block, ...], tuple[Section, ...]]:
    sections = tuple(
        Section(
            anchor=f"dictionary-{dimension.node_id}",
            title=dimension.name,
            blocks=(Glossary(entries=tuple(_entry(each, report, write) for each in dimension.indicators)),),
        )
        for dimension in report.total.children
    )
    return (), sections


def _entry(each: Indicator, report: ReportModel, write: Writing) -> Entry:
    return Entry(
        anchor=entry_anchor(each.indicator_id),
        title=f"{each.indicator_id} {each.name}",
        text=each.definition,
        lines=tuple((write.words(f"entry.{label}"), text) for label, text in _lines(each, report, write) if text),
        link=row_anchor(each.indicator_id),
    )


def _lines(each: Indicator, report: ReportModel, write: Writing) -> Iterator[tuple[str, str]]:
    yield "clause", write.words("entry.clause.text", clause=each.clause, obligation=each.obligation)
    yield "requirement", _requirement(each, write)
    yield "period", write.words("entry.period.text", rule=each.period_rule, minimum=write.numbers.count(each.minimum_n))
    yield "now", _now(each, write)
    yield "readings", write.clauses(_reading_text(each, write))
    if each.hidden_variants:
        yield "withheld", write.words("entry.withheld.text", names=write.joined(each.hidden_variants), k=report.fewest_people)
    yield "sources", write.joined(each.source_tables)
    yield "decisions", write.joined(each.decisions)


def _requirement(each: Indicator, write: Writing) -> str:
    numbers = write.numbers

    def said(name: str, text: str) -> str:
        limit = write.words("findings.of_plan", limit=text) if name in each.moved_by_plan else text
        return limit if name == "requirement" else write.words(f"entry.{name}", limit=limit)

    parts = []
    if each.requirement is None:
        parts.append(write.words("entry.no_requirement"))
    else:
        parts.append(said("requirement", numbers.bound(each.requirement, each.unit, each.direction, each.unit_zh)))
    parts += [
        said(name, numbers.limit(value, each.unit, each.unit_zh))
        for name, value in (("acceptable", each.acceptable), ("objective", each.objective))
        if value is not None
    ]
    return write.clauses([*parts, write.say.name("direction", each.direction)])


def _now(each: Indicator, write: Writing) -> str:
    if each.value is None:
        return write.words("entry.status", status=each.status_name, reason=each.reason) if each.reason else each.status_name
    numbers = write.numbers
    value = numbers.in_unit(each.value, each.unit, each.unit_zh)
    if each.has_fraction:
        of = f"{numbers.count(each.numerator)} ÷ {numbers.count(each.denominator)}"
        if each.unit_divisor != 1:
            of += f" ÷ {numbers.count(each.unit_divisor)}"
        if each.multiplier != 1:
            of += f" × {numbers.count(each.multiplier)}"
        value = f"{of} = {value}"
    parts = [compared_in_words(each, write), write.words("entry.value", value=value, n=write.sample_in_words(each))]
    if each.ci_low is not None:
        interval = numbers.interval(each.ci_low, each.ci_high, each.unit, each.unit_zh)
        parts.append(write.words("entry.interval", method=each.ci_method or write.words("entry.interval.plain"), interval=interval))
    if each.part_name:
        parts.append(write.words("entry.part", part=each.part_name))
    if each.basis:
        parts.append(write.words("entry.basis", basis=each.basis))
    return write.clauses(parts)


def _reading_text(each: Indicator, write: Writing) -> Iterator[str]:
    for variant in each.variants:
        text = f"{variant.name} {write.numbers.in_unit(variant.value, variant.unit, variant.unit_zh)}"
        if variant.sample_size is None:
            yield text
            continue
        n = write.numbers.count(variant.sample_size)
        if variant.ci_low is None:
            yield write.words("entry.value", value=text, n=n)
        else:
            interval = write.numbers.interval(variant.ci_low, variant.ci_high, variant.unit, variant.unit_zh)
            yield write.words("entry.value_and_interval", value=text, n=n, interval=interval)


def _reading(report: ReportModel, write: Writing) -> tuple[tuple[Block, ...], tuple[Section, ...]]:
    """How to read the report, and what keeps weight from being scored."""
    blocks: list[Block] = [Bullets(items=tuple(write.words(f"reading.{name}") for name in _READING))]
    if report.lacking and report.total.score is not None and all(each.is_rateable for each in report.total.children):
        blocks.append(lacking(report, write))
    return tuple(blocks), ()


def _choices(report: ReportModel, write: Writing) -> tuple[tuple[Block, ...], tuple[Section, ...]]:
    table = write.table(
        "choices-table",
        write.words("annex.choices.caption"),
        (("choice", "text"), ("chosen", "text"), ("code", "text")),
        (row(write.text(each.name), write.text(each.value), write.text(each.key)) for each in report.choices),
    )
    return (table,), ()
