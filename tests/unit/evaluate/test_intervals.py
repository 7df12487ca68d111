"""Intervals against scipy, published figures and hand arithmetic; the exactness of the variance."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.stats.contingency import relative_risk

from pipeline.evaluate.values.intervals import mean_interval, reduction_interval, relative_change_interval, standard_error, wilson


@given(st.integers(0, 5000), st.integers(1, 5000), st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_against_scipy(successes: int, trials: int, level: float) -> None:
    successes = min(successes, trials)
    low, high = wilson(successes, trials, level)
    expected = stats.binomtest(successes, trials).proportion_ci(confidence_level=level, method="wilson")
    assert float(low) == pytest.approx(expected.low, abs=1e-12)
    assert float(high) == pytest.approx(expected.high, abs=1e-12)


def test_wilson_by_hand_and_at_its_edges() -> None:
    # 85 of 100, z² = 3.841459: centre (.85 + .01920729)/1.03841459 = .8370525,
    # half = 1.959964/1.03841459·√(.85·.15/100 + 3.841459/40000) = 1.887459·√(.001275 + .0000960365) = .0698873.
    low, high = wilson([85, 0, 10, 0], [100, 10, 10, 0])
    assert low[0] == pytest.approx(0.8370525 - 0.0698873, abs=1e-6)
    assert high[0] == pytest.approx(0.8370525 + 0.0698873, abs=1e-6)
    assert low[1] == 0.0
    assert high[2] == 1.0
    assert np.isnan(low[3])
    assert np.isnan(high[3])


@pytest.mark.parametrize(("successes", "trials"), [(11, 10), (-1, 10)])
def test_wilson_refuses_what_is_no_rate(successes: int, trials: int) -> None:
    with pytest.raises(ValueError, match="0 ≤ successes ≤ trials"):
        wilson(successes, trials)


def test_mean_interval_by_hand() -> None:
    # 2, 4, 9: mean 5, s² = (9 + 1 + 16)/2 = 13, se = √(13/3) = 2.081666; t(.975, 2) = 4.302653.
    low, high = mean_interval([3], [15], [4 + 16 + 81])
    half = 4.302652729911275 * math.sqrt(13 / 3)
    assert low[0] == pytest.approx(5 - half)
    assert high[0] == pytest.approx(5 + half)


@given(st.lists(st.integers(-(10**6), 10**6), min_size=2, max_size=30))
def test_mean_interval_against_scipy(values: list[int]) -> None:
    low, high = mean_interval([len(values)], [sum(values)], [sum(v * v for v in values)])
    mean, error = float(np.mean(values)), float(stats.sem(values))
    assert standard_error([len(values)], [sum(values)], [sum(v * v for v in values)])[0] == pytest.approx(error)
    if error == 0:
        assert low[0] == high[0] == pytest.approx(mean)
    else:
        expected = stats.t.interval(0.95, len(values) - 1, loc=mean, scale=error)
        assert (low[0], high[0]) == pytest.approx(expected)


def test_the_variance_of_large_values_loses_no_digits() -> None:
    # 10¹² + 1, 2, 3 seconds: variance 1. In binary floats Σx² − (Σx)²/n would be off by more than its size.
    values = [Decimal(10**12 + k) for k in (1, 2, 3)]
    error = standard_error([3], [sum(values)], [sum(v * v for v in values)])
    assert error[0] == pytest.approx(math.sqrt(1 / 3), rel=1e-15)


def test_parts_that_were_rounded_give_no_negative_variance() -> None:
    # Three times 1/3, each rounded to nine digits before squaring: 3·Σx² − (Σx)² = −2·10⁻⁹ or so.
    third = Decimal("0.333333333")
    error = standard_error([3], [3 * third], [3 * (third * third).quantize(Decimal("1e-9")) - Decimal("1e-9")])
    assert error.tolist() == [0.0]


def test_missing_parts_and_single_values_have_no_interval() -> None:
    low, high = mean_interval([1, 0, 5, 5], [3, None, None, 10], [9, None, 4, None])
    assert np.isnan(low).all()
    assert np.isnan(high).all()


@given(st.integers(1, 400), st.integers(1, 400), st.integers(401, 900), st.integers(401, 900))
def test_reduction_against_scipys_relative_risk(now: int, before: int, n_now: int, n_before: int) -> None:
    low, high = reduction_interval(now, n_now, before, n_before)
    expected = relative_risk(now, n_now, before, n_before).confidence_interval(0.95)
    assert float(low) == pytest.approx(1 - expected.high)
    assert float(high) == pytest.approx(1 - expected.low)
    assert float(low) <= 1 - (now / n_now) / (before / n_before) <= float(high)


def test_reduction_by_hand() -> None:
    # 30 of 1000 against 40 of 1000: ratio .75, error √(1/30 − 1/1000 + 1/40 − 1/1000) = √.0563333 = .2373464,
    # factor e^(1.959964·.2373464) = 1.592317: reductions 1 − 1.194238 and 1 − .471012.
    low, high = reduction_interval(30, 1000, 40, 1000)
    assert float(low) == pytest.approx(-0.194238, abs=2e-6)
    assert float(high) == pytest.approx(0.528988, abs=2e-6)


def test_reduction_at_its_edges() -> None:
    low, high = reduction_interval([0, 5, 0, 0], [100, 100, 100, 0], [10, 0, 0, 4], [100, 100, 100, 100])
    assert high[0] == 1.0
    assert low[0] < 1 - 0.5 / 10
    assert np.isnan(low[1:]).all()
    assert np.isnan(high[1:]).all()
    with pytest.raises(ValueError, match="0 ≤ events ≤ trials"):
        reduction_interval(3, 2, 1, 2)


def test_relative_change_by_hand() -> None:
    # CSI 80 → 82, standard errors .9 and .8: change .025; √((.9/80)² + (82·.8/6400)²) = √(.0001265625 + .0001050625) =
    # .01521924; ± 1.959964·.01521924 = ± .0298292.
    low, high = relative_change_interval(82, 0.9, 80, 0.8)
    assert float(low) == pytest.approx(0.025 - 0.0298292, abs=1e-6)
    assert float(high) == pytest.approx(0.025 + 0.0298292, abs=1e-6)


def test_relative_change_covers_as_it_promises() -> None:
    # 4,000 repetitions of two independent means: the share of intervals that hold the true change of 2.5 % is 95 ± 1.1
    # % (three standard errors of a simulated share).
    random = np.random.default_rng(244)
    now, before = random.normal(82, 0.9, 4000), random.normal(80, 0.8, 4000)
    low, high = relative_change_interval(now, 0.9, before, 0.8)
    assert np.mean((low <= 0.025) & (high >= 0.025)) == pytest.approx(0.95, abs=0.011)


def test_relative_change_of_nothing() -> None:
    low, high = relative_change_interval([5, 5], [1, np.nan], [0, 5], [1, 1])
    assert np.isnan(low).all()
    assert np.isnan(high).all()
