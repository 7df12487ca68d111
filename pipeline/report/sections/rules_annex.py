"""Annex on the process rules: how many have which result, and every rule with its evidence, failed ones first."""

from __future__ import annotations

from pipeline.report.document.blocks import Block, Section, Table
from pipeline.report.model.report import ReportModel
from pipeline.report.parts.process_rules import RuleResult, RuleSet
from pipeline.report.sections.writing import Writing, capital, row
from pipeline.report.words.numbers import NOTHING

# Many rules have no data and say nothing else.
_FOLDED = "no_data"


def parts(report: ReportModel, write: Writing) -> tuple[tuple[Block, ...], tuple[Section, ...]]:
    """The blocks and sections of the annex: one section a period."""
    blocks: tuple[Block, ...] = (write.paragraph("rules.intro"), write.paragraph("rules.reading", "note"))
    return blocks, tuple(_section(each, write) for each in report.rule_sets)


def _section(rules: RuleSet, write: Writing) -> Section:
    counts = write.joined(
        write.words("rules.count", result=write.say.name("process_result", code), count=len(members))
        for code, members in rules.groups.items()
    )
    return Section(
        anchor=f"rules-{rules.period}",
        title=write.words("rules.period", name=capital(rules.name), period=write.numbers.period(rules.period)),
        blocks=(
            write.paragraph("rules.counts", total=len(rules.results), counts=counts),
            *(_table(rules, code, members, write) for code, members in rules.groups.items() if members),
        ),
    )


def _table(rules: RuleSet, code: str, members: tuple[RuleResult, ...], write: Writing) -> Table:
    result = write.say.name("process_result", code)
    return write.table(
        f"rules-{rules.period}-{code}",
        write.words("rules.caption", result=capital(result), count=len(members)),
        (("rule", "text"), ("asked", "text"), ("clause", "text"), ("evidence", "text"), ("due_on", "date")),
        (
            row(
                write.text(f"{each.rule_id} {each.name}"),
                write.text(each.requirement),
                write.text(write.words("entry.clause.text", clause=each.clause, obligation=each.obligation)),
                write.text(_evidence(each, write)),
                write.text(write.numbers.date(each.due_on) if each.due_on else NOTHING),
            )
            for each in members
        ),
        is_folded=code == _FOLDED,
    )


def _evidence(each: RuleResult, write: Writing) -> str:
    return write.words("rules.evidence", evidence=each.evidence, decisions=each.decisions) if each.decisions else each.evidence
