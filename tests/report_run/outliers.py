"""Points far from their group, and what an exclusion changed."""

from __future__ import annotations

from typing import Any

import polars as pl

# Waits of E1 in two groups, one of them too small; 40 points with |Z| > 3, of which 3 reviewed and 1 of these excluded.
_OUTLIER_GROUP_SCHEMA: dict[str, Any] = {
    **dict.fromkeys(("enterprise_id", "quarter", "table", "measure", "group"), pl.String),
    **{"n": pl.Int64, "mean": pl.Float64, "sd": pl.Float64, "median": pl.Float64, "mad": pl.Float64, "too_small": pl.Boolean},
    **dict.fromkeys(
        ("flagged_z", "flagged_z_log", "flagged_z_mad", "to_review", "reviewed", "confirmed", "corrected", "excluded"), pl.Int64
    ),
}  # fmt: skip

OUTLIER_GROUPS: list[tuple[Any, ...]] = [
    *[("E1", "2025-Q1", "hotline_calls", "wait_seconds", "in_service_hours=true",
       23749, 26.4, 20.1, 18.0, 9.0, False, 40, 5, 900, 40, 3, 2, 0, 1)],
    *[("E1", "2025-Q1", "hotline_calls", "wait_seconds", "in_service_hours=false",
       9, 30.0, 4.0, 30.0, 3.0, True, 0, 0, 1, 0, 0, 0, 0, 0)],
    *[("E1", "2025-Q1", "training_records", "training_hours", "kind=induction",
       12, 8.0, 0.0, 8.0, 0.0, False, 0, 0, 0, 0, 0, 0, 0, 0)],
]  # fmt: skip

_OUTLIER_EFFECT_SCHEMA: dict[str, Any] = {
    **dict.fromkeys(("enterprise_id", "period", "indicator_id"), pl.String),
    **dict.fromkeys(("value_with", "value_without", "difference"), pl.Float64),
    **dict.fromkeys(("sample_size_with", "sample_size_without"), pl.Int64),
    **dict.fromkeys(("score_with", "score_without"), pl.Float64),
    **dict.fromkeys(("is_met_with", "is_met_without", "is_verdict_changed"), pl.Boolean),
}

OUTLIER_EFFECTS: list[tuple[Any, ...]] = [
    ("E1", "2025-Q1", "P2-1a", 30.5, 26.4011, -4.0989, 23750, 23749, 99.0, 100.0, False, True, True),
    ("E1", "2025-Q1", "total", None, None, None, None, None, 95.5, 96.25, None, None, False),
]


def outlier_groups_table() -> pl.DataFrame:
    return pl.DataFrame(OUTLIER_GROUPS, schema=_OUTLIER_GROUP_SCHEMA, orient="row")


def outlier_effects_table() -> pl.DataFrame:
    return pl.DataFrame(OUTLIER_EFFECTS, schema=_OUTLIER_EFFECT_SCHEMA, orient="row")
