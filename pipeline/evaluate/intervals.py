"""Confidence intervals of indicator values, from the additive parts that the marts publish.

Rates, means and changes between two periods belong here, vectorised over arrays of rows; what a value means and whether
it is met is decided in ``scoring.py``. All intervals are two-sided.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Context, Decimal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtrit

Array = NDArray[np.float64]
Number = int | float | Decimal

LEVEL = 0.95
# Sums arrive with up to 38 digits (DECIMAL(38, 9)); their squares and products are exact with this many.
_EXACT = Context(prec=120)


def wilson(successes: ArrayLike, trials: ArrayLike, level: float = LEVEL) -> tuple[Array, Array]:
    """Wilson score interval of a rate (Wilson 1927): lower and upper limits, shape as given; NaN without trials.

    Raises ValueError for successes outside 0 … trials: such a ratio is no proportion.
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


def standard_error(n: Sequence[int], total: Sequence[Number | None], sum_squares: Sequence[Number | None]) -> Array:
    """Standard error of each mean, s/√n with n − 1 in the divisor of s², shape (rows,); NaN where n < 2 or parts miss.

    The variance comes from n·Σx² − (Σx)², exact for integers and decimals: no digits cancel, however large the values.
    A negative rest (parts that were rounded before they came) is a variance of 0.
    """
    return np.array([_standard_error(*row) for row in zip(n, total, sum_squares, strict=True)], dtype=np.float64)


def mean_interval(
    n: Sequence[int], total: Sequence[Number | None], sum_squares: Sequence[Number | None], level: float = LEVEL
) -> tuple[Array, Array]:
    """Student's t interval of each mean from count, sum and sum of squares; NaN where n < 2 or a part is missing."""
    counts = np.asarray(n, dtype=np.float64)
    error = standard_error(n, total, sum_squares)
    mean = np.array(
        [float(Decimal(s) / int(c)) if c and s is not None else math.nan for c, s in zip(n, total, strict=True)],
        dtype=np.float64,
    )
    with np.errstate(invalid="ignore"):
        half = stdtrit(np.where(counts > 1, counts - 1, np.nan), (1 + level) / 2) * error
    return mean - half, mean + half


def reduction_interval(
    events_now: ArrayLike,
    trials_now: ArrayLike,
    events_before: ArrayLike,
    trials_before: ArrayLike,
    level: float = LEVEL,
) -> tuple[Array, Array]:
    """Interval of the relative reduction (p₀ − p₁)/p₀ of a rate, by the log method (Katz et al. 1978).

    ln(p₁/p₀) is taken as normal with variance (1 − p₁)/x₁ + (1 − p₀)/x₀. With no events now the reduction's upper limit
    is 1 and half an event stands for none in its lower limit; with no events before there is nothing to reduce (NaN).
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


def minimum_all_pass(target: float, level: float = LEVEL) -> int:
    """The smallest sample that, all passing, proves a rate ≥ target: Wilson's lower limit n/(n + z²) reaches it.

    Raises ValueError unless 0 < target < 1 (no finite sample proves 100 %).
    """
    if not 0 < target < 1:
        raise ValueError("only a target between 0 and 1 can be proven by a finite sample")
    z = _normal_quantile(level)
    return math.ceil(z**2 * target / (1 - target))


def _normal_quantile(level: float) -> float:
    return float(ndtri((1 + level) / 2))


def _standard_error(n: int, total: Number | None, sum_squares: Number | None) -> float:
    if n is None or n < 2 or total is None or sum_squares is None:
        return math.nan
    count, exact_total = int(n), Decimal(total)
    spread = _EXACT.subtract(
        _EXACT.multiply(Decimal(count), Decimal(sum_squares)), _EXACT.multiply(exact_total, exact_total)
    )
    if spread <= 0:
        return 0.0
    return math.sqrt(float(_EXACT.divide(spread, Decimal(count**2 * (count - 1)))))
