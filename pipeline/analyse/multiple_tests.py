"""Tests of many things at once: corrected p-values.

scipy has the same (``scipy.stats.false_discovery_control``), and costs more to import than a quarter's analyses to compute; the
tests compare the two.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import ndtr, ndtri

Z = float(ndtri(0.975))
"""The half width of a 95 % interval, in standard errors."""


def two_sided(z: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The probability of a standard normal value at least as far from 0."""
    return np.asarray(2 * ndtr(-np.abs(z)), dtype=np.float64)


def corrected(p_values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The q-values of one family of tests, in its order: Benjamini & Hochberg (1995, J. R. Stat. Soc. B 57, 289–300).

    A finding at q ≤ 0.05 is one of a list of which at most 5 % are expected to be false.
    """
    if not p_values.size:
        return p_values
    order = np.argsort(p_values, kind="stable")
    raised = p_values[order] * p_values.size / np.arange(1, p_values.size + 1)
    q_values = np.empty_like(p_values)
    q_values[order] = np.minimum(np.minimum.accumulate(raised[::-1])[::-1], 1)
    return q_values


def q_value(family: Sequence[str]) -> pl.Expr:
    """The q-values of the column ``p_value``, corrected within each family; null where there was no test."""
    return pl.col("p_value").map_batches(_of_tested, return_dtype=pl.Float64).over(family)


def _of_tested(p_values: pl.Series) -> pl.Series:
    q_values = np.full(len(p_values), np.nan)
    q_values[p_values.is_not_null().to_numpy()] = corrected(p_values.drop_nulls().to_numpy())
    return pl.Series(q_values, dtype=pl.Float64).fill_nan(None)
