"""Column-wise standard errors against Python's exact integers and fractions."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evaluate.values import double_double
from pipeline.evaluate.values.intervals import mean_interval, standard_error

PARTS = pl.Decimal(38, 9)


def exact(number: double_double.DoubleDouble, row: int) -> Fraction:
    return Fraction(float(number[0][row])) + Fraction(float(number[1][row]))


def columns(samples: list[list[Decimal]]) -> tuple[pl.Series, pl.Series, pl.Series]:
    """n, Σx, Σx² of each sample, as the marts give them."""
    return (
        pl.Series([len(sample) for sample in samples], dtype=pl.Int64),
        pl.Series([sum(sample, Decimal(0)) for sample in samples], dtype=PARTS),
        pl.Series([sum((x * x for x in sample), Decimal(0)) for sample in samples], dtype=PARTS),
    )


@given(st.lists(st.integers(-(10**37), 10**37), min_size=1, max_size=5))
def test_unscaled_integers_keep_106_bits(unscaled: list[int]) -> None:
    # Not by scaleb(), which rounds to the 28 digits of Python's context.
    decimals = [Decimal((number < 0, tuple(map(int, str(abs(number)))), -9)) for number in unscaled]
    series = pl.Series(decimals, dtype=PARTS)
    found = double_double.scaled_integers(series)
    for row, number in enumerate(unscaled):
        assert abs(exact(found, row) - number) <= abs(number) * Fraction(1, 2**104)


@given(st.integers(-(2**60), 2**60), st.integers(-(2**60), 2**60))
def test_products_and_differences_keep_the_digits_that_doubles_lose(one: int, other: int) -> None:
    def column(number: int) -> double_double.DoubleDouble:
        return np.array([float(number)]), np.array([float(number - int(float(number)))])

    product = double_double.multiply(column(one), column(other))
    assert abs(exact(product, 0) - one * other) <= abs(one * other) * Fraction(1, 2**100)
    difference = double_double.subtract(column(one), column(other))
    assert abs(exact(difference, 0) - (one - other)) <= (abs(one) + abs(other)) * Fraction(1, 2**100)


def test_another_type_is_refused() -> None:
    with pytest.raises(TypeError, match="is not a decimal"):
        double_double.scaled_integers(pl.Series("n", [1.0]))


@given(
    st.lists(
        st.lists(st.integers(0, 10**11).map(lambda k: Decimal(k).scaleb(-3)), min_size=2, max_size=6),
        min_size=1,
        max_size=6,
    )
)
def test_columns_give_what_exact_arithmetic_gives_row_by_row(samples: list[list[Decimal]]) -> None:
    n, total, squares = columns(samples)
    expected = []
    for sample in samples:
        numbers = [Fraction(x) for x in sample]
        mean = sum(numbers) / len(numbers)
        variance = sum((x - mean) ** 2 for x in numbers) / (len(numbers) - 1)
        expected.append(math.sqrt(variance / len(numbers)))
    assert standard_error(n, total, squares) == pytest.approx(expected, rel=1e-13, abs=0)


def test_equal_and_nearly_equal_values_in_columns() -> None:
    # 10⁹ + 0, 1, 2 milliseconds: the variance is 10⁻⁶, some 10⁻²⁴ of Σx², and that of three equal values is 0 exactly.
    near = [Decimal(10**9) + Decimal(k).scaleb(-3) for k in range(3)]
    eighth = Decimal("0.125")
    n, total, squares = columns([near, [eighth] * 3])
    assert standard_error(n, total, squares).tolist() == pytest.approx([math.sqrt(1e-6 / 3), 0.0], rel=1e-12, abs=0)


def test_missing_parts_of_columns_have_no_error_and_no_interval() -> None:
    n = pl.Series([1, None, 5, 5, 3], dtype=pl.Int64)
    total = pl.Series([Decimal(3), Decimal(3), None, Decimal(10), Decimal(6)], dtype=PARTS)
    squares = pl.Series([Decimal(9), Decimal(9), Decimal(4), None, Decimal(14)], dtype=PARTS)
    # 1, 2, 3: s = 1, so that the error is 1/√3 and the interval 2 ± t(2 degrees of freedom, 97.5 %) / √3, t = 4.302652730.
    error = standard_error(n, total, squares)
    assert np.isnan(error).tolist() == [True, True, True, True, False]
    assert error[4] == pytest.approx(1 / math.sqrt(3), rel=1e-15)
    low, high = mean_interval(n.fill_null(0), total, squares)
    assert np.isnan(low[:4]).all()
    assert (low[4], high[4]) == pytest.approx((2 - 4.302652730 / math.sqrt(3), 2 + 4.302652730 / math.sqrt(3)))
