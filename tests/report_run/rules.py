"""Results of the process rules."""

from __future__ import annotations

import datetime as dt

import polars as pl

from report_run.names import ENTERPRISES, QUARTER, VERSIONS

# Process rules with a result of their own; of the other 92 there is no record.
RULE_RESULTS: dict[str, tuple[str, str, dt.date | None]] = {
    "PR-01": ("not_applicable", "本次为自我评价，不是第三方评价。", None),
    "PR-11": ("pass", "本季满意度调查 1 次；要求每季至少 1 次。", None),
    "PR-14": ("fail", "本季 1 次满意度调查中 0 次题数符合（<15 题>；要求 20–30 题）。", None),
    "PR-34": ("no_data", "季度报告应不晚于 2025-04-22 完成。", dt.date(2025, 4, 22)),
    "PR-85": ("partial", "本季 8 件投诉中 5 件在 24 小时内响应；没有紧急投诉。", None),
}

NO_RECORD = "所需记录尚未纳入数据。"


def rule_results_table(rules: pl.DataFrame, run_id: str) -> pl.DataFrame:
    rows = [
        {
            "enterprise_id": enterprise,
            "period": QUARTER.label,
            "rule_id": rule,
            "result": result,
            "evidence": evidence,
            "due_on": due_on,
            "run_id": run_id,
            **VERSIONS,
        }
        for enterprise in ENTERPRISES
        for rule in rules["rule_id"]
        for result, evidence, due_on in [RULE_RESULTS.get(rule, ("no_data", NO_RECORD, None))]
    ]
    return pl.DataFrame(rows, schema_overrides={"due_on": pl.Date})
