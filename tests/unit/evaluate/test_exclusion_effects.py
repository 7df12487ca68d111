"""Two evaluations side by side: only what differs is told."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipeline.evaluate.exclusion_effects import EFFECT_SCHEMA, compared, nodes_and_indicators

_VALUES = {
    **dict.fromkeys(("enterprise_id", "period", "scope_type", "indicator_id"), pl.String),
    **{"value": pl.Float64, "sample_size": pl.Int64, "score": pl.Float64, "is_met": pl.Boolean},
}
_SCORES = {**dict.fromkeys(("enterprise_id", "period", "level", "node_id"), pl.String), "score": pl.Float64}


def evaluated(total: float, *values: tuple[Any, ...]) -> pl.DataFrame:
    rows = [("E1", "2025-Q1", "enterprise", *value) for value in values] + [
        ("E1", "2025-Q1", "region", "P2-1a", total, 1, 0.0, False)
    ]
    scores = [("E1", "2025-Q1", "total", "ALL", total), ("E1", "2025-Q1", "dimension", "P", total + 1)]
    return nodes_and_indicators(
        pl.DataFrame(rows, schema=_VALUES, orient="row"), pl.DataFrame(scores, schema=_SCORES, orient="row")
    )


def test_what_differs_is_told_with_and_without() -> None:
    before = evaluated(80.0, ("P2-1a", 65.5, 20, 50.0, False), ("P1-1", 0.9, 24, 60.0, False), ("P1-3", None, 0, None, None))
    after = evaluated(81.5, ("P2-1a", 16.25, 19, 100.0, True), ("P1-1", 0.9, 23, 60.0, False), ("P1-3", None, 0, None, None))
    found = compared(before, after)
    assert found.schema == pl.Schema(EFFECT_SCHEMA)
    assert found.rows() == [
        # The value did not move, its sample did.
        ("E1", "2025-Q1", "P1-1", 0.9, 0.9, 0.0, 24, 23, 60.0, 60.0, False, False, False),
        ("E1", "2025-Q1", "P2-1a", 65.5, 16.25, -49.25, 20, 19, 50.0, 100.0, False, True, True),
        ("E1", "2025-Q1", "total", None, None, None, None, None, 80.0, 81.5, None, None, False),
    ]


def test_equal_evaluations_have_no_effects() -> None:
    same = evaluated(80.0, ("P2-1a", 65.5, 20, 50.0, False))
    assert compared(same, same).is_empty()


def test_a_value_that_is_gone_is_an_effect() -> None:
    before = evaluated(80.0, ("P2-1a", 65.5, 1, 50.0, False))
    after = evaluated(80.0, ("P2-1a", None, 0, None, None))
    assert compared(before, after).rows() == [("E1", "2025-Q1", "P2-1a", 65.5, None, None, 1, 0, 50.0, None, False, None, True)]
