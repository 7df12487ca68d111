"""Rank intervals: the draws have the published intervals, and say no more of an order than there is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, norm

from pipeline.analyse.ranks import DRAWS, draws_of_rates, noise, rank_intervals, ranks


@pytest.mark.parametrize(("hits", "cases"), [(0, 30), (30, 30), (27, 30), (3, 1000)])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.998])
def test_draws_of_a_rate_have_wilson_s_interval_at_every_level(hits: int, cases: int, level: float) -> None:
    z = np.array([norm.ppf((1 - level) / 2), 0.0, norm.ppf((1 + level) / 2)])
    interval = binomtest(hits, cases).proportion_ci(level, method="wilson")
    drawn = draws_of_rates(np.full(3, hits / cases), np.full(3, float(cases)), z)
    centre = (hits / cases, drawn[1])[hits in (0, cases)]
    assert drawn == pytest.approx([interval.low, centre, interval.high], abs=1e-9)


def test_members_far_apart_have_their_rank_and_equal_ones_all() -> None:
    z = noise(3, "E1", "2025-Q1", "O1-1", "region")
    low, high = rank_intervals(np.array([10.0, 30.0, 20.0]) + z)
    assert (low.tolist(), high.tolist()) == ([3, 1, 2], [3, 1, 2])
    low, high = rank_intervals(z)
    assert (low.tolist(), high.tolist()) == ([1, 1, 1], [3, 3, 3])
    assert ranks(np.array([0.5, 0.9, 0.9])).tolist() == [3, 1, 1]


def test_perfect_members_are_not_told_apart_by_their_order() -> None:
    """Four outlets with 40 of 40: half of the draws of each are 100 %."""
    drawn = draws_of_rates(np.ones(4), np.full(4, 40.0), noise(4, "E1", "2025-Q1", "O1-1", "outlet"))
    low, high = rank_intervals(drawn)
    assert (low.tolist(), high.tolist()) == ([1] * 4, [4] * 4)


def test_draws_depend_on_the_names_alone() -> None:
    names = ("E1", "2025-Q1", "O1-1", "outlet")
    assert noise(5, *names).shape == (DRAWS, 5)
    assert np.array_equal(noise(5, *names), noise(5, *names))
    assert not np.array_equal(noise(5, *names), noise(5, *names[:3], "region"))


def test_a_true_rank_lies_in_its_interval() -> None:
    """Five regions at 80, 84 … 96 % of 200 cases, 100 times: every rank is covered in 95 % of them or more."""
    rng, truth = np.random.Generator(np.random.PCG64(7)), np.array([0.80, 0.84, 0.88, 0.92, 0.96])
    covered = np.zeros(5)
    for number in range(100):
        rate = rng.binomial(200, truth) / 200
        low, high = rank_intervals(draws_of_rates(rate, np.full(5, 200.0), noise(5, str(number))))
        covered += (low <= [5, 4, 3, 2, 1]) & (high >= [5, 4, 3, 2, 1])
    assert (covered / 100).min() >= 0.9
    assert covered.mean() / 100 >= 0.95
