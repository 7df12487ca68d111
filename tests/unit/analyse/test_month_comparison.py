"""Months against earlier months: which are compared, and with what."""

from __future__ import annotations

import math

import polars as pl
import pytest

from pipeline.analyse.month_comparison import month_comparison
from pipeline.calendar.quarters import Quarter
from pipeline.evaluate.values.intervals import wilson

CATALOGUE = pl.DataFrame({"indicator_id": ["O1-1"], "direction": ["higher"]})


def month(label: str, hits: int, n: int, status: str = "ok") -> dict[str, object]:
    low, high = wilson([hits], [n])
    place = {"enterprise_id": "E1", "scope_type": "enterprise", "scope_id": "E1", "indicator_id": "O1-1"}
    return place | {"month": label, "value": hits / n, "ci_low": low[0], "ci_high": high[0], "n": n, "status": status}


def compared(*rows: dict[str, object]) -> pl.DataFrame:
    return month_comparison(pl.DataFrame(list(rows)), Quarter.parse("2025-Q1"), CATALOGUE)


def test_each_month_is_compared_with_the_one_before_and_with_that_of_the_year_before() -> None:
    found = compared(
        *(month(label, 80, 100) for label in ("2024-01", "2024-03", "2024-12", "2025-01", "2025-02", "2025-03", "2025-04")),
    )
    assert found.select("month", "against", "compared_month").rows() == [
        ("2025-01", "previous_month", "2024-12"),
        ("2025-01", "year_before", "2024-01"),
        ("2025-02", "previous_month", "2025-01"),
        ("2025-03", "previous_month", "2025-02"),
        ("2025-03", "year_before", "2024-03"),
    ]
    assert set(found["finding"]) == {"not_distinguishable"}


def test_a_difference_has_newcombe_s_interval() -> None:
    """Newcombe (1998), example (a): 56 of 70 against 48 of 80, difference 0.2000, hybrid score interval 0.0524 to 0.3339."""
    (row,) = compared(month("2024-12", 48, 80), month("2025-01", 56, 70)).rows(named=True)
    assert (row["n_before"], row["n"]) == (80, 70)
    assert [row[name] for name in ("difference", "difference_low", "difference_high")] == pytest.approx(
        [0.2, 0.0524, 0.3339], abs=5e-5
    )
    # A family of one: q is p, of the bound that is nearer to 0: z = 1.96 · 0.2 ÷ 0.1476.
    assert row["q_value"] == row["p_value"] == pytest.approx(math.erfc(1.959964 * 0.2 / 0.1476 / math.sqrt(2)), abs=2e-5)
    assert row["finding"] == "better"


def test_few_cases_are_said_and_assumed_values_compared_with_nothing() -> None:
    (few,) = compared(month("2024-12", 8, 10, "insufficient_sample"), month("2025-01", 56, 70)).rows(named=True)
    assert (few["status"], few["finding"], few["p_value"]) == ("insufficient_sample", None, None)
    assert compared(month("2024-12", 8, 10, "assumed"), month("2025-01", 56, 70)).is_empty()
