"""A survey round, and how satisfied the people of each scope are."""

from __future__ import annotations

from typing import Any

import polars as pl

from report_run.names import QUARTER

# A weighted round of E1 without a register of how many were invited; the other enterprises asked nobody.
SURVEY_ROUND: dict[str, Any] = {
    "enterprise_id": "E1",
    "quarter": QUARTER.label,
    "survey_id": "SAT-<1>",
    "questions": 24,
    "responses": 540,
    "complete": 512,
    "partial": 28,
    "counted": 500,
    "flagged": 31,
    "valid": 476,
    "straight_liners": 9,
    "straight_liners_rate": 9 / 540,
    "speeders": 4,
    "speeders_rate": 4 / 540,
    "duplicate_customers": 12,
    "duplicate_customers_rate": 12 / 540,
    "repeated_complete": 12,
    "duplicate_devices": 6,
    "duplicate_devices_rate": 6 / 540,
    "over_time": 3,
    "missing_item_rate": 0.125,
    "timed": 490,
    "median_minutes": 7.25,
    "p90_minutes": 11.5,
    "online": 360,
    "phone": 100,
    "onsite": 40,
    "sent": None,
    "delivered": None,
    "response_rate": None,
    "response_rate_reason": "no_distribution_register",
    "weighting": "cells",
    "weighting_reason": None,
    "weighted_responses": 500,
    "cells": 12,
    "merged_cells": 2,
    "outside_population": 45,
    "capped": 7,
    "largest_difference": 0.062,
    "largest_weight": 5.0,
    "design_effect": 1.25,
    "effective_n": 400.0,
}

# Overall satisfaction of E1: people and mean by scope. 300 + 150 + 4 + 20 are 474 of 480: six have no region. The four are
# withheld, which the six protect; by channel nobody is.
SATISFACTION: dict[tuple[str, str], tuple[int | None, float | None]] = {
    ("enterprise", "E1"): (480, 83.25),
    ("region", "450102"): (300, 84.12),
    ("region", "450103"): (150, 81.34),
    ("region", "450105"): (None, None),
    ("region", "450107"): (20, 79.53),
    ("channel", "online"): (200, 82.48),
    ("channel", "onsite"): (20, 88.19),
    ("channel", "phone"): (260, 83.71),
}

# Three people on site, and so many online that O2-2 would tell what the three said.
TOUCHPOINT_PEOPLE = {"phone": 300, "onsite": None, "online": None}


def respondents_table() -> pl.DataFrame:
    people = {name: count for name, (count, _) in SATISFACTION.items()}
    people |= {("touchpoint", name): count for name, count in TOUCHPOINT_PEOPLE.items()}
    return pl.DataFrame(
        [("E1", QUARTER.label, *name, count, None if count else "cell") for name, count in people.items()],
        schema={
            "enterprise_id": pl.String,
            "quarter": pl.String,
            "scope_type": pl.String,
            "scope_id": pl.String,
            "respondents": pl.Int64,
            "withheld": pl.String,
        },
        orient="row",
    )
