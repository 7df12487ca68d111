"""Errors of means and shares to which one respondent gives several answers, against the sandwich formula over single answers."""

from __future__ import annotations

from decimal import Decimal
from math import sqrt

import numpy as np
import polars as pl
import pytest

from pipeline.evaluate.values.intervals import ratio_error, wilson
from pipeline.evaluate.values.parts import measure

ANSWERS = [[100.0, 100.0, 75.0], [25.0], [50.0, 0.0], [75.0, 75.0, 75.0, 100.0], [0.0, 25.0]]
CATALOGUE = pl.DataFrame({"indicator_id": ["O2-1"], "method": ["score"], "unit_divisor": [1.0], "multiplier": [1.0]})


def sandwich(answers: list[list[float]]) -> float:
    """The cluster-robust error of an intercept, (X'X)⁻¹·Σ_g X_g'u_g u_g'X_g·(X'X)⁻¹, times G/(G − 1): from single answers."""
    every = np.concatenate([np.array(each) for each in answers])
    residuals = [np.array(each) - every.mean() for each in answers]
    meat = sum(float(each.sum()) ** 2 for each in residuals)
    return sqrt(meat / len(every) ** 2 * len(answers) / (len(answers) - 1))


def parts(answers: list[list[float]], variant: str = "") -> pl.DataFrame:
    sums, counts = [sum(each) for each in answers], [len(each) for each in answers]
    decimal = pl.Decimal(38, 9)
    numbers = {
        "numerator": sum(sums),
        "denominator": sum(counts),
        "sum_squares": sum(each**2 for each in sums),
        "sum_products": sum(y * m for y, m in zip(sums, counts, strict=True)),
    }
    whole = {"n": len(answers), "cases": sum(counts), "within_limit": None, "count_squares": sum(m**2 for m in counts)}
    place = {"enterprise_id": "E", "period": "2025-Q1", "scope_type": "enterprise", "scope_id": "E"}
    names = {"indicator_id": "O2-1", "variant": variant, "part": ""}
    return pl.DataFrame(
        [place | names | {name: Decimal(str(number)) for name, number in numbers.items()} | whole],
        schema_overrides=dict.fromkeys(numbers, decimal) | dict.fromkeys(whole, pl.Int64),
    )


KEYS = ["enterprise_id", "period", "scope_type", "scope_id", "indicator_id", "variant"]


def test_a_mean_of_several_answers_each() -> None:
    (row,) = measure(parts(ANSWERS), CATALOGUE).to_dicts()
    assert row["value"] == pytest.approx(sum(map(sum, ANSWERS)) / 12)
    assert row["standard_error"] == pytest.approx(sandwich(ANSWERS))
    assert row["sample_size"] == 5


def test_one_answer_each_is_the_plain_error() -> None:
    single = [[each[0]] for each in ANSWERS]
    (row,) = measure(parts(single), CATALOGUE).to_dicts()
    assert row["standard_error"] == pytest.approx(np.std([each[0] for each in single], ddof=1) / sqrt(5))


def test_twenty_eight_equal_answers_a_person_are_one() -> None:
    # As many times too narrow as the root of 28 · (n·28 − 1)/(28·(n − 1)): for many people about 5.3.
    people = [[points] * 28 for points in (100.0, 75.0, 50.0, 50.0, 0.0, 25.0)]
    once = [[each[0]] for each in people]
    (many,), (one,) = (measure(parts(each), CATALOGUE).to_dicts() for each in (people, once))
    assert many["standard_error"] == pytest.approx(one["standard_error"])
    assert (many["ci_low"], many["ci_high"]) == pytest.approx((one["ci_low"], one["ci_high"]))


def test_equal_answers_have_no_spread() -> None:
    thirds = [[100 / 3] * number for number in (1, 2, 7)]
    sums, counts = [sum(each) for each in thirds], [len(each) for each in thirds]
    products = sum(y * m for y, m in zip(sums, counts, strict=True))
    squares = sum(y * y for y in sums), products, sum(m * m for m in counts)
    assert ratio_error([3], [sum(sums)], [10], *([each] for each in squares)).tolist() == [0.0]


def test_a_share_of_answers_has_as_many_trials_as_answers_by_design_effect() -> None:
    chosen = [[float(points >= 75) for points in each] for each in ANSWERS]
    (row,) = measure(parts(chosen, "top_two_box_phone"), CATALOGUE, KEYS).to_dicts()
    share = 7 / 12
    effective = share * (1 - share) / sandwich(chosen) ** 2 * 12 / 11
    low, high = wilson([share * effective], [effective])
    assert (row["ci_method"], row["ci_low"], row["ci_high"]) == ("wilson", pytest.approx(low[0]), pytest.approx(high[0]))
    # One answer each: Wilson's interval of the answers themselves.
    single = [[each[0]] for each in chosen]
    (row,) = measure(parts(single, "top_two_box"), CATALOGUE, KEYS).to_dicts()
    low, high = wilson([2], [5])
    assert (row["ci_low"], row["ci_high"]) == (low[0], high[0])
