"""Funnel limits against scipy's binomial distribution, and the share of false flags among equal and among different members."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from pipeline.analyse import funnel

Array = funnel.Array


def mid_p(hits: int, cases: int, rate: float) -> tuple[float, float]:
    """The mid-p values on either side, by scipy."""
    own = scipy.stats.binom.pmf(hits, cases, rate) / 2
    return scipy.stats.binom.cdf(hits - 1, cases, rate) + own, scipy.stats.binom.sf(hits, cases, rate) + own


@pytest.mark.parametrize(("cases", "rate"), [(5, 0.92), (30, 0.92), (400, 0.5), (60, 0.01), (100_000, 0.985), (40, 0.0), (40, 1.0)])
@pytest.mark.parametrize("tail", [0.025, 0.001])
def test_rate_limits_are_the_first_and_last_count_that_chance_gives(cases: int, rate: float, tail: float) -> None:
    low, high = (round(float(each[0]) * cases) for each in funnel.rate_limits(np.array([float(cases)]), np.array([rate]), tail))
    assert mid_p(low, cases, rate)[0] >= tail
    assert low == 0 or mid_p(low - 1, cases, rate)[0] < tail
    assert mid_p(high, cases, rate)[1] >= tail
    assert high == cases or mid_p(high + 1, cases, rate)[1] < tail


def test_z_of_rates_is_the_normal_quantile_of_the_mid_p_value() -> None:
    hits, cases = np.array([2.0, 27.0, 30.0, 900.0]), np.array([5.0, 30.0, 30.0, 1000.0])
    expected = [
        scipy.stats.norm.ppf(below) if below < above else -scipy.stats.norm.ppf(above)
        for below, above in (mid_p(int(k), int(n), 0.92) for k, n in zip(hits, cases, strict=True))
    ]
    assert funnel.z_of_rates(hits, cases, np.full(4, 0.92)) == pytest.approx(expected, rel=1e-9)


def test_dispersion_pulls_in_a_tenth_at_either_end() -> None:
    """z of −1, eight times 1 and 30: the ends become 1, and the mean of z² is 1; (10·1 − 9)/(10 − 10/10) = 1/9 at errors of 1."""
    z = np.array([30.0, -1.0, *[1.0] * 8])
    assert funnel.dispersion(z) == 1.0
    assert funnel.random_effect(1.0, np.ones(10)) == pytest.approx(1 / 9)
    assert funnel.random_effect(0.5, np.ones(10)) == 0.0


def flagged(values: Array, low: Array, high: Array) -> int:
    return int(((values < low - 1e-12) | (values > high + 1e-12)).sum())


def flags(fewest: int, spread: float) -> Array:
    """Flags among forty outlets at 92 % by normal limits, by exact ones, and as the league tables have them; mean of 400 rounds."""
    rng = np.random.Generator(np.random.PCG64(20250331))
    rounds, found = 400, np.zeros(3)
    for _ in range(rounds):
        # Few large outlets and many small ones.
        cases = np.round(np.exp(rng.uniform(np.log(fewest), np.log(400), 40)))
        hits = rng.binomial(cases.astype(int), np.clip(rng.normal(0.92, spread, 40), 0, 1)).astype(float)
        target = np.full(40, hits.sum() / cases.sum())
        error = np.sqrt(target * (1 - target) / cases)
        phi = funnel.dispersion(funnel.z_of_rates(hits, cases, target))
        extra = funnel.random_effect(phi, error) if phi > funnel.OVERDISPERSED else 0.0
        exact = funnel.rate_limits(cases, target, 0.001)
        wide = funnel.normal_limits(target, np.sqrt(error**2 + extra), 0.001) if extra else exact
        normal = funnel.normal_limits(target, error, 0.001)
        found += [flagged(hits / cases, *limits) for limits in (normal, exact, wide)]
    return found / rounds


@pytest.mark.parametrize(("spread", "normal", "exact"), [(0.0, 0.15, 0.04), (0.03, 1.73, 1.66)])
def test_exact_limits_flag_equal_outlets_less_often(spread: float, normal: float, exact: float) -> None:
    """Forty outlets of 5 to 400 cases, limits at p = 0.002: 0.08 false flags are expected, and normal limits have twice as many."""
    assert flags(5, spread)[:2] == pytest.approx([normal, exact], abs=0.05 if not spread else 0.4)


@pytest.mark.parametrize(("spread", "expected"), [(0.0, 0.04), (0.03, 0.65)])
def test_a_random_effect_takes_off_the_flags_of_a_true_spread(spread: float, expected: float) -> None:
    """Of outlets with thirty cases or more, which are all that get a flag."""
    _, exact, found = flags(30, spread)
    assert found == pytest.approx(expected, abs=0.03 if not spread else 0.15)
    assert exact > 2 or not spread
