"""The 97 process rules PR-01 … PR-97 as data: the typed, validated reader of ``dbt_project/seeds/process_rules.csv``.

A rule is a clause's requirement on evaluating and managing service, besides the indicators of clause 六. Assessing it
belongs to ``pipeline/evaluate/rules/``; the numbers in a rule are rows of ``parameters.csv``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from schemas.sheet import SEEDS, Fault, Sheet
from schemas.standard.validity import DECISION

FILE = "process_rules.csv"
CLAUSES = ("五", "六", "七", "八", "九", "十", "十一", "十二")
FREQUENCIES = ("plan", "year", "quarter", "month", "survey", "round", "release", "load", "run")
# What a rule is assessed by; "record" is a governance record that is not in the data contract.
METHODS = ("catalogue", "plan", "weights", "counted", "validation", "calendar", "record")
OBLIGATIONS = ("shall", "should", "may")

_RULE_ID = re.compile(r"PR-\d{2}")
_TABLE = re.compile(r"[a-z][a-z0-9_]*")
_EVIDENCE = re.compile(r"[^;,]+")


@dataclass(frozen=True)
class ProcessRule:
    """One row of process_rules.csv.

    ``requirement_zh`` are the standard's own words, passages separated by ；, ``requirement_en`` says the same in English.
    ``evidence_needed`` names tables (of the contract or published by a run) and, in Chinese, records that are in neither.
    """

    rule_id: str
    clause: str
    name_zh: str
    name_en: str
    requirement_zh: str
    requirement_en: str
    frequency: str
    method: str
    evidence_needed: tuple[str, ...]
    obligation: str
    decisions: tuple[str, ...]

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables among the evidence."""
        return tuple(name for name in self.evidence_needed if _TABLE.fullmatch(name))

    @property
    def records(self) -> tuple[str, ...]:
        """The records among the evidence that no table holds."""
        return tuple(name for name in self.evidence_needed if not _TABLE.fullmatch(name))


@lru_cache(maxsize=8)
def process_rules(seeds: Path = SEEDS) -> Mapping[str, ProcessRule]:
    """The rules by id, in file order; raises StandardDataError.

    Checked: ids are PR-01, PR-02 … without a gap, in order, and a rule with method "record" names the record.
    """
    sheet = Sheet(seeds / FILE, list(ProcessRule.__dataclass_fields__))
    found: dict[str, ProcessRule] = {}
    for row in sheet:
        rule = ProcessRule(
            rule_id=row.match("rule_id", _RULE_ID, "an id like PR-01"),
            clause=row.one_of("clause", CLAUSES),
            name_zh=row.text("name_zh"),
            name_en=row.text("name_en"),
            requirement_zh=row.text("requirement_zh"),
            requirement_en=row.text("requirement_en"),
            frequency=row.one_of("frequency", FREQUENCIES),
            method=row.one_of("method", METHODS),
            evidence_needed=row.names("evidence_needed", _EVIDENCE, "tables and records separated by ;"),
            obligation=row.one_of("obligation", OBLIGATIONS),
            decisions=row.names("decisions", DECISION, "decision log entries like C-07 separated by ;"),
        )
        if row.has_faults:
            continue
        if rule.rule_id in found:
            row.fault("rule_id", f"'{rule.rule_id}' is there twice")
        if not rule.evidence_needed:
            row.fault("evidence_needed", "must not be empty")
        if rule.method == "record" and not rule.records:
            row.fault("evidence_needed", "a rule with method 'record' must name the record")
        found[rule.rule_id] = rule
    expected = [f"PR-{number:02d}" for number in range(1, len(found) + 1)]
    if not sheet.faults and list(found) != expected:
        sheet.faults.append(Fault(None, "rule_id", "must run from PR-01 on without a gap, in order"))
    sheet.finish()
    return MappingProxyType(found)
