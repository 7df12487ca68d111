"""The lowest and the highest total that weights within the ranges of the standard can give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from pipeline.errors import UsageError
from pipeline.evaluate.scores.score_tree import legal_interval

# The ranges of clause 六.
RANGES = {"O": (0.35, 0.40), "P": (0.30, 0.35), "R": (0.20, 0.25), "I": (0.10, 0.15)}


def test_the_legal_interval_of_the_project() -> None:
    # .35·80 + .30·90 + .20·60 + .10·70 = 74, and the free 5 points go to 60 or to 90: 77.0 … 78.5.
    low, high = legal_interval({"O": 80, "P": 90, "R": 60, "I": 70}, RANGES)
    assert low == pytest.approx(77.0)
    assert high == pytest.approx(78.5)


def test_the_legal_interval_of_equal_scores_is_a_point() -> None:
    assert legal_interval({"O": 80, "P": 80, "R": 80, "I": 80}, RANGES) == pytest.approx((80, 80))


def test_impossible_ranges_and_no_scores_are_refused() -> None:
    with pytest.raises(UsageError, match="no weights sum to 1"):
        legal_interval({"O": 80}, {"O": (0.2, 0.4)})
    with pytest.raises(UsageError, match="no dimension has a score"):
        legal_interval({"O": None, "P": None, "R": None, "I": None}, RANGES)
    with pytest.raises(UsageError, match="leave no weight"):
        legal_interval({"O": None, "P": 50.0}, {"O": (1.0, 1.0), "P": (0.0, 0.0)})


points = st.floats(0, 100)
ordinary_ranges = st.lists(st.tuples(st.floats(0, 0.25), st.floats(0.25, 1)), min_size=4, max_size=4)


@given(st.lists(points, min_size=4, max_size=4), ordinary_ranges)
def test_the_legal_interval_against_linear_programming(values: list[float], bounds: list[tuple[float, float]]) -> None:
    names = ["O", "P", "R", "I"]
    low, high = legal_interval(dict(zip(names, values, strict=True)), dict(zip(names, bounds, strict=True)))
    smallest = linprog(values, A_eq=[[1] * 4], b_eq=[1], bounds=bounds)
    largest = linprog([-v for v in values], A_eq=[[1] * 4], b_eq=[1], bounds=bounds)
    assert low == pytest.approx(smallest.fun, abs=1e-6)
    assert high == pytest.approx(-largest.fun, abs=1e-6)


@given(st.lists(points, min_size=3, max_size=3), st.integers(0, 2**32 - 1))
def test_the_legal_interval_without_a_dimension(values: list[float], seed: int) -> None:
    scored = dict(zip(["O", "P", "R"], values, strict=True))
    low, high = legal_interval({**scored, "I": None}, RANGES)
    # Charnes–Cooper: with u = w/Σ_scored w and t = 1/Σ_scored w, a linear programme in (u, t).
    low_bounds, high_bounds = ([RANGES[name][side] for name in ("O", "P", "R", "I")] for side in (0, 1))
    identity = np.eye(4)
    upper = np.hstack([identity, -np.array(high_bounds)[:, None]])
    lower = np.hstack([-identity, np.array(low_bounds)[:, None]])
    equal = np.array([[1, 1, 1, 1, -1], [1, 1, 1, 0, 0]])
    for sign, found in ((1, low), (-1, high)):
        result = linprog(
            [*(sign * v for v in values), 0, 0],
            A_ub=np.vstack([upper, lower]),
            b_ub=np.zeros(8),
            A_eq=equal,
            b_eq=[0, 1],
        )
        assert found == pytest.approx(sign * result.fun, abs=1e-6)
    # And no legal weights lie outside.
    random = np.random.default_rng(seed)
    for _ in range(20):
        weights = {name: random.uniform(*bounds) for name, bounds in RANGES.items()}
        weights["I"] = 1 - weights["O"] - weights["P"] - weights["R"]
        if RANGES["I"][0] <= weights["I"] <= RANGES["I"][1]:
            total = sum(weights[name] * score for name, score in scored.items()) / (1 - weights["I"])
            assert low - 1e-9 <= total <= high + 1e-9
