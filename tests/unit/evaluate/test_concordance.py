"""Kendall's W by hand, against scipy, and at its edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from pipeline.evaluate.weights.concordance import average_ranks, kendalls_w


def test_unanimous_and_opposed_experts() -> None:
    agreed = kendalls_w([[0.5, 0.3, 0.2]] * 4)
    assert agreed is not None
    # m = 4, n = 3: χ² = m(n − 1)W = 8.
    assert (agreed.w, agreed.chi_square, agreed.experts, agreed.items) == (pytest.approx(1), pytest.approx(8), 4, 3)
    opposed = kendalls_w([[1, 2, 3], [3, 2, 1]])
    assert opposed is not None
    assert opposed.w == pytest.approx(0)
    assert opposed.p_value == pytest.approx(1)


def test_three_experts_by_hand() -> None:
    # Ranks 1 2 3 4 / 1 3 2 4 / 2 1 3 4: sums 4, 6, 8, 12, mean 7.5; S = 12.25 + 2.25 + .25 + 20.25 = 35;
    # W = 12·35/(9·(64 − 4)) = 420/540 = 7/9, χ² = 3·3·7/9 = 7.
    result = kendalls_w([[1, 2, 3, 4], [1, 3, 2, 4], [2, 1, 3, 4]])
    assert result is not None
    assert result.w == pytest.approx(7 / 9)
    assert result.chi_square == pytest.approx(7)
    assert result.p_value == pytest.approx(stats.chi2.sf(7, 3))


def test_ties_by_hand() -> None:
    # Ranks 1.5 1.5 3 / 1 2 3: sums 2.5, 3.5, 6, mean 4; S = 2.25 + .25 + 4 = 6.5; one tie of two: T = 2³ − 2 = 6.
    # W = 12·6.5/(4·24 − 2·6) = 78/84.
    result = kendalls_w([[1, 1, 5], [1, 2, 3]])
    assert result is not None
    assert result.w == pytest.approx(78 / 84)


def test_priorities_that_differ_by_rounding_are_tied() -> None:
    assert average_ranks([[0.25, 0.25 + 1e-15, 0.5]]).tolist() == [[1.5, 1.5, 3]]


@pytest.mark.parametrize("values", [[[1, 2, 3]], [[1], [2]], [[1, 1, 1], [2, 2, 2]], []])
def test_undefined(values: list[list[float]]) -> None:
    assert kendalls_w(values) is None


@given(st.integers(2, 8), st.integers(3, 6), st.data())
def test_against_friedmans_statistic(experts: int, items: int, data: st.DataObject) -> None:
    row = st.lists(st.integers(1, 4), min_size=items, max_size=items)
    values = np.array(data.draw(st.lists(row, min_size=experts, max_size=experts)), dtype=float)
    assert average_ranks(values) == pytest.approx(stats.rankdata(values, axis=1))
    assume(any(len(set(answers)) > 1 for answers in values))
    result = kendalls_w(values)
    assert result is not None
    statistic, p_value = stats.friedmanchisquare(*values.T)
    assert result.chi_square == pytest.approx(statistic)
    assert result.p_value == pytest.approx(p_value)
    assert -1e-12 <= result.w <= 1 + 1e-12
