"""Variance-based sensitivity indices: how much of the variance of a result each source of uncertainty explains.

With two independent samples A and B of all sources, and A in which one source is taken from B: first order after Saltelli et al.
(2010, Comput. Phys. Commun. 181, 259–270), total order after Jansen (1999, Comput. Phys. Commun. 117, 35–43). A source may be a
group of inputs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.analyse.multiple_tests import Z

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Index:
    """An estimated share of the variance with its 95 % interval; by chance it may lie slightly outside 0–1."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class Indices:
    """Of one source: first order (alone), and total order (alone and with others)."""

    first: Index
    total: Index


def variance_of(of_a: Array, of_b: Array) -> float:
    """The variance of the results of both samples."""
    return float(np.var(np.concatenate([of_a, of_b])))


def indices_of(of_a: Array, of_b: Array, of_mixed: Array) -> Indices | None:
    """The indices of the source that ``of_mixed`` takes from B and all others from A; None if the results do not vary.

    of_a, of_b, of_mixed   results, shape (n,), row by row
    """
    variance = variance_of(of_a, of_b)
    # Equal results may differ by rounding errors of their sums.
    if variance <= 1e-18 * max(float(np.abs(of_a).max()), 1.0) ** 2:
        return None
    middle = float(np.mean(np.concatenate([of_a, of_b])))
    alone = (of_b - middle) * (of_mixed - of_a) / variance
    together = (of_a - of_mixed) ** 2 / (2 * variance)
    return Indices(_mean(alone), _mean(together))


def _mean(terms: Array) -> Index:
    estimate, error = float(terms.mean()), float(terms.std(ddof=1)) / np.sqrt(len(terms))
    return Index(estimate, estimate - Z * error, estimate + Z * error)
