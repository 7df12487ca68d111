"""What became of the rows that came: accounts, refusals, cleaning, acceptance, anonymity, and the run about itself."""

from __future__ import annotations

import datetime as dt

import polars as pl

from pipeline.release.statement import SCHEMA as STATEMENT_SCHEMA
from report_run.names import EDITION, ENTERPRISES, HOSTILE, QUARTER


def row_accounting_table(run_id: str) -> pl.DataFrame:
    counts = {
        "service_requests": (20060, 20000, 60),
        "hotline_calls": (25012, 25000, 12),
        "customers": (17003, 16960, 43),
        "survey_questions": (24, 24, 0),
        "checklist_items": (0, 0, 0),
    }
    rows = [
        {
            "table": table,
            "quarter": "2025-Q1",
            "extracted": extracted,
            "accepted": accepted,
            "quarantined": quarantined,
            "delivered": table != "checklist_items",
            "run_id": run_id,
        }
        for table, (extracted, accepted, quarantined) in sorted(counts.items())
    ]
    return pl.DataFrame(rows)


def accounting_by_enterprise_table(run_id: str) -> pl.DataFrame:
    # The hostile enterprise has 12,000 of the run's 20,060 requests: nobody else may learn that.
    counts = [
        ("service_requests", "E1", 8052, 8000, 52),
        ("service_requests", HOSTILE, 12008, 12000, 8),
        ("hotline_calls", "E1", 25000, 25000, 0),
        ("customers", "E1", 17003, 16960, 43),
    ]
    columns = ("table", "enterprise_id", "extracted", "accepted", "quarantined")
    return pl.DataFrame(counts, schema=columns, orient="row").with_columns(quarter=pl.lit("2025-Q1"), run_id=pl.lit(run_id))


def scorecard_table(run_id: str) -> pl.DataFrame:
    # Of E1's 8,052 requests 40 break a rule between columns and 32 a reference, 20 of them both: 52 rows, 1 − 52/8052.
    rows = [
        ("E1", "service_requests", 8052, 1.0, 1.0, 1 - 52 / 8052, 1.0, 0.99, 0.8125),
        (HOSTILE, "service_requests", 12008, 1.0, 1.0, 1 - 8 / 12008, 1.0, 1.0, 0.4567),
        ("E1", "customers", 17003, 1.0, 1.0, 1.0, 1 - 43 / 17003, None, None),
    ]
    columns = ["enterprise_id", "table", "extracted", "completeness", "validity", "consistency", "uniqueness"]
    return pl.DataFrame(rows, schema=[*columns, "timeliness", "filled_rate"], orient="row").with_columns(
        quarter=pl.lit("2025-Q1"), run_id=pl.lit(run_id)
    )


def acceptance_table(run_id: str) -> pl.DataFrame:
    waived = {"reason": "热线并入在线客服", "author": "评价组"}
    rows = [
        (
            "E1",
            "hotline_calls",
            "volume",
            "数据量",
            "倍",
            0.31,
            "25000 行，前 4 个季度中位数 80645 行",
            "waived",
            waived,
        ),
        ("E1", "service_requests", "drift", "分布漂移", "PSI", 0.2812, "channel", "warn", {}),
        ("E1", "service_requests", "volume", "数据量", "倍", 1.01, None, "pass", {}),
        (HOSTILE, "service_requests", "freshness", "新鲜度", "天", 21.5, None, "warn", {}),
        ("*", "survey_questions", "fewest_questions", "最少题数", "题", 19.0, "SAT-1", "warn", {}),
        ("E1", "suggestions", "volume", "数据量", "倍", None, "3 行", "not_judged", {}),
    ]
    return pl.DataFrame(
        [
            {
                "enterprise_id": enterprise,
                "quarter": "2025-Q1",
                "table": table,
                "check": check,
                "title_zh": title,
                "clause": "七",
                "unit": unit,
                "value": value,
                "detail": detail,
                "expected": "0.5 … 2",
                "required": None,
                "verdict": verdict,
                "reason": by.get("reason"),
                "author": by.get("author"),
                "run_id": run_id,
            }
            for enterprise, table, check, title, unit, value, detail, verdict, by in rows
        ],
        schema_overrides={"required": pl.String},
    )


def quarantine_counts_table(run_id: str) -> pl.DataFrame:
    broken = [
        ("service_requests", "resolved_before_responded", "resolved_at", range(2, 42)),
        ("service_requests", "foreign_key", "customer_id", range(30, 62)),
        ("hotline_calls", "too_many_fields", None, range(2, 14)),
        ("customers", "unique_key", "enterprise_id|customer_id", range(2, 45)),
    ]
    rows = [
        {
            "table": table,
            "quarter": "2025-Q1",
            "_row_id": row,
            "rule": rule,
            "column": column,
            "enterprise_id": None if column is None else HOSTILE if row < 10 and table == "service_requests" else "E1",
            "run_id": run_id,
        }
        for table, rule, column, lines in broken
        for row in lines
    ]
    key = ("enterprise_id", "table", "quarter", "rule", "column", "run_id")
    return pl.DataFrame(rows).group_by(key).agg(failures=pl.len(), rows=pl.col("_row_id").n_unique()).sort(key, nulls_last=True)


def cleaning_counts_table(run_id: str) -> pl.DataFrame:
    lines = [
        ("service_requests", "E1", "validate", "corrected", "corrections", 3),
        ("service_requests", "E1", "marts", "out_of_scope", "test_request", 4),
        ("hotline_calls", "E1", "validate", "refused", "range", 1),
        ("hotline_calls", "E1", "validate", "refused", "required", 0),
        ("hotline_calls", HOSTILE, "validate", "deduplicated", "unique_key", 2),
        ("hotline_calls", None, "extract", "left_out", "sources.yaml: where", 900),
    ]
    names = ("table", "enterprise_id", "step", "action", "rule", "rows")
    return pl.DataFrame(lines, schema=list(names), orient="row").with_columns(quarter=pl.lit("2025-Q1"), run_id=pl.lit(run_id))


def run_info_table(run_id: str) -> pl.DataFrame:
    rows = [
        ("quarter", "2025-Q1", "评价季度"),
        ("run_id", run_id, "运行编号"),
        ("standard_edition", EDITION, "标准版本"),
        ("mode", "self_assessment", "评价方式"),
        ("score_method", "efficacy", "计分方法"),
        ("compound_method", "mean", "复合指标合成方法"),
        ("ahp_method", "eigenvector", "层次分析法权重算法"),
        ("random_index", "saaty_1980", "随机一致性指标表"),
        ("pseudonym_algorithm", "hmac-sha256", "假名化算法"),
        ("refused_limits", "0.05", "拒收行占比上限"),
        ("privacy_k", "5", "最少人数"),
        ("standard_fingerprint", "301e45ed12f2", "标准数据文件指纹（SHA-256 前 12 位）"),
        ("plan_sha256", "none", "评价方案文件 SHA-256"),
        ("overlay_grade", "off", "附加呈现：等级"),
    ]
    worded = [
        ("target:O2-1", "requirement 80, acceptable 65", "评价方案设定的目标：O2-1", "要求值 80，可接受限值 65", None),
        ("not_applicable:R2-1@E1", "r (a)", "不适用：R2-1", "仅远程服务（批准：评价组）", "E1"),
        ("conduct:2025-Q1:legal@" + HOSTILE, "r (a)", "行为认定：2025-Q1 违反法律法规", "他企的违法", HOSTILE),
        ("warning", "evaluation.yaml: …", "警告", "评价方案为专家 EX7 设定了权重，但其没有给出判断", None),
    ]
    columns = dict.fromkeys(("key", "value", "label_zh", "value_zh", "enterprise_id"), pl.String)
    return pl.DataFrame([*((*row, None, None) for row in rows), *worded], schema=columns, orient="row")


def coverage_table() -> pl.DataFrame:
    windows = [
        ("2025-Q1", "quarter", dt.date(2025, 1, 1), 1, 1),
        ("2025-Q1-YTD", "year_to_date", dt.date(2025, 1, 1), 1, 1),
        ("2025-Q1-TTM", "trailing_year", dt.date(2024, 4, 1), 4, 3),
    ]
    rows = [
        {
            "enterprise_id": enterprise,
            "period": period,
            "window_kind": kind,
            "period_role": role,
            "first_day": first,
            "last_day": dt.date(2025, 3, 31),
            "quarters_expected": expected,
            "quarters_covered": covered if role == "current" else 0,
        }
        for enterprise in ENTERPRISES
        for role in ("current", "previous")
        for period, kind, first, expected, covered in windows
    ]
    return pl.DataFrame(rows)


def source_rows_table() -> pl.DataFrame:
    rows = [
        ("E1", "service_requests", quarter, count) for quarter, count in (("2024-Q3", 5200), ("2024-Q4", 6100), ("2025-Q1", 20000))
    ]
    # The look-ahead into the next quarter is read, but is no record of this one.
    rows += [
        ("E1", "service_requests", "2025-Q2", 700),
        ("E1", "hotline_calls", "2025-Q1", 25000),
        ("E1", "customers", "2025-Q1", 16960),
    ]
    return pl.DataFrame(rows, schema=["enterprise_id", "table_name", "quarter", "row_count"], orient="row")


def anonymity_table(run_id: str) -> pl.DataFrame:
    """E1: 25,000 requests, of which 21,000 gave up something, 40 all; 3 incidents that no class could hide."""
    released = {
        "quarter": QUARTER.label,
        "kind": "released_records",
        "k_required": 5,
        "is_kept": True,
        "run_id": run_id,
    }
    requests = {"rows": 25000, "generalised": 21000, "suppressed": 40, "left_out": 0, "k_reached": 5}
    incidents = {"rows": 0, "generalised": 0, "suppressed": 0, "left_out": 3, "gbt_42460_level": 3}
    other = {"quarter": QUARTER.label, "is_kept": True, "run_id": run_id}
    return pl.DataFrame(
        [
            released
            | requests
            | {
                "table": "fct_service_requests",
                "enterprise_id": "E1",
                "reidentification_risk": 0.2,
                "gbt_42460_level": 3,
            },
            released | requests | {"table": "fct_service_requests", "enterprise_id": HOSTILE, "rows": 777777},
            released | incidents | {"table": "fct_safety_incidents", "enterprise_id": "E1"},
            other | {"table": "quarantine", "kind": "internal_records", "gbt_42460_level": 2},
            other | {"table": "indicator_values", "kind": "aggregate", "gbt_42460_level": 2},
            other | {"table": "scores", "kind": "aggregate", "gbt_42460_level": 4},
            other | {"table": "released layer", "kind": "released_layer", "k_reached": 6, "gbt_42460_level": 4},
        ],
        schema=STATEMENT_SCHEMA,
    )
