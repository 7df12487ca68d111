"""A member against the rest of its enterprise: the total less the member, so that the two share no case.

Arrays in, arrays out, one element per member. Rates are tested exactly: the z-test finds differences where single cases are rare.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, ndtr, stdtr, stdtrit

Array = npt.NDArray[np.float64]

# From this variance on the normal distribution will do, and below it the tail ends within the terms.
_NORMAL_FROM = 2500.0
_TERMS = 400
_AT_ONCE = 5000


def fisher_mid_p(hits: Array, cases: Array, all_hits: Array, all_cases: Array) -> Array:
    """Two-sided mid-p value of Fisher's exact test of ``hits`` of ``cases`` against the others of ``all_cases``."""
    share = all_hits / all_cases
    variance = cases * share * (1 - share) * (all_cases - cases) / np.maximum(all_cases - 1, 1)
    far = hits - cases * share
    # What lies above is what lies below of the misses.
    few = np.where(far <= 0, hits, cases - hits)
    all_few = np.where(far <= 0, all_hits, all_cases - all_hits)
    is_large = variance > _NORMAL_FROM
    p_values = np.empty_like(hits)
    with np.errstate(divide="ignore", invalid="ignore"):
        p_values[is_large] = 2 * ndtr(-np.abs(far[is_large]) / np.sqrt(variance[is_large]))
    small = np.flatnonzero(~is_large)
    for start in range(0, small.size, _AT_ONCE):
        part = small[start : start + _AT_ONCE]
        p_values[part] = 2 * _tail(few[part], cases[part], all_few[part], all_cases[part])
    return np.minimum(p_values, 1.0)


def mean_error(low: Array, high: Array, people: Array) -> Array:
    """The standard error of a mean from its t interval; NaN for fewer than two people."""
    freedom = np.where(people > 1, people - 1, np.nan)
    return np.asarray((high - low) / (2 * stdtrit(freedom, 0.975)), dtype=np.float64)


def rest_error(own: tuple[Array, Array, Array], whole: tuple[Array, Array, Array], rest: tuple[Array, Array]) -> Array:
    """The standard error of the mean of the others: the whole's sum of squares less the member's and that between the two.

    own, whole  mean, standard error and number of people
    rest        mean and number of people; NaN where the parts leave it no spread, as where one of them has another weight
    """
    (mean, error, n), (_, all_error, all_n), (other, rest_n) = own, whole, rest
    with np.errstate(divide="ignore", invalid="ignore"):
        within = (all_n - 1) * all_n * all_error**2 - (n - 1) * n * error**2 - n * rest_n / all_n * (mean - other) ** 2
        squared = np.where((rest_n > 1) & (within >= 0), within / (rest_n * (rest_n - 1)), np.nan)
    return np.asarray(np.sqrt(squared), dtype=np.float64)


def welch_p(difference: Array, error: Array, n: Array, rest_error: Array, rest_n: Array) -> Array:
    """Two-sided p value of no difference of two means (Welch 1947, Biometrika 34, 28–35)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        squared = error**2 + rest_error**2
        freedom = squared**2 / (error**4 / (n - 1) + rest_error**4 / (rest_n - 1))
        p_values = 2 * stdtr(freedom, -np.abs(difference) / np.sqrt(squared))
    # Without any spread there is a difference, or none.
    return np.asarray(np.where(squared == 0, np.where(difference == 0, 1.0, 0.0), p_values), dtype=np.float64)


def mover(difference: Array, own: tuple[Array, Array], rest: tuple[Array, Array]) -> tuple[Array, Array]:
    """The interval of a difference from the distances of both values to their bounds, (below, above) each."""
    return difference - np.hypot(own[0], rest[1]), difference + np.hypot(own[1], rest[0])


def _tail(few: Array, cases: Array, all_few: Array, all_cases: Array) -> Array:
    """P(X < few) + ½ P(X = few), hypergeometric, by the ratios of neighbouring terms."""
    left = all_cases - cases
    at = np.exp(_log_choose(all_few, few) + _log_choose(all_cases - all_few, cases - few) - _log_choose(all_cases, cases))
    k = few[:, None] - np.arange(_TERMS)[None, :]
    others = k + (left - all_few)[:, None]
    ratios = np.where((k > 0) & (others > 0), k * others / ((all_few[:, None] - k + 1) * (cases[:, None] - k + 1)), 0.0)
    return np.asarray(at * (0.5 + np.cumprod(ratios, axis=1).sum(axis=1)), dtype=np.float64)


def _log_choose(n: Array, k: Array) -> Array:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1), dtype=np.float64)
