"""Weights projected onto the ranges of the standard: by hand, optimal, and as a general optimiser finds them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from pipeline.errors import UsageError
from pipeline.evaluate.weights.weight_set import project_to_ranges

# The ranges of clause 六, outcome, process, resources, improvement.
LOWER, UPPER = np.array([0.35, 0.30, 0.20, 0.10]), np.array([0.40, 0.35, 0.25, 0.15])


def test_projection_by_hand() -> None:
    # .5/.3/.1/.1 in the ranges of clause 六: with τ = 0 it is clipped to .40/.30/.20/.10, which sums to 1 already.
    assert project_to_ranges([0.5, 0.3, 0.1, 0.1], LOWER, UPPER) == pytest.approx([0.40, 0.30, 0.20, 0.10])
    # Equal weights: .35/.25/.25/.15 … at τ: O at its lower .35, P at its lower .30, R .25 − τ, I at its upper .15:
    # .35 + .30 + R + .15 = 1 gives R = .20, its lower bound.
    assert project_to_ranges([0.25] * 4, LOWER, UPPER) == pytest.approx([0.35, 0.30, 0.20, 0.15])
    # One free coordinate: .34/.33/.22/.11 has only O below its range: O = .35, the others give up .01 in equal parts.
    assert project_to_ranges([0.34, 0.33, 0.22, 0.11], LOWER, UPPER) == pytest.approx(
        [0.35, 0.33 - 0.01 / 3, 0.22 - 0.01 / 3, 0.11 - 0.01 / 3]
    )


def test_what_lies_inside_stays_to_the_last_bit() -> None:
    inside = np.array([0.36, 0.31, 0.21, 0.12])
    assert project_to_ranges(inside, LOWER, UPPER).tolist() == inside.tolist()


@pytest.mark.parametrize(
    ("lower", "upper", "said"),
    [
        ([0.6, 0.6], [0.7, 0.7], "no weights sum to 1"),
        ([0.1, 0.1], [0.4, 0.4], "no weights sum to 1"),
        ([0.5, 0.3], [0.4, 0.9], "lower bound lies above its upper bound"),
    ],
)
def test_infeasible_ranges_are_refused(lower: list[float], upper: list[float], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        project_to_ranges([0.5, 0.5], lower, upper)


@st.composite
def boxes(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A weight vector and feasible bounds around some point of the simplex."""
    n = draw(st.integers(2, 6))
    share = st.floats(0.01, 1)
    inside = np.array(draw(st.lists(share, min_size=n, max_size=n)))
    inside /= inside.sum()
    widths = np.array(draw(st.lists(st.floats(0, 0.3), min_size=2 * n, max_size=2 * n)))
    raw = np.array(draw(st.lists(share, min_size=n, max_size=n)))
    return raw / raw.sum(), np.maximum(inside - widths[:n], 0), np.minimum(inside + widths[n:], 1)


@given(boxes())
def test_the_projection_is_optimal(box: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    raw, lower, upper = box
    projected = project_to_ranges(raw, lower, upper)
    assert projected.sum() == pytest.approx(1, abs=1e-9)
    assert np.all(projected >= lower - 1e-12)
    assert np.all(projected <= upper + 1e-12)
    # Karush–Kuhn–Tucker: a coordinate off its bounds moved by the common shift τ, one at its lower bound by at most τ,
    # one at its upper bound by at least τ.
    shift = raw - projected
    movable = upper > lower + 1e-9
    may_rise, may_fall = movable & (projected < upper - 1e-9), movable & (projected > lower + 1e-9)
    assert max(shift[may_rise], default=-np.inf) <= min(shift[may_fall], default=np.inf) + 1e-8
    assert project_to_ranges(projected, lower, upper) == pytest.approx(projected, abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_the_projection_agrees_with_a_general_optimiser(seed: int) -> None:
    raw = np.random.default_rng(seed).dirichlet(np.ones(4))
    found = minimize(
        lambda w: float(np.sum((w - raw) ** 2)),
        (LOWER + UPPER) / 2,
        bounds=list(zip(LOWER, UPPER, strict=True)),
        constraints={"type": "eq", "fun": lambda w: float(w.sum() - 1)},
        method="SLSQP",
        options={"ftol": 1e-14},
    )
    assert project_to_ranges(raw, LOWER, UPPER) == pytest.approx(found.x, abs=1e-6)
