"""Report section on the process rules PR-01 … PR-97: the published results of a period, failed ones first.

The evaluate stage assesses rules; their rows are only joined with the rules' names and ordered here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.report.words.labels import PROCESS_RESULTS, Labels
from schemas.standard.process_rules import process_rules


@dataclass(frozen=True)
class RuleResult:
    """One process rule and its result."""

    rule_id: str
    name: str
    clause: str
    requirement: str
    obligation: str
    decisions: str
    result: str
    evidence: str
    due_on: dt.date | None


@dataclass(frozen=True)
class RuleSet:
    """The results of one period: the quarter, or the calendar year that ends with it."""

    period: str
    name: str
    results: tuple[RuleResult, ...]

    @property
    def groups(self) -> Mapping[str, tuple[RuleResult, ...]]:
        """The rules by result, failed ones first, each in rule order."""
        return {code: tuple(each for each in self.results if each.result == code) for code in PROCESS_RESULTS}


def rule_sets(results: pl.DataFrame, rules: pl.DataFrame, quarter: Quarter, words: Labels) -> Iterator[RuleSet]:
    """The rule sets of one enterprise, the quarter's first.

    results   its rows of rule_results
    rules     process_rules
    """
    described = {row["rule_id"]: row for row in rules.iter_rows(named=True)}
    names = {quarter.label: words.name("window", "quarter"), str(quarter.year): words.name("window", "calendar_year")}
    for period, name in names.items():
        rows = results.filter(pl.col("period") == period).sort("rule_id")
        if not rows.is_empty():
            found = (_result(row, described[row["rule_id"]], words) for row in rows.iter_rows(named=True))
            yield RuleSet(period, name, tuple(found))


def _known(rule_id: str) -> dict[str, str]:
    """What this version says of a rule, for publications of earlier ones that had no English text."""
    known = process_rules().get(rule_id)
    return {"requirement_en": known.requirement_en} if known else {}


def _result(row: Mapping[str, object], rule: Mapping[str, str], words: Labels) -> RuleResult:
    due_on = row["due_on"]
    return RuleResult(
        rule_id=rule["rule_id"],
        name=words.of(rule),
        clause=words.clause(rule["clause"]),
        requirement=words.of({**_known(rule["rule_id"]), **rule}, "requirement"),
        obligation=words.name("obligation", rule["obligation"]),
        decisions=words.joined((rule["decisions"] or "").split(";")),
        result=str(row["result"]),
        evidence=words.sentence(str(row["evidence"])),
        due_on=due_on if isinstance(due_on, dt.date) else None,
    )
