"""Funnel limits: how far the value of a member may lie from the whole's by chance (Spiegelhalter 2005, Stat. Med. 24, 1185–1202).

Of rates they are exact: binomial with mid-p, because normal limits flag small members at rates near 1 far too often. Where the
members differ more than chance has it (over-dispersion), a random effect of their own widens the limits.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, ndtri

Array = npt.NDArray[np.float64]

OVERDISPERSED = 1.2
"""Above this share of the spread that chance has, members differ by themselves."""
FEWEST_MEMBERS = 10
"""Below this number nothing tells over-dispersion from one odd member; a tenth of ten is the first that can be winsorised."""
_WINSORISED = 0.1
_FURTHEST = 1e-300


def z_of_rates(hits: Array, cases: Array, target: Array) -> Array:
    """How many standard deviations each rate lies from its target: the normal quantile of its mid-p value."""
    below, above = _mid_below(hits, cases, target), _mid_below(cases - hits, cases, 1 - target)
    tail = np.maximum(np.minimum(below, above), _FURTHEST)
    return np.asarray(np.where(below < above, ndtri(tail), -ndtri(tail)), dtype=np.float64)


def rate_limits(cases: Array, target: Array, tail: float) -> tuple[Array, Array]:
    """The lowest and highest rate of so many cases whose mid-p value on its side is at least ``tail``."""
    return _fewest(cases, target, tail) / cases, (cases - _fewest(cases, 1 - target, tail)) / cases


def normal_limits(target: Array, error: Array, tail: float) -> tuple[Array, Array]:
    """The limits of values with these standard errors."""
    half = -float(ndtri(tail)) * error
    return target - half, target + half


def dispersion(z: Array) -> float:
    """φ of the members of a dimension: the mean of their z², the tenth at either end pulled in; 1 is chance alone."""
    ordered = np.sort(z)
    pulled = int(_WINSORISED * z.size)
    return float(np.mean(np.clip(z, ordered[pulled], ordered[z.size - 1 - pulled]) ** 2))


def random_effect(phi: float, error: Array) -> float:
    """τ², by which the variance of every member exceeds that of chance (DerSimonian & Laird 1986, moments)."""
    weights = 1 / error**2
    return max(0.0, (error.size * phi - (error.size - 1)) / float(weights.sum() - (weights**2).sum() / weights.sum()))


def _mid_below(hits: Array, cases: Array, rate: Array) -> Array:
    """P(X < hits) + ½ P(X = hits), binomial."""
    return (_at_most(hits - 1, cases, rate) + _at_most(hits, cases, rate)) / 2


def _at_most(hits: Array, cases: Array, rate: Array) -> Array:
    within = np.clip(hits, 0, np.maximum(cases - 1, 0))
    inside = betainc(cases - within, within + 1, 1 - rate)
    return np.asarray(np.where(hits < 0, 0.0, np.where(hits >= cases, 1.0, inside)), dtype=np.float64)


def _fewest(cases: Array, rate: Array, tail: float) -> Array:
    """The fewest hits that are not too few, by bisection."""
    low, high = np.zeros_like(cases), cases.copy()
    while np.any(low < high):
        middle = np.floor((low + high) / 2)
        is_enough = _mid_below(middle, cases, rate) >= tail
        high, low = np.where(is_enough, middle, high), np.where(is_enough, low, np.minimum(middle + 1, high))
    return high
