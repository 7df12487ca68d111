"""Confidence intervals of indicator values, from the additive parts that the marts publish.

Rates, means and changes between two periods, vectorised over rows; verdicts are decided in ``scoring.py``. All intervals
are two-sided.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Context, Decimal

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtrit

from pipeline.evaluate.values import double_double

Array = NDArray[np.float64]
Number = int | float | Decimal
Column = Sequence[Number | None] | pl.Series

LEVEL = 0.95
# Sums arrive with up to 38 digits (DECIMAL(38, 9)); their squares and products are exact with this many.
_EXACT = Context(prec=120)
# Spreads of sums below this share of them are rounding errors of the sums.
_NO_SPREAD = 2.0**-40
# 106 bits carry an error of some 2⁻¹⁰⁰ of n·Σx²; a difference smaller than this share of it is computed exactly.
_IN_DOUBT = 2.0**-45


def wilson(successes: ArrayLike, trials: ArrayLike, level: float = LEVEL) -> tuple[Array, Array]:
    """Wilson score interval of a rate (Wilson 1927): lower and upper limits, shape as given; NaN without trials.

    Raises ValueError for successes outside 0 … trials: such a ratio is not a proportion.
    """
    k, n = np.broadcast_arrays(np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64))
    if np.any((k < 0) | (k > n)):
        raise ValueError("a rate needs 0 ≤ successes ≤ trials")
    z = _normal_quantile(level)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = k / n
        centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    # The limits of an empty and of an all-pass sample are 0 and 1 exactly; the formula misses them by a rounding error.
    low = np.where(k == 0, np.where(n > 0, 0.0, np.nan), np.clip(centre - half, 0.0, 1.0))
    high = np.where((k == n) & (n > 0), 1.0, np.clip(centre + half, 0.0, 1.0))
    return low, high


def standard_error(n: Column, total: Column, sum_squares: Column) -> Array:
    """Standard error of each mean, s/√n with n − 1 in the divisor of s², shape (rows,); NaN where n < 2 or a part is missing.

    The variance is n·Σx² − (Σx)² without cancellation, however large the values: exact for sequences of integers and
    decimals; for DECIMAL columns (millions of rows) in 106 bits, and exact where these do not suffice. A negative result
    (parts rounded upstream) is a variance of 0.
    """
    if isinstance(total, pl.Series) and isinstance(sum_squares, pl.Series) and isinstance(n, pl.Series):
        return _standard_error_of_columns(n, total, sum_squares)
    return np.array([_standard_error(*row) for row in zip(n, total, sum_squares, strict=True)], dtype=np.float64)


def mean_interval(
    n: Column,
    total: Column,
    sum_squares: Column,
    level: float = LEVEL,
    error: Array | None = None,
    values: ArrayLike | None = None,
) -> tuple[Array, Array]:
    """Student's t interval of each mean from count, sum and sum of squares; NaN where n < 2 or a part is missing.

    error     the standard errors, if already computed
    values    the number of values, if one of the n respondents may give several
    """
    counts = np.asarray(n, dtype=np.float64)
    means_of = counts if values is None else np.asarray(values, dtype=np.float64)
    if error is None:
        error = standard_error(n, total, sum_squares)
    if isinstance(total, pl.Series):
        sums = total.cast(pl.Float64).to_numpy()
    else:
        sums = np.array([math.nan if s is None else float(s) for s in total], dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(means_of > 0, sums / means_of, math.nan)
        half = stdtrit(np.where(counts > 1, counts - 1, np.nan), (1 + level) / 2) * error
    return mean - half, mean + half


def spread(
    products: ArrayLike,
    value_counts: ArrayLike,
    count_values: ArrayLike,
    count_products: ArrayLike,
    means: tuple[ArrayLike, ArrayLike],
) -> Array:
    """Σ (y − ȳ·m)(z − z̄·k) over respondents with the sums y, z of m and k values; a difference due to rounding is 0.

    products      Σ y·z
    value_counts  Σ y·k
    count_values  Σ m·z
    means         ȳ and z̄
    """
    parts = (products, value_counts, count_values, count_products, *means)
    yz, yk, mz, mk, mean_y, mean_z = (np.asarray(part, dtype=np.float64) for part in parts)
    terms = np.array([yz, -mean_z * yk, -mean_y * mz, mean_y * mean_z * mk])
    found = terms.sum(axis=0)
    return np.where(np.abs(found) <= _NO_SPREAD * np.abs(terms).max(axis=0), 0.0, found)


def ratio_error(
    n: ArrayLike,
    total: ArrayLike,
    counts: ArrayLike,
    sum_squares: ArrayLike,
    sum_products: ArrayLike,
    count_squares: ArrayLike,
) -> Array:
    """Standard error of the mean of values of which one respondent gives several: cluster-robust, by respondent.

    √(n/(n − 1) · Σ (y − ȳ·m)²) ÷ Σ m for n respondents with the sum y of m values and ȳ = Σ y ÷ Σ m (ratio estimator, Cochran
    1977, 6.3; equal to s/√n if everybody gives one value). NaN with fewer than two respondents.

    total, counts                            Σ y, Σ m
    sum_squares, sum_products, count_squares Σ y², Σ y·m, Σ m²
    """
    people, sums, values = (np.asarray(part, dtype=np.float64) for part in (n, total, counts))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sums / values
        squares = np.maximum(spread(sum_squares, sum_products, sum_products, count_squares, (mean, mean)), 0)
        return np.where(people > 1, np.sqrt(people / (people - 1) * squares) / values, np.nan)


def reduction_interval(
    events_now: ArrayLike,
    trials_now: ArrayLike,
    events_before: ArrayLike,
    trials_before: ArrayLike,
    level: float = LEVEL,
) -> tuple[Array, Array]:
    """Interval of the relative reduction (p₀ − p₁)/p₀ of a rate, by the log method (Katz et al. 1978).

    ln(p₁/p₀) is treated as normal with variance (1 − p₁)/x₁ + (1 − p₀)/x₀. With no events now, the upper limit is 1 and
    the lower limit uses half an event; with no events before there is nothing to reduce (NaN).
    """
    x1, n1, x0, n0 = np.broadcast_arrays(
        *(np.asarray(part, dtype=np.float64) for part in (events_now, trials_now, events_before, trials_before))
    )
    if np.any((x1 < 0) | (x1 > n1) | (x0 < 0) | (x0 > n0)):
        raise ValueError("a rate needs 0 ≤ events ≤ trials")
    defined = (n1 > 0) & (n0 > 0) & (x0 > 0)
    none_now = x1 == 0
    x1 = np.where(none_now, 0.5, x1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (x1 / n1) / (x0 / n0)
        error = np.sqrt(1 / x1 - 1 / n1 + 1 / x0 - 1 / n0)
        factor = np.exp(_normal_quantile(level) * error)
        low, high = 1 - ratio * factor, np.where(none_now, 1.0, 1 - ratio / factor)
    return np.where(defined, low, np.nan), np.where(defined, high, np.nan)


def relative_change_interval(
    mean_now: ArrayLike, error_now: ArrayLike, mean_before: ArrayLike, error_before: ArrayLike, level: float = LEVEL
) -> tuple[Array, Array]:
    """Interval of the relative change m₁/m₀ − 1 of a mean of two independent samples, by the delta method.

    Var(m₁/m₀) ≈ (se₁/m₀)² + (m₁·se₀/m₀²)². Errors are standard errors of the means. NaN where the earlier mean is not
    positive or an error is missing.
    """
    m1, e1, m0, e0 = np.broadcast_arrays(
        *(np.asarray(part, dtype=np.float64) for part in (mean_now, error_now, mean_before, error_before))
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        base = np.where(m0 > 0, m0, np.nan)
        change = m1 / base - 1
        half = _normal_quantile(level) * np.hypot(e1 / base, m1 * e0 / base**2)
    return change - half, change + half


def _normal_quantile(level: float) -> float:
    return float(ndtri((1 + level) / 2))


def _standard_error(n: int, total: Number | None, sum_squares: Number | None) -> float:
    if n is None or n < 2 or total is None or sum_squares is None:
        return math.nan
    count, exact_total = int(n), Decimal(total)
    spread = _EXACT.subtract(_EXACT.multiply(Decimal(count), Decimal(sum_squares)), _EXACT.multiply(exact_total, exact_total))
    if spread <= 0:
        return 0.0
    return math.sqrt(float(_EXACT.divide(spread, Decimal(count**2 * (count - 1)))))


def _standard_error_of_columns(n: pl.Series, total: pl.Series, sum_squares: pl.Series) -> Array:
    known = (n.fill_null(0).to_numpy() >= 2) & (total.is_not_null() & sum_squares.is_not_null()).to_numpy()
    counts = np.where(known, n.fill_null(0).to_numpy(), 2).astype(np.float64)
    one, scale = np.zeros_like(counts), 10.0 ** (2 * _scale(total) - _scale(sum_squares))
    sums, squares = double_double.scaled_integers(total), double_double.scaled_integers(sum_squares)
    of_squares = double_double.multiply(double_double.multiply((counts, one), squares), (one + scale, one))
    spread, _ = double_double.subtract(of_squares, double_double.multiply(sums, sums))
    with np.errstate(invalid="ignore"):
        error = np.sqrt(np.maximum(spread, 0) / (counts**2 * (counts - 1))) / 10.0 ** _scale(total)
    error = np.where(known, error, math.nan)
    for row in np.flatnonzero(known & (spread <= _IN_DOUBT * of_squares[0]) & (of_squares[0] != 0)).tolist():
        error[row] = _standard_error(n[row], total[row], sum_squares[row])
    return error


def _scale(decimals: pl.Series) -> int:
    assert isinstance(decimals.dtype, pl.Decimal)
    return decimals.dtype.scale
