"""The oracle over a whole sample: identities that hold among its values."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from sample_rules import Written

from schemas.standard.catalogue import catalogue_rows


@pytest.fixture(scope="module")
def values(written: Written) -> pl.DataFrame:
    assert written.truth.indicators is not None
    return written.truth.indicators.join(
        pl.DataFrame(
            [(row.indicator_id, row.unit, row.method) for row in catalogue_rows()],
            schema=["indicator_id", "unit", "method"],
            orient="row",
        ),
        on="indicator_id",
    )


def pick(values: pl.DataFrame, indicator_id: str, column: str = "value") -> list[Any]:
    return values.filter(pl.col("indicator_id") == indicator_id).sort("enterprise_id", "quarter")[column].to_list()


def test_only_what_no_data_can_tell_is_missing(values: pl.DataFrame) -> None:
    missing = values.filter(pl.col("value").is_null()).select("indicator_id", "quarter").unique()
    assert set(missing.filter(pl.col("quarter") == "2025-Q1")["indicator_id"]) == {"I2-3", "I4-1"}
    assert set(missing["indicator_id"]) == {"I2-3", "I4-1", "I4-2", "I4-3"}


def test_rates_lie_in_0_to_1_and_scores_in_0_to_100(values: pl.DataFrame) -> None:
    rates = values.filter(pl.col("method").is_in(["rate", "share_of_max"]), pl.col("value").is_not_null())
    assert rates["value"].is_between(0, 1).all()
    assert (rates["numerator"] <= rates["denominator"]).all()
    scores = values.filter(pl.col("unit") == "score")
    assert scores["value"].is_between(0, 100).all()


def test_values_that_count_the_same_things_agree(values: pl.DataFrame) -> None:
    assert pick(values, "P1-1", "denominator") == pick(values, "P1-2", "denominator")
    assert all(fast <= all_of_them for fast, all_of_them in zip(pick(values, "P1-2"), pick(values, "P1-1"), strict=True))
    assert pick(values, "O1-1", "denominator") == pick(values, "O4-1", "denominator") == pick(values, "P5-1", "denominator")
    assert pick(values, "P3-1", "denominator") == pick(values, "P3-4", "denominator")
    assert pick(values, "R3-3", "denominator") == pick(values, "R3-4", "denominator")
    assert pick(values, "O2-2", "denominator") == pick(values, "O1-1", "denominator")


def test_the_index_is_made_of_its_parts(values: pl.DataFrame) -> None:
    parts = zip(*(pick(values, name) for name in ("O2-1", "O2-2", "O2-3", "O2-4")), strict=True)
    expected = [0.4 * overall + 0.2 * (touch + staff + solved) for overall, touch, staff, solved in parts]
    assert pick(values, "O2-5") == pytest.approx(expected)


def test_values_lie_where_real_ones_would(values: pl.DataFrame) -> None:
    targets = {row.indicator_id: row for row in catalogue_rows() if row.requirement is not None and row.acceptable is not None}
    judged = values.filter(pl.col("indicator_id").is_in(list(targets)), pl.col("value").is_not_null())
    met = acceptable = 0
    for indicator_id, value in judged.select("indicator_id", "value").rows():
        target = targets[indicator_id]
        sign = -1 if target.direction == "lower" else 1
        met += sign * value >= sign * target.requirement
        acceptable += sign * value >= sign * target.acceptable
    # Some requirements are met, some are not; few values are beyond what is acceptable.
    assert 0.35 < met / judged.height < 0.8
    assert acceptable / judged.height > 0.8
