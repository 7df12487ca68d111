"""Points far from their group, and what an exclusion changed."""

from __future__ import annotations

from typing import Any

import polars as pl

# Waits of E1 in two groups, one of them too small; 40 points with |Z| > 3, of which 9 reviewed and 6 of these excluded.
_OUTLIER_COUNT_SCHEMA: dict[str, Any] = {
    **dict.fromkeys(("enterprise_id", "quarter", "table", "measure"), pl.String),
    **dict.fromkeys(("groups", "too_small", "n", "flagged_z", "flagged_z_log", "flagged_z_mad"), pl.Int64),
    **dict.fromkeys(("to_review", "reviewed", "confirmed", "corrected", "excluded"), pl.Int64),
}

OUTLIER_COUNTS: list[tuple[Any, ...]] = [
    ("E1", "2025-Q1", "hotline_calls", "wait_seconds", 2, 1, 23758, 40, 5, 901, 40, 9, 3, 0, 6),
    ("E1", "2025-Q1", "training_records", "training_hours", 1, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0),
]

_OUTLIER_EFFECT_SCHEMA: dict[str, Any] = {
    **dict.fromkeys(("enterprise_id", "period", "indicator_id"), pl.String),
    **dict.fromkeys(("value_with", "value_without", "difference"), pl.Float64),
    **dict.fromkeys(("sample_size_with", "sample_size_without"), pl.Int64),
    **dict.fromkeys(("score_with", "score_without"), pl.Float64),
    **dict.fromkeys(("is_met_with", "is_met_without", "is_verdict_changed"), pl.Boolean),
    "withheld": pl.String,
}

OUTLIER_EFFECTS: list[tuple[Any, ...]] = [
    ("E1", "2025-Q1", "P2-1a", 30.5, 26.4011, -4.0989, 23755, 23749, 99.0, 100.0, False, True, True, None),
    ("E1", "2025-Q1", "total", None, None, None, None, None, 95.5, 96.25, None, None, False, None),
]


def outlier_counts_table() -> pl.DataFrame:
    return pl.DataFrame(OUTLIER_COUNTS, schema=_OUTLIER_COUNT_SCHEMA, orient="row")


def outlier_effects_table() -> pl.DataFrame:
    return pl.DataFrame(OUTLIER_EFFECTS, schema=_OUTLIER_EFFECT_SCHEMA, orient="row")
