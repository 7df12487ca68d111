"""The dimensions of data quality, and the dimension of each contract rule.

Dimensions of GB/T 36344—2018 信息技术 数据质量评价指标 that a batch of records can show. Counting belongs to
``pipeline/account/scorecard.py``.
"""

from __future__ import annotations

from schemas.contract import TABLES

COMPLETENESS, VALIDITY, CONSISTENCY, UNIQUENESS, TIMELINESS = (
    "completeness",
    "validity",
    "consistency",
    "uniqueness",
    "timeliness",
)
DIMENSIONS = {
    COMPLETENESS: "完整性",
    VALIDITY: "规范性",
    CONSISTENCY: "一致性",
    UNIQUENESS: "唯一性",
    TIMELINESS: "时效性",
}
"""Each with its Chinese name; validity is the 规范性 of GB/T 36344, uniqueness a part of its accuracy (数据不重复率)."""

_COMPLETENESS = frozenset({"required"})
_UNIQUENESS = frozenset(rule for table in TABLES.values() for rule in table.table_rules)
# Rules on how a value or line is written and on its allowed values; the remaining rules compare values.
_VALIDITY = frozenset(
    {
        "type",
        "digits_lost",
        "too_many_fields",
        "too_few_fields",
        "allowed_values",
        "range",
        "score_outside_scale",
        "no_indicator_id",
    }
)


def dimension_of(rule: str) -> str:
    """The dimension of a rule; every rule has exactly one."""
    if rule in _COMPLETENESS:
        return COMPLETENESS
    if rule in _UNIQUENESS:
        return UNIQUENESS
    return VALIDITY if rule in _VALIDITY else CONSISTENCY
