"""A member against the rest: the tests are scipy's, and the rest's error is that of its own cases."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from pipeline.analyse.rest import fisher_mid_p, mean_error, rest_error, welch_p


def arrays(*numbers: float) -> tuple[np.ndarray, ...]:
    return tuple(np.array([float(each)]) for each in numbers)


@pytest.mark.parametrize(
    ("hits", "cases", "all_hits", "all_cases"),
    [
        *((27, 30, 1100, 1200), (30, 30, 1100, 1200), (0, 30, 3, 4000), (3, 30, 3, 4000), (60, 100, 920, 1000)),
        *((40, 40, 40, 90), (5, 40, 55, 90), (300, 600, 620, 1300), (9, 10, 9, 20), (100, 100, 200, 200)),
    ],
)
def test_fisher_s_mid_p_is_scipy_s(hits: int, cases: int, all_hits: int, all_cases: int) -> None:
    by_scipy = scipy.stats.hypergeom(all_cases, all_hits, cases)
    own = by_scipy.pmf(hits) / 2
    expected = min(1.0, 2 * min(by_scipy.cdf(hits - 1) + own, by_scipy.sf(hits) + own))
    assert fisher_mid_p(*arrays(hits, cases, all_hits, all_cases)) == pytest.approx([expected], rel=1e-6)


def test_large_numbers_are_normal() -> None:
    by_scipy = scipy.stats.hypergeom(200_000, 100_000, 50_000)
    own = by_scipy.pmf(24_700) / 2
    found = fisher_mid_p(*arrays(24_700, 50_000, 100_000, 200_000))
    assert found == pytest.approx([2 * (by_scipy.cdf(24_699) + own)], rel=1e-3)


def test_one_rare_case_is_no_sure_finding() -> None:
    """One incident in 100 services of a member, 4 in 40,000 of all: by scipy p = 0.01, where z = 9.9 would be certain."""
    (found,) = fisher_mid_p(*arrays(1, 100, 4, 40_000))
    assert 0.005 < found < 0.02


def test_the_error_of_the_others_is_that_of_their_values() -> None:
    rng = np.random.Generator(np.random.PCG64(3))
    own, other = rng.normal(5, 2, 40), rng.normal(6, 1, 70)
    together = np.concatenate([own, other])
    (found,) = rest_error(
        arrays(own.mean(), scipy.stats.sem(own), 40),
        arrays(together.mean(), scipy.stats.sem(together), 110),
        arrays(other.mean(), 70),
    )
    assert found == pytest.approx(scipy.stats.sem(other))
    expected = scipy.stats.ttest_ind(own, other, equal_var=False)
    difference = own.mean() - other.mean()
    (p_value,) = welch_p(*arrays(difference, scipy.stats.sem(own), 40, found, 70))
    assert p_value == pytest.approx(expected.pvalue)
    low, high = scipy.stats.t.interval(0.95, 39, own.mean(), scipy.stats.sem(own))
    assert mean_error(*arrays(low, high, 40)) == pytest.approx([scipy.stats.sem(own)])
