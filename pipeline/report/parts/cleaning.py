"""Report section on the cleaning log: how many rows and values of the enterprise were treated, by action, table and rule.

The account stage writes the log; its rows are only counted and named here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

ACTION_NAMES = {
    "corrected": "按更正文件更正",
    "set_aside": "不予采信的取值",
    "deduplicated": "去重",
    "refused": "隔离",
    "out_of_scope": "不计入统计",
    "excluded": "复核后剔除",
}
"""Actions on records of one enterprise, in report order."""
RULE_NAMES = {
    "corrections": "更正文件所列",
    "outlier_review": "异常值复核",
    "merged_request": "并入其他工单",
    "merged_into_nothing": "并入的工单不计入统计，照常计数",
    "test_request": "测试工单",
    "of_test_request": "属于测试工单",
    "incomplete_response": "答卷未完成",
    "duplicate_survey_response": "同一顾客重复答卷",
    "no_usable_answer": "答卷没有可用的答案",
    "response_not_counted": "所属答卷不计入",
    "unknown_question": "问卷中没有该题",
    "not_in_effect": "尚未生效",
    "unique_key": "主键重复",
}


@dataclass(frozen=True)
class Cleaned:
    """One line: what one rule (for corrections: one author) did to rows of a table."""

    table: str
    action: str
    rule: str
    rows: int


def cleaning_counts(log: pl.LazyFrame) -> pl.DataFrame:
    """enterprise_id, table, action, rule and rows of all enterprises.

    log   cleaning_counts of the quarter
    """
    return (
        log.filter(pl.col("enterprise_id").is_not_null(), pl.col("action").is_in(list(ACTION_NAMES)))
        .group_by("enterprise_id", "table", "action", "rule")
        .agg(pl.col("rows").sum())
        .filter(pl.col("rows") > 0)
        .collect()
    )


def cleaning_of(counts: pl.DataFrame, enterprise_id: str) -> Iterator[Cleaned]:
    """The lines of one enterprise by action, table and rule.

    counts   result of ``cleaning_counts``
    """
    order = {action: place for place, action in enumerate(ACTION_NAMES)}
    lines = counts.filter(pl.col("enterprise_id") == enterprise_id).sort(
        pl.col("action").replace_strict(order, return_dtype=pl.Int64), "table", "rule"
    )
    for table, action, name, rows in lines.select("table", "action", "rule", "rows").iter_rows():
        yield Cleaned(table, ACTION_NAMES[action], RULE_NAMES.get(name, name), rows)
