"""Sums of squares without cancellation, for whole columns at once: numbers as unevaluated sums of two doubles (106 bits).

Only the arithmetic that ``intervals.standard_error`` needs, after Dekker (1971) and Knuth (TAOCP 2, 4.2.2). Plain IEEE 754
operations, so the same columns give the same bits on every machine.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

Array = NDArray[np.float64]
DoubleDouble = tuple[Array, Array]

# Splits a double into two halves of 26 bits whose products are exact.
_SPLITTER = 2.0**27 + 1
_WORD = 2.0**32


def scaled_integers(decimals: pl.Series) -> DoubleDouble:
    """The unscaled 128-bit integers of a DECIMAL column (value × 10^scale); 0 where it is null.

    Raises TypeError for a column of another type.
    """
    if not isinstance(decimals.dtype, pl.Decimal):
        raise TypeError(f"{decimals.name}: {decimals.dtype} is not a decimal")
    words = np.frombuffer(_integers(decimals), dtype=np.uint32).reshape(-1, 4)
    high = words[:, 3].view(np.int32).astype(np.float64) * _WORD**3
    number: DoubleDouble = (high, np.zeros_like(high))
    for place in (2, 1, 0):
        number = add(number, (words[:, place].astype(np.float64) * _WORD**place, np.zeros_like(high)))
    return number


def add(one: DoubleDouble, other: DoubleDouble) -> DoubleDouble:
    """Sum of two columns."""
    high, error = _two_sum(one[0], other[0])
    low, rest = _two_sum(one[1], other[1])
    high, error = _quick_two_sum(high, error + low)
    return _quick_two_sum(high, error + rest)


def subtract(one: DoubleDouble, other: DoubleDouble) -> DoubleDouble:
    """Difference of two columns."""
    return add(one, (-other[0], -other[1]))


def multiply(one: DoubleDouble, other: DoubleDouble) -> DoubleDouble:
    """Product of two columns."""
    high, error = _two_product(one[0], other[0])
    return _quick_two_sum(high, error + (one[0] * other[1] + one[1] * other[0]))


def _integers(decimals: pl.Series) -> bytes:
    array = decimals.fill_null(0).rechunk().to_arrow()
    width = 16
    return array.buffers()[1][array.offset * width : (array.offset + len(array)) * width].to_pybytes()


def _two_sum(a: Array, b: Array) -> DoubleDouble:
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _quick_two_sum(a: Array, b: Array) -> DoubleDouble:
    total = a + b
    return total, b - (total - a)


def _two_product(a: Array, b: Array) -> DoubleDouble:
    product = a * b
    (a_high, a_low), (b_high, b_low) = _split(a), _split(b)
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _split(a: Array) -> DoubleDouble:
    scaled = a * _SPLITTER
    high = scaled - (scaled - a)
    return high, a - high
