"""Tables from which conclusions are drawn, for E1: ranges of the total, tests against earlier quarters, places, correlations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from pipeline.analyse.trends import SCHEMA as TRENDS
from report_run.names import EMPTY, ENTERPRISES, QUARTER, RUN_ID

PREVIOUS, YEAR_BEFORE = QUARTER.shift(-1).label, QUARTER.shift(-4).label

# The total is 96.36 in score_changes. Against 94.36 (93.00–96.00) it rose by 2.00, less than 1.36 + 1.64: the ranges overlap.
RANGE = (95.0, 97.0)
RANGES_BEFORE = {PREVIOUS: (94.36, 93.0, 96.0), YEAR_BEFORE: (98.36, 97.9, 98.8)}

# Region 450102 is 20 points below the rest in O1-1, region 450103 above it; outlet W1 is worst of all, by a clearer test.
LEAGUE: tuple[tuple[str, str, str, float, float, float | None, float, str], ...] = (
    ("O1-1", "region", "450102", 400.0, 0.66, -0.2, 0.001, "worse"),
    ("O1-1", "region", "450103", 900.0, 0.9, 0.1, 0.02, "better"),
    ("O1-1", "region", "450105", 300.0, 0.81, -0.01, 0.9, "not_distinguishable"),
    ("O1-1", "outlet", "W1", 120.0, 0.6, -0.25, 0.0001, "worse"),
    ("O1-1", "channel", "phone", 700.0, 0.83, 0.01, 0.8, "not_distinguishable"),
)


def write_conclusions(folder: Path) -> Path:
    """Write the tables into a run's folder, beside those of ``write_run``."""
    for name, table in _tables().items():
        table.with_columns(run_id=pl.lit(RUN_ID)).write_parquet(folder / f"{name}.parquet")
    return folder


def _tables() -> dict[str, pl.DataFrame]:
    return {
        "analysis_robustness": _robustness(),
        "analysis_trends": _trends(),
        "analysis_comparison": _comparison(),
        "analysis_league": _league(),
        "analysis_correlation": _correlation(),
        "analysis_benchmarks": _benchmarks(),
        "record_cells": pl.DataFrame(
            schema={
                **dict.fromkeys(("enterprise_id", "quarter", "cube", "row_value", "column_value"), pl.String),
                "record_count": pl.Int64,
                "withheld": pl.String,
            }
        ),
    }


def _robustness() -> pl.DataFrame:
    rows: list[dict[str, Any]] = []
    for enterprise in ENTERPRISES:
        if enterprise == EMPTY:
            continue
        place = {"enterprise_id": enterprise, "period": QUARTER.label, "level": "total", "node_id": "ALL", "status": "ok"}
        # E1 is first of three by any weights; of the other the range is withheld.
        ranks = {"rank": 1, "ranked": 3, "rank_low": 1, "rank_high": 1} if enterprise == "E1" else {"rank": 2, "ranked": 3}
        low, high = RANGE if enterprise == "E1" else (None, None)
        status = "ok" if enterprise == "E1" else "withheld"
        rows += [
            {**place, **ranks, "source": "values", "score_low": low, "score_high": high, "status": status},
            {**place, **ranks, "source": "weights", "score_low": 95.8, "score_high": 96.9},
            {**place, **ranks, "source": "choices", "score_low": 61.5, "score_high": 97.25},
        ]
    return pl.DataFrame(
        rows,
        schema={
            **dict.fromkeys(("enterprise_id", "period", "level", "node_id", "source", "status"), pl.String),
            **dict.fromkeys(("score_low", "score_high"), pl.Float64),
            **dict.fromkeys(("rank", "ranked", "rank_low", "rank_high"), pl.Int64),
        },
    )


def _trends() -> pl.DataFrame:
    rows = [
        {
            "enterprise_id": "E1", "period": QUARTER.label, "level": "total", "node_id": "ALL", "quarter": quarter, "score": score,
            "score_low": low, "score_high": high, "is_provisional": False, "status": "ok",
        }
        for quarter, (score, low, high) in {**RANGES_BEFORE, QUARTER.label: (96.36, *RANGE)}.items()
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=TRENDS)


def _comparison() -> pl.DataFrame:
    """P1-2 fell by 2.12 percentage points beyond chance, P2-1a by 5 s; what O1-1 lost may be chance."""
    place = {"enterprise_id": "E1", "period": QUARTER.label, "scope_type": "enterprise", "scope_id": "E1"}
    against = {"against": "previous", "compared_period": PREVIOUS, "status": "ok"}
    rows = [
        {
            **place,
            **against,
            "indicator_id": name,
            "value_before": before,
            "value": now,
            "difference": now - before,
            "finding": found,
        }
        for name, before, now, found in (
            ("P1-2", 0.9012, 0.88, "worse"),
            ("P2-1a", 31.4, 627000 / 23749, "better"),
            ("O1-1", 0.84, 0.82, "not_distinguishable"),
            ("P1-1", 0.94, 0.94996, "better"),
        )
    ]
    return pl.DataFrame(rows)


def _league() -> pl.DataFrame:
    rows = []
    for indicator, dimension, member, n, value, difference, q_value, finding in LEAGUE:
        is_ranked = dimension == "region"
        rows.append(
            {
                "enterprise_id": "E1", "period": QUARTER.label, "indicator_id": indicator, "dimension": dimension,
                "member": member,
                "n": n, "value": value, "ci_low": value - 0.05, "ci_high": value + 0.05,
                "difference": difference, "q_value": q_value,
                "rank": 1 if is_ranked else None, "rank_low": 1 if is_ranked else None, "rank_high": 2 if is_ranked else None,
                "limit_low_95": None, "flag": "within", "finding": finding, "status": "ok" if is_ranked else "rank_withheld",
            }
        )  # fmt: skip
    return pl.DataFrame(rows, schema_overrides={"limit_low_95": pl.Float64})


def _correlation() -> pl.DataFrame:
    pair = {"enterprise_id": "E1", "period": QUARTER.label, "unit": "requests", "x_measure": "response_seconds"}
    return pl.DataFrame(
        [
            {
                **pair, "y_measure": "satisfaction", "method": "spearman", "n": 124,
                "estimate": -0.4, "ci_low": -0.54, "ci_high": -0.23,
                "finding": "negative",
            }
        ]
    )  # fmt: skip


def _benchmarks() -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "enterprise_id": "E1", "period": QUARTER.label, "indicator_id": "P1-1", "scope": "industry",
                "source": "Survey 2024",
                "benchmark": 0.9, "value": 0.94996, "gap": 0.04996, "is_old": False, "finding": "better",
            }
        ]
    )  # fmt: skip
