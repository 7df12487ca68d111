"""Assesses the process rules PR-01 … PR-97: from counted figures to pass, fail, partial, not applicable or no data.

Reading and writing tables belongs to ``results.py``. One module per group of clauses, one pure function per rule. The
counts are in ``mart_rule_evidence``, the requirements in ``process_rules.csv`` and ``parameters.csv``. A required number is
reached or not; a duty in every case, or of several elements, is partial if some are fulfilled; a yearly requirement can
only fail at the year's end (decision log, D-50). Evidence is a sentence of figures without personal data.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.evaluate.rules import (
    clause_5_6_evaluation,
    clause_7_data,
    clause_7_deadlines,
    clause_7_surveys,
    clause_8_9_operations,
    clause_10_complaints,
)
from pipeline.evaluate.rules.facts import Assessor, Case, RuleFinding, record_missing
from schemas.standard.process_rules import ProcessRule

ASSESSORS: Mapping[str, Assessor] = {
    **clause_5_6_evaluation.ASSESSORS,
    **clause_7_surveys.ASSESSORS,
    **clause_7_data.ASSESSORS,
    **clause_7_deadlines.ASSESSORS,
    **clause_8_9_operations.ASSESSORS,
    **clause_10_complaints.ASSESSORS,
}
"""By rule id; the data hold no evidence of any other rule."""


def assess_rules(rules: Mapping[str, ProcessRule], case: Case) -> dict[str, RuleFinding]:
    """Every rule's finding by id, in the rules' order; a rule without an assessor has no data."""
    return {name: ASSESSORS.get(name, record_missing)(rule, case) for name, rule in rules.items()}
