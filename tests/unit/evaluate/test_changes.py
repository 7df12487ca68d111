"""Changes at their limits: from an error rate of zero, and at the ceiling of the index (C-20)."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.evaluate.quarter import _explain_kept, _with_special_verdicts
from pipeline.evaluate.scores.scoring import with_scores
from pipeline.evaluate.values.changes import ERROR_RATE, rate_reduction, relative_change
from pipeline.evaluate.values.delivery import Delivery
from pipeline.evaluate.values.parts import PLACE, VALUE_SCHEMA, Comparison
from pipeline.evaluate.values.status import assign_status
from pipeline.settings.plan import EvaluationPlan

Q1 = Quarter(2025, 1)
PLACE_OF_E1 = ("E1", "2025-Q1", "enterprise", "E1")


def values(indicator: str, value: float | None, numerator: float, denominator: float) -> pl.DataFrame:
    row = dict(zip(PLACE, PLACE_OF_E1, strict=True)) | dict.fromkeys(VALUE_SCHEMA)
    row |= {"indicator_id": indicator, "value": value, "numerator": numerator, "denominator": denominator}
    row |= {"sample_size": 100, "cases": 100, "part": "", "ci_low": -0.01, "ci_high": 0.01}
    return pl.DataFrame([row], schema=dict.fromkeys([*PLACE, "indicator_id"], pl.String) | VALUE_SCHEMA)


def settled(catalogue: pl.DataFrame, current: pl.DataFrame) -> pl.DataFrame:
    """The enterprise's row of the one indicator in ``current``, everything delivered and both years whole."""
    indicator = catalogue.filter(pl.col("indicator_id") == current["indicator_id"][0]).with_columns(
        source_tables=pl.col("source_tables").str.split(";"), source_columns=pl.lit([], dtype=pl.List(pl.String))
    )
    coverage = pl.DataFrame(
        [
            {
                "enterprise_id": "E1",
                "period": period,
                "period_role": role,
                "window_kind": kind,
                "first_day": dt.date(2024, 4, 1),
                "last_day": dt.date(2025, 3, 31),
                "quarters_expected": 4,
                "quarters_covered": 4,
            }
            for period, kind in (("2025-Q1", "quarter"), ("2025-Q1-TTM", "trailing_year"))
            for role in ("current", "previous")
        ]
    )
    tables = indicator["source_tables"][0].to_list()
    quarters = ("2024-Q2", "2024-Q3", "2024-Q4", "2025-Q1")
    recorded = pl.DataFrame(
        [{"enterprise_id": "E1", "table_name": t, "quarter": q, "row_count": 9} for t in tables for q in quarters]
    )
    delivery = Delivery(dict.fromkeys(tables, True), {})
    comparison = Comparison(current, current.clear())
    rows = assign_status(comparison, indicator, coverage, recorded, delivery, EvaluationPlan())
    return rows.filter(pl.col("period") == "2025-Q1")


def verdict(catalogue: pl.DataFrame, parameters: dict[str, float], current: pl.DataFrame) -> dict[str, object]:
    columns = ("indicator_id", "direction", "scoring_class", "requirement", "acceptable", "objective")
    rows = settled(catalogue, current).join(catalogue.select(columns), on="indicator_id")
    rows = rows.with_columns(window_kind=pl.lit("quarter"))
    return with_scores(_with_special_verdicts(rows, catalogue, Q1, parameters), parameters).pipe(_explain_kept).row(0, named=True)


def test_a_reduction_is_positive_and_a_rise_negative() -> None:
    # 10 of 100 services with an error before, 6 of 100 now: (.10 − .06) ÷ .10 = .4. The other way round: −.04 ÷ .06 = −2/3.
    before, now = values(ERROR_RATE, 0.10, 10, 100), values(ERROR_RATE, 0.06, 6, 100)
    for current, previous, reduction in ((now, before, 0.4), (before, now, -2 / 3)):
        (row,) = rate_reduction(current, previous).to_dicts()
        assert row["value"] == pytest.approx(reduction, abs=1e-12)
        assert row["ci_low"] < reduction < row["ci_high"]


def test_a_change_is_measured_by_the_value_before() -> None:
    # 44 after 40: 4 ÷ 40 = .1.
    (row,) = relative_change(values("O2-5", 44, 44, 1), values("O2-5", 40, 40, 1), "O2-5", "I4-2").to_dicts()
    assert (row["indicator_id"], row["value"]) == ("I4-2", pytest.approx(0.1, abs=1e-12))


@pytest.mark.parametrize(
    ("now", "reason", "is_met", "score"), [(0.0, "already_zero", True, 100.0), (0.02, "rose_from_zero", None, None)]
)
def test_an_error_rate_that_was_zero(
    catalogue: pl.DataFrame,
    parameters: dict[str, float],
    now: float,
    reason: str,
    is_met: bool | None,
    score: float | None,
) -> None:
    # I4-1 holds before − now over before: 0 − now over 0.
    row = verdict(catalogue, parameters, values("I4-1", None, -now, 0.0))
    assert (row["status"], row["status_reason"]) == ("not_applicable", reason)
    assert (row["is_met"], row["score"], row["is_distinguishable"]) == (is_met, score, None)


def test_a_rise_from_zero_leaves_no_fraction(catalogue: pl.DataFrame) -> None:
    row = settled(catalogue, values("I4-1", None, -0.02, 0.0)).row(0, named=True)
    assert (row["value"], row["numerator"], row["denominator"]) == (None, None, None)


@pytest.mark.parametrize(
    ("before", "now", "is_met", "is_distinguishable", "reason"),
    [
        (96.0, 95.5, True, None, "ceiling_kept"),  # at the ceiling of 95 and kept, though it fell by .52 %
        (96.0, 94.0, False, True, None),  # fell below the ceiling: −2.08 % of 2 %
        (90.0, 90.5, False, True, None),  # .56 % of 2 %; the interval −1 … 1 % leaves out 2 %
    ],
)
def test_the_index_at_its_ceiling(
    catalogue: pl.DataFrame,
    parameters: dict[str, float],
    before: float,
    now: float,
    is_met: bool,
    is_distinguishable: bool | None,
    reason: str | None,
) -> None:
    row = verdict(catalogue, parameters, values("I4-2", (now - before) / before, now - before, before))
    assert (row["status"], row["is_met"], row["is_distinguishable"]) == ("ok", is_met, is_distinguishable)
    assert row["status_reason"] == reason


@pytest.mark.parametrize(
    ("indicator", "is_beyond"),
    [
        ("P1-1", False),  # a sample against 95 %
        ("P3-3", True),  # every document
        ("R3-3", True),  # a register, counted in full
        ("O4-1", True),  # incidents are counted in full
        ("I4-2", False),  # a minimum of 1 too, but a comparison of two samples
    ],
)
def test_what_chance_has_no_part_in(catalogue: pl.DataFrame, parameters: dict[str, float], indicator: str, is_beyond: bool) -> None:
    rows = catalogue.filter(pl.col("indicator_id") == indicator).with_columns(
        window_kind=pl.lit("quarter"), numerator=pl.lit(1.0), denominator=pl.lit(2.0)
    )
    assert _with_special_verdicts(rows, catalogue, Q1, parameters)["is_beyond_chance"].to_list() == [is_beyond]
