"""Ranks with their intervals: which places a member may have, its value being known as well as its interval says.

Ranks look firm and are not (Goldstein & Spiegelhalter 1996, J. R. Stat. Soc. A 159, 385–443): none is given without its interval.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Ranks = npt.NDArray[np.int64]

DRAWS = 2000
_OUTSIDE = DRAWS // 40  # 2.5 %
# Draws of equal value, such as 100 %, are told apart by how far they would have gone.
_TIE = 1e-12
# Numbers worked on together, so that they stay in the processor's cache.
_CACHED = 1 << 14


def noise(members: int, *names: str) -> Array:
    """Standard normal numbers, draws × members, which depend on nothing but the names of the table."""
    seed = int.from_bytes(hashlib.sha256("|".join(names).encode()).digest())
    return np.random.Generator(np.random.PCG64(seed)).standard_normal((DRAWS, members))


def draws_of_rates(rate: Array, cases: Array, z: Array) -> Array:
    """Rates whose share below each bound is that of Wilson's interval at every level: its bound at the level of z."""
    found = np.empty(np.broadcast_shapes(np.shape(rate), np.shape(z)), dtype=np.float64)
    at_once = max(1, _CACHED // max(1, np.size(rate)))
    for start in range(0, len(z), at_once):
        part = z[start : start + at_once]
        spread = part * np.sqrt(rate * (1 - rate) / cases + part**2 / (4 * cases**2))
        found[start : start + at_once] = (rate + part**2 / (2 * cases) + spread) / (1 + part**2 / cases) + _TIE * part
    return found


def ranks(values: Array) -> Ranks:
    """1 for the largest value, equal ones alike; shape as given, over the last axis in one dimension."""
    return 1 + len(values) - np.searchsorted(np.sort(values), values, side="right")


def rank_intervals(draws: Array) -> tuple[Ranks, Ranks]:
    """The ranks between which each member's lies in 95 % of the draws; ``draws`` × members, 1 for the largest."""
    order = np.argsort(-draws, axis=1)
    found = np.empty(order.shape, dtype=np.uint16)
    np.put_along_axis(found, order, np.arange(1, draws.shape[1] + 1, dtype=np.uint16)[None, :], axis=1)
    found = np.sort(found, axis=0, kind="stable")
    return found[_OUTSIDE].astype(np.int64), found[-1 - _OUTSIDE].astype(np.int64)
